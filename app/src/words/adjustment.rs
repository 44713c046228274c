//! Why past spend is not moved to another cost centre.

use crate::format::usd_exact;
use domain::adjustment::AdjustmentProblem;

pub(super) fn refused(problem: AdjustmentProblem) -> String {
    match problem {
        AdjustmentProblem::NoSuchKey => {
            "There is no key of this id. Copy it from the key's page, or choose one of those listed below.".to_owned()
        }
        AdjustmentProblem::SameCentre => "It is booked there already. Choose another cost centre.".to_owned(),
        AdjustmentProblem::NothingThere => {
            "Nothing that this key spent on these days is booked there, or all of it was moved away. Choose other days, or \
             another cost centre."
                .to_owned()
        }
        AdjustmentProblem::Changed { shown, now } => format!(
            "It was {} when you looked, and it is {} now. Nothing is moved yet: look at it again, and confirm it if that is \
             meant.",
            usd_exact(shown),
            usd_exact(now)
        ),
        AdjustmentProblem::MovedOn => {
            "What this brought there has been moved on since, all or part of it. Undo that first.".to_owned()
        }
        AdjustmentProblem::TakenBackAlready => {
            "This was taken back already. Move the spend again if it belongs there after all.".to_owned()
        }
    }
}
