//! What an administrator wrote for `keywright serve`, parsed into types, or the complete list of what is wrong with it.
//!
//! Always true of a [`Config`]: nothing leaves the machine unprotected (plain HTTP beyond loopback needs a trusted proxy),
//! secrets are in types that do not print, and every key of the file was understood.
//! Reading has no effects; whether the database and the issuers answer is `serve --check`'s question.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use jiff::tz::TimeZone;

use crate::http::egress::{Authorities, EgressPolicy, Except, Identity, Peers, Pin, Proxy};
use crate::http::front_gate::Site;
use crate::http::origin::Origin;

pub mod data_dir;
mod database_url;
mod issuer;
mod limits;
mod mail;
mod reader;
mod retention;
pub mod root_secret;
mod secret;
mod spelling;

pub use database_url::{DatabaseUrl, Engine};
use domain::retention::Retention;
pub use issuer::{ClientCredential, Issuer, MappedRole};
pub use limits::{Limits, UpstreamRetry};
pub use mail::{MailServer, Protection};
pub use root_secret::RootSource;
pub use secret::Secret;

use reader::{Found, PREFIX, Reading, Section};

#[derive(Debug, Clone)]
pub struct Config {
    pub public_origin: Origin,
    pub gateway_origin: Origin,
    pub listen: SocketAddr,
    pub database_url: DatabaseUrl,
    pub data_dir: PathBuf,
    pub organisation: Organisation,
    pub root: RootSource,
    pub trusted_proxies: Vec<IpNet>,
    pub issuers: Vec<Issuer>,
    pub egress: EgressPolicy,
    /// `None`: no letters are sent.
    pub mail: Option<MailServer>,
    pub limits: Limits,
    pub retention: Retention,
    /// What is allowed but probably not meant; to be logged at start.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Organisation {
    pub name: String,
    /// Budgets begin and end at midnight of this zone.
    pub time_zone: TimeZone,
}

/// What the configuration is read from besides its text; given by the caller so that reading is a function.
pub struct Surroundings<'a> {
    pub env: BTreeMap<String, String>,
    pub read_file: &'a dyn Fn(&Path) -> io::Result<String>,
}

/// Every problem, in the order of the file.
#[derive(Debug)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => writeln!(f, "the configuration has a problem:")?,
            count => writeln!(f, "the configuration has {count} problems:")?,
        }
        for problem in &self.0 {
            writeln!(f, "  - {problem}")?;
        }
        f.write_str("Nothing was started. config.example.toml explains every key.")
    }
}

impl std::error::Error for Problems {}

impl Config {
    /// Reads `file` and the environment of this process.
    pub fn load(file: &Path) -> Result<Self, Problems> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|error| Problems(vec![format!("{name}: cannot be read: {error}")]))?;
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        let around = Surroundings { env, read_file: &|path| std::fs::read_to_string(path) };
        Self::parse(&name, &text, &around)
    }

    pub fn parse(file: &str, text: &str, around: &Surroundings<'_>) -> Result<Self, Problems> {
        let reading = Reading::new(file, text, &around.env);
        let config = read(&reading, around);
        let problems = reading.problems.into_inner();
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(Problems(problems)),
        }
    }

    /// What the front gate needs to know.
    pub fn site(&self) -> Site {
        Site {
            public_origin: self.public_origin.clone(),
            gateway_origin: self.gateway_origin.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            accepts_loopback_names: false,
        }
    }
}

fn read(reading: &Reading<'_>, around: &Surroundings<'_>) -> Option<Config> {
    let table = reading.parse()?;
    let root = reading.root(&table);

    let public_origin = root
        .required("public_origin", "write the address that people will open, like https://keys.example.com")
        .and_then(|found| read_origin(&root, "public_origin", found));
    let gateway_origin = match root.text("gateway_origin") {
        Some(found) => read_origin(&root, "gateway_origin", found),
        None => public_origin.clone(),
    };
    let listen_found = root.text("listen");
    let listen_place = listen_found.as_ref().map(|found| found.place.clone());
    let listen = match listen_found {
        Some(found) => root.parsed("listen", found, parse_listen),
        None => Some(SocketAddr::from(([127, 0, 0, 1], 8080))),
    };
    let trusted_proxies: Vec<IpNet> = root
        .list("trusted_proxies")
        .into_iter()
        .filter_map(|net| root.parsed("trusted_proxies", net, parse_trusted_proxy))
        .collect();
    if let (Some(listen), Some(place)) = (&listen, &listen_place)
        && !listen.ip().is_loopback()
        && trusted_proxies.is_empty()
    {
        let advice = "would speak plain HTTP to other machines: listen on 127.0.0.1, or put a proxy that \
            speaks HTTPS in front and name its address in trusted_proxies";
        root.problem(place, "listen", advice);
    }
    let database_url = root
        .required("database_url", "write sqlite:/var/lib/keywright/keywright.db or postgres://user@host/keywright")
        .and_then(|found| database_url::read(&root, &found));
    let data_dir = root
        .required("data_dir", "name a folder of its own, like /var/lib/keywright")
        .and_then(|found| root.parsed("data_dir", found, parse_folder));
    let organisation = read_organisation(root.section("organisation"));
    let root_source = root_secret::read(root.section("root"), around);
    let issuer_sections = root.sections("issuer");
    if issuer_sections.is_empty() {
        root.missing("issuer", "add a section [[issuer]] for the identity provider that people sign in through");
    }
    let issuers = issuer::read(issuer_sections, around);
    let egress = read_egress(root.section("egress"), around);
    let mail = mail::read(root.section("mail"), around);
    let limits = limits::read_limits(root.section("limits"));
    let retention = retention::read(root.section("retention"));
    root.finish();

    let mut notes = unknown_variables(reading);
    let public_origin = public_origin?;
    if public_origin.is_https() && trusted_proxies.is_empty() {
        notes.push(
            "public_origin is https, so a proxy stands in front, but trusted_proxies is empty: every request \
             seems to come from the proxy. Add its address, such as trusted_proxies = [\"127.0.0.1\"]."
                .to_owned(),
        );
    }
    Some(Config {
        public_origin,
        gateway_origin: gateway_origin?,
        listen: listen?,
        database_url: database_url?,
        data_dir: data_dir?,
        organisation: organisation?,
        root: root_source?,
        trusted_proxies,
        issuers,
        egress,
        mail: mail?,
        limits,
        retention,
        notes,
    })
}

fn read_origin(root: &Section<'_>, key: &'static str, found: Found<'_, String>) -> Option<Origin> {
    let place = found.place.clone();
    let origin = root.parsed(key, found, Origin::parse)?;
    if !origin.is_https() && !origin.is_loopback() {
        root.problem(&place, key, "must begin with https://, since people send passwords and keys there");
        return None;
    }
    Some(origin)
}

fn read_organisation(section: Section<'_>) -> Option<Organisation> {
    let name = section.required("name", "write the name that people see at the top of the pages");
    let name = name.and_then(|found| {
        section.parsed("name", found, |text| match text.trim() {
            "" => Err("write the name that people see at the top of the pages"),
            name if name.chars().count() > 128 || name.chars().any(char::is_control) => {
                Err("write at most 128 characters in one line")
            }
            name => Ok(name.to_owned()),
        })
    });
    let time_zone = match section.text("time_zone") {
        None => Some(TimeZone::UTC),
        Some(found) => section.parsed("time_zone", found, |text| {
            TimeZone::get(text).map_err(|_| "write a name of the IANA database, like Europe/Berlin or UTC")
        }),
    };
    section.finish();
    Some(Organisation { name: name?, time_zone: time_zone? })
}

fn read_egress(section: Section<'_>, around: &Surroundings<'_>) -> EgressPolicy {
    let allow: Vec<IpNet> =
        section.list("allow").into_iter().filter_map(|net| section.parsed("allow", net, parse_net)).collect();
    let authorities = section
        .text("ca_bundle")
        .and_then(|file| section.parsed("ca_bundle", file, |path| read_authorities(around, Path::new(path))));
    let proxy = read_proxy(&section, around);
    let peers = read_peers(&section, around);
    section.finish();
    EgressPolicy::new(allow).believing(authorities.unwrap_or_default()).through(proxy).knowing(peers)
}

fn read_proxy(section: &Section<'_>, around: &Surroundings<'_>) -> Option<Proxy> {
    let except = section.list("no_proxy").into_iter();
    let except = except.filter_map(|text| section.parsed("no_proxy", text, Except::parse)).collect();
    let credential = section.text("proxy_credential_file").and_then(|file| {
        section.parsed("proxy_credential_file", file, |path| {
            let credential = read_secret_file(around, Path::new(path))?;
            match credential.expose().contains(':') {
                true => Ok(credential),
                false => Err("the file has to hold name:password".to_owned()),
            }
        })
    });
    let address = section.text("proxy").and_then(|text| section.parsed("proxy", text, Proxy::parse))?;
    Some(Proxy::new(address, credential.as_ref().map(Secret::expose), except))
}

fn read_peers(section: &Section<'_>, around: &Surroundings<'_>) -> Peers {
    let mut peers = Peers::new();
    for (host, pins) in section.map("pins") {
        let parse = |text: &str| text.split(',').map(|pin| Pin::parse(pin.trim())).collect::<Result<Vec<_>, _>>();
        if let Some(pins) = section.parsed("pins", pins, parse) {
            peers.entry(host.to_ascii_lowercase()).or_default().pins = pins;
        }
    }
    for (host, file) in section.map("client_certificates") {
        let read =
            |path: &str| Identity::from_pem(read_secret_file(around, Path::new(path))?.expose()).map_err(str::to_owned);
        if let Some(identity) = section.parsed("client_certificates", file, read) {
            peers.entry(host.to_ascii_lowercase()).or_default().identity = Some(identity);
        }
    }
    peers
}

fn read_authorities(around: &Surroundings<'_>, path: &Path) -> Result<Authorities, String> {
    let text = (around.read_file)(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    Authorities::from_pem(&text).map_err(|problem| problem.to_string())
}

fn parse_listen(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an address and a port, like 127.0.0.1:8080 or [::]:8080")
}

fn parse_folder(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text);
    // What a relative path means depends on where the process is started, which differs under a service manager.
    path.is_absolute().then_some(path).ok_or("write the whole path, beginning with /")
}

/// A network, or an address alone.
fn parse_net(text: &str) -> Result<IpNet, &'static str> {
    let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    net.map_err(|_| "write an address or a network, like 10.1.2.3 or 10.0.0.0/8")
}

fn parse_trusted_proxy(text: &str) -> Result<IpNet, &'static str> {
    let net = parse_net(text)?;
    if net.prefix_len() == 0 {
        return Err("this trusts everybody to state any address; name your proxies");
    }
    Ok(net)
}

fn read_secret_file(around: &Surroundings<'_>, path: &Path) -> Result<Secret, String> {
    let text = (around.read_file)(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    let text = zeroize::Zeroizing::new(text);
    match text.trim() {
        "" => Err("the file is empty".to_owned()),
        secret => Ok(Secret::new(secret)),
    }
}

/// Names that other programs use or set: what people export for their clients, the command line, and the variables
/// that Kubernetes makes for a service called `keywright`.
fn is_somebody_elses(variable: &str) -> bool {
    let name = variable.trim_start_matches(PREFIX);
    matches!(name, "KEY" | "LOG" | "CONFIG" | "PORT" | "SERVICE_HOST")
        || name.starts_with("PORT_")
        || name.starts_with("SERVICE_PORT")
        || name.contains("_SERVICE_")
        || name.contains("_PORT_")
}

/// A misspelt variable is a note and not a problem, because programs around us may have their own.
fn unknown_variables(reading: &Reading<'_>) -> Vec<String> {
    let asked = reading.asked_env.borrow();
    let unknown = reading.env.keys().filter(|name| !asked.contains(*name) && !is_somebody_elses(name));
    unknown
        .map(|name| match spelling::nearest(name, asked.iter().map(String::as_str)) {
            Some(near) => {
                format!("the environment variable {name} means nothing; did you mean {near}?")
            }
            None => format!("the environment variable {name} means nothing"),
        })
        .collect()
}

#[cfg(test)]
mod tests;
