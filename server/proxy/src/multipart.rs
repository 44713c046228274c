//! Reads a form of several parts, strictly: where each field's content stands, and nothing else of it.
//!
//! Always true of an accepted form: the boundary occurs nowhere but between parts, lines end in CRLF, and every part
//! has one plain name, so that a provider's parser, strict or lenient, cuts the same parts out of the same bytes.
//! Fails closed: anything else is refused.

use crate::head::invalid;
use domain::denial::Denial;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use memchr::memmem;
use std::ops::Range;

const MAX_PARTS: usize = 64;
const MAX_HEADER_BYTES: usize = 4 * 1024;
/// RFC 2046 allows no more.
const MAX_BOUNDARY: usize = 70;

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub name: &'a str,
    pub is_file: bool,
    /// Where its content stands in the body.
    pub at: Range<usize>,
}

/// The boundary that the headers announce; `None` if the body is no form.
pub(crate) fn boundary(headers: &HeaderMap) -> Option<&str> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut found = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim())
    });
    let (first, None) = (found.next()?, found.next()) else { return None };
    let bare = first.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(first);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
    ((1..=MAX_BOUNDARY).contains(&bare.len()) && bare.bytes().all(allowed)).then_some(bare)
}

/// The parts of a form, in their order.
pub(crate) fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, Denial> {
    let delimiter = format!("--{boundary}");
    let mut found = Vec::new();
    // Where the part's headers begin, once the first delimiter was seen.
    let mut open: Option<usize> = None;
    let mut ended = None;
    for at in memmem::find_iter(body, delimiter.as_bytes()) {
        let behind = at + delimiter.len();
        if ended.is_some() {
            return Err(broken());
        }
        match open {
            None if at == 0 => {}
            Some(begin) if at >= begin + 2 && body.get(at - 2..at) == Some(b"\r\n") => {
                if found.len() == MAX_PARTS {
                    return Err(invalid(format!("A form may have {MAX_PARTS} parts at most.")));
                }
                found.push(part(body, begin..at - 2)?);
            }
            _ => return Err(broken()),
        }
        match body.get(behind..behind + 2) {
            Some(b"\r\n") => open = Some(behind + 2),
            Some(b"--") => ended = Some(behind + 2),
            _ => return Err(broken()),
        }
    }
    match ended.map(|end| &body[end..]) {
        Some(b"" | b"\r\n") => Ok(found),
        _ => Err(broken()),
    }
}

fn broken() -> Denial {
    invalid(
        "The form is not well made: its boundary has to stand between its parts, on lines of its own, and at its end.",
    )
}

fn part(body: &[u8], whole: Range<usize>) -> Result<Part<'_>, Denial> {
    let text = body.get(whole.clone()).unwrap_or_default();
    let head_end = memmem::find(text.get(..text.len().min(MAX_HEADER_BYTES)).unwrap_or_default(), b"\r\n\r\n")
        .ok_or_else(|| invalid("A part of the form has no end of its headers."))?;
    let headers = std::str::from_utf8(&text[..head_end]).map_err(|_| invalid("A part's headers are not UTF-8."))?;
    let mut disposition = None;
    for line in headers.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or_else(|| invalid("A part's header has no colon."))?;
        if name.eq_ignore_ascii_case("content-disposition") {
            if disposition.replace(value.trim()).is_some() {
                return Err(invalid("A part of the form has two names."));
            }
        } else if name.eq_ignore_ascii_case("content-transfer-encoding") || line.contains(['\r', '\n']) {
            return Err(invalid("A part of the form is encoded. Send it as it is."));
        }
    }
    let (name, is_file) = named(disposition.unwrap_or_default())
        .ok_or_else(|| invalid("Each part of the form needs one plain name: form-data; name=\"model\"."))?;
    Ok(Part { name, is_file, at: whole.start + head_end + 4..whole.end })
}

/// The name in `form-data; name="model"; filename="a.wav"`.
fn named(disposition: &str) -> Option<(&str, bool)> {
    let mut rest = disposition.strip_prefix("form-data")?;
    let (mut name, mut is_file) = (None, false);
    while let Some(parameter) = rest.trim_start().strip_prefix(';') {
        let (key, value) = parameter.trim_start().split_once('=')?;
        let (text, after) = quoted(value)?;
        rest = after;
        match key {
            "name" if name.is_none() => name = Some(text),
            "filename" | "filename*" => is_file = true,
            _ => return None,
        }
    }
    let plain = |name: &&str| !name.is_empty() && !name.contains(['%', '\\']);
    rest.trim().is_empty().then_some((name.filter(plain)?, is_file))
}

/// A value in quotes, which may escape a quote; or a bare one.
fn quoted(value: &str) -> Option<(&str, &str)> {
    let Some(inner) = value.strip_prefix('"') else {
        let end = value.find(';').unwrap_or(value.len());
        return Some((value[..end].trim(), &value[end..]));
    };
    let mut escaped = false;
    for (at, letter) in inner.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((&inner[..at], &inner[at + 1..])),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn of_type(kind: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        boundary(&headers).map(str::to_owned)
    }

    fn form(fields: &[(&str, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (disposition, content) in fields {
            body.extend_from_slice(format!("--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--B--\r\n");
        body
    }

    #[test]
    fn a_boundary_is_read_from_its_header() {
        assert_eq!(of_type("multipart/form-data; boundary=----x1").as_deref(), Some("----x1"));
        assert_eq!(of_type("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), None);
        assert_eq!(of_type("multipart/form-data; boundary=\"ab\"").as_deref(), Some("ab"));
        for other in [
            "application/json",
            "multipart/form-data",
            "multipart/mixed; boundary=x",
            "multipart/form-data; boundary=a; boundary=b",
        ] {
            assert_eq!(of_type(other), None, "{other}");
        }
    }

    #[test]
    fn parts_are_found_with_their_places() {
        let body = form(&[
            ("name=\"model\"", b"whisper"),
            ("name=\"file\"; filename=\"a \\\"b\\\";.wav\"", b"RIFF\0\r\n--x"),
            ("name=n", b""),
        ]);
        let found = parts(&body, "B").unwrap();
        let seen: Vec<(&str, bool, &[u8])> =
            found.iter().map(|part| (part.name, part.is_file, &body[part.at.clone()])).collect();
        assert_eq!(seen, [("model", false, &b"whisper"[..]), ("file", true, b"RIFF\0\r\n--x"), ("n", false, b"")]);
        assert_eq!(parts(b"--B--", "B").unwrap(), []);
    }

    #[test]
    fn what_another_parser_could_cut_differently_is_refused() {
        let fine = String::from_utf8(form(&[("name=\"model\"", b"m")])).unwrap();
        assert!(parts(fine.as_bytes(), "B").is_ok());
        for broken in [
            String::new(),
            format!("preamble\r\n{fine}"),
            format!("{fine}--B--\r\n"),
            format!("{fine}epilogue"),
            fine.replace("\r\n", "\n"),
            fine.replace("m\r\n--B--", "m\n--B--"),
            fine.replace("m\r\n", "m\n--B\nContent-Disposition: form-data; name=\"model\"\n\nother\r\n"),
            fine.replace("--B--", "--Bx"),
            fine.replace("--B--\r\n", ""),
            fine.replace("name=\"model\"", "name=\"model\"; name=\"x\""),
            fine.replace("name=\"model\"", "name*=utf-8''model"),
            fine.replace("name=\"model\"", "name=\"mod%65l\""),
            fine.replace("form-data", "attachment"),
            fine.replace("Content-Disposition", "Content-Transfer-Encoding: base64\r\nContent-Disposition"),
            fine.replace("Content-Disposition", "Content-Disposition: form-data; name=\"n\"\r\nContent-Disposition"),
        ] {
            assert!(parts(broken.as_bytes(), "B").is_err(), "{broken:?}");
        }
        let many: Vec<(&str, &[u8])> = vec![("name=\"x\"", b""); MAX_PARTS + 1];
        assert!(parts(&form(&many), "B").is_err());
    }

    proptest! {
        #[test]
        fn contents_come_out_as_they_went_in(contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6)) {
            let whole = contents.concat();
            prop_assume!(memmem::find(&whole, b"--B").is_none() && contents.iter().all(|one| !one.ends_with(b"-")));
            let fields: Vec<(&str, &[u8])> = contents.iter().map(|one| ("name=\"x\"", one.as_slice())).collect();
            let body = form(&fields);
            if let Ok(found) = parts(&body, "B") {
                let out: Vec<&[u8]> = found.iter().map(|part| &body[part.at.clone()]).collect();
                prop_assert_eq!(out, contents.iter().map(Vec::as_slice).collect::<Vec<_>>());
            } else {
                prop_assert!(memmem::find_iter(&body, b"--B").count() != contents.len() + 1);
            }
        }

        #[test]
        fn no_bytes_panic_the_scan(body in "(--B|\r\n|--|name=|\"|;|[a-z: -]){0,30}") {
            let _ = parts(body.as_bytes(), "B");
        }
    }
}
