//! Somebody who is signed in.

use super::random;
use base64::Engine as _;
use domain::id::PersonId;
use domain::person::Role;
use domain::time::Timestamp;
use sha2::{Digest as _, Sha256};
use store::{Person, SessionRow};

pub fn person(name: &str, role: Role, now: Timestamp) -> Person {
    Person {
        id: PersonId::from_random(&random::<32>()),
        issuer: "unused".to_owned(),
        subject: name.to_lowercase(),
        name: name.to_owned(),
        email: String::new(),
        claimed_roles: vec![role],
        granted_roles: Vec::new(),
        groups: Vec::new(),
        active: true,
        version: 1,
        created_at: now,
        last_sign_in_at: Some(now),
    }
}

/// A session as signing in would leave it, with what its cookie says.
pub fn session(person: &Person, now: Timestamp) -> (String, SessionRow) {
    let token = random::<32>();
    let row = SessionRow {
        id_hash: Sha256::digest(token).into(),
        person: Some(person.id),
        person_version: person.version,
        issuer: Some("unused".to_owned()),
        idp_sid: None,
        data: br#"{"id_token":null}"#.to_vec(),
        address: None,
        agent: None,
        created_at: now,
        auth_time: now,
        seen_at: now,
        expires_at: now.plus_days(1),
    };
    (base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token), row)
}

/// The header that says so to a process at this port.
pub fn cookie(port: u16, session: &str) -> String {
    format!("cookie: kw_sid_{port}={session}\r\n")
}
