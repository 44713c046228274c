//! What a letter says: the headline and the next step of each thing that somebody is told, as plain text with its address.

use crate::format::{Calendar, grouped};
use crate::paths;
use crate::words;
use portal::notifications::{MOST_NOTES, Notification};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// One line, without control characters.
    pub subject: String,
    pub body: String,
}

/// Longer subjects are cut by those who show them.
const LONGEST_SUBJECT: usize = 150;

/// `origin` is where people open the portal: `https://keys.example.com`.
pub fn letter(notes: &[Notification], is_summary: bool, origin: &str, calendar: &Calendar) -> Written {
    let told: Vec<words::Told> = notes.iter().map(|note| words::happening(&note.happening, calendar)).collect();
    let subject = match told.as_slice() {
        [one] if !is_summary => one.headline.clone(),
        [_] => "Keywright: one notification".to_owned(),
        many => format!("Keywright: {} notifications", grouped(many.len() as u64)),
    };
    let mut body = String::new();
    for words::Told { headline, next, href } in &told {
        for line in [one_line(headline) + ".", one_line(next), format!("{origin}{href}"), String::new()] {
            body.push_str(&line);
            body.push('\n');
        }
    }
    if notes.len() >= MOST_NOTES as usize {
        body.push_str(&format!(
            "A letter holds no more than these. All that is listed: {origin}{}\n\n",
            paths::NOTIFICATIONS
        ));
    }
    let preferences = paths::ACCOUNT_NOTIFICATIONS;
    let zone = calendar.zone_name();
    body.push_str(&format!("-- \nTimes in {zone}. Choose what you get by e-mail: {origin}{preferences}\n"));
    Written { subject: one_line(&subject).chars().take(LONGEST_SUBJECT).collect(), body }
}

/// Names are what people typed elsewhere: nothing in them begins a line, a header or a signature of its own.
fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{NotificationId, PersonId, RequestId};
    use domain::notification::Happening;
    use domain::time::Timestamp;
    use jiff::tz::TimeZone;

    fn note(name: &str) -> Notification {
        Notification {
            id: NotificationId::from_random(&[1; 12]),
            person: PersonId::from_random(&[1; 12]),
            happening: Happening::RequestWaits {
                request: RequestId::from_random(&[1; 12]),
                name: name.into(),
                by: "Ada".into(),
            },
            shown: true,
            made_at: Timestamp::from_ms(0),
            read_at: None,
        }
    }

    fn written(names: &[&str], is_summary: bool) -> Written {
        let calendar = Calendar { now: Timestamp::from_ms(0), zone: TimeZone::UTC };
        let notes: Vec<_> = names.iter().map(|name| note(name)).collect();
        letter(&notes, is_summary, "https://keys.example.com", &calendar)
    }

    #[test]
    fn a_letter_says_what_happened_what_to_do_and_where() {
        let letter = written(&["ci"], false);
        assert_eq!(letter.subject, "Ada asks for ci");
        assert_eq!(
            letter.body,
            "Ada asks for ci.\nSee what it would mean, then approve it, approve less or decline.\n\
             https://keys.example.com/requests/ask_111111111111\n\n\
             -- \nTimes in UTC. Choose what you get by e-mail: https://keys.example.com/account/notifications\n"
        );
    }

    #[test]
    fn a_summary_says_how_much_it_holds() {
        assert_eq!(written(&["ci"], true).subject, "Keywright: one notification");
        let letter = written(&["ci", "laptop"], true);
        assert_eq!(letter.subject, "Keywright: 2 notifications");
        assert_eq!(letter.body.matches("https://keys.example.com/requests/").count(), 2);
    }

    #[test]
    fn a_letter_that_is_full_says_so() {
        let names = vec!["ci"; MOST_NOTES as usize];
        let full = "A letter holds no more than these. All that is listed: https://keys.example.com/notifications";
        assert!(written(&names, true).body.contains(full));
        assert!(!written(&names[1..], true).body.contains(full));
    }

    #[test]
    fn a_name_stays_in_its_line() {
        let letter = written(&["x\r\nBcc: everyone@example.com\r\n\r\n<h1>\u{2028}y"], false);
        assert_eq!(letter.subject, "Ada asks for x  Bcc: everyone@example.com    <h1> y");
        assert!(letter.body.starts_with("Ada asks for x  Bcc:"));
        let long = "x".repeat(1_000);
        assert_eq!(written(&[&long], false).subject.chars().count(), LONGEST_SUBJECT);
    }
}
