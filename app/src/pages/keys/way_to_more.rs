//! Where a refused call leads whoever may ask for more: to the form, with the model that was missing filled in. What
//! asking cannot change (a wrong network, a full gateway, a revoked key) leads nowhere.

use crate::components::WayOn;
use crate::paths;
use domain::usage::UsageRecord;

pub fn way_to_more(call: &UsageRecord) -> Option<WayOn> {
    let (text, href) = match call.denial.as_deref()? {
        "model_not_allowed" => ("Ask for it", paths::ask_for_model(call.key, &call.model)),
        "budget_exhausted"
        | "budget_insufficient"
        | "rate_limited"
        | "tokens_limited"
        | "concurrency_limited"
        | "quota_exhausted" => ("Ask for more", paths::ask(call.key)),
        _ => return None,
    };
    Some(WayOn { text: text.to_owned(), href })
}
