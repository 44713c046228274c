//! `/admin/budgets`: what the organisation, business units, cost centres, applications, teams, people and
//! access profiles may spend and send.

pub mod entered;
pub mod list;
pub(in crate::pages) mod shares;
pub mod show;

use crate::components::{Budget, Budgets, EmptyState, Notice, Section, Tone};
use crate::format::{Calendar, usd};
use crate::pages::keys::rows::{budget, quota_table};
use crate::words;
use domain::limits::Division;
use leptos::prelude::*;
use portal::administration::budgets::LevelRow;

/// The budgets of a level side by side.
pub(in crate::pages) fn meters(row: &LevelRow, calendar: &Calendar) -> impl IntoView + use<> {
    let meters: Vec<(String, Budget)> = (row.figures.iter())
        .map(|figures| (words::window(figures.window).to_owned(), budget(figures, None, calendar)))
        .collect();
    let body = if meters.is_empty() {
        view! { <EmptyState text="No budget of its own."/> }.into_any()
    } else {
        view! { <div class="panel"><Budgets budgets=meters/></div> }.into_any()
    };
    let quotas = row.quotas.iter().map(|one| (words::quota_name(one.quota.counted, one.quota.window), *one));
    let quotas = quota_table(quotas.collect(), calendar);
    let (shares, over) = (who_shares(row.scope), over_committed(row));
    view! {
        <Section id="budgets" title="Budgets">
            <p class="muted">{shares}</p>
            {over}
            {body}
            {quotas}
        </Section>
    }
}

/// For the first window of several.
fn over_committed_words(row: &LevelRow) -> Option<String> {
    let over = row.over_committed.first()?;
    let to = match over.among {
        Division::Teams => "below",
        Division::CostCentres => "to cost centres",
        Division::Applications => "to applications",
        Division::Guarantees => {
            return Some(format!("{} {} guaranteed below", usd(over.handed_out), words::per_window(over.window)));
        }
    };
    Some(format!("{} {} handed out {to}", usd(over.handed_out), words::per_window(over.window)))
}

fn over_committed(row: &LevelRow) -> impl IntoView + use<> {
    let notices = row.over_committed.iter().map(|over| {
        let whose = match over.among {
            Division::Teams => "Budgets below",
            Division::CostCentres => "Budgets of cost centres",
            Division::Applications => "Budgets of applications",
            Division::Guarantees => "Shares that are guaranteed below",
        };
        if over.among == Division::Guarantees {
            let text = format!(
                "{whose} add up to {} {}, and there are {} here: not everybody finds their share. Raise the budget, or \
                 guarantee less.",
                usd(over.handed_out),
                words::per_window(over.window),
                usd(over.limit)
            );
            return view! { <Notice tone=Tone::Warn text=text/> };
        }
        let text = format!(
            "{whose} add up to {} {}, and there are {} here: whoever comes last finds it spent.",
            usd(over.handed_out),
            words::per_window(over.window),
            usd(over.limit)
        );
        view! { <Notice tone=Tone::Warn text=text/> }
    });
    notices.collect_view()
}

/// Whose calls share the limits of a level.
pub(in crate::pages) const fn who_shares(scope: domain::budget::BudgetScope) -> &'static str {
    use domain::budget::BudgetScope as Scope;
    match scope {
        Scope::Organisation => "Every key of the organisation draws on these.",
        Scope::Unit(_) => {
            "The keys of its teams draw on these, and personal keys of people who are in one of its teams and in no other."
        }
        Scope::Team(_) => {
            "The team's keys draw on these, and personal keys of people who are in this team and in no other."
        }
        Scope::CostCentre(_) => {
            "Every key that is booked to it draws on these, whoever owns the key. A key that moves to another cost centre \
             draws on that one from its next call on; what it spent stays here."
        }
        Scope::Application(_) => {
            "Every key that carries the name of the application draws on these, whoever owns the key. Whoever mints a key says \
             which application it is for."
        }
        Scope::Person(_) => "This person's own keys draw on these; keys of teams do not.",
        Scope::Profile(_) => {
            "All keys under these guardrails draw on these together. What one key may have stands in the guardrails."
        }
        Scope::Key(_) => "",
    }
}
