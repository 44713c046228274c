use crate::support::*;
use domain::commitment::{CommitmentDraft, Month};
use domain::day::{Day, Days};
use domain::id::CommitmentId;
use domain::minting::MintRequest;
use domain::money::NanoUsd;
use domain::person::Caller;
use domain::usage::UsageRecord;
use portal::administration::cost_statement::{CostStatement, StatementRow};
use portal::{Made, PortalError};

fn draft(name: &str, monthly: &str) -> CommitmentDraft {
    CommitmentDraft {
        name: name.into(),
        monthly: monthly.into(),
        first_month: "2020-01".into(),
        ..CommitmentDraft::default()
    }
}

async fn add(world: &World, admin: &Caller, draft: &CommitmentDraft) -> Result<CommitmentId, PortalError> {
    world.portal.create_commitment(as_administrator(admin), &world.portal.new_form(), draft).await
}

#[tokio::test]
async fn a_commitment_is_entered_once_edited_by_one_at_a_time_and_every_change_is_on_record() {
    let world = World::new().await;
    let (ada, admin, auditor) = (world.developer().await, world.administrator().await, world.auditor().await);
    let form = world.portal.new_form();
    let entered = draft("Throughput", "1,200.50");
    let id = world.portal.create_commitment(as_administrator(&admin), &form, &entered).await.unwrap();
    assert_eq!(world.last_action().await, "commitment.added");
    let again = world.portal.create_commitment(as_administrator(&admin), &form, &entered).await;
    assert!(matches!(again, Err(PortalError::AlreadyDone { made: Made::Commitment(made) }) if made == id));
    assert_eq!(refusals(add(&world, &admin, &entered).await), ["name=name_taken"]);
    let nowhere = CommitmentDraft { provider: "prov_aaaaaaaaaaaa".into(), ..draft("Other", "1") };
    assert_eq!(refusals(add(&world, &admin, &nowhere).await), ["provider=unknown_choice"]);

    let ended = CommitmentDraft { last_month: "2020-12".into(), ..entered };
    world.portal.change_commitment(as_administrator(&admin), id, 1, &ended).await.unwrap();
    assert_eq!(world.last_action().await, "commitment.changed");
    let stale = world.portal.change_commitment(as_administrator(&admin), id, 1, &draft("Throughput", "7")).await;
    assert!(matches!(stale, Err(PortalError::Stale { current: 2 })));
    let length = world.audit_length().await;
    world.portal.change_commitment(as_administrator(&admin), id, 2, &ended).await.unwrap();
    assert_eq!(world.audit_length().await, length, "nothing changed");
    let row = world.portal.commitment(&auditor, id).await.unwrap();
    assert_eq!((row.provider, row.commitment.entry.until), (None, Month::parse("2020-12")));
    assert_eq!(world.portal.commitments(&auditor).await.unwrap().rows.len(), 1);
    assert!(matches!(world.portal.commitments(&ada).await, Err(PortalError::Forbidden)));
    assert!(matches!(world.portal.commitment(&ada, id).await, Err(PortalError::Forbidden)));
    let unknown = CommitmentId::from_random(&[9; 12]);
    assert!(matches!(world.portal.commitment(&admin, unknown).await, Err(PortalError::NotFound)));
}

#[tokio::test]
async fn what_is_paid_whatever_is_called_is_shared_by_what_was_used_and_adds_up() {
    let world = World::new().await;
    let (ada, admin, auditor) = (world.developer().await, world.administrator().await, world.auditor().await);
    world.cost_centre("4711", "").await;
    world.cost_centre("4712", "").await;
    let booked = async |name: &str, code: Option<&str>| {
        let request = MintRequest { cost_centre: code.map(Into::into), ..world.request(&ada, name).await };
        world.portal.mint_key(&ada, &world.portal.new_form(), &request).await.unwrap().key.id
    };
    let (research, sales, nobody) =
        (booked("a", Some("4711")).await, booked("b", Some("4712")).await, booked("c", None).await);
    let provider = world.openai(&admin).await;
    let deployment = world.store.models().await.unwrap()[0].deployments[0].id;
    let there = |call: UsageRecord| UsageRecord { deployment: Some(deployment), ..call };
    world
        .store
        .ingest(&[
            there(world.call(research, world.now(), 1, 10)),
            there(world.call(sales, world.now(), 2, 20)),
            world.call(sales, world.now(), 3, 600),
            world.call(nobody, world.now(), 4, 70),
        ])
        .await
        .unwrap();
    let nano = NanoUsd::from_nano;
    let of_one = CommitmentDraft { provider: provider.to_string(), ..draft("Units", "0.000000100") };
    add(&world, &admin, &of_one).await.unwrap();
    let statement = world.portal.cost_statement(&auditor, None).await.unwrap();
    let lines = |statement: &CostStatement| {
        let line = |row: &StatementRow| (row.centre.label.clone(), row.metered.as_nano(), row.shared.as_nano());
        statement.rows.iter().map(line).collect::<Vec<_>>()
    };
    let line = |label: &str, metered, shared| (label.to_owned(), metered, shared);
    assert_eq!(
        lines(&statement),
        [line("4711 Centre 4711", 10, 33), line("4712 Centre 4712", 620, 67), line("Unallocated", 70, 0)]
    );
    assert!(statement.running && statement.rows[0].centre.id.is_some());
    assert_eq!(statement.rows[1].total(), nano(687));

    add(&world, &admin, &draft("All", "0.000000700")).await.unwrap();
    let all = world.portal.cost_statement(&auditor, None).await.unwrap();
    let shared: Vec<i64> = all.rows.iter().map(|row| row.shared.as_nano()).collect();
    assert_eq!(shared, [33 + 10, 67 + 620, 70], "of all providers, and of calls that reached none");
    assert_eq!(all.sums(), (nano(700), nano(800)));
    assert_eq!(all.commitments.len(), 2);

    let month = Month::of(Days::utc().of(world.now()));
    let before = world.portal.cost_statement(&auditor, Some(month.plus(-1))).await.unwrap();
    assert_eq!(lines(&before), [line("Unallocated", 0, 800)], "a month without use");
    assert!(!before.running);
    let earlier = world.portal.cost_statement(&auditor, Some(Month::of(Day::from_number(0)))).await.unwrap();
    assert_eq!((lines(&earlier), earlier.commitments.len()), (vec![line("Unallocated", 0, 0)], 0));
    assert!(matches!(world.portal.cost_statement(&ada, None).await, Err(PortalError::Forbidden)));
}
