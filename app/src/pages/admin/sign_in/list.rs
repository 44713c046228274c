//! `/admin/sign-in`: the identity providers with their state, and every rule about claims. What the configuration says is
//! shown and not edited.

use super::sentences::{Names, condition, gives, issuer_names, place};
use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, EmptyState, Id, NameCell, PageHead, Section, Table, Tone};
use crate::pages::admin::{Happened, document, may_change, notice};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::claim_rules::ClaimRule;
use domain::id::RuleId;
use leptos::prelude::*;
use portal::administration::sign_in::SignInSetup;
use portal::ports::{IssuerFacts, IssuerState};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    done: Option<Done>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    Added,
    Changed,
    Removed,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { done } = input.query()?;
    let setup = visit.portal.sign_in_setup(&visit.caller).await?;
    let happened = done.map(|done| {
        Happened::well(match done {
            Done::Added => "The rule counts from each person's next sign-in on.",
            Done::Changed => "The rule counts as changed from each person's next sign-in on.",
            Done::Removed => "The rule is gone. What it gave is taken back at each person's next sign-in.",
        })
    });
    let model = Model { setup, may_change: may_change(&visit), happened };
    Ok(Answer::ok(document(&visit, Place::SignIn, "Sign-in", |_| view(model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub setup: SignInSetup,
    pub may_change: bool,
    pub happened: Option<Happened>,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { setup: SignInSetup { issuers, rules, teams }, may_change, happened } = model;
    let facts: Vec<IssuerFacts> = issuers.iter().map(|(facts, _)| facts.clone()).collect();
    let named = issuer_names(&facts);
    let names = Names { issuers: &named, teams: &teams };
    let fixed = facts.iter().flat_map(|issuer| &issuer.fixed).map(|rule| rule_row(None, rule, names, may_change));
    let edited = rules.iter().map(|kept| rule_row(Some(kept.id), &kept.rule, names, may_change));
    let rows: Vec<_> = fixed.chain(edited).collect();
    let rules = if rows.is_empty() {
        view! { <EmptyState text="No rules yet. Without one everybody who signs in is what the provider's default says."/> }
            .into_any()
    } else {
        let columns = vec![Column::text("When"), Column::text("Gives"), Column::text("Set in")];
        view! { <Table columns=columns caption="Rules">{rows}</Table> }.into_any()
    };
    let add = may_change.then(|| view! { <a class="button primary" href=paths::NEW_RULE>"Add a rule"</a> });
    view! {
        <PageHead title="Sign-in" context="Who people are, and what their directory makes them here.".into_any()>{add}</PageHead>
        {notice(happened)}
        <Section id="issuers" title="Identity providers">{issuer_table(issuers, may_change)}</Section>
        <Section id="rules" title="Rules about claims">
            <p class="prose">
                "What several rules give adds up. They are asked again at every sign-in, and what a rule gave is taken back when it
                no longer fits; what somebody was given by hand stays. A provider that sends no groups takes nothing back: roles
                from groups hold for a day, teams until it lists groups again."
            </p>
            {rules}
        </Section>
    }
}

fn issuer_table(issuers: Vec<(IssuerFacts, IssuerState)>, may_change: bool) -> impl IntoView {
    let mut columns = vec![
        Column::text("Provider"),
        Column::text("State"),
        Column::text("Redirect URI"),
        Column::text("Groups are in"),
        Column::text("Without a rule"),
    ];
    columns.extend(may_change.then(|| Column::text("Try it out")));
    let rows = issuers.into_iter().map(|(issuer, state)| {
        let state = match state {
            IssuerState::Answers => view! { <Chip tone=Tone::Ok text="Answers"/> }.into_any(),
            IssuerState::DoesNotAnswer(why) => {
                view! { <Chip tone=Tone::Bad text="Does not answer"/><span class="note">{why}</span> }.into_any()
            }
        };
        let default = issuer.default_role.map_or("signs in nobody", |_| "developer");
        let test = may_change.then(|| {
            let href = paths::test_login(&issuer.id);
            let other = format!("{href}?as=another");
            let label = format!("Test sign-in at {}", issuer.name);
            view! {
                <Cell label="Try it out">
                    <a href=href aria-label=label>"Test sign-in"</a>
                    <span class="note"><a href=other>"as somebody else"</a></span>
                </Cell>
            }
        });
        view! {
            <tr>
                <NameCell name=issuer.name note=issuer.url.into_any()/>
                <Cell label="State">{state}</Cell>
                <Cell label="Redirect URI"><Id text=issuer.redirect_uri/></Cell>
                <Cell label="Groups are in">{issuer.groups_claim}</Cell>
                <Cell label="Without a rule">{default}</Cell>
                {test}
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    view! {
        <Table columns=columns caption="Identity providers">{rows}</Table>
        <p class="prose muted">
            "Providers stand in the configuration file. A test sign-in goes the whole way to the provider and back, shows what it
            says, and signs nobody in: you stay who you are."
        </p>
    }
}

fn rule_row(id: Option<RuleId>, rule: &ClaimRule, names: Names<'_>, may_change: bool) -> impl IntoView + use<> {
    let (when, place, gives) = (condition(rule), place(rule, names), gives(&rule.gives, names));
    let href = id.filter(|_| may_change).map(paths::rule).unwrap_or_default();
    let origin = if id.is_some() { "Here" } else { "Configuration" };
    view! {
        <tr>
            <NameCell name=format!("When {when}") href=href note=place.into_any()/>
            <Cell label="Gives">{gives}</Cell>
            <Cell label="Set in"><span class="muted">{origin}</span></Cell>
        </tr>
    }
}
