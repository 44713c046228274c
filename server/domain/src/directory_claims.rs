//! What a directory says about a person, as far as rules may ask about it.
//!
//! Claims arrive as nested JSON and are kept as names with lists of texts. Groups are apart, because a provider that
//! says nothing about groups has not said that there are none. Claims that people can change themselves, or that belong
//! to the protocol, are not here: no rule may decide by an address that its owner typed in.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryClaims {
    /// The id of the issuer in the configuration.
    pub issuer: String,
    pub told: GroupsTold,
    /// The groups last told of; `None` if they are unknown.
    pub groups: Option<Vec<String>>,
    /// Everything else by name; `realm_access.roles` reaches into objects.
    pub values: BTreeMap<String, Vec<String>>,
}

/// What the last answer said about groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupsTold {
    Listed,
    NotSent,
    /// There are too many to list (Entra's overage).
    TooMany,
}

/// Claims of the protocol, and claims that people set themselves.
const NOT_ASKED: [&str; 40] = [
    "acr",
    "address",
    "aio",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "birthdate",
    "c_hash",
    "email",
    "email_verified",
    "exp",
    "family_name",
    "gender",
    "given_name",
    "iat",
    "iss",
    "jti",
    "locale",
    "middle_name",
    "name",
    "nbf",
    "nickname",
    "nonce",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "rh",
    "s_hash",
    "sid",
    "unique_name",
    "updated_at",
    "upn",
    "uti",
    "ver",
    "website",
    "zoneinfo",
];

/// Beyond these an answer is no directory's, and the rest of it is left out.
const MOST_CLAIMS: usize = 100;
const MOST_VALUES: usize = 1_000;
const LONGEST_VALUE: usize = 256;
const DEEPEST: usize = 4;

/// True if rules may ask about this claim.
pub fn is_askable(claim: &str) -> bool {
    let first = claim.split('.').next().unwrap_or(claim);
    !first.starts_with('_') && !NOT_ASKED.contains(&first)
}

/// The claims as lists of texts. `always` names claims that are kept although rules of the portal may not ask them: the
/// configuration may.
pub fn flattened(claims: &Map<String, Value>, groups_claim: &str, always: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut values = BTreeMap::new();
    for (name, value) in claims {
        let wanted = |path: &str| {
            always.iter().any(|kept| *kept == path || kept.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
        };
        if name != groups_claim && (is_askable(name) || wanted(name)) {
            flatten(name.clone(), value, DEEPEST, &mut values);
        }
    }
    values
}

fn flatten(name: String, value: &Value, depth: usize, into: &mut BTreeMap<String, Vec<String>>) {
    if let Value::Object(parts) = value {
        for (part, value) in parts.iter().filter(|_| depth > 0) {
            flatten(format!("{name}.{part}"), value, depth - 1, into);
        }
        return;
    }
    let texts = texts(value);
    if !texts.is_empty() && into.len() < MOST_CLAIMS {
        into.insert(name, texts);
    }
}

/// Providers send one value as a text and several as a list. Numbers and truths are no texts, but people ask about them.
pub fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let all: Vec<String> = match value {
        Value::Array(many) => many.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    };
    all.into_iter().filter(|text| text.chars().count() <= LONGEST_VALUE).take(MOST_VALUES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_are_kept_as_lists_and_those_of_the_protocol_are_not() {
        let claims = json!({
            "sub": "s", "groups": ["a"], "roles": ["R", 7, null], "tid": "t", "email": "a@example.com", "nonce": "n",
            "_claim_names": { "groups": "src1" }, "realm_access": { "roles": ["dev"] }, "member": true,
            "https://example.com/dept": "x", "long": "y".repeat(257), "deep": { "a": { "b": { "c": { "d": { "e": "z" } } } } },
        });
        let flat = flattened(claims.as_object().unwrap(), "groups", &[]);
        let expected: BTreeMap<String, Vec<String>> = [
            ("sub", vec!["s"]),
            ("roles", vec!["R", "7"]),
            ("tid", vec!["t"]),
            ("realm_access.roles", vec!["dev"]),
            ("member", vec!["true"]),
            ("https://example.com/dept", vec!["x"]),
        ]
        .into_iter()
        .map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()))
        .collect();
        assert_eq!(flat, expected);
        let kept = flattened(claims.as_object().unwrap(), "groups", &["email", "_claim_names.groups"]);
        assert!(kept.contains_key("email") && kept.contains_key("_claim_names.groups"));
    }

    #[test]
    fn nobody_decides_by_what_people_set_themselves() {
        for claim in ["email", "name", "preferred_username", "upn", "nonce", "_claim_sources", "address.country"] {
            assert!(!is_askable(claim), "{claim}");
        }
        for claim in ["roles", "tid", "wids", "department", "realm_access.roles", "sub", "hd"] {
            assert!(is_askable(claim), "{claim}");
        }
    }
}
