pub mod dev;
pub mod gateway;
