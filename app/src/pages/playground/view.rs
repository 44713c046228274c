//! How the playground looks: the key and what is left for it, the conversation, the form for the next turn.

use super::Entered;
use super::told::{Failed, Told};
use crate::components::{
    BudgetMeter, EmptyState, ErrorSummary, Fact, Facts, Field, Fold, Notice, PageHead, Problem, SelectField,
    SelectOption, TextArea, TextField, Tone, WayOn,
};
use crate::format::{Calendar, grouped, usd};
use crate::pages::form::{OnceOnly, Reasons};
use crate::pages::keys::rows::{budget, whose};
use crate::paths;
use crate::words;
use domain::budget::BudgetFigures;
use domain::id::KeyId;
use domain::model::ModelName;
use domain::virtual_key::KeyStanding;
use leptos::prelude::*;
use portal::playground::{Chosen, Playground};
use portal::ports::Turn;

pub struct Model {
    pub playground: Playground,
    pub entered: Entered,
    /// Of the call that was just made.
    pub told: Option<Told>,
    pub failed: Option<Failed>,
    pub reasons: Reasons,
    /// The form was sent before.
    pub again: bool,
    pub calendar: Calendar,
}

const FIELDS: [&str; 3] = ["message", "system", "max_output_tokens"];

impl Model {
    pub fn new(playground: Playground, entered: Entered, calendar: Calendar) -> Self {
        Self { playground, entered, told: None, failed: None, reasons: Reasons::default(), again: false, calendar }
    }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { playground, entered, told, failed, reasons, again, calendar } = model;
    let Playground { form, keys, chosen } = playground;
    let about = "Try a model under one of your keys. The call is made here; no secret of the key is on this page.";
    let Some(chosen) = chosen else {
        let text = "You have no live key to call with. Mint one first: it takes a minute.";
        let mint = view! { <a class="button primary" href=paths::MINT>"Mint a key"</a> };
        return view! {
            <PageHead title="Playground" context=about.into_any()/>
            <EmptyState text=text>{mint}</EmptyState>
        }
        .into_any();
    };
    let said = notices(&chosen, failed, again);
    let usable = chosen.standing == KeyStanding::Usable && chosen.has_secret && !chosen.models.is_empty();
    let body = usable.then(|| conversation(form, &chosen, entered, told, &reasons));
    view! {
        <PageHead title="Playground" context=about.into_any()/>
        <div id="playground-said">
            <ErrorSummary undone="this can be sent" wrong=reasons.summary(|field| FIELDS.contains(&field))/>
            {said}
        </div>
        {which_key(&keys, &chosen, &calendar)}
        {body}
    }
    .into_any()
}

/// What stops a call, or stopped the last one.
fn notices(chosen: &Chosen, failed: Option<Failed>, again: bool) -> impl IntoView + use<> {
    let key = chosen.key.id;
    let to_key = |text: &str| Some(WayOn { text: text.to_owned(), href: paths::key(key) });
    let standing = match chosen.standing {
        KeyStanding::Usable if !chosen.has_secret => Some((
            "This key was approved, and its secret has not been taken yet. Take it first.".to_owned(),
            to_key("Open the key"),
        )),
        KeyStanding::Usable if chosen.models.is_empty() => {
            Some(("This key may use no model that can chat.".to_owned(), to_key("See what it may do")))
        }
        KeyStanding::Usable => None,
        standing => {
            Some((format!("This key cannot be called with: {}.", words::standing(standing)), to_key("Open the key")))
        }
    };
    let standing =
        standing.map(|(text, way_on)| view! { <Notice tone=Tone::Warn text=text way_on=way_on/> }.into_any());
    let again = again.then(|| {
        let text = "This was sent before, and is not sent twice: what it cost stands among the key's calls. Send it again \
                    if you mean it.";
        let way_on = Some(WayOn { text: "See the calls".to_owned(), href: paths::key_calls(key, None) });
        view! { <Notice tone=Tone::Warn text=text way_on=way_on/> }.into_any()
    });
    let failed = failed.map(|Failed { words, way_on }| {
        let way_on = way_on.map(|way| view! { " "<a href=way.href>{way.text}</a> });
        view! { <div class="notice bad" role="alert"><p>{words}{way_on}</p></div> }.into_any()
    });
    [failed, again, standing].into_iter().flatten().collect_view()
}

fn which_key(keys: &[(KeyId, String)], chosen: &Chosen, calendar: &Calendar) -> impl IntoView + use<> {
    let id = chosen.key.id;
    let listed = keys.iter().map(|(id, name)| SelectOption::new(id.to_string(), name.clone()));
    let mut options: Vec<_> = listed.collect();
    if keys.iter().all(|(known, _)| *known != id) {
        options.insert(0, SelectOption::new(id.to_string(), chosen.key.name.clone()));
    }
    let meter = chosen.figures.first().map(|figures| {
        let whose = whose(figures.scope, None, true);
        view! { <BudgetMeter budget=budget(figures, whose, calendar)/> }
    });
    view! {
        <div class="play-key">
            <form class="filter" method="get" action=paths::PLAYGROUND>
                <SelectField name="key" label="Key" options=options value=id.to_string()/>
                <button class="button" type="submit">"Use this key"</button>
            </form>
            {meter}
            <p class="hint">
                "What is sent here counts in this key's budgets and limits, and stands among "
                <a href=paths::key_calls(id, None)>"its calls"</a>"."
            </p>
        </div>
    }
}

fn conversation(
    form: portal::FormId,
    chosen: &Chosen,
    entered: Entered,
    told: Option<Told>,
    reasons: &Reasons,
) -> impl IntoView + use<> {
    let Entered { model, system, message, max_output_tokens, turns } = entered;
    let earlier = turns.clone();
    let model = chosen.models.iter().map(ModelName::as_str).find(|name| *name == model).map(str::to_owned);
    let model = model.or_else(|| chosen.models.first().map(ToString::to_string)).unwrap_or_default();
    let models: Vec<_> = chosen.models.iter().map(|name| SelectOption::new(name.as_str(), name.as_str())).collect();
    let hidden = earlier.into_iter().map(|Turn { asked, answered }| {
        view! {
            <input type="hidden" name="asked" value=asked/>
            <input type="hidden" name="answered" value=answered/>
        }
    });
    let bound = chosen.max_output_tokens.map(|most| format!("this key: at most {}", grouped(most))).unwrap_or_default();
    let note = match (system.trim().is_empty(), max_output_tokens.trim()) {
        (true, "") => "no system prompt, answers as long as the key allows".to_owned(),
        (true, most) => format!("no system prompt, answers of at most {most} tokens"),
        (false, "") => "with a system prompt, answers as long as the key allows".to_owned(),
        (false, most) => format!("with a system prompt, answers of at most {most} tokens"),
    };
    let open = reasons.concern(&["system", "max_output_tokens"]);
    let restart = paths::try_out(chosen.key.id, &model);
    let [wrong, wrong_system, wrong_length] = FIELDS.map(|field| reasons.at(field));
    let has_turns = !turns.is_empty();
    view! {
        {said(turns)}
        {figures(told)}
        <form class="form play" method="post" action=paths::PLAYGROUND data-converse=paths::PLAYGROUND_ANSWER>
            <OnceOnly form=form/>
            <input type="hidden" name="key" value=chosen.key.id.to_string()/>
            {hidden.collect_view()}
            <SelectField name="model" label="Model" options=models value=model/>
            {long_text("message", "Message", message, 4, wrong)}
            <Fold summary="System prompt and length" note=note open=open>
                <div class="field-stack">
                    {long_text("system", "System prompt", system, 3, wrong_system)}
                    <TextField
                        name="max_output_tokens" label="Longest answer" value=max_output_tokens input_mode="numeric"
                        hint="In tokens, reasoning included. Empty: as much as the key allows, which also sets aside more of the budget while the call lasts."
                        bound=bound problem=wrong_length
                    />
                </div>
            </Fold>
            <div class="actions">
                <button class="button primary" type="submit" data-send=true>"Send"</button>
                <button class="button" type="button" data-stop=true hidden=true>"Stop"</button>
                <a class="button plain" href=restart data-restart=true hidden=!has_turns>"Start over"</a>
            </div>
        </form>
    }
}

fn long_text(
    name: &'static str,
    label: &'static str,
    value: String,
    rows: u32,
    problem: Option<Problem>,
) -> impl IntoView {
    let (invalid, described_by) = match &problem {
        Some(_) => (true, format!("{name}-error")),
        None => (false, String::new()),
    };
    let area = if invalid {
        view! { <TextArea id=name name=name value=value rows=rows invalid=true described_by=described_by/> }.into_any()
    } else {
        view! { <TextArea id=name name=name value=value rows=rows/> }.into_any()
    };
    view! { <Field id=name label=label problem=problem>{area}</Field> }
}

/// What was said so far. The script adds to it, and has what a turn looks like from the template.
fn said(turns: Vec<Turn>) -> impl IntoView {
    let turns = turns.into_iter().map(|Turn { asked, answered }| turn(asked, answered));
    view! {
        <ol class="turns" id="turns" aria-label="Conversation">{turns.collect_view()}</ol>
        <template id="turn">{turn(String::new(), String::new())}</template>
    }
}

fn turn(asked: String, answered: String) -> impl IntoView {
    let silent =
        "The answer holds no text. A model that reasons may have used up its tokens before: allow a longer answer.";
    let answered = if answered.is_empty() { silent.to_owned() } else { answered };
    view! {
        <li>
            <p class="asked"><b>"You"</b><span data-asked=true>{asked}</span></p>
            <p class="answered"><b>"Answer"</b><span data-answered=true>{answered}</span></p>
        </li>
    }
}

/// `$49.98 left of $50.00`
pub fn left(figures: &BudgetFigures) -> String {
    format!("{} left of {}", usd(figures.left()), usd(figures.limit))
}

fn figures(told: Option<Told>) -> impl IntoView {
    let hidden = told.is_none();
    let facts = told.map(|Told { lines, id, href }| {
        let mut facts: Vec<Fact> = lines.into_iter().map(|(name, value)| Fact::new(name, value)).collect();
        facts.push(Fact::new("Request", view! { <a class="mono" href=href>{id}</a> }));
        view! { <Facts facts=facts/> }
    });
    view! { <div class="panel play-figures" id="figures" hidden=hidden aria-live="polite">{facts}</div> }
}
