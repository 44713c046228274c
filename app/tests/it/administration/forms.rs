//! What the forms read: a field that a page does not have is refused, one that is left out too.

use app::pages::admin::adjustments::{form::MoveForm, show::UndoForm};
use app::pages::admin::budgets::entered::Entered as Limits;
use app::pages::admin::by_name::NameForm;
use app::pages::admin::cost_centres::{end::EndForm as EndCentreForm, form::CentreForm, import::ImportForm};
use app::pages::admin::data_scopes::show::ScopeForm;
use app::pages::admin::guardrails::entered::Entered;
use app::pages::admin::guardrails::preview::SaveForm;
use app::pages::admin::key_policy::PolicyForm;
use app::pages::admin::models::editor::ModelForm;
use app::pages::admin::people::{
    administrator::GrantForm, sessions::EndSessionsForm, suspend::SuspendForm, teams::TeamForm,
};
use app::pages::admin::providers::{
    change::ChangeForm, credential::CredentialForm, models::CatalogueForm, new::NewForm, switch::SwitchForm,
};
use app::pages::admin::sign_in::{editor::RuleForm, remove::RemoveForm};
use app::pages::admin::teams::cost_centre::TeamCentreForm;
use app::pages::admin::teams::{members::MemberForm, members::RemovalForm};
use app::pages::admin::units::show::UnitForm;
use app::pages::confirm::Confirmed;
use app::pages::handover::HandoverForm;
use app::pages::sessions::EndForm;
use app::visit::{Input, PageError};
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(body: &str) -> Result<T, PageError> {
    Input { form: body.as_bytes().to_vec(), ..Input::default() }.form()
}

/// The body is read; with one more field it is not.
fn refuses_more_than<T: DeserializeOwned>(body: &str) {
    let name = std::any::type_name::<T>();
    assert!(read::<T>(body).is_ok(), "{name}: {:?}", read::<T>(body).err());
    let more = format!("{body}&surprise=1");
    assert!(matches!(read::<T>(more.trim_start_matches('&')), Err(PageError::Unprocessable(_))), "{name}");
}

#[test]
fn an_unknown_field_is_refused_by_every_form() {
    const MODEL: &str = "name=m&provider=prov_a&provider=&upstream_model=x&upstream_model=&deployment=&deployment=&priority=1&priority=1\
        &weight=1&weight=1&price_input=&price_output=&price_cache_read=&price_cache_write=&price_cache_write_1h=&price_request=&price_search=\
        &max_input_tokens=&max_output_tokens=";
    const LIMITS: &str = "version=0&cap_hour=&cap_day=&cap_week=&cap_month=5.00&cap_quarter=&cap_total=&requests_per_minute=\
        &tokens_per_minute=&concurrency=&requests_hour=&requests_day=&requests_month=&tokens_hour=&tokens_day=&tokens_month=";
    refuses_more_than::<Confirmed>("");
    refuses_more_than::<NewForm>("form=f&preset=p&name=n&base_url=b&credential=");
    refuses_more_than::<ChangeForm>("name=n&base_url=b&credential=&first_byte_seconds=2.5&discount_or_margin=-12.5");
    refuses_more_than::<CredentialForm>("credential=c");
    refuses_more_than::<SwitchForm>("turn=off");
    refuses_more_than::<CatalogueForm>("model=claude-sonnet-5&model=gpt-5");
    refuses_more_than::<CatalogueForm>("all=yes");
    refuses_more_than::<ModelForm>(MODEL);
    refuses_more_than::<PolicyForm>("version=0&text=t");
    refuses_more_than::<SaveForm>("apply=new_keys&accept=12");
    refuses_more_than::<SuspendForm>("account=suspended");
    refuses_more_than::<EndSessionsForm>("session=every");
    assert!(read::<EndSessionsForm>("").is_err(), "nothing named ends nothing");
    refuses_more_than::<EndSessionsForm>("session=abababababababab");
    refuses_more_than::<HandoverForm>("form=f&to=per_aaaaaaaaaaaa&key=kwr_aaaaaaaaaaaa&key=kwr_bbbbbbbbbbbb");
    refuses_more_than::<HandoverForm>("form=f&to=per_aaaaaaaaaaaa");
    refuses_more_than::<EndForm>("session=abababababababab");
    const RULE: &str = "form=f&issuer=&asks=groups&claim=&test=equals&value=x&gives=auditor&team=&given=&act=check";
    refuses_more_than::<RuleForm>(RULE);
    refuses_more_than::<RemoveForm>("form=f&stamp=s&accept=yes");
    refuses_more_than::<GrantForm>("administrator=grant");
    refuses_more_than::<TeamForm>("team=team_aaaaaaaaaaaa&lead=yes");
    refuses_more_than::<NameForm>("form=f&name=n");
    refuses_more_than::<UnitForm>("name=n&team=team_aaaaaaaaaaaa&team=team_bbbbbbbbbbbb");
    refuses_more_than::<UnitForm>("name=n");
    refuses_more_than::<CentreForm>("code=c&name=n&contact=&valid_from=&valid_until=&version=1");
    refuses_more_than::<ScopeForm>("version=0&spend=own&calls=team&names=cost_centre&audit=all&cost_centres=&act=save");
    refuses_more_than::<MoveForm>("form=f&key=k&first=d&last=d&charged_to=~&move_to=4711&amount=7&why=w");
    assert!(read::<MoveForm>("form=f&key=k&first=d&last=d&charged_to=~&move_to=4711&amount=&why=w").is_err());
    refuses_more_than::<UndoForm>("form=f&why=w");
    refuses_more_than::<EndCentreForm>("last=2026-12-31&keys_to=");
    refuses_more_than::<ImportForm>("file=f&act=check");
    refuses_more_than::<TeamCentreForm>("cost_centre=");
    refuses_more_than::<Limits>(LIMITS);
    refuses_more_than::<MemberForm>("person=per_aaaaaaaaaaaa&act=lead");
    refuses_more_than::<RemovalForm>("person=per_aaaaaaaaaaaa");
    let surprise = read::<Vec<(String, String)>>("name=n&surprise=1").and_then(Entered::read);
    assert!(matches!(surprise, Err(PageError::Unprocessable(_))));
}

#[test]
fn a_value_of_another_kind_is_refused() {
    assert!(read::<SwitchForm>("turn=sideways").is_err());
    assert!(read::<MemberForm>("person=team_aaaaaaaaaaaa&act=lead").is_err());
    assert!(read::<CatalogueForm>("model=../../etc").is_err());
    assert!(read::<NewForm>("form=f&preset=p&name=n&base_url=b").is_err(), "a field is missing");
}
