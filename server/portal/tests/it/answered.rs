//! Which answers home tells, to whom, and for how long.

use crate::asking::Asking;
use domain::access_request::Standing;
use domain::id::RequestId;
use domain::person::Caller;

async fn told(asking: &Asking, caller: &Caller) -> Vec<RequestId> {
    let rows = asking.world.portal.answers_to_read(caller).await.unwrap();
    rows.into_iter().map(|row| row.request.id).collect()
}

#[tokio::test]
async fn an_approved_key_is_told_until_its_secret_is_taken() {
    let asking = Asking::new().await;
    let portal = &asking.world.portal;
    let request = asking.ask_for_key("search", asking.maximum().await + 50).await;
    assert_eq!(told(&asking, &asking.ada).await, [], "nobody answered yet");
    assert_eq!(portal.count_to_decide(&asking.lea).await.unwrap(), 1);
    asking.approve(&asking.lea, request).await.unwrap();
    assert_eq!(portal.count_to_decide(&asking.lea).await.unwrap(), 0);
    let rows = portal.answers_to_read(&asking.ada).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.request.id, row.standing)).collect::<Vec<_>>(),
        [(request, Standing::Approved)]
    );
    assert_eq!(told(&asking, &asking.lea).await, [], "whoever answered asked for nothing");
    portal.take_secret(&asking.ada, request, &portal.new_form()).await.unwrap();
    assert_eq!(told(&asking, &asking.ada).await, []);
}

#[tokio::test]
async fn a_no_is_told_for_two_weeks_the_latest_answer_first() {
    let asking = Asking::new().await;
    let portal = &asking.world.portal;
    let key = asking.world.mint(&asking.ada, "laptop").await;
    let mut requests = Vec::new();
    for dollars in [500, 600, 700] {
        requests.push(asking.try_more(key, dollars, 60).await.unwrap());
    }
    portal.decline_request(&asking.lea, requests[1], "Too much").await.unwrap();
    asking.world.advance_days(7);
    asking.approve(&asking.lea, requests[2]).await.unwrap();
    portal.decline_request(&asking.lea, requests[0], "Not before January").await.unwrap();
    assert_eq!(told(&asking, &asking.ada).await, [requests[0], requests[1]], "more that was given needs nothing");
    asking.world.advance_days(7);
    assert_eq!(told(&asking, &asking.ada).await, [requests[0]]);
    asking.world.advance_days(7);
    assert_eq!(told(&asking, &asking.ada).await, []);
}
