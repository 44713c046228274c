//! The guardrail form as it arrives and stands: read name by name, since each term has the same four fields, and turned
//! into what the use case takes. A name that the form does not have is refused.

use super::approval::TypedApproval;
use super::idle::TypedIdle;
use super::parameters::Parameters;
use super::terms::{Row, Typed};
use crate::pages::admin::lines;
use crate::pages::form::Reasons;
use crate::visit::PageError;
use domain::access_profile::{AboveMaximum, Audience, ProfileTerms, PromptBound, QuotaTerm};
use domain::id::TeamId;
use domain::model::{Endpoint, ModelPattern};
use domain::person::Role;
use domain::required_field::RequiredField;
use domain::virtual_key::ConsumerKind;
use portal::administration::profiles::ProfileDraft;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Act {
    #[default]
    Save,
    /// Counts the models and shows the form again.
    Check,
}

/// Everything as typed, so that a refused form shows what was entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    /// Only in the form for new guardrails.
    pub form: String,
    /// Only in the form for existing ones: the version that the edit started from.
    pub version: Option<i64>,
    pub act: Act,
    pub name: String,
    pub description: String,
    pub enabled: bool,
    pub roles: Vec<Role>,
    pub teams: Vec<TeamId>,
    pub groups: String,
    pub consumers: Vec<ConsumerKind>,
    pub keys_per_person: String,
    pub models: String,
    pub endpoints: Vec<Endpoint>,
    pub networks: String,
    pub max_output_tokens: String,
    pub assumed_output_tokens: String,
    pub prompt_bound: PromptBound,
    pub shrink_to_fit: bool,
    pub approval: TypedApproval,
    pub idle: TypedIdle,
    pub required: Vec<RequiredField>,
    pub parameters: Parameters,
    /// In the order of [`Row::ALL`].
    pub terms: [Typed; Row::ALL.len()],
}

impl Entered {
    pub fn of(draft: &ProfileDraft) -> Self {
        let ProfileDraft { name, description, terms, audience, consumers, keys_per_person, enabled } = draft;
        let joined = |texts: Vec<String>| texts.join("\n");
        Self {
            form: String::new(),
            version: None,
            act: Act::Save,
            name: name.clone(),
            description: description.clone(),
            enabled: *enabled,
            roles: audience.roles.clone(),
            teams: audience.teams.clone(),
            groups: audience.groups.join("\n"),
            consumers: consumers.clone(),
            keys_per_person: keys_per_person.to_string(),
            models: joined(terms.models.iter().map(ToString::to_string).collect()),
            endpoints: terms.endpoints.clone(),
            networks: joined(terms.networks.iter().map(ToString::to_string).collect()),
            max_output_tokens: terms.max_output_tokens.map(|count| count.to_string()).unwrap_or_default(),
            assumed_output_tokens: terms.assumed_output_tokens.to_string(),
            prompt_bound: terms.prompt_bound,
            shrink_to_fit: terms.shrink_to_fit,
            approval: TypedApproval::of(&terms.approval),
            idle: TypedIdle::of(terms.idle),
            required: terms.required.clone(),
            parameters: Parameters::of(terms),
            terms: Row::ALL.map(|row| row.read(terms).unwrap_or_else(Typed::none)),
        }
    }

    /// Reads the pairs of the form.
    pub fn read(pairs: Vec<(String, String)>) -> Result<Self, PageError> {
        let mut entered = Self::default();
        for (name, value) in pairs {
            entered.take(&name, value)?;
        }
        Ok(entered)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), PageError> {
        let wrong = || PageError::Unprocessable(format!("{name} does not take this value"));
        match name {
            "form" => self.form = value,
            "version" => self.version = Some(value.parse().map_err(|_| wrong())?),
            "act" => {
                self.act = match value.as_str() {
                    "save" => Act::Save,
                    "check" => Act::Check,
                    _ => return Err(wrong()),
                }
            }
            "name" => self.name = value,
            "description" => self.description = value,
            "enabled" => self.enabled = true,
            "roles" => self.roles.push(role(&value).ok_or_else(wrong)?),
            "teams" => self.teams.push(value.parse().map_err(|_| wrong())?),
            "groups" => self.groups = value,
            "consumers" => self.consumers.push(ConsumerKind::from_word(&value).ok_or_else(wrong)?),
            "keys_per_person" => self.keys_per_person = value,
            "models" => self.models = value,
            "endpoints" => self.endpoints.push(endpoint(&value).ok_or_else(wrong)?),
            "networks" => self.networks = value,
            "max_output_tokens" => self.max_output_tokens = value,
            "assumed_output_tokens" => self.assumed_output_tokens = value,
            "prompt_bound" => {
                self.prompt_bound = match value.as_str() {
                    "strict" => PromptBound::Strict,
                    "estimate" => PromptBound::Estimate,
                    _ => return Err(wrong()),
                }
            }
            "shrink_to_fit" => self.shrink_to_fit = true,
            other if self.approval.take(other, &value)? || self.idle.take(other, &value) => {}
            "required" => self.required.push(RequiredField::from_word(&value).ok_or_else(wrong)?),
            other if self.parameters.take(other, &value).ok_or_else(wrong)? => {}
            other => return self.take_term(other, value),
        }
        Ok(())
    }

    fn take_term(&mut self, name: &str, value: String) -> Result<(), PageError> {
        let named = |row: &Row| name.strip_prefix(row.field());
        for (row, typed) in Row::ALL.iter().zip(&mut self.terms) {
            match named(row) {
                Some("") => typed.default = value,
                Some("_maximum") => typed.maximum = value,
                Some("_change") => typed.may_change = value == "yes",
                Some("_above") => {
                    let unknown = || PageError::Unprocessable(format!("{name} does not take this value"));
                    typed.above = AboveMaximum::from_word(&value).ok_or_else(unknown)?;
                }
                _ => continue,
            }
            return Ok(());
        }
        Err(PageError::Unprocessable(format!("unknown field `{name}`")))
    }

    /// The patterns that can be read, and the lines that cannot.
    pub fn patterns(&self) -> (Vec<ModelPattern>, Vec<String>) {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for line in lines(&self.models) {
            match line.parse() {
                Ok(pattern) => good.push(pattern),
                Err(_) => bad.push(line.to_owned()),
            }
        }
        (good, bad)
    }

    /// What the form asks for, or every reason why it cannot be read.
    pub fn draft(&self) -> Result<ProfileDraft, Reasons> {
        let mut reasons = Reasons::default();
        let (models, unreadable) = self.patterns();
        if !unreadable.is_empty() {
            let why = "is neither the name of a model nor the beginning of one with a star, such as claude-*";
            reasons.add("models", format!("Models: {} {why}.", unreadable.join(", ")));
        }
        let mut networks = Vec::new();
        for line in lines(&self.networks) {
            match network(line) {
                Some(network) => networks.push(network),
                None => reasons.add("networks", format!("Networks: {line} is not a network such as 10.0.0.0/8.")),
            }
        }
        let (mut caps, mut quotas, mut tokens_per_minute) = (Vec::new(), Vec::new(), None);
        let (mut requests_per_minute, mut concurrency, mut lifetime_days) = (None, None, None);
        for (&row, typed) in Row::ALL.iter().zip(&self.terms) {
            match row {
                Row::Cap(window) => caps.extend(typed.cap(window, &mut reasons)),
                Row::RequestsPerMinute => requests_per_minute = typed.number(row, &mut reasons),
                Row::TokensPerMinute => tokens_per_minute = typed.number_if_any(row, &mut reasons),
                Row::Concurrency => concurrency = typed.number(row, &mut reasons),
                Row::LifetimeDays => lifetime_days = typed.number(row, &mut reasons),
                Row::Quota(counted, window) => {
                    let amount = typed.number_if_any(row, &mut reasons);
                    quotas.extend(amount.map(|amount| QuotaTerm { counted, window, amount }));
                }
            }
        }
        let max_output_tokens = whole("max_output_tokens", "The longest answer", &self.max_output_tokens, &mut reasons);
        let assumed = whole("assumed_output_tokens", "The assumed answer", &self.assumed_output_tokens, &mut reasons);
        let parameters = self.parameters.rules(&mut reasons);
        let keys_per_person = whole("keys_per_person", "Keys a person", &self.keys_per_person, &mut reasons);
        let keys_per_person = keys_per_person.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX));
        let (approval, idle) = (self.approval.read(&mut reasons), self.idle.read(&mut reasons));
        let (Some(requests_per_minute), Some(concurrency), Some(lifetime_days)) =
            (requests_per_minute, concurrency, lifetime_days)
        else {
            return Err(reasons);
        };
        if !reasons.is_empty() {
            return Err(reasons);
        }
        Ok(ProfileDraft {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            terms: ProfileTerms {
                models,
                endpoints: self.endpoints.clone(),
                caps,
                requests_per_minute,
                concurrency,
                tokens_per_minute,
                quotas,
                prompt_bound: self.prompt_bound,
                shrink_to_fit: self.shrink_to_fit,
                required: self.required.clone(),
                parameters,
                watched: self.parameters.watched,
                lifetime_days,
                networks,
                max_output_tokens,
                assumed_output_tokens: assumed.unwrap_or(0),
                approval,
                idle,
            },
            audience: Audience {
                roles: self.roles.clone(),
                teams: self.teams.clone(),
                groups: lines(&self.groups).map(str::to_owned).collect(),
            },
            consumers: self.consumers.clone(),
            keys_per_person,
            enabled: self.enabled,
        })
    }
}

fn role(word: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.word() == word)
}

fn endpoint(word: &str) -> Option<Endpoint> {
    Endpoint::ALL.into_iter().find(|endpoint| endpoint.word() == word)
}

/// A single address is the network of just itself.
fn network(text: &str) -> Option<ipnet::IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from))
}

fn whole(field: &str, name: &str, text: &str, reasons: &mut Reasons) -> Option<u64> {
    let typed = text.trim().replace(',', "");
    if typed.is_empty() {
        return None;
    }
    typed.parse().map_err(|_| reasons.add(field, format!("{name} is a whole number such as 5."))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::access_profile::AboveMaximum;
    use domain::budget::Window;
    use domain::limits::Counted;
    use domain::money::NanoUsd;
    use domain::parameter_rules::{Effort, Feature, LongAnswer};

    fn pairs(edit: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut pairs = vec![
            ("name", "Standard developer"),
            ("description", ""),
            ("groups", " llm-users \n\n"),
            ("roles", "developer"),
            ("consumers", "person"),
            ("consumers", "agent"),
            ("keys_per_person", "5"),
            ("models", "claude-*\ngpt-5"),
            ("endpoints", "messages"),
            ("networks", "10.0.0.0/8\n192.168.1.7"),
            ("max_output_tokens", ""),
            ("assumed_output_tokens", "4,096"),
            ("cap_month", "50.00"),
            ("cap_month_maximum", "100"),
            ("cap_month_change", "yes"),
            ("cap_month_above", "clamp"),
            ("cap_day", ""),
            ("cap_day_maximum", ""),
            ("requests_per_minute", "60"),
            ("requests_per_minute_maximum", "120"),
            ("concurrency", "8"),
            ("concurrency_maximum", "16"),
            ("tokens_per_minute", "20,000"),
            ("tokens_per_minute_maximum", "40,000"),
            ("tokens_day", "1000000"),
            ("tokens_day_maximum", "2000000"),
            ("tokens_day_change", "yes"),
            ("requests_hour", ""),
            ("requests_hour_maximum", ""),
            ("prompt_bound", "estimate"),
            ("shrink_to_fit", "yes"),
            ("lifetime_days", "90"),
            ("lifetime_days_maximum", "180"),
            ("required", "application"),
            ("required", "tags"),
            ("long_answers", "reject"),
            ("most_choices", "1"),
            ("highest_effort", "medium"),
            ("banned", "web_search"),
            ("enabled", "yes"),
            ("act", "save"),
            ("version", "7"),
        ];
        pairs.retain(|(name, _)| !edit.iter().any(|(edited, _)| edited == name));
        pairs.extend_from_slice(edit);
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn what_was_typed_becomes_terms_and_stands_in_the_form_again() {
        let draft = Entered::read(pairs(&[])).unwrap().draft().unwrap();
        let [cap] = draft.terms.caps.as_slice() else { panic!("{:?}", draft.terms.caps) };
        assert_eq!(
            (cap.window, cap.amount.maximum, cap.amount.above),
            (Window::Month, NanoUsd::from_dollars(100), AboveMaximum::Clamp)
        );
        assert!(cap.amount.developers_may_change && !draft.terms.concurrency.developers_may_change);
        let tokens = draft.terms.tokens_per_minute.unwrap();
        assert_eq!((tokens.default, tokens.maximum, tokens.developers_may_change), (20_000, 40_000, false));
        let [quota] = draft.terms.quotas.as_slice() else { panic!("{:?}", draft.terms.quotas) };
        assert_eq!((quota.counted, quota.window, quota.amount.maximum), (Counted::Tokens, Window::Day, 2_000_000));
        assert_eq!((draft.terms.prompt_bound, draft.terms.shrink_to_fit), (PromptBound::Estimate, true));
        assert_eq!(draft.terms.required, [RequiredField::Application, RequiredField::Tags]);
        let rules = &draft.terms.parameters;
        assert_eq!((rules.long_answers, rules.most_choices), (LongAnswer::Reject, Some(1)));
        assert_eq!((rules.highest_effort, rules.banned.as_slice()), (Some(Effort::Medium), &[Feature::WebSearch][..]));
        assert_eq!(draft.audience.groups, ["llm-users"]);
        assert_eq!(draft.terms.networks[1].to_string(), "192.168.1.7/32");
        assert_eq!((draft.terms.assumed_output_tokens, draft.terms.max_output_tokens), (4_096, None));
        let again = Entered::of(&draft);
        assert_eq!(again.draft().unwrap().terms, draft.terms);
    }

    #[test]
    fn a_field_that_the_form_does_not_have_is_refused() {
        for (name, value) in [
            ("cap_year", "1"),
            ("tokens_year", "1"),
            ("prompt_bound", "none"),
            ("roles", "king"),
            ("banned", "everything"),
            ("highest_effort", "a lot"),
            ("required", "blood"),
            ("version", "new"),
            ("cap_month_default", "1"),
            ("act", "x"),
        ] {
            assert!(matches!(Entered::read(pairs(&[(name, value)])), Err(PageError::Unprocessable(_))), "{name}");
        }
    }

    #[test]
    fn every_reason_is_given_at_once() {
        let entered = Entered::read(pairs(&[
            ("cap_month", "lots"),
            ("tokens_per_minute", "many"),
            ("tokens_day_maximum", ""),
            ("models", "claude-*\n*bad"),
            ("networks", "here"),
            ("concurrency", ""),
            ("keys_per_person", "-1"),
            ("most_choices", "few"),
        ]));
        let reasons = entered.unwrap().draft().unwrap_err();
        for field in [
            "cap_month",
            "tokens_per_minute",
            "tokens_day",
            "models",
            "networks",
            "concurrency",
            "keys_per_person",
            "most_choices",
        ] {
            assert!(reasons.at(field).is_some(), "{field}");
        }
    }
}
