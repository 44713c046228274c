//! `/admin/currency`: in which currency people read what was spent, and at which rates.

pub mod rate;
pub mod remove;
pub mod show;

use crate::components::Crumb;
use crate::paths;

fn crumb() -> Crumb {
    Crumb { text: "Display currency".to_owned(), href: paths::CURRENCY.to_owned() }
}
