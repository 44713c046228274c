//! A month of spend: by application for somebody who sees everything, narrowed to one, and none at all.

use super::*;
use app::pages::usage;
use app::pages::usage::asked::Asked;
use domain::commitment::Month;
use domain::currency::Currency;
use domain::day::Day;
use domain::dimension::Dimension;
use domain::exchange::{Conversion, DatedRate, Exchange, Rate};
use domain::id::UsageViewId;
use domain::usage_view::{SharedWith, UsageView};
use portal::spend::{Breakdown, KeptView, Named, Preset, Spend, SpendDay, SpendGroup, SpendSums, Trends};

fn sums(cents: i64) -> SpendSums {
    SpendSums {
        requests: 1_900 + cents,
        failures: 12,
        denials: cents % 41,
        input: 2_000_000,
        cache_read: 5_000_000,
        cache_write: 100,
        output: 310_000,
        cost: dollars(cents),
    }
}

fn group(value: Option<&str>, cents: i64, earlier: i64) -> SpendGroup {
    let of = Named { value: value.map(str::to_owned), name: None, may_open: true };
    SpendGroup { of, sums: sums(cents), earlier: dollars(earlier), shown: None }
}

fn spend(preset: Preset, by: Dimension, groups: Vec<SpendGroup>) -> Spend {
    let today = Day::of("2026-11-20".parse().unwrap());
    let range = preset.range(today);
    let cents: i64 = groups.iter().map(|group| group.sums.cost.as_nano() / 10_000_000).sum();
    let series: Vec<Named> = groups.iter().take(2).map(|group| group.of.clone()).collect();
    let days = (0..range.days()).map(|nth| SpendDay {
        day: range.from.plus(nth),
        costs: (0..=series.len())
            .map(|at| dollars(i64::from(nth * 37 % 11 + 3) * (9 - i64::try_from(at).unwrap())))
            .collect(),
    });
    let course = |at: usize| {
        (0..range.days()).map(move |nth| dollars(i64::from(nth * 29 % 13) * (5 - i64::try_from(at).unwrap())))
    };
    let trends = Trends {
        points: (0..range.days()).map(|nth| range.from.plus(nth)).collect(),
        days_a_point: 1,
        of: (0..groups.len()).map(|at| course(at).collect()).collect(),
    };
    Spend {
        of_everyone: true,
        adjusted: (by == Dimension::Application).then(|| Month::of(today)),
        opens_people: true,
        today,
        as_of: None,
        range,
        earlier: Some(preset.earlier(today)),
        filters: vec![],
        total: sums(cents + 700),
        conversion: None,
        total_shown: None,
        earlier_total: dollars(cents / 2),
        forecast: (preset == Preset::ThisMonth).then(|| dollars(cents * 3 / 2)),
        movers: groups.iter().take(3).cloned().collect(),
        days: days.collect(),
        unallocated: dollars(21_490),
        unallocated_shown: None,
        main: Breakdown { by, groups, rest: (12, sums(700)), rest_shown: None },
        beside: None,
        series,
        trends,
    }
}

/// One of one's own, which is shown, and one that somebody shares.
fn views() -> Vec<KeptView> {
    let view = |seed: u8, name: &str, query: &str, shared| UsageView {
        id: UsageViewId::from_random(&[seed; 12]),
        name: name.to_owned(),
        query: query.to_owned(),
        owner: PersonId::from_random(&[7; 16]),
        shared,
        created_at: now(),
    };
    vec![
        KeptView { view: view(1, "Apps <b>", "by=application", SharedWith::Nobody), made_by: None, may_remove: true },
        KeptView {
            view: view(2, "Models, 90 days", "range=90&by=model", SharedWith::Everyone),
            made_by: Some("Dora".to_owned()),
            may_remove: false,
        },
    ]
}

/// The form that keeps a view, refused.
pub(crate) fn keep_view() -> usage::views::Model {
    let team = TeamId::from_random(&[3; 12]);
    let choices = portal::spend::ViewChoices {
        form: "v".repeat(32).parse().unwrap(),
        teams: vec![(team, "Billing".to_owned())],
        everyone: true,
    };
    let reasons = app::pages::form::Reasons::from(vec![Refusal::new("name", Reason::NameTaken)]);
    let (name, query) = ("Apps".to_owned(), "by=application".to_owned());
    usage::views::Model { choices, name, shared: team.to_string(), query, reasons }
}

/// By application, as administrators see the month.
pub(crate) fn usage_model() -> usage::Model {
    let groups = vec![
        group(Some("invoice-parser"), 912_044, 646_000),
        group(None, 21_490, 30_000),
        group(Some("search <b>"), 9_000, 40_000),
        group(Some("eval-agent"), 18, 0),
    ];
    usage::Model {
        asked: Asked { by: Some(Dimension::Application), ..Asked::default() },
        by: Dimension::Application,
        spend: spend(Preset::ThisMonth, Dimension::Application, groups),
        views: views(),
        leads: false,
        calendar: calendar(),
    }
}

/// One day of one application, by model and by key.
pub(crate) fn narrowed_usage() -> usage::Model {
    let preset = Preset::Between("2026-11-14".parse().unwrap(), "2026-11-14".parse().unwrap());
    let filter = (Dimension::Application, Some("invoice-parser".to_owned()));
    let named = |name: &str| Named { value: Some(key_id(3).to_string()), name: Some(name.to_owned()), may_open: true };
    let keys =
        vec![SpendGroup { of: named("invoice-parser-prod"), ..group(None, 500, 0) }, group(Some("kwr_hidden"), 3, 9)];
    let main =
        spend(preset, Dimension::Model, vec![group(Some("large-model"), 500, 0), group(Some("small-model"), 0, 0)]);
    usage::Model {
        asked: Asked { preset, by: Some(Dimension::Model), filters: vec![filter.clone()], ..Asked::default() },
        by: Dimension::Model,
        spend: Spend {
            of_everyone: false,
            opens_people: false,
            filters: vec![(filter.0, Named { value: filter.1, name: None, may_open: true })],
            as_of: Some(now()),
            beside: Some(Breakdown {
                by: Dimension::Key,
                groups: keys,
                rest: (0, SpendSums::default()),
                rest_shown: None,
            }),
            ..main
        },
        views: vec![],
        leads: true,
        calendar: calendar(),
    }
}

/// The same month in euros, of which the rate changed in its middle.
pub(crate) fn usage_in_euros() -> usage::Model {
    let model = usage_model();
    let (from, change) = (model.spend.range.from.plus(-30), model.spend.range.from.plus(14));
    let rate = |from, nano| DatedRate { from, rate: Rate::from_nano(nano).unwrap() };
    let rates = vec![rate(from, 920_000_000), rate(change, 930_000_000)];
    let currency = Currency::from_code("EUR").unwrap();
    let conversion = Exchange::new(currency, rates).over(model.spend.range.from, model.spend.range.until);
    let shown = |cost| conversion.by_day([(change.plus(-1), cost)]);
    let mut spend = model.spend;
    for group in &mut spend.main.groups {
        group.shown = shown(group.sums.cost);
    }
    spend.main.rest_shown = shown(spend.main.rest.1.cost);
    spend.total_shown = shown(spend.total.cost);
    spend.unallocated_shown = shown(spend.unallocated);
    usage::Model { spend: Spend { conversion: Some(conversion), ..spend }, ..model }
}

/// Days that lie before the first rate.
pub(crate) fn usage_without_a_rate() -> usage::Model {
    let model = narrowed_usage();
    let first = Some(model.spend.range.until);
    let conversion = Some(Conversion::Unrated { currency: Currency::from_code("EUR").unwrap(), first });
    usage::Model { spend: Spend { conversion, ..model.spend }, ..model }
}

pub(crate) fn no_usage() -> usage::Model {
    let nothing = spend(Preset::Last(7), Dimension::Key, vec![]);
    usage::Model {
        asked: Asked { preset: Preset::Last(7), ..Asked::default() },
        by: Dimension::Key,
        views: vec![],
        spend: Spend { total: SpendSums::default(), days: vec![], of_everyone: false, ..nothing },
        leads: false,
        calendar: calendar(),
    }
}
