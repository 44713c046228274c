//! What forms share: the id that makes a form act once, and the reasons of a refusal brought to their fields.

use crate::components::{Problem, Wrong};
use crate::visit::PageError;
use crate::words;
use leptos::prelude::*;
use portal::{FormId, Made, PortalError, Refusal};

/// The hidden field that makes a form act once. Its name is `form` in every form type.
#[component]
pub fn OnceOnly(form: FormId) -> impl IntoView {
    let form: String = form.into();
    view! { <input type="hidden" name="form" value=form/> }
}

/// Reads the hidden field again. Anything that a page did not write there is not a typing error.
pub fn form_id(text: &str) -> Result<FormId, PageError> {
    text.parse().map_err(|_| PageError::Unprocessable("The form does not carry the id that this page gives it.".into()))
}

/// What sending a form came to, as far as its page is concerned.
#[derive(Debug)]
pub enum Sent<T> {
    Done(T),
    /// It was sent before; this is what it made then.
    Before(Made),
    /// Show it again.
    Refused(Reasons),
}

/// Takes apart how a use case ended. What no form can show is an error page.
pub fn sent<T>(result: Result<T, PortalError>) -> Result<Sent<T>, PageError> {
    match result {
        Ok(done) => Ok(Sent::Done(done)),
        Err(PortalError::AlreadyDone { made }) => Ok(Sent::Before(made)),
        Err(PortalError::Refused(refusals)) => Ok(Sent::Refused(refusals.into())),
        Err(other) => Err(other.into()),
    }
}

/// Why a form was refused: each reason once at its field and once in the summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons(Vec<(String, String)>);

impl Reasons {
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `field` is the element's id.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push((field.into(), message.into()));
    }

    /// What belongs below this field. Several reasons at one field are one message.
    pub fn at(&self, field: &str) -> Option<Problem> {
        let messages: Vec<&str> = self.0.iter().filter(|(at, _)| at == field).map(|(_, why)| why.as_str()).collect();
        (!messages.is_empty()).then(|| Problem::new(messages.join(" ")))
    }

    /// Brings the reasons of several fields to one element, where the page shows them together.
    #[must_use]
    pub fn gathered(mut self, fields: &[&str], element: &str) -> Self {
        for (at, _) in self.0.iter_mut().filter(|(at, _)| fields.contains(&at.as_str())) {
            element.clone_into(at);
        }
        self
    }

    pub fn concern(&self, fields: &[&str]) -> bool {
        self.0.iter().any(|(at, _)| fields.contains(&at.as_str()))
    }

    /// For the summary. Only fields that the page really has are linked to: `fields` are their ids.
    pub fn summary(&self, has_field: impl Fn(&str) -> bool) -> Vec<Wrong> {
        let wrong = |(field, message): &(String, String)| Wrong {
            field: has_field(field).then(|| field.clone()),
            message: message.clone(),
        };
        self.0.iter().map(wrong).collect()
    }
}

impl From<Vec<Refusal>> for Reasons {
    fn from(refusals: Vec<Refusal>) -> Self {
        Self(refusals.iter().map(|refusal| (refusal.field.to_owned(), words::refusal(refusal))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portal::Reason;

    #[test]
    fn reasons_stand_at_their_fields_and_all_of_them_in_the_summary() {
        let mut reasons = Reasons::from(vec![
            Refusal::new("name", Reason::Missing),
            Refusal::new("elsewhere", Reason::NothingAllowed),
        ]);
        reasons.add("name", "And another one.");
        assert_eq!(reasons.at("name").unwrap().message, "The name is missing. Enter it. And another one.");
        assert_eq!(reasons.at("description"), None);
        let summary = reasons.summary(|field| field == "name");
        let linked: Vec<_> = summary.iter().map(|wrong| wrong.field.as_deref()).collect();
        assert_eq!(linked, [Some("name"), None, Some("name")]);
    }

    #[test]
    fn a_form_id_is_what_a_page_wrote() {
        assert!(form_id(&"a".repeat(32)).is_ok());
        for broken in ["", "a", "../../etc/passwd"] {
            assert!(matches!(form_id(broken), Err(PageError::Unprocessable(_))), "{broken}");
        }
    }
}
