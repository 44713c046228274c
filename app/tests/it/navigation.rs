//! Which places a page leads to, for whom.

use crate::page::Page;
use crate::samples::{developer, newcomer, team};
use crate::specimen::{administrator, around, framed_in};
use app::pages::home;
use domain::data_scope::OfEveryone;
use domain::person::{Caller, Membership, Role};
use portal::surroundings::Surroundings;

const NOTHING: OfEveryone = OfEveryone { spend: false, calls: false, names: false };

/// The home page's links, those of the navigation among them.
fn leads(caller: &Caller, around: Surroundings, to: &[&str]) -> Vec<bool> {
    let oversees = caller.has(Role::Auditor) || caller.has(Role::Administrator);
    let model = || home::Model { oversees, of_everyone: around.of_everyone, ..newcomer() };
    let page = Page::read(&framed_in(Some(caller), around, "x", || home::view(model())));
    to.iter().map(|href| page.all("a").any(|link| link.get("href") == Some(href))).collect()
}

#[test]
fn leads_find_reviews_while_they_are_on_and_administrators_always() {
    let lead = Caller {
        memberships: vec![Membership { team: team(), team_name: "Billing".to_owned(), lead: true }],
        ..developer()
    };
    let auditor = Caller { roles: vec![Role::Auditor], ..developer() };
    for (caller, on, off) in
        [(&developer(), false, false), (&lead, true, false), (&administrator(), true, true), (&auditor, true, true)]
    {
        let at = |reviews| leads(caller, Surroundings { reviews, ..around() }, &["/reviews"])[0];
        assert_eq!((at(true), at(false)), (on, off), "{:?}", caller.roles);
    }
}

#[test]
fn nobody_is_led_to_a_page_about_everybody_that_is_closed_to_them() {
    let auditor = Caller { roles: vec![Role::Auditor], ..developer() };
    let places = ["/admin", "/admin/budgets", "/admin/people", "/admin/teams", "/reviews", "/admin/providers"];
    for (of_everyone, expected) in [
        (OfEveryone::ALL, [true; 6]),
        (OfEveryone { names: false, ..OfEveryone::ALL }, [true, true, false, false, true, true]),
        (OfEveryone { calls: false, ..OfEveryone::ALL }, [false, true, true, true, false, true]),
        (OfEveryone { spend: false, ..OfEveryone::ALL }, [false, false, true, true, true, true]),
        (NOTHING, [false, false, false, false, false, true]),
    ] {
        assert_eq!(leads(&auditor, Surroundings { of_everyone, ..around() }, &places), expected, "{of_everyone:?}");
    }
}
