//! Lets calls that came together go on together.

use std::future::poll_fn;
use std::task::Poll;

/// Lets every other task that is ready go first, once.
///
/// A call executes more code than a processor keeps at hand, and waits for it more than for anything else. Where a dozen
/// calls have come at once, each finds the code of a part of its way still there if the one before has just been on it:
/// so the way is cut where it is about to become the kernel's. Unlike the runtime's own `yield_now` this does not look
/// for news first, which costs a system call.
pub(crate) async fn others_first() {
    let mut gone_first = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut gone_first, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::others_first;
    use std::cell::RefCell;

    #[tokio::test]
    async fn everyone_is_let_in_before_anyone_goes_on() {
        let steps = RefCell::new(Vec::new());
        let call = |name: &'static str| {
            let steps = &steps;
            async move {
                steps.borrow_mut().push((name, "let in"));
                others_first().await;
                steps.borrow_mut().push((name, "sent"));
            }
        };
        futures_util::future::join(call("one"), call("two")).await;
        assert_eq!(steps.into_inner(), [("one", "let in"), ("two", "let in"), ("one", "sent"), ("two", "sent")]);
    }
}
