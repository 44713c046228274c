//! Wishes that somebody else decides about.

use super::*;

fn asking(request: MintRequest) -> Case {
    let mut profile = profile();
    let terms = &mut profile.terms;
    terms.caps[0].amount.above = AboveMaximum::Ask;
    terms.requests_per_minute.above = AboveMaximum::Ask;
    terms.lifetime_days.above = AboveMaximum::Ask;
    Case { profile: Some(profile), request, ..Case::default() }
}

fn beyond() -> MintRequest {
    MintRequest {
        caps: vec![Cap { window: Window::Month, limit: dollars(150) }],
        requests_per_minute: Some(500),
        lifetime_days: Some(400),
        ..request()
    }
}

#[test]
fn what_can_be_asked_for_is_refused_when_minting_and_says_so() {
    assert_eq!(
        asking(beyond()).refusals(),
        [
            ("cap_month", "above_maximum_ask"),
            ("requests_per_minute", "above_maximum_ask"),
            ("lifetime_days", "above_maximum_ask")
        ]
    );
}

#[test]
fn what_is_asked_for_stands_beside_terms_that_stay_within_the_profile() {
    let asked = asking(beyond()).ask().unwrap();
    assert_eq!(asked.terms.caps, [Cap { window: Window::Month, limit: dollars(100) }]);
    assert_eq!(asked.terms.requests_per_minute, 120);
    assert_eq!(asked.more.limits.caps, [Cap { window: Window::Month, limit: dollars(150) }]);
    assert_eq!(asked.more.limits.requests_per_minute, Some(500));
    assert_eq!(asked.lifetime_days, 400, "a key that ends later is no grant");
    let above: Vec<_> = asked.above.iter().map(|above| above.field).collect();
    assert_eq!(above, ["cap_month", "requests_per_minute", "lifetime_days"]);

    let centuries = MintRequest { lifetime_days: Some(40_000), ..request() };
    let refusals = asking(centuries).ask().unwrap_err();
    assert_eq!(refusals.iter().map(|refusal| refusal.field).collect::<Vec<_>>(), ["lifetime_days"]);
}

#[test]
fn where_every_key_waits_even_a_modest_one_is_asked_for() {
    let mut profile = profile();
    profile.terms.approval.every_key = true;
    let case = Case { profile: Some(profile), ..Case::default() };
    assert_eq!(case.refusals(), [("profile", "needs_approval")]);
    let asked = case.ask().unwrap();
    assert!(asked.more.is_empty() && asked.above.is_empty());
}
