//! `[mail]`: the server that takes letters on, if there is one.
//!
//! Always true of a [`MailServer`]: what is sent to another machine is protected by TLS, and a password goes nowhere
//! without it. Without the section nothing is sent, and the pages say so.

use super::reader::{Found, Section};
use super::{Secret, Surroundings, read_secret_file};
use lettre::Address;
use lettre::message::Mailbox;
use std::path::Path;
use url::{Host, Url};

#[derive(Debug, Clone)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub protection: Protection,
    pub from: Mailbox,
    pub login: Option<(String, Secret)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// From the first byte on (`smtps`).
    Tls,
    /// Asked for in the open, and nothing is sent if it is refused.
    StartTls,
    /// Only to this machine.
    Loopback,
}

impl MailServer {
    /// One on this machine that only catches letters, for `keywright dev`.
    pub fn on_this_machine(url: &str) -> Result<Self, &'static str> {
        let (host, port, protection) = parse_url(url)?;
        if protection != Protection::Loopback {
            return Err("development mode sends letters to this machine only: write smtp://127.0.0.1:1025");
        }
        let from = Address::new("keywright", "localhost").map_err(|_| "localhost is no host")?;
        Ok(Self { host, port, protection, from: Mailbox::new(Some("Keywright".to_owned()), from), login: None })
    }
}

/// The outer `None` is a section that cannot be used; its problems are told.
pub(super) fn read(section: Section<'_>, around: &Surroundings<'_>) -> Option<Option<MailServer>> {
    let url = section.text("url");
    let from = section.text("from");
    let user = section.text("user").map(|found| found.value);
    let password = read_password(&section, around);
    let is_meant = url.is_some() || from.is_some() || user.is_some() || password.is_some();
    if !is_meant {
        section.finish();
        return Some(None);
    }
    if url.is_none() {
        section.missing("url", "name the mail server, like smtps://smtp.example.com");
    }
    if from.is_none() {
        section.missing("from", "write whom letters come from, like Keywright <keywright@example.com>");
    }
    let url = url.and_then(|found| section.parsed("url", found, parse_url));
    let from = from.and_then(|found| section.parsed("from", found, parse_from));
    let login = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) => {
            section.missing("password_file", "name a file that holds the password of the user (or set password)");
            return None;
        }
        (None, Some(_)) => {
            section.missing("user", "a password needs the name of its user");
            return None;
        }
    };
    section.finish();
    let (host, port, protection) = url?;
    Some(Some(MailServer { host, port, protection, from: from?, login }))
}

fn read_password(section: &Section<'_>, around: &Surroundings<'_>) -> Option<Secret> {
    let password = section.secret("password");
    let file = section.text("password_file");
    match (password, file) {
        (Some(_), Some(Found { place, .. })) => {
            section.problem(&place, "password_file", "stands beside password: keep one of them");
            None
        }
        (Some(password), None) => Some(password.value),
        (None, file) => file
            .and_then(|file| section.parsed("password_file", file, |path| read_secret_file(around, Path::new(path)))),
    }
}

fn parse_url(text: &str) -> Result<(String, u16, Protection), &'static str> {
    const SHAPE: &str = "write it like smtps://smtp.example.com or smtp://smtp.example.com:587";
    let url = Url::parse(text).map_err(|_| SHAPE)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("leave the name and the password out: they go into user and password_file");
    }
    if url.query().is_some() || url.fragment().is_some() || !matches!(url.path(), "" | "/") {
        return Err(SHAPE);
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SHAPE)?.to_owned();
    let protection = match url.scheme() {
        "smtps" => Protection::Tls,
        "smtp" if is_loopback(&host) => Protection::Loopback,
        "smtp" => Protection::StartTls,
        _ => return Err(SHAPE),
    };
    let port = url.port().unwrap_or(match protection {
        Protection::Tls => 465,
        Protection::StartTls => 587,
        Protection::Loopback => 25,
    });
    Ok((host, port, protection))
}

/// Of a scheme that the library does not know, it reads every host as a name.
fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Ok(Host::Domain(name)) => name == "localhost",
        Err(_) => false,
    }
}

fn parse_from(text: &str) -> Result<Mailbox, &'static str> {
    text.parse().map_err(|_| "write it like Keywright <keywright@example.com>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_the_open() {
        let read = |text| parse_url(text).map(|(_, port, protection)| (port, protection));
        assert_eq!(read("smtps://smtp.example.com"), Ok((465, Protection::Tls)));
        assert_eq!(read("smtps://127.0.0.1:2465"), Ok((2465, Protection::Tls)));
        assert_eq!(read("smtp://smtp.example.com"), Ok((587, Protection::StartTls)));
        assert_eq!(read("smtp://10.0.0.1:25"), Ok((25, Protection::StartTls)));
        for loopback in ["smtp://127.0.0.1:1025", "smtp://localhost:1025/", "smtp://[::1]:1025"] {
            assert_eq!(read(loopback), Ok((1025, Protection::Loopback)), "{loopback}");
        }
        assert_eq!(read("smtp://localhost.example.com:1025"), Ok((1025, Protection::StartTls)));
        for wrong in ["", "smtp.example.com", "https://smtp.example.com", "smtp://", "smtp://a/b", "smtps://a?tls=none"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read("smtps://me:secret@smtp.example.com").unwrap_err().contains("password_file"));
    }

    #[test]
    fn development_mode_sends_nothing_away() {
        assert!(MailServer::on_this_machine("smtp://127.0.0.1:1025").is_ok());
        assert!(MailServer::on_this_machine("smtps://127.0.0.1").is_err());
        assert!(MailServer::on_this_machine("smtp://smtp.example.com").is_err());
    }
}
