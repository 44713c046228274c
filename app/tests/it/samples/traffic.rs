//! What keys did: calls served and refused, a month of spend, lines of the audit log.

use super::*;

pub(super) fn call_at(minutes: i64, status: u16, outcome: Outcome, denial: Option<&str>) -> UsageRecord {
    let served = outcome == Outcome::Answered;
    UsageRecord {
        id: EventId::new(now().plus_ms(-minutes * MS_PER_MINUTE), 0, u16::try_from(minutes % 60_000).unwrap()),
        key: key_id(1),
        model: if denial == Some("model_not_allowed") { "gpt-x" } else { "demo-large" }.to_owned(),
        deployment: None,
        endpoint: Some(Endpoint::Messages),
        network: "10.4.1.9".to_owned(),
        agent: "claude-code".to_owned(),
        secret_version: 2,
        status,
        outcome,
        denial: denial.map(str::to_owned),
        streamed: true,
        tokens: if served {
            TokenUsage { input: 1_634, cache_read: 16_600, output: 640, reasoning: 120, ..TokenUsage::default() }
        } else {
            TokenUsage::default()
        },
        cost: if served { NanoUsd::from_nano(19_512_345) } else { NanoUsd::ZERO },
        source: UsageSource::Provider,
        price_version: 3,
        duration_ms: 6_120,
        first_byte_ms: Some(410),
        charged: vec![BudgetLine { scope: BudgetScope::Key(key_id(1)), window: Window::Month, window_start: now() }],
        attempts: if status == 200 { 2 } else { 1 },
        repeated: 0,
        watched: domain::call_rule::RuleSet::NONE,
    }
}

pub(crate) fn calls() -> Vec<UsageRecord> {
    vec![
        call_at(0, 200, Outcome::Answered, None),
        call_at(1, 403, Outcome::Denied, Some("model_not_allowed")),
        call_at(9, 402, Outcome::Denied, Some("budget_exhausted")),
        call_at(12, 502, Outcome::ProviderFailed, Some("provider_error")),
        call_at(40, 499, Outcome::ClientGone, None),
        call_at(3_000, 200, Outcome::Answered, None),
    ]
}

/// A call that was refused for its model.
pub(crate) fn refused_call(may_ask: bool) -> CallDetail {
    CallDetail { call: calls()[1].clone(), key_name: virtual_key().name, served_by: None, may_ask }
}

pub(super) fn usage() -> KeyUsage {
    let sums = |cost: i64| UsageSums {
        requests: 12,
        failures: 1,
        denials: 2,
        tokens: TokenUsage { input: 18_000, cache_read: 182_000, output: 6_400, ..TokenUsage::default() },
        cost: NanoUsd::from_nano(cost),
        duration_ms_sum: 12 * 2_400,
    };
    let today: jiff::civil::Date = "2026-11-20".parse().unwrap();
    let names = ["demo-large", "demo-small"];
    let days = (0..30_i32).map(|at| {
        let cost = |model: usize| i64::from(at * 37 % 11 + 3) * 40_000_000 / (1 + i64::try_from(model).unwrap() * 3);
        let models = (at % 7 < 5).then(|| {
            names.iter().enumerate().map(|(nth, name)| ModelUsage { model: (*name).to_owned(), sums: sums(cost(nth)) })
        });
        let date = today.saturating_sub(jiff::Span::new().days(29 - at));
        DayUsage { date, models: models.into_iter().flatten().collect(), total: sums(cost(0) + cost(1)) }
    });
    KeyUsage {
        days: days.collect(),
        by_model: names.map(|model| ModelUsage { model: model.to_owned(), sums: sums(9_000_000_000) }).to_vec(),
        total: UsageSums { cost: NanoUsd::from_nano(11_840_123_456), requests: 360, ..sums(0) },
        shown: None,
        conversion: None,
    }
}

pub(super) fn audit_line(
    seq: i64,
    action: &str,
    before: Option<serde_json::Value>,
    after: serde_json::Value,
) -> AuditLine {
    let entry = AuditEntry {
        at: now().plus_days(-seq),
        actor: Actor::Person(developer().person),
        address: Some("127.0.0.1".to_owned()),
        action: action.to_owned(),
        object_kind: "key".to_owned(),
        object: key_id(1).to_string(),
        object_name: "claude-code laptop".to_owned(),
        before,
        after: Some(after),
    };
    AuditLine { row: AuditRow { seq, entry, previous: [0; 32], hash: [0; 32] }, actor_name: "Ada Example".to_owned() }
}

pub(super) fn rotation() -> Rotation {
    Rotation {
        old_version: 1,
        rotated_at: now().plus_ms(-20 * MS_PER_HOUR),
        ends_at: now().plus_ms(4 * MS_PER_HOUR),
        finding: OldSecret::InUse { used_at: now().plus_ms(-2 * MS_PER_MINUTE) },
    }
}

pub(super) fn callers_of_key() -> KeyCallers {
    let caller = |network: &str, agent: &str, secret_version, calls, minutes: i64| KeyCaller {
        network: network.to_owned(),
        agent: agent.to_owned(),
        secret_version,
        calls,
        used_at: now().plus_ms(-minutes * MS_PER_MINUTE),
    };
    KeyCallers {
        callers: vec![
            caller("10.4.1.9", "claude-cli/2.1.4 (external, cli)", 2, 1_204, 1),
            caller("10.4.7.30", "python-openai/2.8.1", 1, 96, 2),
            caller("2001:db8::17", "", 2, 3, 4_000),
        ],
        current_version: 2,
        rotation: Some(rotation()),
    }
}
