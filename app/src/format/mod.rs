//! How amounts, counts and moments read to people. Pure text: nothing here knows about markup.

mod calendar;
mod count;
mod money;

pub use calendar::Calendar;
pub use count::{bytes, duration, grouped, percent, tokens};
pub use money::{axis_usd, typed_usd, usd, usd_fine};
