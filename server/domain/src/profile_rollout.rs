//! Changes of a profile that keys which exist come to later: at their next rotation, or from a moment on.
//!
//! Until then they keep to the version that they have. Which version a key goes by is a function of what is kept and of
//! the clock alone: no job moves keys, so that every replica and every page says the same at the same moment.

use crate::id::ProfileId;
use crate::profile_versions::Reach;
use crate::time::Timestamp;

/// When keys that keep to an older version come to the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveOn {
    /// Each when its secret is rotated.
    NextRotation,
    /// All of them, from this moment on.
    At(Timestamp),
}

impl MoveOn {
    pub fn has_come(self, now: Timestamp) -> bool {
        matches!(self, Self::At(at) if now >= at)
    }
}

/// What is still to come for keys of a profile that keep to an older version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    pub profile: ProfileId,
    /// The newest version when it was decided. What is saved until the keys come to it changes no term.
    pub version: i64,
    pub moves: MoveOn,
}

impl Rollout {
    /// As whoever decided it said it.
    pub const fn reach(&self) -> Reach {
        match self.moves {
            MoveOn::NextRotation => Reach::NextRotation,
            MoveOn::At(at) => Reach::From(at),
        }
    }
}

/// The version that a key goes by at this moment; `None` is whatever is the newest.
pub fn version_at(kept: Option<i64>, rollout: Option<&Rollout>, now: Timestamp) -> Option<i64> {
    kept.filter(|_| !rollout.is_some_and(|rollout| rollout.moves.has_come(now)))
}

/// The version that a key goes by after its secret was rotated at this moment.
pub fn version_after_rotation(kept: Option<i64>, rollout: Option<&Rollout>, now: Timestamp) -> Option<i64> {
    let rotates = rollout.is_some_and(|rollout| rollout.moves == MoveOn::NextRotation);
    version_at(kept, rollout, now).filter(|_| !rotates)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Timestamp = Timestamp::from_ms(1_000);

    fn rollout(moves: MoveOn) -> Rollout {
        Rollout { profile: ProfileId::from_random(&[1; 12]), version: 8, moves }
    }

    #[test]
    fn a_key_keeps_its_version_until_the_first_moment_of_the_day() {
        let dated = rollout(MoveOn::At(DAY));
        let version = |now| version_at(Some(7), Some(&dated), Timestamp::from_ms(now));
        assert_eq!((version(0), version(999)), (Some(7), Some(7)));
        assert_eq!((version(1_000), version(i64::MAX)), (None, None));
        let rotated = |now| version_after_rotation(Some(7), Some(&dated), Timestamp::from_ms(now));
        assert_eq!((rotated(999), rotated(1_000)), (Some(7), None), "a rotation before that day moves no key");
    }

    #[test]
    fn a_rotation_moves_the_key_where_that_was_decided_and_nothing_else_does() {
        let at_rotation = rollout(MoveOn::NextRotation);
        let late = Timestamp::from_ms(i64::MAX);
        assert_eq!(version_at(Some(7), Some(&at_rotation), late), Some(7), "however late it is");
        assert_eq!(version_after_rotation(Some(7), Some(&at_rotation), DAY), None);
        assert_eq!(version_after_rotation(Some(7), None, DAY), Some(7), "meant for new keys only");
    }

    #[test]
    fn a_key_of_the_newest_version_stays_with_it() {
        for moves in [None, Some(rollout(MoveOn::NextRotation)), Some(rollout(MoveOn::At(DAY)))] {
            for now in [0, 999, 1_000] {
                let now = Timestamp::from_ms(now);
                assert_eq!(version_at(None, moves.as_ref(), now), None);
                assert_eq!(version_after_rotation(None, moves.as_ref(), now), None);
            }
        }
    }
}
