//! Every administration page once, as administrators and as auditors see it.

use app::chrome::{Assets, Place};
use app::format::Calendar;
use app::html;
use app::pages::admin::guardrails::editor::Choices;
use app::pages::admin::guardrails::entered::Entered;
use app::pages::admin::models::editor::{ModelForm, Row};
use app::pages::admin::{Happened, audit, guardrails, models, overview, people, providers, teams};
use app::pages::confirm;
use app::pages::form::Reasons;
use app::visit::Frame;
use domain::access_profile::{AboveMaximum, AccessProfile, Audience, CapTerm, ProfileTerms, Term};
use domain::audit::{Actor, AuditEntry, AuditRow, Broken, GENESIS};
use domain::budget::Window;
use domain::id::{CredentialId, DeploymentId, ModelId, PersonId, ProfileId, ProviderId, TeamId};
use domain::model::{Endpoint, Model, WireFormat};
use domain::money::{NanoUsd, PicoUsd};
use domain::person::{Caller, Membership, Role};
use domain::pricing::{PriceList, Tier, TokenPrices};
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use domain::virtual_key::ConsumerKind;
use jiff::tz::TimeZone;
use leptos::prelude::*;
use portal::FormId;
use portal::administration::audit::{AuditPage, AuditVerdict};
use portal::administration::catalogue::CatalogueCandidate;
use portal::administration::models::{AdminModel, AdminModelDetail, DeploymentRow, PriceRow};
use portal::administration::overview::Overview;
use portal::administration::people::{PeoplePage, PersonDetail, PersonRow};
use portal::administration::profiles::{ProfileDetail, ProfileDraft, ProfileRow};
use portal::administration::providers::{CredentialFacts, ProviderDeployment, ProviderDetail, ProviderRow};
use portal::administration::teams::{TeamDetail, TeamMember, TeamRow};
use portal::keys::AuditLine;
use portal::presets::preset;
use serde_json::json;
use std::sync::Arc;

pub(crate) struct Sample {
    pub(crate) name: &'static str,
    /// The same page is drawn for auditors too, who may not change anything.
    pub(crate) auditor: bool,
    pub(crate) html: String,
}

pub(crate) fn calendar() -> Calendar {
    let now = "2026-11-20T13:31:07.412Z".parse::<jiff::Timestamp>().unwrap();
    Calendar { now: Timestamp::from_ms(now.as_millisecond()), zone: TimeZone::get("Europe/Berlin").unwrap() }
}

fn ago(days: i64) -> Timestamp {
    calendar().now.plus_days(-days)
}

fn caller(role: Role) -> Caller {
    Caller {
        person: PersonId::from_random(&[7; 16]),
        name: "Ada Example".to_owned(),
        email: "ada@example.com".to_owned(),
        roles: vec![Role::Developer, role],
        memberships: Vec::new(),
        groups: Vec::new(),
        address: "127.0.0.1".to_owned(),
    }
}

pub(crate) fn frame() -> Frame {
    Frame {
        assets: Arc::new(Assets {
            css: "/assets/keywright.css".to_owned(),
            js: "/assets/keywright.mjs".to_owned(),
            icon: "/assets/icon.svg".to_owned(),
        }),
        banner: None,
        calendar: calendar(),
        version: "0.1.0".to_owned(),
    }
}

/// Draws the pages one after the other.
struct Drawing {
    role: Role,
    pages: Vec<Sample>,
}

impl Drawing {
    fn draw<V: IntoView + 'static>(&mut self, name: &'static str, place: Place, body: impl FnOnce() -> V) {
        let caller = caller(self.role);
        let html = html::document(&frame().chrome(Some(&caller), place), name, body);
        self.pages.push(Sample { name, auditor: self.role == Role::Auditor, html });
    }
}

/// Pages that both see, and the ones that only administrators reach.
pub(crate) fn pages() -> Vec<Sample> {
    let mut drawing = Drawing { role: Role::Auditor, pages: Vec::new() };
    draw_shared(&mut drawing, false);
    drawing.role = Role::Administrator;
    draw_shared(&mut drawing, true);
    draw_forms(&mut drawing);
    drawing.pages
}

fn draw_shared(drawing: &mut Drawing, may_change: bool) {
    let calendar = calendar();
    drawing
        .draw("overview", Place::Overview, || overview::view(overview::Model { overview: overview_of(9), may_change }));
    drawing.draw("overview-empty", Place::Overview, || {
        overview::view(overview::Model { overview: overview_of(0), may_change })
    });
    drawing.draw("providers", Place::Providers, || {
        let providers = vec![provider(1, true, 41), provider(2, true, 212), provider(3, false, 3)];
        providers::list::view(&calendar, providers::list::Model { providers, may_change })
    });
    drawing.draw("providers-empty", Place::Providers, || {
        providers::list::view(&calendar, providers::list::Model { providers: vec![], may_change })
    });
    drawing.draw("provider", Place::Providers, || {
        let happened = Some(Happened::well("The provider was reached and accepted the credential."));
        providers::show::view(&calendar, providers::show::Model { detail: provider_detail(), may_change, happened })
    });
    drawing.draw("models", Place::Catalogue, || {
        let models = vec![admin_model("claude-sonnet-5", true), admin_model("house-model", false)];
        models::list::view(models::list::Model { models, query: models::list::Query::default(), may_change })
    });
    drawing
        .draw("model", Place::Catalogue, || models::show::view(&calendar, model_page(Reasons::default(), may_change)));
    drawing.draw("guardrails", Place::Guardrails, || {
        guardrails::list::view(guardrails::list::Model { profiles: vec![profile_row()], may_change })
    });
    drawing.draw("guardrail", Place::Guardrails, || {
        guardrails::show::view(guardrail_page(may_change, None, Reasons::default()))
    });
    drawing.draw("people", Place::People, || {
        let rows = vec![person(1, true), person(2, false)];
        let page = PeoplePage { rows, next: Some("cursor&1".to_owned()) };
        people::list::view(&calendar, people::list::Query::default(), page)
    });
    drawing.draw("person", Place::People, || {
        people::show::view(&calendar, people::show::Model { detail: person_detail(), may_change, happened: None })
    });
    drawing.draw("teams", Place::Teams, || {
        teams::list::view(&calendar, teams::list::Model { teams: vec![team(1, true), team(2, false)], may_change })
    });
    drawing.draw("team", Place::Teams, || {
        teams::show::view(&calendar, teams::show::Model { detail: team_detail(), may_change, happened: None })
    });
    drawing.draw("audit", Place::Audit, || {
        let page = AuditPage { lines: audit_lines(), next: Some(17) };
        audit::list::view(&calendar, audit::list::Query::default(), page)
    });
    drawing.draw("audit-verify", Place::Audit, || {
        let verdict = AuditVerdict { entries: 1_204, last_hash: [0xab; 32], broken: None, checked_at: calendar.now };
        audit::verify::view(&calendar, &verdict)
    });
    drawing.draw("audit-broken", Place::Audit, || {
        let broken = Some(Broken::Content(17));
        let verdict = AuditVerdict { entries: 16, last_hash: [0xab; 32], broken, checked_at: calendar.now };
        audit::verify::view(&calendar, &verdict)
    });
}

fn draw_forms(drawing: &mut Drawing) {
    drawing.draw("provider-new", Place::Providers, || providers::new::view(new_provider(Reasons::default())));
    drawing.draw("provider-new-refused", Place::Providers, || providers::new::view(new_provider(refused())));
    drawing.draw("provider-change", Place::Providers, || {
        let provider = provider(1, true, 41);
        let (name, base_url) = (provider.name.clone(), provider.base_url.clone());
        let reasons = Reasons::from(vec![Refusal::new("credential", Reason::CredentialNeeded)]);
        providers::change::view(providers::change::Model {
            provider: provider.id,
            current: provider.name,
            name,
            base_url,
            reasons,
        })
    });
    drawing.draw("provider-credential", Place::Providers, || {
        providers::credential::view(providers::credential::Model {
            provider: provider(2, true, 212),
            reasons: Reasons::default(),
        })
    });
    drawing.draw("provider-switch", Place::Providers, || {
        confirm::view(providers::switch::confirmation(&provider_detail()))
    });
    drawing.draw("provider-models", Place::Providers, || {
        let candidates = vec![
            candidate("claude-sonnet-5", true, true),
            candidate("claude-opus-5", false, true),
            candidate("experimental", false, false),
        ];
        providers::models::view(providers::models::Model {
            provider: provider_id(1),
            name: "Messages EU".to_owned(),
            candidates,
            nothing_ticked: true,
        })
    });
    drawing.draw("model-refused", Place::Catalogue, || {
        let mut reasons = Reasons::default();
        reasons.add("deployments", "Row 1: the order is a whole number such as 1.");
        reasons.add("price_input", "A price is an amount of dollars such as 3.00; a free model costs 0.");
        models::show::view(&calendar(), model_page(reasons, true))
    });
    drawing.draw("model-new", Place::Catalogue, || {
        let entered = ModelForm::default().with_rows(std::iter::once(Row::new_at(provider_id(1).to_string())));
        models::new::view(models::new::Model {
            form: form_id(),
            entered,
            providers: vec![provider(1, true, 41)],
            reasons: refused(),
        })
    });
    drawing.draw("guardrail-stale", Place::Guardrails, || {
        let mut reasons = Reasons::default();
        reasons.add("cap_month", "Budget a month: default and maximum are amounts of dollars such as 50.00.");
        reasons.add("models", "Models: *x is neither the name of a model nor the beginning of one with a star.");
        guardrails::show::view(guardrail_page(true, Some((7, 8)), reasons))
    });
    drawing.draw("guardrail-new", Place::Guardrails, || {
        let row = profile_row();
        let entered = Entered { version: None, ..entered(&row.profile) };
        let choices = Choices { teams: vec![(team_id(1), "Billing".to_owned())], models: vec![] };
        guardrails::new::view(guardrails::new::Model { form: form_id(), choices, entered, reasons: Reasons::default() })
    });
    drawing.draw("person-suspend", Place::People, || confirm::view(people::suspend::confirmation(&person_detail())));
    drawing.draw("person-administrator", Place::People, || {
        confirm::view(people::administrator::confirmation(&person_detail()))
    });
    drawing.draw("team-new", Place::Teams, || {
        teams::new::view(teams::new::Model {
            form: form_id(),
            name: "Billing".to_owned(),
            reasons: Reasons::from(vec![Refusal::new("name", Reason::NameTaken)]),
        })
    });
    drawing.draw("team-add", Place::Teams, || {
        let people = PeoplePage { rows: vec![person(1, true), person(3, true)], next: None };
        teams::add::view(teams::add::Model { team: team_detail(), people, query: teams::add::Query::default() })
    });
    drawing.draw("team-remove", Place::Teams, || {
        confirm::view(teams::members::removal(&team_detail(), person(1, true).id).unwrap())
    });
}

fn form_id() -> FormId {
    "a".repeat(32).parse().unwrap()
}

fn refused() -> Reasons {
    Reasons::from(vec![Refusal::new("name", Reason::Missing), Refusal::new("credential", Reason::Missing)])
}

fn provider_id(seed: u8) -> ProviderId {
    ProviderId::from_random(&[seed; 12])
}

fn team_id(seed: u8) -> TeamId {
    TeamId::from_random(&[seed; 12])
}

fn overview_of(models: usize) -> Overview {
    let some = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).take(models).collect();
    Overview {
        people: 640,
        live_keys: 812,
        providers: usize::from(models > 0) * 2,
        models,
        profiles: 3,
        teams: 14,
        unpriced: some(&["house-model"]),
        unreachable: some(&["rare-1", "rare-2"]),
        old_credentials: if models > 0 { vec!["Chat West".to_owned()] } else { vec![] },
    }
}

fn provider(seed: u8, enabled: bool, days: i64) -> ProviderRow {
    let name = ["Messages EU", "Chat West", "Our own"][usize::from(seed) - 1];
    ProviderRow {
        id: provider_id(seed),
        name: name.to_owned(),
        preset: "anthropic".to_owned(),
        format: WireFormat::Anthropic,
        base_url: "https://api.anthropic.com/v1".to_owned(),
        enabled,
        created_at: ago(days),
        credential: (seed != 3).then(|| CredentialFacts {
            id: CredentialId::from_random(&[seed; 12]),
            version: 1,
            last_four: "9PdE".to_owned(),
            fingerprint: "3f·a1·7c".to_owned(),
            created_at: ago(days),
            created_by: Some(caller(Role::Administrator).person),
            created_by_name: Some("Ada Example".to_owned()),
        }),
        models: 14,
    }
}

fn provider_detail() -> ProviderDetail {
    let deployment = |seed: u8, name: &str, only_one| ProviderDeployment {
        model: ModelId::from_random(&[seed; 12]),
        model_name: name.parse().unwrap(),
        model_enabled: true,
        deployment: DeploymentId::from_random(&[seed; 12]),
        upstream_model: format!("{name}-2026"),
        weight: 80,
        priority: 1,
        only_one,
    };
    ProviderDetail {
        provider: provider(2, true, 212),
        deployments: vec![deployment(1, "claude-sonnet-5", false), deployment(2, "claude-opus-5", true)],
        dependent_keys: 212,
    }
}

fn new_provider(reasons: Reasons) -> providers::new::Model {
    let preset = preset("openai-compatible").unwrap();
    let base_url = "https://llm.example.com/v1".to_owned();
    providers::new::Model { form: form_id(), preset, name: "Our own".to_owned(), base_url, reasons }
}

fn price() -> PriceList {
    let pico = PicoUsd::from_pico;
    let tokens = TokenPrices {
        input: pico(3_000_000),
        output: pico(15_000_000),
        cache_read: Some(pico(300_000)),
        cache_write: Some(pico(3_750_000)),
        cache_write_1h: None,
    };
    PriceList { tokens, tiers: vec![Tier { above_input_tokens: 200_000, prices: tokens }], request: PicoUsd::default() }
}

fn candidate(name: &str, added: bool, priced: bool) -> CatalogueCandidate {
    CatalogueCandidate {
        name: name.parse().unwrap(),
        upstream_model: name.to_owned(),
        price: priced.then(price),
        max_input_tokens: Some(200_000),
        max_output_tokens: Some(64_000),
        capabilities: vec!["tools".to_owned(), "vision".to_owned(), "prompt_caching".to_owned()],
        endpoints: vec![Endpoint::Messages],
        sunset: (!priced).then(|| "2027-03-01".to_owned()),
        added,
    }
}

fn admin_model(name: &str, priced: bool) -> AdminModel {
    let deployment = DeploymentRow {
        id: DeploymentId::from_random(&[1; 12]),
        provider: provider_id(1),
        provider_name: "Messages EU".to_owned(),
        provider_enabled: priced,
        upstream_model: format!("{name}-2026"),
        weight: 80,
        priority: 1,
    };
    AdminModel {
        model: Model {
            id: ModelId::from_random(&[u8::from(priced); 12]),
            name: name.parse().unwrap(),
            price: priced.then(price),
            price_version: 2,
            max_input_tokens: Some(200_000),
            max_output_tokens: Some(64_000),
            capabilities: vec!["tools".to_owned(), "prompt_caching".to_owned()],
            sunset: Some("2027-03-01".to_owned()),
            endpoints: vec![Endpoint::Messages, Endpoint::CountTokens],
            deployments: Vec::new(),
            enabled: true,
        },
        deployments: vec![deployment],
        profiles: vec!["Standard developer".to_owned()],
    }
}

fn model_page(reasons: Reasons, may_change: bool) -> models::show::Model {
    let model = admin_model("claude-sonnet-5", true);
    let entered = ModelForm::of(&model);
    let prices = vec![
        PriceRow {
            version: 2,
            price: Some(price()),
            effective_from: ago(20),
            set_by_name: Some("Ada Example".to_owned()),
        },
        PriceRow { version: 1, price: None, effective_from: ago(90), set_by_name: None },
    ];
    let catalogue_price = Some(PriceList { tiers: vec![], ..price() });
    let detail = AdminModelDetail { model, prices, catalogue_price };
    let providers = vec![provider(1, true, 41), provider(3, false, 3)];
    models::show::Model { detail, entered, providers, reasons, happened: None, may_change }
}

fn profile_row() -> ProfileRow {
    let term = |default, maximum| Term { default, maximum, developers_may_change: true, above: AboveMaximum::Reject };
    let money = NanoUsd::from_dollars;
    let amount =
        Term { default: money(50), maximum: money(100), developers_may_change: true, above: AboveMaximum::Clamp };
    let terms = ProfileTerms {
        models: vec!["claude-*".parse().unwrap(), "gpt-*".parse().unwrap()],
        endpoints: Endpoint::ALL.to_vec(),
        caps: vec![CapTerm { window: Window::Month, amount }],
        requests_per_minute: term(60, 120),
        concurrency: term(8, 16),
        lifetime_days: term(90, 180),
        networks: vec!["10.0.0.0/8".parse().unwrap()],
        max_output_tokens: None,
        assumed_output_tokens: 4_096,
    };
    let audience =
        Audience { roles: vec![Role::Developer], teams: vec![team_id(1)], groups: vec!["llm-users".to_owned()] };
    let profile = AccessProfile {
        id: ProfileId::from_random(&[1; 12]),
        name: "Standard developer".to_owned(),
        description: "For everyday work with coding agents and small services.".to_owned(),
        version: 7,
        terms,
        audience,
        consumers: vec![ConsumerKind::Person, ConsumerKind::Agent],
        keys_per_person: 5,
        enabled: true,
    };
    ProfileRow { profile, live_keys: 812, models_allowed: 14, models_served: 38 }
}

fn entered(profile: &AccessProfile) -> Entered {
    let AccessProfile { name, description, version, terms, audience, consumers, keys_per_person, enabled, .. } =
        profile.clone();
    let draft = ProfileDraft { name, description, terms, audience, consumers, keys_per_person, enabled };
    Entered { version: Some(version), ..Entered::of(&draft) }
}

fn guardrail_page(may_change: bool, stale: Option<(i64, i64)>, reasons: Reasons) -> guardrails::show::Model {
    let row = profile_row();
    let entered = entered(&row.profile);
    let models = ["claude-opus-5", "claude-sonnet-5", "house-model"].map(str::to_owned).to_vec();
    let teams = vec![(team_id(1), "Billing".to_owned()), (team_id(2), "Search".to_owned())];
    let detail = ProfileDetail { row, teams, models };
    guardrails::show::Model { detail, entered, reasons, happened: None, stale, may_change }
}

fn person(seed: u8, active: bool) -> PersonRow {
    let name = ["Lena Lead", "Sam Suspended", "Devi Developer"][usize::from(seed) - 1];
    PersonRow {
        id: PersonId::from_random(&[seed; 12]),
        name: name.to_owned(),
        email: format!("person{seed}@example.com"),
        issuer: "https://login.example.com".to_owned(),
        roles: vec![Role::Developer, Role::Administrator],
        granted_roles: vec![Role::Administrator],
        active,
        created_at: ago(300),
        last_sign_in_at: active.then(|| ago(1)),
    }
}

fn team(seed: u8, led: bool) -> TeamRow {
    let name = ["Billing", "Search"][usize::from(seed) - 1];
    let leads = if led { vec!["Lena Lead".to_owned()] } else { vec![] };
    TeamRow { id: team_id(seed), name: name.to_owned(), members: 12, leads, created_at: ago(200) }
}

fn team_detail() -> TeamDetail {
    let member = |seed: u8, lead| {
        let PersonRow { id, name, email, active, .. } = person(seed, seed != 2);
        TeamMember { person: id, name, email, active, lead }
    };
    TeamDetail { team: team(1, true), members: vec![member(1, true), member(2, false)], live_keys: 31 }
}

fn person_detail() -> PersonDetail {
    PersonDetail {
        person: person(1, true),
        groups: vec!["llm-users".to_owned()],
        memberships: vec![Membership { team: team_id(1), team_name: "Billing".to_owned(), lead: true }],
        live_keys: 4,
        teams: vec![team(2, false)],
        oneself: false,
    }
}

fn audit_lines() -> Vec<AuditLine> {
    let line = |seq, action: &str, name: &str, before, after| AuditLine {
        row: AuditRow {
            seq,
            entry: AuditEntry {
                at: ago(seq),
                actor: Actor::Person(person(1, true).id),
                address: Some("10.4.1.9".to_owned()),
                action: action.to_owned(),
                object_kind: "profile".to_owned(),
                object: "prof_111111111111".to_owned(),
                object_name: name.to_owned(),
                before,
                after,
            },
            previous: GENESIS,
            hash: GENESIS,
        },
        actor_name: "Lena Lead".to_owned(),
    };
    let terms =
        |maximum: i64| json!({ "terms": { "caps": [{ "window": "month", "amount": { "maximum": maximum } }] } });
    vec![
        line(3, "profile.changed", "Standard developer", Some(terms(50_000_000_000)), Some(terms(100_000_000_000))),
        line(
            2,
            "key.minted",
            "<script>alert(1)</script>",
            None,
            Some(json!({ "expires_at": 1_800_000_000_000_i64, "environment": "dev" })),
        ),
        line(
            1,
            "credential.replaced",
            "Chat West",
            Some(json!({ "last_four": "x7Qa" })),
            Some(json!({ "last_four": "9PdE" })),
        ),
    ]
}
