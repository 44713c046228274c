//! The promises, one file for each thing that makes them.

mod ends;
mod held;
mod ids;
mod levels;
mod limits;

pub type Proof = (&'static str, fn());

/// Small enough for all orders that there are.
pub const IN_EVERY_ORDER: [Proof; 3] = [
    ("a key has no more calls at once than it may, and none is left over", held::calls_of_a_key),
    ("bodies never hold more bytes than they may, and give all of them back", held::bytes_of_bodies),
    ("no id is drawn twice", ids::are_drawn_once),
];

pub const IN_MANY_ORDERS: [Proof; 8] = [
    ("no budget of any level is exceeded, and nothing stays held", levels::budgets_hold),
    ("a refused call takes nothing from the levels that had room", levels::all_or_none),
    ("a call that two would end is charged once, whatever it grew by", ends::charged_once),
    ("a call whose growth is not written down gives it back", ends::growth_that_is_refused),
    ("a call that is not written down leaves nothing behind", ends::admission_that_is_refused),
    ("as many requests a minute as the limit says, exactly", limits::requests_a_minute),
    ("as many calls at once as the limit says, at most", limits::calls_at_once),
    ("as many tokens and calls as limits and quotas say, and estimates give way", limits::tokens_and_quotas),
];
