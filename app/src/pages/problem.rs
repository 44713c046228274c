//! Why there is no page, for people: what happened, what to do next, and the request id to quote.

use crate::chrome::Place;
use crate::components::{Id, PageHead};
use crate::html;
use crate::paths;
use crate::visit::{Frame, PageError};
use crate::words;
use domain::person::Caller;
use leptos::prelude::*;

struct Words {
    status: u16,
    title: &'static str,
    paragraphs: Vec<String>,
    /// What exactly was wrong with the request, for those who made it by hand.
    detail: Option<String>,
    link: (&'static str, String),
}

/// The status and the page.
pub fn page(frame: &Frame, caller: Option<&Caller>, error: &PageError, request_id: &str) -> (u16, String) {
    let words = words_of(error, caller.is_some());
    let status = words.status;
    let id = request_id.to_owned();
    let html = html::document(&frame.chrome(caller, Place::Elsewhere), words.title, || view_of(words, id));
    (status, html)
}

fn view_of(words: Words, id: String) -> impl IntoView {
    let Words { title, paragraphs, detail, link: (text, href), .. } = words;
    let paragraphs = paragraphs.into_iter().map(|text| view! { <p>{text}</p> });
    view! {
        <PageHead title=title/>
        <div class="prose">
            {paragraphs.collect_view()}
            {detail.map(|detail| view! { <p class="muted">{detail}</p> })}
            <div class="actions"><a class="button primary" href=href>{text}</a></div>
            <p class="muted">"Request "<Id text=id/></p>
        </div>
    }
}

fn words_of(error: &PageError, signed_in: bool) -> Words {
    let home = if signed_in {
        ("Go to the start page", paths::HOME.to_owned())
    } else {
        ("Sign in", paths::SIGN_IN.to_owned())
    };
    let say = |status, title, text: &str| Words {
        status,
        title,
        paragraphs: vec![text.to_owned()],
        detail: None,
        link: home.clone(),
    };
    match error {
        PageError::NotFound => say(
            404,
            "Nothing here",
            "There is nothing at this address, or it belongs to somebody else. Check the address, or look for it from \
             the start page.",
        ),
        PageError::Forbidden => say(
            403,
            "Not yours to see",
            "Neither your roles nor what is set for you to see include this page. If you need it for your work, ask an \
             administrator.",
        ),
        PageError::SignedOut => Words {
            link: ("Sign in again", paths::SIGN_IN.to_owned()),
            ..say(
                401,
                "Your session has ended",
                "Nothing was changed. Sign in again, open the page anew and send the form once more.",
            )
        },
        PageError::OtherSite { ours } => say(
            403,
            "Not sent from here",
            &format!(
                "This form was not sent from a page of {ours}, so nothing was changed. Open the page there and send the \
                 form again."
            ),
        ),
        PageError::WrongMethod => {
            say(405, "Not this way", "There is a page at this address, but it does not take this kind of request.")
        }
        PageError::UnsupportedForm => say(
            415,
            "This form cannot be read",
            "Pages take forms as browsers send them (application/x-www-form-urlencoded). Nothing was changed.",
        ),
        PageError::TooLarge => {
            say(413, "Too much at once", "A form may have at most 256 KiB. Nothing was changed. Send it in parts.")
        }
        PageError::BadRequest(detail) => Words {
            detail: Some(detail.clone()),
            ..say(
                400,
                "This address cannot be read",
                "Something in the address is not what this page takes. Check it, or \
                start from the beginning.",
            )
        },
        PageError::Unprocessable(detail) => Words {
            detail: Some(detail.clone()),
            ..say(
                422,
                "This form cannot be read",
                "What arrived is not what this page sends. Nothing was changed. Open \
                the page again and fill it in there.",
            )
        },
        PageError::Stale { current } => say(
            409,
            "Changed in the meantime",
            &format!(
                "Somebody saved version {current} while you were editing an older one. Nothing was overwritten. Go back, \
                 reload the page to see what changed, then enter your change again."
            ),
        ),
        PageError::Refused(refusals) => {
            Words { paragraphs: refusals.iter().map(words::refusal).collect(), ..say(422, "This was not done", "") }
        }
        PageError::AlreadyDone(made) => Words {
            link: ("Open what it made", paths::made(*made)),
            ..say(409, "Already done", "This form was sent before. It acted once, and nothing was done again.")
        },
        PageError::Unavailable => say(
            503,
            "Busy at the moment",
            "The database does not answer. Nothing was changed. Try again in a few seconds; calls with keys are not \
             affected as long as the gateway runs.",
        ),
        PageError::Sealed => say(
            503,
            "Locked without the root secret",
            "Stored secrets cannot be opened with the root secret in use, so that this cannot be done now. Whoever runs \
             this portal has to start it with the right one.",
        ),
        PageError::Internal => say(
            500,
            "This went wrong",
            "The cause is recorded under the request below. Try again; if it happens twice, give the request to whoever \
             runs this portal.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portal::{Reason, Refusal};

    #[test]
    fn each_error_has_the_status_that_clients_expect() {
        let refused = vec![Refusal::new("person", Reason::LastAdministrator)];
        for (error, status) in [
            (PageError::NotFound, 404),
            (PageError::Forbidden, 403),
            (PageError::OtherSite { ours: "https://keys.example.com".into() }, 403),
            (PageError::BadRequest(String::new()), 400),
            (PageError::Unprocessable(String::new()), 422),
            (PageError::Stale { current: 8 }, 409),
            (PageError::Refused(refused), 422),
            (PageError::Unavailable, 503),
            (PageError::Sealed, 503),
            (PageError::Internal, 500),
        ] {
            let words = words_of(&error, true);
            assert_eq!(words.status, status, "{error:?}");
            assert!(words.paragraphs.iter().all(|text| text.ends_with('.')), "{error:?}");
        }
    }
}
