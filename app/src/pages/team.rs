//! `/team/{id}`: a team's budgets and limits, for its leads and for those who see administration. For others there is
//! no such page.

use crate::chrome::Place;
use crate::components::PageHead;
use crate::format::Calendar;
use crate::html;
use crate::pages::admin::budgets::meters;
use crate::pages::admin::budgets::show::{context, traffic};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::budget::BudgetScope;
use domain::id::TeamId;
use leptos::prelude::*;
use portal::administration::budgets::LevelDetail;

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let team: TeamId = input.segment("id")?;
    let detail = visit.portal.level(&visit.caller, BudgetScope::Team(team)).await?;
    let (name, calendar) = (detail.row.name.clone(), visit.calendar());
    let chrome = visit.chrome(Place::Elsewhere);
    Ok(Answer::ok(html::document(&chrome, &name, || view(&calendar, team, detail))))
}

pub fn view(calendar: &Calendar, team: TeamId, detail: LevelDetail) -> impl IntoView + use<> {
    let keys = format!("{}?owner={team}", paths::KEYS);
    let (title, context) = (detail.row.name.clone(), context(&detail, calendar).into_any());
    view! {
        <PageHead title=title context=context>
            <a class="button" href=keys>"Keys of the team"</a>
        </PageHead>
        {meters(&detail.row, calendar)}
        {traffic(&detail.row.limits)}
    }
}
