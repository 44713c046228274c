//! A new secret under the same key: the page that asks how long the old one lives, and the answer that shows the new one.

use super::{crumb, key_for, page, problem};
use crate::components::{ChoiceOption, Choices, Notice, PageHead, Tone, WayOn};
use crate::pages::form::{OnceOnly, form_id};
use crate::pages::keys::detail::coming;
use crate::pages::keys::secret::{self, Occasion};
use crate::paths::{self, KeyAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::KeyId;
use domain::profile_rollout::MoveOn;
use domain::refusal::{Reason, Refusal};
use domain::virtual_key::Overlap;
use leptos::prelude::*;
use portal::administration::profile_rollouts::Follows;
use portal::keys::{KeyDetail, LastUse};
use portal::{FormId, PortalError};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    form: String,
    #[serde(default)]
    overlap: String,
}

pub struct Model {
    pub id: KeyId,
    pub crumb: crate::components::Crumb,
    pub form: FormId,
    pub overlap: Overlap,
    /// An old secret of an earlier rotation still works; it ends with this one.
    pub already_rotating: bool,
    pub last_use: Option<LastUse>,
    /// The name and the version of the guardrails that the key goes by from then on, if they are others.
    pub comes_to: Option<(String, i64)>,
    pub refusals: Vec<Refusal>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = match key_for(&visit, &input, |acts| acts.rotate).await? {
        Ok(detail) => detail,
        Err(answer) => return Ok(answer),
    };
    let model = model(detail, Overlap::Day, Vec::new());
    Ok(Answer::ok(page(&visit, "Rotate secret", || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { form, overlap: chosen } = input.form()?;
    let (id, once) = (input.segment("id")?, form_id(&form)?);
    let (overlap, refusals) = match Overlap::from_word(&chosen) {
        Some(overlap) => match visit.portal.rotate_key(&visit.caller, id, &once, overlap).await {
            Ok(minted) => return secret::answer(&visit, minted, Occasion::Rotated).await,
            Err(PortalError::AlreadyDone { made }) => return secret::already(&visit, made, Occasion::Rotated).await,
            Err(PortalError::Refused(refusals)) => (overlap, refusals),
            Err(error) => return Err(error.into()),
        },
        None => (Overlap::Day, vec![Refusal::new("overlap", Reason::UnknownChoice)]),
    };
    let model = model(visit.portal.key(&visit.caller, id).await?, overlap, refusals);
    Ok(Answer::refused(page(&visit, "Rotate secret", || view(model))))
}

fn model(detail: KeyDetail, overlap: Overlap, refusals: Vec<Refusal>) -> Model {
    let comes_to = match detail.follows {
        Follows::Until { moves: MoveOn::NextRotation, newest } => Some((newest.name, newest.version)),
        Follows::Until { .. } | Follows::Kept | Follows::Newest => None,
    };
    Model {
        comes_to,
        id: detail.key.id,
        crumb: crumb(&detail.key),
        form: detail.form,
        overlap,
        already_rotating: detail.secrets.iter().any(|secret| secret.live && secret.valid_until.is_some()),
        last_use: detail.last_use,
        refusals,
    }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { id, crumb, form, overlap, already_rotating, last_use, comes_to, refusals } = model;
    let name = crumb.text.clone();
    let options = Overlap::ALL.map(|choice| {
        let option = ChoiceOption::new(choice.word(), words::overlap(choice));
        match choice {
            Overlap::None => {
                option.noted("For a secret that leaked: whoever uses it is refused from the next call on.")
            }
            Overlap::Day => option.noted("Time to replace it everywhere."),
            _ => option,
        }
    });
    let earlier = already_rotating.then(|| {
        let text = "An earlier old secret still works. It ends now: only two secrets live at a time.";
        view! { <Notice tone=Tone::Warn text=text/> }
    });
    let stays = if comes_to.is_some() { "Its id and history" } else { "Its id, budgets, limits and history" };
    let comes_to = comes_to.map(|(guardrails, version)| {
        let text = format!("With its new secret the key goes by version {version} of {guardrails}.");
        let href = format!("{}#{}", paths::key(id), coming::ANCHOR);
        let way_on = WayOn { text: "See what changes.".to_owned(), href };
        view! { <Notice tone=Tone::Warn text=text way_on=Some(way_on)/> }
    });
    let used = last_use.map(|used| format!("Last used by {} from {}. ", used.agent, used.network)).unwrap_or_default();
    let effect = format!("{used}The key gets a new secret, shown once on the next page. {stays} stay.");
    view! {
        <PageHead title=format!("Rotate the secret of {name}") crumb=crumb/>
        {earlier}
        {comes_to}
        <form class="form" method="post" action=paths::key_act(id, KeyAct::Rotate)>
            <OnceOnly form=form/>
            <p>{effect}</p>
            <Choices name="overlap" label="The old one works" options=options.to_vec() value=overlap.word() problem=problem(&refusals)/>
            <div class="actions">
                <button class="button primary" type="submit">"Rotate secret"</button>
                <a class="button plain" href=paths::key(id)>"Keep the secret"</a>
            </div>
        </form>
    }
}
