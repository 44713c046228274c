//! The portal's no in sentences: which field, which figure, what to do instead.

use super::fields::thing;
use super::settings::{per_window, quota};
use crate::format::{grouped, usd};
use domain::refusal::{AddressProblem, Amount, Reason, Refusal};

/// A complete sentence or two. It reads alone, since the summary above a form lists it without its field.
pub fn refusal(refusal: &Refusal) -> String {
    let Refusal { field, reason } = refusal;
    let thing = thing(field);
    match reason {
        Reason::Missing => missing(field, thing),
        Reason::Malformed => malformed(field, thing),
        Reason::TooLong { at_most } => {
            format!("{thing} can have at most {} characters. Shorten it.", grouped(u64::from(*at_most)))
        }
        Reason::TooMany { at_most } => {
            format!("{thing}: at most {} can be listed. Remove some.", grouped(u64::from(*at_most)))
        }
        Reason::HiddenCharacters => {
            format!("{thing} contains characters that cannot be seen. Type it again instead of pasting it.")
        }
        Reason::UnknownChoice => {
            format!("{thing}: this choice does not exist, or not for you. Choose one of the list.")
        }
        Reason::AboveMaximum { wanted, maximum } => {
            let (wanted, maximum) = (figure(*wanted), figure(*maximum));
            format!("{thing} can be at most {maximum}; you entered {wanted}. Enter {maximum} or less.")
        }
        Reason::BelowMinimum { wanted, minimum } => {
            let (wanted, minimum) = (figure(*wanted), figure(*minimum));
            format!("{thing} has to be at least {minimum}; you entered {wanted}. Enter {minimum} or more.")
        }
        Reason::Fixed { value } => {
            format!("{thing} is fixed at {} by these guardrails. Leave it as it is.", figure(*value))
        }
        Reason::KeyNameTaken { key: Some(key) } => {
            format!("There is already a live key of this name ({key}). Open that one, or choose another name.")
        }
        Reason::KeyNameTaken { key: None } => {
            "There is already a live key of this name. Open that one, or choose another name.".to_owned()
        }
        Reason::NameTaken => "This name is taken. Choose another one.".to_owned(),
        Reason::TooManyKeys { held, at_most } => {
            let noun = if *at_most == 1 { "key" } else { "keys" };
            format!(
                "These guardrails allow {at_most} live {noun} for each owner, and {held} {} in use. Revoke one that is \
                 no longer needed, or choose other guardrails.",
                if *held == 1 { "is" } else { "are" }
            )
        }
        Reason::ProfileDisabled => {
            "These guardrails are switched off, so that no new key can be minted under them. Choose others.".to_owned()
        }
        Reason::ConsumerNotAllowed => {
            "These guardrails do not allow keys for that. Choose another use, or other guardrails.".to_owned()
        }
        Reason::MayNotMint => {
            "Your roles do not include minting keys. Ask an administrator for the developer role.".to_owned()
        }
        Reason::OwnerNotYours => {
            "You can mint keys for yourself and for teams that you lead. Choose one of these.".to_owned()
        }
        Reason::OwnWorkNeedsPersonalOwner => {
            "A key for your own work belongs to you. Choose yourself as the owner, or another use.".to_owned()
        }
        Reason::NothingAllowed => nothing_allowed(field, thing),
        Reason::ModelNotInProfile { pattern } => {
            format!("{pattern} is not within these guardrails. Remove it, or choose other guardrails.")
        }
        Reason::ModelUnknown { model } => {
            format!("No model here is called {model}. Look it up on the models page.")
        }
        Reason::ModelUnpriced { model } => {
            format!("{model} has no price yet, so that a budget would refuse it. Ask an administrator to set one.")
        }
        Reason::ProfileNotInEnvironment => {
            "Keys under these guardrails are not for this environment. Choose another one, or other guardrails."
                .to_owned()
        }
        Reason::PolicyChanged { version } => {
            format!(
                "The key policy has changed: version {version} holds now. Read it, tick the box and send the form again."
            )
        }
        Reason::NetworkNotInProfile { network } => {
            format!("{network} is not within the networks of these guardrails. Remove it, or narrow it.")
        }
        Reason::MaximumBelowDefault => {
            format!("{thing}: the maximum is below the default. Raise the maximum, or lower the default.")
        }
        Reason::Twice { value } => format!("{thing}: {value} is there twice. Remove one."),
        Reason::AddressNotUsable(problem) => address(*problem).to_owned(),
        Reason::CredentialNeeded => {
            "The address leads to another server now. Enter the credential for it: the stored one is never sent \
             anywhere else."
                .to_owned()
        }
        Reason::LastAdministrator => {
            "This is the last active administrator. Make somebody else an administrator first.".to_owned()
        }
        Reason::LosesOwnRole => {
            "By this you are no administrator after your next sign-in. Tick the box if that is meant, or keep a rule that \
             makes you one."
                .to_owned()
        }
        Reason::ClaimNotAskable { claim } => {
            format!(
                "No rule can decide by {claim}: it belongs to the protocol, or people can change it themselves. Use a \
                 group or an app role."
            )
        }
        Reason::NotOneself => "You cannot do this to your own account. Ask another administrator to do it.".to_owned(),
        Reason::LaterThanLifetime { latest } => {
            let latest = latest.to_jiff().strftime("%-d %b %Y, %H:%M UTC");
            format!("These guardrails let the key live until {latest} at most. Choose an earlier end.")
        }
        Reason::InThePast => "This moment has passed already. Choose a later one.".to_owned(),
        Reason::LaterThanOverlap { latest } => {
            let day = latest.to_jiff().strftime("%-d %B %Y");
            format!("An old secret ends thirty days after its rotation at the latest, on {day}. Choose an earlier end.")
        }
        Reason::OldSecretEnded => "The old secret has ended already: there is nothing to change.".to_owned(),
        Reason::KeyEnded => "This key has ended for good: it is revoked or expired. Mint a new one instead.".to_owned(),
        Reason::DisabledByAdministrator => {
            "An administrator disabled this key. Ask an administrator to enable it, or mint another one.".to_owned()
        }
        Reason::TooSoon { wait_seconds } => {
            let noun = if *wait_seconds == 1 { "second" } else { "seconds" };
            format!("This was asked a moment ago. Try again in {wait_seconds} {noun}.")
        }
        Reason::AliasOfAlias => {
            "Another name stands for a model, not for itself or for another name. Choose a model that is one."
                .to_owned()
        }
        Reason::AboveMaximumAsk { wanted, maximum } => {
            let (wanted, maximum) = (figure(*wanted), figure(*maximum));
            format!("{thing} can be at most {maximum} without asking; you entered {wanted}. Use {maximum}, or ask for {wanted}.")
        }
        Reason::NeedsApproval => {
            "Every key under these guardrails is approved by somebody first. Say what it is for, and ask for it."
                .to_owned()
        }
        Reason::NothingAsked => "This is what the key has already. Ask for more than that, or leave it.".to_owned(),
        Reason::TooManyWaiting { at_most } => {
            format!("{at_most} of your requests wait for an answer. Withdraw one, or wait until one is answered.")
        }
        Reason::AlreadyDecided => "This request has its answer already. Open it to see who gave it.".to_owned(),
        Reason::NotOnesOwnRequest => "Nobody decides about their own request. Somebody else has to.".to_owned(),
        Reason::AboveTeamBudget { wanted, maximum } => {
            let (wanted, maximum) = (amount(*wanted), amount(*maximum));
            format!("The team itself may spend {maximum}, and this is {wanted}. Approve less, or leave it to an administrator.")
        }
        Reason::NoSecretYet => {
            "This key has no secret yet: whoever asked for it takes it on the request's page. It cannot be used or rotated before."
                .to_owned()
        }
        Reason::CostCentreUnknown { code } => {
            format!("No cost centre is called {code}. Choose one of the list, or ask an administrator to add it.")
        }
        Reason::CostCentreNotYet { code, from } => {
            let from = from.date().strftime("%-d %b %Y");
            format!("Cost centre {code} is not valid before {from}. Choose one that is valid today.")
        }
        Reason::CostCentreEnded { code, last } => {
            let last = last.date().strftime("%-d %b %Y");
            format!("Cost centre {code} ended on {last}. Choose one that is valid today, or ask an administrator which one took over.")
        }
        Reason::Exchange(problem) => super::exchange::refused(*problem),
        Reason::Adjustment(problem) => super::adjustment::refused(*problem),
        Reason::ProposalChanged => {
            "The key was used meanwhile, so that something else is proposed now. Look at the lines again, and tick those \
             that you want."
                .to_owned()
        }
        Reason::TermsChangedSince => {
            "The key's terms were changed after they were narrowed, so that what was there before does not fit any more. \
             Ask for what is missing instead."
                .to_owned()
        }
        Reason::UndoOver => {
            "The seven days are over, or it was taken back already. Ask for what is missing instead.".to_owned()
        }
        Reason::NoBudgetAbove => {
            "The level above has no budget of this kind that a share of it could be guaranteed. Give it one first.".to_owned()
        }
        Reason::AboveShare { wanted, left, of } => {
            let (wanted, left, of) = (amount(*wanted), amount(*left), amount(*of));
            format!(
                "The level above has {of}, of which {left} is not guaranteed to others, and this is {wanted}. Enter less, or \
                 raise that budget first."
            )
        }
        Reason::EndsBeforeStart if *field == "last_month" => {
            "The last month lies before the first. Enter a later one.".to_owned()
        }
        Reason::EndsBeforeStart => "The last day lies before the first. Enter a later one.".to_owned(),
        Reason::UnknownProvider => {
            "One of the deployments names a provider that is not there any more. Choose another provider.".to_owned()
        }
    }
}

/// Behind the name of its field, which says the window already: `$50.00`, `60`, `90 days`
fn figure(of: Amount) -> String {
    match of {
        Amount::Money { amount, .. } => usd(amount),
        Amount::PerMinute(count) | Amount::AtOnce(count) => grouped(u64::from(count)),
        Amount::TokensPerMinute(count) | Amount::Quota { limit: count, .. } => grouped(count),
        Amount::Days(_) | Amount::Tokens(_) | Amount::Count(_) => amount(of),
    }
}

/// `$50.00 a month`, `60 requests a minute`, `90 days`
pub fn amount(amount: Amount) -> String {
    let counted =
        |count: u64, one: &str, many: &str| format!("{} {}", grouped(count), if count == 1 { one } else { many });
    match amount {
        Amount::Money { amount, window } => format!("{} {}", usd(amount), per_window(window)),
        Amount::PerMinute(count) => counted(u64::from(count), "request a minute", "requests a minute"),
        Amount::TokensPerMinute(count) => counted(count, "token a minute", "tokens a minute"),
        Amount::Quota { limit, counted: what, window } => quota(what, window, limit),
        Amount::AtOnce(count) => counted(u64::from(count), "call at once", "calls at once"),
        Amount::Days(days) => counted(u64::from(days), "day", "days"),
        Amount::Tokens(count) => counted(count, "token", "tokens"),
        Amount::Count(count) => grouped(count),
    }
}

fn missing(field: &str, thing: &'static str) -> String {
    match field {
        "caps" => "Every key has a budget. Enter one for at least one window.".to_owned(),
        "deployments" => "A model needs a place to go. Add a deployment at one of the providers.".to_owned(),
        "credential" => "This provider wants a credential. Enter it.".to_owned(),
        "policy" => "Read the key policy, and tick the box that says so.".to_owned(),
        "parts" => "No line is ticked. Tick at least one, or leave the key as it is.".to_owned(),
        "owner" | "profile" | "consumer" | "environment" | "preset" | "format" | "provider" | "person" | "team"
        | "reason" | "overlap" => format!("{thing} is not chosen yet. Choose one."),
        _ => format!("{thing} is missing. Enter it."),
    }
}

fn malformed(field: &str, thing: &'static str) -> String {
    match field {
        "models" => "Models are listed one on each line, by name or by the beginning of a name: claude-*".to_owned(),
        "networks" => "Networks are listed one on each line: 10.0.0.0/8".to_owned(),
        "cap_hour" | "cap_day" | "cap_week" | "cap_month" | "cap_quarter" | "cap_total" | "price" | "monthly" => {
            format!("{thing} is an amount of dollars such as 50.00.")
        }
        "requests_per_minute"
        | "tokens_per_minute"
        | "requests_hour"
        | "requests_day"
        | "requests_month"
        | "tokens_hour"
        | "tokens_day"
        | "tokens_month"
        | "concurrency"
        | "lifetime_days"
        | "max_output_tokens"
        | "assumed_output_tokens"
        | "max_input_tokens"
        | "keys_per_person"
        | "weight"
        | "priority" => {
            format!("{thing} is a whole number such as 60.")
        }
        "expires_at" | "valid_from" | "valid_until" | "first" | "last" => {
            format!("{thing} is a day such as 2027-02-18.")
        }
        "first_month" | "last_month" => format!("{thing} is a month such as 2027-02."),
        _ if field.starts_with("guarantee_") => format!("{thing} is an amount of dollars such as 50.00."),
        "credential" => "A credential has no spaces or line breaks. Copy it again.".to_owned(),
        _ => format!("{thing} cannot be read. Check it for typing errors."),
    }
}

fn nothing_allowed(field: &str, thing: &'static str) -> String {
    match field {
        "models" => "Without a model the key could call nothing. Choose at least one.".to_owned(),
        "consumers" => "Nothing is ticked, so that no key could be minted. Tick at least one use.".to_owned(),
        "endpoints" => "Nothing is ticked, so that keys could call nothing. Tick at least one endpoint.".to_owned(),
        _ => format!("{thing}: an empty list allows nothing. Choose at least one."),
    }
}

const fn address(problem: AddressProblem) -> &'static str {
    match problem {
        AddressProblem::NotAnAddress => "This is not an address. Enter one such as https://api.example.com/v1.",
        AddressProblem::Scheme => "The address has to start with https://.",
        AddressProblem::Credentials => {
            "The address contains a user name or password. Remove it, and enter the credential in its own field."
        }
        AddressProblem::QueryOrFragment => "The address has a part after ? or #. Remove it.",
        AddressProblem::CloudMetadata => {
            "This address hands out this machine's own cloud credentials and is never a provider. Enter the provider's \
             address."
        }
        AddressProblem::PlainOutside => {
            "Without encryption only a server in your own network can be reached. Enter an https:// address."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::budget::Window;
    use domain::limits::Counted;
    use domain::money::NanoUsd;

    fn say(field: &'static str, reason: Reason) -> String {
        refusal(&Refusal::new(field, reason))
    }

    #[test]
    fn a_sentence_names_the_thing_the_figures_and_the_next_step() {
        let money = |dollars| Amount::Money { amount: NanoUsd::from_dollars(dollars), window: Window::Month };
        assert_eq!(
            say("cap_month", Reason::AboveMaximum { wanted: money(150), maximum: money(100) }),
            "The budget a month can be at most $100.00; you entered $150.00. Enter $100.00 or less."
        );
        let calls = (Amount::PerMinute(500), Amount::PerMinute(120));
        assert_eq!(
            say("requests_per_minute", Reason::AboveMaximum { wanted: calls.0, maximum: calls.1 }),
            "Requests a minute can be at most 120; you entered 500. Enter 120 or less."
        );
        assert_eq!(say("name", Reason::Missing), "The name is missing. Enter it.");
        assert_eq!(
            say("profile", Reason::TooManyKeys { held: 1, at_most: 1 }),
            "These guardrails allow 1 live key for each owner, and 1 is in use. Revoke one that is no longer needed, or \
             choose other guardrails."
        );
    }

    #[test]
    fn every_kind_of_amount_reads_in_one_and_in_many() {
        for (given, text) in [
            (Amount::PerMinute(1), "1 request a minute"),
            (Amount::PerMinute(1_200), "1,200 requests a minute"),
            (Amount::TokensPerMinute(20_000), "20,000 tokens a minute"),
            (Amount::Quota { limit: 1, counted: Counted::Requests, window: Window::Hour }, "1 request an hour"),
            (Amount::Quota { limit: 9_000, counted: Counted::Tokens, window: Window::Month }, "9,000 tokens a month"),
            (Amount::AtOnce(8), "8 calls at once"),
            (Amount::Days(1), "1 day"),
            (Amount::Tokens(4_000), "4,000 tokens"),
            (Amount::Money { amount: NanoUsd::from_dollars(5), window: Window::Total }, "$5.00 in total"),
        ] {
            assert_eq!(amount(given), text);
        }
    }

    #[test]
    fn a_field_that_has_no_word_yet_still_makes_a_sentence() {
        assert_eq!(say("something_new", Reason::Malformed), "This value cannot be read. Check it for typing errors.");
    }
}
