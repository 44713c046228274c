//! How amounts, counts and moments read to people. Pure text: nothing here knows about markup.

mod calendar;
mod count;
mod csv;
mod money;

pub use calendar::Calendar;
pub use count::{bytes, duration, grouped, percent, tokens};
pub use csv::cell;
pub use money::{axis_usd, converted, typed_usd, usd, usd_exact, usd_fine};
