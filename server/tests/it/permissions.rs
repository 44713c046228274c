//! Who may open what: every row of the permission table, tried by everybody, against expectations written down here and
//! not taken from the code.

use crate::testing::{Person, Seen, TestApp};
use app::routes::{Method, table};
use std::collections::BTreeSet;

/// What the six kinds of visitors get: nobody, developer, another developer, lead, auditor, administrator.
#[derive(Clone, Copy)]
pub struct Expected([Outcome; 6]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Sent to sign in; a form is refused with 401.
    SignIn,
    Allowed,
    /// 403: it exists, and it is not for you.
    Forbidden,
    /// 404: for you it does not exist.
    Absent,
}

use Outcome::{Absent, Allowed, Forbidden, SignIn};

const SIGNED_IN: Expected = Expected([SignIn, Allowed, Allowed, Allowed, Allowed, Allowed]);
const MINTING: Expected = Expected([SignIn, Allowed, Allowed, Allowed, Forbidden, Allowed]);
/// Of the developer's own key.
const READ_KEY: Expected = Expected([SignIn, Allowed, Absent, Absent, Allowed, Allowed]);
const CHANGE_KEY: Expected = Expected([SignIn, Allowed, Absent, Absent, Forbidden, Allowed]);
/// The same: administrators see others' keys and do not call with them.
const PLAY: Expected = Expected([SignIn, Allowed, Absent, Absent, Forbidden, Absent]);
/// Of the lead's team.
const LEAD_TEAM: Expected = Expected([SignIn, Absent, Absent, Allowed, Allowed, Allowed]);
/// Auditors read the team and move nothing.
const HAND_OVER: Expected = Expected([SignIn, Absent, Absent, Allowed, Absent, Allowed]);
const READ_ALL: Expected = Expected([SignIn, Forbidden, Forbidden, Forbidden, Allowed, Allowed]);
const ADMINISTER: Expected = Expected([SignIn, Forbidden, Forbidden, Forbidden, Forbidden, Allowed]);

/// A preview belongs to the administrator who asked for it; this one to nobody.
const PREVIEW: Expected = Expected([SignIn, Forbidden, Forbidden, Forbidden, Forbidden, Absent]);

/// Of a request that the developer made, in the lead's team.
const READ_REQUEST: Expected = Expected([SignIn, Allowed, Absent, Allowed, Allowed, Allowed]);
const DECIDE: Expected = Expected([SignIn, Forbidden, Forbidden, Allowed, Forbidden, Allowed]);
const WITHDRAW: Expected = Expected([SignIn, Allowed, Absent, Absent, Absent, Absent]);
/// Whoever may read it is led to its page; the act itself is of whoever asked.
const SEE_SECRET: Expected = Expected([SignIn, Allowed, Absent, Allowed, Forbidden, Allowed]);
const TAKE: Expected = Expected([SignIn, Absent, Absent, Absent, Forbidden, Absent]);
/// Of the developer's own key: nobody asks for somebody else.
const ASK: Expected = Expected([SignIn, Allowed, Absent, Absent, Forbidden, Forbidden]);
/// A view that the developer keeps alone. It is gone after the first who may remove it.
const KEPT: Expected = Expected([SignIn, Allowed, Absent, Absent, Absent, Absent]);
const QUEUE: Expected = Expected([SignIn, Forbidden, Forbidden, Allowed, Allowed, Allowed]);

/// What the lead was told of the developer's request.
const LEADS_NOTE: Expected = Expected([SignIn, Absent, Absent, Allowed, Absent, Absent]);

pub const ROWS: &[(&str, Expected)] = &[
    ("GET /requests", SIGNED_IN),
    ("GET /requests/{request}", READ_REQUEST),
    ("GET /requests/{request}/approve", DECIDE),
    ("GET /requests/{request}/less", DECIDE),
    ("GET /requests/{request}/decline", DECIDE),
    ("GET /requests/{request}/withdraw", READ_REQUEST),
    ("GET /requests/{request}/secret", SEE_SECRET),
    ("POST /requests/{request}/less", DECIDE),
    ("POST /requests/{request}/decline", DECIDE),
    ("POST /requests/{request}/secret", TAKE),
    ("GET /keys/{key}/ask", ASK),
    ("POST /keys/{key}/ask", ASK),
    ("GET /approvals", QUEUE),
    ("GET /approvals/decided", QUEUE),
    ("GET /approvals/lapsing", QUEUE),
    ("GET /approvals/rules", QUEUE),
    ("GET /approvals/rules/new", ADMINISTER),
    ("POST /approvals/rules/new", ADMINISTER),
    ("GET /approvals/rules/{approval}/remove", ADMINISTER),
    ("POST /approvals/rules/{approval}/remove", ADMINISTER),
    ("GET /reviews", QUEUE),
    ("POST /reviews", DECIDE),
    ("GET /reviews/progress", READ_ALL),
    ("GET /reviews/file.csv", READ_ALL),
    ("GET /reviews/switch", ADMINISTER),
    ("POST /reviews/switch", ADMINISTER),
    // Last, since they answer the request for good, and the view goes.
    ("GET /usage/views/{view}/remove", KEPT),
    ("POST /usage/views/{view}/remove", KEPT),
    ("POST /requests/{request}/approve", DECIDE),
    ("POST /requests/{request}/withdraw", WITHDRAW),
    ("GET /", SIGNED_IN),
    ("GET /account", SIGNED_IN),
    ("POST /account/sessions", SIGNED_IN),
    ("GET /account/notifications", SIGNED_IN),
    ("POST /account/notifications", SIGNED_IN),
    ("GET /notifications", SIGNED_IN),
    ("POST /notifications", SIGNED_IN),
    ("POST /notifications/{note}", LEADS_NOTE),
    ("GET /admin/mail", READ_ALL),
    ("POST /admin/mail", ADMINISTER),
    ("GET /models", SIGNED_IN),
    ("GET /playground?key={key}", PLAY),
    ("POST /playground", MINTING),
    ("POST /playground/answer", MINTING),
    ("GET /usage", SIGNED_IN),
    ("GET /usage/file.csv", SIGNED_IN),
    ("GET /usage/views/new?range=30", SIGNED_IN),
    ("POST /usage/views/new", SIGNED_IN),
    ("GET /keys", SIGNED_IN),
    ("GET /keys/file.csv", SIGNED_IN),
    ("GET /keys/selected?act=disable&key={key}", CHANGE_KEY),
    ("POST /keys/selected", MINTING),
    ("GET /keys/new", MINTING),
    ("POST /keys/new", MINTING),
    ("GET /keys/{key}", READ_KEY),
    ("GET /keys/{key}/first-call?since=0&version=1", READ_KEY),
    ("GET /calls/{call}", READ_KEY),
    ("GET /doctor", SIGNED_IN),
    ("GET /keys/{key}/rename", CHANGE_KEY),
    ("GET /keys/{key}/rotate", CHANGE_KEY),
    ("GET /keys/{key}/old-secret", CHANGE_KEY),
    ("GET /keys/{key}/disable", CHANGE_KEY),
    ("GET /keys/{key}/enable", CHANGE_KEY),
    ("GET /keys/{key}/expiry", CHANGE_KEY),
    ("GET /keys/{key}/right-size", CHANGE_KEY),
    ("GET /keys/{key}/revoke", CHANGE_KEY),
    ("POST /keys/{key}/right-size", CHANGE_KEY),
    ("POST /keys/{key}/right-size/undo", CHANGE_KEY),
    ("POST /keys/{key}/rename", CHANGE_KEY),
    ("POST /keys/{key}/rotate", CHANGE_KEY),
    ("POST /keys/{key}/old-secret", CHANGE_KEY),
    ("POST /keys/{key}/disable", CHANGE_KEY),
    ("POST /keys/{key}/enable", CHANGE_KEY),
    ("POST /keys/{key}/expiry", CHANGE_KEY),
    ("POST /keys/{key}/revoke", CHANGE_KEY),
    ("GET /team/{team}", LEAD_TEAM),
    ("GET /team/{team}/successor?from={member}", HAND_OVER),
    ("POST /team/{team}/successor", HAND_OVER),
    ("GET /admin", READ_ALL),
    ("GET /admin/providers", READ_ALL),
    ("GET /admin/providers/{provider}", READ_ALL),
    ("GET /admin/models", READ_ALL),
    ("GET /admin/models/{model}", READ_ALL),
    ("GET /admin/guardrails", READ_ALL),
    ("GET /admin/guardrails/{profile}", READ_ALL),
    ("GET /admin/guardrails/{profile}/versions", READ_ALL),
    ("GET /admin/guardrails/{profile}/watched/{word}", READ_ALL),
    ("GET /admin/guardrails/{profile}/compare?from=1&to=1", READ_ALL),
    ("GET /admin/key-policy", READ_ALL),
    ("POST /admin/key-policy", ADMINISTER),
    ("GET /admin/environments", READ_ALL),
    ("GET /admin/environments/{name}", READ_ALL),
    ("GET /admin/environments/new", ADMINISTER),
    ("POST /admin/environments/new", ADMINISTER),
    ("POST /admin/environments/{name}", ADMINISTER),
    ("GET /admin/budgets", READ_ALL),
    ("GET /admin/budgets/{team}", READ_ALL),
    ("GET /admin/units/{unit}", READ_ALL),
    ("GET /admin/data-scopes", ADMINISTER),
    ("GET /admin/data-scopes/{holder}", ADMINISTER),
    ("POST /admin/data-scopes/{holder}", ADMINISTER),
    ("GET /admin/cost-centres", READ_ALL),
    ("GET /admin/cost-centres/new", ADMINISTER),
    ("POST /admin/cost-centres/new", ADMINISTER),
    ("GET /admin/cost-centres/import", ADMINISTER),
    ("POST /admin/cost-centres/import", ADMINISTER),
    ("GET /admin/cost-centres/statement", READ_ALL),
    ("GET /admin/cost-centres/statement/file.csv", READ_ALL),
    ("GET /admin/cost-centres/adjustments/new", ADMINISTER),
    ("POST /admin/cost-centres/adjustments/new", ADMINISTER),
    ("GET /admin/cost-centres/adjustments/{adjustment}", READ_ALL),
    ("POST /admin/cost-centres/adjustments/{adjustment}", ADMINISTER),
    ("GET /admin/commitments", READ_ALL),
    ("GET /admin/commitments/new", ADMINISTER),
    ("POST /admin/commitments/new", ADMINISTER),
    ("GET /admin/commitments/{commitment}", READ_ALL),
    ("POST /admin/commitments/{commitment}", ADMINISTER),
    ("GET /admin/cost-centres/{centre}", READ_ALL),
    ("POST /admin/cost-centres/{centre}", ADMINISTER),
    ("GET /admin/cost-centres/{centre}/end", ADMINISTER),
    ("POST /admin/cost-centres/{centre}/end", ADMINISTER),
    ("POST /admin/teams/{team}/cost-centre", ADMINISTER),
    ("GET /admin/currency", READ_ALL),
    ("POST /admin/currency", ADMINISTER),
    ("GET /admin/currency/rates/new", ADMINISTER),
    ("POST /admin/currency/rates/new", ADMINISTER),
    ("GET /admin/currency/rates/{day}/remove", ADMINISTER),
    ("POST /admin/currency/rates/{day}/remove", ADMINISTER),
    ("GET /admin/people", READ_ALL),
    ("GET /admin/people/{person}", READ_ALL),
    ("GET /admin/teams", READ_ALL),
    ("GET /admin/teams/{team}", READ_ALL),
    ("GET /admin/sign-in", READ_ALL),
    ("GET /admin/sign-in/test", ADMINISTER),
    ("GET /admin/sign-in/rules/new", ADMINISTER),
    ("GET /admin/sign-in/rules/{rule}", ADMINISTER),
    ("GET /admin/sign-in/rules/{rule}/remove", ADMINISTER),
    ("POST /admin/sign-in/rules/new", ADMINISTER),
    ("POST /admin/sign-in/rules/{rule}", ADMINISTER),
    ("POST /admin/sign-in/rules/{rule}/remove", ADMINISTER),
    ("GET /admin/audit", READ_ALL),
    ("GET /admin/audit.jsonl", READ_ALL),
    ("GET /admin/calls", READ_ALL),
    ("GET /admin/calls.csv", READ_ALL),
    ("GET /admin/audit/verify", READ_ALL),
    ("GET /admin/providers/new", ADMINISTER),
    ("GET /admin/providers/{provider}/test", ADMINISTER),
    ("GET /admin/providers/{provider}/change", ADMINISTER),
    ("GET /admin/providers/{provider}/credential", ADMINISTER),
    ("GET /admin/providers/{provider}/switch", ADMINISTER),
    ("GET /admin/providers/{provider}/models", ADMINISTER),
    ("GET /admin/models/new", ADMINISTER),
    ("GET /admin/guardrails/new", ADMINISTER),
    ("GET /admin/applications/new", ADMINISTER),
    ("POST /admin/applications/new", ADMINISTER),
    ("GET /admin/units/new", ADMINISTER),
    ("POST /admin/budgets/{team}", ADMINISTER),
    ("POST /admin/units/new", ADMINISTER),
    ("POST /admin/units/{unit}", ADMINISTER),
    ("GET /admin/people/{person}/suspend", ADMINISTER),
    ("GET /admin/people/{person}/administrator", ADMINISTER),
    ("GET /admin/teams/new", ADMINISTER),
    ("GET /admin/teams/{team}/add", ADMINISTER),
    ("GET /admin/teams/{team}/remove?person={member}", ADMINISTER),
    ("POST /admin/providers/new", ADMINISTER),
    ("POST /admin/providers/{provider}/change", ADMINISTER),
    ("POST /admin/providers/{provider}/credential", ADMINISTER),
    ("POST /admin/models/new", ADMINISTER),
    ("POST /admin/models/{model}", ADMINISTER),
    ("POST /admin/guardrails/new", ADMINISTER),
    ("POST /admin/guardrails/{profile}", ADMINISTER),
    ("POST /admin/guardrails/{profile}/withdraw", ADMINISTER),
    // Of nobody: whoever may administer finds none.
    ("GET /admin/guardrails/{profile}/preview/{job}", PREVIEW),
    ("POST /admin/guardrails/{profile}/preview/{job}", PREVIEW),
    ("POST /admin/providers/{provider}/test", ADMINISTER),
    ("POST /admin/providers/{provider}/switch", ADMINISTER),
    ("POST /admin/providers/{provider}/models", ADMINISTER),
    ("POST /admin/people/{person}/suspend", ADMINISTER),
    ("POST /admin/people/{person}/administrator", ADMINISTER),
    ("POST /admin/people/{person}/teams", ADMINISTER),
    ("GET /admin/people/{person}/successor", ADMINISTER),
    ("POST /admin/people/{person}/successor", ADMINISTER),
    ("POST /admin/teams/new", ADMINISTER),
    ("POST /admin/teams/{team}/members", ADMINISTER),
    ("POST /admin/teams/{team}/remove", ADMINISTER),
    // Ends the sessions of whoever comes first in the list, the administrator too.
    ("POST /admin/people/{person}/sessions", ADMINISTER),
];

/// `{key}` names the kind of the object; the router calls them all `{id}`.
fn in_the_routers_words(row: &str) -> String {
    let kinds = [
        "{key}",
        "{call}",
        "{provider}",
        "{model}",
        "{profile}",
        "{person}",
        "{team}",
        "{unit}",
        "{centre}",
        "{commitment}",
        "{adjustment}",
        "{request}",
        "{rule}",
        "{approval}",
        "{note}",
        "{view}",
    ];
    let path = row.split('?').next().unwrap();
    kinds.iter().fold(path.to_owned(), |row, kind| row.replace(kind, "{id}"))
}

#[test]
fn every_route_is_expected_here_and_nothing_else_is() {
    let routes: BTreeSet<String> = table()
        .iter()
        .map(|route| match route.method {
            Method::Get => format!("GET {}", route.path),
            Method::Post => format!("POST {}", route.path),
        })
        .collect();
    let expected: BTreeSet<String> = ROWS.iter().map(|(row, _)| in_the_routers_words(row)).collect();
    assert_eq!(routes, expected);
}

/// One object of each kind.
pub struct Objects(Vec<(&'static str, String)>);

impl Objects {
    pub async fn of(administrator: &Person, key: String, call: String) -> Self {
        let mut objects = vec![
            ("{key}", key),
            ("{call}", call),
            ("{job}", "0".repeat(32)),
            ("{name}", "dev".to_owned()),
            ("{word}", "models".to_owned()),
            ("{holder}", "lead".to_owned()),
        ];
        for (kind, list, prefix) in [
            ("{provider}", "/admin/providers", "prov_"),
            ("{model}", "/admin/models", "mod_"),
            ("{profile}", "/admin/guardrails", "prof_"),
            ("{person}", "/admin/people", "per_"),
            ("{team}", "/admin/teams", "team_"),
        ] {
            objects.push((kind, administrator.get(list).await.first_id(prefix)));
        }
        let made = administrator.fill_in("/admin/units/new", &[("name", "Europe")]).await;
        let unit = made.location.as_ref().and_then(|to| to.rsplit('/').next()).unwrap();
        objects.push(("{unit}", unit.to_owned()));
        let centre = [("code", "4711"), ("name", "Research"), ("contact", ""), ("valid_from", ""), ("valid_until", "")];
        let made = administrator.fill_in("/admin/cost-centres/new", &centre).await;
        let centre = made.location.as_ref().and_then(|to| to.rsplit('/').next()).unwrap();
        objects.push(("{centre}", centre.to_owned()));
        let moved = format!(
            "/admin/cost-centres/adjustments/new?key={}&first=2000-01-01&last=2099-12-31&charged_to=~&move_to=4711",
            objects[0].1
        );
        let made = administrator.fill_in(&moved, &[("why", "It was theirs")]).await;
        let made = made.location.as_ref().and_then(|to| to.rsplit('/').next()?.split('?').next()).unwrap();
        objects.push(("{adjustment}", made.to_owned()));
        let paid = [("name", "Throughput"), ("monthly", "1200")];
        administrator.fill_in("/admin/commitments/new", &paid).await;
        objects.push(("{commitment}", administrator.get("/admin/commitments").await.first_id("com_")));
        administrator.fill_in("/admin/currency", &[("currency", "EUR")]).await;
        administrator.fill_in("/admin/currency/rates/new", &[("from", "2026-01-01"), ("rate", "0.92")]).await;
        objects.push(("{day}", "2026-01-01".to_owned()));
        let rule = [("value", "finance"), ("gives", "auditor"), ("act", "check")];
        let looked_at = administrator.fill_in("/admin/sign-in/rules/new", &rule).await;
        let form = looked_at.fields_with(&[("act", "save")]);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        administrator.post("/admin/sign-in/rules/new", &form).await;
        objects.push(("{rule}", administrator.get("/admin/sign-in").await.first_id("rule_")));
        let team =
            objects.iter().find(|(kind, _)| *kind == "{team}").map(|(_, id)| format!("/admin/teams/{id}")).unwrap();
        objects.push(("{member}", administrator.get(&team).await.first_id("per_")));
        Self(objects)
    }

    /// What a form made and led to.
    fn put(&mut self, kind: &'static str, made: &Seen) {
        let id = made.location.as_ref().and_then(|to| to.rsplit('/').next()).unwrap();
        self.0.push((kind, id.to_owned()));
    }

    pub fn path(&self, row: &str) -> String {
        self.0.iter().fold(row.to_owned(), |path, (kind, id)| path.replace(kind, id))
    }
}

fn outcome(seen: &Seen) -> Option<Outcome> {
    match seen.status {
        303 if seen.location.as_ref().is_some_and(|to| to.starts_with("/auth/")) => Some(SignIn),
        401 => Some(SignIn),
        403 => Some(Forbidden),
        404 => Some(Absent),
        // A form without its fields is refused as a form: the act was allowed to be tried.
        200 | 303 | 409 | 422 => Some(Allowed),
        _ => None,
    }
}

#[tokio::test]
async fn everybody_gets_what_is_written_here() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("matrix").await;
    let call = app.call(&key, "demo-small").await;
    let administrator = app.signed_in_as("administrator").await;
    let mut objects = Objects::of(&administrator, key[..16].to_owned(), call).await;
    let form = [("requests_per_minute", "5000"), ("until", "2999-12-31"), ("reason", "Load test")];
    let made = developer.fill_in(&format!("/keys/{}/ask", &key[..16]), &form).await;
    objects.put("{request}", &made);
    let form =
        [("name", "Small ones"), ("most_a_month", "1.00"), ("most_requests_per_minute", "1"), ("most_days", "1")];
    administrator.fill_in("/approvals/rules/new", &form).await;
    objects.0.push(("{approval}", administrator.get("/approvals/rules").await.first_id("apr_")));
    let lead = app.signed_in_as("lead").await;
    objects.0.push(("{note}", lead.get("/notifications").await.first_id("note_")));
    developer.fill_in("/usage/views/new?range=30", &[("name", "Month")]).await;
    objects.0.push(("{view}", developer.get("/usage?range=30&by=key").await.first_id("view_")));
    let visitors = [
        ("anonymous", app.anonymous()),
        ("developer", developer),
        ("developer-2", app.signed_in_as("developer-2").await),
        ("lead", lead),
        ("auditor", app.signed_in_as("auditor").await),
        ("administrator", administrator),
    ];
    let mut wrong = Vec::new();
    for &(row, Expected(expected)) in ROWS {
        let (method, path) = row.split_once(' ').unwrap();
        let path = objects.path(path);
        for ((who, visitor), expected) in visitors.iter().zip(expected) {
            let seen = match method {
                "GET" => visitor.get(&path).await,
                _ => visitor.post(&path, &[]).await,
            };
            // The start page is where one signs in.
            let fits = outcome(&seen) == Some(expected)
                || (path == "/" && expected == SignIn && seen.body.contains("Sign in with"))
                // Which of two reasons comes first does not matter where nothing can happen: the form is empty.
                || (method == "POST" && expected == Absent && seen.status == 422);
            if !fits {
                wrong.push(format!("{row} as {who}: {} instead of {expected:?}", seen.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("csrf").await;
    let path = format!("/keys/{}/revoke", &key[..16]);
    for headers in [&[][..], &[("sec-fetch-site", "cross-site")], &[("origin", "https://evil.example")]] {
        let seen = developer.post_with(&path, &[("reason", "compromised")], headers).await;
        assert_eq!(seen.status, 403, "{headers:?}");
    }
    app.call(&key, "demo-small").await;
}

#[tokio::test]
async fn another_developer_cannot_touch_a_key_with_a_complete_form() {
    let app = TestApp::start().await;
    let key = app.signed_in_as("developer").await.mint("mine").await;
    let id = &key[..16];
    let other = app.signed_in_as("developer-2").await;
    for (act, form) in [
        ("revoke", &[("reason", "compromised")][..]),
        ("disable", &[]),
        ("rename", &[("name", "yours")]),
        ("rotate", &[("form", "0123456789abcdefghijABCDEFGHIJ01"), ("overlap", "now")]),
    ] {
        assert_eq!(other.post(&format!("/keys/{id}/{act}"), form).await.status, 404, "{act}");
    }
    let own = other.mint("other").await;
    let both = [("act", "disable"), ("key", &own[..16]), ("key", id)];
    assert_eq!(other.post("/keys/selected", &both).await.status, 404);
    let strange = [("act", "disable"), ("key", &own[..16]), ("all", "yes")];
    assert_eq!(other.post("/keys/selected", &strange).await.status, 422, "what is confirmed is listed");
    app.call(&own, "demo-small").await;
    app.call(&key, "demo-small").await;
}
