//! A key below an organisation, a clock that stands still, and calls.

use crate::gateway::fresh_ledger;
use crate::gateway::ledger::Ledger;
use crate::gateway::spool::{Refuses, Spool};
use domain::access_profile::{AboveMaximum, AccessProfile, Audience, ProfileTerms, PromptBound, Term};
use domain::budget::{BudgetScope, Cap, Consumed, Window};
use domain::denial::Denial;
use domain::id::{EventId, KeyId, PersonId, ProfileId};
use domain::limits::Limits;
use domain::money::NanoUsd;
use domain::time::{Clock, Timestamp};
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use domain::virtual_key::{ConsumerKind, KeyState, KeyTerms, Owner, VirtualKey};
use proxy::ports::{KeyRecord, Ledger as _, Level, ReserveRequest, Reserved};
use std::sync::Arc;

pub const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);
/// Tokens that each call is expected to use, and those that it does use.
pub const EXPECTED: u64 = 100;
pub const USED: u64 = 8;

struct Still;
impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

pub fn usd(nano: i64) -> NanoUsd {
    NanoUsd::from_nano(nano)
}

pub fn cap(limit: i64) -> Vec<Cap> {
    vec![Cap { window: Window::Total, limit: usd(limit) }]
}

pub fn ledger(refuses: Refuses) -> Arc<Ledger> {
    Arc::new(fresh_ledger(Spool::that(refuses), Arc::new(Still)))
}

/// A key with these caps, which may have this many calls at once, below an organisation with these limits.
pub fn key(number: u8, caps: Vec<Cap>, concurrency: u32, organisation: &Arc<Limits>) -> Arc<KeyRecord> {
    let person = PersonId::from_random(&[1; 12]);
    let terms = KeyTerms {
        models: vec![],
        endpoints: vec![],
        caps,
        requests_per_minute: 100_000,
        concurrency,
        tokens_per_minute: None,
        quotas: vec![],
        networks: vec![],
        max_output_tokens: None,
    };
    let key = VirtualKey {
        id: KeyId::from_random(&[number; 12]),
        name: String::new(),
        owner: Owner::Person(person),
        created_by: person,
        profile: ProfileId::from_random(&[2; 12]),
        profile_version: None,
        consumer: ConsumerKind::Person,
        application: None,
        environment: String::new(),
        cost_centre: None,
        tags: vec![],
        terms: terms.clone(),
        state: KeyState::Active,
        created_at: NOW,
        expires_at: NOW.plus_days(90),
    };
    let scope = BudgetScope::Organisation;
    let above =
        [Level { scope, name: String::new(), limits: Arc::clone(organisation), guaranteed: Arc::default() }].into();
    let profile = Arc::new(profile());
    Arc::new(KeyRecord {
        key: (&key).into(),
        secrets: Box::default(),
        profile,
        effective: Arc::new(terms),
        if_enforced: None,
        owner_active: true,
        above,
    })
}

fn profile() -> AccessProfile {
    let any =
        |maximum: u32| Term { default: maximum, maximum, developers_may_change: true, above: AboveMaximum::Reject };
    AccessProfile {
        id: ProfileId::from_random(&[2; 12]),
        name: String::new(),
        description: String::new(),
        version: 1,
        terms: ProfileTerms {
            models: vec![],
            endpoints: vec![],
            caps: vec![],
            requests_per_minute: any(u32::MAX),
            concurrency: any(u32::MAX),
            tokens_per_minute: None,
            quotas: vec![],
            prompt_bound: PromptBound::Strict,
            shrink_to_fit: false,
            idle: None,
            watched: domain::call_rule::RuleSet::NONE,
            required: vec![],
            parameters: domain::parameter_rules::ParameterRules::NONE,
            lifetime_days: any(90),
            networks: vec![],
            max_output_tokens: None,
            assumed_output_tokens: 1_000,
            approval: domain::access_profile::Approval::default(),
        },
        audience: Audience::default(),
        consumers: vec![],
        keys_per_person: 5,
        enabled: true,
    }
}

pub fn reserve(ledger: &Ledger, record: &KeyRecord, bound: i64) -> Result<Reserved, Denial> {
    ledger.reserve(&ReserveRequest {
        event: ledger.next_event(),
        record,
        model: "m",
        bound: usd(bound),
        prompt_bound: usd(0),
        output_token_nano: usd(1),
        expected_tokens: EXPECTED,
        now: NOW,
    })
}

pub fn settle(ledger: &Ledger, record: &KeyRecord, reserved: &Reserved, cost: i64) {
    let usage = usage(reserved.event, record.key.id, cost);
    ledger.settle(reserved, usage).expect("the journal takes every end");
}

fn usage(event: EventId, key: KeyId, cost: i64) -> UsageRecord {
    UsageRecord {
        id: event,
        key,
        model: String::new(),
        deployment: None,
        endpoint: None,
        network: String::new(),
        agent: String::new(),
        secret_version: 1,
        status: 200,
        outcome: Outcome::Answered,
        denial: None,
        streamed: false,
        tokens: TokenUsage { input: USED, ..TokenUsage::ZERO },
        cost: usd(cost),
        source: UsageSource::Provider,
        price_version: 1,
        duration_ms: 1,
        first_byte_ms: None,
        charged: vec![],
        attempts: 1,
        repeated: 0,
        watched: domain::call_rule::RuleSet::NONE,
    }
}

/// At this moment no budget above or of this key is exceeded: all its levels are looked at together.
pub fn assert_within(ledger: &Ledger, record: &KeyRecord) {
    for figures in ledger.figures(record, NOW) {
        let sum = figures.spent.plus(figures.reserved);
        assert!(sum <= figures.limit, "{} of {} in {}", sum, figures.limit, figures.scope);
        assert!(figures.reserved >= NanoUsd::ZERO);
    }
}

/// Nothing is in flight: nothing is held, on any level.
pub fn assert_nothing_held(ledger: &Ledger) {
    assert!(ledger.stray_holds().is_empty(), "{:?}", ledger.stray_holds());
    for (line, standing) in ledger.accounts() {
        assert_eq!(standing.held, Consumed::default(), "{line:?}");
    }
}

/// What this level has used.
pub fn used(ledger: &Ledger, scope: BudgetScope) -> Consumed {
    let accounts = ledger.accounts().into_iter().filter(|(line, _)| line.scope == scope);
    accounts.fold(Consumed::default(), |sum, (_, standing)| sum.plus(standing.used))
}
