//! Every administration page once, as administrators and as auditors see it.

use super::guardrail_things::*;
use super::identity::{directory, removal, rule_form, sessions, setup, tested};
use super::levels::*;
use super::provider_things::*;
use super::things::*;
use crate::specimen::around;
use app::chrome::{Assets, Place};
use app::format::Calendar;
use app::html;
use app::pages::admin::guardrails::editor::Choices;
use app::pages::admin::guardrails::entered::Entered;
use app::pages::admin::models::editor::{ModelForm, Row};
use app::pages::admin::{
    Happened, applications, audit, budgets, by_name, calls, environments, guardrails, key_policy, models, overview,
    people, providers, sign_in, teams, units,
};
use app::pages::form::Reasons;
use app::pages::{account, confirm};
use app::visit::Frame;
use domain::audit::Broken;
use domain::directory_claims::GroupsTold;
use domain::id::{PersonId, RuleId};
use domain::money::NanoUsd;
use domain::order::Order;
use domain::person::{Caller, Role};
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use jiff::tz::TimeZone;
use leptos::prelude::*;
use portal::administration::audit::{AuditPage, AuditVerdict};
use portal::administration::people::PeoplePage;
use portal::administration::profile_templates::Template;
use std::collections::HashMap;
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

pub(super) fn ago(days: i64) -> Timestamp {
    calendar().now.plus_days(-days)
}

pub(super) fn caller(role: Role) -> Caller {
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

fn overview_model(models: usize, may_change: bool) -> overview::Model {
    overview::Model { overview: overview_of(models), standing: standing_of(models), may_change, calendar: calendar() }
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
        around: around(),
    }
}

/// Draws the pages one after the other.
pub(super) struct Drawing {
    role: Role,
    pages: Vec<Sample>,
}

impl Drawing {
    pub(super) fn draw<V: IntoView + 'static>(&mut self, name: &'static str, place: Place, body: impl FnOnce() -> V) {
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
    drawing.draw("overview", Place::Overview, || overview::view(overview_model(9, may_change)));
    drawing.draw("overview-empty", Place::Overview, || overview::view(overview_model(0, may_change)));
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
        let row = profile_row();
        let spent = may_change.then(|| HashMap::from([(row.profile.id, NanoUsd::from_dollars(18_204))]));
        guardrails::list::view(guardrails::list::Model { profiles: vec![row], spent, may_change })
    });
    drawing.draw("guardrail", Place::Guardrails, || {
        guardrails::show::view(guardrail_page(may_change, None, Reasons::default()))
    });
    drawing.draw("guardrail-versions", Place::Guardrails, || {
        guardrails::versions::view(&calendar, versions(), may_change)
    });
    drawing.draw("guardrail-watched-rule", Place::Guardrails, || {
        guardrails::watched_rule::view(&calendar, watched_rule(), may_change)
    });
    drawing.draw("guardrail-compare", Place::Guardrails, || {
        let model = guardrails::compare::Model { comparison: comparison(), may_change };
        guardrails::compare::view(&calendar, model)
    });
    drawing.draw("key-policy", Place::Guardrails, || key_policy::view(&calendar, policy_page(may_change)));
    drawing.draw("environments", Place::Guardrails, || {
        let model =
            environments::list::Model { environments: environments_of(), choices: environment_choices(), may_change };
        environments::list::view(model)
    });
    drawing.draw("environment", Place::Guardrails, || environments::show::view(environment_page(may_change)));
    for view in [budgets::list::View::All, budgets::list::View::Units] {
        let name = if view == budgets::list::View::All { "budgets" } else { "budgets-units" };
        drawing.draw(name, Place::Budgets, || {
            budgets::list::view(
                &calendar,
                budgets::list::Model { levels: levels(), current: view, order: None, may_change },
            )
        });
    }
    drawing.draw("budgets-empty", Place::Budgets, || {
        let current = budgets::list::View::People;
        budgets::list::view(&calendar, budgets::list::Model { levels: vec![], current, order: None, may_change })
    });
    drawing.draw("budget", Place::Budgets, || budgets::show::view(&calendar, budget_page(0, may_change)));
    drawing.draw("budget-none", Place::Budgets, || budgets::show::view(&calendar, budget_page(3, may_change)));
    drawing.draw("unit", Place::Budgets, || units::show::view(&calendar, unit_page(may_change)));
    drawing.draw("cost-centres", Place::Budgets, || {
        app::pages::admin::cost_centres::list::view(super::cost_centres::list_model(may_change))
    });
    drawing.draw("cost-centre", Place::Budgets, || {
        app::pages::admin::cost_centres::show::view(&calendar, super::cost_centres::page(may_change))
    });
    super::shared_costs::draw(drawing, may_change);
    super::adjustments::draw(drawing, may_change);
    drawing.draw("people", Place::People, || {
        let rows = vec![person(1, true), person(2, false)];
        let page = PeoplePage { rows, next: Some("cursor&1".to_owned()) };
        people::list::view(&calendar, people::list::Query::default(), page, may_change)
    });
    drawing.draw("person", Place::People, || {
        people::show::view(
            &calendar,
            people::show::Model {
                detail: person_detail(),
                directory: may_change.then(directory),
                sessions: sessions(),
                current: None,
                may_change,
                happened: None,
            },
        )
    });
    drawing.draw("teams", Place::Teams, || {
        let order = Order::by(teams::list::TeamColumn::Name);
        teams::list::view(
            &calendar,
            teams::list::Model { teams: vec![team(1, true), team(2, false)], order, may_change },
        )
    });
    drawing.draw("team", Place::Teams, || teams::show::view(&calendar, team_page(may_change)));
    for rules in [true, false] {
        let name = if rules { "sign-in" } else { "sign-in-bare" };
        drawing.draw(name, Place::SignIn, || {
            sign_in::list::view(sign_in::list::Model { setup: setup(rules), may_change, happened: None })
        });
    }
    drawing.draw("access-record", Place::Audit, || {
        calls::list::view(&calendar, calls::Asked::default(), access_page(true))
    });
    drawing.draw("access-record-nothing-yet", Place::Audit, || {
        let asked = calls::Asked { model: "rare".to_owned(), ..calls::Asked::default() };
        calls::list::view(&calendar, asked, access_page(false))
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

fn team_page(may_change: bool) -> teams::show::Model {
    let detail = team_detail();
    let centre = detail.cost_centre.clone().unwrap_or_default();
    teams::show::Model { detail, centre, reasons: Reasons::default(), may_change, happened: None }
}

fn draw_forms(drawing: &mut Drawing) {
    use app::pages::admin::cost_centres::{end, import, new};
    drawing.draw("data-scopes", Place::People, || {
        app::pages::admin::data_scopes::list::view(super::data_scopes::list_model())
    });
    drawing.draw("data-scope", Place::People, || {
        app::pages::admin::data_scopes::show::view(super::data_scopes::person_refused())
    });
    drawing.draw("data-scope-role", Place::People, || {
        app::pages::admin::data_scopes::show::view(super::data_scopes::role())
    });
    super::shared_costs::draw_refused(drawing);
    super::adjustments::draw_refused(drawing);
    drawing.draw("currency-rate", Place::Budgets, || {
        app::pages::admin::currency::rate::view(super::currency::rate_refused())
    });
    drawing.draw("currency-rate-remove", Place::Budgets, || confirm::view(super::currency::removal()));
    drawing.draw("cost-centre-new", Place::Budgets, || new::view(super::cost_centres::new_refused()));
    drawing.draw("cost-centre-end", Place::Budgets, || end::view(super::cost_centres::end_refused()));
    drawing.draw("cost-centre-import", Place::Budgets, || import::view(super::cost_centres::import_refused()));
    drawing.draw("cost-centre-import-planned", Place::Budgets, || import::view(super::cost_centres::import_planned()));
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
            timeouts: providers::change::TimeoutTexts::default(),
            markup: "-12.5".to_owned(),
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
        let choices = Choices { teams: vec![(team_id(1), "Billing".to_owned())], models: vec![], watched: None };
        guardrails::new::view(guardrails::new::Model {
            form: form_id(),
            choices,
            entered,
            reasons: Reasons::default(),
            template: Some(Template::Developer),
        })
    });
    drawing.draw("environment-new", Place::Guardrails, || {
        let reasons = Reasons::from(vec![Refusal::new("name", Reason::Malformed)]);
        environments::new::view(environments::new::Model { name: "Prod".to_owned(), reasons, ..Default::default() })
    });
    drawing.draw("guardrail-restored", Place::Guardrails, || {
        let mut model = guardrail_page(true, None, Reasons::default());
        model.restored = Some(6);
        model.entered.terms[0].maximum = "200.00".to_owned();
        guardrails::show::view(model)
    });
    for (name, state) in previews() {
        drawing.draw(name, Place::Guardrails, || guardrails::preview::view(preview_page(state)));
    }
    drawing.draw("budget-refused", Place::Budgets, || {
        let mut page = budget_page(2, true);
        page.entered.cap_month = "lots".to_owned();
        page.entered.tokens_day = "0".to_owned();
        page.reasons = Reasons::from(vec![
            Refusal::new("cap_month", Reason::Malformed),
            Refusal::new("tokens_day", Reason::Malformed),
            Refusal::new("guarantee_month", Reason::NoBudgetAbove),
        ]);
        page.stale = Some(4);
        budgets::show::view(&calendar(), page)
    });
    drawing.draw("application-new", Place::Budgets, || {
        by_name::view(&applications::NAMED, by_name::Model { form: form_id(), name: String::new(), reasons: refused() })
    });
    drawing.draw("unit-new", Place::Budgets, || {
        by_name::view(&units::new::NAMED, by_name::Model { form: form_id(), name: String::new(), reasons: refused() })
    });
    drawing.draw("rule-new", Place::SignIn, || sign_in::new::view(rule_form(false, Reasons::default())));
    drawing.draw("rule-refused", Place::SignIn, || {
        let reasons = vec![
            Refusal::new("claim", Reason::ClaimNotAskable { claim: "email".to_owned() }),
            Refusal::new("value", Reason::Missing),
            Refusal::new("team", Reason::Missing),
        ];
        sign_in::new::view(rule_form(false, Reasons::from(reasons)))
    });
    drawing.draw("rule-looked-at", Place::SignIn, || {
        let reasons = Reasons::from(vec![Refusal::new("accept", Reason::LosesOwnRole)]);
        sign_in::change::view(RuleId::from_random(&[1; 12]), rule_form(true, reasons))
    });
    drawing.draw("rule-remove", Place::SignIn, || sign_in::remove::view(removal()));
    for (name, told) in [
        ("test-sign-in", Some(GroupsTold::Listed)),
        ("test-sign-in-without-groups", Some(GroupsTold::NotSent)),
        ("test-sign-in-too-many-groups", Some(GroupsTold::TooMany)),
        ("test-sign-in-none", None),
    ] {
        drawing.draw(name, Place::SignIn, || sign_in::tested::view(&calendar(), told.map(tested)));
    }
    drawing.draw("account", Place::Elsewhere, || {
        let current = sessions().first().map(|session| session.mark);
        let model = account::Model { caller: caller(Role::Administrator), sessions: sessions(), current };
        account::view(&calendar(), model)
    });
    drawing.draw("account-nowhere", Place::Elsewhere, || {
        let model = account::Model { caller: caller(Role::Administrator), sessions: vec![], current: None };
        account::view(&calendar(), model)
    });
    drawing.draw("person-suspend", Place::People, || confirm::view(people::suspend::confirmation(&person_detail())));
    drawing.draw("person-administrator", Place::People, || {
        confirm::view(people::administrator::confirmation(&person_detail()))
    });
    drawing.draw("team-new", Place::Teams, || {
        by_name::view(
            &teams::new::NAMED,
            by_name::Model {
                form: form_id(),
                name: "Billing".to_owned(),
                reasons: Reasons::from(vec![Refusal::new("name", Reason::NameTaken)]),
            },
        )
    });
    drawing.draw("team-add", Place::Teams, || {
        let people = PeoplePage { rows: vec![person(1, true), person(3, true)], next: None };
        teams::add::view(teams::add::Model { team: team_detail(), people, query: teams::add::Query::default() })
    });
    drawing.draw("team-remove", Place::Teams, || {
        confirm::view(teams::members::removal(&team_detail(), person(1, true).id).unwrap())
    });
}
