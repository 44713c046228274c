//! From what an identity provider claims to who somebody is and which roles that gives: pure.
//!
//! Claims arrive verified. E-mail and name are display data. A groups claim that is missing is not the same as one that
//! is empty: the groups of the last sign-in that listed them hold for a day, then nothing is assumed. No claim makes an
//! administrator unless the configuration says which.

use domain::person::{Role, display_name};
use domain::time::{MS_PER_DAY, Timestamp};
use serde_json::{Map, Value};

/// How one issuer's claims become roles. Comes from the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimMapping {
    /// `groups` almost everywhere.
    pub groups_claim: String,
    pub roles: Vec<RoleRule>,
    /// For people whom no rule gives a role.
    pub default_role: DefaultRole,
    /// Subjects that are administrators without a claim.
    pub administrators: Vec<String>,
}

/// Whoever's `claim` is or contains `value` holds `role`. A dot in the claim's name also reaches into objects:
/// `realm_access.roles`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRule {
    pub claim: String,
    pub value: String,
    pub role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultRole {
    Developer,
    /// No role: sign-in is refused until a rule or a grant gives one.
    None,
}

impl Default for ClaimMapping {
    fn default() -> Self {
        Self {
            groups_claim: "groups".into(),
            roles: vec![],
            default_role: DefaultRole::Developer,
            administrators: vec![],
        }
    }
}

/// What the claims say about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub name: String,
    pub email: String,
    pub groups: Groups,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    Listed(Vec<String>),
    /// The provider said nothing about groups.
    NotSent,
    /// The provider said that there are too many to list (Entra's overage).
    TooMany,
}

/// What is remembered of the last sign-in that listed groups.
#[derive(Debug, Clone, Copy)]
pub struct Remembered<'a> {
    pub groups: &'a [String],
    pub at: Timestamp,
}

/// What a sign-in writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// Sorted, without repetition.
    pub roles: Vec<Role>,
    pub groups: Vec<String>,
    /// False if the groups are remembered ones: the day that they hold must not begin anew.
    pub is_fresh: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider did not list the groups that decide about roles")]
pub struct GroupsUnknown;

const REMEMBER_MS: i64 = MS_PER_DAY;

pub fn read(mapping: &ClaimMapping, subject: &str, claims: &Map<String, Value>) -> Claimed {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let email = display_name(text("email"), "");
    let full = format!("{} {}", text("given_name"), text("family_name"));
    let wishes = [text("name"), full.as_str(), text("preferred_username"), email.as_str(), subject];
    let name = wishes.iter().map(|wish| display_name(wish, "")).find(|name| !name.is_empty());
    Claimed { name: name.unwrap_or_else(|| "Unnamed".into()), email, groups: groups(mapping, claims) }
}

fn groups(mapping: &ClaimMapping, claims: &Map<String, Value>) -> Groups {
    if let Some(listed) = find(claims, &mapping.groups_claim) {
        return Groups::Listed(values(listed));
    }
    let elsewhere = claims.get("_claim_names").and_then(Value::as_object);
    let is_elsewhere = elsewhere.is_some_and(|names| names.contains_key(&mapping.groups_claim));
    let has_groups = matches!(claims.get("hasgroups"), Some(Value::Bool(true)))
        || claims.get("hasgroups").and_then(Value::as_str) == Some("true");
    if is_elsewhere || has_groups { Groups::TooMany } else { Groups::NotSent }
}

/// Which roles and groups these claims give at `now`.
pub fn map(
    mapping: &ClaimMapping,
    subject: &str,
    claims: &Map<String, Value>,
    claimed: &Claimed,
    remembered: Option<Remembered<'_>>,
    now: Timestamp,
) -> Result<Mapped, GroupsUnknown> {
    let remembered = remembered.filter(|last| !last.groups.is_empty() && now.since(last.at) < REMEMBER_MS);
    let (groups, is_fresh) = match (&claimed.groups, remembered) {
        (Groups::Listed(listed), _) => (listed.clone(), true),
        (Groups::NotSent | Groups::TooMany, Some(last)) => (last.groups.to_vec(), false),
        (Groups::TooMany, None) if mapping.decides_by_groups() => return Err(GroupsUnknown),
        (Groups::NotSent | Groups::TooMany, None) => (vec![], true),
    };
    let given = mapping.roles.iter().filter(|rule| {
        if rule.claim == mapping.groups_claim {
            groups.contains(&rule.value)
        } else {
            find(claims, &rule.claim).is_some_and(|value| values(value).contains(&rule.value))
        }
    });
    let mut roles: Vec<Role> = given.map(|rule| rule.role).collect();
    if mapping.administrators.iter().any(|administrator| administrator == subject) {
        roles.push(Role::Administrator);
    }
    if roles.is_empty() && mapping.default_role == DefaultRole::Developer {
        roles.push(Role::Developer);
    }
    roles.sort_unstable();
    roles.dedup();
    Ok(Mapped { roles, groups, is_fresh })
}

impl ClaimMapping {
    fn decides_by_groups(&self) -> bool {
        self.roles.iter().any(|rule| rule.claim == self.groups_claim)
    }
}

fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let mut steps = name.split('.');
        let first = claims.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.as_object()?.get(step))
    })
}

/// Providers send one value as a string and several as a list.
fn values(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn mapping() -> ClaimMapping {
        let rule = |claim: &str, value: &str, role| RoleRule { claim: claim.into(), value: value.into(), role };
        ClaimMapping {
            roles: vec![
                rule("groups", "kw-admins", Role::Administrator),
                rule("groups", "finance", Role::Auditor),
                rule("roles", "Keywright.Auditor", Role::Auditor),
                rule("realm_access.roles", "dev", Role::Developer),
            ],
            administrators: vec!["root-sub".into()],
            ..ClaimMapping::default()
        }
    }

    fn mapped(
        mapping: &ClaimMapping,
        subject: &str,
        claims: &Value,
        last: Option<Remembered<'_>>,
    ) -> Result<Mapped, GroupsUnknown> {
        let claims = claims.as_object().unwrap();
        map(mapping, subject, claims, &read(mapping, subject, claims), last, NOW)
    }

    #[test]
    fn the_table_of_claims_and_roles() {
        use Role::*;
        for (claims, roles) in [
            (json!({}), vec![Developer]),
            (json!({ "groups": [] }), vec![Developer]),
            (json!({ "groups": "finance" }), vec![Auditor]),
            (json!({ "groups": ["x", "finance", "kw-admins"] }), vec![Auditor, Administrator]),
            (json!({ "groups": [1, null, { "a": 1 }] }), vec![Developer]),
            (json!({ "groups": ["FINANCE"] }), vec![Developer]),
            (json!({ "roles": ["Keywright.Auditor"] }), vec![Auditor]),
            (json!({ "realm_access": { "roles": ["dev"] }, "groups": "finance" }), vec![Developer, Auditor]),
            (json!({ "administrator": true, "role": "administrator", "email": "kw-admins" }), vec![Developer]),
        ] {
            assert_eq!(mapped(&mapping(), "s", &claims.clone(), None).unwrap().roles, roles, "{claims}");
        }
        assert_eq!(mapped(&mapping(), "root-sub", &json!({}), None).unwrap().roles, vec![Administrator]);
        let deny = ClaimMapping { default_role: DefaultRole::None, ..mapping() };
        assert_eq!(mapped(&deny, "s", &json!({ "groups": ["x"] }), None).unwrap().roles, vec![]);
    }

    #[test]
    fn missing_groups_are_remembered_for_a_day_and_empty_ones_are_believed() {
        let finance = vec!["finance".to_owned()];
        let last = |age_ms: i64| Some(Remembered { groups: &finance, at: NOW.plus_ms(-age_ms) });
        let kept = mapped(&mapping(), "s", &json!({}), last(REMEMBER_MS - 1)).unwrap();
        assert_eq!((kept.roles, kept.groups, kept.is_fresh), (vec![Role::Auditor], finance.clone(), false));
        let gone = mapped(&mapping(), "s", &json!({ "groups": [] }), last(1)).unwrap();
        assert_eq!((gone.roles, gone.groups, gone.is_fresh), (vec![Role::Developer], vec![], true));
        let old = mapped(&mapping(), "s", &json!({}), last(REMEMBER_MS)).unwrap();
        assert_eq!((old.roles, old.groups), (vec![Role::Developer], vec![]));
        for overage in [
            json!({ "_claim_names": { "groups": "src1" } }),
            json!({ "hasgroups": true }),
            json!({ "hasgroups": "true" }),
        ] {
            assert!(mapped(&mapping(), "s", &overage.clone(), last(1)).is_ok(), "{overage}");
            assert_eq!(mapped(&mapping(), "s", &overage.clone(), last(REMEMBER_MS)), Err(GroupsUnknown), "{overage}");
            assert!(mapped(&ClaimMapping::default(), "s", &overage, None).is_ok(), "no rule asks for groups");
        }
    }

    #[test]
    fn a_name_is_always_there_and_harmless() {
        let name = |claims: Value| read(&mapping(), "sub-1", claims.as_object().unwrap()).name;
        assert_eq!(name(json!({ "name": "Ada\u{202E}\n Lovelace" })), "Ada Lovelace");
        assert_eq!(name(json!({ "given_name": "Ada", "family_name": "Lovelace" })), "Ada Lovelace");
        assert_eq!(name(json!({ "preferred_username": "ada" })), "ada");
        assert_eq!(name(json!({ "name": 7, "email": "ada@example.com" })), "ada@example.com");
        assert_eq!(name(json!({})), "sub-1");
        assert_eq!(read(&mapping(), "\u{7}", &Map::new()).name, "Unnamed");
    }
}
