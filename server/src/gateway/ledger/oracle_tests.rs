//! The ledger against an oracle that knows only the calls: every decision and every account, over levels, windows and
//! quotas, through both changes of clocks, restarts and lost answers.

use super::super::ingest::{Ingest, UsageSink as _};
use super::super::spool::Cursor;
use super::super::testing::{Database, Desk, ManualClock, below, guaranteeing, key, request, usage, usd};
use super::*;
use domain::budget::{Cap, Window};
use domain::guarantee::Share;
use domain::id::{CostCentreId, TeamId};
use domain::limits::{Counted, Limits, Quota};
use domain::time::MS_PER_MINUTE;
use proptest::prelude::*;
use proxy::ports::Ledger as _;

/// Moments shortly before a change of clocks; the last two skip and repeat midnight.
const CHANGES: [(&str, &str); 4] = [
    ("Europe/Berlin", "2026-03-28T20:00:00Z"),
    ("Europe/Berlin", "2026-10-24T20:00:00Z"),
    ("America/Santiago", "2026-09-05T22:00:00Z"),
    ("America/Santiago", "2026-04-04T22:00:00Z"),
];

#[derive(Debug, Clone)]
enum Step {
    Reserve { key: usize, bound: i64, tokens: u64 },
    Extend(prop::sample::Index, i64),
    Settle(prop::sample::Index, i64, u64),
    Release(prop::sample::Index),
    Later(i64),
    Limit(usize, Limits),
    Ingest,
    AnswerLost,
    Crash,
}

fn limits() -> impl Strategy<Value = Limits> {
    let window = || prop::sample::select(Window::ALL.to_vec());
    let cap = (window(), 0i64..400).prop_map(|(window, limit)| Cap { window, limit: usd(limit) });
    let counted = prop::sample::select(Counted::ALL.to_vec());
    let quota = (counted, window(), 0u64..30).prop_map(|(counted, window, limit)| Quota {
        counted,
        window,
        limit: if counted == Counted::Tokens { limit * 20 } else { limit },
    });
    let guarantee = (window(), 0i64..200).prop_map(|(window, limit)| Cap { window, limit: usd(limit) });
    let guarantees = prop::collection::vec(guarantee, 0..3).prop_map(|mut all| {
        all.sort_unstable_by_key(|share: &Cap| share.window);
        all.dedup_by_key(|share| share.window);
        all
    });
    let (caps, quotas) = (prop::collection::vec(cap, 0..3), prop::collection::vec(quota, 0..3));
    (caps, quotas, guarantees).prop_map(|(caps, quotas, guarantees)| Limits {
        caps,
        quotas,
        guarantees,
        ..Limits::default()
    })
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<prop::sample::Index>;
    prop_oneof![
        8 => (0usize..3, 0i64..80, 0u64..60).prop_map(|(key, bound, tokens)| Step::Reserve { key, bound, tokens }),
        2 => (which(), 1i64..60).prop_map(|(which, by)| Step::Extend(which, by)),
        6 => (which(), 0i64..=100, 0u64..80).prop_map(|(which, percent, tokens)| Step::Settle(which, percent, tokens)),
        1 => which().prop_map(Step::Release),
        4 => (1i64..200).prop_map(Step::Later),
        1 => (0usize..4, limits()).prop_map(|(level, limits)| Step::Limit(level, limits)),
        1 => Just(Step::Ingest),
        1 => Just(Step::AnswerLost),
        1 => Just(Step::Crash),
    ]
}

/// One call, as the oracle sees it.
struct Seen {
    key: usize,
    reserved: Reserved,
    holds: Consumed,
}

/// All that ever happened, and nothing but that.
struct Oracle {
    zone: TimeZone,
    /// Of the organisation, of the first two keys' team, of each key alone, and of the last two keys' cost centre, which
    /// cuts across the team.
    limits: Vec<Limits>,
    ended: Vec<(BudgetLine, Consumed)>,
    open: Vec<Seen>,
}

impl Oracle {
    fn levels(&self, key: usize) -> Vec<(BudgetScope, &Limits)> {
        let team = (key < 2).then(|| (team(), &self.limits[1]));
        let own = (BudgetScope::Key(record(key).key.id), &self.limits[2]);
        let centre = (key > 0).then(|| (centre(), &self.limits[3]));
        [(BudgetScope::Organisation, &self.limits[0])].into_iter().chain(centre).chain(team).chain([own]).collect()
    }

    fn record(&self, key: usize) -> KeyRecord {
        let mut record = record(key);
        let terms = Arc::make_mut(&mut record.effective);
        (terms.caps, terms.quotas) = (self.limits[2].caps.clone(), self.limits[2].quotas.clone());
        let levels = self.levels(key).into_iter().filter(|(scope, _)| !matches!(scope, BudgetScope::Key(_)));
        // The order in which levels arrive is not the ledger's.
        guaranteeing(
            below(record, levels.map(|(scope, limits)| (scope, limits.clone())).rev().collect()),
            &self.shares(),
        )
    }

    /// The team and the cost centre have shares of what the organisation has.
    fn shares(&self) -> Vec<Share> {
        let of = |scope, limits: &Limits| {
            let shares = limits.guarantees.clone().into_iter();
            shares.map(move |share| Share { scope, window: share.window, amount: share.limit })
        };
        of(team(), &self.limits[1]).chain(of(centre(), &self.limits[3])).collect()
    }

    /// What this key has to leave of this budget to others.
    fn kept(&self, key: usize, line: BudgetLine, now: Timestamp) -> NanoUsd {
        if line.scope != BudgetScope::Organisation || line != self.line(line.scope, line.window, now) {
            return NanoUsd::ZERO;
        }
        let own: Vec<BudgetScope> = self.levels(key).into_iter().map(|(scope, _)| scope).collect();
        let others =
            self.shares().into_iter().filter(|share| share.window == line.window && !own.contains(&share.scope));
        let kept = others.map(|share| {
            let line = BudgetLine { scope: share.scope, ..line };
            share.amount.minus(self.used(line).spent).minus(self.held(line).spent).max(NanoUsd::ZERO)
        });
        kept.fold(NanoUsd::ZERO, NanoUsd::plus)
    }

    fn line(&self, scope: BudgetScope, window: Window, now: Timestamp) -> BudgetLine {
        BudgetLine { scope, window, window_start: window.start(now, &self.zone) }
    }

    fn used(&self, line: BudgetLine) -> Consumed {
        let of_line = self.ended.iter().filter(|(of, _)| *of == line);
        of_line.fold(Consumed::default(), |sum, (_, used)| sum.plus(*used))
    }

    fn held(&self, line: BudgetLine) -> Consumed {
        let of_line = self.open.iter().filter(|call| call.reserved.lines.contains(&line));
        of_line.fold(Consumed::default(), |sum, call| sum.plus(call.holds))
    }

    fn admits(&self, key: usize, bound: i64, tokens: u64, now: Timestamp) -> bool {
        self.levels(key).into_iter().all(|(scope, limits)| {
            let caps = limits.caps.iter().all(|cap| {
                let line = self.line(scope, cap.window, now);
                let (spent, reserved) = (self.used(line).spent, self.held(line).spent);
                bound == 0
                    || (spent < cap.limit
                        && spent.plus(reserved).plus(usd(bound)).plus(self.kept(key, line, now)) <= cap.limit)
            });
            let quotas = limits.quotas.iter().all(|quota| {
                let line = self.line(scope, quota.window, now);
                let sum = self.used(line).plus(self.held(line)).counted(quota.counted);
                let wanted = if quota.counted == Counted::Requests { 1 } else { tokens.clamp(1, quota.limit.max(1)) };
                sum + wanted <= quota.limit
            });
            caps && quotas
        })
    }

    fn lines(&self, key: usize, now: Timestamp) -> Vec<BudgetLine> {
        let mut lines = Vec::new();
        for (scope, limits) in self.levels(key) {
            let caps = limits.caps.iter().map(|cap| cap.window);
            // Keys have terms, and terms guarantee nothing.
            let is_level = !matches!(scope, BudgetScope::Key(_));
            let shares = limits.guarantees.iter().filter(|_| is_level).map(|share| share.window);
            let windows = caps.chain(limits.quotas.iter().map(|quota| quota.window)).chain(shares);
            let mut windows: Vec<_> = windows.map(|window| self.line(scope, window, now)).collect();
            windows.sort_unstable();
            windows.dedup();
            lines.extend(windows);
        }
        lines
    }

    fn end(&mut self, call: &Seen, used: Consumed) {
        self.ended.extend(call.reserved.lines.iter().map(|&line| (line, used)));
    }

    /// Everything that the ledger still keeps is what happened, and all that matters now is kept.
    fn check(&self, desk: &Desk) {
        let accounts = desk.ledger.accounts();
        for (&line, standing) in &accounts {
            assert_eq!(*standing, Standing { used: self.used(line), held: self.held(line) }, "{line:?}");
        }
        for key in 0..3 {
            for line in self.lines(key, desk.clock.now()) {
                let standing = accounts.get(&line).copied().unwrap_or_default();
                assert_eq!(standing, Standing { used: self.used(line), held: self.held(line) }, "{line:?}");
            }
        }
        assert!(desk.ledger.stray_holds().is_empty());
    }
}

fn team() -> BudgetScope {
    BudgetScope::Team(TeamId::from_random(&[9; 12]))
}

fn centre() -> BudgetScope {
    BudgetScope::CostCentre(CostCentreId::from_random(&[9; 12]))
}

fn record(number: usize) -> KeyRecord {
    key(number as u8, &[])
}

async fn run(change: usize, limits: Vec<Limits>, steps: Vec<Step>) {
    let (zone, begin) = CHANGES[change];
    let begin = Timestamp::from_ms(begin.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let zone = TimeZone::get(zone).unwrap();
    let (folder, database, clock) =
        (tempfile::tempdir().unwrap(), Arc::new(Database::default()), ManualClock::at(begin));
    let mut desk = Desk::open_in(&zone, clock.clone(), folder.path(), &database).await;
    let mut oracle = Oracle { zone: zone.clone(), limits, ended: vec![], open: vec![] };
    for step in steps {
        let now = clock.now();
        match step {
            Step::Reserve { key, bound, tokens } => {
                let record = oracle.record(key);
                let ask = ReserveRequest { expected_tokens: tokens, ..request(&desk.ledger, &record, bound, now) };
                let answer = desk.ledger.reserve(&ask);
                assert_eq!(answer.is_ok(), oracle.admits(key, bound, tokens, now), "{answer:?}");
                if let Ok(reserved) = answer {
                    assert_eq!(reserved.lines, oracle.lines(key, now));
                    oracle.open.push(Seen {
                        key,
                        reserved,
                        holds: Consumed { spent: usd(bound), requests: 1, tokens },
                    });
                }
            }
            Step::Extend(which, by) if !oracle.open.is_empty() => {
                let which = which.index(oracle.open.len());
                let (key, lines) = (oracle.open[which].key, oracle.open[which].reserved.lines.clone());
                let levels = oracle.levels(key);
                let fits = lines.iter().all(|&line| {
                    let limits = levels.iter().find(|(scope, _)| *scope == line.scope).map(|(_, limits)| limits);
                    let caps =
                        limits.into_iter().flat_map(|limits| &limits.caps).filter(|cap| cap.window == line.window);
                    let taken = oracle.used(line).spent.plus(oracle.held(line).spent).plus(usd(by));
                    let sum = taken.plus(oracle.kept(key, line, now));
                    caps.into_iter().all(|cap| sum <= cap.limit)
                });
                let record = oracle.record(key);
                let call = &mut oracle.open[which];
                let answer = desk.ledger.extend(&mut call.reserved, &record, usd(by), now);
                assert_eq!(answer.is_ok(), fits, "{answer:?}");
                if fits {
                    call.holds.spent = call.holds.spent.plus(usd(by));
                }
                assert_eq!(call.reserved.amount, call.holds.spent);
            }
            Step::Settle(which, percent, tokens) if !oracle.open.is_empty() => {
                let call = oracle.open.swap_remove(which.index(oracle.open.len()));
                let cost = call.holds.spent.as_nano() * percent / 100;
                let tokens_used = TokenUsage { input: tokens, ..TokenUsage::default() };
                let record =
                    UsageRecord { tokens: tokens_used, ..usage(call.reserved.event, record(call.key).key.id, cost) };
                desk.ledger.settle(&call.reserved, record).unwrap();
                oracle.end(&call, Consumed { spent: usd(cost), requests: 1, tokens });
            }
            Step::Release(which) if !oracle.open.is_empty() => {
                let call = oracle.open.swap_remove(which.index(oracle.open.len()));
                desk.ledger.release(&call.reserved);
            }
            Step::Later(minutes) => clock.advance(minutes * MS_PER_MINUTE),
            Step::Limit(level, limits) => oracle.limits[level] = limits,
            Step::Ingest => {
                let ingest = Ingest::start(desk.ledger.spool(), database.clone());
                ingest.flush().await.unwrap();
                ingest.stop().await;
            }
            Step::AnswerLost => {
                let (batch, _) = desk.ledger.spool().read(Cursor::default(), usize::MAX).unwrap();
                database.ingest(&batch).await.unwrap();
            }
            Step::Crash => {
                drop(desk);
                desk = Desk::open_in(&zone, clock.clone(), folder.path(), &database).await;
                for call in std::mem::take(&mut oracle.open) {
                    oracle.end(&call, Consumed { tokens: 0, ..call.holds });
                }
            }
            Step::Extend(..) | Step::Settle(..) | Step::Release(_) => {}
        }
        oracle.check(&desk);
    }
    for call in std::mem::take(&mut oracle.open) {
        desk.ledger.release(&call.reserved);
    }
    let ingest = Ingest::start(desk.ledger.spool(), database.clone());
    ingest.flush().await.unwrap();
    for (line, used) in database.add_up() {
        assert_eq!(used, oracle.used(line), "the database adds up to the same");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_decision_and_every_account_follow_from_the_calls_alone(
        change in 0usize..CHANGES.len(),
        limits in prop::collection::vec(limits(), 4),
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(change, limits, steps));
    }
}
