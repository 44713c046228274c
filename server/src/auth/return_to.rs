//! Where to go after sign-in: a path of ours, or home.
//!
//! The wish arrives in a link that anybody can write, so whatever is not plainly a path of this application is replaced
//! by `/`: another site, a scheme, `//host`, `/\host`, control characters, dot segments.

const LONGEST: usize = 512;

/// `wish` is decoded once already (as a query parameter is); `is_known` tells whether a path leads to a page.
pub(super) fn return_to(wish: &str, is_known: impl Fn(&str) -> bool) -> String {
    let path = wish.split('?').next().unwrap_or_default();
    if is_local(wish) && is_known(path) { wish.to_owned() } else { "/".to_owned() }
}

fn is_local(wish: &str) -> bool {
    let bytes = wish.as_bytes();
    bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && bytes.len() <= LONGEST
        && is_path_and_query(bytes)
        && !has_dot_segment(wish)
}

/// RFC 3986: pchar, `/` and `?`, each `%` followed by two hexadecimal digits.
fn is_path_and_query(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = match first {
            b'%' => match tail {
                [high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => tail,
                _ => return false,
            },
            byte if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(byte) => tail,
            _ => return false,
        };
    }
    true
}

/// Browsers resolve `..` and its encoded spellings before they ask, so the path judged would not be the path visited.
fn has_dot_segment(wish: &str) -> bool {
    let path = wish.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    path.split('/').any(|segment| segment == "." || segment == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_ours_is_followed() {
        let known = |path: &str| path == "/" || path.starts_with("/keys");
        for good in ["/", "/keys", "/keys?view=unused&q=a%20b", "/keys/kwr_8Fq2", "/keys?next=https://x.example/"] {
            assert_eq!(return_to(good, known), good);
        }
        let long = format!("/keys?{}", "x".repeat(507));
        for bad in [
            "",
            "keys",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/keys\r\nLocation: https://evil.example",
            "/keys\t",
            "/keys#x",
            "/keys/../../x",
            "/keys/%2E%2e/x",
            "/./keys",
            "/keys%",
            "/keys%2",
            "/keys%zz",
            "/keys\\x",
            "/käys",
            "/keys<x>",
            "/unknown",
            " /keys",
            "/%2f/evil.example",
            &long,
        ] {
            assert_eq!(return_to(bad, known), "/", "{bad}");
        }
        assert_eq!(return_to(&long[..512], known), &long[..512]);
    }
}
