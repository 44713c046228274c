//! Which accounts a call was charged to, as two labels that many calls share: the scopes with their windows, and when
//! those windows began. A usage row keeps two numbers, and every counter can be added up again from the rows.
//!
//! `organisation day month;team_… month;key day` and `day 1700000000000 month 1699000000000`. The call's own key is
//! `key`, so that all keys with the same budgets share a text. Windows of one call begin at the same moments; where one
//! does not (the organisation's time zone was changed), its own start stands behind it: `day@1700000000000`.

use domain::budget::{BudgetLine, BudgetScope, Window};
use domain::id::KeyId;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

const OWN: &str = "key";

/// The accounts that a call of this key was charged to. Equal to others, also of other keys, that have the same texts.
#[derive(Clone, Copy)]
pub(crate) struct Charged<'a> {
    pub(crate) key: KeyId,
    pub(crate) lines: &'a [BudgetLine],
}

impl Charged<'_> {
    /// Each line as its texts have it, without a scope where that is the call's own key.
    fn parts(&self) -> impl ExactSizeIterator<Item = (Option<BudgetScope>, Window, Timestamp)> {
        let shared = |scope| Some(scope).filter(|&scope| scope != BudgetScope::Key(self.key));
        self.lines.iter().map(move |line| (shared(line.scope), line.window, line.window_start))
    }
}

impl PartialEq for Charged<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.parts().eq(other.parts())
    }
}

impl Eq for Charged<'_> {}

impl Hash for Charged<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().for_each(|part| part.hash(state));
    }
}

pub(crate) struct ChargeTexts {
    pub(crate) scopes: String,
    pub(crate) periods: String,
}

pub(crate) fn to_texts(charged: &Charged<'_>) -> ChargeTexts {
    let mut starts: BTreeMap<Window, Timestamp> = BTreeMap::new();
    let mut scopes = String::new();
    let mut last = None;
    for (scope, window, window_start) in charged.parts() {
        if last != Some(scope) {
            let separator = if last.is_none() { "" } else { ";" };
            let _ = match scope {
                None => write!(scopes, "{separator}{OWN}"),
                Some(other) => write!(scopes, "{separator}{other}"),
            };
            last = Some(scope);
        }
        let start = *starts.entry(window).or_insert(window_start);
        let _ = write!(scopes, " {}", window.word());
        if start != window_start {
            let _ = write!(scopes, "@{}", window_start.as_ms());
        }
    }
    let start = |(window, start): (Window, Timestamp)| format!("{} {}", window.word(), start.as_ms());
    let periods: Vec<String> = starts.into_iter().map(start).collect();
    ChargeTexts { scopes, periods: periods.join(" ") }
}

/// Reads what [`to_texts`] wrote; `None` for anything else.
pub(crate) fn to_lines(key: KeyId, scopes: &str, periods: &str) -> Option<Vec<BudgetLine>> {
    let words: Vec<&str> = periods.split(' ').collect();
    let starts = words.chunks(2).map(|pair| Some((Window::from_word(pair.first()?)?, moment(pair.get(1)?)?)));
    let starts: BTreeMap<Window, Timestamp> = starts.collect::<Option<_>>()?;
    let mut lines = Vec::new();
    for of_scope in scopes.split(';') {
        let mut words = of_scope.split(' ');
        let scope = match words.next()? {
            OWN => BudgetScope::Key(key),
            other => BudgetScope::parse(other)?,
        };
        for word in words {
            let (word, start) = word.split_once('@').map_or((word, None), |(word, start)| (word, Some(start)));
            let window = Window::from_word(word)?;
            let window_start = start.map_or_else(|| starts.get(&window).copied(), moment)?;
            lines.push(BudgetLine { scope, window, window_start });
        }
    }
    Some(lines)
}

fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().map(Timestamp::from_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::TeamId;
    use std::hash::BuildHasher as _;

    fn line(scope: BudgetScope, window: Window, start: i64) -> BudgetLine {
        BudgetLine { scope, window, window_start: Timestamp::from_ms(start) }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (mine, other) = (KeyId::from_random(&[1; 12]), KeyId::from_random(&[2; 12]));
        let team = BudgetScope::Team(TeamId::from_random(&[3; 12]));
        let lines = [
            line(BudgetScope::Organisation, Window::Day, 100),
            line(BudgetScope::Organisation, Window::Total, 0),
            line(team, Window::Day, 90),
            line(BudgetScope::Key(other), Window::Hour, 150),
            line(BudgetScope::Key(mine), Window::Day, 100),
        ];
        let texts = to_texts(&Charged { key: mine, lines: &lines });
        assert_eq!(texts.scopes, format!("organisation day total;{team} day@90;{other} hour;key day"));
        assert_eq!(texts.periods, "hour 150 day 100 total 0");
        assert_eq!(to_lines(mine, &texts.scopes, &texts.periods).unwrap(), lines);
        for (scopes, periods) in
            [("nonsense day", "day 1"), ("key fortnight", "day 1"), ("key day", "hour 1"), ("key day", "day")]
        {
            assert_eq!(to_lines(mine, scopes, periods), None, "{scopes} {periods}");
        }
    }

    #[test]
    fn what_is_the_same_but_for_the_own_key_is_equal_and_has_the_same_texts() {
        let (mine, other) = (KeyId::from_random(&[1; 12]), KeyId::from_random(&[2; 12]));
        let of = |key| line(BudgetScope::Key(key), Window::Month, 5);
        let hasher = std::hash::RandomState::new();
        for (key, line, is_same) in [
            (mine, of(mine), true),
            (other, of(other), true),
            (other, of(mine), false),
            (mine, line(BudgetScope::Key(mine), Window::Month, 6), false),
            (mine, line(BudgetScope::Key(mine), Window::Day, 5), false),
            (mine, line(BudgetScope::Organisation, Window::Month, 5), false),
        ] {
            let (mine, it) = (Charged { key: mine, lines: &[of(mine)] }, Charged { key, lines: &[line] });
            let texts = |charged| Some(to_texts(charged)).map(|texts| (texts.scopes, texts.periods));
            assert_eq!(mine == it, is_same, "{line:?}");
            assert_eq!(hasher.hash_one(mine) == hasher.hash_one(it), is_same, "{line:?}");
            assert_eq!(texts(&mine) == texts(&it), is_same, "{line:?}");
        }
    }
}
