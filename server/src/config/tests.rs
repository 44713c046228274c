use std::collections::BTreeSet;

use super::*;

const EXAMPLE: &str = include_str!("../../../config.example.toml");

const SMALL: &str = r#"
public_origin = "https://keys.example.com"
database_url = "sqlite:/var/lib/keywright/k.db"
data_dir = "/var/lib/keywright"
trusted_proxies = ["127.0.0.1"]
organisation = { name = "Example" }
root = { source = "file", file = "/etc/keywright/root.key" }
[[issuer]]
id = "okta"
name = "Okta"
url = "https://example.okta.com"
client_id = "abc"
client_secret = "s3cret-value"
"#;

fn parse_with(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    let around = Surroundings {
        env: env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        read_file: &|path| match path.to_str() {
            Some("/missing") => Err(io::ErrorKind::NotFound.into()),
            _ => Ok("from a file, and long enough\n".to_owned()),
        },
    };
    Config::parse("k.toml", text, &around).map_err(|problems| problems.to_string())
}

fn parse(text: &str) -> Result<Config, String> {
    parse_with(text, &[])
}

/// The small configuration with some of its text exchanged.
fn changed(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    SMALL.replacen(from, to, 1)
}

fn problem(text: &str) -> String {
    parse(text).unwrap_err()
}

#[test]
fn the_example_is_a_configuration() {
    let config = parse(EXAMPLE).unwrap();
    assert_eq!(config.notes, Vec::<String>::new());
    assert_eq!(config.issuers[0].redirect_path(), "/auth/cb/okta");
    assert_eq!(config.gateway_origin, config.public_origin);
}

#[test]
fn the_example_mentions_every_key_and_no_other() {
    let env = BTreeMap::new();
    let reading = Reading::new("k.toml", EXAMPLE, &env);
    let around = Surroundings { env: env.clone(), read_file: &|_| Ok("long enough to be a passphrase".into()) };
    read(&reading, &around).unwrap();
    let asked = reading.asked.into_inner();
    let sections = ["organisation", "root", "issuer", "egress", "mail", "retention", "limits"];
    let keys: BTreeSet<String> = asked.into_iter().filter(|key| !sections.contains(&key.as_str())).collect();

    let mut section = String::new();
    let mut mentioned = BTreeSet::new();
    for line in EXAMPLE.lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_matches(['[', ']']));
        } else if let Some((key, _)) = line.split_once(" = ")
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            mentioned.insert(format!("{section}{key}"));
        }
    }
    assert_eq!(mentioned, keys);
}

#[test]
fn the_defaults_that_the_example_shows_are_the_defaults() {
    let shown: String = EXAMPLE
        .lines()
        .map(|line| {
            let is_number =
                line.starts_with("# ") && line.rsplit(" = ").next().is_some_and(|value| value.parse::<u64>().is_ok());
            format!("{}\n", if is_number { &line[2..] } else { line })
        })
        .collect();
    assert_ne!(shown, EXAMPLE);
    let (written, default) = (parse(&shown).unwrap(), parse(EXAMPLE).unwrap());
    assert_eq!(written.limits, default.limits);
    let retry = |word: &str| {
        parse(&EXAMPLE.replace("# upstream_retry = \"server-errors\"", &format!("upstream_retry = \"{word}\"")))
    };
    assert_eq!(retry("server-errors").unwrap().limits, default.limits);
    assert_eq!(retry("after-sending").unwrap().limits.upstream_retry, UpstreamRetry::AfterSending);
    assert!(retry("always").unwrap_err().to_string().contains("write \"refusals\""));
}

#[test]
fn every_problem_is_listed_at_once_with_its_line_and_what_to_write() {
    let text = r#"
public_origin = "http://keys.example.com"
lisen = "127.0.0.1:80"
listen = "8080"
database_url = "mysql://root:hunter2@db/keys"
trusted_proxies = "10.0.0.1"
[organisation]
name = ""
time_zone = "Mars/Olympus"
[root]
source = "vault"
[[issuer]]
id = "Okta!"
name = "Okta"
url = "http://example.okta.com"
client_secret = ""
roles = { x = "king" }
[limits]
connections = 1
audit_days = 400
[retention]
call_days = 30
[surprise]
"#;
    let problems = problem(text);
    for expected in [
        "k.toml, line 2: `public_origin` must begin with https://",
        "k.toml, line 3: `lisen` is not a key that exists; did you mean `listen`?",
        "k.toml, line 4: `listen` is \"8080\": write an address and a port",
        "k.toml, line 5: `database_url` cannot be used: it must begin with sqlite: or postgres:",
        "k.toml, line 6: `trusted_proxies` is of type string: write a list",
        "k.toml: `data_dir` is missing",
        "k.toml, line 8: `organisation.name`",
        "k.toml, line 9: `organisation.time_zone` is \"Mars/Olympus\"",
        "k.toml, line 11: `root.source` is \"vault\"",
        "k.toml, line 13: `issuer.id`",
        "k.toml, line 15: `issuer.url` is",
        "k.toml: `issuer.client_id` is missing",
        "k.toml, line 16: `issuer.client_secret` is empty",
        "k.toml, line 17: `issuer.roles` is \"king\": write developer, auditor or administrator",
        "k.toml, line 19: `limits.connections` is 1: write a whole number from 16",
        "k.toml, line 20: `limits.audit_days` is not a key that exists",
        "k.toml, line 22: `retention.call_days` is 30: write a whole number from 31",
        "`surprise` is not a key that exists",
    ] {
        assert!(problems.contains(expected), "{expected}\nin {problems}");
    }
    assert_eq!(problems.matches("  - ").count(), 18, "{problems}");
    assert!(!problems.contains("hunter2"), "{problems}");
}

#[test]
fn syntax_errors_are_reported_without_repeating_the_line() {
    let problems = problem("client_secret = \"hunter2\nlisten = 1");
    assert!(problems.contains("k.toml, line 1:"), "{problems}");
    assert!(!problems.contains("hunter2"));
}

#[test]
fn plain_http_stays_on_this_machine_unless_a_proxy_is_named() {
    let open = changed("trusted_proxies = [\"127.0.0.1\"]", "listen = \"0.0.0.0:8080\"");
    assert!(problem(&open).contains("`listen` would speak plain HTTP to other machines"));
    let behind = changed("trusted_proxies = [", "listen = \"[::]:8080\"\ntrusted_proxies = [\"10.0.0.0/8\", ");
    assert_eq!(parse(&behind).unwrap().trusted_proxies.len(), 2);
    let everybody = changed("\"127.0.0.1\"", "\"0.0.0.0/0\"");
    assert!(problem(&everybody).contains("this trusts everybody"));
    let local = changed("https://keys.example.com", "http://127.0.0.1:8080");
    assert!(parse(&local).is_ok());
}

#[test]
fn the_environment_stands_above_the_file() {
    let config = parse_with(
        SMALL,
        &[
            ("KEYWRIGHT_LISTEN", "127.0.0.1:9000"),
            ("KEYWRIGHT_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2"),
            ("KEYWRIGHT_LIMITS_CONNECTIONS", "500"),
            ("KEYWRIGHT_ISSUER_OKTA_CLIENT_SECRET", "other"),
        ],
    )
    .unwrap();
    assert_eq!(config.listen.port(), 9000);
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(config.limits.connections, 500);
    let ClientCredential::Secret(secret) = &config.issuers[0].credential else {
        panic!("a secret was given");
    };
    assert_eq!(secret.expose(), "other");
    let wrong = parse_with(SMALL, &[("KEYWRIGHT_LIMITS_CONNECTIONS", "many")]).unwrap_err();
    assert!(wrong.contains("environment variable KEYWRIGHT_LIMITS_CONNECTIONS: `limits.connections` is many"));
}

#[test]
fn a_misspelt_variable_is_noted_and_those_of_others_are_not() {
    let config = parse_with(
        SMALL,
        &[
            ("KEYWRIGHT_LISTN", "x"),
            ("KEYWRIGHT_KEY", "kwr_…"),
            ("KEYWRIGHT_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("KEYWRIGHT_SERVICE_HOST", "10.0.0.1"),
        ],
    )
    .unwrap();
    let expected = "the environment variable KEYWRIGHT_LISTN means nothing; did you mean KEYWRIGHT_LISTEN?";
    assert_eq!(config.notes, [expected]);
}

#[test]
fn an_issuer_has_exactly_one_credential_and_an_id_of_its_own() {
    let two = changed("client_secret =", "client_secret_file = \"/s\"\nclient_secret =");
    assert!(problem(&two).contains("stands beside another credential"));
    let none = changed("client_secret = \"s3cret-value\"", "");
    assert!(problem(&none).contains("`issuer.client_secret_file` is missing"));
    let unreadable = changed("client_secret = \"s3cret-value\"", "client_secret_file = \"/missing\"");
    assert!(problem(&unreadable).contains("the file cannot be read"));
    let twice = format!("{SMALL}{}", &SMALL[SMALL.find("[[").unwrap()..]);
    assert!(problem(&twice).contains("another [[issuer]] is called \"okta\""));
    let nobody = &SMALL[..SMALL.find("[[").unwrap()];
    assert!(problem(nobody).contains("`issuer` is missing"));
}

#[test]
fn an_entra_issuer_for_everybody_needs_a_list_of_tenants() {
    let common = changed("https://example.okta.com", "https://login.microsoftonline.com/common/v2.0");
    assert!(problem(&common).contains("list the tenants"));
    let listed = format!("{common}allowed_tenants = [\"72F988BF-86f1-41af-91ab-2d7cd011db47\"]\n");
    let tenants = &parse(&listed).unwrap().issuers[0].allowed_tenants;
    assert!(tenants.contains("72f988bf-86f1-41af-91ab-2d7cd011db47"));
    let wrong = format!("{common}allowed_tenants = [\"contoso\"]\n");
    assert!(problem(&wrong).contains("Directory (tenant) ID"));
}

#[test]
fn a_bundle_of_authorities_is_read_at_once() {
    let bundle = |path: &str| problem(&format!("{SMALL}[egress]\nca_bundle = \"{path}\"\n"));
    assert!(bundle("/missing").contains("`egress.ca_bundle` is \"/missing\": the file cannot be read"));
    assert!(bundle("/etc/hostname").contains("holds no certificate"));
}

#[test]
fn the_way_out_is_checked_before_anything_is_called() {
    let egress = |text: &str| problem(&format!("{SMALL}[egress]\n{text}\n"));
    assert!(egress("proxy = \"https://proxy\"").contains("http://proxy.example.com:3128"));
    assert!(egress("proxy = \"http://kw:hunter2@proxy:3128\"").contains("proxy_credential_file"));
    assert!(egress("no_proxy = [\"a b\"]").contains("a domain like .example.internal"));
    assert!(egress("pins = { \"models.internal\" = \"AAAA\" }").contains("sha256/"));
    assert!(egress("client_certificates = { \"models.internal\" = \"/etc/hostname\" }").contains("no certificate"));
}

#[test]
fn the_root_secret_has_one_source() {
    let source = "root = { source = \"file\", file = \"/etc/keywright/root.key\" }";
    let none = changed(source, "root = { source = \"passphrase\" }");
    assert!(problem(&none).contains("set KEYWRIGHT_ROOT_PASSPHRASE"));
    let short = parse_with(&none, &[("KEYWRIGHT_ROOT_PASSPHRASE", "short")]).unwrap_err();
    assert!(short.contains("use 16 characters or more"));
    let config = parse_with(&none, &[("KEYWRIGHT_ROOT_PASSPHRASE", "long enough to be one")]).unwrap();
    assert!(matches!(config.root, RootSource::Passphrase(_)));
    let in_the_file = changed(source, "root = { source = \"passphrase\", passphrase = \"written in the file\" }");
    assert!(problem(&in_the_file).contains("KEYWRIGHT_ROOT_PASSPHRASE"));
}

#[test]
fn a_configuration_prints_no_secret() {
    let config = parse(SMALL).unwrap();
    assert!(!format!("{config:?}").contains("s3cret-value"));
}
