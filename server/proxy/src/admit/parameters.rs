//! The profile's rules about parameters, asked of what was read of the body: before anything is set aside for the call.
//!
//! Fails closed: a call that names more than its rules allow is refused, and told which field and what is allowed. Only a
//! longer answer is lowered instead, if the profile says so; then the answer's headers name what it was lowered to.

use super::{Caller, watched};
use crate::head::{AskedTier, Head};
use crate::ports::KeyRecord;
use domain::call_rule::RuleSet;
use domain::denial::Denial;
use domain::model::{Endpoint, WireFormat};
use domain::parameter_rules::{Asked, Breach, Effort, Feature};

/// What the call broke of the rules that are only watched, those of its model and of where it comes from among them.
pub(super) fn allowed(caller: &Caller, endpoint: Endpoint, head: &Head) -> Result<RuleSet, Denial> {
    let KeyRecord { profile, effective, .. } = &*caller.record;
    let (terms, asked) = (&profile.terms, asked(head));
    let checked = terms.parameters.check(&asked, effective.max_output_tokens, terms.watched);
    checked.map_err(|breach| denial(breach, endpoint, head))?;
    Ok(watched::broken(caller, endpoint, Some(&head.model), Some(&asked)))
}

/// True if the call names a longer answer than the key may have, so that it is sent with a lower cap.
pub(super) fn is_longer(longest: Option<u64>, head: &Head) -> bool {
    longest.zip(named(head)).is_some_and(|(longest, named)| named > longest)
}

fn named(head: &Head) -> Option<u64> {
    head.caps.iter().flatten().filter_map(|sent| sent.cap.value).max()
}

fn asked(head: &Head) -> Asked {
    let tools = [
        (Feature::Images, head.scan.images > 0),
        (Feature::WebSearch, head.scan.searches || head.scan.fetches),
        (Feature::CodeExecution, head.scan.runs_code),
        (Feature::ServiceTier, head.tier != AskedTier::Standard),
    ];
    Asked {
        answer: named(head),
        // Images are made one for each answer that is asked for.
        choices: head.choices.max(head.most.images),
        effort: head.effort,
        features: tools.into_iter().filter(|(_, there)| *there).map(|(feature, _)| feature).collect(),
    }
}

fn denial(breach: Breach, endpoint: Endpoint, head: &Head) -> Denial {
    let format = endpoint.format();
    let refused = |reason| Denial::ParameterNotAllowed { reason };
    match breach {
        Breach::Banned(Feature::WebSearch) => Denial::ToolNotAllowed { tool: "web search" },
        Breach::Banned(Feature::CodeExecution) => Denial::ToolNotAllowed { tool: "code execution" },
        Breach::Banned(Feature::Images) => refused(
            "This key may not send images. Leave them out, or ask an administrator for guardrails that allow them."
                .to_owned(),
        ),
        Breach::Banned(Feature::ServiceTier) => {
            let field = if format == WireFormat::Gemini { "serviceTier" } else { "service_tier" };
            refused(format!("'{field}': this key may use the standard service tier only. Leave it out."))
        }
        Breach::Choices { at_most } => {
            let field = if format == WireFormat::Gemini { "candidateCount" } else { "n" };
            refused(format!("'{field}': this key may ask for at most {at_most} answers at once. Lower it."))
        }
        Breach::Effort { at_most: Effort::None } => {
            refused("This key may not ask a model to reason. Leave the effort out, or name none.".to_owned())
        }
        Breach::Effort { at_most } => {
            refused(format!("This key may ask for a reasoning effort of '{}' at most. Lower it.", at_most.word()))
        }
        Breach::LongAnswer { at_most } => {
            let field = head.caps.iter().flatten().find(|sent| sent.cap.value.is_some_and(|value| value > at_most));
            let field = field.map_or("max_tokens", |sent| sent.field);
            refused(format!("'{field}': this key may have answers of at most {at_most} tokens. Lower it."))
        }
    }
}
