//! `/admin/providers/{id}/switch`: turns a provider off or on, after saying what that means.

use super::{crumb, show::keys};
use crate::chrome::Place;
use crate::html;
use crate::pages::confirm::{self, Confirmation};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::ProviderId;
use portal::administration::providers::ProviderDetail;
use serde::{Deserialize, Serialize};

/// Named in the form, so that sending it twice asks for the same state twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    On,
    Off,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwitchForm {
    pub turn: Turn,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = visit.portal.provider(&visit.caller, input.segment("id")?).await?;
    let confirmation = confirmation(&detail);
    let title = confirmation.title.clone();
    Ok(Answer::ok(html::document(&visit.chrome(Place::Providers), &title, || confirm::view(confirmation))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider: ProviderId = input.segment("id")?;
    let SwitchForm { turn } = input.form()?;
    visit.portal.set_provider_enabled(visit.administrator()?, provider, turn == Turn::On).await?;
    let done = if turn == Turn::On { "on" } else { "off" };
    Ok(Answer::SeeOther(format!("{}?done={done}", paths::provider(provider))))
}

/// What the page says: the opposite of how it stands.
pub fn confirmation(detail: &ProviderDetail) -> Confirmation {
    let ProviderDetail { provider, deployments, dependent_keys } = detail;
    let crumb = crumb(provider.id, &provider.name);
    let action = format!("{}/switch", crumb.href);
    if !provider.enabled {
        return Confirmation {
            title: format!("Turn on {}", provider.name),
            crumb,
            effects: vec!["Its deployments take calls again, from the next call on.".to_owned()],
            action,
            fields: vec![("turn", "on".to_owned())],
            verb: "Turn on",
            dangerous: false,
            back: "Leave it off",
        };
    }
    let stopped: Vec<&str> = deployments
        .iter()
        .filter(|deployment| deployment.only_one && deployment.model_enabled)
        .map(|deployment| deployment.model_name.as_str())
        .collect();
    let mut effects = vec!["No new call goes to it. Calls in flight end as they are.".to_owned()];
    effects.push(match stopped.as_slice() {
        [] => "Every model that it serves has another deployment: calls go there.".to_owned(),
        [one] => format!("{one} has no other deployment and stops: calls for it are refused."),
        many => format!(
            "{} models have no other deployment and stop: calls for them are refused. {}.",
            many.len(),
            many.join(", ")
        ),
    });
    if !stopped.is_empty() {
        effects.push(format!("{} may call models of this provider.", keys(*dependent_keys)));
    }
    Confirmation {
        title: format!("Turn off {}", provider.name),
        crumb,
        effects,
        action,
        fields: vec![("turn", "off".to_owned())],
        verb: "Turn off",
        dangerous: true,
        back: "Leave it on",
    }
}
