//! How fields are read that may be of another shape than the API says.

use chrono::{DateTime, Datelike, Utc};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt::{self, Formatter};

pub type Time = Option<DateTime<Utc>>;

/// `null` where a list, map or string belongs reads as an empty one.
pub fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// An unreadable time costs the time, not the object.
pub fn lenient_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    deserializer.deserialize_any(TimeVisitor)
}

/// Reads a time from a text, and nothing from whatever else there is.
struct TimeVisitor;

impl<'de> Visitor<'de> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("a time of RFC 3339")
    }

    fn visit_str<E>(self, text: &str) -> Result<Time, E> {
        Ok(parse_time(text))
    }

    fn visit_unit<E>(self) -> Result<Time, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Time, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Time, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Time, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Time, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Time, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Time, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// A count that is not one costs the count, not the object.
pub fn lenient_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default();
    Ok(number.min(u64::from(u32::MAX)))
}

/// RFC 3339, as the API writes times.
pub fn parse_time(text: &str) -> Time {
    let time = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    // Go writes the zero of its times as the first day of year 1: nobody set it.
    (2..=9999).contains(&time.year()).then_some(time)
}
