//! Every page and form of the portal: its path, what it demands, and the function that answers.
//!
//! This is the permission table. The router is built from it and from nothing else, so that a page without a row
//! cannot be reached, and a test walks it with every role.

use crate::pages::{call, home, keys, models};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::permission::Permission;
use std::future::Future;
use std::pin::Pin;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    Get,
    Post,
}

pub type Answering = Pin<Box<dyn Future<Output = Result<Answer, PageError>> + Send>>;

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Route {
    pub method: Method,
    /// In the router's syntax: `/keys/{id}`.
    pub path: &'static str,
    pub permission: Permission,
    pub handler: fn(Visit, Input) -> Answering,
}

macro_rules! route {
    ($method:ident $path:expr, $permission:ident, $handler:path) => {
        Route {
            method: Method::$method,
            path: $path,
            permission: Permission::$permission,
            handler: |visit, input| Box::pin($handler(visit, input)),
        }
    };
}

/// Every row: what people do for themselves, then administration.
pub fn table() -> Vec<Route> {
    [work(), administration()].concat()
}

fn work() -> Vec<Route> {
    vec![
        route!(Get paths::HOME, SignedIn, home::show),
        route!(Get paths::MODELS, SignedIn, models::show),
        route!(Get paths::KEYS, SeeKeys, keys::list::show),
        route!(Get paths::MINT, ManageKeys, keys::mint::show),
        route!(Post paths::MINT, ManageKeys, keys::mint::submit),
        route!(Get "/keys/{id}", SeeKeys, keys::detail::show),
        route!(Get "/keys/{id}/first-call", SeeKeys, keys::first_call::show),
        route!(Get "/keys/{id}/rename", ManageKeys, keys::acts::rename::show),
        route!(Post "/keys/{id}/rename", ManageKeys, keys::acts::rename::submit),
        route!(Get "/keys/{id}/rotate", ManageKeys, keys::acts::rotate::show),
        route!(Post "/keys/{id}/rotate", ManageKeys, keys::acts::rotate::submit),
        route!(Get "/keys/{id}/disable", ManageKeys, keys::acts::state::show_disable),
        route!(Post "/keys/{id}/disable", ManageKeys, keys::acts::state::submit_disable),
        route!(Get "/keys/{id}/enable", ManageKeys, keys::acts::state::show_enable),
        route!(Post "/keys/{id}/enable", ManageKeys, keys::acts::state::submit_enable),
        route!(Get "/keys/{id}/expiry", ManageKeys, keys::acts::expiry::show),
        route!(Post "/keys/{id}/expiry", ManageKeys, keys::acts::expiry::submit),
        route!(Get "/keys/{id}/revoke", ManageKeys, keys::acts::revoke::show),
        route!(Post "/keys/{id}/revoke", ManageKeys, keys::acts::revoke::submit),
        route!(Get "/calls/{id}", SeeKeys, call::show),
    ]
}

fn administration() -> Vec<Route> {
    vec![]
}
