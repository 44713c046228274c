//! `/reviews/switch`: whether keys are reviewed every quarter. Says what it will mean before it does.

use super::page;
use crate::components::Crumb;
use crate::pages::confirm::{self, Confirmation};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words::reviews::{day, quarter};
use domain::key_review::{DAYS, Review};
use leptos::prelude::*;
use portal::keys::reviews::Held;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    to: String,
}

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let held = visit.portal.reviews_held().await?;
    let model = Model { held, first: visit.portal.review_if_switched_on() };
    Ok(Answer::ok(page(&visit, "Key reviews", || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { to } = input.form()?;
    let on = match to.as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(PageError::Unprocessable("The form does not say to, as this page gives it.".to_owned())),
    };
    visit.portal.switch_reviews(visit.administrator()?, on).await?;
    Ok(Answer::SeeOther(paths::REVIEW_PROGRESS.to_owned()))
}

pub struct Model {
    pub held: Held,
    /// The first review, if they were switched on now.
    pub first: Review,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { held, first } = model;
    let crumb = Crumb { text: "Progress of reviews".to_owned(), href: paths::REVIEW_PROGRESS.to_owned() };
    let off = held == Held::Off;
    let (title, effects) = if off {
        let effects = vec![
            format!(
                "Once a quarter every key that is older than the quarter is looked at: leads say of the keys of their \
                 teams that they are still needed, or revoke them. A review is due {DAYS} days after it opens; \
                 nothing is revoked by itself."
            ),
            "Leads also review the keys of people who are in their team alone. They see the name, the environment and \
             whether a key is in use; calls and spend only as far as their data scope reaches. Administrators review \
             the rest, and nobody their own."
                .to_owned(),
            format!(
                "The first review is that of {}: it opens on {} and is due by {}.",
                quarter(first.quarter),
                day(first.opens),
                day(first.due)
            ),
        ];
        ("Switch key reviews on", effects)
    } else {
        let effects = vec![
            "No review is open then, and nobody is asked about keys. What was decided stays, with its files."
                .to_owned(),
            "Switched on again, the review of the quarter begins anew for keys that nobody decided about.".to_owned(),
        ];
        ("Switch key reviews off", effects)
    };
    let confirmation = Confirmation {
        title: title.to_owned(),
        crumb,
        effects,
        action: paths::SWITCH_REVIEWS.to_owned(),
        fields: vec![("to", if off { "on" } else { "off" }.to_owned())],
        verb: if off { "Switch on" } else { "Switch off" },
        dangerous: false,
        back: if off { "Leave them off" } else { "Leave them on" },
    };
    confirm::view(confirmation)
}
