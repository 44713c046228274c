//! `/usage`: who spends what. Opens as each role most likely asks, and every figure on it leads further in.

pub mod asked;
mod file;
mod table;
mod view;
pub mod views;

use crate::chrome::Place;
use crate::format::Calendar;
use crate::html;
use crate::visit::{Answer, Input, PageError, Visit};
use asked::Asked;
use domain::dimension::Dimension;
use portal::Portal;
use portal::spend::{KeptView, Spend};

pub use view::view;

pub struct Model {
    pub asked: Asked,
    pub by: Dimension,
    pub spend: Spend,
    pub views: Vec<KeptView>,
    pub leads: bool,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked = Asked::read(&input.query::<Vec<(String, String)>>()?)?;
    let question = asked.question(Portal::usual_dimension(&visit.caller));
    let model = Model {
        by: question.by,
        spend: visit.portal.spend(&visit.caller, &question).await?,
        views: visit.portal.usage_views(&visit.caller).await?,
        asked,
        leads: visit.caller.is_lead(),
        calendar: visit.calendar(),
    };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Usage), "Usage", || view(model))))
}

pub async fn download(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked = Asked::read(&input.query::<Vec<(String, String)>>()?)?;
    let question = asked.question(Portal::usual_dimension(&visit.caller));
    let spend = visit.portal.spend_groups(&visit.caller, &question).await?;
    Ok(Answer::Download {
        name: file::name(&question, spend.range),
        content_type: "text/csv; charset=utf-8",
        body: file::csv(&question, &spend, &visit.calendar()).into_bytes(),
    })
}
