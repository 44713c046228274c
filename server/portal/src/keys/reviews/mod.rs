//! Quarterly reviews of keys: whoever looks after a key says that it is still needed, or revokes it.
//!
//! No job opens a review: it follows from the calendar, from the day since which reviews are held, and from the keys. A
//! reviewer sees of a key outside of their data scope what the question needs and no more. Somebody else's keys are not
//! found; one's own are left to somebody else.

mod decide;
mod list;
mod progress;
mod switch;

pub use decide::{ReviewAnswer, ReviewOutcome, Reviewed};
pub use list::{DecidedRow, ReviewPage, ReviewQuery, ReviewRow, ReviewView, USED_DAYS, Used};
pub use progress::{Progress, ReviewsFile, Shown, TeamProgress};

use crate::{Portal, PortalError};
use domain::day::{Day, Days};
use domain::id::{PersonId, TeamId};
use domain::key_review::{Answering, Member, Quarter, Review, Reviewing};
use domain::person::{Caller, Role};
use domain::time::Timestamp;
use domain::virtual_key::Owner;
use std::collections::HashMap;
use store::{ReviewOwners, ToReview};

/// Whether reviews are held, and which one it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Off,
    /// Switched on, and the first one is still to come.
    From(Review),
    Open {
        review: Review,
        overdue: bool,
    },
}

impl Held {
    pub const fn open(self) -> Option<Review> {
        match self {
            Self::Open { review, .. } => Some(review),
            Self::Off | Self::From(_) => None,
        }
    }
}

/// Keys that wait for somebody, for the first page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewsWaiting {
    pub keys: u64,
    pub due: Day,
    pub overdue: bool,
}

/// Since which day reviews are held, as a number of days in four bytes; empty: not any more.
pub(crate) const SINCE: &str = "key_reviews.since";

/// What decides which keys somebody reviews.
struct Reviewer {
    /// Whose keys the caller reviews as a lead.
    led: Vec<Owner>,
    /// Whose keys are the caller's alone.
    own: Vec<Owner>,
    only_administrator: bool,
}

impl Portal {
    /// For pages that say whether there is anything to review.
    pub async fn reviews_held(&self) -> Result<Held, PortalError> {
        let today = self.review_days().of(self.clock.now());
        Ok(match self.reviews_since().await? {
            None => Held::Off,
            Some(since) => match Review::on(today, since) {
                Some(review) => Held::Open { review, overdue: review.is_overdue(today) },
                None => Held::From(Review::first(since)),
            },
        })
    }

    /// How many keys the caller has to decide about; `None` if there are none.
    pub async fn reviews_waiting_for(&self, caller: &Caller) -> Result<Option<ReviewsWaiting>, PortalError> {
        if !domain::permission::Permission::Decide.allows(Some(caller)) {
            return Ok(None);
        }
        let Held::Open { review, overdue } = self.reviews_held().await? else { return Ok(None) };
        let reviewer = self.reviewer(caller).await?;
        let what = self.to_review(review.quarter, reviewer.owners(caller));
        let keys = u64::try_from(self.count_to_review(&what).await?).unwrap_or(0);
        Ok((keys > 0).then_some(ReviewsWaiting { keys, due: review.due, overdue }))
    }

    fn review_days(&self) -> Days {
        Days::in_zone(self.settings.zone.clone())
    }

    async fn reviews_since(&self) -> Result<Option<Day>, PortalError> {
        let kept = self.store.setting(SINCE).await?;
        let bytes = kept.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        Ok(bytes.map(|bytes| Day::from_number(i32::from_be_bytes(bytes))))
    }

    fn first_moment(&self, quarter: Quarter) -> Timestamp {
        self.review_days().start(quarter.first_day())
    }

    fn to_review(&self, quarter: Quarter, owners: ReviewOwners) -> ToReview {
        ToReview { quarter, minted_before: self.first_moment(quarter), now: self.clock.now(), owners }
    }

    /// What administrators review takes longer to count than the first page should, and changes little within a minute.
    async fn count_to_review(&self, what: &ToReview) -> Result<i64, PortalError> {
        let few = matches!(what.owners, ReviewOwners::Of(_));
        if let Some(count) = (!few).then(|| self.everyone.to_review_at(what)).flatten() {
            return Ok(count);
        }
        let changes = self.everyone.changes();
        let count = self.store.count_to_review(what).await?;
        if !few {
            self.everyone.keep_to_review(changes, what, count);
        }
        Ok(count)
    }

    async fn reviewer(&self, caller: &Caller) -> Result<Reviewer, PortalError> {
        let administrator = caller.has(Role::Administrator);
        let only_administrator = administrator && self.administrators().await? == [caller.person];
        let teams: Vec<TeamId> = caller.memberships.iter().map(|membership| membership.team).collect();
        let members = self.store.review_members(&teams).await?;
        let (mut led, mut own) = (Vec::new(), vec![Owner::Person(caller.person)]);
        for &team in &teams {
            for (owner, answering) in of_team(team, &members) {
                match answering.reviewed_by(caller, only_administrator) {
                    Reviewing::Yes if answering.leads.contains(&caller.person) => led.push(owner),
                    Reviewing::OnesOwn => own.push(owner),
                    Reviewing::Yes | Reviewing::No => {}
                }
            }
        }
        Ok(Reviewer { led, own, only_administrator })
    }

    /// Owners of a team's review whose keys the caller decides about. Nobody else's team is found.
    async fn owners_of_team(
        &self,
        caller: &Caller,
        team: TeamId,
        only_administrator: bool,
    ) -> Result<Vec<Owner>, PortalError> {
        if !(caller.has(Role::Administrator) || caller.leads(team)) {
            return Err(PortalError::NotFound);
        }
        let members = self.store.review_members(&[team]).await?;
        let mine = of_team(team, &members)
            .into_iter()
            .filter(|(_, answering)| answering.reviewed_by(caller, only_administrator) == Reviewing::Yes);
        Ok(mine.map(|(owner, _)| owner).collect())
    }

    /// Who answers for the keys of each of these owners.
    async fn answering_for(&self, owners: &[Owner]) -> Result<HashMap<Owner, Answering>, PortalError> {
        let people: Vec<PersonId> = owners.iter().filter_map(|&owner| person(owner)).collect();
        let only_teams = self.store.only_teams_of(&people).await?;
        let team_of = |owner: Owner| match owner {
            Owner::Team(team) => Some(team),
            Owner::Person(person) => only_teams.get(&person).copied(),
        };
        let mut teams: Vec<TeamId> = owners.iter().filter_map(|&owner| team_of(owner)).collect();
        teams.sort_unstable();
        teams.dedup();
        let members = self.store.review_members(&teams).await?;
        let answering = |&owner: &Owner| {
            let team = team_of(owner).map(|team| (team, members.get(&team).map_or(&[][..], Vec::as_slice)));
            (owner, Answering::of(owner, team))
        };
        Ok(owners.iter().map(answering).collect())
    }
}

impl Reviewer {
    /// Administrators decide where no lead does; they find the rest by its team.
    fn owners(self, caller: &Caller) -> ReviewOwners {
        match caller.has(Role::Administrator) {
            true if self.only_administrator => ReviewOwners::Unled { besides: self.led, never: Vec::new() },
            true => ReviewOwners::Unled { besides: self.led, never: self.own },
            false => ReviewOwners::Of(self.led),
        }
    }
}

/// The team and the people who are in no other, with who answers for their keys.
fn of_team(team: TeamId, members: &HashMap<TeamId, Vec<Member>>) -> Vec<(Owner, Answering)> {
    let members = members.get(&team).map_or(&[][..], Vec::as_slice);
    let people = members.iter().filter(|member| member.only_here).map(|member| Owner::Person(member.person));
    let owners = std::iter::once(Owner::Team(team)).chain(people);
    owners.map(|owner| (owner, Answering::of(owner, Some((team, members))))).collect()
}

const fn person(owner: Owner) -> Option<PersonId> {
    match owner {
        Owner::Person(person) => Some(person),
        Owner::Team(_) => None,
    }
}
