//! Who hears of a request: those who may answer it, until one of them has, and then whoever asked.
//!
//! Where leads can answer, administrators find it in their list and get a letter only if they asked for letters: a company
//! has many teams. What a rule approves at once concerns nobody else, and whoever asked sees it on the page that follows.

use crate::notifications::Voice;
use crate::{Portal, PortalError};
use domain::access_request::AccessRequest;
use domain::notification::{GivenAnswer, Happening, Kind};
use domain::person::Caller;
use domain::time::Timestamp;
use store::Tx;

impl Portal {
    pub(super) async fn tell_deciders(
        &self,
        tx: &mut Tx,
        asker: &Caller,
        request: &AccessRequest,
        key_name: &str,
    ) -> Result<(), PortalError> {
        let (name, by) = (key_name.to_owned(), asker.name.clone());
        let waits = Happening::RequestWaits { request: request.id, name, by };
        let teams = self.teams_of_person(asker.person).await?;
        let answering = self.answering(request, &teams).await?;
        let voice = if answering.leads.is_empty() { Voice::Usual } else { Voice::Low };
        self.tell(tx, &answering.leads, &waits, Voice::Usual, request.asked_at).await?;
        self.tell(tx, &answering.administrators, &waits, voice, request.asked_at).await?;
        Ok(())
    }

    /// And there is nothing left to do for those who could have answered.
    pub(super) async fn tell_asker(
        &self,
        tx: &mut Tx,
        by: &Caller,
        request: &AccessRequest,
        answer: GivenAnswer,
        now: Timestamp,
    ) -> Result<(), PortalError> {
        tx.settle_notifications(Kind::RequestWaits, &request.id.to_string(), now).await?;
        let (name, by) = (self.key_name(request).await?, by.name.clone());
        let answered = Happening::RequestAnswered { request: request.id, name, answer, by };
        self.tell(tx, &[request.asked_by], &answered, Voice::Usual, now).await?;
        Ok(())
    }
}
