//! Where the database is. The URL may hold a password, so it is shown without it.

use std::fmt;

use url::Url;

use super::reader::{Found, Section};
use super::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Clone)]
pub struct DatabaseUrl {
    pub engine: Engine,
    text: Secret,
}

impl DatabaseUrl {
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let engine = match text.split_once(':') {
            Some(("sqlite", path)) => {
                if path.trim_start_matches('/').is_empty() || path.contains(":memory:") {
                    return Err("name a file after sqlite:, since everything in memory is lost at a restart");
                }
                Engine::Sqlite
            }
            Some(("postgres" | "postgresql", _)) => {
                let url = Url::parse(text).map_err(|_| "write it like postgres://user@host:5432/keywright")?;
                if !url.has_host() || url.path().trim_matches('/').is_empty() {
                    return Err("name a host and a database, like postgres://user@host:5432/keywright");
                }
                Engine::Postgres
            }
            _ => return Err("it must begin with sqlite: or postgres:"),
        };
        let text = Secret::new(text);
        Ok(Self { engine, text })
    }

    /// With the password, for whoever connects.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Url::parse(self.text.expose()) {
            Ok(url) if self.engine == Engine::Postgres => {
                let host = url.host_str().unwrap_or_default();
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                write!(f, "postgres://{host}{port}{}", url.path())
            }
            _ => f.write_str(self.text.expose().split('?').next().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Like any key, except that a wrong value is not repeated.
pub(super) fn read(root: &Section<'_>, found: &Found<'_, String>) -> Option<DatabaseUrl> {
    match DatabaseUrl::parse(&found.value) {
        Ok(url) => Some(url),
        Err(advice) => {
            root.problem(&found.place, "database_url", &format!("cannot be used: {advice}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_neither_displayed_nor_debugged() {
        let url = DatabaseUrl::parse("postgres://kw:s3cret@db.internal:5433/keys?password=s3cret").unwrap();
        assert_eq!(url.to_string(), "postgres://db.internal:5433/keys");
        assert!(!format!("{url:?}").contains("s3cret"));
        assert!(url.expose().contains("s3cret"));
    }

    #[test]
    fn only_databases_that_last_are_accepted() {
        for good in ["sqlite:/var/lib/k.db", "sqlite:k.db", "sqlite:///k.db", "postgres://h/d", "postgresql://u@h:1/d"]
        {
            assert!(DatabaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in ["sqlite:", "sqlite://", "sqlite::memory:", "mysql://h/d", "postgres://h", "postgres:d", "k.db", ""]
        {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
