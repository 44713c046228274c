//! A page of the list of keys, in one of its orders.
//!
//! Each order is one walk along an index, or two: keys that nobody has used have no moment of their last use, and come
//! after those that have, or before. The cursor names the last key of a page by its order and walk, its id and what it was
//! sorted by, so that what is minted, renamed or used meanwhile shifts nothing else; only by their creation do keys never
//! move themselves. A text that is no cursor of this order starts at the beginning.

use super::{ItemRow, KeyFilter, KeyListItem, KeyPage, KeyView, item_columns, narrowed};
use crate::column::{containing, owned_or_booked};
use crate::engine::On;
use crate::keys::{key_columns, search_text};
use crate::row::{one, rows};
use crate::{Result, Store};
use domain::id::KeyId;
use domain::order::{KeyColumn, Order};
use domain::permission::Scope;

/// Keys that are walked through, and what sorts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All(KeyColumn),
    Used,
    /// By when they were made.
    NeverUsed,
}

/// A [`Part`] as statements, one for each kind of scope.
pub(super) struct Walk {
    part: Part,
    descending: bool,
    pub(super) everyone: &'static str,
    pub(super) own: &'static str,
    pub(super) within: &'static str,
    /// Everyone's where few keys match, if `everyone` begins at a table that does not know which do: these are found
    /// first, and sorted.
    pub(super) few: Option<&'static str>,
}

/// So many are found and sorted in the time in which as many rows are walked past to find a page of them.
const FEW: i64 = 5_000;

/// `$3` now, `$4` environment, `$5` search, `$6` whether live or ended, `$7` expiring, `$8` unused, `$9` never used, `$10`
/// ending after.
macro_rules! filtered {
    () => {
        " and ($4 is null or environment = $4)
          and ($5 is null or search_folded like $5 escape '\\')
          and ($6 is null or $6 = (state <> 'revoked' and expires_at > $3))
          and ($7 is null or expires_at < $7)
          and ($8 is null or (coalesce(used_at, 0) < $8 and virtual_key.created_at < $8))
          and ($9 is null or used_at is null)
          and ($10 is null or expires_at > $10)"
    };
}
/// `$11 $12` what the last key seen was sorted by, and its id; `$13` how many. Moments are bound as texts, too, so that
/// every statement takes the same.
macro_rules! walk {
    ($part:expr, down, $($sorted:tt)+) => { walk!($part, true, "<", "desc", $($sorted)+) };
    ($part:expr, up, $($sorted:tt)+) => { walk!($part, false, ">", "asc", $($sorted)+) };
    ($part:expr, $descending:expr, $than:literal, $way:literal, $by:literal, $id:literal, $bound:literal, $only:literal) => {
        walk!($part, $descending, $than, $way, $by, $id, $bound, $only,
            "virtual_key left join key_last_use on key_id = virtual_key.id")
    };
    ($part:expr, $descending:expr, $than:literal, $way:literal, $by:literal, $id:literal, $bound:literal, $only:literal,
        $everyones:literal) => {
        Walk {
            part: $part,
            descending: $descending,
            everyone: concat!(
                item_columns!($everyones, concat!("$1 and $2 is not null", $only)),
                walk!(@after $than, $way, $by, $id, $bound)
            ),
            own: concat!(
                item_columns!(concat!("not $1 and owner_id in (select value from json_each($2))", $only)),
                walk!(@after $than, $way, $by, $id, $bound)
            ),
            within: concat!(
                item_columns!(concat!("not $1 and ", owned_or_booked!("$2"), $only)),
                walk!(@after $than, $way, $by, $id, $bound)
            ),
            few: None,
        }
    };
    (@after $than:literal, $way:literal, $by:literal, $id:literal, $bound:literal) => {
        concat!(
            filtered!(), " and (", $by, ", ", $id, ") ", $than, " (", $bound, ", $12) order by ",
            $by, " ", $way, ", ", $id, " ", $way, " limit $13"
        )
    };
}
macro_rules! by_moment {
    ($part:expr, $way:ident, $by:literal) => {
        by_moment!($part, $way, $by, "")
    };
    ($part:expr, $way:ident, $by:literal, $only:literal) => {
        walk!($part, $way, $by, "virtual_key.id", "cast($11 as bigint)", $only)
    };
}
/// Everyone's begin at the table of last uses: whoever used anything is found there in order.
macro_rules! by_use {
    ($way:ident) => {
        Walk {
            few: Some(
                walk!(
                    Part::Used,
                    $way,
                    // The plus keeps SQLite from walking through the order here, too.
                    "+used_at",
                    "virtual_key.id",
                    "cast($11 as bigint)",
                    " and virtual_key.id in (select found.id from virtual_key found
                        where ($5 is null or found.search_folded like $5 escape '\\')
                        and ($6 is null or $6 = (found.state <> 'revoked' and found.expires_at > $3))
                        and ($7 is null or found.expires_at < $7) and ($10 is null or found.expires_at > $10))"
                )
                .everyone,
            ),
            ..walk!(
                Part::Used,
                $way,
                "used_at",
                "key_id",
                "cast($11 as bigint)",
                " and key_id = virtual_key.id",
                "key_last_use cross join virtual_key"
            )
        }
    };
}

const NEWEST: &[Walk] = &[by_moment!(Part::All(KeyColumn::Created), down, "virtual_key.created_at")];
const OLDEST: &[Walk] = &[by_moment!(Part::All(KeyColumn::Created), up, "virtual_key.created_at")];
const ENDING_FIRST: &[Walk] = &[by_moment!(Part::All(KeyColumn::Expiry), up, "expires_at")];
const ENDING_LAST: &[Walk] = &[by_moment!(Part::All(KeyColumn::Expiry), down, "expires_at")];
const BY_NAME: &[Walk] = &[walk!(Part::All(KeyColumn::Name), up, "search_folded", "virtual_key.id", "$11", "")];
const FROM_THE_LAST_NAME: &[Walk] =
    &[walk!(Part::All(KeyColumn::Name), down, "search_folded", "virtual_key.id", "$11", "")];
const USED_LAST: &[Walk] =
    &[by_use!(down), by_moment!(Part::NeverUsed, down, "virtual_key.created_at", " and used_at is null")];
const LEAST_USED: &[Walk] =
    &[by_moment!(Part::NeverUsed, up, "virtual_key.created_at", " and used_at is null"), by_use!(up)];

pub(super) const fn walks(order: Order<KeyColumn>) -> &'static [Walk] {
    match (order.by, order.descending) {
        (KeyColumn::Created, true) => NEWEST,
        (KeyColumn::Created, false) => OLDEST,
        (KeyColumn::Name, false) => BY_NAME,
        (KeyColumn::Name, true) => FROM_THE_LAST_NAME,
        (KeyColumn::Expiry, false) => ENDING_FIRST,
        (KeyColumn::Expiry, true) => ENDING_LAST,
        (KeyColumn::LastUse, true) => USED_LAST,
        (KeyColumn::LastUse, false) => LEAST_USED,
    }
}

impl Walk {
    /// What a key is sorted by here.
    fn sorted_by(&self, item: &KeyListItem) -> String {
        let moment = match (self.part, &item.last_use) {
            (Part::All(KeyColumn::Name), _) => return search_text(&item.key),
            (Part::All(KeyColumn::Expiry), _) => item.key.expires_at,
            (Part::Used, Some(last)) => last.at,
            _ => item.key.created_at,
        };
        moment.as_ms().to_string()
    }

    /// Before the first. Where the filter says that nothing comes earlier, nothing earlier is looked at.
    fn start(&self, filter: &KeyFilter) -> String {
        let first = match (self.part, self.descending, filter.view) {
            (Part::All(KeyColumn::Name), false, _) => return String::new(),
            (Part::All(KeyColumn::Name), true, _) => return char::MAX.to_string(),
            (Part::Used, true, KeyView::UnusedSince(moment)) => moment.as_ms(),
            (Part::Used, true, KeyView::NeverUsed) => i64::MIN,
            (Part::Used, false, KeyView::NeverUsed) => i64::MAX,
            (Part::All(KeyColumn::Expiry), true, KeyView::ExpiringBefore(moment)) => moment.as_ms(),
            (Part::All(KeyColumn::Expiry), false, KeyView::EndingAfter(moment)) => moment.as_ms(),
            (Part::All(KeyColumn::Expiry), false, view) if !matches!(view, KeyView::Ended | KeyView::All) => {
                filter.now.as_ms()
            }
            (_, true, _) => i64::MAX,
            (_, false, _) => i64::MIN,
        };
        first.to_string()
    }
}

/// A place in an order: the last key seen.
struct Cursor {
    /// Which of the order's walks it is in.
    walk: usize,
    id: String,
    sorted_by: String,
}

impl Cursor {
    fn write(order: Order<KeyColumn>, walk: usize, item: &KeyListItem) -> String {
        // Names hold no tab, and a form would make two characters of a line's end.
        let sorted_by = walks(order)[walk].sorted_by(item).replace('\n', "\t");
        format!("{}.{walk}.{}.{sorted_by}", order.word(), item.key.id.bare())
    }

    fn read(text: &str, order: Order<KeyColumn>) -> Option<Self> {
        let rest = text.strip_prefix(&order.word())?.strip_prefix('.')?;
        let (walk, rest) = rest.split_once('.')?;
        let (id, sorted_by) = rest.split_once('.')?;
        let (walk, id) = (walk.parse::<usize>().ok()?, KeyId::new(id.parse().ok()?).to_string());
        if walks(order).get(walk)?.part != Part::All(KeyColumn::Name) {
            sorted_by.parse::<i64>().ok()?;
        }
        Some(Self { walk, id, sorted_by: sorted_by.replace('\t', "\n") })
    }
}

/// A view as the binds of [`filtered`]; `None` asks for nothing.
#[derive(Default)]
struct Wanted {
    live: Option<bool>,
    expiring_before: Option<i64>,
    unused_since: Option<i64>,
    never_used: Option<bool>,
    ending_after: Option<i64>,
}

impl Wanted {
    fn of(view: KeyView) -> Self {
        let live = Self { live: Some(true), ..Self::default() };
        match view {
            KeyView::Live => live,
            KeyView::ExpiringBefore(moment) => Self { expiring_before: Some(moment.as_ms()), ..live },
            KeyView::UnusedSince(moment) => Self { unused_since: Some(moment.as_ms()), ..live },
            KeyView::NeverUsed => Self { never_used: Some(true), ..live },
            KeyView::EndingAfter(moment) => Self { ending_after: Some(moment.as_ms()), ..live },
            KeyView::Ended => Self { live: Some(false), ..Self::default() },
            KeyView::All => Self::default(),
        }
    }
}

pub(super) const MATCHING: &str = "select count(*) from (
    select 1 from virtual_key where ($1 is null or search_folded like $1 escape '\\')
        and ($2 is null or $2 = (state <> 'revoked' and expires_at > $3))
        and ($4 is null or expires_at < $4) and ($5 is null or expires_at > $5) limit $6) found";

/// How many of everyone's keys match, up to [`FEW`], by what one index tells.
async fn matching(on: On<'_>, filter: &KeyFilter, wanted: &Wanted, pattern: Option<&str>) -> Result<i64> {
    let (now, before, after) = (filter.now.as_ms(), wanted.expiring_before, wanted.ending_after);
    let found = one!(on, (i64,), MATCHING, pattern, wanted.live, now, before, after, FEW)?;
    Ok(found.map_or(0, |(count,)| count))
}

/// From the cursor through the walks of the order until the page is full.
async fn walked(
    mut on: On<'_>,
    scope: &Scope,
    filter: &KeyFilter,
    order: Order<KeyColumn>,
    mut cursor: Option<Cursor>,
    limit: u32,
) -> Result<KeyPage> {
    let scoped = narrowed(scope, filter.owner)?;
    let pattern = filter.search.as_deref().map(containing);
    let wanted = Wanted::of(filter.view);
    let walks = walks(order);
    let first = cursor.as_ref().map_or(0, |cursor| cursor.walk);
    let (mut items, mut next, mut more) = (Vec::new(), None, false);
    'walks: for (number, walk) in walks.iter().enumerate().skip(first) {
        // One more than is wanted tells whether there is a next page.
        let room = limit as usize + 1 - items.len();
        let (id, sorted_by) =
            cursor.take().map_or_else(|| (String::new(), walk.start(filter)), |at| (at.id, at.sorted_by));
        let everyone = match walk.few.filter(|_| scoped.everyone) {
            Some(sorted) if matching(on.again(), filter, &wanted, pattern.as_deref()).await? < FEW => sorted,
            _ => walk.everyone,
        };
        let found = rows!(
            on.again(),
            ItemRow,
            scoped.choose(everyone, walk.own, walk.within),
            scoped.everyone,
            &scoped.owners,
            filter.now.as_ms(),
            &filter.environment,
            &pattern,
            wanted.live,
            wanted.expiring_before,
            wanted.unused_since,
            wanted.never_used,
            wanted.ending_after,
            &sorted_by,
            &id,
            i64::try_from(room).unwrap_or(i64::MAX)
        )?;
        for row in found {
            let item = row.into_item()?;
            if items.len() == limit as usize {
                more = true;
                break 'walks;
            }
            next = Some(Cursor::write(order, number, &item));
            items.push(item);
        }
    }
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    Ok(KeyPage { items, next: next.filter(|_| more), total })
}

impl Store {
    /// As [`Self::list_keys`] in any order, without counting what is not on the page: its `total` is that of the page.
    pub async fn keys_page(
        &self,
        scope: &Scope,
        filter: &KeyFilter,
        order: Order<KeyColumn>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<KeyPage> {
        let cursor = after.and_then(|after| Cursor::read(after, order));
        if walks(order).len() == 1 {
            let mut reader = self.engine.reader().await?;
            return walked(reader.on(), scope, filter, order, cursor, limit).await;
        }
        // One view of the data: a key that is used for the first time meanwhile is in one of two walks.
        let mut snapshot = self.engine.snapshot().await?;
        let page = walked(snapshot.on(), scope, filter, order, cursor, limit).await?;
        snapshot.commit().await?;
        Ok(page)
    }
}
