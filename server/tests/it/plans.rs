//! No page reads a large table from end to end: every statement that pages make is taken from the log, and SQLite says how
//! it goes about each.

use crate::permissions::{Objects, ROWS};
use crate::process::dev;
use crate::testing::TestApp;
use std::collections::BTreeSet;
use store::testing::sqlite_plan;

/// Tables that grow with use, and not with what administrators set up. A statement calls a day `d` and a slice `s`.
const LARGE: &[&str] = &[
    "d",
    "s",
    "usage_event",
    "usage_hour",
    "usage_day",
    "usage_slice",
    "usage_total",
    "usage_total_within",
    "label",
    "virtual_key",
    "key_secret",
    "key_last_use",
    "key_caller",
    "key_endpoint",
    "budget_counter",
    "person",
    "membership",
    "audit",
    "session",
    "notification",
];

/// Statements that do go through a whole table, by their first words, and why that is well.
const WHOLE: &[(&str, &str)] = &[
    ("select id from usage_event order by id", "the first entry of the key"),
    ("select seq, hash from audit order by seq desc limit 1", "the last entry of the key"),
    ("select seq, at, actor_person", "from the newest on, until a page is full; a rare action takes longer"),
    ("select count(*) from (", "an index alone, until enough are found"),
    ("select cast(count(*) as bigint) as everything", "everyone's keys, kept for a minute where there are many"),
    ("select profile_id, count(*) from virtual_key", "an index alone, of small entries"),
    ("select cost_centre, count(*) from virtual_key", "an index alone, of small entries"),
    ("select count(*) from person", "an index alone; ten thousand people at most"),
    ("select id from person where not active", "ten thousand people at most, when rules are read anew"),
    ("select id from person where active and", "ten thousand people at most, when administrators are told something"),
    ("select team_id, count(*) from membership", "of each team the people are counted"),
    ("select person_id, min(team_id) from membership", "an index alone; who is in one team"),
    ("select team_id, person.name from membership", "in the order of names; ten thousand people at most"),
];

/// What pages ask with, beyond what stands in the table of routes.
const ASKED: &[&str] = &[
    "/keys?owner=everyone&q=x&environment=dev",
    "/keys?owner=everyone&view=ended",
    "/keys?owner=everyone&sort=name",
    "/keys?owner=everyone&sort=-name",
    "/keys?owner=everyone&sort=used",
    "/keys?owner=everyone&sort=-used",
    "/keys?owner=everyone&sort=expires",
    "/keys?owner=everyone&sort=-expires",
    "/keys?owner=everyone&sort=created",
    "/admin/people?sort=signed-in",
    "/admin/people?sort=-signed-in",
    "/usage?range=30&by=application&environment=dev",
    "/usage?range=30&by=key&model=demo-small",
    "/usage?range=7&by=person&compare=none",
    "/admin/people?q=x",
    "/admin/teams?q=x",
    "/admin/cost-centres/adjustments/new?charged_to=4711",
    "/admin/cost-centres/adjustments/new?charged_to=~",
    "/usage?range=30&by=cost_centre",
    "/admin/audit?actor=x",
    "/admin/calls?model=demo-small",
];

#[tokio::test]
async fn no_page_reads_a_large_table_from_end_to_end() {
    let data = tempfile::tempdir().unwrap();
    let mut command = dev(data.path());
    command.env("KEYWRIGHT_LOG", "info,sqlx::query=debug").env("NO_COLOR", "1");
    let app = TestApp::start_as(command, data).await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("plans").await;
    let call = app.call(&key, "demo-small").await;
    let administrator = app.signed_in_as("administrator").await;
    let objects = Objects::of(&administrator, key[..16].to_owned(), call).await;
    let lead = app.signed_in_as("lead").await;
    let pages = ROWS.iter().filter_map(|(row, _)| row.strip_prefix("GET ")).map(|path| objects.path(path));
    for path in pages.chain(ASKED.iter().map(|path| (*path).to_owned())).filter(|path| !path.contains('{')) {
        for visitor in [&developer, &lead, &administrator] {
            visitor.get(&path).await;
        }
    }
    let file = app.data.path().join("keywright.db");
    app.process.terminate();
    let (status, log) = app.process.ended().await;
    assert!(status.success());

    let statements = statements(&log);
    assert!(statements.len() > 100, "the log holds {} statements", statements.len());
    let mut unexpected = Vec::new();
    let mut met = BTreeSet::new();
    for statement in statements.iter().filter(|text| text.starts_with("select") || text.starts_with("with")) {
        let plan = sqlite_plan(&file, statement).await;
        let scanned = plan.iter().filter_map(|step| step.strip_prefix("SCAN ")?.split(' ').next());
        for table in scanned.filter(|table| LARGE.contains(table)) {
            match WHOLE.iter().find(|(begins, _)| statement.starts_with(begins)) {
                Some((begins, _)) => _ = met.insert(*begins),
                None => unexpected.push(format!("{table}: {statement}")),
            }
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n\n"));
    let outdated: Vec<&str> = WHOLE.iter().map(|(begins, _)| *begins).filter(|begins| !met.contains(begins)).collect();
    assert!(outdated.is_empty(), "read by an index now, or not at all: {outdated:?}");
}

/// Every statement of a log, once.
fn statements(log: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in log.lines().filter(|line| line.contains("rows_returned=")) {
        let text = ["db.statement=\"", "summary=\""].iter().find_map(|name| {
            let start = line.find(name)? + name.len();
            let text = unescaped(&line[start..]);
            (!text.trim().is_empty()).then(|| text.trim().to_owned())
        });
        found.extend(text);
    }
    found
}

/// Up to the quotation mark that ends it.
fn unescaped(text: &str) -> String {
    let mut chars = text.chars();
    let mut out = String::new();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => break,
            },
            other => out.push(other),
        }
    }
    out
}
