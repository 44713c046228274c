//! How long the process works on each page for the person it is for, and how often it asks the database.
//!
//! As the answers themselves say in `server-timing`. Each page is read once before it is measured, since most readers
//! are not the first.

use crate::Problem;
use crate::installation::visitor::cookie;
use crate::process::{free_port, get, keywright};
use crate::report::{Goal, Report};
use crate::seeded::{Seeded, prepare};
use crate::stats::Spread;
use domain::dimension::Dimension;
use server::seed::Scale;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

const TIME: &str = "Pages: server time, each for the person it is for";
const STATEMENTS: &str = "Pages: statements to the database";
/// In milliseconds.
const GOAL: f64 = 100.0;

pub async fn measure(
    binary: &Path,
    folder: &Path,
    core: Option<usize>,
    scale: Scale,
    rounds: usize,
    report: &mut Report,
) -> Result<(), Problem> {
    let port = free_port()?;
    let seeded = prepare(folder, port, scale).await?;
    report.circumstance(format!("pages read on {}", seeded.size));
    let (running, _) = keywright(binary, folder, port, core).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    for (session, path) in pages(&seeded) {
        let cookie = cookie(port, session);
        let (mut took, mut statements) = (Vec::new(), 0);
        for round in 0..=rounds {
            let (status, answer) = get(address, &path, &cookie).await?;
            if status != 200 {
                return Err(format!("{path} answered {status}").into());
            }
            let timing = Timing::read(&answer).ok_or_else(|| format!("{path} does not say how long it took"))?;
            statements = timing.statements;
            if round > 0 {
                took.push(timing.page_ms);
            }
        }
        report.require(TIME, &*path, "ms", Spread::of(took), Goal::AtMost(GOAL));
        report.show(STATEMENTS, path, "", Spread::of([f64::from(statements)]));
    }
    running.stop().await
}

/// With whose session each is read.
fn pages(seeded: &Seeded) -> Vec<(&str, String)> {
    let (key, team, call) = (seeded.key, seeded.team, seeded.call);
    let developer = ["/".to_owned(), "/keys".into(), "/keys/new".into(), format!("/keys/{key}"), "/models".into()];
    let mut lead: Vec<String> = ["/", "/usage", "/usage?range=30&by=application", "/approvals"].map(Into::into).into();
    lead.push(format!("/team/{team}"));
    let mut administrator: Vec<String> = [
        "/admin",
        "/admin/providers",
        "/admin/models",
        "/admin/guardrails",
        "/admin/people",
        "/admin/people?q=smith",
        "/admin/people?sort=-signed-in",
        "/admin/teams",
        "/admin/budgets",
        "/admin/audit",
        "/admin/calls",
        "/keys?owner=everyone",
        "/keys?owner=everyone&view=expiring",
        "/keys?owner=everyone&view=unused",
        "/keys?owner=everyone&q=search",
        "/keys?owner=everyone&sort=name",
        "/keys?owner=everyone&q=search&sort=-name",
        "/keys?owner=everyone&sort=-used",
        "/keys?owner=everyone&sort=used",
        "/keys?owner=everyone&view=unused&sort=used",
        "/keys?owner=everyone&sort=expires",
        "/keys?owner=everyone&view=ended&sort=-expires",
        "/usage?range=90&by=team",
        "/usage?range=30&by=model&environment=prod",
        "/usage?range=30&by=key&sort=-refused",
        "/usage?range=30&by=application&consumer=service",
    ]
    .map(Into::into)
    .into();
    administrator.push(format!("/calls/{call}"));
    administrator.push(format!("/usage?range=30&by=model&team={team}"));
    administrator.extend(Dimension::ALL.map(|by| format!("/usage?range=30&by={}", by.word())));
    let of = |session, paths: Vec<String>| paths.into_iter().map(move |path| (session, path));
    of(&*seeded.developer, developer.into())
        .chain(of(&*seeded.lead, lead))
        .chain(of(&*seeded.administrator, administrator))
        .collect()
}

#[derive(Debug, PartialEq)]
struct Timing {
    page_ms: f64,
    statements: u16,
}

impl Timing {
    /// Out of the head of an answer.
    fn read(answer: &str) -> Option<Self> {
        let line = answer.lines().find_map(|line| line.strip_prefix("server-timing: page;dur="))?;
        let (page, rest) = line.split_once(',')?;
        let (_, counted) = rest.split_once("desc=\"")?;
        let (statements, _) = counted.split_once(' ')?;
        Some(Self { page_ms: page.parse().ok()?, statements: statements.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_long_it_took() {
        let answer = "HTTP/1.1 200 OK\r\nserver-timing: page;dur=12.34, db;dur=8.00;desc=\"7 statements\"\r\n\r\n";
        assert_eq!(Timing::read(answer), Some(Timing { page_ms: 12.34, statements: 7 }));
        assert_eq!(Timing::read("HTTP/1.1 200 OK\r\n\r\n"), None);
    }
}
