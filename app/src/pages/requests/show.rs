//! `/requests/{id}`: the request whole, to whoever asked and to whoever answers.

use super::list::next;
use super::{page, place_of, title};
use crate::components::{Chip, Crumb, Fact, Facts, Notice, PageHead, Section, Tone, when};
use crate::format::{Calendar, usd};
use crate::pages::approvals::queue::impact_lines;
use crate::pages::form::OnceOnly;
use crate::paths::{self, RequestAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::access_request::Wish;
use leptos::prelude::*;
use portal::requests::{RequestDetail, RequestRow};

pub struct Model {
    pub detail: RequestDetail,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = visit.portal.request(&visit.caller, input.segment("id")?).await?;
    let title = title(&detail.row);
    let model = Model { detail, calendar: visit.calendar() };
    Ok(Answer::ok(page(&visit, place_of(&model.detail.row), &title, || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { detail, calendar } = model;
    let RequestDetail { row, acts, impact, form } = detail;
    let id = row.request.id;
    let crumb = if row.mine {
        Crumb { text: "Requests".to_owned(), href: paths::REQUESTS.to_owned() }
    } else {
        Crumb { text: "Approvals".to_owned(), href: paths::APPROVALS.to_owned() }
    };
    let (tone, word) = words::request_standing(row.standing);
    let context = view! {
        <Chip tone=tone text=word/>{format!(" · asked by {} · ", row.asked_by_name)}{when(&calendar, row.request.asked_at)}
    };
    let link = |there: bool, act, class: &'static str, text: &'static str| {
        there.then(|| view! { <a class=class href=paths::request_act(id, act)>{text}</a> })
    };
    let buttons = view! {
        {link(acts.decide, RequestAct::Approve, "button primary", "Approve")}
        {link(acts.decide, RequestAct::ApproveLess, "button", "Approve less…")}
        {link(acts.decide, RequestAct::Decline, "button", "Decline…")}
        {link(acts.withdraw, RequestAct::Withdraw, "button", "Withdraw")}
    };
    let take = acts.take_secret.then(|| {
        view! {
            <Section id="secret" title="Take the secret">
                <p>"The key is there, and its secret has not been made yet. It is shown once, on the next page."</p>
                <form method="post" action=paths::request_act(id, RequestAct::TakeSecret)>
                    <OnceOnly form=form/>
                    <div class="actions"><button class="button primary" type="submit">"Take the secret"</button></div>
                </form>
            </Section>
        }
    });
    let rule = acts.make_rule.then(|| {
        let href = format!("{}?like={id}", paths::NEW_APPROVAL_RULE);
        view! { <p class="actions"><a class="button" href=href>"Make this a rule"</a></p> }
    });
    let impact = impact.map(|impact| {
        let lines = impact_lines(&row, &impact, &calendar).into_iter().map(|line| view! { <li>{line}</li> });
        view! {
            <Section id="impact" title="If approved"><ul class="plain">{lines.collect_view()}</ul></Section>
        }
    });
    let tone = if row.standing.is_open() { Tone::Info } else { tone };
    let happening = next(&row, &calendar);
    view! {
        <PageHead title=title(&row) crumb=crumb context=context.into_any()>{buttons}</PageHead>
        <Notice tone=tone text=happening/>
        {take}
        <Section id="wish" title="What is asked for"><Facts facts=facts(&row, &calendar)/></Section>
        {impact}
        {rule}
    }
}

fn facts(row: &RequestRow, calendar: &Calendar) -> Vec<Fact> {
    let request = &row.request;
    let mut facts = vec![Fact::new("Why", format!("\u{201c}{}\u{201d}", request.reason))];
    let above = words::figures(request.wish.more());
    if !above.is_empty() {
        let until = words::until(request.until, calendar);
        facts.push(Fact::new("More than the guardrails give", above.join(", ")).noted(until));
    }
    match &request.wish {
        Wish::NewKey { wanted, .. } => {
            let caps = wanted.caps.iter().map(|cap| format!("{} {}", usd(cap.limit), words::per_window(cap.window)));
            facts.push(Fact::new("Budget", caps.collect::<Vec<_>>().join(", ")));
            facts.push(Fact::new("For", words::consumer(wanted.consumer)));
            facts.push(Fact::new("Environment", wanted.environment.clone()));
            facts.extend(wanted.application.clone().map(|application| Fact::new("Application", application)));
            if let Some(models) = &wanted.models {
                let names = models.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                facts.push(Fact::new("Models", names));
            }
            facts.extend(wanted.lifetime_days.map(|days| Fact::new("Lives for", format!("{days} days"))));
        }
        Wish::MoreFor { expires_at, .. } => {
            facts.extend(expires_at.map(|end| Fact::new("To live until", calendar.date(end))));
        }
    }
    let owner = row.owner_name.clone();
    facts.push(Fact::new("Owner", owner));
    facts.push(Fact::new("Guardrails", row.profile_name.clone()));
    if let Some(key) = row.key {
        let name = row.key_name.clone();
        facts.push(Fact::new("Key", view! { <a href=paths::key(key)>{name}</a> }));
    }
    facts
}
