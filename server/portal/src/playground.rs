//! Trying a model out on a page, under a key of one's own and without its secret.
//!
//! Always true: only whoever owns a key, or leads the team that does, calls with it here; for everybody else it does not
//! exist, administrators included. What the call may be is the gateway's to say, as of any call of that key. A form calls
//! once: what is sent again is told so, and costs nothing.

use crate::act::spend;
use crate::keys::allows;
use crate::ports::{Heard, Trial, Turn};
use crate::{FormId, Made, Portal, PortalError};
use domain::alias::resolved;
use domain::budget::BudgetFigures;
use domain::effective_terms::ExplainedTerms;
use domain::id::KeyId;
use domain::model::{Endpoint, Model, ModelName, ModelPattern};
use domain::order::Order;
use domain::permission::{Permission, Scope};
use domain::person::Caller;
use domain::refusal::{Reason, Refusal};
use domain::virtual_key::{KeyStanding, Owner, VirtualKey};
use store::{KeyFilter, KeyView};
use tokio::sync::mpsc::Receiver;

/// How much of a conversation is sent along: the newest turns within both bounds. With the longest message and system
/// prompt, all of it fits into a form even where every character takes nine.
pub const MOST_TURNS: usize = 20;
const MOST_TURNS_BYTES: usize = 40 * 1024;
const LONGEST_MESSAGE: usize = 8_000;
const LONGEST_SYSTEM: usize = 4_000;
/// Keys to choose from.
const MOST_KEYS: u32 = 200;
/// For one that may call, when none was asked for.
const LOOKED_AT: usize = 5;
/// In the order in which they are preferred, if the key may call them.
const CHATS: [Endpoint; 3] = [Endpoint::ChatCompletions, Endpoint::Messages, Endpoint::Responses];

#[derive(Debug, Clone)]
pub struct Playground {
    pub form: FormId,
    /// One's own live keys and those of teams that one leads, the newest first.
    pub keys: Vec<(KeyId, String)>,
    /// `None`: there is none to choose.
    pub chosen: Option<Chosen>,
}

/// The key that would call, as it stands.
#[derive(Debug, Clone)]
pub struct Chosen {
    pub key: VirtualKey,
    pub standing: KeyStanding,
    /// False: it was approved, and nobody has taken its secret yet.
    pub has_secret: bool,
    /// Live, the tightest first.
    pub figures: Vec<BudgetFigures>,
    /// Those that it may chat with.
    pub models: Vec<ModelName>,
    pub max_output_tokens: Option<u64>,
}

impl Chosen {
    fn may_call(&self) -> bool {
        self.has_secret && self.standing == KeyStanding::Usable && !self.models.is_empty()
    }
}

/// One turn, as the form holds it.
#[derive(Debug, Clone)]
pub struct Question {
    pub key: KeyId,
    pub model: String,
    pub system: String,
    pub turns: Vec<Turn>,
    pub message: String,
    /// As typed; nothing for as many as the gateway allows.
    pub max_output_tokens: String,
}

/// An answer while it comes. Dropping it hangs up.
pub struct Conversation {
    heard: Receiver<Heard>,
    /// For the next turn.
    pub form: FormId,
}

impl Conversation {
    /// `None` after the last word.
    pub async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }
}

impl Portal {
    /// What there is to choose from; with `wanted`, that key and no other.
    pub async fn playground(&self, caller: &Caller, wanted: Option<KeyId>) -> Result<Playground, PortalError> {
        let now = self.clock.now();
        let led = caller.memberships.iter().filter(|membership| membership.lead).map(|membership| membership.team);
        let scope = Scope::Own { person: caller.person, teams: led.collect() };
        let filter = KeyFilter { search: None, owner: None, environment: None, view: KeyView::Live, now };
        let listed = self.store.keys_page(&scope, &filter, Order::default(), None, MOST_KEYS).await?.items.into_iter();
        let shown = |name: String, owner: Owner, of: String| match owner {
            Owner::Person(_) => name,
            Owner::Team(_) => format!("{name} ({of})"),
        };
        let keys: Vec<_> =
            listed.map(|item| (item.key.id, shown(item.key.name, item.key.owner, item.owner_name))).collect();
        let mut chosen = None;
        let newest = keys.iter().map(|(id, _)| *id).take(if wanted.is_none() { LOOKED_AT } else { 0 });
        for key in wanted.into_iter().chain(newest) {
            let found = self.chosen(caller, key).await?;
            let may_call = found.may_call();
            if may_call || chosen.is_none() {
                chosen = Some(found);
            }
            if may_call {
                break;
            }
        }
        Ok(Playground { form: self.new_form(), keys, chosen })
    }

    /// The key's budgets as they stand, the tightest first.
    pub async fn left_for(&self, caller: &Caller, key: KeyId) -> Result<Vec<BudgetFigures>, PortalError> {
        self.callable_key(caller, key).await?;
        Ok(self.tightest_first(key).await)
    }

    /// Calls. What can be told without a call is refused here; what the gateway refuses is heard.
    pub async fn try_out(
        &self,
        caller: &Caller,
        form: &FormId,
        question: Question,
    ) -> Result<Conversation, PortalError> {
        let Question { key, model, system, turns, message, max_output_tokens } = question;
        let found = self.callable_key(caller, key).await?;
        let kept = self.store.key_with_secrets(key).await?.ok_or(PortalError::NotFound)?;
        // Where the caller is decides whether the key's networks allow it.
        let from = caller.address.parse().map_err(|_| PortalError::Internal)?;

        let text = |field, text: &str, longest| {
            let at_most = u32::try_from(longest).unwrap_or(u32::MAX);
            (text.chars().count() > longest).then(|| Refusal::new(field, Reason::TooLong { at_most }))
        };
        let typed = max_output_tokens.trim().replace([',', '_'], "");
        let most = if typed.is_empty() { Ok(None) } else { typed.parse().map(Some) };
        let refusals: Vec<Refusal> = [
            message.trim().is_empty().then(|| Refusal::new("message", Reason::Missing)),
            text("message", &message, LONGEST_MESSAGE),
            text("system", &system, LONGEST_SYSTEM),
            (!matches!(most, Ok(None | Some(1..)))).then(|| Refusal::new("max_output_tokens", Reason::Malformed)),
            kept.secrets.is_empty().then(|| Refusal::new("key", Reason::NoSecretYet)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let (true, Ok(max_output_tokens)) = (refusals.is_empty(), most) else {
            return Err(PortalError::Refused(refusals));
        };

        let terms = self.terms_now(&found, &self.profile_of(&found).await?).await?;
        let endpoint = self.chat_of(&terms, &model).await?;
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, self.clock.now(), Made::Key(key)).await?;
        tx.commit().await?;
        let system = Some(system.trim().to_owned()).filter(|system| !system.is_empty());
        let turns = newest(turns);
        let trial = Trial { key, endpoint, model, system, turns, message, max_output_tokens, from };
        Ok(Conversation { heard: self.gateway.try_out(trial).await, form: self.new_form() })
    }

    async fn chosen(&self, caller: &Caller, key: KeyId) -> Result<Chosen, PortalError> {
        let now = self.clock.now();
        let found = self.callable_key(caller, key).await?;
        let terms = self.terms_now(&found, &self.profile_of(&found).await?).await?;
        let patterns: Vec<ModelPattern> = terms.models.iter().map(|pattern| pattern.value.clone()).collect();
        let models = resolved(self.store.models().await?).into_iter();
        let models = models.filter(|model| model.enabled && model.price.is_some() && chats(model));
        let inactive = self.store.inactive_people().await?;
        let owner_active = !matches!(found.owner, Owner::Person(person) if inactive.contains(&person));
        let kept = self.store.key_with_secrets(key).await?.ok_or(PortalError::NotFound)?;
        Ok(Chosen {
            standing: found.standing(now, owner_active),
            has_secret: !kept.secrets.is_empty(),
            figures: self.tightest_first(key).await,
            models: models.filter(|model| allows(&patterns, model)).map(|model| model.name).collect(),
            max_output_tokens: terms.max_output_tokens.value,
            key: found,
        })
    }

    async fn tightest_first(&self, key: KeyId) -> Vec<BudgetFigures> {
        let mut figures = self.gateway.figures(key).await;
        figures.sort_by_key(BudgetFigures::left);
        figures
    }

    /// The key, if it is the caller's to call with.
    async fn callable_key(&self, caller: &Caller, key: KeyId) -> Result<VirtualKey, PortalError> {
        let found = self.visible_key(caller, key).await?.key;
        let theirs = self.may_ask_for(caller, found.owner) && Permission::ManageKeys.allows(Some(caller));
        if theirs { Ok(found) } else { Err(PortalError::NotFound) }
    }

    /// The format that both the key and the model take; else one that the key may call, and else the usual one, so that it
    /// is the gateway that says no.
    async fn chat_of(&self, terms: &ExplainedTerms, model: &str) -> Result<Endpoint, PortalError> {
        let models = resolved(self.store.models().await?);
        let found = models.iter().find(|known| known.name.as_str() == model);
        let allowed: Vec<Endpoint> = CHATS.into_iter().filter(|chat| terms.endpoints.value.contains(chat)).collect();
        let both = allowed.iter().find(|chat| found.is_some_and(|model| model.endpoints.contains(chat)));
        Ok(both.or_else(|| allowed.first()).copied().unwrap_or(CHATS[0]))
    }
}

/// True if the gateway can bring a conversation to it, in its provider's own format if need be.
fn chats(model: &Model) -> bool {
    model.endpoints.iter().any(|endpoint| CHATS.contains(endpoint) || *endpoint == Endpoint::GenerateContent)
}

/// The end of a conversation that is sent along.
pub fn newest(turns: Vec<Turn>) -> Vec<Turn> {
    let mut room = MOST_TURNS_BYTES;
    let fits = |turn: &&Turn| {
        let left = room.checked_sub(turn.asked.len() + turn.answered.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let kept = turns.iter().rev().take(MOST_TURNS).take_while(fits).count();
    let dropped = turns.len() - kept;
    turns.into_iter().skip(dropped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(lengths: &[usize]) -> Vec<Turn> {
        let turn = |&length: &usize| Turn { asked: "a".repeat(length), answered: "b".repeat(length) };
        lengths.iter().map(turn).collect()
    }

    #[test]
    fn the_newest_turns_are_kept_within_both_bounds() {
        assert_eq!(newest(turns(&[1, 2, 3])), turns(&[1, 2, 3]));
        assert_eq!(newest(turns(&[1; MOST_TURNS + 3])).len(), MOST_TURNS);
        assert_eq!(newest(turns(&[5, MOST_TURNS_BYTES / 2, 1, 2])), turns(&[1, 2]), "no hole is left inside");
        assert_eq!(newest(turns(&[MOST_TURNS_BYTES])), vec![]);
    }
}
