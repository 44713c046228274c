//! One letter as it travels: its headers and its text.
//!
//! Nothing that people typed reaches a header but through a type that knows the header's grammar: an address is parsed,
//! names and subjects are encoded, and what holds a line break has lost it before.

use app::format::Calendar;
use app::letter::letter;
use domain::time::Timestamp;
use jiff::tz::TimeZone;
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use portal::notifications::Letter;
use std::time::{Duration, UNIX_EPOCH};

/// The same for all letters.
#[derive(Debug, Clone)]
pub(super) struct Letterhead {
    pub(super) from: Mailbox,
    /// `https://keys.example.com`
    pub(super) origin: String,
    /// `keys.example.com`, for ids.
    pub(super) host: String,
    pub(super) zone: TimeZone,
}

/// There is no letter: what the identity provider says is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the identity provider says no address that mail can be sent to")]
pub(super) struct NoAddress;

const LIST_UNSUBSCRIBE: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe");
/// Keeps absence notices from coming back (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

pub(super) fn message(head: &Letterhead, to: &Letter, now: Timestamp) -> Result<Message, NoAddress> {
    let calendar = Calendar { now, zone: head.zone.clone() };
    let written = letter(&to.notes, to.is_summary, &head.origin, &calendar);
    let address: Address = to.to_address.trim().parse().map_err(|_| NoAddress)?;
    let name: String = to.to_name.chars().filter(|c| !c.is_control()).collect();
    let preferences = format!("<{}{}>", head.origin, app::paths::ACCOUNT_NOTIFICATIONS);
    let since_1970 = Duration::from_millis(u64::try_from(now.as_ms()).unwrap_or(0));
    Message::builder()
        .from(head.from.clone())
        .to(Mailbox::new(Some(name).filter(|name| !name.is_empty()), address))
        .subject(written.subject)
        .date(UNIX_EPOCH + since_1970)
        // The same at each attempt: one that arrived twice is shown once.
        .message_id(Some(format!("<{}@{}>", to.id, head.host)))
        .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE, preferences))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN)
        .body(written.body)
        .map_err(|_| NoAddress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{MailId, NotificationId, PersonId, RequestId};
    use domain::notification::Happening;
    use portal::notifications::Notification;

    fn head() -> Letterhead {
        Letterhead {
            from: "Keywright <keywright@example.com>".parse().unwrap(),
            origin: "https://keys.example.com".into(),
            host: "keys.example.com".into(),
            zone: TimeZone::UTC,
        }
    }

    fn to(name: &str, address: &str, about: &str) -> Letter {
        let note = Notification {
            id: NotificationId::from_random(&[1; 12]),
            person: PersonId::from_random(&[1; 12]),
            happening: Happening::RequestWaits {
                request: RequestId::from_random(&[1; 12]),
                name: about.into(),
                by: "Ada".into(),
            },
            shown: true,
            made_at: Timestamp::from_ms(0),
            read_at: None,
        };
        Letter {
            id: MailId::from_random(&[1; 12]),
            to_name: name.into(),
            to_address: address.into(),
            is_summary: false,
            made_at: Timestamp::from_ms(0),
            notes: vec![note],
            attempt: 1,
        }
    }

    fn raw(name: &str, address: &str, about: &str) -> String {
        let now = Timestamp::from_ms(1_795_248_000_000);
        String::from_utf8(message(&head(), &to(name, address, about), now).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_letter_says_whence_where_to_and_how_to_get_no_more() {
        let raw = raw("Dan", "dan@example.com", "ci");
        for line in [
            "From: Keywright <keywright@example.com>",
            "To: Dan <dan@example.com>",
            "Subject: Ada asks for ci",
            "Date: Sat, 21 Nov 2026 08:00:00 +0000",
            "Message-ID: <mail_111111111111@keys.example.com>",
            "List-Unsubscribe: <https://keys.example.com/account/notifications>",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/plain; charset=utf-8",
        ] {
            assert!(raw.contains(&format!("{line}\r\n")), "{line} is missing in\n{raw}");
        }
        assert!(!raw.contains("http://") && !raw.contains("<img"));
    }

    #[test]
    fn no_name_makes_a_header() {
        let hostile = "x\r\nBcc: everyone@example.com\r\n\r\n<script>";
        let raw = raw(hostile, "dan@example.com", hostile);
        let headers = raw.split("\r\n\r\n").next().unwrap();
        let names: Vec<&str> = headers
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .filter_map(|line| line.split(':').next())
            .collect();
        assert!(!names.iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{headers}");
        assert_eq!(names.iter().filter(|name| **name == "Subject").count(), 1);
        assert_eq!(
            raw.matches("\r\n\r\n").count() - raw.split_once("\r\n\r\n").unwrap().1.matches("\r\n\r\n").count(),
            1
        );
    }

    #[test]
    fn what_is_no_address_gets_no_letter() {
        for broken in [
            "",
            "dan",
            "dan@example.com\r\nRCPT TO:<eve@example.com>",
            "dan@example.com, eve@example.com",
            "<dan@example.com>",
        ] {
            assert_eq!(
                message(&head(), &to("Dan", broken, "ci"), Timestamp::from_ms(0)).unwrap_err(),
                NoAddress,
                "{broken}"
            );
        }
    }

    #[test]
    fn other_alphabets_arrive() {
        let raw = raw("Дора", "dora@example.com", "søk");
        assert!(raw.is_ascii(), "headers and text are encoded:\n{raw}");
        assert!(raw.contains("Subject: Ada asks for =?utf-8?b?"), "{raw}");
    }
}
