//! What the list, the key's page and the acts on it promise.

use crate::page::Page;
use crate::samples::*;
use crate::specimen::framed;
use app::pages::keys::{acts, detail, list};
use app::pages::{home, models};
use portal::keys::{KeyActs, KeysView, OwnerFilter};

fn page<V: leptos::prelude::IntoView + 'static>(body: impl FnOnce() -> V) -> Page {
    Page::read(&framed(Some(&developer()), "x", body))
}

fn hrefs(page: &Page) -> Vec<&str> {
    page.all("a").filter_map(|link| link.get("href")).collect()
}

#[test]
fn a_link_to_a_view_is_the_view_with_its_filters() {
    let page = page(|| list::view(list_model()));
    let links = hrefs(&page);
    assert!(links.contains(&"/keys?view=attention&amp;q=in+voice"), "{links:?}");
    assert!(links.contains(&"/keys?q=in+voice&amp;after=cursor%2F%2B%3D&amp;from=6"), "{links:?}");
    assert!(page.html.contains("1–5 of 1,204"));
    let asked = list::Asked { view: Some("over-80".into()), owner: Some("everyone".into()), ..list::Asked::default() };
    let query = asked.query(OwnerFilter::Mine);
    assert_eq!((query.view, query.owner), (KeysView::OverEighty, OwnerFilter::All));
    let team = list::Asked { owner: Some(team().to_string()), ..list::Asked::default() }.query(OwnerFilter::Mine);
    assert_eq!(team.owner, OwnerFilter::Team(crate::samples::team()));
    let nonsense = list::Asked { view: Some("x".into()), owner: Some("x".into()), ..list::Asked::default() };
    assert_eq!(nonsense.query(OwnerFilter::All).owner, OwnerFilter::Mine);
}

#[test]
fn titles_of_columns_sort_the_list_and_everything_else_on_the_page_stays_in_that_order() {
    let sorted = |sort: Option<&str>| {
        let asked = list::Asked { sort: sort.map(str::to_owned), ..list_model().asked };
        page(|| list::view(list::Model { asked, ..list_model() }))
    };
    let heads = |page: &Page| {
        let heads = page.all("th").filter(|head| head.get("scope") == Some("col"));
        heads.map(|head| head.get("aria-sort").unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    let usual = sorted(None);
    assert_eq!(heads(&usual).concat(), "", "no column stands for the newest first");
    for link in
        ["/keys?q=in+voice&amp;sort=name", "/keys?q=in+voice&amp;sort=-used", "/keys?q=in+voice&amp;sort=expires"]
    {
        assert!(hrefs(&usual).contains(&link), "{link}");
    }
    assert!(usual.html.contains(">Oldest first</a>"));

    let by_use = sorted(Some("-used"));
    assert_eq!(heads(&by_use), ["", "", "", "", "descending", "", ""]);
    for link in [
        "/keys?q=in+voice&amp;sort=used",
        "/keys?q=in+voice",
        "/keys?view=attention&amp;q=in+voice&amp;sort=-used",
        "/keys?q=in+voice&amp;sort=-used&amp;after=cursor%2F%2B%3D&amp;from=6",
    ] {
        assert!(hrefs(&by_use).contains(&link), "{link}: {:?}", hrefs(&by_use));
    }
    assert!(by_use.html.contains(">Newest first</a>"));
    let kept =
        by_use.all("input").filter(|input| input.get("name") == Some("sort") && input.get("value") == Some("-used"));
    assert_eq!(kept.count(), 2, "in the filter, and in the form of what is selected");
}

#[test]
fn a_row_names_whose_money_is_tightest() {
    let page = page(|| list::view(list_model()));
    assert!(page.html.contains("<b>$99.97 left</b> of $100.00, the organisation"));
    assert!(page.html.contains("<b>$23.90 left</b> of $200.00"));
}

#[test]
fn an_empty_list_says_what_to_do_next() {
    let empty = |asked, may_mint| {
        let page = portal::keys::KeysPage { rows: vec![], ..keys_page() };
        let model = list::Model { page, asked, may_mint, owner: OwnerFilter::Mine, ..list_model() };
        framed(Some(&developer()), "Keys", || list::view(model))
    };
    assert!(
        empty(list::Asked::default(), true).contains("No keys yet. Mint one and make your first call in a minute.")
    );
    let narrowed = list::Asked { q: Some("x".into()), ..list::Asked::default() };
    assert!(empty(narrowed, true).contains("Show all keys"));
    assert!(!empty(list::Asked::default(), false).contains("/keys/new"));
}

#[test]
fn a_keys_page_shows_the_ledger_to_the_nano_dollar() {
    let page = page(|| detail::view(detail_model()));
    assert!(page.html.contains("$43.280123456") && page.html.contains("$6.099876544"));
    assert!(page.html.contains("Spent exactly $11.840123456 in these 30 days."));
    // Where the gateway's refusals lead.
    for anchor in ["budget-key-month", "budget-person-month", "limits", "calls", "snippets", "history"] {
        assert!(page.ids().contains(&anchor), "{anchor}");
    }
    assert!(page.elements.iter().any(|element| element.get("role") == Some("img")
        && element.get("aria-label").is_some_and(|label| label.starts_with("Spend by model"))));
}

#[test]
fn each_term_says_which_rule_it_comes_from() {
    let html = page(|| detail::view(detail_model())).html;
    let row = |anchor: &str| {
        html.split_once(&format!("id=\"term-{anchor}\"")).unwrap().1.split_once("</tr>").unwrap().0.to_owned()
    };
    assert!(
        row("requests_per_minute").contains("120")
            && row("requests_per_minute").contains("Standard developer, version 7")
    );
    assert!(row("cap_month").contains("$50.00") && row("cap_month").contains("this key"));
    assert!(row("networks").contains("10.0.0.0/8"));
}

#[test]
fn a_refused_call_says_why_and_leads_on() {
    let page = page(|| detail::view(detail_model()));
    assert!(page.html.contains("<b>model_not_allowed</b>: The key does not allow this model."));
    let links = hrefs(&page);
    assert!(links.contains(&"/models") && links.contains(&"#budgets"));
    let older = app::paths::key_calls(key_id(1), Some(calls()[5].id));
    assert!(links.contains(&older.as_str()), "{older}");
}

#[test]
fn only_acts_that_would_be_done_are_offered() {
    let all = page(|| detail::view(detail_model()));
    let act = |page: &Page, word: &str| {
        page.all("a").any(|link| link.get("href") == Some(&format!("{}/{word}", app::paths::key(key_id(1)))))
    };
    for word in ["rename", "rotate", "disable", "expiry", "revoke"] {
        assert!(act(&all, word), "{word}");
    }
    assert!(!act(&all, "enable"));
    let mut model = detail_model();
    model.detail.acts = KeyActs::default();
    let none = page(|| detail::view(model));
    for word in ["rename", "rotate", "disable", "enable", "expiry", "revoke"] {
        assert!(!act(&none, word), "{word}");
    }
}

#[test]
fn a_revoked_key_says_when_and_by_whom_and_offers_no_snippets() {
    let page = page(|| detail::view(revoked()));
    assert!(page.html.contains("Revoked everywhere at 20 Nov 2026, 14:30:07.412 by you: compromised."));
    assert!(!page.ids().contains(&"snippets"));
}

#[test]
fn revoking_states_who_will_be_refused_and_that_it_is_final() {
    let html = page(|| acts::revoke::view(revoke_model())).html;
    assert!(html.contains("1 caller in the last hour will be refused from the next call on."));
    assert!(html.contains("This cannot be undone."));
    let unused = acts::revoke::Model { callers: vec![], ..revoke_model() };
    assert!(page(|| acts::revoke::view(unused)).html.contains("It was never used."));
}

#[test]
fn every_form_posts_to_its_own_page() {
    let mut seen = 0;
    let of_requests = |file: &str| ["request", "ask", "approvals"].iter().any(|start| file.starts_with(start));
    for (file, page) in pages().into_iter().filter(|(file, _)| !of_requests(file)) {
        for form in page.all("form").filter(|form| {
            form.get("method") == Some("post") && form.get("class") == Some("form") && file != "specimen"
        }) {
            let action = form.get("action").unwrap();
            let expected = if file.starts_with("mint") {
                "/keys/new".to_owned()
            } else if file == "team-successor" {
                format!("{}/successor", app::paths::led_team(team()))
            } else if file == "usage-keep" {
                "/usage/views/new".to_owned()
            } else {
                format!("{}/{file}", app::paths::key(key_id(1)))
            };
            assert_eq!(action, expected, "{file}");
            seen += 1;
        }
    }
    assert_eq!(seen, 14);
}

#[test]
fn each_page_links_only_to_pages_that_there_are() {
    let known = app::routes::table();
    let fits = |pattern: &str, path: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len()
            && pattern.iter().zip(&path).all(|(want, have)| want.starts_with('{') || want == have)
    };
    for (file, page) in pages().iter().filter(|(file, _)| *file != "specimen") {
        for href in hrefs(page).into_iter().filter(|href| {
            href.starts_with("/keys") || href.starts_with("/calls") || *href == "/" || href.starts_with("/models")
        }) {
            let path = href.split(['?', '#']).next().unwrap();
            assert!(known.iter().any(|route| fits(route.path, path)), "{file}: {href}");
        }
    }
}

#[test]
fn a_newcomer_is_told_one_thing_to_do_next() {
    let new = page(|| home::view(newcomer()));
    let primary: Vec<_> = new.all("a").filter(|link| link.get("class") == Some("button primary")).collect();
    assert!(primary.len() == 1 && primary[0].get("href") == Some("/keys/new"));
    let mut waiting = newcomer();
    waiting.home.first_steps.may_mint = false;
    waiting.home.first_steps.models_served = false;
    let waiting = page(|| home::view(waiting));
    assert!(
        waiting.html.contains("No guardrails let you mint keys yet")
            && waiting.html.contains("Nothing can be called yet")
    );
    assert!(!hrefs(&waiting).contains(&"/keys/new"));
}

#[test]
fn home_says_what_needs_attention_and_why() {
    let html = page(|| home::view(home_model())).html;
    assert!(html.contains("Its $10.00 are used up: calls are refused until 1 Dec."));
    assert!(html.contains("$23.90 of $200.00 left until 1 Dec."));
    assert!(html.contains("Not used for 45 days. Revoke it if nobody needs it."));
}

#[test]
fn who_oversees_finds_the_way_without_holding_a_key() {
    let auditor = home::Model { may_manage: false, oversees: true, ..newcomer() };
    let page = page(|| home::view(auditor));
    let links = hrefs(&page);
    assert!(
        links.contains(&"/keys?owner=everyone") && links.contains(&"/admin/audit") && !links.contains(&"/keys/new")
    );
    assert!(!page.html.contains("First steps"));
}

#[test]
fn home_says_what_came_of_requests_and_how_many_wait_for_an_answer() {
    let home_page =
        |answers: Vec<_>, to_decide| page(|| home::view(home::Model { answers, to_decide, ..home_model() }));
    let full = home_page(home_model().answers, 3);
    assert!(full.html.contains("3 requests wait for your answer.") && hrefs(&full).contains(&"/approvals"));
    let requests = hrefs(&full).into_iter().filter(|href| href.starts_with("/requests/"));
    let takes = requests.filter(|href| href.ends_with("#secret")).count();
    assert_eq!(takes, 1, "of an approved key the secret is to be taken, of a no the reason to be read");
    assert!(full.html.contains("\u{201c}Not before January\u{201d}"));
    assert!(home_page(vec![], 1).html.contains("1 request waits for your answer."));
    let quiet = home_page(vec![], 0);
    assert!(!quiet.html.contains("wait for your answer") && !quiet.ids().contains(&"answers"));
}

#[test]
fn home_says_how_many_keys_wait_for_a_review_and_until_when() {
    let home_page = |to_review| page(|| home::view(home::Model { to_review, ..home_model() }));
    let waiting = home_page(Some(reviewing::waiting(false)));
    assert!(waiting.html.contains("1,204 keys wait for your review, due by 31 Oct 2026."), "{}", waiting.html);
    assert!(hrefs(&waiting).contains(&"/reviews"));
    let late = home_page(Some(reviewing::waiting(true)));
    assert!(late.html.contains("1 key waits for your review, which was due by 31 Oct 2026."));
    assert!(!home_page(None).html.contains("your review"));
}

#[test]
fn models_show_their_price_and_who_may_call_them() {
    let shown = |q: &str| {
        let asked = models::compare::Asked { q: q.to_owned(), ..Default::default() };
        let comparison = models::compare::Comparison::of(asked);
        let model = models::Model { models: model_rows(), comparison, may_mint: true };
        page(|| models::view(model)).html
    };
    let all = shown("");
    assert!(all.contains("$3.00") && all.contains("$15.00") && all.contains("and $0.01 a call"));
    assert!(all.contains("None: ask an administrator") && all.contains("Refused until it has a price"));
    assert!(!shown(" OTHER ").contains("demo-large") && shown(" OTHER ").contains("other-model"));
    assert!(shown("nothing-like-it").contains("Show all models"));
}

#[test]
fn a_refused_call_leads_whoever_may_ask_to_the_form_that_asks() {
    let asks = |page: Page| {
        let links = hrefs(&page).into_iter().filter(|href| href.contains("/ask"));
        links.map(|href| href.split_once("/ask").unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    let of_key = |model| asks(page(|| detail::view(model)));
    // The button of the page's head, the model that was refused, the budget that was used up.
    assert_eq!(of_key(detail_model()), ["", "?model=gpt-x", ""]);
    assert_eq!(of_key(detail::Model { may_mint: false, ..detail_model() }), Vec::<String>::new());
    let of_call = |detail| {
        let model = app::pages::call::Model { detail, calendar: crate::specimen::calendar() };
        asks(page(|| app::pages::call::view(model)))
    };
    assert_eq!(of_call(refused_call(true)), ["?model=gpt-x"]);
    assert_eq!(of_call(refused_call(false)), Vec::<String>::new());
    assert!(app::paths::ask_for_model(key_id(1), "a&b=c d").ends_with("/ask?model=a%26b%3Dc+d"));
}

#[test]
fn a_call_says_how_often_it_was_tried_if_that_was_more_than_once() {
    let shown = |attempts| {
        let call = domain::usage::UsageRecord { attempts, ..calls()[0].clone() };
        let served_by = Some(("Demo".to_owned(), "demo-1".to_owned()));
        let detail = portal::keys::CallDetail { call, key_name: "ci".to_owned(), served_by, may_ask: true };
        page(|| app::pages::call::view(app::pages::call::Model { detail, calendar: crate::specimen::calendar() })).html
    };
    assert!(shown(2).contains("2 attempts"));
    assert!(!shown(1).contains("attempt") && !shown(0).contains("attempt"));
}
