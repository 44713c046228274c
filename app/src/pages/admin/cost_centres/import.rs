//! `/admin/cost-centres/import`: a file, pasted. What it would do is shown first; one bad line, and nothing is taken.

use crate::chrome::Place;
use crate::components::{Crumb, Field, Notice, PageHead, Section, TextArea, Tone};
use crate::pages::admin::{count, counted, document};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::cost_centre_file::{COLUMNS, LineProblem, WrongLine};
use leptos::prelude::*;
use portal::administration::cost_centre_import::CentreImport;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportForm {
    /// The content of the file.
    pub file: String,
    /// `check` or `import`.
    pub act: String,
}

/// Lines of a plan that a page lists.
const LISTED: usize = 50;
/// Bad lines that a page lists.
const WRONG_LISTED: usize = 100;

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    visit.administrator()?;
    Ok(Answer::ok(page(&visit, Model::default())))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let ImportForm { file, act } = input.form()?;
    let administrator = visit.administrator()?;
    let takes = match act.as_str() {
        "check" => false,
        "import" => true,
        _ => return Err(PageError::Unprocessable("The form does not say what to do with the file.".into())),
    };
    let read = match takes {
        true => visit.portal.import_cost_centres(administrator, &file).await?,
        false => visit.portal.plan_cost_centres(administrator, &file).await?,
    };
    Ok(match read {
        Err(wrong) => Answer::refused(page(&visit, Model { file, wrong, plan: None })),
        Ok(done) if takes => Answer::SeeOther(format!(
            "{}?added={}&changed={}",
            paths::COST_CENTRES,
            done.added.len(),
            done.changed.len()
        )),
        Ok(plan) => Answer::ok(page(&visit, Model { file, wrong: Vec::new(), plan: Some(plan) })),
    })
}

fn page(visit: &Visit, model: Model) -> String {
    document(visit, Place::Budgets, "Import cost centres", |_| view(model))
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    /// As pasted.
    pub file: String,
    pub wrong: Vec<WrongLine>,
    pub plan: Option<CentreImport>,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { file, wrong, plan } = model;
    let refused = !wrong.is_empty();
    let import = plan.is_some().then(|| {
        view! { <button class="button primary" type="submit" name="act" value="import">"Import"</button> }
    });
    let check_class = if plan.is_some() { "button" } else { "button primary" };
    let hint = format!(
        "One line for each, below a first line with the columns {}. Commas or semicolons; days as 2027-01-31, empty for no \
         limit. Cost centres that the file does not name stay as they are.",
        COLUMNS.join(", ")
    );
    let invalid = if refused { "file-hint wrong" } else { "file-hint" };
    view! {
        <PageHead
            title="Import cost centres"
            crumb=Crumb { text: "Cost centres".to_owned(), href: paths::COST_CENTRES.to_owned() }
        />
        {refused.then(|| wrong_lines(wrong))}
        {plan.map(outlook)}
        <form class="form wide" method="post" action=paths::COST_CENTRE_FILE>
            <Field id="file" label="The file’s content" hint=hint>
                <TextArea
                    id="file" name="file".to_owned() value=file rows=12 mono=true invalid=refused described_by=invalid
                />
            </Field>
            <div class="actions">
                {import}
                <button class=check_class type="submit" name="act" value="check">"See what it would do"</button>
                <a class="button plain" href=paths::COST_CENTRES>"Cancel"</a>
            </div>
        </form>
    }
}

fn wrong_lines(wrong: Vec<WrongLine>) -> impl IntoView {
    let more = wrong.len().saturating_sub(WRONG_LISTED);
    let title = format!("{} to change, and nothing is taken in before", counted(count(wrong.len()), "thing"));
    let lines = wrong.into_iter().take(WRONG_LISTED).map(|WrongLine { line, problem }| {
        view! { <li>{format!("Line {line}: {}", sentence(&problem))}</li> }
    });
    let more = (more > 0).then(|| view! { <li>{format!("And {more} more.")}</li> });
    view! {
        <div class="notice bad" role="alert" id="wrong" aria-labelledby="wrong-title">
            <h2 id="wrong-title">{title}</h2>
            <ul>{lines.collect_view()}{more}</ul>
        </div>
    }
}

fn outlook(plan: CentreImport) -> impl IntoView {
    let CentreImport { added, changed, same } = plan;
    let text = format!("{} added, {} changed, {same} as they are. Nothing is saved yet.", added.len(), changed.len());
    let more = (added.len() + changed.len()).saturating_sub(LISTED);
    let new = added.iter().map(|entry| format!("New: {}, {}", entry.label(), super::validity(entry).to_lowercase()));
    let old = changed.iter().map(|(kept, entry)| {
        let parts = [
            (kept.entry.name != entry.name).then(|| format!("name {} becomes {}", kept.entry.name, entry.name)),
            (kept.entry.contact != entry.contact).then(|| {
                let said = |contact: &Option<String>| contact.clone().unwrap_or_else(|| "nobody".to_owned());
                format!("contact {} becomes {}", said(&kept.entry.contact), said(&entry.contact))
            }),
            (super::validity(&kept.entry) != super::validity(entry)).then(|| {
                format!(
                    "valid {} becomes {}",
                    super::validity(&kept.entry).to_lowercase(),
                    super::validity(entry).to_lowercase()
                )
            }),
        ];
        format!("{}: {}", entry.code, parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    });
    let lines: Vec<_> = new.chain(old).take(LISTED).map(|line| view! { <li>{line}</li> }).collect();
    let list = (!lines.is_empty()).then(|| {
        let more = (more > 0).then(|| view! { <li>{format!("And {more} more.")}</li> });
        view! { <ul>{lines}{more}</ul> }
    });
    view! {
        <Section id="outlook" title="What it would do">
            <div role="status"><Notice tone=Tone::Info text=text/></div>
            {list}
        </Section>
    }
}

fn sentence(problem: &LineProblem) -> String {
    match problem {
        LineProblem::NoColumn(name) => format!("The column {name} is missing. Add it to the first line."),
        LineProblem::UnknownColumn(name) => {
            format!("There is no column {name}. The first line names {}.", COLUMNS.join(", "))
        }
        LineProblem::Twice(value) => format!("{value} is there twice. Leave one out."),
        LineProblem::Cells { found, wanted } => {
            format!(
                "There are {} where the first line has {wanted}. Put quotes around a text with a separator in it.",
                counted(count(*found), "cell")
            )
        }
        LineProblem::Quotes => "A quoted text does not end, or goes on behind its last quote.".to_owned(),
        LineProblem::TooMany { at_most } => {
            format!("A file has {} lines at most. Take it in as several.", crate::format::grouped(count(*at_most)))
        }
        LineProblem::Cell(refusal) => words::refusal(refusal),
        LineProblem::Empty => format!(
            "There is nothing to take in. The first line names {}, each further one is a cost centre.",
            COLUMNS.join(", ")
        ),
    }
}
