//! One question to a server and its answer: GET, and reviews of permissions, with limits on every wait, and what an error means.

pub mod api;
pub mod clock;
pub mod connect;
pub mod discovery;
mod headers;
pub mod json_strip;
pub mod limits;
pub mod list;
pub mod login;
pub mod namespaces;
pub mod problem;
pub mod rate;
pub mod request_limiter;
mod secrets;
pub mod status;
pub mod target;
pub mod timeouts;
pub mod urls;
pub mod watch;
