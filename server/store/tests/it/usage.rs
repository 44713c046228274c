//! Ingest, rollups, counters, and reading them.

use crate::given::{self, NOW, call, key_id, month_of, person_id, total_of};
use crate::on_both_engines;
use domain::budget::{BudgetLine, BudgetScope, Consumed, Window};
use domain::id::{EventId, KeyId};
use domain::money::NanoUsd;
use domain::time::{MS_PER_HOUR, Timestamp};
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use domain::virtual_key::Owner;
use store::testing::TestDatabase;
use store::{Compared, HourSpan, IngestResult, KeyCost, SpanUsage};

const ALL_MONTHS: [(Window, Timestamp); 1] = [(Window::Month, Timestamp::from_ms(0))];

/// As it is read back.
fn uncharged(record: UsageRecord) -> UsageRecord {
    UsageRecord { charged: vec![], ..record }
}

fn denied(key: KeyId, at: Timestamp, sequence: u16) -> UsageRecord {
    UsageRecord {
        model: "gpt-5".into(),
        deployment: None,
        endpoint: None,
        status: 403,
        outcome: Outcome::Denied,
        denial: Some("model_not_allowed".into()),
        streamed: false,
        tokens: TokenUsage::default(),
        cost: NanoUsd::ZERO,
        source: UsageSource::Nothing,
        first_byte_ms: None,
        charged: vec![],
        ..call(key, at, sequence)
    }
}

on_both_engines! {
    async fn past_calls_are_read_slice_by_slice_and_refusals_are_none(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        let mine = given::minted(&mut tx, 1, "mine", Owner::Person(person_id(1))).await;
        let other = given::minted(&mut tx, 2, "other", Owner::Person(person_id(1))).await;
        tx.commit().await.unwrap();
        let under = store.live_keys_under(mine.profile, NOW, None, 9).await.unwrap();
        assert_eq!(under.iter().map(|key| key.id).collect::<Vec<_>>(), [mine.id, other.id]);
        let rest = store.live_keys_under(mine.profile, NOW, Some(mine.id), 9).await.unwrap();
        assert_eq!(rest, std::slice::from_ref(&other));
        assert_eq!(store.live_keys_under(mine.profile, NOW.plus_days(31), None, 9).await.unwrap(), []);

        let calls: Vec<_> = (0..5).map(|nth| call(mine.id, NOW.plus_ms(i64::from(nth)), nth)).collect();
        let refused = UsageRecord { denial: Some("rate_limited".into()), ..call(mine.id, NOW.plus_ms(7), 7) };
        let others = call(other.id, NOW.plus_ms(8), 8);
        store.ingest(&[calls.clone(), vec![refused, others]].concat()).await.unwrap();
        let of = store.calls_of(&[mine.id, key_id(9)]).await.unwrap();
        assert!(!of.is_empty() && store.calls_of(&[key_id(9)]).await.unwrap().is_empty());
        let (start, end) = (EventId::first_at(NOW.plus_ms(-1)), EventId::first_at(NOW.plus_ms(100)));
        let first = store.past_calls(&of, start, end, 3).await.unwrap();
        let second = store.past_calls(&of, first.go_on_after.unwrap(), end, 3).await.unwrap();
        assert_eq!((first.calls.len(), second.calls.len(), second.go_on_after), (3, 2, None));
        let call = &first.calls[0];
        assert_eq!((call.key, call.at, call.model.as_str()), (mine.id, NOW, "gpt-5-mini"));
        assert_eq!((call.endpoint, call.network), (calls[0].endpoint, "192.0.2.7".parse().ok()));
        assert_eq!((call.tokens, call.output_tokens), (calls[0].tokens.all(), calls[0].tokens.all_output()));
        assert_eq!((call.cost, call.duration_ms), (calls[0].cost, 900));
    }

    async fn a_call_is_read_back_whole(database: &TestDatabase) {
        let store = database.open().await;
        let (answered, refused) = (call(key_id(1), NOW, 1), denied(key_id(1), NOW, 2));
        let result = store.ingest(&[answered.clone(), refused.clone()]).await.unwrap();
        assert_eq!(result, IngestResult { inserted: 2 });
        assert_eq!(store.call(answered.id).await.unwrap(), Some(answered.clone()));
        assert_eq!(store.call(refused.id).await.unwrap(), Some(refused.clone()));
        assert_eq!(store.call(EventId::from_i64(7)).await.unwrap(), None);
        assert_eq!(store.last_event().await.unwrap(), Some(refused.id));
        let known = store.ingested(&[answered.id, EventId::from_i64(7)]).await.unwrap();
        assert_eq!(known, [answered.id].into());
    }

    async fn a_batch_brought_twice_counts_once(database: &TestDatabase) {
        let store = database.open().await;
        assert_eq!(store.last_event().await.unwrap(), None);
        let batch: Vec<_> = (1..=300).map(|sequence| call(key_id(1), NOW, sequence)).collect();
        assert_eq!(store.ingest(&batch[..200]).await.unwrap().inserted, 200);
        assert_eq!(store.ingest(&batch).await.unwrap().inserted, 100);
        assert_eq!(store.ingest(&batch).await.unwrap().inserted, 0);
        let doubled = [batch[0].clone(), batch[0].clone(), call(key_id(1), NOW, 301), call(key_id(1), NOW, 301)];
        assert_eq!(store.ingest(&doubled).await.unwrap().inserted, 1, "nor twice in one batch");
        assert_eq!(store.ingest::<UsageRecord>(&[]).await.unwrap().inserted, 0);

        let spent = NanoUsd::from_nano(301_000);
        let used = Consumed { spent, requests: 301, tokens: 301 * 31 };
        let counters = [(month_of(key_id(1)), used), (total_of(person_id(1)), used)];
        assert_eq!(store.budget_counters(&ALL_MONTHS).await.unwrap(), counters);
        let sums = store.ledger_sums().await.unwrap();
        assert_eq!(sums.keys, [(key_id(1), KeyCost { by_events: spent, by_hours: spent, by_days: spent })].into());
        let agreed = counters.map(|(line, used)| (line, Compared { kept: used, by_events: used }));
        assert_eq!(sums.accounts, agreed.into());
        let this_hour = HourSpan { from: NOW.utc_hour(), hours: 1 };
        let hours = store.usage_in_spans(key_id(1), &[this_hour]).await.unwrap();
        assert_eq!((hours.len(), hours[0].requests, hours[0].cost), (1, 301, spent));
    }

    async fn a_key_that_is_first_seen_in_a_batch_begun_anew_keeps_its_number(database: &TestDatabase) {
        let store = database.open().await;
        let (known, new, next) = (call(key_id(1), NOW, 1), call(key_id(2), NOW, 2), call(key_id(2), NOW, 3));
        assert_eq!(store.ingest(std::slice::from_ref(&known)).await.unwrap().inserted, 1);
        // Rolled back for what is known, and what it numbered with it.
        assert_eq!(store.ingest(&[known.clone(), new.clone()]).await.unwrap().inserted, 1);
        assert_eq!(store.ingest(std::slice::from_ref(&next)).await.unwrap().inserted, 1);
        for brought in [known, new, next] {
            assert_eq!(store.call(brought.id).await.unwrap(), Some(brought));
        }
    }

    async fn windows_that_ended_are_left_out(database: &TestDatabase) {
        let store = database.open().await;
        store.ingest(&[call(key_id(1), NOW, 1)]).await.unwrap();
        let lines = async |since| {
            let counters = store.budget_counters(&[(Window::Month, since)]).await.unwrap();
            counters.into_iter().map(|(line, _)| line).collect::<Vec<_>>()
        };
        let (month, total) = (month_of(key_id(1)), total_of(person_id(1)));
        assert_eq!(lines(month.window_start).await, [month, total]);
        assert_eq!(lines(month.window_start.plus_ms(1)).await, [total], "what never resets always matters");
    }

    async fn spans_of_hours_sum_by_model(database: &TestDatabase) {
        let store = database.open().await;
        let next_hour = NOW.plus_ms(MS_PER_HOUR);
        let failed = UsageRecord { outcome: Outcome::ProviderFailed, ..call(key_id(1), NOW, 3) };
        let refused_upstream = UsageRecord { status: 429, ..call(key_id(1), NOW, 4) };
        let hung_up = UsageRecord { outcome: Outcome::ClientGone, ..call(key_id(1), NOW, 5) };
        let other_key = call(key_id(2), NOW, 6);
        let records = [call(key_id(1), NOW, 1), denied(key_id(1), NOW, 2), failed, refused_upstream, hung_up, other_key];
        store.ingest(&records).await.unwrap();
        store.ingest(&[call(key_id(1), next_hour, 1)]).await.unwrap();

        let hour = NOW.utc_hour();
        let mini = SpanUsage {
            from: hour,
            model: "gpt-5-mini".into(),
            requests: 4,
            failures: 2,
            denials: 0,
            tokens: TokenUsage {
                input: 32,
                cache_read: 8,
                cache_write: 12,
                cache_write_1h: 16,
                output: 56,
                reasoning: 20,
                ..TokenUsage::ZERO
            },
            cost: NanoUsd::from_nano(4_000),
            duration_ms_sum: 3_600,
        };
        let refused = SpanUsage {
            from: hour,
            model: "gpt-5".into(),
            requests: 1,
            failures: 0,
            denials: 1,
            tokens: TokenUsage::default(),
            cost: NanoUsd::ZERO,
            duration_ms_sum: 900,
        };
        let span = |from, hours| HourSpan { from, hours };
        let used = async |key, spans: &[HourSpan]| store.usage_in_spans(key_id(key), spans).await.unwrap();
        let both = used(1, &[span(hour, 1), span(hour + 1, 8)]).await;
        assert_eq!(both[..2], [refused, mini]);
        assert_eq!((both.len(), both[2].from, both[2].requests), (3, hour + 1, 1));
        let together = used(1, &[span(hour - 700, 702)]).await;
        let counted = together.iter().map(|one| (one.from, one.model.as_str(), one.requests)).collect::<Vec<_>>();
        assert_eq!(counted, [(hour - 700, "gpt-5", 1), (hour - 700, "gpt-5-mini", 5)]);
        assert_eq!(used(1, &[span(hour - 700, 700)]).await, [], "the hour after is not in it");
        assert_eq!((used(1, &[]).await, used(9, &[span(hour, 9)]).await), (vec![], vec![]));
    }

    async fn recent_calls_go_back_through_the_hours(database: &TestDatabase) {
        let store = database.open().await;
        let hours_ago = |hours: i64| NOW.plus_ms(-hours * MS_PER_HOUR);
        let mut mine = Vec::new();
        for (hours, calls) in [(0, 2), (1, 1), (30, 3), (9_000, 1)] {
            for sequence in 1..=calls {
                mine.push(call(key_id(1), hours_ago(hours).plus_ms(i64::from(sequence)), sequence));
            }
        }
        let others: Vec<_> = (0..40).map(|hour| call(key_id(2), hours_ago(hour), 500)).collect();
        store.ingest(&mine).await.unwrap();
        store.ingest(&others).await.unwrap();
        mine.sort_by_key(|record| std::cmp::Reverse(record.id));
        let mine: Vec<_> = mine.into_iter().map(uncharged).collect();

        assert_eq!(store.recent_calls(key_id(1), None, 50).await.unwrap(), mine);
        let mut seen = Vec::new();
        while let page @ [_, ..] = store.recent_calls(key_id(1), seen.last().map(|call: &UsageRecord| call.id), 2).await.unwrap().as_slice() {
            assert!(page.len() <= 2);
            seen.extend_from_slice(page);
        }
        assert_eq!(seen, mine, "page by page, none twice and none left out");
        assert_eq!(store.recent_calls(key_id(9), None, 5).await.unwrap(), []);
        assert_eq!(store.recent_calls(key_id(1), None, 0).await.unwrap(), []);
    }

    async fn the_last_use_is_the_newest_call_whatever_comes_last(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        given::minted(&mut tx, 1, "ci", Owner::Person(person_id(1))).await;
        tx.commit().await.unwrap();
        let newest = UsageRecord { agent: "newest".into(), ..denied(key_id(1), NOW.plus_ms(9), 1) };
        store.ingest(&[newest, call(key_id(1), NOW.plus_ms(1), 1)]).await.unwrap();
        store.ingest(&[call(key_id(1), NOW.plus_ms(5), 1)]).await.unwrap();
        let item = store.key(key_id(1), &domain::permission::Scope::Everyone).await.unwrap().unwrap();
        let used = item.last_use.unwrap();
        assert_eq!((used.agent.as_str(), used.at), ("newest", NOW.plus_ms(9)));
    }

    /// Where calls come from keys by the thousand.
    async fn the_last_use_among_many_keys_is_at_most_half_a_minute_old(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        given::minted(&mut tx, 1, "ci", Owner::Person(person_id(1))).await;
        tx.commit().await.unwrap();
        let mine = |after: i64| call(key_id(1), NOW.plus_ms(after), 1);
        let others = |after: i64| (0..1_000_u16).map(move |number| {
            let mut bytes = [9; 12];
            [bytes[0], bytes[1]] = [number / 62, number % 62].map(|digit| u8::try_from(digit).unwrap());
            UsageRecord { id: EventId::new(NOW.plus_ms(after), 1, number), ..call(KeyId::from_random(&bytes), NOW, 1) }
        });
        let last_use = async || {
            let item = store.key(key_id(1), &domain::permission::Scope::Everyone).await.unwrap();
            item.unwrap().last_use.unwrap().at
        };
        let moved = UsageRecord { network: "203.0.113.9".into(), ..mine(31_000) };
        let renamed = UsageRecord { agent: "another".into(), network: moved.network.clone(), ..mine(31_001) };
        for (after, call, noted) in [
            (0, mine(0), 0),
            (29_999, mine(29_999), 0),
            (30_000, mine(30_000), 30_000),
            (31_000, moved, 31_000),
            (31_001, renamed, 31_001),
            (31_002, mine(30_999), 31_001),
        ] {
            store.ingest(&others(after).chain([call]).collect::<Vec<_>>()).await.unwrap();
            assert_eq!(last_use().await, NOW.plus_ms(noted), "after {after} ms");
        }
        store.ingest(&[mine(31_003)]).await.unwrap();
        assert_eq!(last_use().await, NOW.plus_ms(31_003), "among few it is the newest");
    }

    async fn strange_texts_and_huge_figures_are_kept(database: &TestDatabase) {
        let store = database.open().await;
        let huge = TokenUsage { input: u64::MAX, ..TokenUsage::default() };
        let record = UsageRecord {
            model: "'; drop table \0label; --".into(),
            agent: "\u{1F511} \"\\".into(),
            network: String::new(),
            tokens: huge,
            cost: NanoUsd::MAX,
            ..call(key_id(1), NOW, 1)
        };
        let another = UsageRecord { id: call(key_id(1), NOW, 2).id, ..record.clone() };
        assert_eq!(store.ingest(std::slice::from_ref(&record)).await.unwrap().inserted, 1);
        assert_eq!(store.ingest(&[another]).await.unwrap().inserted, 1, "sums stop at the largest number");
        let read = store.call(record.id).await.unwrap().unwrap();
        assert_eq!((&read.agent, &read.network), (&record.agent, &record.network));
        assert_eq!(read.model, "'; drop table \u{FFFD}label; --");
        let counters = store.budget_counters(&ALL_MONTHS).await.unwrap();
        let most = i64::MAX.unsigned_abs();
        assert!(counters.iter().all(|(_, used)| (used.spent, used.tokens) == (NanoUsd::MAX, most)));
        let this_hour = HourSpan { from: NOW.utc_hour(), hours: 1 };
        let hours = store.usage_in_spans(key_id(1), &[this_hour]).await.unwrap();
        assert_eq!((hours[0].requests, hours[0].tokens.input), (2, i64::MAX.unsigned_abs()));
        assert_eq!((read.tokens.input, read.cost), (i64::MAX.unsigned_abs(), NanoUsd::MAX));
    }

    async fn every_kind_of_window_has_its_own_beginning(database: &TestDatabase) {
        let store = database.open().await;
        let line = |window, ago: i64| BudgetLine {
            scope: BudgetScope::Organisation, window, window_start: NOW.plus_ms(-ago),
        };
        let charged: Vec<_> = Window::ALL.into_iter().flat_map(|window| [line(window, 10), line(window, 20)]).collect();
        store.ingest(&[UsageRecord { charged, ..call(key_id(1), NOW, 1) }]).await.unwrap();
        for window in Window::ALL {
            let since = [(window, NOW.plus_ms(-15))];
            let found: Vec<_> = store.budget_counters(&since).await.unwrap().into_iter().map(|(line, _)| line).collect();
            let mut expected = vec![line(Window::Total, 20), line(Window::Total, 10)];
            if window != Window::Total {
                expected.insert(0, line(window, 10));
            }
            expected.sort_unstable_by_key(|line| (line.window.word(), line.window_start));
            assert_eq!(found, expected, "{window:?}");
        }
        let sums = store.ledger_sums().await.unwrap();
        assert_eq!(sums.accounts.len(), 12);
        assert!(sums.accounts.values().all(|account| account.kept == account.by_events));
    }

    async fn drift_shows_and_a_correction_counts_beside_new_calls(database: &TestDatabase) {
        let store = database.open().await;
        store.ingest(&[call(key_id(1), NOW, 1)]).await.unwrap();
        let wrong = Consumed { spent: NanoUsd::from_nano(300), requests: 1, tokens: 7 };
        let mut tx = store.begin().await.unwrap();
        tx.correct_counter(month_of(key_id(1)), Consumed::default(), wrong).await.unwrap();
        tx.correct_counter(month_of(key_id(2)), Consumed::default(), wrong).await.unwrap();
        tx.commit().await.unwrap();
        let drifting = store.ledger_sums().await.unwrap();
        let of = |number| drifting.accounts[&month_of(key_id(number))];
        assert_eq!((of(1).kept.spent.as_nano(), of(1).by_events.spent.as_nano()), (1_300, 1_000));
        assert_eq!((of(2).kept, of(2).by_events), (wrong, Consumed::default()));

        store.ingest(&[call(key_id(1), NOW, 2)]).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for number in [1, 2] {
            tx.correct_counter(month_of(key_id(number)), of(number).kept, of(number).by_events).await.unwrap();
        }
        tx.commit().await.unwrap();
        let sums = store.ledger_sums().await.unwrap();
        assert!(sums.accounts.values().all(|account| account.kept == account.by_events), "{sums:?}");
    }
}
