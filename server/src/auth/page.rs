//! What sign-in has to say when it cannot simply redirect: plain values; the markup belongs to `app`.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;

/// A page with a sentence and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthPage {
    pub status: StatusCode,
    pub title: String,
    pub text: String,
    /// In order of importance; the first is the natural next step.
    pub links: Vec<PageLink>,
    /// Go there by itself (meta refresh), because `form-action 'self'` would block a redirect after a post.
    pub refresh_to: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLink {
    pub text: String,
    pub href: String,
}

/// Turns a page into an answer; given by whoever knows the look.
pub type RenderPage = Arc<dyn Fn(&AuthPage) -> Response + Send + Sync>;

impl AuthPage {
    fn new(status: StatusCode, title: &str, text: impl Into<String>) -> Self {
        Self { status, title: title.into(), text: text.into(), links: vec![], refresh_to: None }
    }

    fn link(mut self, text: &str, href: impl Into<String>) -> Self {
        self.links.push(PageLink { text: text.into(), href: href.into() });
        self
    }

    fn try_again(self) -> Self {
        self.link("Sign in again", "/auth/login")
    }

    /// Several providers: which one?
    pub fn chooser(choices: impl IntoIterator<Item = (String, String)>) -> Self {
        let page = Self::new(StatusCode::OK, "Sign in", "Choose where your account is.");
        choices.into_iter().fold(page, |page, (name, href)| page.link(&format!("Sign in with {name}"), href))
    }

    pub fn unknown_issuer() -> Self {
        Self::new(StatusCode::NOT_FOUND, "No such sign-in", "This identity provider is not set up here.").try_again()
    }

    pub fn issuer_unavailable(name: &str, again: &str) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Sign-in is not possible right now",
            format!(
                "{name} cannot be reached or answers wrongly. Whoever is signed in stays signed in, and keys keep working. \
                 Try again in a minute; if it lasts, tell your administrator."
            ),
        )
        .link("Sign in again", again)
    }

    pub fn store_unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Not available right now",
            "The database does not answer. Nothing was changed. Try again in a moment.",
        )
        .try_again()
    }

    /// A callback without its beginning: replayed, too late, or begun in another browser.
    pub fn expired_login() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "This sign-in cannot be completed",
            "It was completed already, took longer than ten minutes, or was begun in another browser.",
        )
        .try_again()
    }

    pub fn refused_by_issuer(name: &str, code: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Not signed in", format!("{name} ended the sign-in with “{code}”."))
            .try_again()
    }

    pub fn untrusted_answer(name: &str) -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            "Sign-in failed",
            format!(
                "The answer of {name} failed a check, so it was not believed. Try again; if it fails again, tell your \
                 administrator: the log says which check."
            ),
        )
        .try_again()
    }

    pub fn disabled() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Your access is switched off",
            "An administrator switched off your access to Keywright. Ask them if that is a mistake.",
        )
        .link("Sign in as someone else", "/auth/login")
    }

    pub fn no_role() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "You have no role here yet",
            "You signed in, but nothing at your identity provider gives you a role in Keywright. Ask your administrator to \
             assign one, then sign in again.",
        )
        .try_again()
    }

    pub fn too_many_groups() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Your groups did not fit",
            "You are in so many groups that your identity provider did not list them, so your role is unknown. Ask your \
             administrator to assign app roles, or to send only the groups assigned to this application.",
        )
        .try_again()
    }

    pub fn test_not_allowed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Only administrators try sign-in out",
            "A test sign-in shows what an identity provider says about people. Ask an administrator.",
        )
        .link("Back to Keywright", "/")
    }

    pub fn test_failed(why: &str) -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            "The test sign-in failed",
            format!("{why} Nobody was signed in, and you still are. Compare the application at the provider with the configuration."),
        )
        .link("Back to sign-in", "/admin/sign-in")
    }

    pub fn invite_spent() -> Self {
        Self::new(
            StatusCode::GONE,
            "This invitation is no longer valid",
            "It was used already or is older than 15 minutes. Ask for a new one, or sign in without it.",
        )
        .link("Sign in", "/auth/login")
    }

    /// For a provider that offers no sign-out of its own.
    pub fn signed_out() -> Self {
        Self::new(StatusCode::OK, "Signed out", "You are signed out of Keywright.").link("Sign in", "/auth/login")
    }

    pub fn signed_out_continue(provider: &str, end_session: String) -> Self {
        let mut page = Self::new(
            StatusCode::OK,
            "Signed out",
            format!("You are signed out of Keywright. Next, {provider} ends its own session."),
        )
        .link(&format!("Continue to {provider}"), end_session.clone());
        page.refresh_to = Some(end_session);
        page
    }
}
