//! The address of a view: everything that the page shows follows from it, and every link of the page is made from it.

use crate::paths;
use crate::visit::PageError;
use domain::dimension::Dimension;
use domain::order::{Order, SpendColumn};
use jiff::civil::Date;
use portal::spend::{Preset, SpendQuestion};

/// Stands for what belongs to none: `team=~`.
const NONE: &str = "~";
const BETWEEN: &str = "between";

/// The presets of the form, with their words in the address.
pub const PRESETS: [(&str, &str); 6] = [
    ("this-month", "This month"),
    ("last-month", "Last month"),
    ("7", "Last 7 days"),
    ("30", "Last 30 days"),
    ("90", "Last 90 days"),
    (BETWEEN, "From … to …"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub preset: Preset,
    pub compare: bool,
    /// `None`: as the caller most likely wants it.
    pub by: Option<Dimension>,
    pub filters: Vec<(Dimension, Option<String>)>,
    pub order: Order<SpendColumn>,
}

impl Default for Asked {
    fn default() -> Self {
        Self { preset: Preset::ThisMonth, compare: true, by: None, filters: Vec::new(), order: Order::default() }
    }
}

impl Asked {
    /// Unknown words are ignored, since links are typed by hand and shared; a day that is none is said to be.
    pub fn read(pairs: &[(String, String)]) -> Result<Self, PageError> {
        let mut asked = Self::default();
        let of = |wanted: &str| pairs.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let date = |name: &str| -> Result<Option<Date>, PageError> {
            let text = of(name).filter(|text| !text.is_empty());
            let wrong = |_| PageError::BadRequest("A day is given as 2026-11-20.".to_owned());
            text.map(|text| text.parse().map_err(wrong)).transpose()
        };
        asked.preset = match (of("range"), date("from")?, date("to")?) {
            (None | Some(BETWEEN), Some(from), to) => Preset::Between(from, to.unwrap_or(from)),
            (None | Some(BETWEEN), None, Some(to)) => Preset::Between(to, to),
            (Some("last-month"), ..) => Preset::LastMonth,
            (Some(days), ..) => days.parse().map_or(Preset::ThisMonth, Preset::Last),
            _ => Preset::ThisMonth,
        };
        asked.compare = of("compare") != Some("none");
        asked.order = of("sort").and_then(Order::from_word).unwrap_or_default();
        asked.by = of("by").and_then(Dimension::from_word);
        for dimension in Dimension::ALL {
            if let Some(value) = of(dimension.word()).map(str::trim).filter(|value| !value.is_empty()) {
                asked.filters.push((dimension, (value != NONE).then(|| value.to_owned())));
            }
        }
        Ok(asked)
    }

    pub fn question(&self, usual: Dimension) -> SpendQuestion {
        SpendQuestion {
            preset: self.preset,
            compare: self.compare,
            by: self.by.unwrap_or(usual),
            filters: self.filters.clone(),
            order: self.order,
        }
    }

    /// The word of the preset in the form.
    pub fn preset_word(&self) -> String {
        match self.preset {
            Preset::ThisMonth => "this-month".to_owned(),
            Preset::LastMonth => "last-month".to_owned(),
            Preset::Last(days) => days.to_string(),
            Preset::Between(..) => BETWEEN.to_owned(),
        }
    }

    pub fn between(&self) -> Option<(Date, Date)> {
        match self.preset {
            Preset::Between(from, to) => Some((from, to)),
            _ => None,
        }
    }

    /// What the address says, without what is as usual.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        match self.preset {
            Preset::ThisMonth => {}
            Preset::Between(from, to) => pairs.extend([("from", from.to_string()), ("to", to.to_string())]),
            Preset::LastMonth | Preset::Last(_) => pairs.push(("range", self.preset_word())),
        }
        if !self.compare {
            pairs.push(("compare", "none".to_owned()));
        }
        pairs.extend(self.by.map(|by| ("by", by.word().to_owned())));
        if self.order != Order::default() {
            pairs.push(("sort", self.order.word()));
        }
        let filters = self.filters.iter();
        pairs.extend(filters.map(|(of, value)| (of.word(), value.clone().unwrap_or_else(|| NONE.to_owned()))));
        pairs
    }

    pub fn query(&self) -> String {
        serde_html_form::to_string(self.pairs()).unwrap_or_default()
    }

    fn at(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
    pub fn href(&self) -> String {
        self.at(paths::USAGE)
    }
    pub fn file(&self) -> String {
        self.at(paths::USAGE_FILE)
    }

    /// The same view of one day.
    #[must_use]
    pub fn on(&self, day: Date) -> Self {
        Self { preset: Preset::Between(day, day), ..self.clone() }
    }
    #[must_use]
    pub fn by(&self, by: Dimension) -> Self {
        Self { by: Some(by), ..self.clone() }
    }
    #[must_use]
    pub fn sorted(&self, order: Order<SpendColumn>) -> Self {
        Self { order, ..self.clone() }
    }
    /// Narrowed to one value.
    #[must_use]
    pub fn with(&self, dimension: Dimension, value: Option<String>) -> Self {
        let mut narrowed = self.without(dimension);
        narrowed.filters.push((dimension, value));
        narrowed.filters.sort_by_key(|(dimension, _)| *dimension);
        narrowed
    }
    #[must_use]
    pub fn without(&self, dimension: Dimension) -> Self {
        let filters = self.filters.iter().filter(|(of, _)| *of != dimension).cloned().collect();
        Self { filters, ..self.clone() }
    }
}

/// What is asked next of one value: who or what inside it.
pub const fn inside(dimension: Dimension) -> Dimension {
    match dimension {
        Dimension::Unit => Dimension::Team,
        Dimension::Team
        | Dimension::Environment
        | Dimension::CostCentre
        | Dimension::Consumer
        | Dimension::Provider => Dimension::Application,
        Dimension::Model => Dimension::Application,
        Dimension::Application | Dimension::Person | Dimension::Key => Dimension::Model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Asked {
        Asked::read(&serde_html_form::from_str::<Vec<(String, String)>>(query).unwrap()).unwrap()
    }

    #[test]
    fn an_address_is_read_back() {
        for query in [
            "",
            "range=last-month&by=model&sort=-refused",
            "range=90&compare=none&by=key&team=~&application=a%26b",
            "from=2026-11-01&to=2026-11-03&by=person&cost_centre=4711",
        ] {
            let asked = read(query);
            assert_eq!(read(asked.href().split_once('?').map_or("", |(_, query)| query)), asked, "{query}");
        }
        assert_eq!(read("team=~").filters, [(Dimension::Team, None)]);
    }

    #[test]
    fn what_is_strange_is_as_usual_but_a_wrong_day_is_told() {
        assert_eq!(read("range=yesterday&by=colour&team=&x=1"), Asked::default());
        let wrong = [("from".to_owned(), "tomorrow".to_owned())];
        assert!(matches!(Asked::read(&wrong), Err(PageError::BadRequest(_))));
    }

    #[test]
    fn a_narrower_view_keeps_the_rest() {
        let asked = read("range=30&team=a&model=m");
        let narrowed = asked.with(Dimension::Team, None).by(Dimension::Key);
        assert_eq!(narrowed.href(), "/usage?range=30&by=key&team=%7E&model=m");
        assert_eq!(narrowed.without(Dimension::Team).filters, [(Dimension::Model, Some("m".to_owned()))]);
    }
}
