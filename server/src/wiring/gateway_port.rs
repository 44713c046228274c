//! The running gateway as the portal sees it: told of changes, asked for live figures, able to try a connection.

use crate::gateway::directory::Directory;
use crate::gateway::ingest::Ingest;
use crate::gateway::ledger::Ledger;
use crate::http::egress::{self, UpstreamConnector};
use crate::wiring::playground;
use bytes::Bytes;
use domain::budget::{BudgetFigures, BudgetScope, Cap};
use domain::denial::Denial;
use domain::id::{DeploymentId, KeyId, ProviderId};
use domain::limits::{Quota, QuotaUse};
use domain::model::ProviderKind;
use domain::time::{Clock, Timestamp};
use domain::usage::UsageRecord;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portal::ports::{
    ConnectionTest, DeploymentFailure, DeploymentHealth, DeploymentStanding, GatewayPort, Heard, SharedLimits, Trial,
};
use proxy::ports::{Directory as _, Ledger as _, Level, ProviderRecord};
use proxy::{Gateway, Health, Standing};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(1);
const TEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Any version that the provider knows will do: the answer's content is not read.
const ANTHROPIC_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

pub struct LiveGateway {
    pub directory: Arc<Directory>,
    pub ledger: Arc<Ledger>,
    pub connector: UpstreamConnector,
    pub clock: Arc<dyn Clock>,
    pub ingest: Arc<Ingest>,
    pub gateway: Arc<Gateway>,
}

#[async_trait::async_trait]
impl GatewayPort for LiveGateway {
    /// A change that cannot be read makes the directory refuse every call until it can: that is logged there, and is
    /// the safe side for whoever asked, so that there is nothing to report here.
    async fn key_changed(&self, key: KeyId) {
        let _ = self.directory.reload_key(key).await;
    }

    async fn policy_changed(&self) {
        let _ = self.directory.reload_policy().await;
        self.gateway.policy_changed();
    }

    async fn levels_changed(&self) {
        let _ = self.directory.reload_levels().await;
    }

    async fn levels_above(&self, key: KeyId) -> Vec<SharedLimits> {
        let Some(record) = self.directory.key(key) else { return vec![] };
        let shared =
            |level: &Level| SharedLimits { scope: level.scope, name: level.name.clone(), limits: level.limits.clone() };
        record.above.iter().map(shared).collect()
    }

    async fn level_figures(&self, level: BudgetScope, caps: &[Cap]) -> Vec<BudgetFigures> {
        self.ledger.figures_of(level, caps, self.clock.now())
    }

    async fn level_quotas(&self, level: BudgetScope, quotas: &[Quota]) -> Vec<QuotaUse> {
        self.ledger.quotas_of(level, quotas, self.clock.now())
    }

    async fn quotas(&self, key: KeyId) -> Vec<QuotaUse> {
        let Some(record) = self.directory.key(key) else { return vec![] };
        self.ledger.quotas(&record, self.clock.now())
    }

    async fn figures(&self, key: KeyId) -> Vec<BudgetFigures> {
        let Some(record) = self.directory.key(key) else { return vec![] };
        self.ledger.figures(&record, self.clock.now())
    }

    /// A database that does not take them now is logged where it is written to; the page shows what there is.
    async fn catch_up(&self) -> bool {
        matches!(tokio::time::timeout(CATCH_UP_TIMEOUT, self.ingest.flush()).await, Ok(Ok(())))
    }

    async fn finished_since(&self, key: KeyId, since: Timestamp) -> Option<UsageRecord> {
        self.ledger.finished_since(key, since).map(|record| (*record).clone())
    }

    async fn try_out(&self, trial: Trial) -> Receiver<Heard> {
        playground::call(self.gateway.clone(), self.ledger.clone(), trial)
    }

    async fn health(&self, provider: ProviderId) -> Vec<DeploymentHealth> {
        let now = self.clock.now();
        let models = self.directory.models();
        let own = models.iter().filter(|model| model.alias_of.is_none()).flat_map(|model| &model.deployments);
        let here = own.filter(|deployment| deployment.provider == provider);
        here.filter_map(|one| seen(one.id, self.gateway.health(one.id, one.credential), now)).collect()
    }

    async fn test_connection(&self, provider: ProviderId) -> ConnectionTest {
        let Some(record) = self.directory.provider(provider) else { return ConnectionTest::NoCredential };
        let Some(credential) = self.directory.credential_of(provider) else { return ConnectionTest::NoCredential };
        let secret = match self.directory.credential(credential) {
            Ok(secret) => secret,
            Err(Denial::Sealed) => return ConnectionTest::Sealed,
            Err(_) => return ConnectionTest::NoCredential,
        };
        let Some(request) = list_models(&record, secret.expose()) else { return ConnectionTest::Unreachable };
        let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(self.connector.clone());
        match tokio::time::timeout(TEST_TIMEOUT, client.request(request)).await {
            Err(_) => ConnectionTest::TimedOut,
            Ok(Err(error)) => why(&error),
            Ok(Ok(response)) => match response.status() {
                status if status.is_success() => ConnectionTest::Accepted,
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ConnectionTest::CredentialRefused,
                status => ConnectionTest::Unexpected { status: status.as_u16() },
            },
        }
    }
}

/// The gateway tells how long ago and how far ahead; people read the time of day.
fn seen(deployment: DeploymentId, health: Health, now: Timestamp) -> Option<DeploymentHealth> {
    let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let standing = match health.standing {
        Standing::Unknown => return None,
        Standing::Working => DeploymentStanding::Working,
        Standing::Failing => DeploymentStanding::Failing,
        Standing::Cooling(left) => DeploymentStanding::Cooling { until: now.plus_ms(ms(left)) },
        Standing::Probing => DeploymentStanding::Probing,
    };
    let last_failure = health.last_failure.map(|(ago, failure)| DeploymentFailure {
        at: now.plus_ms(-ms(ago)),
        what: failure.word(),
        status: failure.status(),
    });
    let Health { succeeded, failed, median_first_byte_ms, .. } = health;
    Some(DeploymentHealth { deployment, standing, last_failure, succeeded, failed, median_first_byte_ms })
}

/// Listing models costs nothing and needs a valid credential at every provider of any kind.
fn list_models(provider: &ProviderRecord, secret: &str) -> Option<Request<Empty<Bytes>>> {
    let sensitive = |text: &str| {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    };
    let request = Request::get(provider.models_url());
    let request = match provider.kind {
        // A server of one's own may ask for none.
        _ if secret.is_empty() => request,
        ProviderKind::OpenAi => request.header(header::AUTHORIZATION, sensitive(&format!("Bearer {secret}"))?),
        ProviderKind::AzureOpenAi => request.header("api-key", sensitive(secret)?),
        ProviderKind::Gemini => request.header("x-goog-api-key", sensitive(secret)?),
        ProviderKind::Anthropic => {
            request.header("x-api-key", sensitive(secret)?).header("anthropic-version", ANTHROPIC_VERSION)
        }
    };
    request.body(Empty::new()).ok()
}

fn why(error: &(dyn Error + 'static)) -> ConnectionTest {
    if egress::Refusal::within(error).is_some() {
        return ConnectionTest::AddressNotAllowed;
    }
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<rustls::Error>().is_some() {
            return ConnectionTest::TlsFailed;
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            match error.kind() {
                io::ErrorKind::TimedOut => return ConnectionTest::TimedOut,
                io::ErrorKind::ConnectionRefused => return ConnectionTest::Unreachable,
                io::ErrorKind::InvalidData => return ConnectionTest::TlsFailed,
                _ if error.to_string().contains("lookup address") => return ConnectionTest::NameNotFound,
                _ => {}
            }
        }
        cause = error.source();
    }
    ConnectionTest::Unreachable
}
