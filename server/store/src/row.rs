//! Rows as structs of columns, readable from either engine, and the macros that run one statement on either.
//!
//! sqlx's own derive would bring its macro crate, which compiles sqlx a second time.

/// A struct whose fields are columns of the same name. `+ { field: Row }` reads another such struct from the same row.
macro_rules! row {
    ($(#[$meta:meta])* $name:ident { $($column:ident: $type:ty),* $(,)? } $(+ { $($part:ident: $row:ty),* $(,)? })?) => {
        $(#[$meta])*
        pub(crate) struct $name {
            $(pub(crate) $column: $type,)*
            $($(pub(crate) $part: $row,)*)?
        }
        $crate::row::row!(@from sqlx::sqlite::SqliteRow, $name { $($column),* } $({ $($part),* })?);
        $crate::row::row!(@from sqlx::postgres::PgRow, $name { $($column),* } $({ $($part),* })?);
    };
    (@from $source:ty, $name:ident { $($column:ident),* } $({ $($part:ident),* })?) => {
        impl<'r> sqlx::FromRow<'r, $source> for $name {
            fn from_row(row: &'r $source) -> sqlx::Result<Self> {
                use sqlx::Row;
                Ok(Self {
                    $($column: row.try_get(stringify!($column))?,)*
                    $($($part: sqlx::FromRow::from_row(row)?,)*)?
                })
            }
        }
    };
}
pub(crate) use row;

/// All rows: `rows!(on, RowType, SQL, bind, …)`. Binds and rows are checked by the compiler for both engines.
macro_rules! rows {
    ($on:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let text = $crate::dialect::Dialect::from($sql);
        match $on {
            $crate::engine::On::Sqlite(connection) => {
                let query = sqlx::query_as::<sqlx::Sqlite, $row>(text.sqlite)$(.bind($bind))*;
                $crate::error::bounded(query.fetch_all(connection)).await
            }
            $crate::engine::On::Postgres(connection) => {
                let query = sqlx::query_as::<sqlx::Postgres, $row>(text.postgres)$(.bind($bind))*;
                $crate::error::bounded(query.fetch_all(connection)).await
            }
        }
    }};
}
pub(crate) use rows;

/// The first row, if any.
macro_rules! one {
    ($on:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::row::rows!($on, $row, $sql $(, $bind)*).map(|rows| rows.into_iter().next())
    };
}
pub(crate) use one;

/// The text that a statement of [`crate::dialect::gathered!`] answers.
macro_rules! gather {
    ($on:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::row::one!($on, (String,), $sql $(, $bind)*).map(|text| text.map(|(text,)| text).unwrap_or_default())
    };
}
pub(crate) use gather;

/// Runs a change and answers how many rows it met.
macro_rules! run {
    ($on:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let text = $crate::dialect::Dialect::from($sql);
        match $on {
            $crate::engine::On::Sqlite(connection) => {
                let query = sqlx::query::<sqlx::Sqlite>(text.sqlite)$(.bind($bind))*;
                $crate::error::bounded(query.execute(connection)).await.map(|done| done.rows_affected())
            }
            $crate::engine::On::Postgres(connection) => {
                let query = sqlx::query::<sqlx::Postgres>(text.postgres)$(.bind($bind))*;
                $crate::error::bounded(query.execute(connection)).await.map(|done| done.rows_affected())
            }
        }
    }};
}
pub(crate) use run;

/// One statement over many rows: `many!(on, RowType, "insert … values", items, |item| [bind, …], "returning …")`.
/// The text is `head`, a list of placeholders for each item, and `tail`; no value ever enters it.
macro_rules! many {
    ($on:expr, $row:ty, $head:expr, $items:expr, |$item:ident| [$($bind:expr),+ $(,)?], $tail:expr) => {
        $crate::row::bound!($on, $head, $items, |$item| [$($bind),+], $tail, |query, connection| {
            let rows = $crate::error::bounded(query.fetch_all(connection)).await;
            rows.and_then(|rows| Ok(rows.iter().map(<$row as sqlx::FromRow<_>>::from_row).collect::<sqlx::Result<Vec<_>>>()?))
        })
    };
}
pub(crate) use many;

/// As [`many!`], for a statement without rows: answers how many it met. SQLite's driver hands each row that it returns to
/// another thread by itself, which costs more than the insert.
macro_rules! put {
    ($on:expr, $head:expr, $items:expr, |$item:ident| [$($bind:expr),+ $(,)?], $tail:expr) => {
        $crate::row::bound!($on, $head, $items, |$item| [$($bind),+], $tail, |query, connection| {
            $crate::error::bounded(query.execute(connection)).await.map(|done| done.rows_affected())
        })
    };
}
pub(crate) use put;

/// What [`many!`] and [`put!`] share: the text with its placeholders, and the values.
macro_rules! bound {
    ($on:expr, $head:expr, $items:expr, |$item:ident| [$($bind:expr),+], $tail:expr,
     |$query:ident, $connection:ident| $run:block) => {{
        let columns = [$(stringify!($bind)),+].len();
        let head = $crate::dialect::Dialect::from($head);
        let text = |head, placeholders| format!("{head} {placeholders} {}", $tail);
        match $on {
            $crate::engine::On::Sqlite($connection) => {
                let text = text(head.sqlite, $crate::row::nameless($items.len(), columns));
                match $crate::row::values!(sqlx::sqlite::SqliteArguments, columns, $items, |$item| [$($bind),+]) {
                    Ok(values) => {
                        let $query = sqlx::query_with::<sqlx::Sqlite, _>(sqlx::AssertSqlSafe(text), values);
                        $run
                    }
                    Err(error) => Err($crate::StoreError::from(error)),
                }
            }
            $crate::engine::On::Postgres($connection) => {
                let text = text(head.postgres, $crate::row::numbered($items.len(), columns));
                match $crate::row::values!(sqlx::postgres::PgArguments, columns, $items, |$item| [$($bind),+]) {
                    Ok(values) => {
                        let $query = sqlx::query_with::<sqlx::Postgres, _>(sqlx::AssertSqlSafe(text), values);
                        $run
                    }
                    Err(error) => Err($crate::StoreError::from(error)),
                }
            }
        }
    }};
}
pub(crate) use bound;

/// The values of all items. A query that is given them one by one is moved for each.
macro_rules! values {
    ($arguments:ty, $columns:expr, $items:expr, |$item:ident| [$($bind:expr),+]) => {{
        let mut values = <$arguments>::default();
        sqlx::Arguments::reserve(&mut values, $items.len() * $columns, 0);
        let mut bind_all = || {
            for $item in $items {
                $(sqlx::Arguments::add(&mut values, $bind)?;)+
            }
            Ok(())
        };
        let bound: std::result::Result<(), sqlx::error::BoxDynError> = bind_all();
        bound.map(|()| values).map_err(sqlx::Error::Encode)
    }};
}
pub(crate) use values;

/// `($1, $2), ($3, $4)`
pub(crate) fn numbered(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 7);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { "), (" });
        for column in 1..=columns {
            if column > 1 {
                text.push_str(", ");
            }
            text.push('$');
            text.push_str(&(row * columns + column).to_string());
        }
    }
    text.push(')');
    text
}

/// `(?,?),(?,?)`, for SQLite: to it `$7` is a name like any other, and each bind would look its name up in a list of all
/// of them. With a thousand and more binds in a statement, that was most of the time of an ingest.
pub(crate) fn nameless(rows: usize, columns: usize) -> String {
    let row = format!("({}?)", "?,".repeat(columns.saturating_sub(1)));
    let mut text = String::with_capacity(rows * (row.len() + 1));
    for number in 0..rows {
        if number > 0 {
            text.push(',');
        }
        text.push_str(&row);
    }
    text
}

/// Cuts a list into pieces of 256, 128, 64 and so on down to 1, so that a handful of prepared statements serves every length.
pub(crate) fn pieces<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let largest = 256_usize.min(items.len());
        let size = if largest == 0 { return None } else { 1 << largest.ilog2() };
        let (piece, rest) = items.split_at(size);
        items = rest;
        Some(piece)
    })
}
