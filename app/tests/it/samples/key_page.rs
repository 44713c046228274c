//! A key's page: of a key in use, of one that has ended, and the secret that is shown once.

use super::*;

pub(crate) fn key_detail(key: VirtualKey) -> KeyDetail {
    let profile = profile();
    let mut newest = profile.clone();
    newest.version += 1;
    newest.terms.requests_per_minute.maximum = 5;
    newest.terms.quotas = vec![];
    let then = EffectiveTerms { terms: explain(&newest.terms, &key.terms), models_allowed: 2, models_served: 4 };
    let effective = EffectiveTerms { terms: explain(&profile.terms, &key.terms), models_allowed: 3, models_served: 4 };
    KeyDetail {
        owner_name: "Ada Example".to_owned(),
        mine: true,
        created_by_name: "Ada Example".to_owned(),
        standing: key.standing(now(), true),
        status: KeyStatus::OverEighty,
        state_by_name: None,
        secrets: vec![
            SecretFacts { version: 2, created_at: now().plus_ms(-MS_PER_HOUR), valid_until: None, live: true },
            SecretFacts {
                version: 1,
                created_at: now().plus_days(-29),
                valid_until: Some(now().plus_ms(23 * MS_PER_HOUR)),
                live: true,
            },
        ],
        effective,
        effective_then: Some(then),
        follows: Follows::Until { moves: MoveOn::At(now().plus_days(10)), newest: Box::new(newest) },
        figures: vec![
            figures(BudgetScope::Key(key.id), 5_000, 4_328, 62),
            figures(BudgetScope::Person(PersonId::from_random(&[7; 16])), 20_000, 5_200, 0),
            figures(BudgetScope::Team(team()), 100_000, 18_800, 400),
        ],
        quotas: vec![quota_use(BudgetScope::Key(key.id))],
        above: above(),
        last_use: Some(LastUse {
            at: now().plus_ms(-12_000),
            network: "10.4.1.9".to_owned(),
            agent: "claude-code".to_owned(),
        }),
        idle_ends: Some(now().plus_days(6)),
        rotation_due: Some(RotationDue { due_at: now().plus_days(9), asked_by_name: "Grace Hopper".to_owned() }),
        acts: KeyActs {
            rename: true,
            rotate: true,
            end_old_secret: true,
            disable: true,
            enable: false,
            set_expiry: true,
            revoke: true,
        },
        may_ask: true,
        latest_expiry: now().plus_days(151),
        form: "b".repeat(32).parse().unwrap(),
        key,
        profile,
    }
}

pub(crate) fn detail_model() -> detail::Model {
    detail::Model {
        detail: key_detail(virtual_key()),
        usage: usage(),
        calls: CallsPage { calls: calls(), next: Some(calls()[5].id) },
        callers: callers_of_key(),
        older: false,
        history: HistoryPage {
            lines: vec![
                audit_line(
                    1,
                    "key.renamed",
                    Some(json!({ "name": "laptop" })),
                    json!({ "name": "claude-code laptop" }),
                ),
                audit_line(2, "key.minted", None, json!({ "name": "laptop" })),
            ],
            next: None,
        },
        snippets: snippet_facts(),
        may_mint: true,
        may_adjust: true,
        calendar: calendar(),
    }
}

pub(crate) fn revoked() -> detail::Model {
    let (at, by) = (now().plus_ms(-MS_PER_MINUTE), developer().person);
    let key =
        VirtualKey { state: KeyState::Revoked { at, by, reason: RevocationReason::Compromised }, ..virtual_key() };
    let detail = KeyDetail {
        status: KeyStatus::Revoked,
        state_by_name: Some("you".to_owned()),
        acts: KeyActs::default(),
        figures: vec![],
        last_use: None,
        ..key_detail(key)
    };
    let empty = KeyUsage { days: usage().days, by_model: vec![], total: UsageSums::default(), ..usage() };
    detail::Model { detail, usage: empty, calls: CallsPage { calls: vec![], next: None }, ..detail_model() }
}

pub(crate) fn secret_model(occasion: Occasion) -> secret::Model {
    let money = |cents| Amount::Money { amount: dollars(cents), window: Window::Month };
    let rotated = occasion == Occasion::Rotated;
    secret::Model {
        occasion,
        minted: MintedKey {
            key: virtual_key(),
            secret: SecretText::new(SECRET.to_owned()),
            secret_version: if rotated { 2 } else { 1 },
            clamped: if rotated {
                vec![]
            } else {
                vec![Clamped { field: "cap_month", wanted: money(15_000), granted: money(10_000) }]
            },
            old_secret_until: rotated.then(|| now().plus_days(1)),
        },
        snippets: snippet_facts(),
        calendar: calendar(),
    }
}

pub(crate) fn already() -> Already {
    Already { id: key_id(1), name: "claude-code laptop".to_owned(), may_rotate: true, occasion: Occasion::Minted }
}
