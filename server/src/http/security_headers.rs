//! What every answer tells the browser not to do.
//!
//! Pages contain no inline script and no inline style, so the content security policy needs no nonce and has no
//! `unsafe-` source. `no-store` is the default; what may be cached says so itself (assets do).
//! `Referrer-Policy: no-referrer` would make browsers send `Origin: null` with our own forms, hence `same-origin`.

use http::{HeaderMap, HeaderName, HeaderValue, header};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
    object-src 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-read=(), browsing-topics=()",
    ),
];

/// Sets the headers of an answer. They replace what an upstream may have sent under the same names.
pub fn apply(headers: &mut HeaderMap, is_https: bool) {
    for (name, value) in &ALWAYS {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
    if is_https {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_admits_nothing_inline_and_nobody_else() {
        let mut headers = HeaderMap::new();
        apply(&mut headers, true);
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "));
        for word in ["unsafe", "nonce", "*", "http", "  "] {
            assert!(!policy.contains(word), "{word} in {policy}");
        }
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn plain_http_is_not_told_to_become_https() {
        let mut headers = HeaderMap::new();
        apply(&mut headers, false);
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn nothing_is_stored_unless_the_answer_says_so() {
        let mut page = HeaderMap::new();
        apply(&mut page, true);
        assert_eq!(page[header::CACHE_CONTROL], "no-store");
        let mut asset = HeaderMap::new();
        asset.insert(header::CACHE_CONTROL, HeaderValue::from_static("immutable"));
        asset.insert(header::REFERRER_POLICY, HeaderValue::from_static("unsafe-url"));
        apply(&mut asset, true);
        assert_eq!(asset[header::CACHE_CONTROL], "immutable");
        assert_eq!(asset[header::REFERRER_POLICY], "same-origin");
    }
}
