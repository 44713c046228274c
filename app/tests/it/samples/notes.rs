//! Notifications of every kind, and how somebody wants to be told.

use super::*;
use app::pages::admin::mail;
use app::pages::notifications::{list as notes, preferences};
use domain::day::Day;
use domain::id::{MailId, NotificationId, ProviderId, RequestId};
use domain::key_review::{DAYS, Quarter};
use domain::notification::due::Ending;
use domain::notification::{ComingChange, GivenAnswer, Happening, KeyChange, Kind};
use portal::notifications::{
    FailedMail, MailCounts, Notification, NotificationPage, NotificationView, Preferences, Undelivered,
};

/// One of each, some read.
fn happenings() -> Vec<Happening> {
    let (key, name) = (virtual_key().id, "invoice-parser <b>".to_owned());
    let budget = |scope, percent, spent| Happening::BudgetUsed {
        scope,
        name: "Search".to_owned(),
        window: Window::Month,
        window_start: now(),
        percent,
        spent: NanoUsd::from_dollars(spent),
        limit: NanoUsd::from_dollars(100),
        resets_at: Some(now().plus_days(10)),
    };
    let ends = |ending, days| Happening::KeyEnds { key, name: name.clone(), expires_at: now().plus_days(days), ending };
    let changed =
        |change| Happening::KeyChanged { key, name: name.clone(), change, by: "Ada Example".to_owned(), at: now() };
    let coming = |change| Happening::GuardrailsComing {
        profile: virtual_key().profile,
        name: "Standard developer".to_owned(),
        version: 8,
        change,
        from: now().plus_days(9),
        decided_at: now(),
    };
    let rotation = |keys, team| Happening::RotationAsked {
        key,
        name: name.clone(),
        keys,
        team,
        by: "Ada Example".to_owned(),
        due_at: now().plus_days(14),
        asked_at: now(),
    };
    let opened = Day::of("2026-10-01".parse().unwrap());
    let review = |keys| Happening::ReviewOpens { quarter: Quarter::of(opened), keys, due: opened.plus(DAYS) };
    let request = RequestId::from_random(&[3; 16]);
    let answered =
        |answer| Happening::RequestAnswered { request, name: "search".to_owned(), answer, by: "Lea Lead".to_owned() };
    vec![
        Happening::RequestWaits { request, name: "search".to_owned(), by: "Dan Developer".to_owned() },
        answered(GivenAnswer::Approved),
        answered(GivenAnswer::ApprovedLess),
        answered(GivenAnswer::Declined),
        budget(BudgetScope::Key(key), 50, 52),
        budget(BudgetScope::Team(team()), 80, 81),
        budget(BudgetScope::Organisation, 100, 100),
        ends(Ending::InFourteenDays, 14),
        ends(Ending::Tomorrow, 1),
        ends(Ending::Over, 0),
        Happening::OldSecretInUse { key, name: name.clone(), ends_at: now().plus_days(1), used_at: now() },
        changed(KeyChange::Disabled),
        changed(KeyChange::Revoked),
        changed(KeyChange::MovedAway),
        changed(KeyChange::MovedHere),
        coming(ComingChange::Set),
        coming(ComingChange::Withdrawn),
        coming(ComingChange::AtOnce),
        rotation(1, None),
        rotation(12, Some((team(), "Billing".to_owned()))),
        review(1),
        review(1_204),
        Happening::ProviderFails {
            provider: ProviderId::from_random(&[3; 12]),
            name: "OpenAI".to_owned(),
            deployments: 2,
            day: 1,
        },
        Happening::UnusualSpend {
            application: "crawler & co".to_owned(),
            today: NanoUsd::from_dollars(90),
            usually: NanoUsd::from_dollars(12),
            day: 1,
        },
        Happening::AuditBroken { entry: 4_711 },
    ]
}

fn note((nth, happening): (u8, Happening)) -> Notification {
    Notification {
        id: NotificationId::from_random(&[nth; 12]),
        person: virtual_key().created_by,
        happening,
        shown: true,
        made_at: now().plus_ms(-i64::from(nth) * MS_PER_HOUR),
        read_at: (nth % 3 == 2).then(now),
    }
}

pub(crate) fn list_of_notes(next: bool) -> notes::Model {
    let rows: Vec<Notification> = (1..).zip(happenings()).map(note).collect();
    let unread = rows.iter().filter(|row| row.read_at.is_none()).count() as u64;
    let total = rows.len() as u64;
    let next = next.then(|| "1.note_".to_owned());
    let page = NotificationPage { rows, next, unread, total };
    notes::Model { page, view: NotificationView::All, is_first: true, calendar: calendar() }
}

pub(crate) fn no_notes(view: NotificationView) -> notes::Model {
    let page = NotificationPage { rows: vec![], next: None, unread: 0, total: 0 };
    notes::Model { page, view, is_first: true, calendar: calendar() }
}

pub(crate) fn choices(address: Option<&str>, mail: bool) -> preferences::Model {
    let kinds = Kind::ALL.map(|kind| (kind, kind.usual_channels())).to_vec();
    let preferences =
        Preferences { form: "a".repeat(32).parse().unwrap(), kinds, address: address.map(str::to_owned), mail };
    preferences::Model { preferences, saved: address.is_some() }
}

pub(crate) fn undelivered(failed: u8) -> mail::Model {
    let one = |nth: u8| FailedMail {
        id: MailId::from_random(&[nth; 12]),
        person: virtual_key().created_by,
        person_name: "Dan Developer".to_owned(),
        attempts: 10,
        failed_at: now().plus_days(-1),
        problem: "550 5.1.1 <dan@example.com>: Recipient address rejected: User unknown".to_owned(),
    };
    let counts = MailCounts { tried: 2, failed: i64::from(failed) * 2 };
    let undelivered = Undelivered { mail: failed > 0, counts, failed: (0..failed).map(one).collect() };
    mail::Model { undelivered, may_change: true }
}
