use super::*;

fn site(public: &str, gateway: &str) -> Site {
    Site {
        public_origin: Origin::parse(public).unwrap(),
        gateway_origin: Origin::parse(gateway).unwrap(),
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        accepts_loopback_names: false,
    }
}

fn keys() -> Site {
    site("https://keys.example.com", "https://keys.example.com")
}

fn ask(site: &Site, uri: &str, hosts: &[&str]) -> Verdict {
    let mut headers = HeaderMap::new();
    for host in hosts {
        headers.append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
    }
    let peer = "192.0.2.1".parse().unwrap();
    decide(site, &Method::GET, &uri.parse().unwrap(), &headers, peer)
}

fn refusal(site: &Site, uri: &str, hosts: &[&str]) -> Option<Refusal> {
    match ask(site, uri, hosts) {
        Verdict::Refuse(_, refusal) => Some(refusal),
        _ => None,
    }
}

#[test]
fn only_our_names_are_answered() {
    let site = keys();
    for good in ["keys.example.com", "KEYS.example.com:443"] {
        assert_eq!(refusal(&site, "/keys", &[good]), None, "{good}");
    }
    for other in [
        "example.com",
        "keys.example.com:80",
        "keys.example.com.",
        "127.0.0.1",
        "[::1]",
        "keys.example.com.evil.test",
        "localhost",
        "a%41b",
    ] {
        assert_eq!(refusal(&site, "/", &[other]), Some(Refusal::UnknownHost), "{other}");
    }
}

#[test]
fn a_host_is_named_once_and_by_the_grammar() {
    let site = keys();
    let good = "keys.example.com";
    assert_eq!(refusal(&site, "/", &[]), Some(Refusal::NoHost));
    assert_eq!(refusal(&site, "/", &[good, good]), Some(Refusal::SeveralHosts));
    for malformed in [
        "",
        "a/admin?x#y",
        "user@keys.example.com",
        "keys.example.com:443x",
        "keys.example.com:99999",
        "a b",
        "a,b c",
        "a%4",
        "a%zz",
        "[::1",
        "[::1]x",
        "[v1.a]",
        "::1",
        "\u{fc}ber.example",
        "keys.example.com\\x",
    ] {
        let refusal = refusal(&site, "/", &[malformed]);
        assert_eq!(refusal, Some(Refusal::MalformedHost), "{malformed}");
    }
}

#[test]
fn the_request_target_may_not_name_another_host() {
    let site = keys();
    let good = "keys.example.com";
    let absolute = "https://keys.example.com/keys";
    assert_eq!(refusal(&site, absolute, &[good]), None);
    assert_eq!(refusal(&site, absolute, &[]), None);
    assert_eq!(refusal(&site, absolute, &["evil.test"]), Some(Refusal::HostMismatch));
    assert_eq!(refusal(&site, "https://evil.test/", &[good]), Some(Refusal::HostMismatch));
    assert_eq!(refusal(&site, "https://evil.test/", &[]), Some(Refusal::UnknownHost));
    assert_eq!(refusal(&site, "https://u@keys.example.com/", &[]), Some(Refusal::MalformedHost));
    assert_eq!(refusal(&site, "*", &[good]), Some(Refusal::MalformedTarget));
}

#[test]
fn probes_are_answered_whatever_host_they_send() {
    for hosts in [&[][..], &["10.0.0.7:8080"], &["a", "b"]] {
        for path in ["/healthz", "/readyz", "/metrics"] {
            let verdict = ask(&keys(), path, hosts);
            assert!(matches!(verdict, Verdict::Admit(Admitted { surface: Surface::Probe, .. })), "{path} {verdict:?}");
        }
    }
}

#[test]
fn each_surface_keeps_to_its_host() {
    let site = site("https://keys.example.com", "https://llm.example.com");
    assert_eq!(refusal(&site, "/v1/models", &["llm.example.com"]), None);
    assert_eq!(refusal(&site, "/keys", &["keys.example.com"]), None);
    for (path, host) in [("/v1/models", "keys.example.com"), ("/keys", "llm.example.com")] {
        assert_eq!(refusal(&site, path, &[host]), Some(Refusal::OtherSurface));
    }
}

#[test]
fn on_a_developers_machine_other_loopback_names_lead_to_the_public_one() {
    let mut site = site("http://127.0.0.1:8080", "http://127.0.0.1:8080");
    assert_eq!(refusal(&site, "/", &["localhost:8080"]), Some(Refusal::UnknownHost));
    site.accepts_loopback_names = true;
    for name in ["localhost:8080", "[::1]:8080", "127.0.0.2:8080", "a.localhost:8080"] {
        let to = "http://127.0.0.1:8080//evil.test/keys?q=1".to_owned();
        assert_eq!(ask(&site, "//evil.test/keys?q=1", &[name]), Verdict::Redirect(to));
        assert!(matches!(ask(&site, "/v1/models", &[name]), Verdict::Admit(_)));
    }
    for name in ["localhost:8081", "localhost", "192.168.0.2:8080", "example.com:8080"] {
        assert_eq!(refusal(&site, "/", &[name]), Some(Refusal::UnknownHost), "{name}");
    }
}

#[test]
fn long_addresses_and_many_headers_are_refused() {
    let site = keys();
    let fits = format!("/{}", "a".repeat(LONGEST_URI - 1));
    assert_eq!(refusal(&site, &fits, &["keys.example.com"]), None);
    assert_eq!(refusal(&site, &format!("{fits}a"), &["keys.example.com"]), Some(Refusal::UriTooLong));
    let mut headers = HeaderMap::new();
    for _ in 0..=MOST_HEADERS {
        headers.append("x", HeaderValue::from_static("1"));
    }
    let verdict = decide(&site, &Method::GET, &Uri::from_static("/healthz"), &headers, [0; 4].into());
    assert_eq!(verdict, Verdict::Refuse(Surface::Probe, Refusal::TooManyHeaders));
}

#[test]
fn paths_belong_to_surfaces_by_their_first_segment() {
    for (path, surface) in [
        ("/v1", Surface::Gateway),
        ("/v1/chat/completions", Surface::Gateway),
        ("/v1beta/models/x:generateContent", Surface::Gateway),
        ("/openai/deployments/x", Surface::Gateway),
        ("/v1x", Surface::Portal),
        ("/openaikeys", Surface::Portal),
        ("/keys/v1", Surface::Portal),
        ("/", Surface::Portal),
        ("", Surface::Portal),
        ("/readyz/", Surface::Portal),
    ] {
        assert_eq!(Surface::of(path), surface, "{path}");
    }
}

#[test]
fn a_refusal_says_which_name_to_use_and_repeats_nothing() {
    let response = Refusal::UnknownHost.response(&keys(), Surface::Gateway, EventId::from_i64(7));
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(response.body().contains("https://keys.example.com"));
    assert!(response.body().contains("\"unknown_host\""));
}
