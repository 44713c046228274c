//! `/approvals/rules`: standing answers, with what each would have answered lately; and taking one away.

use super::{Tab, page, tabs};
use crate::components::{Cell, Column, Crumb, EmptyState, NameCell, PageHead, Table};
use crate::format::{Calendar, usd};
use crate::pages::confirm::{self, Confirmation, Confirmed};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::access_rule::Conditions;
use domain::id::ApprovalRuleId;
use domain::permission::Permission;
use leptos::prelude::*;
use portal::requests::{ApprovalRuleChoices, RuleRow};

pub struct Model {
    pub rules: Vec<RuleRow>,
    pub names: ApprovalRuleChoices,
    pub may_change: bool,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let rules = visit.portal.approval_rules(&visit.caller).await?;
    let names = visit.portal.approval_rule_choices(&visit.caller).await?;
    let may_change = Permission::Administer.allows(Some(&visit.caller));
    let model = Model { rules, names, may_change, calendar: visit.calendar() };
    Ok(Answer::ok(page(&visit, "Approval rules", || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { rules, names, may_change, calendar } = model;
    let add =
        may_change.then(|| view! { <a class="button primary" href=paths::NEW_APPROVAL_RULE>"Add rule"</a> }.into_any());
    let list = if rules.is_empty() {
        let text = "No rules yet: every request waits for a person. A rule approves at once what fits all of its \
                    conditions.";
        view! { <EmptyState text=text/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Rule"),
            Column::text("Approves"),
            Column::text("Where"),
            Column::text("In the last 90 days"),
            Column::text(""),
        ];
        let rows = rules.into_iter().map(|row| line(row, &names, may_change, &calendar)).collect_view();
        view! { <Table columns=columns caption="Rules that approve by themselves">{rows}</Table> }.into_any()
    };
    view! {
        <PageHead title="Approvals">{add}</PageHead>
        {tabs(Tab::Rules, None, None)}
        {list}
    }
}

fn line(row: RuleRow, names: &ApprovalRuleChoices, may_change: bool, calendar: &Calendar) -> impl IntoView + use<> {
    let RuleRow { rule, created_by_name, would_approve, of_requests } = row;
    let note = format!("{created_by_name}, {}", calendar.day(rule.created_at));
    let (most, place) = (most(&rule.conditions), place(&rule.conditions, names));
    let remove = may_change.then(|| view! { <a href=removal_path(rule.id)>"Remove…"</a> });
    view! {
        <tr>
            <NameCell name=rule.name note=note.into_any()/>
            <Cell label="Approves">{most}</Cell>
            <Cell label="Where">{place}</Cell>
            <Cell label="In the last 90 days">{format!("yes to {would_approve} of {of_requests}")}</Cell>
            <Cell label="Change">{remove}</Cell>
        </tr>
    }
}

/// `up to $350.00 a month, 100 requests a minute, for 30 days`
pub fn most(conditions: &Conditions) -> String {
    let Conditions { most_a_month, most_requests_per_minute, models, most_days, .. } = conditions;
    let mut text = format!(
        "up to {} a month, {most_requests_per_minute} requests a minute, for {most_days} days",
        usd(*most_a_month)
    );
    if !models.is_empty() {
        let names: Vec<String> = models.iter().map(ToString::to_string).collect();
        text.push_str(&format!(", models {}", names.join(", ")));
    }
    text
}

fn place(conditions: &Conditions, names: &ApprovalRuleChoices) -> String {
    fn named<T: PartialEq + ToString>(ids: &[T], names: &[(T, String)]) -> Vec<String> {
        let name = |id: &T| names.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
        ids.iter().map(|id| name(id).unwrap_or_else(|| id.to_string())).collect()
    }
    let mut parts = named(&conditions.teams, &names.teams);
    parts.extend(named(&conditions.profiles, &names.profiles));
    parts.extend(conditions.consumers.iter().map(|kind| crate::words::consumer_note(*kind).to_owned()));
    parts.extend(conditions.environments.iter().cloned());
    if parts.is_empty() { "everywhere".to_owned() } else { parts.join(" · ") }
}

fn removal_path(rule: ApprovalRuleId) -> String {
    format!("{}/{rule}/remove", paths::APPROVAL_RULES)
}

pub async fn show_removal(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: ApprovalRuleId = input.segment("id")?;
    let rules = visit.portal.approval_rules(&visit.caller).await?;
    let row = rules.into_iter().find(|row| row.rule.id == id).ok_or(PageError::NotFound)?;
    let confirmation = removal(&row);
    Ok(Answer::ok(page(&visit, "Remove a rule", || confirm::view(confirmation))))
}

pub async fn remove(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Confirmed {} = input.form()?;
    visit.portal.remove_approval_rule(visit.administrator()?, input.segment("id")?).await?;
    Ok(Answer::SeeOther(paths::APPROVAL_RULES.to_owned()))
}

pub fn removal(row: &RuleRow) -> Confirmation {
    Confirmation {
        title: format!("Remove the rule {}", row.rule.name),
        crumb: Crumb { text: "Rules".to_owned(), href: paths::APPROVAL_RULES.to_owned() },
        effects: vec![
            "What it would have approved waits for a person from now on.".to_owned(),
            "What it approved stays approved.".to_owned(),
        ],
        action: removal_path(row.rule.id),
        fields: vec![],
        verb: "Remove the rule",
        dangerous: false,
        back: "Keep it",
    }
}
