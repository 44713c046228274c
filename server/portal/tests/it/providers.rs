use crate::support::*;
use domain::id::ProviderId;
use domain::markup::Markup;
use domain::provider_timeouts::ProviderTimeouts;
use portal::administration::providers::{NewProvider, ProviderChange};
use portal::sealing::{CredentialBinding, SealError};
use portal::{Made, PortalError};
use store::{Provider, SealedCredential};

async fn kept(world: &World, provider: ProviderId) -> (Provider, SealedCredential) {
    let credentials = world.store.credentials().await.unwrap();
    let credential = credentials.into_iter().find(|credential| credential.provider == provider).unwrap();
    (world.store.provider(provider).await.unwrap().unwrap(), credential)
}

fn open(world: &World, provider: &Provider, sealed: &SealedCredential) -> Result<String, SealError> {
    let binding = CredentialBinding {
        provider: sealed.provider,
        credential: sealed.id,
        version: sealed.version,
        base_url: &provider.base_url,
    };
    world.sealing.open_credential(&binding, &sealed.blob).map(|secret| secret.expose().to_owned())
}

fn change(base_url: &str, credential: Option<&str>) -> ProviderChange {
    ProviderChange {
        name: "OpenAI".into(),
        base_url: base_url.into(),
        credential: credential.map(secret),
        timeouts: ProviderTimeouts::default(),
        markup: Markup::NONE,
    }
}

#[tokio::test]
async fn a_credential_is_sealed_and_never_shown_again() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    let (row, sealed) = kept(&world, provider).await;
    assert_eq!(open(&world, &row, &sealed).as_deref(), Ok(CREDENTIAL));
    assert!(!sealed.blob.windows(8).any(|window| CREDENTIAL.as_bytes().windows(8).any(|part| part == window)));
    let detail = world.portal.provider(&admin, provider).await.unwrap();
    let shown = detail.provider.credential.clone().unwrap();
    assert_eq!((shown.last_four.as_str(), shown.version), ("6789", 1));
    assert_eq!(shown.created_by_name.as_deref(), Some("dora"));
    assert!(!format!("{detail:?}").contains(CREDENTIAL));
    assert!(!world.audit_text().await.contains(&CREDENTIAL[3..]), "no secret in the audit log");
}

#[tokio::test]
async fn another_address_needs_the_credential_again() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    let (_, before) = kept(&world, provider).await;
    let administrator = as_administrator(&admin);
    for elsewhere in ["https://evil.example.com/v1", "https://api.openai.com:8443/v1"] {
        let answer = world.portal.change_provider(administrator, provider, change(elsewhere, None)).await;
        assert_eq!(refusals(answer), ["credential=credential_needed"], "{elsewhere}");
    }
    let path_only = change("https://api.openai.com/v2", None);
    world.portal.change_provider(administrator, provider, path_only).await.unwrap();
    let (row, sealed) = kept(&world, provider).await;
    assert_eq!((sealed.version, row.base_url.as_str()), (1, "https://api.openai.com/v2"));
    assert_eq!(open(&world, &row, &sealed).as_deref(), Ok(CREDENTIAL));

    world.gateway.take_told();
    let audited = world.audit_length().await;
    let moved = change("https://eu.example.com/v1", Some("sk-another-0123456789"));
    world.portal.change_provider(administrator, provider, moved).await.unwrap();
    let (row, sealed) = kept(&world, provider).await;
    assert_eq!((open(&world, &row, &sealed).as_deref(), sealed.version), (Ok("sk-another-0123456789"), 2));
    assert_eq!(
        open(&world, &row, &before),
        Err(SealError::DoesNotOpen),
        "the old one does not open at the new address"
    );
    assert_eq!((world.audit_length().await, world.gateway.take_told()), (audited + 1, vec![Told::Policy]));
}

#[tokio::test]
async fn an_address_changed_in_the_database_keeps_the_credential_closed() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    world.database.tamper("update provider set base_url = 'https://evil.example.com/v1'").await;
    let (row, sealed) = kept(&world, provider).await;
    assert_eq!(open(&world, &row, &sealed), Err(SealError::DoesNotOpen));
}

#[tokio::test]
async fn a_credential_is_replaced_under_the_next_version() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    let administrator = as_administrator(&admin);
    let shown =
        world.portal.replace_credential(administrator, provider, secret(" sk-new-credential-4321\n")).await.unwrap();
    assert_eq!((shown.version, shown.last_four.as_str()), (2, "4321"));
    let (row, sealed) = kept(&world, provider).await;
    assert_eq!(open(&world, &row, &sealed).as_deref(), Ok("sk-new-credential-4321"));
    assert_eq!(world.last_action().await, "credential.replaced");
    assert_eq!(world.gateway.take_told(), [Told::Policy]);
    let answer = world.portal.replace_credential(administrator, provider, secret("two words")).await;
    assert_eq!(refusals(answer), ["credential=malformed"]);
    let unknown = ProviderId::from_random(&[3; 12]);
    assert_eq!(error(world.portal.replace_credential(administrator, unknown, secret("x")).await), "not found");
}

#[tokio::test]
async fn a_new_provider_is_checked_as_a_whole_and_its_form_acts_once() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let administrator = as_administrator(&admin);
    let form = world.portal.new_form();
    let broken = NewProvider {
        name: " ".into(),
        base_url: "http://169.254.169.254/".into(),
        credential: None,
        ..new_provider("x")
    };
    let answer = world.portal.add_provider(administrator, &form, broken).await;
    assert_eq!(refusals(answer), ["name=missing", "base_url=address_not_usable", "credential=missing"]);
    let unknown = NewProvider { preset: "nonsense".into(), ..new_provider("x") };
    assert_eq!(refusals(world.portal.add_provider(administrator, &form, unknown).await), ["preset=unknown_choice"]);

    let id = world.portal.add_provider(administrator, &form, new_provider("OpenAI")).await.unwrap();
    match world.portal.add_provider(administrator, &form, new_provider("OpenAI")).await {
        Err(PortalError::AlreadyDone { made }) => assert_eq!(made, Made::Provider(id)),
        other => panic!("{other:?}"),
    }
    let same = world.portal.add_provider(administrator, &world.portal.new_form(), new_provider("openai")).await;
    assert_eq!(refusals(same), ["name=name_taken"]);
}

#[tokio::test]
async fn a_server_without_a_credential_can_move_freely() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let administrator = as_administrator(&admin);
    let local = NewProvider {
        preset: "ollama".into(),
        base_url: "http://127.0.0.1:11434/v1".into(),
        credential: Some(secret("  ")),
        ..new_provider("Local")
    };
    let id = world.portal.add_provider(administrator, &world.portal.new_form(), local).await.unwrap();
    assert_eq!(world.portal.provider(&admin, id).await.unwrap().provider.credential, None);
    let moved = ProviderChange { name: "Local".into(), ..change("http://127.0.0.1:9999/v1", None) };
    world.portal.change_provider(administrator, id, moved).await.unwrap();
    let (row, sealed) = kept(&world, id).await;
    assert_eq!(open(&world, &row, &sealed).as_deref(), Ok(""));
}

#[tokio::test]
async fn turning_a_provider_off_says_who_depends_on_it() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let provider = world.openai(&admin).await;
    world.mint(&ada, "laptop").await;
    let detail = world.portal.provider(&admin, provider).await.unwrap();
    assert_eq!((detail.dependent_keys, detail.deployments.len()), (1, 2));
    assert!(detail.deployments.iter().all(|deployment| deployment.only_one));
    world.portal.set_provider_enabled(as_administrator(&admin), provider, false).await.unwrap();
    assert_eq!(
        (world.gateway.take_told().last(), world.last_action().await.as_str()),
        (Some(&Told::Policy), "provider.disabled")
    );
    let audited = world.audit_length().await;
    world.portal.set_provider_enabled(as_administrator(&admin), provider, false).await.unwrap();
    assert_eq!(world.audit_length().await, audited);
    let overview = world.portal.overview(&admin).await.unwrap();
    assert_eq!((overview.providers, overview.models, overview.unreachable.len()), (1, 2, 2));
    assert_eq!((overview.people, overview.live_keys, overview.profiles), (2, 1, 1));
    world.advance_days(91);
    assert_eq!(world.portal.overview(&admin).await.unwrap().old_credentials, ["OpenAI"]);
}

#[tokio::test]
async fn a_provider_has_timeouts_of_its_own_within_reason() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    let administrator = as_administrator(&admin);
    let kept = world.portal.provider(&admin, provider).await.unwrap().provider;
    assert_eq!(kept.timeouts, ProviderTimeouts::default());
    let change = |timeouts| ProviderChange {
        name: kept.name.clone(),
        base_url: kept.base_url.clone(),
        credential: None,
        timeouts,
        markup: Markup::NONE,
    };
    let timeouts = ProviderTimeouts { connect_ms: None, first_byte_ms: Some(2_500), between_events_ms: Some(60_000) };
    world.portal.change_provider(administrator, provider, change(timeouts)).await.unwrap();
    assert_eq!(world.portal.provider(&admin, provider).await.unwrap().provider.timeouts, timeouts);
    assert_eq!(world.last_action().await, "provider.changed");
    let endless = ProviderTimeouts { connect_ms: Some(0), ..timeouts };
    let refused = world.portal.change_provider(administrator, provider, change(endless)).await;
    assert_eq!(refusals(refused), ["timeouts=malformed"]);
}

#[tokio::test]
async fn a_discount_is_audited_with_before_and_after_and_told_to_the_gateway() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    let administrator = as_administrator(&admin);
    let row = world.portal.provider(&admin, provider).await.unwrap().provider;
    assert_eq!(row.markup, Markup::NONE);
    let with = |percent: &str| ProviderChange {
        name: row.name.clone(),
        base_url: row.base_url.clone(),
        credential: None,
        timeouts: row.timeouts,
        markup: Markup::parse_percent(percent).unwrap(),
    };
    for (percent, before, after) in [("-12.5", "0 %", "\u{2212}12.5 %"), ("+7", "\u{2212}12.5 %", "+7 %")] {
        world.gateway.take_told();
        world.portal.change_provider(administrator, provider, with(percent)).await.unwrap();
        assert_eq!(world.gateway.take_told(), [Told::Policy], "the next call has it");
        let row = world.portal.providers(&admin).await.unwrap().remove(0);
        assert_eq!(row.markup, Markup::parse_percent(percent).unwrap());
        let entry = world.store.audit_scan(world.audit_length().await - 1, 1).await.unwrap().remove(0).entry;
        let of = |facts: &Option<serde_json::Value>| facts.as_ref().unwrap()["discount_or_margin"].clone();
        assert_eq!(
            (entry.action.as_str(), of(&entry.before), of(&entry.after)),
            ("provider.changed", before.into(), after.into())
        );
    }
    let audited = world.audit_length().await;
    world.portal.change_provider(administrator, provider, with("7.00")).await.unwrap();
    assert_eq!(world.audit_length().await, audited, "nothing has changed");
}
