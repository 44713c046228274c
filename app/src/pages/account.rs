//! `/account`: who one is here, where one is signed in, and the way out of one browser or of all at once.

use crate::chrome::Place;
use crate::components::{Fact, Facts, PageHead, Section};
use crate::format::Calendar;
use crate::html;
use crate::pages::sessions::{self, EndForm};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::person::Caller;
use domain::session_mark::SessionMark;
use leptos::prelude::*;
use portal::sessions::SessionView;

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let sessions = visit.portal.own_sessions(&visit.caller).await?;
    let model = Model { caller: visit.caller.clone(), sessions, current: input.session };
    let (chrome, calendar) = (visit.chrome(Place::Elsewhere), visit.calendar());
    Ok(Answer::ok(html::document(&chrome, "Your account", || view(&calendar, model))))
}

/// Ends one session. The one that asks ends as well as any other: the next page asks to sign in.
pub async fn end_session(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let EndForm { session } = input.form()?;
    visit.portal.end_own_session(&visit.caller, session).await?;
    Ok(Answer::SeeOther(format!("{}#sessions", paths::ACCOUNT)))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub caller: Caller,
    pub sessions: Vec<SessionView>,
    /// The session that this page is read in.
    pub current: Option<SessionMark>,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { caller, sessions, current } = model;
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
    let list = sessions::list(calendar, sessions, current, Some(paths::ACCOUNT_SESSIONS));
    view! {
        <PageHead title="Your account"/>
        <div class="panel"><Facts facts=facts/></div>
        <p><a href=paths::ACCOUNT_NOTIFICATIONS>"How I am told what happens"</a></p>
        <Section id="sessions" title="Where you are signed in">
            {list}
            <p class="prose">
                "Signing out everywhere ends your session in every browser, this one included. Your keys go on working."
            </p>
            <form method="post" action=paths::SIGN_OUT_EVERYWHERE class="actions">
                <button class="button danger" type="submit">"Sign out everywhere"</button>
            </form>
        </Section>
    }
}
