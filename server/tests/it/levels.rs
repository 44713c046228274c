//! The budgets of a cost centre and of an application, from the form that sets it to the refusal that
//! names it and the books that hold it.

use crate::testing::{Person, TestApp, nano};
use serde_json::Value;

async fn cost_centre(administrator: &Person, code: &str, cap: &str) -> String {
    let centre = [("code", code), ("name", "Research"), ("contact", ""), ("valid_from", ""), ("valid_until", "")];
    let made = administrator.fill_in("/admin/cost-centres/new", &centre).await;
    let id = made.location.as_ref().and_then(|to| to.rsplit('/').next()).unwrap().to_owned();
    set(administrator, &id, cap).await;
    id
}

async fn set(administrator: &Person, level: &str, cap: &str) {
    let saved = administrator.fill_in(&format!("/admin/budgets/{level}"), &[("cap_month", cap)]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
}

/// What this key sees of the budget of a level: its own, or one above it.
fn budget<'a>(facts: &'a Value, scope: &str) -> Option<&'a Value> {
    facts["budgets"].as_array().unwrap().iter().find(|budget| budget["scope"] == scope)
}

fn spent(facts: &Value, scope: &str) -> u64 {
    nano(budget(facts, scope).unwrap()["spent"].as_str().unwrap())
}

#[tokio::test]
async fn a_key_draws_on_its_cost_centre_and_its_application_and_after_a_move_on_the_other_one() {
    let app = TestApp::start().await;
    let (administrator, developer) = (app.signed_in_as("administrator").await, app.signed_in_as("developer").await);
    let research = cost_centre(&administrator, "4711", "1.00").await;
    let minted = developer.fill_in("/keys/new", &[("name", "research"), ("cost_centre", "4711")]).await;
    let key = minted.secret().unwrap_or_else(|| panic!("{}", minted.body));
    let elsewhere = developer.mint("elsewhere").await;
    app.call(&key, "demo-small").await;
    app.call(&elsewhere, "demo-small").await;
    let facts = app.key_facts(&key).await;
    let first = spent(&facts, "key");
    assert!(first > 0);
    assert_eq!(spent(&facts, "cost_centre"), first, "its own call, and not that of the other key");
    assert_eq!(budget(&facts, "cost_centre").unwrap()["name"], "4711 Research");
    assert!(budget(&app.key_facts(&elsewhere).await, "cost_centre").is_none());

    set(&administrator, &research, "0.00").await;
    let refused = app.ask_model(&key, "demo-small", "Hello").await;
    let error = refused.json()["error"].clone();
    assert_eq!((refused.status, error["code"].as_str()), (402, Some("budget_exhausted")), "{}", refused.body);
    assert!(error["message"].as_str().unwrap().contains("the cost centre 4711 Research"), "{error}");
    app.call(&elsewhere, "demo-small").await;
    let shown = developer.get(&format!("/keys/{}", &key[..16])).await.body;
    assert!(shown.contains("Cost centre 4711 Research, a month"), "the key's page says which budget stops it");

    let other = cost_centre(&administrator, "4712", "2.00").await;
    let ended = administrator.fill_in(&format!("/admin/cost-centres/{research}/end"), &[("keys_to", "4712")]).await;
    assert_eq!(ended.status, 303, "{}", ended.body);
    app.call(&key, "demo-small").await;
    let facts = app.key_facts(&key).await;
    let moved = spent(&facts, "key") - first;
    assert_eq!(spent(&facts, "cost_centre"), moved, "what it spent before stays with the old one");
    assert_eq!(budget(&facts, "cost_centre").unwrap()["name"], "4712 Research");
    for (level, limit) in [(&research, "$0.00"), (&other, "$2.00")] {
        let page = administrator.get(&format!("/admin/cost-centres/{level}")).await.body;
        assert!(page.contains(limit), "{limit} on {page}");
    }

    let (from, to) = ("first=2000-01-01&last=2099-12-31&charged_to=4711", "move_to=4712");
    let form = format!("/admin/cost-centres/adjustments/new?key={}&{from}&{to}", &key[..16]);
    let adjusted = administrator.fill_in(&form, &[("why", "It was theirs before")]).await;
    assert_eq!(adjusted.status, 303, "{}", adjusted.body);
    let file = administrator.get("/admin/cost-centres/statement/file.csv").await.body;
    let of_centre = |code: &str| {
        let lines = file.lines().map(|line| line.split(',').collect::<Vec<_>>());
        lines.filter(|cells| cells[3] == code).map(|cells| cells[8].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of_centre("4711").len(), 2, "{file}");
    assert_eq!(of_centre("4711")[1], format!("-{}", of_centre("4711")[0]), "nothing is left there: {file}");
    assert_eq!(of_centre("4712")[1], of_centre("4711")[0], "{file}");
    let after = app.key_facts(&key).await;
    assert_eq!((spent(&after, "cost_centre"), spent(&after, "key")), (moved, first + moved), "books are no budgets");

    let made = administrator.fill_in("/admin/applications/new", &[("name", "search")]).await;
    let level = made.location.clone().unwrap_or_else(|| panic!("{}", made.body));
    assert_eq!(administrator.fill_in(&level, &[("cap_day", "0.00")]).await.status, 303);
    let minted = developer.fill_in("/keys/new", &[("name", "of-search"), ("application", "search")]).await;
    let refused = app.ask_model(&minted.secret().unwrap(), "demo-small", "Hello").await;
    let error = refused.json()["error"].clone();
    assert_eq!((refused.status, error["code"].as_str()), (402, Some("budget_exhausted")), "{}", refused.body);
    assert!(error["message"].as_str().unwrap().contains("the application search"), "{error}");
    app.call(&elsewhere, "demo-small").await;
    app.command(["ledger", "verify"]).await;
    app.stop().await;
}

#[tokio::test]
async fn what_is_guaranteed_to_a_team_is_there_for_it_when_others_have_taken_the_rest() {
    let app = TestApp::start().await;
    let (administrator, developer) = (app.signed_in_as("administrator").await, app.signed_in_as("developer").await);
    let key = developer.mint("everybody").await;
    set(&administrator, "organisation", "10.00").await;
    let made = administrator.fill_in("/admin/teams/new", &[("name", "Production")]).await;
    let team = made.location.as_ref().and_then(|to| to.rsplit('/').next()).unwrap();
    let level = format!("/admin/budgets/{team}");
    let refused = administrator.fill_in(&level, &[("guarantee_month", "10.01")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("$10.00 a month is not guaranteed to others"), "{}", refused.body);
    assert_eq!(administrator.fill_in(&level, &[("guarantee_month", "10.00")]).await.status, 303);

    let personal = app.key_facts(&key).await;
    let organisation = budget(&personal, "organisation").unwrap();
    assert_eq!(
        (organisation["guaranteed_to_others"].as_str(), organisation["left"].as_str()),
        (Some("10.00"), Some("0.00"))
    );
    let refused = app.ask_model(&key, "demo-small", "Hello").await;
    let error = refused.json()["error"].clone();
    assert_eq!((refused.status, error["code"].as_str()), (402, Some("budget_exhausted")), "{}", refused.body);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("guaranteed to others") && message.contains("ask an administrator"), "{message}");
    let shown = developer.get(&format!("/keys/{}", &key[..16])).await.body;
    assert!(shown.contains("$10.00 kept for others"), "the key's page says what holds it back");
    let page = administrator.get("/admin/budgets/organisation").await.body;
    assert!(page.contains("Guaranteed shares"), "{page}");

    assert_eq!(administrator.fill_in(&level, &[("guarantee_month", "1.00")]).await.status, 303);
    app.call(&key, "demo-small").await;
}
