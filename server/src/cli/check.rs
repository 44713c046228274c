//! `keywright serve --check`: tries everything that a configuration names, and says all of what it found.
//!
//! Nothing is changed except that the data folder is made if it is missing. A failed check does not keep the others from
//! being tried. The command ends with failure if any of them failed.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use serde::Deserialize;
use url::Url;

use super::foundation::refuse_dev_database;
use super::output::say;
use super::providers::instructions;
use crate::config::data_dir::{DataDir, DataDirError, check_writable};
use crate::config::{Config, Issuer, MailServer};
use crate::http::egress::Outbound;
use crate::mail::Relay;

/// What the database said about itself.
#[derive(Debug, Clone)]
pub struct DatabaseFacts {
    /// Such as `PostgreSQL 17, schema 3`.
    pub summary: String,
    pub is_dev: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub what: String,
    /// What was found, or what is wrong and what to do.
    pub result: Result<String, String>,
}

pub struct Report {
    pub findings: Vec<Finding>,
    pub notes: Vec<String>,
    pub instructions: String,
}

impl Finding {
    pub fn new(what: impl Into<String>, result: Result<String, String>) -> Self {
        let what = what.into();
        Self { what, result }
    }
}

/// Tries everything. `database` connects and asks; it is given from outside because only the caller knows the store.
pub async fn gather(config: &Config, database: impl Future<Output = Result<DatabaseFacts, String>>) -> Vec<Finding> {
    let running = DataDir::lock(&config.data_dir);
    let is_running = matches!(running, Err(DataDirError::InUse { .. }));
    let data_dir = match running {
        Ok(_) | Err(DataDirError::InUse { .. }) => check_writable(&config.data_dir),
        Err(error) => Err(error),
    };
    let data_dir =
        data_dir.map(|()| format!("{} is writable", config.data_dir.display())).map_err(|error| error.to_string());

    let listen = try_listen(config.listen, is_running).await;
    let database = database.await.and_then(|facts| {
        refuse_dev_database(facts.is_dev).map_err(|error| error.to_string())?;
        Ok(facts.summary)
    });
    let mut findings = vec![
        Finding::new("listen address", listen),
        Finding::new("data folder", data_dir),
        Finding::new("root secret", try_root_secret(config).await),
        Finding::new("database", database),
    ];
    match Outbound::new(config.egress.clone()) {
        Ok(client) => {
            for issuer in &config.issuers {
                let what = format!("issuer {}", issuer.id);
                findings.push(Finding::new(what, try_discovery(&client, issuer).await));
            }
        }
        Err(error) => findings.push(Finding::new("issuers", Err(error.to_string()))),
    }
    if let Some(server) = &config.mail {
        findings.push(Finding::new("mail server", try_mail(config, server).await));
    }
    findings
}

impl Report {
    pub fn new(config: &Config, findings: Vec<Finding>) -> Self {
        Self { findings, notes: config.notes.clone(), instructions: instructions(config) }
    }

    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.result.is_ok())
    }

    pub fn print(&self) -> ExitCode {
        say(self);
        match self.is_good() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { what, result } in &self.findings {
            match result {
                Ok(found) => writeln!(f, "ok      {what}: {found}")?,
                Err(problem) => writeln!(f, "FAILED  {what}: {problem}")?,
            }
        }
        for note in &self.notes {
            writeln!(f, "note    {note}")?;
        }
        writeln!(f, "\n{}", self.instructions)?;
        let failed = self.findings.iter().filter(|finding| finding.result.is_err()).count();
        match failed {
            0 => write!(f, "Everything that could be tried works."),
            1 => write!(f, "One check failed."),
            count => write!(f, "{count} checks failed."),
        }
    }
}

async fn try_listen(address: SocketAddr, is_running: bool) -> Result<String, String> {
    match tokio::net::TcpListener::bind(address).await {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_running => {
            Ok(format!("{address} is in use, as it should be while Keywright runs"))
        }
        Err(error) => Err(format!("cannot listen on {address}: {error}; free it, or change listen")),
    }
}

/// Signs in and sends nothing.
async fn try_mail(config: &Config, server: &MailServer) -> Result<String, String> {
    let relay = Relay::new(server, config.public_origin.host(), config.egress.authorities());
    relay.map_err(|error| error.to_string())?.try_out().await?;
    Ok(format!("{} answers", server.host))
}

/// Whether it is the one that the database was made with is seen when the database is opened.
async fn try_root_secret(config: &Config) -> Result<String, String> {
    let root = config.root.clone();
    let unlocking = tokio::task::spawn_blocking(move || root.unlock(&[0; 16]).map(|_| ()));
    match unlocking.await {
        Ok(Ok(())) => Ok("it can be read".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

async fn try_discovery(client: &Outbound, issuer: &Issuer) -> Result<String, String> {
    let address = format!("{}/.well-known/openid-configuration", issuer.url.trim_end_matches('/'));
    let url = Url::parse(&address).map_err(|error| error.to_string())?;
    let answer = client.get(&url).await.map_err(|error| format!("{url} does not answer: {error}"))?;
    judge_discovery(issuer, answer.status().as_u16(), answer.body()).map_err(|problem| format!("{url}: {problem}"))
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    #[serde(default)]
    authorization_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint: Option<String>,
    #[serde(default)]
    jwks_uri: Option<String>,
    #[serde(default)]
    id_token_signing_alg_values_supported: Vec<String>,
}

fn judge_discovery(issuer: &Issuer, status: u16, body: &[u8]) -> Result<String, String> {
    if status != 200 {
        return Err(format!("it answers with status {status}; is url right?"));
    }
    let found: Discovery = serde_json::from_slice(body)
        .map_err(|_| "it is not an OpenID Connect discovery document; is url right?".to_owned())?;
    // Entra's document for many tenants names none of them.
    let is_for_tenants = !issuer.allowed_tenants.is_empty() && found.issuer.contains("{tenantid}");
    if found.issuer != issuer.url && !is_for_tenants {
        return Err(format!("it calls itself {:?}; write exactly that as url", found.issuer));
    }
    let endpoints = [
        ("authorization_endpoint", &found.authorization_endpoint),
        ("token_endpoint", &found.token_endpoint),
        ("jwks_uri", &found.jwks_uri),
    ];
    if let Some((name, _)) = endpoints.iter().find(|(_, value)| value.is_none()) {
        return Err(format!("it has no {name}, so nobody can sign in through it"));
    }
    let accepted = ["RS256", "PS256", "ES256", "EdDSA"];
    let offered = &found.id_token_signing_alg_values_supported;
    if !offered.is_empty() && !offered.iter().any(|alg| accepted.contains(&alg.as_str())) {
        return Err(format!("it signs with {} only; turn on one of {}", offered.join(", "), accepted.join(", ")));
    }
    Ok(format!("{} answers", issuer.url))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use axum::Router;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::Surroundings;

    fn config(folder: &Path, port: u16, issuer: &str) -> Config {
        let folder = folder.display();
        let text = format!(
            r#"
            public_origin = "https://keys.example.com"
            listen = "127.0.0.1:{port}"
            database_url = "sqlite:{folder}/k.db"
            data_dir = "{folder}/data"
            organisation = {{ name = "Example" }}
            root = {{ source = "file", file = "{folder}/root.key" }}
            egress = {{ allow = ["127.0.0.0/8"] }}
            [[issuer]]
            id = "sso"
            name = "Sign-on"
            url = "{issuer}"
            client_id = "abc"
            client_secret = "def"
            "#
        );
        let around = Surroundings { env: BTreeMap::new(), read_file: &|_| Err(io::ErrorKind::NotFound.into()) };
        Config::parse("k.toml", &text, &around).unwrap()
    }

    async fn issuer() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let document = serde_json::json!({
            "issuer": url, "authorization_endpoint": url, "token_endpoint": url, "jwks_uri": url,
            "id_token_signing_alg_values_supported": ["HS256", "RS256"],
        });
        let answer = document.to_string();
        let routes = Router::new().route("/.well-known/openid-configuration", get(|| async { answer }));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }

    fn write_root_key(folder: &Path) {
        let path = folder.join("root.key");
        std::fs::write(&path, [1; 32]).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    }

    #[tokio::test]
    async fn what_works_is_said_to_work_and_what_to_enter_is_printed() {
        let folder = tempfile::tempdir().unwrap();
        write_root_key(folder.path());
        let config = config(folder.path(), 0, &issuer().await);
        let facts = DatabaseFacts { summary: "SQLite 3".into(), is_dev: false };
        let report = Report::new(&config, gather(&config, async { Ok(facts) }).await);
        let text = report.to_string();
        assert!(report.is_good(), "{text}");
        assert!(text.contains("redirect URI: https://keys.example.com/auth/cb/sso"));
        for words in
            ["Sign-in redirect URIs", "Application (client) ID", "PKCE Enforcement", "ok      database: SQLite 3"]
        {
            assert!(text.contains(words), "{words} in {text}");
        }
    }

    #[tokio::test]
    async fn every_failure_is_reported_and_none_hides_another() {
        let folder = tempfile::tempdir().unwrap();
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        std::fs::write(folder.path().join("data"), b"a file, not a folder").unwrap();
        let config = config(folder.path(), port, &format!("http://127.0.0.1:{port}"));
        drop(taken);
        let taken = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let hang_up = tokio::spawn(async move { while taken.accept().await.is_ok() {} });
        let facts = DatabaseFacts { summary: "SQLite 3".into(), is_dev: true };
        let report = Report::new(&config, gather(&config, async { Ok(facts) }).await);
        hang_up.abort();
        let text = report.to_string();
        for what in ["listen address", "data folder", "root secret", "database", "issuer sso"] {
            assert!(text.contains(&format!("FAILED  {what}: ")), "{what} in {text}");
        }
        assert!(text.ends_with("5 checks failed."), "{text}");
    }

    #[test]
    fn a_discovery_document_must_be_that_of_the_issuer() {
        let folder = Path::new("/nowhere");
        let issuer = config(folder, 0, "https://id.example.com").issuers.remove(0);
        let judge = |body: &str| judge_discovery(&issuer, 200, body.as_bytes());
        let rest = r#""authorization_endpoint":"a","token_endpoint":"t","jwks_uri":"j""#;
        assert!(judge(&format!(r#"{{"issuer":"https://id.example.com",{rest}}}"#)).is_ok());
        let other = judge(&format!(r#"{{"issuer":"https://id.example.com/",{rest}}}"#)).unwrap_err();
        assert!(other.contains("write exactly that as url"), "{other}");
        let symmetric = format!(
            r#"{{"issuer":"https://id.example.com",{rest},"id_token_signing_alg_values_supported":["HS256"]}}"#
        );
        assert!(judge(&symmetric).unwrap_err().contains("HS256 only"));
        assert!(judge(r#"{"issuer":"https://id.example.com"}"#).unwrap_err().contains("authorization_endpoint"));
        assert!(judge("<html>").is_err());
        assert!(judge_discovery(&issuer, 404, b"").is_err());
    }
}
