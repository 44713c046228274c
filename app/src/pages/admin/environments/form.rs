//! The fields of an environment, and its rules in words.

use crate::components::Check;
use crate::pages::form::Reasons;
use crate::words;
use domain::environment::Environment;
use domain::id::{ProfileId, TeamId};
use domain::person::Role;
use leptos::prelude::*;
use portal::administration::environments::{EnvironmentChoices, EnvironmentDraft};

pub fn has_field(field: &str) -> bool {
    ["name", "profiles", "roles", "teams", "archived"].contains(&field)
}

/// Reads the pairs of the form but its name and version; `None` if a field is none of its own.
pub fn take(draft: &mut EnvironmentDraft, name: &str, value: &str) -> Option<()> {
    match name {
        "profiles" => draft.profiles.push(value.parse::<ProfileId>().ok()?),
        "roles" => draft.roles.push(Role::ALL.into_iter().find(|role| role.word() == value)?),
        "teams" => draft.teams.push(value.parse::<TeamId>().ok()?),
        "archived" => draft.archived = true,
        _ => return None,
    }
    Some(())
}

/// Everything but the name.
pub fn fields(draft: &EnvironmentDraft, choices: &EnvironmentChoices, reasons: &Reasons) -> impl IntoView + use<> {
    let roles =
        Role::ALL.map(|role| tick("roles", role.word().to_owned(), words::role(role), draft.roles.contains(&role)));
    let teams = choices.teams.iter().map(|(id, name)| tick("teams", id.to_string(), name, draft.teams.contains(id)));
    let profiles =
        choices.profiles.iter().map(|(id, name)| tick("profiles", id.to_string(), name, draft.profiles.contains(id)));
    let who = "Nothing ticked is everybody who may mint; else whoever has one of the roles or is in one of the teams.";
    let teams: Vec<_> = teams.collect();
    let teams = (!teams.is_empty()).then(|| group("teams", "Teams", "", teams, reasons));
    view! {
        {group("roles", "Roles", who, Vec::from(roles), reasons)}
        {teams}
        {group("profiles", "Guardrails", "Nothing ticked is any.", profiles.collect(), reasons)}
        <Check
            name="archived" text="Archived" checked=draft.archived
            note="Keys go on, and none can be minted for it."
        />
    }
}

fn tick(name: &'static str, value: String, text: &str, checked: bool) -> AnyView {
    let text = text.to_owned();
    view! {
        <label class="choice"><input type="checkbox" name=name value=value checked=checked/><span>{text}</span></label>
    }
    .into_any()
}

fn group(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    boxes: Vec<AnyView>,
    reasons: &Reasons,
) -> impl IntoView + use<> {
    let wrong = reasons.at(id).map(|problem| view! { <p class="wrong">{problem.message}</p> });
    let label_id = format!("{id}-label");
    view! {
        <div class="field" id=id role="group" aria-labelledby=label_id>
            <span class="label" id=label_id.clone()>{label}</span>
            <div class="choices in-row">{boxes}</div>
            {wrong}
            {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
        </div>
    }
}

/// `Administrators, team Billing`
pub fn for_whom(environment: &Environment, choices: &EnvironmentChoices) -> String {
    let roles = environment.roles.iter().map(|&role| format!("{}s", words::role(role)));
    let team =
        |id: &TeamId| choices.teams.iter().find(|(known, _)| known == id).map(|(_, name)| format!("team {name}"));
    let parts: Vec<String> = roles.chain(environment.teams.iter().filter_map(team)).collect();
    if parts.is_empty() { "Everybody who may mint".to_owned() } else { parts.join(", ") }
}

pub fn with_which(environment: &Environment, choices: &EnvironmentChoices) -> String {
    let name = |id: &ProfileId| choices.profiles.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
    let parts: Vec<String> = environment.profiles.iter().filter_map(name).collect();
    if parts.is_empty() { "Any".to_owned() } else { parts.join(", ") }
}
