//! Who is out of whose reach: every page and file that somebody may open, looked through for what they may not read.

use crate::testing::{Person, TestApp};
use app::routes::{Method, table};
use domain::dimension::Dimension;
use domain::permission::Permission;

const DANA: [&str; 2] = ["Dana Developer", "dana@keywright.test"];
const DENIZ: [&str; 2] = ["Deniz Developer", "deniz@keywright.test"];
const LENA: [&str; 2] = ["Lena Lead", "lena@keywright.test"];

/// What is there to be seen: a key of Dana's and one of Deniz's, each with a call, and a request of Dana's.
struct Scene {
    app: TestApp,
    administrator: Person,
    /// The parts of addresses, by the beginning of the path that they belong to.
    objects: Vec<(&'static str, Vec<String>)>,
}

impl Scene {
    async fn set() -> Self {
        let app = TestApp::start().await;
        let (dana, deniz) = (app.signed_in_as("developer").await, app.signed_in_as("developer-2").await);
        let keys = [dana.mint("key-that-dana-holds").await, deniz.mint("key-that-deniz-holds").await];
        let calls = vec![app.call(&keys[0], "demo-small").await, app.call(&keys[1], "demo-small").await];
        let form = [("requests_per_minute", "5000"), ("until", "2999-12-31"), ("reason", "Load test")];
        let asked = dana.fill_in(&format!("/keys/{}/ask", &keys[0][..16]), &form).await;
        let administrator = app.signed_in_as("administrator").await;
        let id = |seen: &crate::testing::Seen| seen.location.as_ref().unwrap().rsplit('/').next().unwrap().to_owned();
        let first = async |page: &str, prefix: &str| vec![administrator.get(page).await.first_id(prefix)];
        let people = administrator.get("/admin/people?q=Dana").await.first_id("per_");
        let team = first("/admin/teams", "team_").await;
        let limits = administrator.fill_in(&format!("/admin/budgets/{people}"), &[("cap_month", "50.00")]).await;
        assert_eq!(limits.status, 303, "{}", limits.body);
        let objects = vec![
            ("/keys/", keys.iter().map(|key| key[..16].to_owned()).collect()),
            ("/calls/", calls),
            ("/requests/", vec![id(&asked)]),
            ("/team/", team.clone()),
            ("/admin/teams/", team),
            ("/admin/people/", vec![people.clone()]),
            ("/admin/budgets/", vec![people, "organisation".to_owned()]),
            ("/admin/guardrails/", first("/admin/guardrails", "prof_").await),
            ("/admin/models/", first("/admin/models", "mod_").await),
            ("/admin/providers/", first("/admin/providers", "prov_").await),
            ("/admin/environments/", vec!["dev".to_owned()]),
        ];
        Self { app, administrator, objects }
    }

    /// Every address that can be opened by reading alone, with queries that search and sort.
    fn addresses(&self) -> Vec<String> {
        let reads =
            |permission| !matches!(permission, Permission::Administer | Permission::ManageKeys | Permission::Decide);
        let mut addresses = Vec::new();
        for route in table().iter().filter(|route| route.method == Method::Get && reads(route.permission)) {
            match route.path.split_once('{') {
                None => addresses.push(route.path.to_owned()),
                Some((before, after)) => {
                    let rest = after.split_once('}').map_or("", |(_, rest)| rest);
                    let ids = self.objects.iter().find(|(of, _)| *of == before).map_or(&[][..], |(_, ids)| ids);
                    addresses.extend(ids.iter().map(|id| format!("{before}{id}{rest}")));
                }
            }
        }
        for by in Dimension::ALL {
            addresses.extend(["/usage", "/usage/file.csv"].map(|page| format!("{page}?by={}", by.word())));
        }
        addresses.extend(
            [
                "/keys?owner=everyone",
                "/keys?owner=everyone&q=dana",
                "/keys?owner=everyone&view=attention",
                "/admin/audit?who=Dana",
                "/admin/audit?action=key.minted",
                "/admin/people?q=dana",
            ]
            .map(str::to_owned),
        );
        addresses
    }

    /// The addresses at which this person reads one of these texts.
    async fn leaks(&self, reader: &Person, texts: &[&str]) -> Vec<String> {
        let mut leaks = Vec::new();
        for address in self.addresses() {
            let seen = reader.get(&address).await;
            assert!(seen.status < 500, "{address}: {}", seen.status);
            let found = texts.iter().filter(|text| seen.body.contains(**text));
            leaks.extend(found.map(|text| format!("{address} tells {text}")));
        }
        leaks
    }

    async fn sees(&self, holder: &str, reaches: &[(&str, &str)]) {
        let form = [reaches, &[("act", "save")]].concat();
        let saved = self.administrator.fill_in(&format!("/admin/data-scopes/{holder}"), &form).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
    }
}

#[tokio::test]
async fn nothing_that_is_out_of_reach_stands_on_any_page_or_in_any_file() {
    let scene = Scene::set().await;
    let auditor = scene.app.signed_in_as("auditor").await;
    let people = [DANA, DENIZ, LENA].concat();
    let keys = ["key-that-dana-holds", "key-that-deniz-holds"];
    for text in [DANA[0], DENIZ[0], keys[0], keys[1]] {
        let told = scene.leaks(&auditor, &[text]).await;
        for page in ["/keys?owner=everyone ", "/admin/calls ", "/admin/calls.csv ", "/admin/audit.jsonl "] {
            assert!(told.iter().any(|leak| leak.starts_with(page)), "as always, {page} tells {text}: {told:?}");
        }
    }

    scene.sees("auditor", &[("names", "own")]).await;
    assert_eq!(scene.leaks(&auditor, &people).await, [""; 0]);
    for page in ["/keys?owner=everyone", "/admin/calls.csv", "/usage/file.csv?by=person", "/usage?by=person"] {
        assert!(auditor.get(page).await.body.contains("Person "), "{page} has pseudonyms");
    }

    scene.sees("auditor", &[("names", "all"), ("spend", "own"), ("calls", "own"), ("audit", "own")]).await;
    assert_eq!(scene.leaks(&auditor, &keys).await, [""; 0]);
    scene.sees("auditor", &[("names", "own")]).await;
    assert_eq!(scene.leaks(&auditor, &[&people[..], &keys].concat()).await, [""; 0]);
}

#[tokio::test]
async fn a_lead_knows_the_team_and_who_sees_everything_cannot_be_locked_out() {
    let scene = Scene::set().await;
    let (lead, administrator) = (scene.app.signed_in_as("lead").await, &scene.administrator);
    scene.sees("lead", &[("names", "own")]).await;
    assert!(lead.get("/usage?by=person").await.body.contains(DANA[0]), "a member of the team");
    assert_eq!(scene.leaks(&lead, &DENIZ).await, [""; 0]);

    let oneself = administrator.get("/admin/people?q=Ada").await.first_id("per_");
    let nothing = [("spend", "own"), ("calls", "own"), ("names", "own"), ("audit", "own")];
    scene.sees(&oneself, &nothing).await;
    assert!(administrator.get("/keys?owner=everyone").await.body.contains(DENIZ[0]));
    assert_eq!(administrator.get(&format!("/admin/data-scopes/{oneself}")).await.status, 200);
    // Said of one person only, it counts instead of the role, and is taken back by the same form.
    let cleared = administrator.fill_in(&format!("/admin/data-scopes/{oneself}"), &[("act", "clear")]).await;
    assert_eq!(cleared.status, 303, "{}", cleared.body);
}
