//! Somebody who asks, somebody who leads them, and somebody who administers: where requests are told of.

use crate::support::*;
use domain::access_profile::AboveMaximum;
use domain::budget::{Cap, Window};
use domain::grant::More;
use domain::id::{KeyId, RequestId, TeamId};
use domain::limits::Limits;
use domain::minting::MintRequest;
use domain::money::NanoUsd;
use domain::person::Caller;
use portal::PortalError;
use portal::requests::{Given, MoreWanted};

pub(crate) fn month(dollars: i64) -> Vec<Cap> {
    vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(dollars) }]
}

pub(crate) fn money(dollars: i64) -> More {
    More { limits: Limits { caps: month(dollars), ..Limits::default() }, models: vec![] }
}

/// Ada asks, Lea leads the team that both are in, Dora administers.
pub(crate) struct Asking {
    pub(crate) world: World,
    pub(crate) ada: Caller,
    pub(crate) lea: Caller,
    pub(crate) dora: Caller,
    pub(crate) team: TeamId,
}

impl Asking {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let (ada, lea, dora) = (world.developer().await, world.other_developer().await, world.administrator().await);
        let (team, lea) = world.team_led_by("Search", &lea).await;
        world.portal.put_member(as_administrator(&dora), team, ada.person, false).await.unwrap();
        let ada = world.caller(ada.person).await;
        let mut profile = world.store.profiles().await.unwrap().remove(0);
        profile.terms.caps[0].amount.above = AboveMaximum::Ask;
        let version = profile.version;
        profile.version += 1;
        let mut tx = world.store.begin().await.unwrap();
        assert!(tx.update_profile(&profile, version, world.now()).await.unwrap());
        tx.commit().await.unwrap();
        Self { world, ada, lea, dora, team }
    }

    pub(crate) async fn every_key_waits(&self) {
        let mut profile = self.world.store.profiles().await.unwrap().remove(0);
        profile.terms.approval.every_key = true;
        let version = profile.version;
        profile.version += 1;
        let mut tx = self.world.store.begin().await.unwrap();
        assert!(tx.update_profile(&profile, version, self.world.now()).await.unwrap());
        tx.commit().await.unwrap();
    }

    pub(crate) async fn wish(&self, name: &str, dollars: i64) -> MintRequest {
        MintRequest { caps: month(dollars), ..self.world.request(&self.ada, name).await }
    }

    pub(crate) async fn ask_for_key(&self, name: &str, dollars: i64) -> RequestId {
        let wish = self.wish(name, dollars).await;
        let (form, until) = (self.world.portal.new_form(), Some(self.world.now().plus_days(30)));
        self.world.portal.ask_for_key(&self.ada, &form, &wish, until, "Quarter close").await.unwrap()
    }

    pub(crate) async fn try_more(&self, key: KeyId, dollars: i64, days: i64) -> Result<RequestId, PortalError> {
        let until = Some(self.world.now().plus_days(days));
        let wanted = MoreWanted { more: money(dollars), expires_at: None, until, reason: "Quarter close".into() };
        self.world.portal.ask_for_more(&self.ada, key, &self.world.portal.new_form(), wanted).await
    }

    pub(crate) async fn given(&self, request: RequestId) -> Given {
        Given::all_of(&self.world.store.request(request).await.unwrap().unwrap())
    }

    pub(crate) async fn approve(&self, by: &Caller, request: RequestId) -> Result<(), PortalError> {
        let given = self.given(request).await;
        self.world.portal.approve_request(by, request, &given).await.map(|_| ())
    }

    pub(crate) async fn month_of(&self, key: KeyId) -> i64 {
        let terms = self.world.portal.key(&self.ada, key).await.unwrap().effective.terms;
        terms.caps.iter().find(|cap| cap.value.window == Window::Month).unwrap().value.limit.as_nano() / 1_000_000_000
    }

    /// The most that the starter profile gives without asking.
    pub(crate) async fn maximum(&self) -> i64 {
        let profile = self.world.store.profiles().await.unwrap().remove(0);
        profile.terms.caps[0].amount.maximum.as_nano() / 1_000_000_000
    }
}
