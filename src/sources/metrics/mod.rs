//! The collector that asks Prometheus, and those that speak its language.

mod app;
mod hurt;
pub mod monitoring;
mod names;
pub mod prometheus;
pub mod queries;
mod requests;
mod server;
