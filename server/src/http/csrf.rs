//! Refuses posts that another site made a signed-in person's browser send.
//!
//! A state-changing request must say `Sec-Fetch-Site: same-origin`; a browser too old for that header must send the
//! public origin as `Origin`; a request with neither is refused, because a page cannot leave out both.
//! GET and HEAD never change state. The gateway is not behind this check: it reads no cookies.

use http::{HeaderMap, HeaderName, Method, header};

use super::origin::Origin;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    CrossSite,
    NoProof,
    BodyType,
}

/// May this request of the portal change state?
pub fn judge(method: &Method, headers: &HeaderMap, public_origin: &Origin) -> Result<(), Refused> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    match (only(headers, &SEC_FETCH_SITE), only(headers, &header::ORIGIN)) {
        (Sent::Once(b"same-origin"), _) => {}
        (Sent::Never, Sent::Once(origin)) if origin == public_origin.as_str().as_bytes() => {}
        (Sent::Never, Sent::Never) => return Err(Refused::NoProof),
        _ => return Err(Refused::CrossSite),
    }
    match only(headers, &header::CONTENT_TYPE) {
        Sent::Once(declared) if is_form(declared) => Ok(()),
        _ => Err(Refused::BodyType),
    }
}

enum Sent<'a> {
    Never,
    Once(&'a [u8]),
    Often,
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Sent<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Sent::Never,
        (Some(value), None) => Sent::Once(value.as_bytes()),
        (Some(_), Some(_)) => Sent::Often,
    }
}

/// Parameters such as `charset` may follow.
fn is_form(declared: &[u8]) -> bool {
    let essence = declared.split(|byte| *byte == b';').next();
    essence.is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(FORM.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge_post(headers: &[(&'static str, &str)]) -> Result<(), Refused> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        map.entry("content-type").or_insert(FORM.parse().unwrap());
        let origin = Origin::parse("https://keys.example.com").unwrap();
        judge(&Method::POST, &map, &origin)
    }

    #[test]
    fn a_post_proves_that_it_comes_from_our_own_page() {
        let ours = ("origin", "https://keys.example.com");
        assert_eq!(judge_post(&[("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(judge_post(&[ours]), Ok(()));
        assert_eq!(judge_post(&[]), Err(Refused::NoProof));
        for refused in [
            &[("sec-fetch-site", "cross-site"), ours][..],
            &[("sec-fetch-site", "same-site"), ours],
            &[("sec-fetch-site", "none"), ours],
            &[("sec-fetch-site", ""), ours],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("origin", "null")],
            &[("origin", "https://keys.example.com.evil.test")],
            &[("origin", "http://keys.example.com")],
            &[ours, ours],
        ] {
            assert_eq!(judge_post(refused), Err(Refused::CrossSite), "{refused:?}");
        }
    }

    #[test]
    fn only_reading_needs_no_proof() {
        let origin = Origin::parse("https://keys.example.com").unwrap();
        for (method, is_free) in [
            (Method::GET, true),
            (Method::HEAD, true),
            (Method::PUT, false),
            (Method::DELETE, false),
            (Method::from_bytes(b"get").unwrap(), false),
        ] {
            let verdict = judge(&method, &HeaderMap::new(), &origin);
            assert_eq!(verdict.is_ok(), is_free, "{method}");
        }
    }

    #[test]
    fn a_form_is_declared_as_one() {
        let same = ("sec-fetch-site", "same-origin");
        let typed = |value| judge_post(&[same, ("content-type", value)]);
        assert_eq!(typed("application/x-www-form-urlencoded; charset=utf-8"), Ok(()));
        assert_eq!(typed("text/plain"), Err(Refused::BodyType));
        assert_eq!(typed("application/json"), Err(Refused::BodyType));
    }
}
