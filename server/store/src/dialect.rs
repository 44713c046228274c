//! The few statements that differ between the engines, both texts side by side. Everything else is one text.

/// One statement in the words of each engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl From<&'static str> for Dialect {
    fn from(both: &'static str) -> Self {
        Self { sqlite: both, postgres: both }
    }
}

/// Keeps the rows read until the transaction ends. SQLite has one writer, so that a transaction needs no row locks and
/// its grammar has none. `no key` leaves foreign keys to the row checkable meanwhile.
macro_rules! locked {
    ($select:expr) => {
        $crate::dialect::Dialect { sqlite: $select, postgres: concat!($select, " for no key update") }
    };
}
pub(crate) use locked;

/// Everything that a statement finds as one JSON array of arrays, in no order unless one is given. A driver that hands row
/// after row to another thread takes longer for that than the database for finding them. The values are one text for each
/// engine where they differ.
macro_rules! gathered {
    ($values:expr, $from:expr) => {
        $crate::dialect::gathered!("", $values, $values, "", $from)
    };
    ($with:expr, $sqlite:expr, $postgres:expr, $order:expr, $from:expr) => {
        $crate::dialect::Dialect {
            sqlite: concat!(
                $with,
                " select coalesce(cast(json_group_array(json_array(",
                $sqlite,
                ") ",
                $order,
                ") as text), '[]') ",
                $from
            ),
            postgres: concat!(
                $with,
                " select coalesce(cast(json_agg(json_build_array(",
                $postgres,
                ") ",
                $order,
                ") as text), '[]') ",
                $from
            ),
        }
    };
}
pub(crate) use gathered;

/// Makes appends to the audit log wait for each other; they are serial on SQLite anyway. The number is arbitrary and
/// ours alone.
pub(crate) const SERIAL_APPENDS: Dialect =
    Dialect { sqlite: "select 1", postgres: "select 1 from pg_advisory_xact_lock(7523101)" };
