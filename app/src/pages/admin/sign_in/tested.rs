//! `/admin/sign-in/test`: what a test sign-in brought: the claims, what each rule makes of them, and the way from a group
//! to a rule.

use super::editor;
use super::sentences::{Names, condition, gives};
use crate::chrome::Place;
use crate::components::{
    Cell, Chip, Column, Crumb, EmptyState, NameCell, Notice, PageHead, Section, SelectField, SelectOption, Table, Tone,
};
use crate::format::Calendar;
use crate::pages::admin::document;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::directory_claims::GroupsTold;
use leptos::prelude::*;
use portal::administration::sign_in::{ShownClaim, TestVerdict, TestedLogin};

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let tested = visit.portal.tested_login(visit.administrator()?).await?;
    Ok(Answer::ok(document(&visit, Place::SignIn, "Test sign-in", |calendar| view(calendar, tested))))
}

pub fn view(calendar: &Calendar, tested: Option<TestedLogin>) -> impl IntoView + use<> {
    let crumb = || Crumb { text: "Sign-in".to_owned(), href: paths::SIGN_IN_SETUP.to_owned() };
    let Some(tested) = tested else {
        return view! {
            <PageHead title="Test sign-in" crumb=crumb()/>
            <EmptyState text="There is no test sign-in of yours from the last ten minutes. Begin one from the list of providers."/>
        }
        .into_any();
    };
    let name = tested.issuer.name.clone();
    let context =
        format!("{name} · shown to you alone until {} · nobody was signed in", calendar.date_time(tested.until));
    let told = match tested.told {
        GroupsTold::Listed => None,
        GroupsTold::NotSent => Some(format!(
            "{name} sent no groups: there is no claim {}. That is not the same as no groups, so that rules about groups \
             cannot be decided. Have the provider send it.",
            tested.issuer.groups_claim
        )),
        GroupsTold::TooMany => Some(format!(
            "There are too many groups for {name} to list. Assign app roles, or have it send only the groups assigned \
             to this application."
        )),
    };
    let again = paths::test_login(&tested.issuer.id);
    let (rules, map, claims) = (rules(&tested), map_a_group(&tested), claims(&tested));
    view! {
        <PageHead title="Test sign-in" crumb=crumb() context=context.into_any()>
            <a class="button" href=again.clone()>"Test again"</a>
            <a class="button" href=format!("{again}?as=another")>"As somebody else"</a>
        </PageHead>
        {told.map(|text| view! { <Notice tone=Tone::Warn text=text/> })}
        <Section id="rules" title="What each rule would give">{rules}</Section>
        {map}
        <Section id="claims" title="Claims">{claims}</Section>
    }
    .into_any()
}

fn rules(tested: &TestedLogin) -> AnyView {
    if tested.rules.is_empty() {
        return view! { <EmptyState text="No rule concerns this provider. Add one, or map a group below."/> }
            .into_any();
    }
    let names = Names { issuers: &[], teams: &tested.teams };
    let rows = tested.rules.iter().map(|(id, rule, verdict, value)| {
        let (tone, word) = match verdict {
            TestVerdict::Fits => (Tone::Ok, "Fits"),
            TestVerdict::DoesNot => (Tone::Plain, "Does not fit"),
            TestVerdict::Undecided => (Tone::Warn, "Cannot be decided"),
        };
        let because = value.as_ref().map(|value| view! { <span class="note">{format!("by {value}")}</span> });
        let href = id.map(paths::rule).unwrap_or_default();
        let (when, gives) = (format!("When {}", condition(rule)), gives(&rule.gives, names));
        let origin = if id.is_some() { "set here" } else { "from the configuration" };
        view! {
            <tr>
                <NameCell name=when href=href note=origin.into_any()/>
                <Cell label="Here"><Chip tone=tone text=word/>{because}</Cell>
                <Cell label="Gives">{gives}</Cell>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    let columns = vec![Column::text("Rule"), Column::text("Here"), Column::text("Gives")];
    view! { <Table columns=columns caption="What each rule would give">{rows}</Table> }.into_any()
}

fn map_a_group(tested: &TestedLogin) -> Option<AnyView> {
    let groups: Vec<SelectOption> =
        tested.unmapped_groups().into_iter().map(|group| SelectOption::new(group, group)).collect();
    let issuer = tested.issuer.id.clone();
    (!groups.is_empty()).then(|| {
        view! {
            <Section id="map" title="Map a group">
                <form class="filter" method="get" action=paths::NEW_RULE>
                    <input type="hidden" name="issuer" value=issuer/>
                    <SelectField name="value" label="Group without a rule" options=groups/>
                    <SelectField name="gives" label="gives" options=editor::given()/>
                    <button class="button" type="submit">"Make a rule"</button>
                </form>
            </Section>
        }
        .into_any()
    })
}

fn claims(tested: &TestedLogin) -> impl IntoView + use<> {
    let rows = tested.claims.iter().map(|ShownClaim { name, values }| {
        let values = if values.is_empty() { "empty".to_owned() } else { values.join(", ") };
        view! {
            <tr>
                <NameCell name=name.clone()/>
                <Cell label="Value">{values}</Cell>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    view! { <Table columns=vec![Column::text("Claim"), Column::text("Value")] caption="Claims" compact=true>{rows}</Table> }
}
