//! What keys that exist have yet to come to: said on the page of the guardrails and in their history, and taken back at
//! `/admin/guardrails/{id}/withdraw`.

use crate::components::{Notice, Tone};
use crate::format::Calendar;
use crate::pages::admin::{at_least_none, counted};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::ProfileId;
use domain::profile_rollout::MoveOn;
use domain::time::Timestamp;
use leptos::prelude::*;
use portal::administration::profile_rollouts::Coming;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    /// What the page said was coming: `next_rotation`, or a moment in milliseconds.
    coming: String,
}

pub async fn withdraw(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: ProfileId = input.segment("id")?;
    let Form { coming } = input.form()?;
    let seen =
        read(&coming).ok_or_else(|| PageError::Unprocessable("The form does not say what is withdrawn.".into()))?;
    let withdrawn = visit.portal.withdraw_rollout(visit.administrator()?, id, seen).await?;
    Ok(Answer::SeeOther(format!("{}?withdrawn={withdrawn}", paths::guardrail(id))))
}

fn written(moves: MoveOn) -> String {
    match moves {
        MoveOn::NextRotation => "next_rotation".to_owned(),
        MoveOn::At(at) => at.as_ms().to_string(),
    }
}

fn read(text: &str) -> Option<MoveOn> {
    match text {
        "next_rotation" => Some(MoveOn::NextRotation),
        moment => moment.parse().ok().map(|ms| MoveOn::At(Timestamp::from_ms(ms))),
    }
}

/// One sentence, and the way to take it back for those who may.
pub(super) fn coming(
    calendar: &Calendar,
    id: ProfileId,
    newest: i64,
    coming: Option<Coming>,
    may_change: bool,
) -> Option<impl IntoView + use<>> {
    let Coming { moves, live_keys } = coming?;
    let keys = counted(at_least_none(live_keys), "key");
    let (keep, them) = if live_keys == 1 { ("keeps", "it goes") } else { ("keep", "they go") };
    let text = match moves {
        MoveOn::At(at) => {
            let day = calendar.day(at);
            format!("{keys} {keep} to an older version until {day}. From that day on {them} by version {newest}.")
        }
        MoveOn::NextRotation => {
            format!(
                "{keys} {keep} to an older version. At the next rotation of its secret each goes by version {newest}."
            )
        }
    };
    let withdraw = may_change.then(|| {
        view! {
            <form class="form" method="post" action=paths::withdraw_guardrail_change(id)>
                <input type="hidden" name="coming" value=written(moves)/>
                <p class="muted">"Withdrawn, keys that exist keep to the version that they have. The newest stays for new keys."</p>
                <div class="actions"><button class="button" type="submit">"Withdraw it for existing keys"</button></div>
            </form>
        }
    });
    Some(view! { <Notice tone=Tone::Info text=text/>{withdraw} })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_form_carries_is_what_it_was_made_of() {
        for moves in [MoveOn::NextRotation, MoveOn::At(Timestamp::from_ms(1_795_248_000_000))] {
            assert_eq!(read(&written(moves)), Some(moves));
        }
        assert_eq!((read(""), read("tomorrow")), (None, None));
    }
}
