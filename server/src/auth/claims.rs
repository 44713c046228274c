//! From what an identity provider claims to who somebody is and which roles that gives: pure.
//!
//! Claims arrive verified. E-mail and name are display data. A groups claim that is missing is not the same as one that
//! is empty: the groups of the last sign-in that listed them hold for a day, then no role is assumed from them. No claim
//! makes an administrator unless the configuration or a rule of the portal says which.

use domain::claim_rules::{Asks, ClaimRule, Effects, Gives, Test, effects};
use domain::directory_claims::{DirectoryClaims, GroupsTold, flattened, texts};
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
    /// False if the groups are remembered ones: the day that they hold must not begin anew.
    pub is_fresh: bool,
    /// What rules give beside roles.
    pub effects: Effects,
    /// The claims that it came from.
    pub directory: DirectoryClaims,
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
        return Groups::Listed(texts(listed));
    }
    let elsewhere = claims.get("_claim_names").and_then(Value::as_object);
    let is_elsewhere = elsewhere.is_some_and(|names| names.contains_key(&mapping.groups_claim));
    let has_groups = matches!(claims.get("hasgroups"), Some(Value::Bool(true)))
        || claims.get("hasgroups").and_then(Value::as_str) == Some("true");
    if is_elsewhere || has_groups { Groups::TooMany } else { Groups::NotSent }
}

/// Everything that decides about an arrival: the issuer's part of the configuration, and the rules of the portal.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// The issuer's id.
    pub issuer: &'a str,
    pub mapping: &'a ClaimMapping,
    pub rules: &'a [ClaimRule],
}

impl Policy<'_> {
    /// What these claims give at `now`.
    pub fn map(
        &self,
        subject: &str,
        claims: &Map<String, Value>,
        claimed: &Claimed,
        remembered: Option<Remembered<'_>>,
        now: Timestamp,
    ) -> Result<Mapped, GroupsUnknown> {
        let remembered = remembered.filter(|last| !last.groups.is_empty() && now.since(last.at) < REMEMBER_MS);
        let fixed = self.mapping.fixed_rules(self.issuer);
        let all = || fixed.iter().chain(self.rules);
        let (groups, is_fresh) = match (&claimed.groups, remembered) {
            (Groups::Listed(listed), _) => (Some(listed.clone()), true),
            (Groups::NotSent | Groups::TooMany, Some(last)) => (Some(last.groups.to_vec()), false),
            (Groups::TooMany, None) if all().any(|rule| decides_roles_by_groups(rule, self.issuer)) => {
                return Err(GroupsUnknown);
            }
            (Groups::NotSent | Groups::TooMany, None) => (None, true),
        };
        let directory = self.directory(subject, claims, claimed, groups);
        let effects = effects(all(), &directory);
        let mut roles = effects.roles.clone();
        if roles.is_empty() && self.mapping.default_role == DefaultRole::Developer {
            roles.push(Role::Developer);
        }
        Ok(Mapped { roles, is_fresh, effects, directory })
    }

    /// The claims as rules see them. `groups` are those last told of, whenever that was.
    pub fn directory(
        &self,
        subject: &str,
        claims: &Map<String, Value>,
        claimed: &Claimed,
        groups: Option<Vec<String>>,
    ) -> DirectoryClaims {
        let always: Vec<&str> = self.mapping.roles.iter().map(|rule| rule.claim.as_str()).collect();
        let mut values = flattened(claims, &self.mapping.groups_claim, &always);
        values.insert(SUBJECT.to_owned(), vec![subject.to_owned()]);
        let told = match claimed.groups {
            Groups::Listed(_) => GroupsTold::Listed,
            Groups::NotSent => GroupsTold::NotSent,
            Groups::TooMany => GroupsTold::TooMany,
        };
        DirectoryClaims { issuer: self.issuer.to_owned(), told, groups, values }
    }
}

fn decides_roles_by_groups(rule: &ClaimRule, issuer: &str) -> bool {
    let is_of_issuer = rule.issuer.as_ref().is_none_or(|named| named == issuer);
    is_of_issuer && rule.asks == Asks::Groups && matches!(rule.gives, Gives::Role(_))
}

impl ClaimMapping {
    /// The configuration's part as rules: they count like those of the portal, and nobody edits them there.
    pub fn fixed_rules(&self, issuer: &str) -> Vec<ClaimRule> {
        let rule = |asks, value: &str, role| ClaimRule {
            issuer: Some(issuer.to_owned()),
            asks,
            test: Test::Equals(value.to_owned()),
            gives: Gives::Role(role),
        };
        let of_claims = self.roles.iter().map(|given| {
            let is_group = given.claim == self.groups_claim;
            let asks = if is_group { Asks::Groups } else { Asks::Claim(given.claim.clone()) };
            rule(asks, &given.value, given.role)
        });
        let named = self.administrators.iter().map(|subject| {
            let asks = Asks::Claim(SUBJECT.to_owned());
            rule(asks, subject, Role::Administrator)
        });
        of_claims.chain(named).collect()
    }
}

const SUBJECT: &str = "sub";

fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let mut steps = name.split('.');
        let first = claims.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.as_object()?.get(step))
    })
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
        let policy = Policy { issuer: "main", mapping, rules: &[] };
        policy.map(subject, claims, &read(mapping, subject, claims), last, NOW)
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
        assert_eq!((kept.roles, kept.is_fresh), (vec![Role::Auditor], false));
        assert_eq!((kept.directory.groups, kept.directory.told), (Some(finance.clone()), GroupsTold::NotSent));
        let gone = mapped(&mapping(), "s", &json!({ "groups": [] }), last(1)).unwrap();
        assert_eq!((gone.roles, gone.directory.groups, gone.is_fresh), (vec![Role::Developer], Some(vec![]), true));
        let old = mapped(&mapping(), "s", &json!({}), last(REMEMBER_MS)).unwrap();
        assert_eq!((old.roles, old.directory.groups), (vec![Role::Developer], None), "unknown, which is not none");
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
    fn rules_of_the_portal_count_beside_those_of_the_configuration() {
        let rule = |issuer: &str, group: &str, role| ClaimRule {
            issuer: Some(issuer.into()),
            asks: Asks::Groups,
            test: Test::Equals(group.into()),
            gives: Gives::Role(role),
        };
        let rules = [rule("main", "sre", Role::Administrator), rule("other", "finance", Role::Administrator)];
        let mapping = ClaimMapping::default();
        let roles = |claims: Value, rules| {
            let claims = claims.as_object().unwrap();
            let policy = Policy { issuer: "main", mapping: &mapping, rules };
            policy.map("s", claims, &read(&mapping, "s", claims), None, NOW).map(|mapped| mapped.roles)
        };
        assert_eq!(roles(json!({ "groups": ["sre", "finance"] }), &rules).unwrap(), [Role::Administrator]);
        assert_eq!(roles(json!({ "groups": ["finance"] }), &rules).unwrap(), [Role::Developer], "another issuer's");
        let overage = json!({ "hasgroups": true });
        assert_eq!(roles(overage.clone(), &rules), Err(GroupsUnknown));
        assert_eq!(roles(overage, &rules[1..]).unwrap(), [Role::Developer]);
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
