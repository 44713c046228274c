//! Addresses of pages, in one place, so that a page that moves breaks the build and not somebody's evening.

pub const HOME: &str = "/";
pub const KEYS: &str = "/keys";
pub const MINT: &str = "/keys/new";
pub const MODELS: &str = "/models";
pub const PROVIDERS: &str = "/admin/providers";
pub const CATALOGUE: &str = "/admin/models";
pub const GUARDRAILS: &str = "/admin/guardrails";
pub const PEOPLE: &str = "/admin/people";
pub const AUDIT: &str = "/admin/audit";
pub const SIGN_IN: &str = "/auth/sign-in";
pub const SIGN_OUT: &str = "/auth/sign-out";

/// The element that the skip link leads to.
pub const MAIN_ID: &str = "main";
