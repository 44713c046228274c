//! Who there is: business units, teams, people, and their keys, the busiest first.

use super::draw::{Draw, zipf};
use super::{NotSeeded, Scale, Surroundings};
use domain::budget::{Cap, Window};
use domain::cost_centre::{CentreEntry, CostCentre};
use domain::id::{CostCentreId, KeyId, PersonId, ProfileId, TeamId, UnitId};
use domain::model::{Endpoint, ModelPattern};
use domain::money::NanoUsd;
use domain::person::Role;
use domain::virtual_key::{ConsumerKind, KeySecret, KeyState, KeyTerms, Owner, RevocationReason, VirtualKey};
use store::{Person, Team, Unit};

const GIVEN: [&str; 40] = [
    "Ada", "Alan", "Amara", "Anders", "Beatriz", "Bilal", "Chen", "Clara", "Dario", "Elif", "Emil", "Farah", "Femi",
    "Greta", "Hana", "Hugo", "Ines", "Ivan", "Jonas", "Kavya", "Lars", "Leila", "Lena", "Luca", "Maja", "Malik", "Mei",
    "Milan", "Nadia", "Nils", "Olga", "Omar", "Petra", "Priya", "Rosa", "Samir", "Sofia", "Tomas", "Yara", "Zoe",
];
const FAMILY: [&str; 32] = [
    "Abebe", "Almeida", "Bauer", "Becker", "Costa", "Dahl", "Fischer", "Garcia", "Hansen", "Hoffmann", "Ito", "Jansen",
    "Kaya", "Keller", "Khan", "Kowalski", "Larsen", "Lopez", "Maier", "Moreau", "Nakamura", "Novak", "Okafor", "Park",
    "Patel", "Rossi", "Schmidt", "Silva", "Svensson", "Tanaka", "Weber", "Yilmaz",
];
const SUBJECTS: [&str; 24] = [
    "invoice",
    "search",
    "support",
    "catalogue",
    "fraud",
    "pricing",
    "claims",
    "contract",
    "delivery",
    "hiring",
    "legal",
    "ledger",
    "logistics",
    "mail",
    "meeting",
    "order",
    "payment",
    "quality",
    "report",
    "returns",
    "risk",
    "sales",
    "survey",
    "translation",
];
const THINGS: [&str; 22] = [
    "parser",
    "bot",
    "assistant",
    "ranker",
    "summary",
    "classifier",
    "review",
    "extractor",
    "copilot",
    "watch",
    "router",
    "agent",
    "index",
    "writer",
    "checker",
    "planner",
    "triage",
    "insights",
    "matcher",
    "draft",
    "digest",
    "evaluation",
];
/// Written in one transaction.
const AT_ONCE: usize = 2_000;
/// What a call costs on average, for budgets that are neither empty nor all used up.
const USUAL_COST: i64 = 4_500_000;

/// A key as its traffic needs it.
pub(super) struct SeededKey {
    pub(super) id: KeyId,
    pub(super) application: Option<u32>,
    pub(super) consumer: ConsumerKind,
}

struct Teams {
    teams: Vec<TeamId>,
    people: Vec<PersonId>,
}

pub(super) async fn make(
    around: &Surroundings<'_>,
    scale: Scale,
    draw: &mut Draw,
) -> Result<Vec<SeededKey>, NotSeeded> {
    let profile = around.store.profiles().await?.first().map(|profile| profile.id).ok_or(NotSeeded::NoProfile)?;
    let teams = people(around, scale, draw).await?;
    keys(around, scale, draw, profile, &teams).await
}

fn named<'a>(names: &[&'a str], nth: usize) -> &'a str {
    names.get(nth % names.len()).copied().unwrap_or_default()
}

/// `invoice-parser`, `search-parser`, … and numbers when names run out.
pub(super) fn application_name(nth: usize) -> String {
    let (subject, rest) = (named(&SUBJECTS, nth), nth / SUBJECTS.len());
    let round = rest / THINGS.len();
    let number = if round == 0 { String::new() } else { format!("-{}", round + 1) };
    format!("{subject}-{}{number}", named(&THINGS, rest + nth % SUBJECTS.len()))
}

async fn people(around: &Surroundings<'_>, scale: Scale, draw: &mut Draw) -> Result<Teams, NotSeeded> {
    let team_count = (scale.people as usize / 50).max(5);
    let unit_count = (team_count / 20).max(2);
    let mut tx = around.store.begin().await?;
    let mut units = Vec::new();
    for nth in 0..unit_count {
        let id = UnitId::from_random(&draw.bytes());
        let name = format!("Unit {}", nth + 1);
        tx.insert_unit(&Unit { id, name, created_at: around.now }).await?;
        units.push(id);
    }
    for nth in 0..cost_centre_count(team_count) {
        let code = cost_centre(nth);
        let name = format!("{} department", named(&SUBJECTS, nth));
        let entry = CentreEntry { code, name, contact: None, valid_from: None, valid_until: None };
        let id = CostCentreId::from_random(&draw.bytes());
        tx.insert_cost_centre(&CostCentre { id, entry, version: 1 }, around.now).await?;
    }
    let mut teams = Vec::new();
    for nth in 0..team_count {
        let id = TeamId::from_random(&draw.bytes());
        let mut name = application_name(nth).replace('-', " ");
        if let Some(first) = name.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        // A few belong to no unit.
        let unit = units.get(nth % (unit_count + 1)).copied();
        tx.insert_team(&Team { id, name, unit, created_at: around.now }).await?;
        teams.push(id);
    }
    tx.commit().await?;

    let mut people = Vec::new();
    let all: Vec<usize> = (0..scale.people as usize).collect();
    for piece in all.chunks(AT_ONCE) {
        let mut tx = around.store.begin().await?;
        for &nth in piece {
            let (given, family) = (named(&GIVEN, nth), named(&FAMILY, nth / GIVEN.len()));
            let round = nth / (GIVEN.len() * FAMILY.len());
            let middle =
                if round == 0 { String::new() } else { format!(" {}.", char::from(b'A' + (round % 26) as u8)) };
            let person = Person {
                id: PersonId::from_random(&draw.bytes()),
                issuer: "https://seeded.invalid".to_owned(),
                subject: format!("seeded-{nth}"),
                name: format!("{given}{middle} {family}"),
                email: format!("{}.{}{nth}@example.com", given.to_lowercase(), family.to_lowercase()),
                claimed_roles: vec![Role::Developer],
                granted_roles: Vec::new(),
                groups: Vec::new(),
                active: !draw.in_a_thousand(10),
                version: 1,
                created_at: around.now.plus_days(-200),
                last_sign_in_at: Some(around.now.plus_days(-(draw.below(60) as i64))),
            };
            tx.insert_person(&person).await?;
            let home = nth % team_count;
            let second = draw.in_a_thousand(100).then(|| draw.index(team_count));
            let none = draw.in_a_thousand(80);
            for team in [(!none).then_some(home), second].into_iter().flatten() {
                if let Some(&team) = teams.get(team) {
                    tx.put_membership(team, person.id, nth < team_count).await?;
                }
            }
            people.push(person.id);
        }
        tx.commit().await?;
    }
    Ok(Teams { teams, people })
}

async fn keys(
    around: &Surroundings<'_>,
    scale: Scale,
    draw: &mut Draw,
    profile: ProfileId,
    who: &Teams,
) -> Result<Vec<SeededKey>, NotSeeded> {
    let applications = (scale.keys as usize / 200).max(12);
    let monthly = scale.calls.saturating_mul(30) / u64::from(scale.days);
    let mut made = Vec::with_capacity(scale.keys as usize);
    let all: Vec<usize> = (0..scale.keys as usize).collect();
    for piece in all.chunks(AT_ONCE) {
        let mut tx = around.store.begin().await?;
        for &nth in piece {
            let (Some(&person), Some(&team)) = (draw.one(&who.people), who.teams.get(draw.low_index(who.teams.len())))
            else {
                continue;
            };
            let consumer = match nth % 20 {
                0..4 => ConsumerKind::Service,
                4 => ConsumerKind::Ci,
                5..10 => ConsumerKind::Agent,
                _ => ConsumerKind::Person,
            };
            let serves = matches!(consumer, ConsumerKind::Service | ConsumerKind::Ci);
            let application = serves.then(|| draw.low_index(applications));
            let is_busy = nth < scale.keys as usize / 8;
            let key = VirtualKey {
                id: KeyId::from_random(&draw.bytes()),
                name: match application {
                    Some(application) => format!("{}-{nth}", application_name(application)),
                    None => {
                        format!("{}-{nth}", if consumer == ConsumerKind::Agent { "coding-agent" } else { "laptop" })
                    }
                },
                owner: if serves { Owner::Team(team) } else { Owner::Person(person) },
                created_by: person,
                profile,
                profile_version: None,
                consumer,
                application: application.map(application_name),
                environment: environment(consumer, draw).to_owned(),
                cost_centre: (!draw.in_a_thousand(60))
                    .then(|| cost_centre(draw.low_index(cost_centre_count(who.teams.len())))),
                tags: Vec::new(),
                terms: terms(budget(monthly, nth, draw)),
                state: state(around, person, is_busy, draw),
                created_at: around.now.plus_days(-(i64::from(scale.days) + draw.below(100) as i64)),
                expires_at: around.now.plus_days(if is_busy { 3 } else { -20 } + draw.below(170) as i64),
            };
            let secret = KeySecret {
                version: 1,
                tag: draw.bytes(),
                pepper_version: 1,
                created_at: key.created_at,
                valid_until: None,
            };
            tx.insert_key(&key, &secret).await?;
            let application = application.and_then(|application| u32::try_from(application).ok());
            made.push(SeededKey { id: key.id, application, consumer });
        }
        tx.commit().await?;
    }
    Ok(made)
}

const fn cost_centre_count(teams: usize) -> usize {
    teams / 4 + 3
}

fn cost_centre(nth: usize) -> String {
    (4_100 + nth * 7).to_string()
}

fn environment(consumer: ConsumerKind, draw: &mut Draw) -> &'static str {
    let (dev, staging) = match consumer {
        ConsumerKind::Person | ConsumerKind::Agent => (950, 30),
        ConsumerKind::Service => (150, 200),
        ConsumerKind::Ci => (400, 400),
    };
    match draw.below(1_000) {
        drawn if drawn < dev => "dev",
        drawn if drawn < dev + staging => "staging",
        _ => "prod",
    }
}

/// What the key is likely to spend in a month, with more or less room above it; whole dollars, five at least.
fn budget(monthly_calls: u64, rank: usize, draw: &mut Draw) -> NanoUsd {
    // The weights of a day's active keys add up to about seven times the one of the first.
    let calls = monthly_calls.saturating_mul(zipf(rank)) / (zipf(0) * 60);
    let spend = i64::try_from(calls).unwrap_or(0).saturating_mul(USUAL_COST);
    let room = 720 + i64::try_from(draw.below(3_300)).unwrap_or(0);
    NanoUsd::from_dollars((spend / 1_000_000_000 * room / 1_000).max(5))
}

fn terms(monthly: NanoUsd) -> KeyTerms {
    let every: Option<ModelPattern> = "*".parse().ok();
    KeyTerms {
        models: every.into_iter().collect(),
        endpoints: Endpoint::ALL.to_vec(),
        caps: vec![Cap { window: Window::Month, limit: monthly }],
        requests_per_minute: 120,
        concurrency: 16,
        tokens_per_minute: None,
        quotas: Vec::new(),
        networks: Vec::new(),
        max_output_tokens: None,
    }
}

fn state(around: &Surroundings<'_>, by: PersonId, is_busy: bool, draw: &mut Draw) -> KeyState {
    let at = around.now.plus_days(-(draw.below(80) as i64));
    match draw.below(1_000) {
        _ if is_busy => KeyState::Active,
        0..40 => KeyState::Revoked { at, by, reason: RevocationReason::NoLongerNeeded },
        40..55 => KeyState::Disabled { at, by },
        _ => KeyState::Active,
    }
}
