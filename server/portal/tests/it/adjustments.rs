use crate::support::*;
use domain::adjustment::{MoveDraft, UNALLOCATED};
use domain::commitment::{CommitmentDraft, Month};
use domain::day::{Day, Days};
use domain::dimension::Dimension;
use domain::id::{AdjustmentId, KeyId};
use domain::minting::MintRequest;
use domain::money::NanoUsd;
use domain::order::Order;
use domain::person::Caller;
use portal::administration::adjustments::NamedCentre;
use portal::administration::cost_statement::{CostStatement, StatementRow};
use portal::spend::{Preset, SpendQuestion};
use portal::{Made, PortalError};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Of the month that is running, from the first day to the last.
fn draft(world: &World, key: KeyId, from: &str, to: &str) -> MoveDraft {
    let month = Month::of(today(world));
    MoveDraft {
        key: key.to_string(),
        first: month.first_day().date().to_string(),
        last: month.plus(1).first_day().plus(-1).date().to_string(),
        from: from.into(),
        to: to.into(),
    }
}

fn today(world: &World) -> Day {
    Days::utc().of(world.now())
}

async fn booked(world: &World, ada: &Caller, name: &str, code: Option<&str>) -> KeyId {
    let request = MintRequest { cost_centre: code.map(Into::into), ..world.request(ada, name).await };
    world.portal.mint_key(ada, &world.portal.new_form(), &request).await.unwrap().key.id
}

async fn shown(world: &World, admin: &Caller, draft: &MoveDraft) -> NanoUsd {
    world.portal.adjusting(as_administrator(admin), draft).await.unwrap().plan.unwrap().amount
}

async fn adjust(world: &World, admin: &Caller, draft: &MoveDraft, nano: i64) -> Result<AdjustmentId, PortalError> {
    let (form, shown) = (world.portal.new_form(), NanoUsd::from_nano(nano));
    world.portal.adjust(as_administrator(admin), &form, draft, shown, "Sales asked for it").await
}

async fn undo(world: &World, admin: &Caller, id: AdjustmentId) -> Result<AdjustmentId, PortalError> {
    world.portal.undo_adjustment(as_administrator(admin), &world.portal.new_form(), id, "It was right").await
}

fn lines(statement: &CostStatement) -> Vec<(&str, i64, i64, i64)> {
    let line = |row: &StatementRow| (row.metered.as_nano(), row.shared.as_nano(), row.moved.as_nano());
    statement
        .rows
        .iter()
        .map(|row| (row.centre.label.as_str(), line(row)))
        .map(|(of, (a, b, c))| (of, a, b, c))
        .collect()
}

/// Centres 4711 and 4712, and a key of the first that spent 700 nano-dollars today.
async fn world() -> (World, Caller, Caller, KeyId) {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    world.cost_centre("4711", "").await;
    world.cost_centre("4712", "").await;
    let key = booked(&world, &ada, "laptop", Some("4711")).await;
    world.store.ingest(&[world.call(key, world.now(), 0, 700)]).await.unwrap();
    (world, ada, admin, key)
}

#[tokio::test]
async fn what_was_seen_is_moved_with_its_reason_and_an_entry_and_the_statement_has_both_sides() {
    let (world, ada, admin, key) = world().await;
    let auditor = world.auditor().await;
    let wanted = draft(&world, key, "4711", "4712");
    let seen = world.portal.adjusting(as_administrator(&admin), &wanted).await.unwrap();
    let there: Vec<_> = seen.standing.iter().map(|(centre, sum)| (centre.label.as_str(), sum.as_nano())).collect();
    assert_eq!((there, seen.key.unwrap().name.as_str()), (vec![("4711 Centre 4711", 700)], "laptop"));
    let plan = seen.plan.unwrap();
    assert_eq!((plan.amount.as_nano(), plan.months.len(), plan.moved.last), (700, 1, today(&world)));

    let entries = world.audit_length().await;
    let (form, administrator) = (world.portal.new_form(), as_administrator(&admin));
    let nameless = world.portal.adjust(administrator, &form, &wanted, plan.amount, " ").await;
    assert_eq!(refusals(nameless), ["why=missing"]);
    let id = world.portal.adjust(administrator, &form, &wanted, plan.amount, "Sales asked for it").await.unwrap();
    assert_eq!((world.last_action().await.as_str(), world.audit_length().await), ("adjustment.made", entries + 1));
    let again = world.portal.adjust(administrator, &form, &wanted, plan.amount, "Sales asked for it").await;
    assert!(matches!(again, Err(PortalError::AlreadyDone { made: Made::Adjustment(made) }) if made == id));
    assert_eq!(refusals(adjust(&world, &admin, &wanted, 700).await), ["charged_to=nothing_there"]);

    let statement = world.portal.cost_statement(&auditor, None).await.unwrap();
    assert_eq!(
        lines(&statement),
        [("4711 Centre 4711", 700, 0, -700), ("4712 Centre 4712", 0, 0, 700), ("Unallocated", 0, 0, 0)]
    );
    let told: Vec<_> = statement.adjusted.iter().map(|row| (row.centre.label.as_str(), row.amount.as_nano())).collect();
    assert_eq!(told, [("4711 Centre 4711", -700), ("4712 Centre 4712", 700)]);
    let row = &statement.adjusted[1];
    assert_eq!((row.other.label.as_str(), row.key.name.as_str()), ("4711 Centre 4711", "laptop"));
    assert_eq!(
        (row.why.as_str(), row.by_name.as_str(), row.undone),
        ("Sales asked for it", admin.name.as_str(), false)
    );
    let detail = world.portal.adjustment(&auditor, id).await.unwrap();
    assert_eq!((detail.amount.as_nano(), detail.to.label.as_str()), (700, "4712 Centre 4712"));

    assert!(matches!(world.portal.adjustment(&ada, id).await, Err(PortalError::Forbidden)));
    let unknown = AdjustmentId::from_random(&[9; 12]);
    assert!(matches!(world.portal.adjustment(&admin, unknown).await, Err(PortalError::NotFound)));
    assert!(matches!(undo(&world, &admin, unknown).await, Err(PortalError::NotFound)));
}

#[tokio::test]
async fn an_amount_that_has_changed_since_it_was_shown_is_asked_for_again() {
    let (world, _, admin, key) = world().await;
    let wanted = draft(&world, key, "4711", "4712");
    assert_eq!(shown(&world, &admin, &wanted).await.as_nano(), 700);
    world.store.ingest(&[world.call(key, world.now(), 1, 30)]).await.unwrap();
    let entries = world.audit_length().await;
    assert_eq!(refusals(adjust(&world, &admin, &wanted, 700).await), ["amount=amount_changed"]);
    assert_eq!(world.audit_length().await, entries, "nothing was moved");
    assert_eq!(world.portal.cost_statement(&admin, None).await.unwrap().adjusted, []);
    adjust(&world, &admin, &wanted, 730).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field() {
    let (world, _, admin, key) = world().await;
    world.cost_centre("4700", "2020-12-31").await;
    let tried = async |draft: MoveDraft| {
        let seen = world.portal.adjusting(as_administrator(&admin), &draft).await.unwrap();
        let said: Vec<_> = seen.plan.unwrap_err().iter().map(|why| format!("{}={}", why.field, why.code())).collect();
        assert_eq!(refusals(adjust(&world, &admin, &draft, 700).await), said, "the act says what the page said");
        said
    };
    let wanted = |from: &str, to: &str| draft(&world, key, from, to);
    assert_eq!(tried(wanted("4711", "4700")).await, ["move_to=cost_centre_ended"]);
    assert_eq!(tried(wanted("4712", "4799")).await, ["move_to=cost_centre_unknown", "charged_to=nothing_there"]);
    assert_eq!(tried(wanted("4711", "4711")).await, ["move_to=same_cost_centre"]);
    let before = MoveDraft { first: "2026-01-01".into(), last: "2026-01-31".into(), ..wanted("4711", UNALLOCATED) };
    assert_eq!(tried(before).await, ["charged_to=nothing_there"]);
    let stranger = draft(&world, KeyId::from_random(&[9; 12]), "4711", "4712");
    let seen = world.portal.adjusting(as_administrator(&admin), &stranger).await.unwrap();
    assert_eq!(seen.plan.unwrap_err()[0].code(), "no_such_key");
    assert_eq!(refusals(adjust(&world, &admin, &stranger, 700).await), ["key=no_such_key"]);

    let open = MoveDraft { key: String::new(), to: String::new(), ..wanted("4711", "") };
    let seen = world.portal.adjusting(as_administrator(&admin), &open).await.unwrap();
    let proposed: Vec<_> = seen.proposed.iter().map(|(key, cost)| (key.name.as_str(), cost.as_nano())).collect();
    assert_eq!(proposed, [("laptop", 700)]);
    let centres: Vec<_> = seen.centres.iter().map(NamedCentre::choice).collect();
    assert_eq!(centres, ["4700", "4711", "4712", UNALLOCATED]);
}

#[tokio::test]
async fn undoing_brings_back_what_was_moved_and_nothing_else() {
    let (world, ada, admin, key) = world().await;
    let own = booked(&world, &ada, "own", Some("4712")).await;
    world.store.ingest(&[world.call(own, world.now(), 5, 11)]).await.unwrap();
    let first = adjust(&world, &admin, &draft(&world, key, "4711", "4712"), 700).await.unwrap();
    // From 4712 on to nobody: the first cannot be undone before this is.
    let second = adjust(&world, &admin, &draft(&world, key, "4712", UNALLOCATED), 700).await.unwrap();
    assert_eq!(refusals(undo(&world, &admin, first).await), ["undo=moved_on"]);
    undo(&world, &admin, second).await.unwrap();
    let back = undo(&world, &admin, first).await.unwrap();
    assert_eq!(world.last_action().await, "adjustment.undone");
    assert_eq!(refusals(undo(&world, &admin, first).await), ["undo=taken_back_already"]);
    let statement = world.portal.cost_statement(&admin, None).await.unwrap();
    assert_eq!(
        lines(&statement),
        [("4711 Centre 4711", 700, 0, 0), ("4712 Centre 4712", 11, 0, 0), ("Unallocated", 0, 0, 0)]
    );
    assert_eq!(statement.adjusted.len(), 8, "every line stays");
    let undone: Vec<_> = statement.adjusted.iter().map(|row| (row.undoes, row.undone)).collect();
    assert_eq!(undone.iter().filter(|both| **both == (true, false)).count(), 4);
    assert_eq!(world.portal.adjustment(&admin, first).await.unwrap().undone_by, Some(back));
    undo(&world, &admin, back).await.unwrap();
    assert_eq!(shown(&world, &admin, &draft(&world, key, "4712", "4711")).await.as_nano(), 700);
}

#[tokio::test]
async fn statements_add_up_to_what_was_spent_whatever_was_moved() {
    let (world, ada, admin, key) = world().await;
    let loose = booked(&world, &ada, "loose", None).await;
    let month = Month::of(today(&world));
    let mut at = month.plus(-1).first_day();
    let mut sequence = 10;
    while at < today(&world) {
        let moment = Days::utc().start(at).plus_ms(DAY / 2);
        for (of, cost) in [(key, 1_001), (loose, 77)] {
            sequence += 1;
            world.store.ingest(&[world.call(of, moment, sequence, cost)]).await.unwrap();
        }
        at = at.plus(1);
    }
    let paid = CommitmentDraft {
        name: "Throughput".into(),
        monthly: "0.000010".into(),
        first_month: "2020-01".into(),
        ..CommitmentDraft::default()
    };
    world.portal.create_commitment(as_administrator(&admin), &world.portal.new_form(), &paid).await.unwrap();
    let before: Vec<_> = both(&world, &admin, month).await;

    let days = |first: Day, last: Day, of: MoveDraft| MoveDraft {
        first: first.date().to_string(),
        last: last.date().to_string(),
        ..of
    };
    let (begin, turn) = (month.plus(-1).first_day(), month.first_day());
    for wanted in [
        days(begin.plus(20), turn.plus(4), draft(&world, key, "4711", "4712")),
        days(begin, turn.plus(2), draft(&world, key, "4711", UNALLOCATED)),
        days(begin.plus(25), turn.plus(1), draft(&world, key, "4712", UNALLOCATED)),
        days(begin, today(&world), draft(&world, loose, UNALLOCATED, "4712")),
    ] {
        let amount = shown(&world, &admin, &wanted).await;
        adjust(&world, &admin, &wanted, amount.as_nano()).await.unwrap();
    }
    let after = both(&world, &admin, month).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.sums(), after.sums());
        let total = |statement: &CostStatement| statement.rows.iter().map(|row| row.total().as_nano()).sum::<i64>();
        assert_eq!(total(before), total(after));
        assert_eq!(after.rows.iter().map(|row| row.moved.as_nano()).sum::<i64>(), 0);
        assert_eq!(after.adjusted.iter().map(|row| row.amount.as_nano()).sum::<i64>(), 0);
        assert!(after.rows.iter().all(|row| row.metered.plus(row.moved) >= NanoUsd::ZERO), "{:?}", lines(after));
        let parts =
            |of: &CostStatement| of.rows.iter().map(|row| (row.centre.code.clone(), row.shared)).collect::<Vec<_>>();
        let mut all = parts(before);
        all.extend(parts(after).into_iter().filter(|(_, part)| *part != NanoUsd::ZERO));
        all.sort();
        all.dedup();
        assert_eq!(all.iter().map(|(_, part)| part.as_nano()).sum::<i64>(), 10_000, "parts stay where they were");
        for row in &after.rows {
            let lines = after.adjusted.iter().filter(|line| line.centre == row.centre);
            assert_eq!(
                lines.map(|line| line.amount.as_nano()).sum::<i64>(),
                row.moved.as_nano(),
                "{}",
                row.centre.label
            );
        }
    }
    assert_eq!(after[0].adjusted.len(), 8, "each was partly of the month before");
}

async fn both(world: &World, admin: &Caller, month: Month) -> Vec<CostStatement> {
    let mut statements = Vec::new();
    for month in [month.plus(-1), month] {
        statements.push(world.portal.cost_statement(admin, Some(month)).await.unwrap());
    }
    statements
}

#[tokio::test]
async fn figures_by_cost_centre_stay_as_they_were_and_say_where_adjustments_are() {
    let (world, ada, admin, key) = world().await;
    let by =
        |by| SpendQuestion { preset: Preset::ThisMonth, compare: false, by, filters: vec![], order: Order::default() };
    let of_centres = by(Dimension::CostCentre);
    let before = world.portal.spend(&admin, &of_centres).await.unwrap();
    assert_eq!((before.adjusted, world.portal.cost_centres(&admin).await.unwrap().adjusted), (None, false));
    adjust(&world, &admin, &draft(&world, key, "4711", "4712"), 700).await.unwrap();
    let after = world.portal.spend(&admin, &of_centres).await.unwrap();
    assert_eq!(after.main, before.main);
    assert_eq!(after.adjusted, Some(Month::of(today(&world))));
    assert!(world.portal.cost_centres(&admin).await.unwrap().adjusted);
    assert_eq!(world.portal.spend(&admin, &by(Dimension::Key)).await.unwrap().adjusted, None);
    assert_eq!(world.portal.spend(&ada, &of_centres).await.unwrap().adjusted, None);
}
