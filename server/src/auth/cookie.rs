//! The two cookies: the session and, for ten minutes, the sign-in that is under way.
//!
//! Over https they carry the `__Host-` prefix, so that no other host and no plain connection can plant them. On a plain
//! loopback origin Safari refuses `Secure`, and cookies are shared by all ports of a host: there the port is in the
//! name. Any other plain-http origin is refused before it could leak a session.

use http::{HeaderMap, HeaderValue, header};

use super::opaque_token::OpaqueToken;
use crate::http::origin::Origin;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cookies {
    session: String,
    login: String,
    secure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    Session,
    Login,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sessions need https, or plain http on this machine only")]
pub struct InsecureOrigin;

impl Cookies {
    pub(super) fn for_origin(public_origin: &Origin) -> Result<Self, InsecureOrigin> {
        if public_origin.is_https() {
            return Ok(Self { session: "__Host-kw_sid".into(), login: "__Host-kw_login".into(), secure: true });
        }
        if !public_origin.is_loopback() {
            return Err(InsecureOrigin);
        }
        let port = public_origin.port();
        Ok(Self { session: format!("kw_sid_{port}"), login: format!("kw_login_{port}"), secure: false })
    }

    fn name(&self, cookie: Cookie) -> &str {
        match cookie {
            Cookie::Session => &self.session,
            Cookie::Login => &self.login,
        }
    }

    /// The token in the request. Two different cookies of one name mean that somebody planted one: neither counts.
    pub(super) fn read(&self, headers: &HeaderMap, cookie: Cookie) -> Option<OpaqueToken> {
        let name = self.name(cookie);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
        let first = values.next()?;
        if values.any(|other| other != first) {
            return None;
        }
        OpaqueToken::parse(first)
    }

    pub(super) fn set(&self, cookie: Cookie, token: &OpaqueToken, max_age_s: i64) -> HeaderValue {
        self.line(cookie, &token.reveal(), max_age_s)
    }

    pub(super) fn clear(&self, cookie: Cookie) -> HeaderValue {
        self.line(cookie, "", 0)
    }

    /// `Lax` and not `Strict`: the provider's redirect back to us is a navigation from another site.
    fn line(&self, cookie: Cookie, value: &str, max_age_s: i64) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name(cookie);
        let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
        let mut line = HeaderValue::try_from(line).expect("a name of ours and base64url are header text");
        line.set_sensitive(true);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::tests::Counting;

    fn cookies(origin: &str) -> Result<Cookies, InsecureOrigin> {
        Cookies::for_origin(&Origin::parse(origin).unwrap())
    }

    #[test]
    fn cookies_are_bound_to_the_host_and_refused_on_plain_http() {
        let token = OpaqueToken::generate(&Counting::default());
        let line = cookies("https://keys.example.com").unwrap().set(Cookie::Session, &token, 60);
        let secret = token.reveal();
        assert_eq!(
            line.to_str().unwrap(),
            format!("__Host-kw_sid={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure")
        );
        assert!(line.is_sensitive());
        let line = cookies("http://localhost:8080").unwrap().set(Cookie::Login, &token, 60);
        assert!(line.to_str().unwrap().starts_with("kw_login_8080=") && !line.to_str().unwrap().contains("Secure"));
        assert_eq!(cookies("http://keys.example.com"), Err(InsecureOrigin));
        assert_eq!(cookies("http://192.168.1.4:8080"), Err(InsecureOrigin));
    }

    #[test]
    fn a_planted_second_cookie_signs_nobody_in() {
        let cookies = cookies("http://127.0.0.1:8080").unwrap();
        let random = Counting::default();
        let (mine, planted) = (OpaqueToken::generate(&random), OpaqueToken::generate(&random));
        let read = |lines: &[String]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, line.parse().unwrap());
            }
            cookies.read(&headers, Cookie::Session).map(|token| token.hash())
        };
        let line = |token: &OpaqueToken| format!("kw_sid_8080={}", token.reveal());
        assert_eq!(read(&[format!("other=1; {}", line(&mine))]), Some(mine.hash()));
        assert_eq!(read(&[line(&mine), line(&mine)]), Some(mine.hash()));
        assert_eq!(read(&[line(&mine), line(&planted)]), None);
        assert_eq!(read(&[format!("{}; {}", line(&mine), line(&planted))]), None);
        assert_eq!(read(&["kw_sid_9090=x".into(), "kw_sid_8080".into()]), None);
    }
}
