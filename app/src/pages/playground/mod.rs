//! Trying a model out under one of one's own keys.
//!
//! The conversation lives in the form and nowhere else. Without script the form is posted and the answer is a page; with
//! it the same form is posted to an address that answers in events, and everything that is not an answer (a refused
//! field, a session that ended) leads back to the plain way. No secret of a key is on the page, because nobody has it.

mod form;
mod stream;
pub mod told;
pub mod view;

use crate::chrome::Place;
use crate::html;
use crate::pages::form::{Reasons, Sent, form_id, sent};
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::KeyId;
use form::Form;
use portal::playground::{Conversation, Playground};
use portal::ports::{Heard, Turn};
use serde::Deserialize;
use told::{Failed, Told};

pub use stream::show as answer;
pub use view::Model;

/// What the form is filled in with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    pub model: String,
    pub system: String,
    pub message: String,
    pub max_output_tokens: String,
    pub turns: Vec<Turn>,
}

/// Enough to see what a model is like, and little to set aside.
pub const USUAL_OUTPUT: &str = "1024";

#[derive(Deserialize)]
struct Asked {
    key: Option<String>,
    #[serde(default)]
    model: String,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Asked { key, model } = input.query()?;
    let wanted: Option<KeyId> = match key.as_deref() {
        None | Some("") => None,
        Some(key) => Some(key.parse().map_err(|_| PageError::NotFound)?),
    };
    let playground = visit.portal.playground(&visit.caller, wanted).await?;
    let entered = Entered { model, max_output_tokens: USUAL_OUTPUT.to_owned(), ..Entered::default() };
    Ok(Answer::ok(page(&visit, Model::new(playground, entered, visit.calendar()))))
}

/// The whole answer as a page.
pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let form: Form = input.form()?;
    let (key, entered) = form.read()?;
    let conversation = match ask(&visit, &form, key, &entered).await? {
        Ok(conversation) => conversation,
        Err(not) => return not.page(&visit, key, entered).await,
    };
    // A model may think for longer than a page may take.
    Ok(Answer::Later(Box::pin(async move {
        let heard = Whole::of(conversation).await;
        let playground = visit.portal.playground(&visit.caller, Some(key)).await?;
        let mut model = Model::new(playground, entered, visit.calendar());
        let refused = heard.failed.is_some() && heard.text.is_empty();
        if !refused {
            let asked = std::mem::take(&mut model.entered.message);
            model.entered.turns.push(Turn { asked, answered: heard.text });
        }
        (model.told, model.failed) = (heard.told, heard.failed);
        let html = page(&visit, model);
        Ok(if refused { Answer::refused(html) } else { Answer::ok(html) })
    })))
}

/// Why there is no conversation.
enum Not {
    Refused(Reasons),
    /// It was sent before.
    Again,
}

async fn ask(
    visit: &Visit,
    form: &Form,
    key: KeyId,
    entered: &Entered,
) -> Result<Result<Conversation, Not>, PageError> {
    let id = form_id(&form.form)?;
    let conversation = visit.portal.try_out(&visit.caller, &id, entered.question(key)).await;
    Ok(match sent(conversation)? {
        Sent::Done(conversation) => Ok(conversation),
        Sent::Before(_) => Err(Not::Again),
        Sent::Refused(reasons) => Err(Not::Refused(reasons)),
    })
}

impl Not {
    /// The page again, with everything that was typed.
    async fn page(self, visit: &Visit, key: KeyId, entered: Entered) -> Result<Answer, PageError> {
        let playground: Playground = visit.portal.playground(&visit.caller, Some(key)).await?;
        let mut model = Model::new(playground, entered, visit.calendar());
        match self {
            Self::Refused(reasons) => model.reasons = reasons,
            Self::Again => model.again = true,
        }
        Ok(Answer::refused(page(visit, model)))
    }
}

/// An answer that was waited for.
#[derive(Default)]
struct Whole {
    text: String,
    told: Option<Told>,
    failed: Option<Failed>,
}

impl Whole {
    async fn of(mut conversation: Conversation) -> Self {
        let mut whole = Self::default();
        while let Some(heard) = conversation.next().await {
            match heard {
                Heard::Begun(_) => {}
                Heard::Text(text) => whole.text.push_str(&text),
                Heard::Failed { words, .. } => whole.failed = Some(Failed { words, way_on: None }),
                Heard::Ended(record) => {
                    if let Some(failed) = &mut whole.failed {
                        failed.way_on = told::way_on(&record);
                    }
                    whole.told = Told::of(&record);
                }
            }
        }
        whole
    }
}

fn page(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Playground), "Playground", || view::view(model))
}
