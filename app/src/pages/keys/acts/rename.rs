//! Renaming a key.

use super::{Ended, crumb, ended, key_for, page, problem};
use crate::components::{ErrorSummary, PageHead, TextField, Wrong};
use crate::paths::{self, KeyAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::refusal::Refusal;
use domain::virtual_key::VirtualKey;
use leptos::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    name: String,
}

pub struct Model {
    pub key: VirtualKey,
    /// As typed.
    pub name: String,
    pub refusals: Vec<Refusal>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let key = match key_for(&visit, &input, |acts| acts.rename).await? {
        Ok(detail) => detail.key,
        Err(answer) => return Ok(answer),
    };
    let model = Model { name: key.name.clone(), key, refusals: Vec::new() };
    Ok(Answer::ok(page(&visit, "Rename", || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { name } = input.form()?;
    let id = input.segment("id")?;
    match ended(visit.portal.rename_key(&visit.caller, id, &name).await)? {
        Ended::Done(answer) => Ok(answer),
        Ended::Refused(refusals) => {
            let model = Model { key: visit.portal.key(&visit.caller, id).await?.key, name, refusals };
            Ok(Answer::refused(page(&visit, "Rename", || view(model))))
        }
    }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { key, name, refusals } = model;
    let wrong =
        refusals.iter().map(|refusal| Wrong { field: Some("name".to_owned()), message: words::refusal(refusal) });
    view! {
        <PageHead title=format!("Rename {}", key.name) crumb=crumb(&key)/>
        <form class="form" method="post" action=paths::key_act(key.id, KeyAct::Rename)>
            <ErrorSummary undone="the key is renamed" wrong=wrong.collect()/>
            <TextField name="name" label="Name" value=name required=true problem=problem(&refusals)
                hint="Unique among the owner's keys. The id, the secret and the history stay."/>
            <div class="actions">
                <button class="button primary" type="submit">"Rename"</button>
                <a class="button plain" href=paths::key(key.id)>"Keep the name"</a>
            </div>
        </form>
    }
}
