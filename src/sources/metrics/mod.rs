//! The collector that asks Prometheus, and those that speak its language.

pub mod monitoring;
mod names;
pub mod prometheus;
pub mod queries;
mod requests;
mod server;
