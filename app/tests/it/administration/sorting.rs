//! Lists that are held whole are sorted on the page.

use super::levels::levels;
use super::provider_things::{admin_model, price};
use super::samples::calendar;
use super::things::team;
use app::pages::admin::{budgets, models, teams};
use domain::money::PicoUsd;
use domain::order::Order;
use leptos::prelude::*;
use portal::administration::models::AdminModel;

/// The names in the order in which the page has them.
fn names_in<V: IntoView>(view: impl FnOnce() -> V, names: &[&str]) -> Vec<String> {
    let html = view().into_view().to_html();
    let place = |name: &&str| (html.find(&format!(">{name}</a>")), (*name).to_owned());
    let mut found: Vec<(Option<usize>, String)> = names.iter().map(place).collect();
    assert!(found.iter().all(|(place, _)| place.is_some()), "{found:?}");
    found.sort();
    found.into_iter().map(|(_, name)| name).collect()
}

fn model(name: &str, input: Option<i64>, context: Option<u64>) -> AdminModel {
    let mut model = admin_model(name, input.is_some());
    let priced = |pico| {
        let mut list = price();
        list.tokens.input = PicoUsd::from_pico(pico);
        list
    };
    model.model.price = input.map(priced);
    model.model.max_input_tokens = context;
    model
}

#[test]
fn models_without_what_they_are_sorted_by_come_last() {
    let names = ["a", "b", "c", "d"];
    let models = || {
        vec![
            model("a", Some(5), None),
            model("b", Some(2), Some(9)),
            model("c", None, Some(7)),
            model("d", Some(9), Some(8)),
        ]
    };
    for (sort, expected) in [
        ("", ["a", "b", "c", "d"]),
        ("-name", ["d", "c", "b", "a"]),
        ("in", ["b", "a", "d", "c"]),
        ("-in", ["d", "a", "b", "c"]),
        ("-context", ["b", "d", "c", "a"]),
        ("context", ["c", "d", "b", "a"]),
    ] {
        let query = models::list::Query { sort: sort.to_owned(), ..models::list::Query::default() };
        let view = || models::list::view(models::list::Model { models: models(), query, may_change: true });
        assert_eq!(names_in(view, &names), expected, "{sort}");
    }
    for (sort, after, expected) in
        [("in", "a", ["d", "c"]), ("", "b", ["c", "d"]), ("", "bb", ["c", "d"]), ("-name", "bb", ["b", "a"])]
    {
        let (sort, after) = (sort.to_owned(), after.to_owned());
        let query = models::list::Query { sort, after, ..models::list::Query::default() };
        let view = || models::list::view(models::list::Model { models: models(), query, may_change: true });
        assert_eq!(names_in(view, &expected), expected, "goes on after the last name, also where it is gone");
    }
}

#[test]
fn levels_are_found_by_how_much_of_their_budget_is_used() {
    let names = ["Example Ltd", "Europe", "Billing", "Search", "Devi Developer"];
    for (sort, expected) in [
        (None, names),
        (Some("-used"), ["Europe", "Billing", "Example Ltd", "Devi Developer", "Search"]),
        (Some("used"), ["Devi Developer", "Example Ltd", "Billing", "Europe", "Search"]),
        (Some("name"), ["Billing", "Devi Developer", "Europe", "Example Ltd", "Search"]),
    ] {
        let order = sort.map(|sort| Order::from_word(sort).unwrap());
        let current = budgets::list::View::All;
        let model = budgets::list::Model { levels: levels(), current, order, may_change: true };
        assert_eq!(names_in(|| budgets::list::view(&calendar(), model), &names), expected, "{sort:?}");
    }
}

#[test]
fn teams_are_found_by_their_size() {
    for (sort, expected) in [("name", ["Billing", "Search"]), ("-members", ["Search", "Billing"])] {
        let mut search = team(2, true);
        search.members = 99;
        let order = Order::from_word(sort).unwrap();
        let model = teams::list::Model { teams: vec![team(1, true), search], order, may_change: false };
        assert_eq!(names_in(|| teams::list::view(&calendar(), model), &["Billing", "Search"]), expected);
    }
}
