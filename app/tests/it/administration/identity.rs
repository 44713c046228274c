//! What the sample pages show about signing in: sessions, claims and the rules about them.

use super::samples::{ago, calendar};
use super::things::{form_id, team_id};
use app::pages::admin::sign_in::{editor, remove};
use app::pages::form::Reasons;
use domain::claim_rules::{Asks, ClaimRule, Gives, Outlook, RuleDraft, Test};
use domain::directory_claims::GroupsTold;
use domain::id::{PersonId, RuleId};
use domain::person::Role;
use domain::session_mark::SessionMark;
use portal::administration::sign_in::{
    KeptRule, PersonDirectory, PersonOutlook, RuleChoices, RulePreview, ShownClaim, SignInSetup, TestVerdict,
    TestedLogin,
};
use portal::ports::{IssuerFacts, IssuerState};
use portal::sessions::SessionView;

pub(super) fn sessions() -> Vec<SessionView> {
    let session = |fill: u8, agent: Option<&str>| SessionView {
        mark: SessionMark::of(&[fill; 32]),
        since: ago(i64::from(fill)),
        seen_at: calendar().now,
        agent: agent.map(str::to_owned),
        address: agent.map(|_| "192.0.2.7".to_owned()),
    };
    vec![session(1, Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")), session(2, None)]
}

fn rule(asks: Asks, test: Test, gives: Gives) -> ClaimRule {
    ClaimRule { issuer: Some("okta".to_owned()), asks, test, gives }
}

fn finance() -> ClaimRule {
    rule(Asks::Groups, Test::Equals("finance".to_owned()), Gives::Role(Role::Auditor))
}

fn kept(number: u8, rule: ClaimRule) -> KeptRule {
    let at = ago(i64::from(number));
    KeptRule { id: RuleId::from_random(&[number; 12]), rule, version: 3, created_at: at, updated_at: at }
}

fn issuer() -> IssuerFacts {
    let fixed =
        rule(Asks::Claim("roles".to_owned()), Test::Equals("Admin".to_owned()), Gives::Role(Role::Administrator));
    IssuerFacts {
        id: "okta".to_owned(),
        name: "Okta".to_owned(),
        url: "https://example.okta.com".to_owned(),
        client_id: "keywright".to_owned(),
        redirect_uri: "https://keys.example.com/auth/cb/okta".to_owned(),
        groups_claim: "groups".to_owned(),
        default_role: Some(Role::Developer),
        fixed: vec![fixed],
    }
}

pub(super) fn setup(rules: bool) -> SignInSetup {
    let entra =
        IssuerFacts { id: "entra".to_owned(), name: "Entra".to_owned(), default_role: None, fixed: vec![], ..issuer() };
    let why = IssuerState::DoesNotAnswer("the issuer is unavailable: no route".to_owned());
    let lead = Gives::Team { team: team_id(1), lead: true };
    let prefix = rule(Asks::Groups, Test::Prefix("llm-".to_owned()), lead);
    SignInSetup {
        issuers: if rules { vec![(issuer(), IssuerState::Answers), (entra, why)] } else { vec![(entra, why)] },
        rules: if rules { vec![kept(1, finance()), kept(2, prefix)] } else { vec![] },
        teams: vec![(team_id(1), "Billing".to_owned())],
    }
}

pub(super) fn directory() -> PersonDirectory {
    PersonDirectory {
        told: GroupsTold::TooMany,
        given_groups: vec!["frontier".to_owned()],
        cost_centre: Some("4711".to_owned()),
        teams_by_rule: vec![team_id(1)],
        seen_at: ago(1),
    }
}

fn choices() -> RuleChoices {
    RuleChoices {
        issuers: vec![("okta".to_owned(), "Okta".to_owned())],
        teams: vec![(team_id(1), "Billing".to_owned())],
    }
}

fn preview(loses_own_role: bool) -> RulePreview {
    let outlook = Outlook { gains: vec![Gives::Role(Role::Auditor)], loses: vec![Gives::Role(Role::Developer)] };
    let person = PersonOutlook { person: PersonId::from_random(&[7; 16]), name: "Ada Example".to_owned(), outlook };
    RulePreview {
        stamp: "ab".repeat(16),
        changed: 1_204,
        people: vec![person],
        unknown: 1,
        loses_own_role,
        administrators: 2,
    }
}

pub(super) fn rule_form(looked_at: bool, reasons: Reasons) -> editor::Model {
    editor::Model {
        form: form_id(),
        action: "/admin/sign-in/rules/new".to_owned(),
        draft: RuleDraft::from(&finance()),
        version: looked_at.then_some(3),
        choices: choices(),
        preview: looked_at.then(|| preview(true)),
        reasons,
    }
}

pub(super) fn removal() -> remove::Model {
    remove::Model {
        form: form_id(),
        kept: kept(1, finance()),
        choices: choices(),
        preview: preview(false),
        reasons: Reasons::default(),
    }
}

pub(super) fn tested(told: GroupsTold) -> TestedLogin {
    let groups: &[&str] = if told == GroupsTold::Listed { &["finance", "sre"] } else { &[] };
    let claim = |name: &str, values: &[&str]| ShownClaim {
        name: name.to_owned(),
        values: values.iter().map(|&value| value.to_owned()).collect(),
    };
    TestedLogin {
        issuer: issuer(),
        subject: "00u1".to_owned(),
        at: calendar().now,
        until: calendar().now.plus_ms(600_000),
        claims: vec![claim("groups", groups), claim("name", &["Ada <script>"]), claim("sub", &["00u1"])],
        told,
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        rules: vec![
            (None, issuer().fixed.remove(0), TestVerdict::DoesNot, None),
            match told {
                GroupsTold::Listed => {
                    (Some(kept(1, finance()).id), finance(), TestVerdict::Fits, Some("finance".to_owned()))
                }
                _ => (Some(kept(1, finance()).id), finance(), TestVerdict::Undecided, None),
            },
        ],
        teams: vec![],
    }
}
