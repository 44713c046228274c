//! Every page with its sample model, as a reader gets it.

use super::selected::{chosen, never_used, none_chosen, outcome};
use super::*;
use app::pages::keys::selection;
use domain::call_rule::{CallRule, RuleSet};
use portal::notifications::NotificationView;

/// Every page with the name of its file.
pub(crate) fn pages() -> Vec<(&'static str, Page)> {
    let who = developer();
    let ada = Some(&who);
    let admin = administrator();
    let key = virtual_key;
    let wide_awake = home::Model { may_manage: true, oversees: true, administers: true, ..newcomer() };
    let pages = vec![
        ("specimen", specimen(Some(&admin))),
        ("home", framed(ada, "Home", || home::view(home_model()))),
        ("home-new", framed(ada, "Home", || home::view(newcomer()))),
        ("home-administrator", framed(Some(&admin), "Home", || home::view(wide_awake))),
        ("keys", framed(ada, "Keys", || list::view(list_model()))),
        ("keys-never-used", framed(ada, "Keys", || list::view(never_used()))),
        ("keys-revoke", framed(ada, "Selected keys", || selection::view(chosen(selection::Act::Revoke)))),
        ("keys-rotate", framed(ada, "Selected keys", || selection::view(chosen(selection::Act::Rotate)))),
        ("keys-none", framed(ada, "Selected keys", || selection::view(none_chosen()))),
        ("keys-outcome", framed(ada, "Selected keys", || selection::outcome_view(outcome()))),
        ("mint", framed(ada, "Mint a key", || mint::view::view(mint_model(None)))),
        ("mint-policy", framed(ada, "Mint a key", || mint::view::view(mint_model_with_policy(None)))),
        ("mint-granted", framed(ada, "Mint a key", || mint::view::view(mint_model(Some(granted()))))),
        ("mint-refused", framed(ada, "Mint a key", || mint::view::view(mint_model(Some(refused()))))),
        ("secret", framed(ada, "Key minted", || secret::view(secret_model(Occasion::Minted)))),
        ("secret-rotated", framed(ada, "Secret rotated", || secret::view(secret_model(Occasion::Rotated)))),
        ("already", framed(ada, "Already minted", || secret::already_view(already()))),
        ("key", framed(ada, "claude-code laptop", || detail::view(detail_model()))),
        ("key-revoked", framed(ada, "claude-code laptop", || detail::view(revoked()))),
        (
            "models",
            framed(ada, "Models", || {
                let asked = models::compare::Asked { cached: "all".to_owned(), ..Default::default() };
                let comparison = models::compare::Comparison::of(asked);
                models::view(models::Model { models: model_rows(), comparison, may_mint: true })
            }),
        ),
        (
            "call",
            framed(ada, "Call", || {
                let detail = CallDetail {
                    call: calls()[0].clone(),
                    key_name: key().name,
                    served_by: Some(("Demo".into(), "demo-1".into())),
                    may_ask: true,
                };
                call::view(call::Model { detail, calendar: calendar() })
            }),
        ),
        (
            "call-watched",
            framed(ada, "Call", || {
                let mut detail = refused_call(true);
                detail.call = UsageRecord { watched: RuleSet::NONE.with(CallRule::Models), ..calls()[0].clone() };
                call::view(call::Model { detail, calendar: calendar() })
            }),
        ),
        (
            "notifications",
            framed(ada, "Notifications", || app::pages::notifications::list::view(notes::list_of_notes(true))),
        ),
        (
            "notifications-empty",
            framed(ada, "Notifications", || {
                app::pages::notifications::list::view(notes::no_notes(NotificationView::All))
            }),
        ),
        (
            "notifications-read",
            framed(ada, "Notifications", || {
                app::pages::notifications::list::view(notes::no_notes(NotificationView::Unread))
            }),
        ),
        (
            "preferences",
            framed(ada, "How I am told", || {
                app::pages::notifications::preferences::view(notes::choices(Some("ada@example.com"), true))
            }),
        ),
        (
            "preferences-without-mail",
            framed(ada, "How I am told", || app::pages::notifications::preferences::view(notes::choices(None, false))),
        ),
        (
            "undelivered",
            framed(Some(&admin), "E-mail", || app::pages::admin::mail::view(&calendar(), notes::undelivered(3))),
        ),
        (
            "undelivered-none",
            framed(Some(&admin), "E-mail", || app::pages::admin::mail::view(&calendar(), notes::undelivered(0))),
        ),
        ("usage", framed(Some(&admin), "Usage", || app::pages::usage::view(usage_model()))),
        ("usage-narrowed", framed(ada, "Usage", || app::pages::usage::view(narrowed_usage()))),
        ("usage-keep", framed(ada, "Keep a view", || app::pages::usage::views::view(keep_view()))),
        ("usage-euros", framed(Some(&admin), "Usage", || app::pages::usage::view(usage_in_euros()))),
        ("usage-no-rate", framed(ada, "Usage", || app::pages::usage::view(usage_without_a_rate()))),
        ("usage-none", framed(ada, "Usage", || app::pages::usage::view(no_usage()))),
        (
            "call-refused",
            framed(ada, "Call", || {
                let detail = refused_call(true);
                call::view(call::Model { detail, calendar: calendar() })
            }),
        ),
        (
            "doctor",
            framed(ada, "Key doctor", || {
                let lost = Some(call::doctor::Lost::Unknown(calls()[0].id));
                call::doctor::view(call::doctor::Model { text: calls()[0].id.to_string(), lost })
            }),
        ),
        (
            "doctor-old",
            framed(ada, "Key doctor", || {
                let lost = Some(call::doctor::Lost::TooOld(calls()[0].id));
                call::doctor::view(call::doctor::Model { text: calls()[0].id.to_string(), lost })
            }),
        ),
        (
            "old-secret",
            framed(ada, "End the old secret", || {
                acts::old_secret::view(acts::old_secret::Model {
                    id: key().id,
                    crumb: app::components::Crumb { text: key().name, href: app::paths::key(key().id) },
                    rotation: Some(rotation()),
                    end: domain::virtual_key::Overlap::None,
                    refusals: vec![Refusal::new("end", Reason::LaterThanOverlap { latest: now() })],
                    calendar: calendar(),
                })
            }),
        ),
        ("team", framed(ada, "Billing", || app::pages::team::view(&calendar(), team_page(true), true))),
        ("team-idle", framed(ada, "Billing", || app::pages::team::view(&calendar(), team_page(false), false))),
        ("team-successor", framed(ada, "Hand over", || app::pages::handover::view(handover(true)))),
        ("team-successor-nothing", framed(ada, "Hand over", || app::pages::handover::view(handover(false)))),
        ("right-size", framed(ada, "Right-size", || app::pages::keys::right_size::view(sizing::proposals()))),
        ("right-size-undo", framed(ada, "Right-size", || app::pages::keys::right_size::view(sizing::undo()))),
        ("right-size-young", framed(ada, "Right-size", || app::pages::keys::right_size::view(sizing::too_young()))),
        (
            "rename",
            framed(ada, "Rename", || {
                let refusals = vec![Refusal::new("name", Reason::Missing)];
                acts::rename::view(acts::rename::Model { key: key(), name: " ".to_owned(), refusals })
            }),
        ),
        (
            "rotate",
            framed(ada, "Rotate", || {
                acts::rotate::view(acts::rotate::Model {
                    comes_to: Some(("Standard developer".to_owned(), 8)),
                    id: key().id,
                    crumb: app::components::Crumb { text: key().name, href: app::paths::key(key().id) },
                    form: "c".repeat(32).parse().unwrap(),
                    overlap: domain::virtual_key::Overlap::Day,
                    already_rotating: true,
                    last_use: key_detail(key()).last_use,
                    refusals: vec![],
                })
            }),
        ),
        (
            "disable",
            framed(ada, "Disable", || {
                acts::state::view(acts::state::Model { turn: acts::state::Turn::Disable, key: key(), refusals: vec![] })
            }),
        ),
        (
            "expiry",
            framed(ada, "Change expiry", || {
                acts::expiry::view(acts::expiry::Model {
                    key: key(),
                    latest: now().plus_days(151),
                    expires_at: "2027-01-20".to_owned(),
                    refusals: vec![],
                    calendar: calendar(),
                })
            }),
        ),
        ("revoke", framed(ada, "Revoke", || acts::revoke::view(revoke_model()))),
    ];
    let pages = [pages, asking::pages(), playing::pages(), reviewing::pages()].concat();
    let read = |(name, html): (&'static str, String)| {
        if let Ok(folder) = std::env::var("PAGES") {
            std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), &html).unwrap();
        }
        (name, Page::read(&html))
    };
    pages.into_iter().map(read).collect()
}
