//! What every administration page promises, whatever it shows.

use super::samples::{Sample, pages};
use crate::page::{Element, Page};
use crate::style::styled_classes;
use std::collections::BTreeSet;

fn every_page(mut claim: impl FnMut(&Sample, &Page)) {
    let pages = pages();
    assert!(pages.len() > 40);
    for sample in &pages {
        if let Ok(folder) = std::env::var("PAGES") {
            let who = if sample.auditor { "auditor" } else { "administrator" };
            std::fs::write(format!("{folder}/{}.{who}.html", sample.name), &sample.html).unwrap();
        }
        claim(sample, &Page::read(&sample.html));
    }
}

fn page(name: &str, auditor: bool) -> Page {
    let found = pages().into_iter().find(|sample| sample.name == name && sample.auditor == auditor);
    Page::read(&found.unwrap().html)
}

#[test]
fn nothing_inline_and_nothing_unstyled() {
    let styled = styled_classes();
    every_page(|sample, page| {
        for element in &page.elements {
            for name in element.attributes.keys() {
                assert!(name != "style" && !name.starts_with("on"), "{}: {element:?}", sample.name);
            }
            for class in element.get("class").unwrap_or_default().split_whitespace() {
                assert!(styled.contains(class), "{}: {class} means nothing", sample.name);
            }
        }
        assert!(!page.html.contains("<script>"), "{}", sample.name);
    });
}

#[test]
fn every_control_has_a_name_for_people() {
    every_page(|sample, page| {
        let labels: BTreeSet<_> = page.all("label").filter_map(|label| label.get("for")).collect();
        let controls = page.elements.iter().filter(|element| ["input", "select", "textarea"].contains(&&*element.name));
        for control in controls.filter(|control| control.get("type") != Some("hidden")) {
            let wrapped = control.within.iter().any(|name| name == "label");
            let labelled = control.get("id").is_some_and(|id| labels.contains(id));
            assert!(wrapped || labelled || control.get("aria-label").is_some(), "{}: {control:?}", sample.name);
        }
    });
}

#[test]
fn every_reference_leads_to_exactly_one_element() {
    every_page(|sample, page| {
        let ids = page.ids();
        let unique: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "{}: an id is used twice: {ids:?}", sample.name);
        let references = |element: &Element| -> Vec<String> {
            let listed =
                ["for", "aria-describedby", "aria-labelledby"].into_iter().filter_map(|name| element.get(name));
            let linked = element.get("href").and_then(|href| href.strip_prefix('#'));
            listed.flat_map(str::split_whitespace).chain(linked).map(str::to_owned).collect()
        };
        for element in &page.elements {
            for id in references(element) {
                assert!(unique.contains(&*id), "{}: {id} is missing: {element:?}", sample.name);
            }
        }
    });
}

#[test]
fn tables_keep_their_meaning_when_narrow_and_headings_their_order() {
    every_page(|sample, page| {
        for cell in page.all("td") {
            assert!(cell.get("data-label").is_some_and(|label| !label.is_empty()), "{}: {cell:?}", sample.name);
        }
        assert_eq!(page.all("table").count(), page.all("caption").count(), "{}", sample.name);
        let levels = page.elements.iter().filter_map(|element| element.name.strip_prefix('h')?.parse::<u8>().ok());
        let mut before = 0;
        for level in levels {
            assert!(level <= before + 1, "{}: h{level} follows h{before}", sample.name);
            before = level;
        }
        assert_eq!(page.all("h1").count(), 1, "{}", sample.name);
    });
}

#[test]
fn at_most_one_button_is_primary() {
    every_page(|sample, page| {
        let primary = page.elements.iter().filter(|element| {
            element.get("class").is_some_and(|class| class.split_whitespace().any(|word| word == "primary"))
        });
        assert!(primary.count() <= 1, "{}", sample.name);
    });
}

#[test]
fn auditors_see_everything_and_can_change_nothing() {
    every_page(|sample, page| {
        if !sample.auditor {
            return;
        }
        let posts: Vec<_> = page.all("form").filter(|form| form.get("method") == Some("post")).collect();
        assert!(posts.iter().all(|form| form.get("action") == Some("/auth/sign-out")), "{}: {posts:?}", sample.name);
        let acts = [
            "/new",
            "/change",
            "/credential",
            "/switch",
            "/models",
            "/suspend",
            "/administrator",
            "/add",
            "/successor",
        ];
        for link in page.all("a").filter_map(|link| link.get("href")).filter(|href| href.starts_with("/admin/")) {
            let path = link.split('?').next().unwrap();
            let own = path == "/admin/models" || path.contains("/watched/");
            assert!(own || !acts.iter().any(|act| path.ends_with(act)), "{}: {link}", sample.name);
        }
    });
    assert!(page("guardrail", true).html.contains("$100.00"), "the figures are there, only the fields are not");
}

#[test]
fn administrators_have_the_controls_that_auditors_do_not() {
    let posts_to = |name: &str| -> Vec<String> {
        let page = page(name, false);
        page.all("form").filter_map(|form| form.get("action")).map(str::to_owned).collect()
    };
    assert!(posts_to("provider").iter().any(|action| action.ends_with("/test")));
    assert!(posts_to("guardrail").iter().any(|action| action.starts_with("/admin/guardrails/prof_")));
    assert!(posts_to("budget").iter().any(|action| action == "/admin/budgets/organisation"));
    assert!(posts_to("unit").iter().any(|action| action.starts_with("/admin/units/unit_")));
    assert!(posts_to("team").iter().any(|action| action.ends_with("/members")));
}

#[test]
fn a_credential_field_is_always_empty_and_never_remembered() {
    let mut seen = 0;
    every_page(|sample, page| {
        for field in page.all("input").filter(|field| field.get("name") == Some("credential")) {
            assert_eq!(field.get("value").unwrap_or_default(), "", "{}", sample.name);
            assert_eq!(
                (field.get("type"), field.get("autocomplete")),
                (Some("password"), Some("off")),
                "{}",
                sample.name
            );
            seen += 1;
        }
    });
    assert_eq!(seen, 4);
    let provider = page("provider", false);
    assert!(provider.html.contains("9PdE") && provider.html.contains("3f·a1·7c"));
    assert_eq!(provider.all("input").count(), 0, "nothing to type a secret into");
}

#[test]
fn a_form_that_makes_something_acts_once() {
    for name in ["provider-new", "model-new", "guardrail-new", "team-new", "unit-new", "rule-new", "rule-remove"] {
        let page = page(name, false);
        let form = page.all("input").find(|field| field.get("name") == Some("form")).unwrap();
        assert_eq!(form.get("value").map(str::len), Some(32), "{name}");
    }
}

#[test]
fn a_refused_form_says_every_reason_above_and_at_its_field() {
    let page = page("provider-new-refused", false);
    let summary = page.html.split("role=\"alert\"").nth(1).unwrap();
    assert!(
        summary.contains("2 things to change")
            && summary.contains("href=\"#name\"")
            && summary.contains("href=\"#credential\"")
    );
    assert!(
        page.html.contains("id=\"name-error\"") && page.html.contains("value=\"Our own\""),
        "what was typed is kept"
    );
}

#[test]
fn an_edit_of_an_old_version_says_so_and_is_kept() {
    let page = page("guardrail-stale", false);
    assert!(page.html.contains("saved version 8 while you were editing version 7"));
    let version = page.all("input").find(|field| field.get("name") == Some("version")).unwrap();
    assert_eq!(version.get("value"), Some("7"));
    assert!(page.html.contains("2 of 3 served models"));
}

#[test]
fn the_audit_log_shows_what_changed_in_words_that_people_use() {
    let page = page("audit", true);
    assert!(page.html.contains("<del>$50.00</del>") && page.html.contains("<ins>$100.00</ins>"));
    assert!(page.html.contains("changed the guardrails") && page.html.contains("&lt;script&gt;"));
    assert!(page.html.contains("before=17"));
}

#[test]
fn a_level_shows_what_is_left_and_that_more_is_handed_out_than_there_is() {
    let list = page("budgets", true);
    assert!(list.html.contains("$36,000.00 a month handed out below") && list.html.contains("in Europe"));
    assert!(list.html.contains("90,000,000 tokens a day"));
    let level = page("budget", true);
    assert!(level.html.contains("$11,792.00 left") && level.html.contains("600 requests a minute"));
    assert!(level.html.contains("Budgets below add up to $36,000.00 a month, and there are $30,000.00 here"));
    let refused = page("budget-refused", false);
    assert!(refused.html.contains("id=\"tokens_day-error\"") && refused.html.contains("id=\"guarantee_month-error\""));
    assert!(refused.all("details").all(|details| details.get("open").is_some()), "a reason inside opens the fold");
    let version = refused.all("input").find(|field| field.get("name") == Some("version")).unwrap();
    assert_eq!(version.get("value"), Some("3"));
}

#[test]
fn a_discount_stands_where_it_is_set_and_where_prices_are_read() {
    let form = page("provider-change", false);
    let field = form.all("input").find(|field| field.get("name") == Some("discount_or_margin")).unwrap();
    assert_eq!(field.get("value"), Some("-12.5"));
    for auditor in [false, true] {
        assert!(page("provider", auditor).html.contains("\u{2212}12.5 %"));
        let model = page("model", auditor);
        assert!(model.html.contains("At Messages EU") && model.html.contains("prices are 12.5 % lower"));
    }
}

#[test]
fn sessions_name_their_browser_and_only_one_is_this_one() {
    let account = page("account", false);
    assert!(account.html.contains("Firefox on Linux") && account.html.contains("Unknown browser"));
    assert_eq!(account.html.matches("this browser").count(), 1);
    let ends = |name, auditor| {
        let page = page(name, auditor);
        page.all("form").filter_map(|form| form.get("action")).filter(|to| to.ends_with("/sessions")).count()
    };
    assert_eq!((ends("account", false), ends("person", false), ends("person", true)), (2, 3, 0));
}

#[test]
fn a_rule_is_saved_only_after_who_would_change_was_shown() {
    let buttons = |name| -> Vec<String> {
        let page = page(name, false);
        let buttons = page.all("button").filter(|button| button.get("name") == Some("act"));
        buttons.filter_map(|button| button.get("value")).map(str::to_owned).collect()
    };
    assert_eq!(buttons("rule-new"), ["check"]);
    assert_eq!(buttons("rule-looked-at"), ["save", "check"]);
    let looked_at = page("rule-looked-at", false);
    assert!(looked_at.html.contains("1,204 people change") && looked_at.html.contains("And 1,203 more."));
    assert!(looked_at.all("input").any(|field| field.get("name") == Some("accept")));
    assert!(looked_at.html.contains("id=\"accept-error\""));
    let removal = page("rule-remove", false);
    assert!(removal.all("input").all(|field| field.get("name") != Some("accept")), "nobody loses their own role here");
}

#[test]
fn a_membership_that_a_rule_gave_is_told_apart_from_one_by_hand() {
    assert_eq!(page("team", true).html.matches("by a rule about sign-in").count(), 1);
    let person = page("person", false);
    assert!(person.html.contains("Too many for the directory to list") && person.html.contains("frontier"));
}

#[test]
fn a_test_sign_in_says_what_is_missing_and_escapes_what_came() {
    let whole = page("test-sign-in", false);
    assert!(whole.html.contains("Ada &lt;script&gt;") && whole.html.contains("by finance"));
    let mapped: Vec<_> = whole.all("option").filter_map(|option| option.get("value")).collect();
    assert!(mapped.contains(&"sre") && !mapped.contains(&"finance"), "finance has its rule");
    assert!(page("test-sign-in-without-groups", false).html.contains("not the same as no groups"));
    assert!(page("test-sign-in-too-many-groups", false).html.contains("app roles"));
}
