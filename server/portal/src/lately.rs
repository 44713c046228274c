//! Answers that take long because there is much to add up, kept for a minute.
//!
//! With few keys nothing is kept and every page is exact to the call. With many, what is asked again within a minute is
//! answered as it was; pages whose figures can be held against others say of when theirs are. Only what is true of
//! everyone's keys together is kept: what somebody may see is decided after that, for each caller.

use domain::time::{MS_PER_MINUTE, Timestamp};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Answers about fewer keys, people or groups are found out each time.
pub(crate) const MANY: i64 = 2_000;

/// Questions that are kept; the oldest makes room.
const KEPT: usize = 32;

pub(crate) struct Lately<Q, A> {
    kept: Mutex<VecDeque<(Timestamp, Q, A)>>,
}

impl<Q, A> Default for Lately<Q, A> {
    fn default() -> Self {
        Self { kept: Mutex::default() }
    }
}

impl<Q: PartialEq, A: Clone> Lately<Q, A> {
    /// What was answered in the last minute, and when.
    pub(crate) fn of(&self, question: &Q, now: Timestamp) -> Option<(Timestamp, A)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, _, answer) = kept
            .iter()
            .rev()
            .find(|(at, asked, _)| asked == question && (0..MS_PER_MINUTE).contains(&now.since(*at)))?;
        Some((*at, answer.clone()))
    }

    /// `looked_at` is how many keys, people or groups the answer was found among.
    pub(crate) fn keep(&self, question: Q, now: Timestamp, looked_at: i64, answer: &A) {
        if looked_at < MANY {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(_, asked, _)| *asked != question);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back((now, question, answer.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    #[test]
    fn what_was_found_among_many_is_answered_for_a_minute() {
        let lately = Lately::default();
        lately.keep("few", NOW, MANY - 1, &1);
        lately.keep("many", NOW, MANY, &2);
        assert_eq!(lately.of(&"few", NOW), None);
        assert_eq!(lately.of(&"many", NOW.plus_ms(MS_PER_MINUTE - 1)), Some((NOW, 2)));
        assert_eq!(lately.of(&"many", NOW.plus_ms(MS_PER_MINUTE)), None);
        assert_eq!(lately.of(&"many", NOW.plus_ms(-1)), None, "the clock was set back");
    }

    #[test]
    fn a_question_is_kept_once_and_the_oldest_makes_room() {
        let lately = Lately::default();
        for question in 0..=KEPT {
            lately.keep(question, NOW, MANY, &question);
        }
        assert_eq!(lately.of(&0, NOW), None);
        assert_eq!(lately.of(&1, NOW), Some((NOW, 1)));
        lately.keep(1, NOW.plus_ms(5), MANY, &7);
        assert_eq!(lately.of(&1, NOW.plus_ms(5)), Some((NOW.plus_ms(5), 7)));
        assert_eq!(lately.of(&2, NOW), Some((NOW, 2)), "one more answer to the same question pushes nothing out");
    }
}
