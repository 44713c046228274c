//! How long a session lasts: pure.
//!
//! Idle and absolute lifetimes are judged at every request from stored moments and today's roles, so that neither a
//! cookie nor a slow request prolongs one. A changed `version` of the person (disabled, roles changed, signed out
//! everywhere) ends every session begun before, on whichever replica the next request arrives.

use domain::person::Role;
use domain::time::{MS_PER_HOUR, MS_PER_MINUTE, Timestamp};
use store::{Person, SessionRow};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifetimes {
    pub(super) idle_ms: i64,
    pub(super) absolute_ms: i64,
}

/// The longest that any session lasts: the cookie's age.
pub(super) const LONGEST_MS: i64 = 12 * MS_PER_HOUR;

/// Writing at every request would make reading pages a write load.
const TOUCH_EVERY_MS: i64 = MS_PER_MINUTE;

pub(super) fn lifetimes(roles: &[Role]) -> Lifetimes {
    if roles.contains(&Role::Administrator) {
        Lifetimes { idle_ms: 15 * MS_PER_MINUTE, absolute_ms: 8 * MS_PER_HOUR }
    } else {
        Lifetimes { idle_ms: 30 * MS_PER_MINUTE, absolute_ms: LONGEST_MS }
    }
}

/// When a session last seen at `seen_at` ends: the earlier of its two limits.
pub(super) fn expires_at(roles: &[Role], created_at: Timestamp, seen_at: Timestamp) -> Timestamp {
    let Lifetimes { idle_ms, absolute_ms } = lifetimes(roles);
    seen_at.plus_ms(idle_ms).min(created_at.plus_ms(absolute_ms))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Alive; with the new end if it is time to write that it was seen.
    Alive {
        prolonged: Option<Timestamp>,
    },
    Ended(Ended),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Expired,
    /// The person changed since the session began.
    Superseded,
    Disabled,
}

pub(super) fn judge(session: &SessionRow, person: &Person, now: Timestamp) -> Standing {
    if !person.active {
        return Standing::Ended(Ended::Disabled);
    }
    if session.person_version != person.version {
        return Standing::Ended(Ended::Superseded);
    }
    let roles = person.roles();
    let limit = expires_at(&roles, session.created_at, session.seen_at).min(session.expires_at);
    if now >= limit {
        return Standing::Ended(Ended::Expired);
    }
    let is_due = now.since(session.seen_at) >= TOUCH_EVERY_MS;
    Standing::Alive { prolonged: is_due.then(|| expires_at(&roles, session.created_at, now)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::PersonId;

    const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn person(roles: &[Role]) -> Person {
        Person {
            id: PersonId::from_random(&[1; 12]),
            issuer: "https://idp".into(),
            subject: "s".into(),
            name: "x".into(),
            email: String::new(),
            claimed_roles: roles.to_vec(),
            granted_roles: vec![],
            groups: vec![],
            active: true,
            version: 3,
            created_at: START,
            last_sign_in_at: None,
        }
    }

    fn session(person: &Person, seen_at: Timestamp) -> SessionRow {
        SessionRow {
            id_hash: [0; 32],
            person: Some(person.id),
            person_version: person.version,
            issuer: None,
            idp_sid: None,
            data: vec![],
            address: None,
            agent: None,
            created_at: START,
            auth_time: START,
            seen_at,
            expires_at: expires_at(&person.roles(), START, seen_at),
        }
    }

    #[test]
    fn sessions_end_idle_and_absolutely_and_sooner_for_administrators() {
        for (roles, idle_min, absolute_h) in
            [(&[Role::Developer][..], 30, 12), (&[Role::Developer, Role::Administrator], 15, 8)]
        {
            let person = person(roles);
            let idle_end = START.plus_ms(idle_min * MS_PER_MINUTE);
            let seen_once = session(&person, START);
            assert!(matches!(judge(&seen_once, &person, idle_end.plus_ms(-1)), Standing::Alive { .. }));
            assert_eq!(judge(&seen_once, &person, idle_end), Standing::Ended(Ended::Expired));
            let end = START.plus_ms(absolute_h * MS_PER_HOUR);
            let busy = session(&person, end.plus_ms(-TOUCH_EVERY_MS));
            assert_eq!(judge(&busy, &person, end.plus_ms(-1)), Standing::Alive { prolonged: None });
            assert_eq!(
                judge(&busy, &person, end),
                Standing::Ended(Ended::Expired),
                "sliding stops at the absolute end"
            );
        }
    }

    #[test]
    fn being_seen_is_written_at_most_once_a_minute() {
        let person = person(&[Role::Developer]);
        let session = session(&person, START);
        assert_eq!(judge(&session, &person, START.plus_ms(59_999)), Standing::Alive { prolonged: None });
        let later = START.plus_ms(60_000);
        let prolonged = Some(later.plus_ms(30 * MS_PER_MINUTE));
        assert_eq!(judge(&session, &person, later), Standing::Alive { prolonged });
    }

    #[test]
    fn a_changed_or_disabled_person_ends_every_session() {
        let mut person = person(&[Role::Developer]);
        let session = session(&person, START);
        person.version += 1;
        assert_eq!(judge(&session, &person, START), Standing::Ended(Ended::Superseded));
        person.active = false;
        assert_eq!(judge(&session, &person, START), Standing::Ended(Ended::Disabled));
    }

    #[test]
    fn a_new_administrator_is_held_to_the_shorter_limit_at_once() {
        let mut person = person(&[Role::Developer]);
        let session = session(&person, START);
        person.granted_roles.push(Role::Administrator);
        assert_eq!(judge(&session, &person, START.plus_ms(15 * MS_PER_MINUTE)), Standing::Ended(Ended::Expired));
    }
}
