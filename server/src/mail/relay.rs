//! The mail server: one connection for each letter, TLS beyond this machine, and what its refusals mean.

use crate::config::{MailServer, Protection};
use crate::http::egress::Authorities;
use lettre::message::Message;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::error::Error;
use std::time::Duration;

/// For each step of the exchange.
const STEP: Duration = Duration::from_secs(20);
/// For all of it.
const WHOLE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// For messages: who it was that said something.
    name: String,
}

#[derive(Debug, thiserror::Error)]
#[error("the mail server {0} cannot be used: {1}")]
pub struct RelayError(String, lettre::transport::smtp::Error);

/// Why a letter was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDelivered {
    /// What administrators read.
    pub problem: String,
    /// A later attempt can end otherwise.
    pub may_help_again: bool,
    /// It is the server that is at fault, and not this letter: the next one need not be tried now.
    pub is_servers: bool,
}

impl Relay {
    /// `host` is what we are called, for the greeting.
    pub fn new(server: &MailServer, host: &str, authorities: &Authorities) -> Result<Self, RelayError> {
        let name = format!("{}:{}", server.host, server.port);
        let tls = |error| RelayError(name.clone(), error);
        let parameters = || {
            let mut builder = TlsParameters::builder(server.host.clone());
            for certificate in authorities.certificates() {
                builder = builder.add_root_certificate(Certificate::from_der(certificate).map_err(tls)?);
            }
            builder.build_rustls().map_err(tls)
        };
        let protection = match server.protection {
            Protection::Tls => Tls::Wrapper(parameters()?),
            Protection::StartTls => Tls::Required(parameters()?),
            Protection::Loopback => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(protection)
            .timeout(Some(STEP))
            .hello_name(ClientId::Domain(host.to_owned()));
        if let Some((user, password)) = &server.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self { transport: builder.build(), name })
    }

    pub(super) async fn deliver(&self, message: Message) -> Result<(), NotDelivered> {
        match tokio::time::timeout(WHOLE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.judge(&error)),
            Err(_) => Err(away(format!("{} took longer than {} s", self.name, WHOLE.as_secs()))),
        }
    }

    /// Greets it and signs in, and sends nothing.
    pub async fn try_out(&self) -> Result<(), String> {
        match tokio::time::timeout(WHOLE, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(format!("{} does not answer", self.name)),
            Ok(Err(error)) => Err(self.judge(&error).problem),
            Err(_) => Err(format!("{} took longer than {} s", self.name, WHOLE.as_secs())),
        }
    }

    fn judge(&self, error: &lettre::transport::smtp::Error) -> NotDelivered {
        let problem = format!("{}: {}", self.name, whole(error));
        match error.status().map(u16::from) {
            // It closes down, or refuses who we are and not whom we write to: somebody has to mend that, and then all go.
            Some(421 | 530 | 534 | 535 | 538) => away(problem),
            Some(500..) => NotDelivered { problem, may_help_again: false, is_servers: false },
            // "Try again later" may be meant for this letter alone.
            Some(_) => NotDelivered { problem, may_help_again: true, is_servers: false },
            None => away(problem),
        }
    }
}

/// The server is, or will not have us.
const fn away(problem: String) -> NotDelivered {
    NotDelivered { problem, may_help_again: true, is_servers: true }
}

/// An error with everything that it was caused by, in one line.
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
