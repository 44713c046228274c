//! The playground: before anything was said, after an answer, refused, and without a key to call with.

use super::*;
use app::components::WayOn;
use app::pages::form::Reasons;
use app::pages::playground::told::{Failed, Told};
use app::pages::playground::{Entered, Model, USUAL_OUTPUT, view};
use portal::playground::{Chosen, Playground};
use portal::ports::Turn;

fn playground(standing: KeyStanding) -> Playground {
    let chosen = Chosen {
        key: virtual_key(),
        standing,
        has_secret: true,
        figures: vec![figures(BudgetScope::Key(virtual_key().id), 50, 12, 1)],
        models: ["demo-large", "demo-small"].map(|name| name.parse().unwrap()).to_vec(),
        max_output_tokens: Some(8_192),
    };
    let keys = vec![(virtual_key().id, virtual_key().name), (key_id(9), "invoices (Billing)".to_owned())];
    Playground { form: "p".repeat(32).parse().unwrap(), keys, chosen: Some(chosen) }
}

fn entered(message: &str) -> Entered {
    let turn =
        Turn { asked: "What is <b>this</b>?\nBriefly.".to_owned(), answered: "A ledger.\n\nIt counts.".to_owned() };
    let silent = Turn { asked: "Think about it.".to_owned(), answered: String::new() };
    Entered {
        model: "demo-small".to_owned(),
        message: message.to_owned(),
        max_output_tokens: USUAL_OUTPUT.to_owned(),
        turns: vec![turn, silent],
        ..Entered::default()
    }
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let ada = Some(&developer());
    let page = |model: Model| framed(ada, "Playground", || view::view(model));
    let usable = || playground(KeyStanding::Usable);
    let fresh = Model::new(usable(), Entered::default(), calendar());
    let answered = Model { told: Told::of(&calls()[0]), ..Model::new(usable(), entered(""), calendar()) };
    let way_on = Some(WayOn { text: "Ask for more".to_owned(), href: app::paths::ask(virtual_key().id) });
    let words = "The month's budget of $50.00 is spent.".to_owned();
    let refused = vec![
        Refusal::new("message", Reason::TooLong { at_most: 8_000 }),
        Refusal::new("system", Reason::TooLong { at_most: 4_000 }),
        Refusal::new("max_output_tokens", Reason::Malformed),
    ];
    let refused = Model {
        failed: Some(Failed { words, way_on }),
        reasons: Reasons::from(refused),
        again: true,
        ..Model::new(usable(), entered("Too long"), calendar())
    };
    let nobody = Playground { keys: vec![], chosen: None, ..usable() };
    let ended = Model::new(playground(KeyStanding::Revoked), Entered::default(), calendar());
    vec![
        ("playground", page(fresh)),
        ("playground-answered", page(answered)),
        ("playground-refused", page(refused)),
        ("playground-ended", page(ended)),
        ("playground-none", page(Model::new(nobody, Entered::default(), calendar()))),
    ]
}
