//! What the pages of requests and approvals promise.

use crate::page::Page;
use crate::samples::{answers, pages};
use app::chrome::Place;
use app::pages::requests::place_of;
use app::routes::{Method, table};
use portal::requests::RequestRow;

fn sample(name: &str) -> Page {
    pages().into_iter().find(|(file, _)| *file == name).map(|(_, page)| page).unwrap()
}

#[test]
fn every_form_is_answered_by_a_route_that_takes_forms() {
    let fits = |pattern: &str, path: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len()
            && pattern.iter().zip(&path).all(|(pattern, part)| pattern.starts_with('{') || pattern == part)
    };
    let posts: Vec<_> = table().into_iter().filter(|route| route.method == Method::Post).collect();
    let mut seen = 0;
    for (file, page) in pages() {
        let start = ["request", "ask", "approvals"].into_iter().any(|start| file.starts_with(start));
        let forms = page.all("form").filter(|form| start && form.get("action") != Some(app::paths::SIGN_OUT));
        for form in forms {
            let action = form.get("action").unwrap();
            assert!(posts.iter().any(|route| fits(route.path, action)), "{file}: {action}");
            seen += 1;
        }
    }
    assert_eq!(seen, 10);
}

#[test]
fn over_a_maximum_that_can_be_asked_for_the_field_offers_both_ways_out() {
    let page = sample("mint-askable");
    assert!(page.html.contains("Use $100.00 a month"), "the nearest value that is allowed");
    assert!(page.html.contains("Ask for $150.00 a month"), "and the way to more");
    let asks =
        |button: &&crate::page::Element| button.get("name") == Some("act") && button.get("value") == Some("asking");
    assert_eq!(page.all("button").filter(asks).count(), 1);
}

#[test]
fn a_form_that_asks_says_who_decides_and_no_button_mints() {
    let page = sample("mint-asking");
    assert!(page.html.contains("Lea or an administrator decides, usually within 24 hours."));
    assert!(page.html.contains("Ask for this key") && !page.html.contains(">Mint key<"));
    for field in ["reason", "until", "for_good"] {
        assert!(page.ids().contains(&field), "{field}");
    }
}

#[test]
fn who_decides_sees_the_impact_and_whoever_asked_sees_with_whom_it_waits() {
    let queue = sample("approvals");
    assert!(queue.html.contains("Team Billing at 78 % of $1,200.00, at most 91 % afterwards."));
    assert!(queue.html.contains("May spend $350.00 a month instead of $200.00."));
    assert!(queue.html.contains(">Overdue<"));
    let mine = sample("requests");
    assert!(mine.html.contains("Waits with Lea, Mo or an administrator"));
    assert!(mine.html.contains("\u{201c}Not before January\u{201d}"), "the reason, word for word");
    let waiting = sample("request-to-decide");
    assert!(waiting.html.contains("Approve less…") && !waiting.html.contains(">Withdraw<"));
}

#[test]
fn whoever_approves_less_reads_the_maximum_of_the_guardrails_beside_what_was_asked() {
    let more = sample("request-less").html;
    assert!(more.contains("asked 350.00; guardrails: at most 200.00"), "a budget");
    assert!(more.contains("asked 90; guardrails: at most 60"), "a rate");
    assert!(more.contains("asked 16 Sep 2027; guardrails: until 20 Apr 2027"), "the end of a key");
    let key = sample("request-less-key").html;
    assert!(key.contains("asked 90; guardrails: at most 180"), "the life of a new key");
    assert!(key.contains("asked 100000<"), "nothing is said where the guardrails set no limit");
}

#[test]
fn navigation_marks_where_a_request_was_found() {
    let own = answers().remove(0);
    assert_eq!(place_of(&own), Place::Requests);
    assert_eq!(place_of(&RequestRow { mine: false, ..own }), Place::Approvals);
}
