//! Each term of a wish, held against what the profile allows: granted, cut down, refused, or left to be asked for.

use super::{Above, Clamped, Decision, LONGEST_ASKED_DAYS, MOST_MODELS, MOST_NETWORKS, Purpose, SMALLEST_CAP};
use crate::access_profile::{AboveMaximum, ProfileTerms, QuotaTerm, Term};
use crate::budget::Cap;
use crate::limits::{Quota, check_quota};
use crate::model::{Model, ModelPattern};
use crate::refusal::{Amount, Reason, cap_field, quota_field};
use ipnet::IpNet;

impl Decision {
    /// A lifetime above the maximum is not a grant: the key simply ends later.
    pub(super) fn lifetime(&mut self, term: &Term<u32>, wish: Option<u32>) -> u32 {
        let field = "lifetime_days";
        let days = self.term(field, term, wish, 1, Amount::Days);
        let Some(&Above { wanted: Amount::Days(asked), .. }) = self.above.iter().find(|above| above.field == field)
        else {
            return days;
        };
        if asked > LONGEST_ASKED_DAYS {
            let (wanted, maximum) = (Amount::Days(asked), Amount::Days(LONGEST_ASKED_DAYS));
            self.refuse(field, Reason::AboveMaximum { wanted, maximum });
        }
        asked
    }

    /// One term: the default, or the wish if the profile lets it be changed and it lies within the bounds.
    pub(super) fn term<T: Copy + Ord>(
        &mut self,
        field: &'static str,
        term: &Term<T>,
        wish: Option<T>,
        minimum: T,
        amount: impl Fn(T) -> Amount,
    ) -> T {
        let default = term.default.min(term.maximum);
        let Some(wanted) = wish.filter(|&wanted| wanted != default) else { return default };
        if !term.developers_may_change {
            self.refuse(field, Reason::Fixed { value: amount(default) });
        } else if wanted < minimum {
            self.refuse(field, Reason::BelowMinimum { wanted: amount(wanted), minimum: amount(minimum) });
        } else if wanted <= term.maximum {
            return wanted;
        } else {
            let (wanted, maximum) = (amount(wanted), amount(term.maximum));
            match term.above {
                AboveMaximum::Reject => self.refuse(field, Reason::AboveMaximum { wanted, maximum }),
                AboveMaximum::Clamp => self.clamped.push(Clamped { field, wanted, granted: maximum }),
                AboveMaximum::Ask if self.purpose == Purpose::Ask => self.above.push(Above { field, wanted, maximum }),
                AboveMaximum::Ask => self.refuse(field, Reason::AboveMaximumAsk { wanted, maximum }),
            }
            return term.maximum;
        }
        default
    }

    /// The profile's caps with the wishes, and caps for further windows, which can only narrow.
    pub(super) fn caps(&mut self, terms: &ProfileTerms, wishes: &[Cap]) -> Vec<Cap> {
        for (nth, cap) in wishes.iter().enumerate() {
            if wishes[..nth].iter().any(|earlier| earlier.window == cap.window) {
                self.refuse(cap_field(cap.window), Reason::Twice { value: cap.window.word().to_owned() });
            }
        }
        let mut granted = Vec::with_capacity(terms.caps.len());
        for cap in &terms.caps {
            let window = cap.window;
            let wish = wishes.iter().find(|wish| wish.window == window).map(|wish| wish.limit);
            let money = |amount| Amount::Money { amount, window };
            granted.push(Cap { window, limit: self.term(cap_field(window), &cap.amount, wish, SMALLEST_CAP, money) });
        }
        for &Cap { window, limit } in wishes {
            if granted.iter().any(|cap| cap.window == window) {
                continue;
            }
            if limit < SMALLEST_CAP {
                let money = |amount| Amount::Money { amount, window };
                let reason = Reason::BelowMinimum { wanted: money(limit), minimum: money(SMALLEST_CAP) };
                self.refuse(cap_field(window), reason);
            }
            granted.push(Cap { window, limit });
        }
        if granted.is_empty() {
            self.refuse("caps", Reason::Missing);
        }
        granted
    }

    /// Where the profile sets no limit, a key may still have one.
    pub(super) fn tokens_per_minute(&mut self, terms: &ProfileTerms, wish: Option<u64>) -> Option<u64> {
        let field = "tokens_per_minute";
        if let Some(term) = &terms.tokens_per_minute {
            return Some(self.term(field, term, wish, 1, Amount::TokensPerMinute));
        }
        if wish == Some(0) {
            let (wanted, minimum) = (Amount::TokensPerMinute(0), Amount::TokensPerMinute(1));
            self.refuse(field, Reason::BelowMinimum { wanted, minimum });
        }
        wish
    }

    /// As with caps, but there may be none.
    pub(super) fn quotas(&mut self, terms: &ProfileTerms, wishes: &[Quota]) -> Vec<Quota> {
        let mut granted: Vec<Quota> = Vec::with_capacity(terms.quotas.len());
        for QuotaTerm { counted, window, amount } in &terms.quotas {
            let (&counted, &window) = (counted, window);
            let wish = wishes.iter().find(|wish| (wish.counted, wish.window) == (counted, window));
            let figure = |limit| Amount::Quota { limit, counted, window };
            let limit = self.term(quota_field(counted, window), amount, wish.map(|wish| wish.limit), 1, figure);
            granted.push(Quota { counted, window, limit });
        }
        for (nth, wish) in wishes.iter().enumerate() {
            let field = quota_field(wish.counted, wish.window);
            let within = granted.iter().any(|quota| (quota.counted, quota.window) == (wish.counted, wish.window));
            for reason in check_quota(wish, &wishes[..nth]) {
                // The term above has said what it thinks of a wish that is too small.
                if !within || !matches!(reason, Reason::BelowMinimum { .. }) {
                    self.refuse(field, reason);
                }
            }
            if !within {
                granted.push(*wish);
            }
        }
        granted
    }

    /// The profile's patterns, or a narrower choice. A model chosen by its full name must be one that a call would reach.
    pub(super) fn models(
        &mut self,
        terms: &ProfileTerms,
        wish: Option<&[ModelPattern]>,
        served: &[Model],
    ) -> Vec<ModelPattern> {
        let wish = wish.unwrap_or(&terms.models);
        if wish.is_empty() {
            self.refuse("models", Reason::NothingAllowed);
        } else if wish.len() > MOST_MODELS as usize && wish != terms.models {
            self.refuse("models", Reason::TooMany { at_most: MOST_MODELS });
            return Vec::new();
        }
        let mut granted: Vec<ModelPattern> = Vec::new();
        for pattern in wish {
            if granted.contains(pattern) {
                continue;
            }
            granted.push(pattern.clone());
            if terms.models.contains(pattern) {
                continue;
            }
            let text = || pattern.as_str().to_owned();
            if !terms.models.iter().any(|allowed| allowed.covers(pattern)) {
                self.refuse("models", Reason::ModelNotInProfile { pattern: text() });
            } else if !pattern.as_str().ends_with('*') {
                match served.iter().find(|model| model.enabled && pattern.matches(model.name.as_str())) {
                    None => self.refuse("models", Reason::ModelUnknown { model: text() }),
                    Some(model) if model.price.is_none() => {
                        self.refuse("models", Reason::ModelUnpriced { model: text() });
                    }
                    Some(_) => {}
                }
            }
        }
        granted
    }

    pub(super) fn networks(&mut self, terms: &ProfileTerms, wish: Option<&[IpNet]>) -> Vec<IpNet> {
        let Some(wish) = wish.filter(|wish| !wish.is_empty()) else { return terms.networks.clone() };
        if wish.len() > MOST_NETWORKS as usize {
            self.refuse("networks", Reason::TooMany { at_most: MOST_NETWORKS });
            return Vec::new();
        }
        let mut granted: Vec<IpNet> = Vec::new();
        for network in wish.iter().map(IpNet::trunc) {
            let allowed = terms.networks.is_empty() || terms.networks.iter().any(|wider| wider.contains(&network));
            if !allowed {
                self.refuse("networks", Reason::NetworkNotInProfile { network: network.to_string() });
            } else if !granted.contains(&network) {
                granted.push(network);
            }
        }
        granted
    }

    pub(super) fn output_tokens(&mut self, terms: &ProfileTerms, wish: Option<u64>) -> Option<u64> {
        let Some(wanted) = wish else { return terms.max_output_tokens };
        if wanted == 0 {
            let reason = Reason::BelowMinimum { wanted: Amount::Tokens(0), minimum: Amount::Tokens(1) };
            self.refuse("max_output_tokens", reason);
        }
        if let Some(maximum) = terms.max_output_tokens.filter(|&maximum| wanted > maximum) {
            let (wanted, maximum) = (Amount::Tokens(wanted), Amount::Tokens(maximum));
            self.refuse("max_output_tokens", Reason::AboveMaximum { wanted, maximum });
        }
        Some(wanted)
    }
}
