//! The display currency: who sets it, what is refused, and that what pages and files show adds up across rates.

use crate::support::*;
use domain::day::{Day, Days};
use domain::dimension::Dimension;
use domain::exchange::{Conversion, Converted, RateDraft};
use domain::money::NanoUsd;
use domain::order::Order;
use domain::person::Caller;
use domain::time::MS_PER_HOUR;
use domain::usage::UsageRecord;
use portal::PortalError;
use portal::spend::{Preset, Spend, SpendGroup, SpendQuestion};

const DOLLAR: i64 = 1_000_000_000;

fn draft(from: Day, rate: &str) -> RateDraft {
    RateDraft { from: from.date().to_string(), rate: rate.to_owned() }
}

fn days(world: &World) -> Days {
    Days::in_zone(world.portal.settings().zone.clone())
}

fn today(world: &World) -> Day {
    days(world).of(world.now())
}

async fn euros(world: &World, rates: &[(i32, &str)]) {
    euros_by(&world.administrator().await, world, rates).await;
}

async fn euros_by(admin: &Caller, world: &World, rates: &[(i32, &str)]) {
    world.portal.set_display_currency(as_administrator(admin), "eur").await.unwrap();
    for (days, rate) in rates {
        let draft = draft(today(world).plus(*days), rate);
        world.portal.add_exchange_rate(as_administrator(admin), "EUR", &draft).await.unwrap();
    }
}

/// Dollars on today and each of the three days before: 1, 10, 100 and 1,000 of the models `a`, `b`, `a` and `c`.
async fn four_days(world: &World) -> Caller {
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let spent = [("a", 1), ("b", 10), ("a", 100), ("c", 1_000)];
    let calls = (0_u16..).zip(spent).map(|(nth, (model, dollars))| {
        let at = world.now().plus_days(-i64::from(nth));
        UsageRecord { model: model.to_owned(), ..world.call(key, at, nth, dollars * DOLLAR) }
    });
    world.store.ingest(&calls.collect::<Vec<_>>()).await.unwrap();
    ada
}

fn asked(days: u16, by: Dimension) -> SpendQuestion {
    SpendQuestion { preset: Preset::Last(days), compare: true, by, filters: vec![], order: Order::default() }
}

fn text(shown: Option<Converted>) -> Option<String> {
    shown.map(|amount| amount.to_string())
}

fn each(groups: &[SpendGroup]) -> Vec<(String, Option<String>)> {
    let mut each: Vec<_> =
        groups.iter().map(|group| (group.of.value.clone().unwrap_or_default(), text(group.shown))).collect();
    each.sort();
    each
}

async fn of_page(world: &World, caller: &Caller, days: u16) -> Spend {
    world.portal.spend(caller, &asked(days, Dimension::Model)).await.unwrap()
}

#[tokio::test]
async fn without_a_currency_nothing_is_converted() {
    let world = World::new().await;
    let ada = four_days(&world).await;
    let spend = of_page(&world, &ada, 4).await;
    assert_eq!((spend.conversion, spend.total_shown), (None, None));
    let file = world.portal.spend_groups(&ada, &asked(4, Dimension::Model)).await.unwrap();
    assert!(file.conversion.is_none() && file.groups.iter().all(|group| group.shown.is_none()));
}

#[tokio::test]
async fn days_of_two_rates_are_converted_each_at_its_own_on_the_page_and_in_the_file() {
    let world = World::new().await;
    let ada = four_days(&world).await;
    euros(&world, &[(-30, "0.5"), (-1, "0.9")]).await;
    let expected = [("a", "50.90"), ("b", "9.00"), ("c", "500.00")];
    let expected = expected.map(|(model, amount)| (model.to_owned(), Some(amount.to_owned())));
    let spend = of_page(&world, &ada, 4).await;
    assert_eq!(text(spend.total_shown).as_deref(), Some("559.90"));
    assert_eq!(each(&spend.main.groups), expected);
    assert_eq!(text(spend.main.rest_shown).as_deref(), Some("0.00"));
    assert_eq!(spend.total.cost, NanoUsd::from_dollars(1_111), "dollars are what they were");
    let file = world.portal.spend_groups(&ada, &asked(4, Dimension::Model)).await.unwrap();
    assert_eq!(each(&file.groups), expected);
    // By what belongs to none, and beside models.
    let by_application = world.portal.spend(&ada, &asked(4, Dimension::Application)).await.unwrap();
    assert_eq!(by_application.unallocated_shown, spend.total_shown);
    let narrowed = SpendQuestion { filters: vec![(Dimension::Application, None)], ..asked(4, Dimension::Model) };
    let beside = world.portal.spend(&ada, &narrowed).await.unwrap().beside.unwrap();
    assert_eq!(beside.groups[0].shown, spend.total_shown);
    // One rate alone.
    let last = of_page(&world, &ada, 2).await;
    assert_eq!(text(last.total_shown).as_deref(), Some("9.90"));
    let expected = [("a", "0.90"), ("b", "9.00"), ("c", "0.00")];
    assert_eq!(each(&last.main.groups), expected.map(|(model, amount)| (model.to_owned(), Some(amount.to_owned()))));
}

#[tokio::test]
async fn what_is_not_listed_is_in_the_rest_at_the_rates_of_its_days() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let calls = (0..60_u16).map(|nth| {
        let at = world.now().plus_days(-i64::from(nth % 5));
        UsageRecord { model: format!("model-{nth}"), ..world.call(key, at, nth, 100 + i64::from(nth)) }
    });
    let calls: Vec<UsageRecord> = calls.collect();
    world.store.ingest(&calls).await.unwrap();
    euros(&world, &[(-30, "0.5"), (-1, "0.9")]).await;
    let spend = of_page(&world, &ada, 7).await;
    let currency = spend.conversion.as_ref().unwrap().currency();
    let sum = |groups: &[SpendGroup]| {
        groups.iter().fold(Converted::nothing(currency), |sum, group| sum.plus(group.shown.unwrap()))
    };
    assert_eq!(spend.main.groups.len(), 50);
    assert_eq!(Some(sum(&spend.main.groups).plus(spend.main.rest_shown.unwrap())), spend.total_shown);
    let file = world.portal.spend_groups(&ada, &asked(7, Dimension::Model)).await.unwrap();
    assert_eq!(Some(sum(&file.groups)), spend.total_shown);
    let cheap: i64 = (0..10).map(|nth| (100 + nth) * if nth % 5 < 2 { 9 } else { 5 }).sum();
    assert_eq!(text(spend.main.rest_shown), Some(format!("0.{cheap:010}").trim_end_matches('0').to_owned()));
}

#[tokio::test]
async fn a_range_with_a_day_before_the_first_rate_stays_in_dollars_and_says_from_when_on() {
    let world = World::new().await;
    let ada = four_days(&world).await;
    euros(&world, &[(-1, "0.9")]).await;
    let spend = of_page(&world, &ada, 3).await;
    let Some(Conversion::Unrated { first, .. }) = spend.conversion else { panic!("{:?}", spend.conversion) };
    assert_eq!((first, spend.total_shown), (Some(today(&world).plus(-1)), None));
    assert!(spend.main.groups.iter().all(|group| group.shown.is_none()));
    assert!(of_page(&world, &ada, 2).await.total_shown.is_some());
}

#[tokio::test]
async fn a_teams_month_is_converted_by_day_too() {
    let world = World::new().await;
    let (team, lead) = world.team_led_by("Compilers", &world.developer().await).await;
    let key = world.mint_for_team(&lead, team, "service").await;
    let first = days(&world).start(today(&world).first_of_month());
    let calls = [world.call(key, first, 1, 10 * DOLLAR), world.call(key, world.now(), 2, DOLLAR)];
    world.store.ingest(&calls).await.unwrap();
    let page = world.portal.team_page(&lead, team).await.unwrap().spend;
    assert_eq!((page.total, page.total_shown), (NanoUsd::from_dollars(11), None));
    euros(&world, &[(-60, "0.5"), (0, "0.9")]).await;
    let page = world.portal.team_page(&lead, team).await.unwrap().spend;
    assert_eq!((page.total, text(page.total_shown).as_deref()), (NanoUsd::from_dollars(11), Some("5.90")));
    assert_eq!((page.by_model.len(), page.by_model[0].shown), (1, page.total_shown));
}

#[tokio::test]
async fn what_a_key_and_a_cost_centre_spent_is_converted_each_day_at_its_own_rate() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let key = world.mint(&ada, "laptop").await;
    let first = days(&world).start(today(&world).first_of_month());
    // On the first of the month in the zone that the store counts days in, too.
    let calls =
        [world.call(key, first.plus_ms(2 * MS_PER_HOUR), 1, 10 * DOLLAR), world.call(key, world.now(), 2, DOLLAR)];
    world.store.ingest(&calls).await.unwrap();
    let of_key = async || world.portal.see_key(&ada, key).await.unwrap().usage(30).await.unwrap();
    let of_centres = async || world.portal.cost_centres(&admin).await.unwrap();
    let (usage, centres) = (of_key().await, of_centres().await);
    assert_eq!((usage.shown, usage.conversion), (None, None), "dollars alone");
    assert_eq!((centres.unallocated.shown, centres.conversion), (None, None));

    let empty = world.cost_centre("4711", "").await;
    euros_by(&admin, &world, &[(-60, "0.5"), (0, "0.9")]).await;
    let (usage, centres) = (of_key().await, of_centres().await);
    assert_eq!((usage.total.cost, text(usage.shown).as_deref()), (NanoUsd::from_dollars(11), Some("5.90")));
    assert_eq!(centres.unallocated.spend_this_month, NanoUsd::from_dollars(11));
    assert_eq!((centres.unallocated.shown, centres.rows.len()), (usage.shown, 1), "the key is booked to none");
    assert_eq!(text(centres.rows[0].booked.shown).as_deref(), Some("0.00"));
    let detail = world.portal.cost_centre(&admin, empty).await.unwrap();
    assert_eq!(detail.row.booked, centres.rows[0].booked);
    assert!(detail.conversion.is_some());
}

#[tokio::test]
async fn administrators_set_it_and_every_change_is_on_the_record_once() {
    let world = World::new().await;
    let (admin, ada) = (world.administrator().await, world.developer().await);
    let administrator = as_administrator(&admin);
    let portal = &world.portal;
    assert!(matches!(portal.display_currency(&ada).await, Err(PortalError::Forbidden)));
    assert_eq!(refusals(portal.set_display_currency(administrator, "euro").await), ["currency=not_a_currency"]);
    assert_eq!(refusals(portal.set_display_currency(administrator, "USD").await), ["currency=dollars_already"]);
    let from = today(&world);
    let nothing = portal.add_exchange_rate(administrator, "EUR", &draft(from, "0.9")).await;
    assert!(matches!(nothing, Err(PortalError::NotFound)), "there is no currency yet");

    euros_by(&admin, &world, &[(0, "0.9")]).await;
    assert_eq!(world.last_action().await, "exchange_rate.added");
    let entries = world.audit_length().await;
    euros_by(&admin, &world, &[(0, "0.90")]).await;
    assert_eq!(world.audit_length().await, entries, "sent twice, it changes nothing");
    let overlapping = portal.add_exchange_rate(administrator, "EUR", &draft(from, "0.91")).await;
    assert_eq!(refusals(overlapping), ["from=day_has_rate"]);
    let slip = portal.add_exchange_rate(administrator, "EUR", &draft(from.plus(1), "91")).await;
    assert_eq!(refusals(slip), ["rate=far_from_other_rate"]);
    let other = portal.add_exchange_rate(administrator, "GBP", &draft(from.plus(1), "0.8")).await;
    assert!(matches!(other, Err(PortalError::Stale { .. })), "another currency is shown by now");

    portal.remove_exchange_rate(administrator, "EUR", from).await.unwrap();
    assert_eq!(world.last_action().await, "exchange_rate.removed");
    portal.remove_exchange_rate(administrator, "EUR", from).await.unwrap();
    assert_eq!(world.audit_length().await, entries + 1, "gone is gone");
    portal.set_display_currency(administrator, " ").await.unwrap();
    assert_eq!(world.last_action().await, "display_currency.set");
    assert_eq!(portal.display_currency(&admin).await.unwrap(), None);
}
