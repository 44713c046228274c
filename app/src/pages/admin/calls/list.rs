//! `/admin/calls`: the record, newest first. A search reads a bounded number of calls, and says how far back it came.

use super::asked::Asked;
use super::file;
use crate::chrome::Place;
use crate::components::{
    Cell, Column, Crumb, EmptyState, Filter, NameCell, PageHead, SelectField, SelectOption, Table, TextField,
};
use crate::format::{Calendar, tokens, usd_fine};
use crate::pages::admin::{document, more};
use crate::pages::keys::detail::{answer_chip, call_time};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::usage::Outcome;
use leptos::prelude::*;
use portal::administration::access_record::{ACCESS_FILE, ACCESS_PAGE, AccessLine, AccessPage};

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked: Asked = input.query()?;
    let filter = asked.filter(&visit.frame.calendar.zone)?;
    let page = visit.portal.access_record(&visit.caller, &filter, asked.before()?, ACCESS_PAGE).await?;
    Ok(Answer::ok(document(&visit, Place::Audit, "Access record", |calendar| view(calendar, asked, page))))
}

pub async fn download(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked: Asked = input.query()?;
    let filter = asked.filter(&visit.frame.calendar.zone)?;
    let page = visit.portal.access_record(&visit.caller, &filter, asked.before()?, ACCESS_FILE).await?;
    let body = file::csv(&page.lines, &visit.frame.calendar.zone).into_bytes();
    Ok(Answer::Download { name: file::name(&page), content_type: "text/csv; charset=utf-8", body })
}

pub fn view(calendar: &Calendar, asked: Asked, page: AccessPage) -> impl IntoView + use<> {
    let AccessPage { lines, next } = page;
    let reached = next.map(|next| format!("Searched back to {}.", calendar.date_time(next.made_at())));
    let empty = lines.is_empty().then(|| {
        let text = match (reached, asked.is_narrowed()) {
            (Some(reached), _) => format!("{reached} Nothing matched so far: go on with Next, or name the last day."),
            (None, true) => "No call matches. Take away a part of the search.".to_owned(),
            (None, false) => "No call yet. Each call of a key stands here, refused ones too.".to_owned(),
        };
        view! { <EmptyState text=text/> }
    });
    let table = (!lines.is_empty()).then(|| {
        let columns = vec![
            Column::text("Time"),
            Column::text("Answer"),
            Column::text("Key"),
            Column::text("Model"),
            Column::number("Tokens in"),
            Column::number("Out"),
            Column::number("Cost"),
            Column::text("From"),
        ];
        let rows = lines.into_iter().map(|line| row(&asked, line, calendar)).collect_view();
        view! { <Table columns=columns caption="Access record" compact=true>{rows}</Table> }
    });
    let outcomes = std::iter::once(SelectOption::new("", "Any"))
        .chain(Outcome::ALL.map(|outcome| SelectOption::new(outcome.word(), words::outcome(outcome))))
        .collect();
    let all = asked.is_narrowed().then(|| view! { <a href=paths::ACCESS_RECORD>"All calls"</a> }.into_any());
    let csv = asked.address(paths::ACCESS_RECORD_FILE, None);
    let next = next.map(|next| asked.address(paths::ACCESS_RECORD, Some(next)));
    let about = format!("Who called what, and when. No content is kept. A file holds up to {ACCESS_FILE} calls.");
    let crumb = Crumb { text: "Audit log".to_owned(), href: paths::AUDIT.to_owned() };
    view! {
        <PageHead title="Access record" crumb=crumb context=about.into_any()>
            <a class="button" href=csv>"CSV"</a>
        </PageHead>
        <Filter action=paths::ACCESS_RECORD aside=all.unwrap_or_else(|| ().into_any())>
            <TextField name="key" label="Key" value=asked.key mono=true placeholder="kwr_…"/>
            <TextField name="model" label="Model" value=asked.model/>
            <SelectField name="outcome" label="Ended" options=outcomes value=asked.outcome/>
            <TextField name="denial" label="Refusal" value=asked.denial mono=true placeholder="model_not_allowed"/>
            <TextField name="network" label="Network" value=asked.network mono=true placeholder="10.0.0.1"/>
            <TextField name="from" label="From" kind="date" value=asked.from/>
            <TextField name="until" label="To" kind="date" value=asked.until/>
        </Filter>
        {empty}
        {table}
        {more(next)}
    }
}

fn row(asked: &Asked, line: AccessLine, calendar: &Calendar) -> impl IntoView + use<> {
    let AccessLine { call, key_name, owner_name } = line;
    let key = view! { <a href=asked.of_key(call.key)>{key_name}</a> };
    let time = call_time(calendar, call.id.made_at());
    let (answer, code) = (answer_chip(&call), call.denial.clone().unwrap_or_default());
    let agent: String = call.agent.split_whitespace().next().unwrap_or_default().chars().take(24).collect();
    view! {
        <tr>
            <NameCell name=time href=paths::call(call.id)/>
            <Cell label="Answer" note=code.into_any()>{answer}</Cell>
            <Cell label="Key" note=owner_name.into_any()>{key}</Cell>
            <Cell label="Model">{call.model}</Cell>
            <Cell label="Tokens in" number=true>{tokens(call.tokens.all_input())}</Cell>
            <Cell label="Out" number=true>{tokens(call.tokens.all_output())}</Cell>
            <Cell label="Cost" number=true><span title=call.cost.to_string()>{usd_fine(call.cost)}</span></Cell>
            <Cell label="From" note=agent.into_any()>{call.network}</Cell>
        </tr>
    }
}
