//! Words for the audit log: what was done, and what its fields are called.

/// What an action means, as the end of a sentence that starts with who did it: "minted the key". An action that this
/// version does not know is said as it is.
pub fn action(action: &str) -> String {
    let words = match action {
        "key.minted" => "minted the key",
        "key.rotated" => "rotated the secret of",
        "key.old_secret_end_changed" => "changed when the old secret ends of",
        "key.renamed" => "renamed the key",
        "key.disabled" => "disabled the key",
        "key.enabled" => "enabled the key",
        "key.revoked" => "revoked the key",
        "key.reviewed" => "reviewed the key",
        "key.expiry_changed" => "changed the end of the key",
        "key.narrowed" => "narrowed to its use the key",
        "key.narrowing_undone" => "took back the narrowing of the key",
        "key.handed_over" => "handed over the key",
        "key.approved" => "approved the key",
        "key.secret_taken" => "took the first secret of",
        "request.made" => "asked for",
        "request.approved" => "approved what was asked for",
        "request.declined" => "declined what was asked for",
        "request.withdrawn" => "took back the request for",
        "usage_view.shared" => "shared the view of usage",
        "usage_view.removed" => "removed the shared view of usage",
        "approval_rule.added" => "added the approval rule",
        "approval_rule.removed" => "removed the approval rule",
        "profile.created" => "created the guardrails",
        "profile.changed" => "changed the guardrails",
        "profile.change_withdrawn" => "withdrew what existing keys were to come to under the guardrails",
        "key_policy.changed" => "changed the",
        "key_reviews.switched" => "switched",
        "environment.created" => "added the environment",
        "environment.changed" => "changed the environment",
        "provider.added" => "added the provider",
        "provider.changed" => "changed the provider",
        "provider.enabled" => "turned on the provider",
        "provider.disabled" => "turned off the provider",
        "provider.tested" => "tested the connection to",
        "credential.added" => "added the credential of",
        "credential.replaced" => "replaced the credential of",
        "model.added" => "added the model",
        "model.changed" => "changed the model",
        "person.activated" => "switched on the account of",
        "person.deactivated" => "suspended the account of",
        "person.role_granted" => "granted a role to",
        "person.role_revoked" => "took a role from",
        "catalogue.added" => "added models of the catalogue to",
        "team.created" => "created the team",
        "team.member_changed" => "changed a member of the team",
        "team.member_removed" => "removed a member from the team",
        "cost_centre.created" => "added the cost centre",
        "cost_centre.changed" => "changed the cost centre",
        "cost_centre.ended" => "ended the cost centre",
        "team.cost_centre_changed" => "changed the cost centre of the team",
        "data_scope.set" => "set what is seen by",
        "data_scope.cleared" => "took back what was set to be seen by",
        "application.created" => "made a level of budgets of the application",
        "adjustment.made" => "moved to another cost centre past spend of",
        "adjustment.undone" => "took back a move of past spend of",
        "commitment.added" => "added the commitment",
        "commitment.changed" => "changed the commitment",
        "display_currency.set" => "set the display currency to",
        "exchange_rate.added" => "added a rate of",
        "exchange_rate.removed" => "removed a rate of",
        "unit.created" => "created the business unit",
        "unit.changed" => "changed the business unit",
        "limits.set" => "set the limits of",
        "limits.cleared" => "took back the limits of",
        "person.created" => "added the person",
        "person.roles_changed" => "changed the roles of",
        "session.started" => "signed in as",
        "rule.added" => "added a rule",
        "rule.changed" => "changed a rule",
        "rule.removed" => "removed a rule",
        "session.ended" => "ended a session of",
        "session.ended_everywhere" => "ended all sessions of",
        "invite.created" => "made an invitation to be",
        "installation.initialised" => "set up",
        unknown => return unknown.replace(['.', '_'], " "),
    };
    words.to_owned()
}

/// `requests_per_minute` as `Requests per minute`.
pub fn field(name: &str) -> String {
    let text = name.replace(['_', '.'], " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use portal::administration::audit::ACTIONS;

    #[test]
    fn every_action_of_the_log_has_words() {
        for known in ACTIONS {
            assert_ne!(action(known), known.replace(['.', '_'], " "), "{known}");
        }
        assert_eq!(action("budget.raised_again"), "budget raised again");
    }

    #[test]
    fn a_field_reads_as_a_word() {
        assert_eq!(field("requests_per_minute"), "Requests per minute");
        assert_eq!(field(""), "");
    }
}
