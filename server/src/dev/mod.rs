//! What `keywright dev` brings along so that a first call works without an account anywhere. Never part of `serve`.

pub mod demo_provider;
