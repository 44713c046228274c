//! The line that waits for a key's first call. Refusals are said and the waiting goes on, because the next attempt is
//! what people are about to make; the first call that got through is the last word.

use crate::format::{duration, usd_fine};
use crate::paths;
use crate::visit::{Answer, Input, LiveLink, LiveState, PageError, Visit};
use crate::words;
use domain::id::KeyId;
use domain::time::Timestamp;
use domain::usage::{Outcome, UsageRecord};
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[derive(Deserialize)]
struct Asked {
    since: i64,
    /// The secret that was just shown; calls with an older one are not what one waits for.
    #[serde(default)]
    version: i64,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let key: KeyId = input.segment("id")?;
    let Asked { since, version } = input.query()?;
    // Somebody else's key is not found at once, not after a connection has been opened.
    visit.portal.see_key(&visit.caller, key).await?;
    let seen_until = Arc::new(AtomicI64::new(since));
    let (portal, caller) = (visit.portal, visit.caller);
    Ok(Answer::Live(Box::new(move || {
        let (portal, caller, seen_until) = (portal.clone(), caller.clone(), seen_until.clone());
        Box::pin(async move {
            let since = Timestamp::from_ms(seen_until.load(Ordering::Relaxed));
            let call = portal.see_key(&caller, key).await.ok()?.first_call_since(since).await.ok()??;
            let said = say(&call, version);
            if !said.last {
                // The next question is about the calls after this one.
                let ended = call.id.made_at().plus_ms(i64::from(call.duration_ms));
                seen_until.store(ended.plus_ms(1).as_ms(), Ordering::Relaxed);
            }
            Some(said)
        })
    })))
}

/// What the line says about a call.
pub fn say(call: &UsageRecord, version: i64) -> LiveState {
    let link = Some(LiveLink { href: paths::call(call.id), text: "See this call".to_owned() });
    if call.is_from_playground() {
        let text = "A call from the playground arrived. Waiting for the first one with the secret.".to_owned();
        return LiveState { state: "waiting", text, last: false, link };
    }
    if call.secret_version < version {
        let text = format!("A call from {} still used the old secret. Waiting for one with the new one.", call.network);
        return LiveState { state: "waiting", text, last: false, link };
    }
    let served = call.outcome == Outcome::Answered && call.status < 400;
    if served {
        let text = format!(
            "First call: {}, {}, {}, from {}",
            call.model,
            duration(u64::from(call.duration_ms)),
            usd_fine(call.cost),
            call.network
        );
        return LiveState { state: "received", text, last: true, link };
    }
    let text = match (&call.denial, call.outcome) {
        (Some(code), Outcome::Denied) => {
            format!("A call arrived and was refused: {}. {}", named(code, &call.model), words::denial(code))
        }
        (Some(code), _) => format!("A call arrived and failed: {}. {}", named(code, &call.model), words::denial(code)),
        (None, Outcome::Answered) => {
            format!("A call arrived, and the provider answered {} for {}. Check the request.", call.status, call.model)
        }
        (None, outcome) => format!("A call for {} arrived. {}.", call.model, words::outcome(outcome)),
    };
    LiveState { state: "refused", text, last: false, link }
}

/// `model_not_allowed, gpt-x`; a call that named no model has only the code.
fn named(code: &str, model: &str) -> String {
    if model.is_empty() { code.to_owned() } else { format!("{code}, {model}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::EventId;
    use domain::money::NanoUsd;
    use domain::usage::{TokenUsage, UsageSource};

    fn call(outcome: Outcome, status: u16, denial: Option<&str>) -> UsageRecord {
        UsageRecord {
            id: EventId::from_i64(1),
            key: KeyId::from_random(&[1; 12]),
            model: "gpt-x".to_owned(),
            deployment: None,
            endpoint: None,
            network: "10.4.1.9".to_owned(),
            agent: "curl".to_owned(),
            secret_version: 2,
            status,
            outcome,
            denial: denial.map(str::to_owned),
            streamed: false,
            tokens: TokenUsage::default(),
            cost: NanoUsd::from_nano(300_000),
            source: UsageSource::Provider,
            price_version: 1,
            duration_ms: 412,
            first_byte_ms: None,
            charged: Vec::new(),
            attempts: 0,
            repeated: 0,
            watched: domain::call_rule::RuleSet::NONE,
        }
    }

    #[test]
    fn the_first_call_that_got_through_is_the_last_word() {
        let said = say(&call(Outcome::Answered, 200, None), 2);
        assert_eq!(said.text, "First call: gpt-x, 412 ms, $0.0003, from 10.4.1.9");
        assert!(said.last && said.state == "received");
    }

    #[test]
    fn refusals_are_said_with_a_way_out_and_the_waiting_goes_on() {
        let said = say(&call(Outcome::Denied, 403, Some("model_not_allowed")), 1);
        assert!(said.text.starts_with("A call arrived and was refused: model_not_allowed, gpt-x. "), "{}", said.text);
        assert!(!said.last && said.state == "refused");
        for (outcome, status, denial) in [
            (Outcome::Answered, 404, None),
            (Outcome::ProviderFailed, 502, Some("provider_error")),
            (Outcome::ClientGone, 499, None),
        ] {
            let said = say(&call(outcome, status, denial), 1);
            assert!(!said.last && said.state == "refused", "{said:?}");
        }
    }

    #[test]
    fn after_a_rotation_only_the_new_secret_counts() {
        let said = say(&call(Outcome::Answered, 200, None), 3);
        assert!(!said.last && said.text.contains("old secret"), "{said:?}");
        let tried = UsageRecord {
            secret_version: domain::usage::NO_SECRET,
            agent: domain::usage::PLAYGROUND.to_owned(),
            ..call(Outcome::Answered, 200, None)
        };
        let said = say(&tried, 3);
        assert!(!said.last && said.text.contains("playground"), "{said:?}");
    }
}
