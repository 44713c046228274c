//! `/admin/data-scopes/{holder}`: how far the eyes of a role or person reach, with what that means in sentences.

use super::{holder as holder_name, reach, sentences};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, Notice, PageHead, Section, SelectField, SelectOption, TextField, Tone};
use crate::pages::admin::{Happened, document, notice};
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::data_scope::{DataScope, Holder, Reach};
use leptos::prelude::*;
use portal::PortalError;
use portal::administration::data_scopes::ScopeRow;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeForm {
    pub version: i64,
    pub spend: Reach,
    pub calls: Reach,
    pub names: Reach,
    pub audit: Reach,
    /// Codes, parted by commas; roles have none.
    #[serde(default)]
    pub cost_centres: String,
    /// `check`, `save` or `clear`.
    pub act: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<String>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved } = input.query()?;
    let row = visit.portal.data_scope(&visit.caller, holder_of(&input)?).await?;
    let (scope, version) = (row.scope.clone(), row.version);
    let happened = saved.map(|_| Happened::well("Saved. It counts from their next page on."));
    let model = Model { row, scope, version, reasons: Reasons::default(), happened, stale: false };
    Ok(Answer::ok(page(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (holder, form): (Holder, ScopeForm) = (holder_of(&input)?, input.form()?);
    let administrator = visit.administrator()?;
    let ScopeForm { version, spend, calls, names, audit, cost_centres, act } = form;
    let codes = cost_centres.split(',').map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned);
    let scope = DataScope { spend, calls, names, audit, cost_centres: codes.collect() };
    let answer = match act.as_str() {
        "clear" => {
            visit.portal.clear_data_scope(administrator, holder).await?;
            return Ok(Answer::SeeOther(format!("{}?cleared=yes", paths::DATA_SCOPES)));
        }
        "check" => None,
        "save" => Some(visit.portal.set_data_scope(administrator, holder, version, &scope).await),
        _ => return Err(PageError::Unprocessable("The form does not say what to do.".into())),
    };
    let (status, reasons, stale) = match answer {
        None => (200, Reasons::default(), false),
        Some(Err(PortalError::Stale { .. })) => (409, Reasons::default(), true),
        Some(answer) => match sent(answer)? {
            Sent::Done(()) => return Ok(Answer::SeeOther(format!("{}?saved=yes", paths::data_scope(holder)))),
            Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
            Sent::Refused(reasons) => (422, reasons, false),
        },
    };
    let row = visit.portal.data_scope(&visit.caller, holder).await?;
    // Whoever was overtaken looks at what is there now, and saves over it knowingly.
    let version = if stale { row.version } else { version };
    let model = Model { row, scope, version, reasons, happened: None, stale };
    Ok(Answer::Page { status, html: page(&visit, model) })
}

fn holder_of(input: &Input) -> Result<Holder, PageError> {
    input.path.get("holder").and_then(|text| Holder::parse(text)).ok_or(PageError::NotFound)
}

fn page(visit: &Visit, model: Model) -> String {
    let title = format!("What they see: {}", holder_name(&model.row));
    document(visit, Place::People, &title, |_| view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    /// As it is kept.
    pub row: ScopeRow,
    /// As chosen in the form.
    pub scope: DataScope,
    pub version: i64,
    pub reasons: Reasons,
    pub happened: Option<Happened>,
    /// Somebody saved since the form was opened.
    pub stale: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { row, scope, version, reasons, happened, stale } = model;
    let action = paths::data_scope(row.holder);
    let history = format!("{}?object={}", paths::AUDIT, row.holder);
    let field = |name: &'static str, label: &'static str, chosen: Reach| {
        let options = Reach::ALL.map(|one| SelectOption::new(one.word(), reach(one))).to_vec();
        view! { <SelectField name=name label=label options=options value=chosen.word() problem=reasons.at(name)/> }
    };
    let centres = matches!(row.holder, Holder::Person(_)).then(|| {
        view! {
            <TextField
                name="cost_centres" label="Cost centres" value=scope.cost_centres.join(", ")
                hint="Codes, parted by commas, where “Cost centres” is chosen. Empty: the one that the directory names for \
                      them." problem=reasons.at("cost_centres")
            />
        }
    });
    let always = row.sees_everything.then(|| {
        let text = "This person is an administrator and sees everything. What is set here counts once they are none.";
        view! { <Notice tone=Tone::Info text=text/> }
    });
    let stale = stale.then(|| {
        let text = "An administrator saved this while you were editing it. Nothing of yours is saved yet: look at the \
                    history, then save yours over it.";
        view! { <div role="alert"><Notice tone=Tone::Warn text=text/></div> }
    });
    let clear = (row.version > 0).then(|| {
        let text = if matches!(row.holder, Holder::Person(_)) { "As their roles again" } else { "As usual again" };
        view! { <button class="button" type="submit" name="act" value="clear">{text}</button> }
    });
    let lines = sentences(&scope).into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    let has_field = |field: &str| ["spend", "calls", "names", "audit", "cost_centres"].contains(&field);
    view! {
        <PageHead
            title=holder_name(&row) context="What they see".into_any()
            crumb=Crumb { text: "What people see".to_owned(), href: paths::DATA_SCOPES.to_owned() }
        >
            <a href=history>"History"</a>
        </PageHead>
        {notice(happened)}
        {always}
        {stale}
        <ErrorSummary undone="this can be saved" wrong=reasons.summary(has_field)/>
        <form class="form" method="post" action=action>
            <input type="hidden" name="version" value=version/>
            {field("spend", "Spend", scope.spend)}
            {field("calls", "Keys and calls", scope.calls)}
            {field("names", "Names of people", scope.names)}
            {field("audit", "Audit log", scope.audit)}
            {centres}
            <div class="actions">
                <button class="button primary" type="submit" name="act" value="save">"Save"</button>
                <button class="button" type="submit" name="act" value="check">"See what it means"</button>
                {clear}
                <a class="button plain" href=paths::DATA_SCOPES>"Cancel"</a>
            </div>
        </form>
        <Section id="means" title="What they read with this"><ul>{lines}</ul></Section>
    }
}
