//! The answer as it comes, for the script: `turn` with the token of the next form, `call` with the address of the call's
//! page, `text` piece by piece, `failed` with words and a way on, `ended` with the figures and what is left.
//!
//! All of it is data that the script inserts as text. What cannot be answered in events is a page.

use super::form::Form;
use super::told::{self, Told};
use super::{ask, view};
use crate::paths;
use crate::visit::{Answer, Events, Input, PageError, PageEvent, Visit};
use domain::id::KeyId;
use domain::usage::UsageRecord;
use portal::playground::Conversation;
use portal::ports::Heard;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let form: Form = input.form()?;
    let (key, entered) = form.read()?;
    let conversation = match ask(&visit, &form, key, &entered).await? {
        Ok(conversation) => conversation,
        Err(not) => return not.page(&visit, key, entered).await,
    };
    let first = Some(conversation.form.to_string());
    Ok(Answer::Events(Box::new(Telling { visit, key, conversation, first, failed: None })))
}

struct Telling {
    visit: Visit,
    key: KeyId,
    conversation: Conversation,
    /// Said before anything else, so that whoever stops at once can go on.
    first: Option<String>,
    /// Waits for the record, which knows where to go on.
    failed: Option<String>,
}

impl Events for Telling {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<PageEvent>> + Send + '_>> {
        Box::pin(async move {
            if let Some(form) = self.first.take() {
                return Some(event("turn", &json!({ "form": form })));
            }
            loop {
                match self.conversation.next().await {
                    Some(Heard::Begun(id)) => return Some(event("call", &json!({ "href": paths::call(id) }))),
                    Some(Heard::Text(text)) => return Some(event("text", &json!({ "text": text }))),
                    Some(Heard::Failed { words, .. }) => self.failed = Some(words),
                    Some(Heard::Ended(record)) => return Some(self.ended(Some(*record)).await),
                    None => {
                        let failed = self.failed.is_some();
                        return if failed { Some(self.ended(None).await) } else { None };
                    }
                }
            }
        })
    }
}

impl Telling {
    /// The last word: what it came to.
    async fn ended(&mut self, record: Option<UsageRecord>) -> PageEvent {
        let failed = self.failed.take().map(|words| {
            let way_on = record.as_ref().and_then(told::way_on);
            json!({ "words": words, "href": way_on.as_ref().map(|way| &way.href), "link": way_on.as_ref().map(|way| &way.text) })
        });
        let left = self.visit.portal.left_for(&self.visit.caller, self.key).await.unwrap_or_default();
        let left = left.first().map(view::left);
        event("ended", &json!({ "told": record.as_ref().and_then(Told::of), "failed": failed, "left": left }))
    }
}

fn event(name: &'static str, data: &Value) -> PageEvent {
    PageEvent { name, data: data.to_string() }
}
