//! `--to` of `collect`: when the incident ended, or where the archive is uploaded. The two never look alike.

use super::failure::Failure;
use chrono::{DateTime, Utc};
#[cfg(feature = "stores")]
use k8s_forensics::stores::Address;

/// What is given with `--to`, once each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    Time(DateTime<Utc>),
    #[cfg(feature = "stores")]
    Store(Address),
}

impl To {
    /// Reads either, the time by `time`.
    pub fn read(text: &str, time: fn(&str) -> Result<DateTime<Utc>, String>) -> Result<Self, String> {
        match text.contains("://") {
            #[cfg(feature = "stores")]
            true => super::upload::address(text).map(Self::Store),
            #[cfg(not(feature = "stores"))]
            true => Err("this program was built without object stores: build it with --features stores".to_owned()),
            false => time(text).map(Self::Time),
        }
    }

    /// The time that it is.
    pub fn time(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Time(time) => Some(*time),
            #[cfg(feature = "stores")]
            Self::Store(_) => None,
        }
    }
}

/// The one time that was given, if any.
pub fn time(given: &[To]) -> Result<Option<DateTime<Utc>>, Failure> {
    one(given.iter().filter_map(To::time), "times")
}

/// The one address that was given, if any.
#[cfg(feature = "stores")]
pub fn store(given: &[To]) -> Result<Option<Address>, Failure> {
    let stores = given.iter().filter_map(|to| match to {
        To::Store(address) => Some(address.clone()),
        To::Time(_) => None,
    });
    one(stores, "addresses")
}

fn one<T>(mut all: impl Iterator<Item = T>, what: &str) -> Result<Option<T>, Failure> {
    let first = all.next();
    match all.next() {
        Some(_) => Err(Failure::usage("reading --to", format!("it is given with two {what}"))),
        None => Ok(first),
    }
}
