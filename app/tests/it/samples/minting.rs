//! The mint form: what it offers, and each verdict.

use super::*;

pub(crate) fn mint_options() -> MintOptions {
    let name = |text: &str| (ModelId::from_random(text.as_bytes()), text.parse::<ModelName>().unwrap());
    let choice = |profile, models_allowed| ProfileChoice { profile, models_allowed, models_served: 3, keys_held: 2 };
    MintOptions {
        form: "a".repeat(32).parse().unwrap(),
        profiles: vec![choice(profile(), 3), choice(explore(), 1)],
        teams: vec![TeamChoice { id: team(), name: "Billing".to_owned() }],
        policy: None,
        environments: ["dev", "staging", "prod"].map(str::to_owned).to_vec(),
        cost_centres: vec![cost_centre("4711", "Research"), cost_centre("4712", "Sales")],
        usual_cost_centre: Some(cost_centre("4711", "Research")),
        models: vec![name("demo-large"), name("demo-small"), name("demo-embedding")],
        may_mint: true,
    }
}

pub(crate) fn minted_form() -> MintForm {
    let mut form =
        MintForm { name: "claude-code laptop".to_owned(), consumer: "agent".to_owned(), ..MintForm::default() };
    form.environment = "dev".to_owned();
    form.fill_in(&profile());
    form
}

/// The same form where there is a key policy to read.
pub(crate) fn mint_model_with_policy(verdict: Option<MintVerdict>) -> mint::view::Model {
    let text = "Do not share keys.\n\nRevoke what leaked.\nAt once.".to_owned();
    let mut model = mint_model(verdict);
    model.options.policy = Some(KeyPolicy { version: 3, text });
    model
}

pub(crate) fn mint_model(verdict: Option<MintVerdict>) -> mint::view::Model {
    mint::view::Model { options: mint_options(), form: minted_form(), verdict, asking: None, calendar: calendar() }
}

pub(crate) fn granted() -> MintVerdict {
    MintVerdict::Granted(GrantedTerms {
        name: "claude-code laptop".to_owned(),
        application: None,
        cost_centre: None,
        tags: vec![],
        terms: virtual_key().terms,
        lifetime_days: 90,
        expires_at: now().plus_days(90),
        clamped: vec![],
        above: vec![],
        more: domain::grant::More::default(),
    })
}

pub(crate) fn refused() -> MintVerdict {
    let money = |cents| Amount::Money { amount: dollars(cents), window: Window::Month };
    MintVerdict::Refused(vec![
        Refusal::new("name", Reason::KeyNameTaken { key: Some(key_id(4)) }),
        Refusal::new("cap_month", Reason::AboveMaximum { wanted: money(15_000), maximum: money(10_000) }),
        Refusal::new("concurrency", Reason::Fixed { value: Amount::AtOnce(8) }),
        Refusal::new("networks", Reason::Malformed),
    ])
}
