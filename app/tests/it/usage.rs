//! What the usage explorer says, and where its figures lead.

use crate::page::Page;
use crate::samples::{narrowed_usage, no_usage, usage_in_euros, usage_model, usage_without_a_rate};
use crate::specimen::{administrator, framed};
use app::pages::usage::{self, Model};

fn html(model: Model) -> Page {
    Page::read(&framed(Some(&administrator()), "Usage", || usage::view(model)))
}

fn links(page: &Page) -> Vec<String> {
    page.all("a").filter_map(|link| link.get("href").map(|href| href.replace("&amp;", "&"))).collect()
}

#[test]
fn two_clicks_lead_to_the_culprit() {
    let month = html(usage_model());
    let links_of_month = links(&month);
    assert!(links_of_month.contains(&"/usage?from=2026-11-14&to=2026-11-14&by=key".to_owned()), "{links_of_month:?}");
    assert!(links_of_month.contains(&"/usage?by=model&application=invoice-parser".to_owned()), "{links_of_month:?}");
    let day = html(narrowed_usage());
    assert!(day.html.contains("By model") && day.html.contains("By key"));
    assert!(links(&day).iter().any(|href| href.starts_with("/keys/kwr_")));
    assert!(
        links(&day).contains(&"/usage?from=2026-11-14&to=2026-11-14&by=model".to_owned()),
        "the filter has a way out"
    );
}

#[test]
fn what_belongs_to_none_is_a_row_and_can_be_looked_into() {
    let page = html(usage_model());
    assert!(page.html.contains("No application"));
    assert!(links(&page).contains(&"/usage?by=model&application=%7E".to_owned()));
    assert!(page.html.contains("12 more applications"));
}

#[test]
fn the_file_is_of_what_is_shown() {
    assert!(links(&html(usage_model())).contains(&"/usage/file.csv?by=application".to_owned()));
    assert!(!html(no_usage()).html.contains("file.csv"), "nothing is no file");
}

#[test]
fn kept_views_lead_where_they_say_and_the_one_that_is_shown_can_be_removed() {
    let page = html(usage_model());
    let links_here = links(&page);
    assert!(links_here.contains(&"/usage?range=90&by=model".to_owned()) && page.html.contains("shared by Dora"));
    assert!(links_here.iter().any(|href| href.starts_with("/usage/views/view_") && href.ends_with("/remove")));
    assert!(!links_here.iter().any(|href| href.starts_with("/usage/views/new")), "it is kept already");
    let new = "/usage/views/new?from=2026-11-14&to=2026-11-14&by=model&application=invoice-parser".to_owned();
    assert!(links(&html(narrowed_usage())).contains(&new));
}

#[test]
fn each_row_has_a_course_that_is_also_told_in_words() {
    let month = html(usage_model());
    let courses: Vec<_> = month.all("svg").filter(|svg| svg.get("class") == Some("spark")).collect();
    assert_eq!(courses.len(), 4);
    assert!(courses.iter().all(|svg| svg.get("aria-label").is_some_and(|said| said.starts_with("Most on "))));
    assert!(!html(narrowed_usage()).html.contains("spark"), "a single day has no course");
}

#[test]
fn names_stay_text() {
    assert!(html(usage_model()).html.contains("search &lt;b&gt;"));
}

#[test]
fn a_currency_stands_before_the_dollars_that_stay_in_reach() {
    let dollars = html(usage_model()).html;
    assert!(dollars.contains("<b>$9,120.44</b>") && !dollars.contains("EUR") && !dollars.contains("in US dollars"));
    let euros = html(usage_in_euros()).html;
    // 9,120.44 × 0.92
    let cell = "<b>EUR\u{a0}8,390.80</b><span title=\"$9,120.44\" class=\"note\">$9,120.44</span>";
    assert!(euros.contains(cell), "{euros}");
    assert!(euros.contains("one US dollar is 0.92 from 2 Oct 2026, 0.93 from 15 Nov 2026."));
    assert!(euros.contains("Exactly $9,432.52, as the ledger has it."), "{euros}");
}

#[test]
fn days_without_a_rate_stay_in_dollars_and_the_page_says_so() {
    let page = html(usage_without_a_rate()).html;
    assert!(page.contains("There is no rate for EUR before 15 Nov 2026"), "{page}");
    assert!(page.contains("<b>$5.00</b>") && !page.contains("EUR\u{a0}"));
}

#[test]
fn a_range_tells_its_year() {
    assert!(html(usage_model()).html.contains("1 to 20 Nov 2026. Days are those of"));
}
