//! What is guaranteed to a level is there for it, and for nobody else, whatever else goes on.

use super::super::testing::{Database, Desk, below, guaranteeing, key, usd};
use super::*;
use domain::budget::{Cap, Window};
use domain::guarantee::Share;
use domain::id::TeamId;
use domain::limits::Limits;
use proxy::ports::Ledger as _;

fn team(number: u8) -> BudgetScope {
    BudgetScope::Team(TeamId::from_random(&[number; 12]))
}

fn month(limit: i64) -> Vec<Cap> {
    vec![Cap { window: Window::Month, limit: usd(limit) }]
}

fn share(number: u8, amount: i64) -> Share {
    Share { scope: team(number), window: Window::Month, amount: usd(amount) }
}

/// A key below the organisation's `limit`, and below a team with this share of it, if it has one.
fn record(number: u8, own_team: u8, limit: i64, shares: &[Share]) -> KeyRecord {
    let caps = |caps| Limits { caps, ..Limits::default() };
    let of_team = shares.iter().filter(|share| share.scope == team(own_team));
    let guarantees = of_team.map(|share| Cap { window: share.window, limit: share.amount }).collect();
    let above = vec![
        (BudgetScope::Organisation, caps(month(limit))),
        (team(own_team), Limits { guarantees, ..Limits::default() }),
    ];
    guaranteeing(below(key(number, &[]), above), shares)
}

async fn desk() -> (tempfile::TempDir, Desk) {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path(), &Database::default()).await;
    (folder, desk)
}

#[tokio::test]
async fn what_is_guaranteed_to_one_team_is_not_there_for_another_until_it_has_used_it() {
    let (_folder, desk) = desk().await;
    let shares = [share(1, 60)];
    let (guaranteed, other) = (record(1, 1, 100, &shares), record(2, 2, 100, &shares));
    let left = |record| desk.figures(record).left().as_nano();
    assert_eq!((left(&guaranteed), left(&other)), (100, 40), "as GET /v1/key says");

    let held = desk.reserve(&other, 40).unwrap();
    assert_eq!(desk.reserve(&other, 1).unwrap_err().code(), "budget_reserved");
    desk.settle(&other, &held, 40).unwrap();
    let Err(Denial::BudgetExhausted(limit)) = desk.reserve(&other, 1) else { panic!("passed") };
    assert_eq!((limit.scope, limit.spent, limit.kept_for_others), (BudgetScope::Organisation, usd(40), usd(60)));
    assert_eq!(desk.reserve(&other, 0).map(|_| ()), Ok(()), "what costs nothing is never refused for money");

    assert_eq!((left(&guaranteed), left(&other)), (60, 0));
    let all = desk.reserve(&guaranteed, 60).unwrap();
    assert_eq!(desk.reserve(&other, 1).unwrap_err().code(), "budget_reserved", "nothing is guaranteed any more");
    desk.settle(&guaranteed, &all, 10).unwrap();
    assert_eq!((left(&guaranteed), left(&other)), (50, 0), "what came back is guaranteed again");
    assert!(desk.ledger.stray_holds().is_empty());
}

#[tokio::test]
async fn a_stream_grows_into_what_is_free_and_not_into_what_others_have_a_right_to() {
    let (_folder, desk) = desk().await;
    let shares = [share(1, 60)];
    let (guaranteed, other) = (record(1, 1, 100, &shares), record(2, 2, 100, &shares));
    let now = desk.clock.now();
    let mut stream = desk.reserve(&other, 30).unwrap();
    assert!(desk.ledger.extend(&mut stream, &other, usd(10), now).is_ok());
    let Err(Denial::BudgetExhausted(limit)) = desk.ledger.extend(&mut stream, &other, usd(1), now) else { panic!() };
    assert_eq!((limit.kept_for_others, limit.left()), (usd(60), usd(0)));
    let mut own = desk.reserve(&guaranteed, 10).unwrap();
    assert!(desk.ledger.extend(&mut own, &guaranteed, usd(50), now).is_ok());
    assert_eq!(own.tightest.unwrap().left(), usd(0));
}

#[tokio::test]
async fn a_guarantee_that_is_set_while_a_call_runs_holds_for_what_the_call_asks_next() {
    let (_folder, desk) = desk().await;
    let before = record(2, 2, 100, &[]);
    let mut stream = desk.reserve(&before, 30).unwrap();
    let after = record(2, 2, 100, &[share(1, 60)]);
    let now = desk.clock.now();
    assert!(desk.ledger.extend(&mut stream, &after, usd(11), now).is_err());
    assert!(desk.ledger.extend(&mut stream, &after, usd(10), now).is_ok());
    desk.settle(&after, &stream, 40).unwrap();
    assert_eq!(desk.reserve(&after, 1).unwrap_err().code(), "budget_exhausted");
}

#[tokio::test]
async fn what_was_used_of_a_guarantee_survives_a_restart() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::default());
    let shares = [share(1, 60), Share { window: Window::Day, ..share(3, 90) }];
    let (guaranteed, other) = (record(1, 1, 100, &shares), record(2, 2, 100, &shares));
    let desk = Desk::open(folder.path(), &database).await;
    let used = desk.reserve(&guaranteed, 25).unwrap();
    desk.settle(&guaranteed, &used, 25).unwrap();
    drop(desk);
    let desk = Desk::open(folder.path(), &database).await;
    let figures = desk.figures(&other);
    assert_eq!(
        (figures.spent, figures.kept_for_others, figures.left()),
        (usd(25), usd(35), usd(40)),
        "of months alone"
    );
}

/// Whoever has a guarantee asks for no more than it, gives back what a call did not cost, and is never refused, while
/// everybody else takes whatever they can get.
#[test]
fn a_guarantee_is_never_refused_among_a_hundred_threads_that_take_all_they_can() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::default());
    let desk = &runtime.block_on(Desk::open(folder.path(), &database));
    let shares = [share(1, 30_000), share(2, 20_000)];
    let within = |record: &KeyRecord| {
        let figures = desk.figures(record);
        figures.spent.plus(figures.reserved).plus(figures.kept_for_others) <= figures.limit
    };
    let greedy = std::thread::scope(|scope| {
        for (number, guarantee) in [(1_u8, 30_000), (2, 20_000)] {
            let mine = record(number, number, 100_000, &shares);
            scope.spawn(move || {
                let mut spent = 0;
                for round in 0_i64.. {
                    let bound = (1 + round * 37 % 400).min(guarantee - spent);
                    if bound == 0 {
                        break;
                    }
                    let mut reserved = desk.reserve(&mine, bound).expect("it is guaranteed");
                    let more = (bound / 3).min(guarantee - spent - bound);
                    desk.ledger.extend(&mut reserved, &mine, usd(more), desk.clock.now()).expect("that, too");
                    if round % 4 == 3 {
                        desk.ledger.release(&reserved);
                    } else {
                        let cost =
                            if spent > guarantee - 200 { bound + more } else { (bound + more) * (round % 3 + 1) / 3 };
                        desk.settle(&mine, &reserved, cost).unwrap();
                        spent += cost;
                    }
                    assert!(within(&mine));
                }
            });
        }
        let threads: Vec<_> = (0..100_i64)
            .map(|number| {
                let own = record(10 + number as u8, 3, 100_000, &shares);
                scope.spawn(move || {
                    let mut taken = 0;
                    for round in 0..40_i64 {
                        let Ok(reserved) = desk.reserve(&own, 1 + (number * 31 + round * 17) % 97) else { continue };
                        assert!(within(&own));
                        desk.settle(&own, &reserved, reserved.amount.as_nano()).unwrap();
                        taken += reserved.amount.as_nano();
                    }
                    taken
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<i64>()
    });
    assert!((45_000..=50_000).contains(&greedy), "all that was free, and no more: {greedy}");
    assert!(desk.ledger.stray_holds().is_empty());
}
