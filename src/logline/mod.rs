//! Lines of logs as text: the forms that programs, runtimes and nodes write them in, the times they bear, and how bad
//! they call themselves.
//!
//! Bytes in, borrowed parts out. What collects logs and what reads them later both stand on this, so that a form or a
//! time is read in one way. Nothing here knows an archive, a cluster or a clock.

pub mod access;
pub mod boot;
pub mod cgroup;
pub mod container;
mod dated;
pub mod fields;
pub mod klog;
pub mod kubectl;
pub mod message;
mod months;
pub mod own;
pub mod plain;
pub mod severity;
pub mod short_iso;
pub mod short_precise;
pub mod stamp;
pub mod syslog;
pub mod trace;
pub mod unit;
pub mod user_agent;

use std::borrow::Cow;

/// The text of bytes; what is no UTF-8 in them becomes U+FFFD. [`String::from_utf8_lossy`] gives the same, but takes each
/// character of plain text by itself.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
