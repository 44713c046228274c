//! A hundred thousand keys are looked through in one index or not at all, and decisions by their quarter.

use super::{COUNT_OF, COUNT_UNLED, DECIDED, DONE, DONE_OF, LEFT_OVER, PAGE_OF, PAGE_UNLED, QUARTERS, WAITING};
use crate::key_list::plans::plan;

#[tokio::test]
async fn keys_that_wait_are_read_from_one_index() {
    for text in [PAGE_UNLED, COUNT_UNLED, WAITING] {
        let steps = plan(text).await;
        let by_age = "SEARCH virtual_key USING COVERING INDEX virtual_key_by_age";
        assert!(steps.iter().any(|step| step.starts_with(by_age)), "{steps:?}");
    }
    for (text, by) in [(PAGE_OF, "(owner_id=?"), (COUNT_OF, "(owner_id=?"), (LEFT_OVER, "(created_at<?")] {
        let steps = plan(text).await;
        let keys = steps.iter().find(|step| step.contains(" virtual_key ")).unwrap();
        assert!(keys.starts_with("SEARCH virtual_key USING") && keys.contains(by), "{steps:?}");
    }
    let page = plan(PAGE_UNLED).await;
    assert!(page.iter().all(|step| !step.contains("ORDER BY")), "a page is not sorted: {page:?}");
}

#[tokio::test]
async fn decisions_are_found_by_their_quarter() {
    for text in [DECIDED, DONE, DONE_OF, QUARTERS] {
        let steps = plan(text).await;
        assert!(steps.iter().all(|step| !step.starts_with("SCAN key_review")), "{steps:?}");
        assert!(
            steps.iter().any(|step| step.contains("SEARCH key_review") || step.contains("SEARCH later")),
            "{steps:?}"
        );
    }
    let page = plan(DONE).await;
    assert!(page.iter().all(|step| !step.contains("ORDER BY")), "a page is not sorted: {page:?}");
}
