//! `/account/notifications`: of each kind, whether it stands in the list and when a letter goes out.

use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, NameCell, Notice, PageHead, Table, Tone};
use crate::html;
use crate::pages::form::{OnceOnly, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::notification::Kind;
use domain::notification::channels::{Channels, Mailing};
use leptos::prelude::*;
use portal::notifications::Preferences;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: bool,
}

/// A kind and its mailing for each row, in one order; the kinds that are ticked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferencesForm {
    pub form: String,
    #[serde(default)]
    pub kind: Vec<String>,
    #[serde(default)]
    pub in_app: Vec<String>,
    #[serde(default)]
    pub mail: Vec<String>,
}

impl PreferencesForm {
    /// What a browser sends of this page has a known word in each field, and as many of one as of the other.
    fn chosen(&self) -> Option<Vec<(Kind, Channels)>> {
        if self.kind.len() != self.mail.len() || self.in_app.iter().any(|ticked| !self.kind.contains(ticked)) {
            return None;
        }
        let rows = self.kind.iter().zip(&self.mail);
        let chosen = rows.map(|(kind, mail)| {
            let in_app = self.in_app.contains(kind);
            Some((Kind::from_word(kind)?, Channels { in_app, mail: Mailing::from_word(mail)? }))
        });
        chosen.collect()
    }
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved } = input.query()?;
    let model = Model { preferences: visit.portal.notification_preferences(&visit.caller).await?, saved };
    let chrome = visit.chrome(Place::Notifications);
    Ok(Answer::ok(html::document(&chrome, "How I am told", || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let form: PreferencesForm = input.form()?;
    let broken = || PageError::Unprocessable("The form does not say for each kind how you want to be told.".into());
    let chosen = form.chosen().ok_or_else(broken)?;
    let id = form_id(&form.form)?;
    match sent(visit.portal.choose_notifications(&visit.caller, &id, &chosen).await)? {
        Sent::Done(()) | Sent::Before(_) => {
            Ok(Answer::SeeOther(format!("{}?saved=true", paths::ACCOUNT_NOTIFICATIONS)))
        }
        Sent::Refused(_) => Err(broken()),
    }
}

#[derive(Debug, Clone)]
pub struct Model {
    pub preferences: Preferences,
    pub saved: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { preferences: Preferences { form, kinds, address, mail }, saved } = model;
    let saved = saved.then(|| {
        view! { <div role="status"><Notice tone=Tone::Ok text="Saved. It counts from now on."/></div> }
    });
    let rows = kinds.into_iter().map(|(kind, channels)| row(kind, channels)).collect_view();
    let columns = vec![Column::text("What"), Column::text("In the list"), Column::text("By e-mail")];
    view! {
        <PageHead
            title="How I am told"
            crumb=Crumb { text: "Notifications".to_owned(), href: paths::NOTIFICATIONS.to_owned() }
        />
        {saved}
        <p class="prose">{letters(address.as_deref(), mail)}</p>
        <form class="stack" method="post" action=paths::ACCOUNT_NOTIFICATIONS>
            <OnceOnly form=form/>
            <Table columns=columns caption="What I am told, and how">{rows}</Table>
            <div class="actions"><button class="button primary" type="submit">"Save"</button></div>
        </form>
    }
}

/// Where letters go, or why there are none.
fn letters(address: Option<&str>, mail: bool) -> String {
    match (mail, address) {
        (false, _) => {
            "This installation sends no e-mail, since no mail server is configured. What you choose for e-mail \
                       counts once there is one."
                .to_owned()
        }
        (true, None) => "Your identity provider says no e-mail address for you, so that none is sent.".to_owned(),
        (true, Some(address)) => {
            format!(
                "E-mail goes to {address}, as your identity provider says it. What goes out once a day is sent at 08:00."
            )
        }
    }
}

fn row(kind: Kind, channels: Channels) -> impl IntoView {
    let (name, note) = words::kind(kind);
    let word = kind.word();
    let options = Mailing::ALL.map(|mailing| {
        view! {
            <option value=mailing.word() selected=mailing == channels.mail>{words::mailing(mailing)}</option>
        }
    });
    view! {
        <tr>
            <NameCell name=name note=note.into_any()/>
            <Cell label="In the list">
                <input type="hidden" name="kind" value=word/>
                <label class="choice">
                    <input type="checkbox" name="in_app" value=word checked=channels.in_app/>
                    <span>"Show"<span class="visually-hidden">{format!(": {name}")}</span></span>
                </label>
            </Cell>
            <Cell label="By e-mail">
                <label>
                    <span class="visually-hidden">{format!("E-mail: {name}")}</span>
                    <span class="select-box"><select name="mail" class="select">{options.collect_view()}</select></span>
                </label>
            </Cell>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kind: &[&str], in_app: &[&str], mail: &[&str]) -> PreferencesForm {
        let texts = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        PreferencesForm { form: String::new(), kind: texts(kind), in_app: texts(in_app), mail: texts(mail) }
    }

    #[test]
    fn what_is_ticked_and_chosen_belongs_to_its_row() {
        let chosen = form(&["key_ends", "old_secret"], &["old_secret"], &["never", "daily"]).chosen().unwrap();
        let channels = |in_app, mail| Channels { in_app, mail };
        assert_eq!(
            chosen,
            [(Kind::KeyEnds, channels(false, Mailing::Never)), (Kind::OldSecret, channels(true, Mailing::Daily))]
        );
        assert_eq!(form(&[], &[], &[]).chosen(), Some(vec![]));
    }

    #[test]
    fn a_form_that_no_page_of_ours_sends_is_not_guessed_at() {
        for broken in [
            form(&["key_ends"], &[], &[]),
            form(&["key_ends"], &["old_secret"], &["never"]),
            form(&["key_ends"], &[], &["sometimes"]),
            form(&["nonsense"], &[], &["never"]),
        ] {
            assert_eq!(broken.chosen(), None, "{broken:?}");
        }
    }
}
