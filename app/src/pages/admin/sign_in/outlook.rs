//! Who would change, before a rule is saved or removed.

use super::sentences::{Names, gives};
use crate::components::{Cell, Check, Column, NameCell, Notice, Problem, Section, Table, Tone};
use crate::format::grouped;
use crate::paths;
use domain::claim_rules::Gives;
use leptos::prelude::*;
use portal::administration::sign_in::{PersonOutlook, RulePreview};

/// Belongs inside the form: it carries the stamp of what was looked at, and the tick that losing one's own role needs.
pub fn view(preview: RulePreview, names: Names<'_>, problem: Option<Problem>) -> impl IntoView + use<> {
    let RulePreview { stamp, changed, people, unknown, loses_own_role, .. } = preview;
    let left_out = changed.saturating_sub(people.len() as u64);
    let said = match changed {
        0 => "Nobody changes by what directories said last.".to_owned(),
        1 => "One person changes at the next sign-in.".to_owned(),
        many => format!("{} people change at their next sign-in.", grouped(many)),
    };
    let unknown = (unknown > 0).then(|| {
        format!(
            " Of {} nothing is known yet: they have not signed in since claims are kept.",
            if unknown == 1 { "one person".to_owned() } else { format!("{} people", grouped(unknown)) }
        )
    });
    let rows: Vec<_> = people.into_iter().map(|person| row(person, names)).collect();
    let table = (!rows.is_empty()).then(|| {
        let columns = vec![Column::text("Person"), Column::text("Gains"), Column::text("Loses")];
        view! { <Table columns=columns caption="Who would change" compact=true>{rows}</Table> }
    });
    let more = (left_out > 0).then(|| view! { <p class="muted">{format!("And {} more.", grouped(left_out))}</p> });
    let accept = loses_own_role.then(|| {
        view! {
            <Notice tone=Tone::Warn text="You are one of them: after your next sign-in you are no administrator."/>
            <Check name="accept" text="I mean to give up my own administrator role" problem=problem/>
        }
    });
    view! {
        <Section id="outlook" title="Who would change">
            <input type="hidden" name="stamp" value=stamp/>
            <p class="prose">{said}{unknown}</p>
            {table}
            {more}
            {accept}
        </Section>
    }
}

fn row(PersonOutlook { person, name, outlook }: PersonOutlook, names: Names<'_>) -> impl IntoView + use<> {
    let list = |all: &[Gives]| {
        let words: Vec<String> = all.iter().map(|one| gives(one, names)).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    };
    let (gains, loses) = (list(&outlook.gains), list(&outlook.loses));
    view! {
        <tr>
            <NameCell name=name href=paths::person(person)/>
            <Cell label="Gains">{gains}</Cell>
            <Cell label="Loses">{loses}</Cell>
        </tr>
    }
}
