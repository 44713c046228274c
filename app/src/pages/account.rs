//! `/account`: who one is here, and the way out of every browser at once.

use crate::chrome::Place;
use crate::components::{Fact, Facts, PageHead, Section};
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::person::Caller;
use leptos::prelude::*;

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let caller = visit.caller.clone();
    Ok(Answer::ok(html::document(&visit.chrome(Place::Elsewhere), "Your account", || view(caller))))
}

pub fn view(caller: Caller) -> impl IntoView {
    let or_none = |words: Vec<String>| if words.is_empty() { "none".to_owned() } else { words.join(", ") };
    let roles = caller.roles.iter().map(|role| role.word().to_owned()).collect();
    let team = |name: &String, lead| if lead { format!("{name} (lead)") } else { name.clone() };
    let teams = caller.memberships.iter().map(|membership| team(&membership.team_name, membership.lead)).collect();
    let facts = vec![
        Fact::new("Name", caller.name.clone()).noted("As your identity provider says it."),
        Fact::new("E-mail", caller.email.clone()),
        Fact::new("Roles", or_none(roles)).noted("Read afresh for every page you open."),
        Fact::new("Teams", or_none(teams)),
        Fact::new("Groups of the directory", or_none(caller.groups.clone())),
    ];
    view! {
        <PageHead title="Your account"/>
        <Facts facts=facts/>
        <Section id="sessions" title="Sessions">
            <p class="prose">
                "Ends your session in every browser, this one included. Your keys go on working."
            </p>
            <form method="post" action=paths::SIGN_OUT_EVERYWHERE class="actions">
                <button class="button danger" type="submit">"Sign out everywhere"</button>
            </form>
        </Section>
    }
}
