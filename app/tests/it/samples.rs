//! Models of the pages for developers, filled as a busy installation would fill them, and the pages made of them.
//!
//! Run the tests with `PAGES` set to a folder and every page is written there, to be looked at.

use crate::page::Page;
use crate::specimen::{administrator, calendar, dollars, framed, specimen};
use app::pages::keys::acts::{self, callers};
use app::pages::keys::mint::form::MintForm;
use app::pages::keys::secret::{Already, Occasion};
use app::pages::keys::{detail, list, mint, secret};
use app::pages::{call, home, models};
use domain::access_profile::{AboveMaximum, AccessProfile, Audience, CapTerm, ProfileTerms, Term};
use domain::audit::{Actor, AuditEntry, AuditRow};
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope, Cap, Window};
use domain::effective_terms::explain;
use domain::id::{EventId, KeyId, ModelId, PersonId, ProfileId, TeamId};
use domain::key_policy::KeyPolicy;
use domain::key_secret::SecretText;
use domain::minting::{Clamped, GrantedTerms};
use domain::model::{Endpoint, ModelName};
use domain::money::{NanoUsd, PicoUsd};
use domain::person::{Caller, Role};
use domain::pricing::{PriceList, TokenPrices};
use domain::profile_rollout::MoveOn;
use domain::refusal::{Amount, Reason, Refusal};
use domain::rotation::OldSecret;
use domain::time::{MS_PER_HOUR, MS_PER_MINUTE, Timestamp};
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use domain::virtual_key::{ConsumerKind, KeyStanding, KeyState, KeyTerms, Owner, RevocationReason, VirtualKey};
use portal::administration::profile_rollouts::Follows;
use portal::keys::*;
use portal::models::ModelRow;
use portal::snippets::SnippetFacts;
use serde_json::json;

mod asking;
mod catalogue;
mod gallery;
mod levels;
mod notes;
mod playing;
pub(crate) mod reviewing;
mod selected;
mod sizing;
mod spend;
mod traffic;

pub(crate) use asking::answers;
pub(crate) use catalogue::model_rows;
pub(crate) use gallery::pages;
pub(crate) use levels::figures;
use levels::{above, handover, quota_use, team_page};
pub(crate) use spend::{keep_view, narrowed_usage, no_usage, usage_in_euros, usage_model, usage_without_a_rate};
use traffic::{audit_line, callers_of_key, rotation, usage};
pub(crate) use traffic::{calls, refused_call};

pub(crate) const SECRET: &str = "kwr_8Fq2mZ4tLr0a_Vq7sDk29QhYp3XcN5bTzR1uWfJ6eGoA4iLxH8vMy0Kd1sPq9ZaaA1b";

pub(crate) fn developer() -> Caller {
    Caller { roles: vec![Role::Developer], ..administrator() }
}

pub(crate) fn now() -> Timestamp {
    calendar().now
}

pub(crate) fn key_id(seed: u8) -> KeyId {
    KeyId::from_random(&[seed, 40, 80, 120, 160, 200, 33, 77, 99, 12, 5, seed])
}

pub(crate) fn team() -> TeamId {
    TeamId::from_random(&[9; 12])
}

fn term<T: Copy>(default: T, maximum: T) -> Term<T> {
    Term { default, maximum, developers_may_change: true, above: AboveMaximum::Reject }
}

pub(crate) fn profile() -> AccessProfile {
    AccessProfile {
        id: ProfileId::from_random(&[3; 12]),
        name: "Standard developer".to_owned(),
        description: "For daily work.".to_owned(),
        version: 7,
        terms: ProfileTerms {
            models: vec!["demo-*".parse().unwrap()],
            endpoints: Endpoint::ALL.to_vec(),
            caps: vec![CapTerm { window: Window::Month, amount: term(dollars(5_000), dollars(10_000)) }],
            requests_per_minute: term(60, 120),
            concurrency: Term { developers_may_change: false, ..term(8, 8) },
            tokens_per_minute: None,
            quotas: vec![],
            prompt_bound: domain::access_profile::PromptBound::Strict,
            shrink_to_fit: false,
            idle: None,
            watched: domain::call_rule::RuleSet::NONE,
            required: vec![],
            parameters: domain::parameter_rules::ParameterRules::NONE,
            lifetime_days: term(90, 180),
            networks: vec![],
            max_output_tokens: Some(32_000),
            assumed_output_tokens: 4_096,
            approval: domain::access_profile::Approval::default(),
        },
        audience: Audience { roles: vec![Role::Developer], ..Audience::default() },
        consumers: ConsumerKind::ALL.to_vec(),
        keys_per_person: 5,
        enabled: true,
    }
}

/// Tighter in everything, and with another window.
pub(crate) fn explore() -> AccessProfile {
    let standard = profile();
    AccessProfile {
        id: ProfileId::from_random(&[4; 12]),
        name: "Explore".to_owned(),
        version: 2,
        terms: ProfileTerms {
            models: vec!["demo-small".parse().unwrap()],
            caps: vec![CapTerm { window: Window::Day, amount: term(dollars(100), dollars(200)) }],
            requests_per_minute: term(10, 20),
            lifetime_days: term(7, 14),
            ..standard.terms
        },
        ..standard
    }
}

fn cost_centre(code: &str, name: &str) -> domain::cost_centre::CentreEntry {
    let (code, name) = (code.to_owned(), name.to_owned());
    domain::cost_centre::CentreEntry { code, name, contact: None, valid_from: None, valid_until: None }
}

pub(crate) fn mint_options() -> MintOptions {
    let name = |text: &str| (ModelId::from_random(text.as_bytes()), text.parse::<ModelName>().unwrap());
    let choice = |profile, models_allowed| ProfileChoice { profile, models_allowed, models_served: 3, keys_held: 2 };
    MintOptions {
        form: "a".repeat(32).parse().unwrap(),
        profiles: vec![choice(profile(), 3), choice(explore(), 1)],
        teams: vec![TeamChoice { id: team(), name: "Billing".to_owned() }],
        policy: None,
        environments: ["dev", "staging", "prod"].map(str::to_owned).to_vec(),
        cost_centres: vec![cost_centre("4711", "Research"), cost_centre("4712", "Sales")],
        usual_cost_centre: Some(cost_centre("4711", "Research")),
        models: vec![name("demo-large"), name("demo-small"), name("demo-embedding")],
        may_mint: true,
    }
}

pub(crate) fn minted_form() -> MintForm {
    let mut form =
        MintForm { name: "claude-code laptop".to_owned(), consumer: "agent".to_owned(), ..MintForm::default() };
    form.environment = "dev".to_owned();
    form.fill_in(&profile());
    form
}

pub(crate) fn virtual_key() -> VirtualKey {
    let person = developer().person;
    VirtualKey {
        id: key_id(1),
        name: "claude-code laptop".to_owned(),
        owner: Owner::Person(person),
        created_by: person,
        profile: profile().id,
        profile_version: None,
        consumer: ConsumerKind::Agent,
        application: None,
        environment: "dev".to_owned(),
        cost_centre: Some("4711".to_owned()),
        tags: vec!["laptop".to_owned()],
        terms: KeyTerms {
            models: vec!["demo-*".parse().unwrap()],
            endpoints: Endpoint::ALL.to_vec(),
            caps: vec![Cap { window: Window::Month, limit: dollars(5_000) }],
            requests_per_minute: 200,
            concurrency: 8,
            tokens_per_minute: None,
            quotas: vec![],
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            max_output_tokens: None,
        },
        state: KeyState::Active,
        created_at: now().plus_days(-29),
        expires_at: now().plus_days(61),
    }
}

pub(crate) fn rows() -> Vec<KeyRow> {
    let row = |seed, name: &str, status, budget: BudgetFigures, used: Option<i64>| KeyRow {
        id: key_id(seed),
        name: name.to_owned(),
        owner: Owner::Person(developer().person),
        owner_name: "Ada Example".to_owned(),
        mine: true,
        consumer: ConsumerKind::Agent,
        application: (seed == 3).then(|| "invoices".to_owned()),
        environment: if seed == 3 { "prod" } else { "dev" }.to_owned(),
        profile: profile().id,
        profile_name: profile().name,
        standing: KeyStanding::Usable,
        status,
        budget_of: (seed == 4).then(|| "Example Ltd".to_owned()),
        budget: Some(budget),
        last_use: used.map(|minutes| LastUse {
            at: now().plus_ms(-minutes * MS_PER_MINUTE),
            network: "10.4.1.9".to_owned(),
            agent: "claude-code".to_owned(),
        }),
        created_at: now().plus_days(-40),
        expires_at: now().plus_days(i64::from(seed) * 5),
        spent: (seed == 4).then(|| dollars(321)),
        teams: vec!["Billing".to_owned()],
        rotation_due: (seed == 1)
            .then(|| RotationDue { due_at: now().plus_days(9), asked_by_name: "Grace Hopper".to_owned() }),
        idle_ends: (seed == 1).then(|| now().plus_days(6)),
        changeable: seed != 5,
    };
    let own = |seed| BudgetScope::Key(key_id(seed));
    vec![
        row(2, "nightly-evaluation", KeyStatus::StoppedBudget, figures(own(2), 1_000, 1_000, 0), Some(900)),
        row(3, "invoice-parser", KeyStatus::OverEighty, figures(own(3), 20_000, 17_210, 400), Some(1)),
        row(4, "prototype", KeyStatus::Active, figures(BudgetScope::Organisation, 10_000, 3, 0), Some(45 * 24 * 60)),
        row(1, "claude-code laptop", KeyStatus::Active, figures(own(1), 5_000, 1_184, 62), Some(3)),
        row(5, "never-used", KeyStatus::Active, figures(own(5), 5_000, 0, 0), None),
    ]
}

fn counts() -> ViewCounts {
    ViewCounts {
        live: 1_204,
        attention: 3,
        over_eighty: 1,
        expiring_soon: 0,
        unused: 2,
        ended: 12,
        ..ViewCounts::default()
    }
}

pub(crate) fn keys_page() -> KeysPage {
    KeysPage {
        rows: rows(),
        next: Some("cursor/+=".to_owned()),
        total: 1_204,
        counts: counts(),
        environments: vec!["dev".to_owned(), "prod".to_owned()],
        teams: vec![TeamChoice { id: team(), name: "Billing".to_owned() }],
        sees_others: true,
        of_everyone: true,
    }
}

pub(crate) fn list_model() -> list::Model {
    list::Model {
        asked: list::Asked { q: Some("in voice".to_owned()), ..list::Asked::default() },
        owner: OwnerFilter::All,
        page: keys_page(),
        may_mint: true,
        sees_all: true,
        calendar: calendar(),
    }
}

pub(crate) fn home_model() -> home::Model {
    let rows = rows();
    home::Model {
        home: Home {
            attention: rows[..3].to_vec(),
            keys: rows[3..].to_vec(),
            counts: counts(),
            first_steps: FirstSteps { may_mint: true, models_served: true, has_key: true, has_called: true },
        },
        answers: answers(),
        to_decide: 3,
        to_review: Some(reviewing::waiting(false)),
        name: "Ada Example".to_owned(),
        may_manage: true,
        oversees: false,
        administers: false,
        led: vec![(team(), "Billing".to_owned())],
        calendar: calendar(),
    }
}

pub(crate) fn newcomer() -> home::Model {
    let first_steps = FirstSteps { may_mint: true, models_served: true, has_key: false, has_called: false };
    let home = Home { attention: vec![], keys: vec![], counts: ViewCounts::default(), first_steps };
    home::Model { home, answers: vec![], to_decide: 0, to_review: None, ..home_model() }
}

pub(crate) fn snippet_facts() -> SnippetFacts {
    let name = |text: &str| Some(text.parse::<ModelName>().unwrap());
    SnippetFacts {
        openai_base_url: "https://llm.example.com/v1".to_owned(),
        anthropic_base_url: "https://llm.example.com".to_owned(),
        chat_model: name("demo-large"),
        responses_model: name("demo-large"),
        responses_model_searches: false,
        messages_model: name("demo-large"),
        small_messages_model: name("demo-small"),
        embeddings_model: name("demo-embedding"),
    }
}

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
    let empty = KeyUsage { days: usage().days, by_model: vec![], total: UsageSums::default() };
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

/// The same form where there is a key policy to read.
pub(crate) fn mint_model_with_policy(verdict: Option<MintVerdict>) -> mint::view::Model {
    let text = "Do not share keys.\n\nRevoke what leaked.\nAt once.".to_owned();
    let mut model = mint_model(verdict);
    model.options.policy = Some(KeyPolicy { version: 3, text });
    model
}

pub(crate) fn mint_model(verdict: Option<MintVerdict>) -> mint::view::Model {
    mint::view::Model { options: mint_options(), form: minted_form(), verdict, asking: None, calendar: calendar() }
}

pub(crate) fn granted() -> MintVerdict {
    MintVerdict::Granted(GrantedTerms {
        name: "claude-code laptop".to_owned(),
        application: None,
        cost_centre: None,
        tags: vec![],
        terms: virtual_key().terms,
        lifetime_days: 90,
        expires_at: now().plus_days(90),
        clamped: vec![],
        above: vec![],
        more: domain::grant::More::default(),
    })
}

pub(crate) fn refused() -> MintVerdict {
    let money = |cents| Amount::Money { amount: dollars(cents), window: Window::Month };
    MintVerdict::Refused(vec![
        Refusal::new("name", Reason::KeyNameTaken { key: Some(key_id(4)) }),
        Refusal::new("cap_month", Reason::AboveMaximum { wanted: money(15_000), maximum: money(10_000) }),
        Refusal::new("concurrency", Reason::Fixed { value: Amount::AtOnce(8) }),
        Refusal::new("networks", Reason::Malformed),
    ])
}

pub(crate) fn revoke_model() -> acts::revoke::Model {
    acts::revoke::Model {
        key: virtual_key(),
        last_use: None,
        callers: callers(calls().iter()),
        reason: RevocationReason::NoLongerNeeded,
        refusals: vec![],
        calendar: calendar(),
    }
}
