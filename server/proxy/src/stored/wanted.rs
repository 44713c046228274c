//! What a call about a stored response wants: read of its path, its method and its query.
//!
//! Of the query only known names with harmless values go on, written anew.

use crate::head::invalid;
use crate::route::{Of, percent_decoded};
use domain::denial::Denial;
use http::Method;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// As it stands in the path.
    pub id: String,
    /// Behind the id.
    pub rest: &'static str,
    pub method: Method,
    /// To go on with, without the question mark.
    pub query: String,
}

/// The longest value of a parameter.
const LONGEST_VALUE: usize = 512;

impl Wanted {
    pub(crate) fn of(id: &str, of: Of, method: &Method, query: &str) -> Result<Self, Denial> {
        let rest = match of {
            Of::Itself => "",
            Of::Input => "/input_items",
            Of::Cancelling => "/cancel",
        };
        let known: &[&str] = match of {
            Of::Itself if method == Method::GET => &["include", "include[]"],
            Of::Input => &["include", "include[]", "after", "before", "limit", "order"],
            Of::Itself | Of::Cancelling => &[],
        };
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = |text| percent_decoded(text).unwrap_or_default();
            let (name, value) = (decoded(name), decoded(value));
            match &*name {
                // Azure's, which the gateway names itself.
                "api-version" => continue,
                "stream" if value == "false" => continue,
                "stream" | "starting_after" => {
                    return Err(invalid(format!(
                        "'{name}' is not taken for a stored response: it is given back whole. Leave it out."
                    )));
                }
                _ => {}
            }
            let Some(name) = known.iter().find(|known| **known == name) else {
                return Err(invalid(match known {
                    [] => "This path takes no parameters. Leave them out.".to_owned(),
                    known => {
                        format!("The query has a parameter that is not taken here. Known are {}.", known.join(", "))
                    }
                }));
            };
            let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"._:=-".contains(&byte);
            if value.len() > LONGEST_VALUE || !value.bytes().all(harmless) {
                return Err(invalid(format!("The value of '{name}' is none that is taken here.")));
            }
            kept.push(format!("{}={value}", name.replace("[]", "%5B%5D")));
        }
        Ok(Self { id: id.to_owned(), rest, method: method.clone(), query: kept.join("&") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_parameters_go_on_and_others_are_refused() {
        let query =
            |of, method: &Method, query: &str| Wanted::of("resp_1", of, method, query).map(|wanted| wanted.query);
        assert_eq!(query(Of::Itself, &Method::GET, "").unwrap(), "");
        assert_eq!(query(Of::Itself, &Method::GET, "stream=false&api-version=x").unwrap(), "");
        assert_eq!(
            query(Of::Input, &Method::GET, "limit=2&order=asc&include%5B%5D=message.input_image.image_url").unwrap(),
            "limit=2&order=asc&include%5B%5D=message.input_image.image_url"
        );
        for (of, method, refused) in [
            (Of::Itself, Method::GET, "stream=true"),
            (Of::Itself, Method::GET, "stream"),
            (Of::Itself, Method::GET, "limit=2"),
            (Of::Itself, Method::DELETE, "include=x"),
            (Of::Cancelling, Method::POST, "x=1"),
            (Of::Input, Method::GET, "after=a%26b"),
            (Of::Input, Method::GET, "after=a/../b"),
            (Of::Input, Method::GET, "%zz=1"),
        ] {
            assert!(query(of, &method, refused).is_err(), "{refused}");
        }
    }
}
