//! Why the key cannot be minted, brought to the fields together with the ways out.

use super::form::MintForm;
use super::view::{may_change_tokens, quotas, windows};
use crate::components::{Problem, WayOut, Wrong};
use crate::format::typed_usd;
use crate::paths;
use crate::words;
use domain::access_profile::AccessProfile;
use domain::refusal::{Amount, Reason, Refusal, cap_field, quota_field};

pub(super) struct Reasons(pub(super) Vec<Refusal>);

impl Reasons {
    pub(super) fn at(&self, field: &str) -> Option<Problem> {
        let here: Vec<_> = self.0.iter().filter(|refusal| refusal.field == field).collect();
        let messages: Vec<_> = here.iter().map(|refusal| words::refusal(refusal)).collect();
        let ways_out = here.iter().flat_map(|refusal| ways_out(refusal)).collect();
        (!here.is_empty()).then(|| Problem { message: messages.join(" "), ways_out })
    }

    /// A fixed term has no field to lead to.
    pub(super) fn summary(&self, profile: &AccessProfile, form: &MintForm) -> Vec<Wrong> {
        let mut fields = vec![
            "name",
            "consumer",
            "profile",
            "application",
            "environment",
            "cost_centre",
            "tags",
            "models",
            "networks",
            "max_output_tokens",
            "owner",
            "policy",
            "reason",
            "until",
        ];
        fields.extend(windows(profile, form).into_iter().map(cap_field));
        fields.extend(quotas(profile, form).into_iter().map(|(counted, window)| quota_field(counted, window)));
        if may_change_tokens(profile) {
            fields.push("tokens_per_minute");
        }
        let terms = &profile.terms;
        for (field, term) in [
            ("requests_per_minute", &terms.requests_per_minute),
            ("concurrency", &terms.concurrency),
            ("lifetime_days", &terms.lifetime_days),
        ] {
            if term.developers_may_change {
                fields.push(field);
            }
        }
        let wrong = |refusal: &Refusal| Wrong {
            field: fields.contains(&refusal.field).then(|| refusal.field.to_owned()),
            message: words::refusal(refusal),
        };
        self.0.iter().map(wrong).collect()
    }
}

/// What can be done about it right here: use the nearest value that is allowed, or open what is in the way.
fn ways_out(refusal: &Refusal) -> Vec<WayOut> {
    let put = |amount: Amount| {
        let value = match amount {
            Amount::Money { amount, .. } => typed_usd(amount),
            Amount::PerMinute(value) | Amount::AtOnce(value) | Amount::Days(value) => value.to_string(),
            Amount::Tokens(value)
            | Amount::Count(value)
            | Amount::TokensPerMinute(value)
            | Amount::Quota { limit: value, .. } => value.to_string(),
        };
        let text = format!("Use {}", words::amount(amount));
        WayOut::Button { name: "use".to_owned(), value: format!("{}={value}", refusal.field), text }
    };
    let ask = |amount: Amount| WayOut::Button {
        name: "act".to_owned(),
        value: "asking".to_owned(),
        text: format!("Ask for {}", words::amount(amount)),
    };
    match refusal.reason {
        Reason::AboveMaximum { maximum, .. } => vec![put(maximum)],
        Reason::AboveMaximumAsk { wanted, maximum } => vec![put(maximum), ask(wanted)],
        Reason::BelowMinimum { minimum, .. } => vec![put(minimum)],
        Reason::KeyNameTaken { key: Some(key) } => {
            vec![WayOut::Link { href: paths::key(key), text: "Open that key".to_owned() }]
        }
        _ => Vec::new(),
    }
}
