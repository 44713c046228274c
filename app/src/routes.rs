//! Every page and form of the portal: its path, what it demands, and the function that answers.
//!
//! This is the permission table. The router is built from it and from nothing else, so that a page without a row
//! cannot be reached, and a test walks it with every role.

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
    vec![]
}

fn administration() -> Vec<Route> {
    vec![]
}
