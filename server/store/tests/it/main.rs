//! The contract of the store: every public method, on SQLite and on PostgreSQL, with one text of expectations.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod access_record;
mod adjustments;
mod audit;
mod callers;
mod claims;
mod commitments;
mod concurrency;
mod cost_centres;
mod counts;
mod coverage;
mod data_scopes;
mod exchange;
mod given;
mod idle_keys;
mod key_order;
mod key_reviews;
mod keys;
mod limits;
mod mail;
mod narrowings;
mod notifications;
mod opening;
mod people;
mod policy;
mod profile_rollouts;
mod requests;
mod responsible;
mod retention;
mod rollout_news;
mod rotation_asks;
mod sessions;
mod stored_responses;
mod usage;
mod usage_days;
mod usage_views;
mod watched_calls;

/// Runs each of these stories on either engine: `sqlite::name` and `postgres::name`.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident: &$type:ty) $story:block)*) => {
        $($(#[$meta])* async fn $name($database: &$type) $story)*

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(&store::testing::TestDatabase::sqlite()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(database) = store::testing::TestDatabase::postgres().await {
                    super::$name(&database).await;
                }
            })*
        }
    };
}
pub(crate) use on_both_engines;
