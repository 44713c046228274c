//! What each check of a call is called.

use domain::checks::Check;

/// Its name, and what it asks.
pub const fn check(check: Check) -> (&'static str, &'static str) {
    match check {
        Check::Standing => ("The key may be used", "Not revoked, disabled or expired; its owner's account is on."),
        Check::Network => ("Network", "The call came from a network that the key allows."),
        Check::Endpoint => ("Endpoint", "The key allows this endpoint."),
        Check::AtOnce => ("Calls at once", "The key had one free."),
        Check::Request => ("Request", "It was read and understood."),
        Check::Model => {
            ("Model", "It exists, the key allows it and what the call asks of it, and it answers on this endpoint.")
        }
        Check::Price => ("Price", "Everything that the call could be charged has a price."),
        Check::Limits => ("Limits", "Requests and tokens a minute, quotas, and what the levels above the key share."),
        Check::Budgets => ("Budgets", "What the call could cost fitted into every budget, and was held."),
        Check::Metering => ("Record", "What it would use could be written down."),
        Check::Provider => ("Provider", "It took the call and answered it."),
    }
}
