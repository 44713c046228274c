//! The guardrail form: who may mint, one row for each term, what may be called.

use super::entered::Entered;
use super::parameters;
use super::terms::{Row, Typed};
use super::{approval, idle, watched};
use crate::components::{
    Cell, Check, ChoiceOption, Choices as RadioChoices, Column, Field, Fold, Section, Table, TextArea, TextField,
};
use crate::format::grouped;
use crate::pages::admin::{count, counted};
use crate::pages::form::Reasons;
use crate::words;
use domain::access_profile::{AboveMaximum, PromptBound};
use domain::id::TeamId;
use domain::model::Endpoint;
use domain::person::Role;
use domain::virtual_key::ConsumerKind;
use leptos::prelude::*;

/// What the form can choose from.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    pub teams: Vec<(TeamId, String)>,
    /// Names of the served models.
    pub models: Vec<String>,
    /// What watched rules have shown; `None` for new guardrails.
    pub watched: Option<watched::Counted>,
}

/// The fields that the error summary can link to.
pub fn has_field(field: &str) -> bool {
    let own = [
        "name",
        "description",
        "keys_per_person",
        "models",
        "networks",
        "groups",
        "max_output_tokens",
        "assumed_output_tokens",
        "consumers",
        "endpoints",
        "caps",
        "prompt_bound",
        "promised_hours",
    ];
    own.contains(&field) || parameters::FIELDS.contains(&field) || Row::ALL.iter().any(|row| row.field() == field)
}

/// Everything between the form's hidden fields and its buttons. Rows that differ from what is saved are marked.
pub fn fields(
    entered: Entered,
    saved: Option<&Entered>,
    choices: &Choices,
    reasons: &Reasons,
) -> impl IntoView + use<> {
    let watched = watched::section(entered.parameters.watched, choices.watched.as_ref());
    let verdict = verdict(&entered, choices);
    let Entered { name, description, enabled, roles, teams, groups, consumers, keys_per_person, .. } = entered;
    let required = parameters::required(&entered.required);
    let asked = parameters::fields(entered.parameters, reasons);
    let was = |at: usize, typed: &Typed| {
        let was = saved.and_then(|saved| saved.terms.get(at))?;
        (was != typed).then(|| was.was())
    };
    let rows = Row::ALL.into_iter().zip(entered.terms).enumerate();
    let rows: Vec<_> = rows.map(|(at, (row, typed))| (row, was(at, &typed), typed)).collect();
    let (quotas, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(row, ..)| row.is_quota());
    let has_quotas =
        quotas.iter().any(|(row, was, typed)| was.is_some() || !typed.is_empty() || reasons.at(row.field()).is_some());
    let quotas = term_table("Quotas", quotas, reasons);
    let rows = term_table("Limits", rows, reasons);
    let bounds = [PromptBound::Strict, PromptBound::Estimate].map(|bound| {
        let value = if bound == PromptBound::Strict { "strict" } else { "estimate" };
        ChoiceOption::new(value, words::prompt_bound(bound)).noted(words::prompt_bound_note(bound))
    });
    let bound = if entered.prompt_bound == PromptBound::Strict { "strict" } else { "estimate" };
    let roles = Role::ALL.map(|role| tick("roles", role.word(), words::role(role), roles.contains(&role)));
    let teams: Vec<_> =
        (choices.teams.iter()).map(|(id, name)| tick("teams", &id.to_string(), name, teams.contains(id))).collect();
    let teams = (!teams.is_empty()).then(|| group("teams", "Teams", None, reasons, teams));
    let consumers = ConsumerKind::ALL
        .map(|kind| tick("consumers", kind.word(), words::consumer_note(kind), consumers.contains(&kind)));
    let endpoints = Endpoint::ALL.map(|endpoint| {
        tick("endpoints", endpoint.word(), words::endpoint(endpoint), entered.endpoints.contains(&endpoint))
    });
    let [keys_wrong, longest_wrong, assumed_wrong, bound_wrong] =
        ["keys_per_person", "max_output_tokens", "assumed_output_tokens", "prompt_bound"]
            .map(|field| reasons.at(field));
    let who =
        group("roles", "Roles", Some("Whoever meets one of roles, teams and groups may mint."), reasons, roles.into());
    let groups_hint = "One on each line, exactly as the directory sends them.";
    let groups = text_lines("groups", "Groups of the directory", groups, groups_hint, reasons);
    let consumers = group("consumers", "Keys for", None, reasons, consumers.into());
    let models_hint = "One on each line, by name or by its beginning: claude-*. Nothing allows nothing.";
    let models = text_lines("models", "Models", entered.models, models_hint, reasons);
    let endpoints = group("endpoints", "Endpoints", None, reasons, endpoints.into());
    let networks_hint = "One on each line: 10.0.0.0/8. Nothing means from anywhere.";
    let networks = text_lines("networks", "Networks", entered.networks, networks_hint, reasons);
    let approval = approval::section(entered.approval, reasons);
    let idle = idle::section(entered.idle, reasons);
    let no_caps = reasons.at("caps").map(|problem| view! { <p class="wrong" id="caps">{problem.message}</p> });
    view! {
        <TextField name="name" label="Name" value=name required=true problem=reasons.at("name")/>
        <TextField name="description" label="Description" value=description hint="One sentence, for those who choose." problem=reasons.at("description")/>
        <Check name="enabled" text="Keys may be minted under it" checked=enabled note="Keys that exist go on either way."/>
        <Section id="who" title="Who may mint, and what for">
            {who}
            {teams}
            {groups}
            {consumers}
            <TextField
                name="keys_per_person" label="Keys a person" value=keys_per_person input_mode="numeric"
                problem=keys_wrong
            />
            {required}
        </Section>
        <Section id="terms" title="Limits">
            <p class="muted">"A key gets the default. Its owner may ask for more up to the maximum, where that is allowed. Before anything is saved, a preview says what it would refuse."</p>
            {no_caps}
            {rows}
            <Fold summary="Quotas" note="requests and tokens an hour, a day, a month" open=has_quotas>{quotas}</Fold>
        </Section>
        {approval}
        {idle}
        <Section id="held" title="What a call holds before it is made">
            <RadioChoices name="prompt_bound" label="A prompt counts" options=bounds.to_vec() value=bound problem=bound_wrong/>
            <Check
                name="shrink_to_fit" text="Shorten answers to what is left" checked=entered.shrink_to_fit
                note="Where a budget does not pay for the longest answer, the call is sent with a lower limit instead of being refused."
            />
            <TextField
                name="assumed_output_tokens" label="Assumed answer" value=entered.assumed_output_tokens input_mode="numeric"
                hint="Tokens that a call first holds if neither it nor its model names a limit." problem=assumed_wrong
            />
        </Section>
        <Section id="what" title="What may be called">
            {models}
            {verdict}
            {endpoints}
            {networks}
            <TextField
                name="max_output_tokens" label="Longest answer" value=entered.max_output_tokens input_mode="numeric"
                hint="Tokens. Empty leaves it to the model." problem=longest_wrong
            />
        </Section>
        <Section id="parameters" title="What a call may ask for">{asked}</Section>
        {watched}
    }
}

fn term_table(
    caption: &'static str,
    rows: Vec<(Row, Option<String>, Typed)>,
    reasons: &Reasons,
) -> impl IntoView + use<> {
    let columns = vec![
        Column::text("Term"),
        Column::number("Default"),
        Column::number("Maximum"),
        Column::text("Developers may change"),
        Column::text("Above the maximum"),
    ];
    let rows: Vec<_> = rows.into_iter().map(|(row, was, typed)| term_row(row, was, typed, reasons)).collect();
    view! { <Table columns=columns caption=caption compact=true>{rows}</Table> }
}

/// What the patterns match among the served models, as they stand in the form.
fn verdict(entered: &Entered, choices: &Choices) -> impl IntoView + use<> {
    let (patterns, _) = entered.patterns();
    let matched: Vec<&str> = choices
        .models
        .iter()
        .map(String::as_str)
        .filter(|model| patterns.iter().any(|pattern| pattern.matches(model)))
        .collect();
    let served = counted(count(choices.models.len()), "served model");
    let title = format!("{} of {served}", grouped(count(matched.len())));
    const SHOWN: usize = 12;
    let rest = matched.len().saturating_sub(SHOWN);
    let mut names = matched.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if rest > 0 {
        names.push_str(&format!(" and {rest} more"));
    }
    let idle: Vec<String> = patterns
        .iter()
        .filter(|pattern| !choices.models.iter().any(|model| pattern.matches(model)))
        .map(ToString::to_string)
        .collect();
    let idle = (!idle.is_empty())
        .then(|| view! { <p class="muted">{format!("Matches nothing yet: {}", idle.join(", "))}</p> });
    let shown = if matched.is_empty() { "Nothing can be called.".to_owned() } else { names };
    view! {
        <div class="verdict beside" role="status">
            <h3>{title}</h3>
            <p>{shown}</p>
            {idle}
            <p><button class="button" type="submit" name="act" value="check" formnovalidate>"Check"</button></p>
        </div>
    }
}

fn tick(name: &'static str, value: &str, text: &str, checked: bool) -> AnyView {
    let (value, text) = (value.to_owned(), text.to_owned());
    view! {
        <label class="choice"><input type="checkbox" name=name value=value checked=checked/><span>{text}</span></label>
    }
    .into_any()
}

/// Check boxes under one label.
fn group(
    id: &'static str,
    label: &'static str,
    hint: Option<&'static str>,
    reasons: &Reasons,
    boxes: Vec<AnyView>,
) -> impl IntoView + use<> {
    let wrong = reasons.at(id).map(|problem| view! { <p class="wrong">{problem.message}</p> });
    let label_id = format!("{id}-label");
    view! {
        <div class="field" id=id role="group" aria-labelledby=label_id>
            <span class="label" id=label_id.clone()>{label}</span>
            <div class="choices in-row">{boxes}</div>
            {wrong}
            {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
        </div>
    }
}

fn text_lines(
    name: &'static str,
    label: &'static str,
    value: String,
    hint: &'static str,
    reasons: &Reasons,
) -> impl IntoView + use<> {
    let problem = reasons.at(name);
    let invalid = problem.is_some();
    let described = if invalid { format!("{name}-error {name}-hint") } else { format!("{name}-hint") };
    view! {
        <Field id=name label=label hint=hint problem=problem>
            <TextArea id=name name=name value=value mono=true invalid=invalid described_by=described/>
        </Field>
    }
}

fn term_row(row: Row, was: Option<String>, typed: Typed, reasons: &Reasons) -> impl IntoView + use<> {
    let field = row.field();
    let problem = reasons.at(field);
    let described = problem.as_ref().map(|_| format!("{field}-error"));
    let invalid = problem.as_ref().map(|_| "true");
    let wrong =
        problem.map(|problem| view! { <span class="wrong" id=format!("{field}-error")>{problem.message}</span> });
    let label = |what: &str| format!("{}, {what}", row.name());
    let (default_label, maximum_label) = (label("default"), label("maximum"));
    let (change_label, above_label) = (label("developers may change"), label("above the maximum"));
    let also_described = described.clone();
    let was = was.map(|was| view! { <span class="note changed">{was}</span> });
    let maximum = format!("{field}_maximum");
    let select = |name: String, label: String, options: Vec<(&'static str, &'static str, bool)>| {
        let options = options
            .into_iter()
            .map(|(value, text, selected)| view! { <option value=value selected=selected>{text}</option> });
        view! {
            <span class="select-box">
                <select class="select" id=name.clone() name=name aria-label=label>{options.collect_view()}</select>
            </span>
        }
    };
    let change = vec![("yes", "Up to the maximum", typed.may_change), ("no", "No: fixed", !typed.may_change)];
    let change = select(format!("{field}_change"), change_label, change);
    let above =
        AboveMaximum::ALL.map(|above| (above.word(), words::above_maximum(above), above == typed.above)).to_vec();
    let above = select(format!("{field}_above"), above_label, above);
    view! {
        <tr>
            <th scope="row" class="name">
                <label for=field>{row.name()}</label>
                <span class="note">{row.note()}</span>
                {was}
                {wrong}
            </th>
            <Cell label="Default" number=true>
                <input
                    class="input amount short" id=field name=field value=typed.default inputmode="decimal" autocomplete="off"
                    aria-label=default_label aria-describedby=described aria-invalid=invalid
                />
            </Cell>
            <Cell label="Maximum" number=true>
                <input
                    class="input amount short" id=maximum.clone() name=maximum value=typed.maximum inputmode="decimal"
                    autocomplete="off" aria-label=maximum_label aria-describedby=also_described aria-invalid=invalid
                />
            </Cell>
            <Cell label="Developers may change">
                {change}
            </Cell>
            <Cell label="Above the maximum">
                {above}
            </Cell>
        </tr>
    }
}
