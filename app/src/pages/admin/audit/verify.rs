//! `/admin/audit/verify`: recomputes the whole chain and says what came of it. Reading only, therefore a link.

use crate::chrome::Place;
use crate::components::{Crumb, Fact, Facts, Id, Notice, PageHead, Tone, WayOn};
use crate::format::Calendar;
use crate::pages::admin::{at_least_none, counted, document};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::audit::Broken;
use leptos::prelude::*;
use portal::administration::audit::AuditVerdict;

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let verdict = visit.portal.verify_audit(&visit.caller).await?;
    Ok(Answer::ok(document(&visit, Place::Audit, "Verify the audit log", |calendar| view(calendar, &verdict))))
}

pub fn view(calendar: &Calendar, verdict: &AuditVerdict) -> impl IntoView + use<> {
    let AuditVerdict { entries, last_hash, broken, checked_at } = verdict;
    let kept = counted(at_least_none(*entries), "entry").replace("entrys", "entries");
    let (tone, text) = match broken {
        None => (Tone::Ok, format!("The chain is whole: {kept}, each follows from the one before it.")),
        Some(broken) => (Tone::Bad, format!("The chain is broken: {}. {kept} before it are whole.", reason(*broken))),
    };
    let way_on = broken.map(|_| WayOn {
        text: "Keep a copy of the database and tell your security team.".to_owned(),
        href: paths::AUDIT.to_owned(),
    });
    let hash: String = last_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let facts = vec![
        Fact::new("Checked", calendar.exact(*checked_at)),
        Fact::new("Last hash", view! { <Id text=hash/> })
            .noted("Compare it with a copy kept elsewhere: entries cut off at the end show only there."),
    ];
    view! {
        <PageHead title="Verify the audit log" crumb=Crumb { text: "Audit log".to_owned(), href: paths::AUDIT.to_owned() }/>
        <div role="status"><Notice tone=tone text=text way_on=way_on/></div>
        <div class="panel"><Facts facts=facts/></div>
        <div class="actions"><a class="button" href=paths::VERIFY_AUDIT>"Check again"</a></div>
    }
}

fn reason(broken: Broken) -> String {
    match broken {
        Broken::Sequence(entry) => format!("entry {entry} is missing or out of order"),
        Broken::Link(entry) => format!("entry {entry} does not continue the one before it"),
        Broken::Content(entry) => format!("entry {entry} was changed after it was written"),
    }
}
