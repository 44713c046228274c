//! The bar that chooses an act, and the page that says what it will do to each key before it does.

use super::super::list::Asked;
use super::super::rows::{last_used, owner_cell, short_id};
use super::{Act, Model};
use crate::components::{
    Cell, Check, ChoiceOption, Choices, Column, Crumb, EmptyState, ErrorSummary, Id, NameCell, PageHead, SelectField,
    SelectOption, StatusChip, Table, TextField,
};
use crate::format::grouped;
use crate::paths;
use crate::words;
use domain::virtual_key::{KeyStanding, RevocationReason};
use leptos::prelude::*;
use portal::keys::{KeyRow, MOST_SELECTED};

/// Stands below the table of a list, in the form around it.
pub fn bar(asked: &Asked, total: u64) -> impl IntoView + use<> {
    let options = Act::ALL.map(|act| {
        let text = match act {
            Act::Disable => "Disable",
            Act::Enable => "Enable",
            Act::Expire => "Change expiry",
            Act::Rotate => "Ask to rotate the secret",
            Act::Revoke => "Revoke",
        };
        SelectOption::new(act.word(), text)
    });
    let all = match usize::try_from(total) {
        Ok(total) if total <= MOST_SELECTED => format!("All {} in this view", grouped(total as u64)),
        _ => format!("All {} in this view, {MOST_SELECTED} at a time", grouped(total)),
    };
    let first = Asked { after: None, from: None, ..asked.clone() };
    view! {
        {hidden(&first)}
        <div class="filter">
            <SelectField name="act" label="With the selected" options=options.to_vec() value=Act::Disable.word()/>
            <Check name="all" text=all/>
            <button class="button" type="submit">"Continue…"</button>
        </div>
    }
}

/// The list that the keys were chosen from.
fn hidden(list: &Asked) -> impl IntoView + use<> {
    let fields = [
        ("view", list.view.clone()),
        ("owner", list.owner.clone()),
        ("environment", list.environment.clone()),
        ("q", list.q.clone()),
        ("sort", list.sort.clone()),
        ("after", list.after.clone()),
    ];
    let fields = fields.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    fields.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()
}

/// `1 key`, `12 keys`
pub(super) fn keys(count: usize) -> String {
    if count == 1 { "1 key".to_owned() } else { format!("{} keys", grouped(count as u64)) }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { act, selection, list, until, reason, count, reasons, calendar } = model;
    let back = Asked { after: None, ..list.clone() }.href();
    let crumb = Crumb { text: "Keys".to_owned(), href: back.clone() };
    let many = selection.rows.len();
    if many == 0 {
        return view! {
            <PageHead title="No key is selected" crumb=crumb/>
            <EmptyState text="Tick the keys in the list, then choose what to do with them.">
                <a class="button" href=back>"Back to the list"</a>
            </EmptyState>
        }
        .into_any();
    }
    let (title, verb, class) = match act {
        Act::Disable => (format!("Disable {}", keys(many)), "Disable", "button primary"),
        Act::Enable => (format!("Enable {}", keys(many)), "Enable", "button primary"),
        Act::Expire => (format!("Change when {} expire", keys(many)), "Change expiry", "button primary"),
        Act::Rotate => (format!("Ask to rotate {}", keys(many)), "Ask", "button primary"),
        Act::Revoke => (format!("Revoke {}", keys(many)), "Revoke now", "button danger"),
    };
    let ids = selection.rows.iter().map(|row| row.id.to_string());
    let ids = ids.map(|id| view! { <input type="hidden" name="key" value=id/> }).collect_view();
    let rest = selection.next.as_ref().map(|_| {
        let text = format!("These are the first {}: one act takes no more. The next ones follow.", keys(many));
        view! { <p>{text}</p> }
    });
    let fields = match act {
        Act::Disable | Act::Enable => ().into_any(),
        Act::Expire => {
            let hint = "They work until the end of that day. A key whose guardrails do not let it live so long stays as \
                        it is.";
            let problem = reasons.at("until");
            view! { <TextField name="until" label="Expire on" kind="date" value=until required=true hint=hint problem=problem/> }
                .into_any()
        }
        Act::Rotate => {
            let problem = reasons.at("until");
            let hint = "Shown on the key's page and on its owner's first page. Nothing stops working then.";
            view! { <TextField name="until" label="Rotate by" kind="date" value=until required=true hint=hint problem=problem/> }
                .into_any()
        }
        Act::Revoke => {
            let options = RevocationReason::ALL.map(|reason| {
                let text = words::revocation_reason(reason);
                let mut letters = text.chars();
                let text = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
                ChoiceOption::new(reason.word(), text.unwrap_or_default())
            });
            let (why, number) = (reasons.at("reason"), reasons.at("count"));
            view! {
                <Choices name="reason" label="Reason" options=options.to_vec() value=reason.word() problem=why/>
                <TextField name="count" label=format!("Type {many} to revoke them") value=count required=true
                    problem=number hint="Revoking cannot be undone. History and spend stay."/>
            }
            .into_any()
        }
    };
    let wrong = reasons.summary(|_| true);
    let undone = match act {
        Act::Revoke => "the keys are revoked",
        _ => "the keys are changed",
    };
    let rows = selection.rows.into_iter().map(|row| {
        let note = view! { <Id text=short_id(row.id)/>{format!(" · {}", row.environment)} }.into_any();
        let (owner, used) = (owner_cell(&row), last_used(&row, &calendar));
        let effect = effect(act, &row);
        view! {
            <tr>
                <NameCell name=row.name href=paths::key(row.id) note=note/>
                <Cell label="Status"><StatusChip status=words::key_status(row.status)/></Cell>
                {owner}
                {used}
                <Cell label="What happens">{effect}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = ["Key", "Status", "Owner", "Last used", "What happens"].map(Column::text).to_vec();
    let stay = if many == 1 { "Leave it" } else { "Leave them" };
    view! {
        <PageHead title=title crumb=crumb/>
        <form class="stack" method="post" action=paths::SELECTED_KEYS>
            <input type="hidden" name="act" value=act.word()/>
            {ids}
            {hidden(&list)}
            <ErrorSummary undone=undone wrong=wrong/>
            {rest}
            <Table columns=columns caption="Selected keys">{rows}</Table>
            {fields}
            <div class="actions">
                <button class=class type="submit">{verb}</button>
                <a class="button plain" href=back>{stay}</a>
            </div>
        </form>
    }
    .into_any()
}

/// What the act will do to this key, as things stand.
fn effect(act: Act, row: &KeyRow) -> &'static str {
    let ended = matches!(row.standing, KeyStanding::Revoked | KeyStanding::Expired);
    let disabled = row.standing == KeyStanding::Disabled;
    match act {
        Act::Revoke if row.standing == KeyStanding::Revoked => "Nothing: it is revoked already.",
        Act::Revoke => "Every call is refused from the next one on, for good.",
        Act::Expire if row.standing == KeyStanding::Revoked => "Nothing: it is revoked.",
        Act::Expire => "It ends on the day below.",
        _ if ended => "Nothing: it has ended.",
        Act::Disable if disabled => "Nothing: it is disabled already.",
        Act::Disable => "Calls are refused until it is enabled again.",
        Act::Enable if !disabled => "Nothing: it is not disabled.",
        Act::Enable => "Calls are admitted again.",
        Act::Rotate => "Its owner is asked for a new secret.",
    }
}
