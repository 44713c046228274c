//! The form of a review: what is kept is kept at once, what is revoked is said once more before it ends.
//!
//! Each key is decided about by itself, and what could not be done is told key by key.

use super::list::{self, Asked};
use super::page;
use super::table::{CHOICE, hidden};
use crate::components::{
    Became, Cell, Chip, ChoiceOption, Choices, Column, Crumb, ErrorSummary, NameCell, Notice, Outcomes, PageHead,
    Table, Tone,
};
use crate::format::grouped;
use crate::pages::admin::counted;
use crate::pages::form::Reasons;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::KeyId;
use domain::key_review::{Choice, Decision, Quarter};
use domain::refusal::{Reason, Refusal};
use domain::virtual_key::RevocationReason;
use leptos::prelude::*;
use portal::keys::MOST_SELECTED;
use portal::keys::reviews::{ReviewAnswer, ReviewOutcome, Reviewed};

/// What the form says, in the order of its rows.
struct Sent {
    quarter: Quarter,
    decisions: Vec<(KeyId, Decision)>,
    asked: Asked,
    /// From the page that says what revoking means.
    confirmed: bool,
    reason: String,
}

impl Sent {
    fn read(input: &Input) -> Result<Self, PageError> {
        let pairs: Vec<(String, String)> = input.form()?;
        let (mut quarter, mut decisions, mut asked) = (None, Vec::new(), Asked::default());
        let (mut confirmed, mut reason) = (false, String::new());
        for (name, value) in pairs {
            match (name.as_str(), name.strip_prefix(CHOICE)) {
                (_, Some(_)) if value.is_empty() => {}
                (_, Some(key)) => {
                    let decision = Decision::from_word(&value).ok_or_else(|| unprocessable(&name))?;
                    decisions.push((key.parse().map_err(|_| PageError::NotFound)?, decision));
                }
                ("quarter", None) => quarter = value.parse().ok(),
                ("team", None) => asked.team = Some(value),
                ("after", None) => asked.after = Some(value),
                ("confirmed", None) => confirmed = value == "yes",
                ("reason", None) => reason = value,
                _ => return Err(PageError::Unprocessable(format!("unknown field `{name}`"))),
            }
        }
        if decisions.len() > MOST_SELECTED {
            return Err(PageError::Unprocessable(format!("One form takes at most {MOST_SELECTED} keys.")));
        }
        let quarter = quarter.ok_or_else(|| unprocessable("quarter"))?;
        Ok(Self { quarter, decisions, asked, confirmed, reason })
    }

    fn keys(&self) -> Vec<KeyId> {
        self.decisions.iter().map(|(key, _)| *key).collect()
    }
    fn revokes(&self) -> bool {
        self.decisions.iter().any(|(_, decision)| *decision == Decision::Revoke)
    }
}

fn unprocessable(field: &str) -> PageError {
    PageError::Unprocessable(format!("The form does not say {field} as this page gives it."))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let sent = Sent::read(&input)?;
    if sent.decisions.is_empty() {
        let mut model = list::load(&visit, sent.asked).await?;
        model.reasons.add("choice", "Nothing is chosen. Choose Keep or Revoke for at least one key.");
        return Ok(Answer::refused(page(&visit, "Reviews", || list::view(model))));
    }
    let reason = RevocationReason::from_word(&sent.reason);
    if sent.revokes() && (!sent.confirmed || reason.is_none()) {
        let named = visit.portal.keys_to_decide(&visit.caller, &sent.keys()).await?;
        let mut reasons = Reasons::default();
        if sent.confirmed {
            reasons.add("reason", words::refusal(&Refusal::new("reason", Reason::UnknownChoice)));
        }
        let refused = sent.confirmed;
        let keys = named.into_iter().zip(sent.decisions).map(|((key, name), (_, decision))| (key, name, decision));
        let model = Model { quarter: sent.quarter, keys: keys.collect(), asked: sent.asked, reasons };
        let html = page(&visit, "Reviews", || view(model));
        return Ok(if refused { Answer::refused(html) } else { Answer::ok(html) });
    }
    let choice = |decision| match (decision, reason) {
        (Decision::Revoke, Some(reason)) => Choice::Revoke(reason),
        _ => Choice::Keep,
    };
    let choices: Vec<(KeyId, Choice)> = sent.decisions.iter().map(|&(key, decision)| (key, choice(decision))).collect();
    match visit.portal.review_keys(&visit.caller, sent.quarter, &choices).await? {
        ReviewAnswer::Over => {
            let asked = Asked { over: Some("yes".to_owned()), after: None, ..sent.asked };
            Ok(Answer::SeeOther(asked.href()))
        }
        ReviewAnswer::Reviewed(reviewed) => Ok(answer(&visit, reviewed, sent.asked)),
    }
}

/// Back to the list where all went well; otherwise what became of each.
fn answer(visit: &Visit, reviewed: Vec<Reviewed>, asked: Asked) -> Answer {
    let done = |decision| {
        let is_done = |one: &&Reviewed| one.outcome == ReviewOutcome::Done && one.choice.decision() == decision;
        u64::try_from(reviewed.iter().filter(is_done).count()).unwrap_or(u64::MAX)
    };
    let (kept, revoked) = (done(Decision::Keep), done(Decision::Revoke));
    if reviewed.iter().all(|one| one.outcome == ReviewOutcome::Done) {
        let said = |count: u64| (count > 0).then_some(count);
        return Answer::SeeOther(Asked { kept: said(kept), revoked: said(revoked), ..asked }.href());
    }
    let outcome = Outcome { reviewed, asked };
    Answer::ok(page(visit, "Reviews", || outcome_view(outcome)))
}

/// What will be kept and revoked, before it is.
pub struct Model {
    pub quarter: Quarter,
    pub keys: Vec<(KeyId, String, Decision)>,
    pub asked: Asked,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { quarter, mut keys, asked, reasons } = model;
    let back = asked.href();
    let crumb = Crumb { text: "Reviews".to_owned(), href: back.clone() };
    let revoked = keys.iter().filter(|(_, _, decision)| *decision == Decision::Revoke).count();
    let kept = u64::try_from(keys.len() - revoked).unwrap_or(0);
    let revoked = counted(u64::try_from(revoked).unwrap_or(0), "key");
    let title = match kept {
        0 => format!("Revoke {revoked}"),
        kept => format!("Revoke {revoked}, keep {}", grouped(kept)),
    };
    let fields = keys.iter().map(|(key, _, decision)| {
        view! { <input type="hidden" name=format!("{CHOICE}{key}") value=decision.word()/> }
    });
    let fields = fields.collect_view();
    // What ends stands first.
    keys.sort_by_key(|(_, _, decision)| *decision == Decision::Keep);
    let rows = keys.into_iter().map(|(_, name, decision)| {
        let effect = match decision {
            Decision::Revoke => "Every call is refused from the next one on, for good.",
            Decision::Keep => "Nothing changes. It is asked about again next quarter.",
        };
        let (tone, word) = match decision {
            Decision::Revoke => (Tone::Bad, "Revoke"),
            Decision::Keep => (Tone::Ok, "Keep"),
        };
        view! {
            <tr>
                <NameCell name=name/>
                <Cell label="Decision"><Chip tone=tone text=word/></Cell>
                <Cell label="What happens">{effect}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = ["Key", "Decision", "What happens"].map(Column::text).to_vec();
    let options = vec![
        ChoiceOption::new(RevocationReason::NoLongerNeeded.word(), "No longer needed"),
        ChoiceOption::new(RevocationReason::Replaced.word(), "Replaced by another key"),
        ChoiceOption::new(RevocationReason::Compromised.word(), "Compromised")
            .noted("Also cuts streams that are running now."),
    ];
    let (problem, wrong) = (reasons.at("reason"), reasons.summary(|field| field == "reason"));
    let chosen = RevocationReason::NoLongerNeeded.word();
    view! {
        <PageHead title=title crumb=crumb/>
        <form class="stack" method="post" action=paths::REVIEWS>
            <input type="hidden" name="quarter" value=quarter.to_string()/>
            <input type="hidden" name="confirmed" value="yes"/>
            {hidden(&asked)}
            {fields}
            <ErrorSummary undone="the decisions are saved" wrong=wrong/>
            <Table columns=columns caption="Decisions" compact=true>{rows}</Table>
            <Choices name="reason" label="Reason" options=options value=chosen problem=problem
                hint="Revoking cannot be undone. History and spend stay. Owners are told."/>
            <div class="actions">
                <button class="button danger" type="submit">"Revoke now"</button>
                <a class="button plain" href=back>"Decide again"</a>
            </div>
        </form>
    }
}

/// What became of each key, where not all went as chosen.
pub struct Outcome {
    pub reviewed: Vec<Reviewed>,
    pub asked: Asked,
}

pub fn outcome_view(outcome: Outcome) -> impl IntoView {
    let Outcome { mut reviewed, asked } = outcome;
    let crumb = Crumb { text: "Reviews".to_owned(), href: asked.href() };
    let is_done = |one: &Reviewed| one.outcome == ReviewOutcome::Done;
    reviewed.sort_by_key(is_done);
    let done = reviewed.iter().filter(|one| is_done(one)).count();
    let (done, left) = (u64::try_from(done).unwrap_or(0), u64::try_from(reviewed.len() - done).unwrap_or(0));
    let said = format!("{} decided as chosen; {} not.", counted(done, "key"), grouped(left));
    let all = reviewed.into_iter().map(|Reviewed { name, choice, outcome, .. }| {
        let (tone, word, why) = match outcome {
            ReviewOutcome::Done => (Tone::Ok, words::reviews::decision(choice.decision()), String::new()),
            ReviewOutcome::Decided { decision, by_name } => {
                let why = match decision {
                    Decision::Keep => format!("{by_name} said that it is needed. Revoke it on its own page."),
                    Decision::Revoke => format!("{by_name} revoked it."),
                };
                (Tone::Warn, "Decided before", why)
            }
            ReviewOutcome::Ended => {
                (Tone::Warn, "Ended", "It was revoked or expired meanwhile, and needs no decision.".to_owned())
            }
            ReviewOutcome::Gone => (Tone::Warn, "Not yours", "Somebody else reviews it now.".to_owned()),
            ReviewOutcome::Failed => (Tone::Bad, "Not done", "Something failed. Try this one again.".to_owned()),
        };
        Became { name, href: String::new(), tone, word, why }
    });
    view! {
        <PageHead title="What became of the keys" crumb=crumb/>
        <Notice tone=Tone::Warn text=said/>
        <Outcomes caption="What became of the keys" all=all.collect()/>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> Result<Sent, PageError> {
        Sent::read(&Input { form: form.as_bytes().to_vec(), ..Input::default() })
    }

    #[test]
    fn what_is_left_for_later_is_no_decision() {
        let (one, other) = (KeyId::from_random(&[1; 12]), KeyId::from_random(&[2; 12]));
        let form = format!("quarter=2026-Q4&team=&choice.{one}=&choice.{other}=revoke&after=1.x");
        let sent = read(&form).ok().unwrap();
        assert_eq!((sent.decisions.as_slice(), sent.revokes()), (&[(other, Decision::Revoke)][..], true));
        assert_eq!((sent.confirmed, sent.asked.after.as_deref()), (false, Some("1.x")));
    }

    #[test]
    fn a_form_that_the_page_could_not_have_sent_does_nothing() {
        let key = KeyId::from_random(&[1; 12]);
        for broken in [
            format!("choice.{key}=keep"),
            format!("quarter=soon&choice.{key}=keep"),
            format!("quarter=2026-Q4&choice.{key}=delete"),
            format!("quarter=2026-Q4&choice.{key}=keep&owner=me"),
        ] {
            assert!(matches!(read(&broken), Err(PageError::Unprocessable(_))), "{broken}");
        }
        assert!(matches!(read("quarter=2026-Q4&choice.x=keep"), Err(PageError::NotFound)));
        let many: String = (0..=MOST_SELECTED).map(|_| format!("&choice.{key}=keep")).collect();
        assert!(matches!(read(&format!("quarter=2026-Q4{many}")), Err(PageError::Unprocessable(_))));
    }
}
