//! Ages and timestamps in kubectl's notation.
//!
//! Everything is computed against a moment the caller names: nothing here reads the clock, and times are rendered in
//! UTC whatever the zone of this machine.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use k8s_openapi::jiff::Timestamp;

const DAYS_PER_YEAR: i64 = 365;

/// A duration with two or three significant figures, e.g. `119s`, `2m5s`, `7h3m`, `5d4h`, `2y10d`
/// (apimachinery pkg/util/duration/duration.go, `HumanDuration`).
pub fn human_duration(elapsed: TimeDelta) -> String {
    let seconds = elapsed.num_seconds();
    let (minutes, hours) = (elapsed.num_minutes(), elapsed.num_hours());
    let (days, years) = (hours / 24, hours / 24 / DAYS_PER_YEAR);
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        _ if hours < 48 => format!("{hours}h"),
        _ if days < 8 => pair(days, 'd', hours % 24, 'h'),
        _ if days < 2 * DAYS_PER_YEAR => format!("{days}d"),
        _ if days < 8 * DAYS_PER_YEAR => pair(years, 'y', days % DAYS_PER_YEAR, 'd'),
        _ => format!("{years}y"),
    }
}

/// A duration in its largest whole unit, e.g. `59s`, `3m`, `23h`, `364d`
/// (apimachinery pkg/util/duration/duration.go, `ShortHumanDuration`).
pub fn short_human_duration(elapsed: TimeDelta) -> String {
    let seconds = elapsed.num_seconds();
    let (minutes, hours) = (elapsed.num_minutes(), elapsed.num_hours());
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..60 => format!("{seconds}s"),
        _ if minutes < 60 => format!("{minutes}m"),
        _ if hours < 24 => format!("{hours}h"),
        _ if hours < 24 * DAYS_PER_YEAR => format!("{}d", hours / 24),
        _ => format!("{}y", hours / 24 / DAYS_PER_YEAR),
    }
}

/// The age of a moment, or `<unknown>` when the object does not record it
/// (kubectl pkg/describe/describe.go, `translateTimestampSince`).
pub(super) fn since(moment: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    moment.map_or_else(|| "<unknown>".to_owned(), |moment| human_duration(now.signed_duration_since(moment)))
}

/// The chrono form of an API time; the zero time of Go counts as absent.
pub(super) fn moment(time: Option<&Time>) -> Option<DateTime<Utc>> {
    time.and_then(|time| from_timestamp(time.0))
}

/// The chrono form of an API time with microseconds; the zero time of Go counts as absent.
pub(super) fn micro_moment(time: Option<&MicroTime>) -> Option<DateTime<Utc>> {
    time.and_then(|time| from_timestamp(time.0))
}

/// A moment as Go's `time.RFC1123Z` prints it in UTC; an absent one prints as Go's zero time, as in kubectl.
pub(super) fn rfc1123(moment: Option<DateTime<Utc>>) -> String {
    moment.map_or_else(
        || "Mon, 01 Jan 0001 00:00:00 +0000".to_owned(),
        |moment| moment.format("%a, %d %b %Y %H:%M:%S %z").to_string(),
    )
}

fn from_timestamp(stamp: Timestamp) -> Option<DateTime<Utc>> {
    let nanoseconds = u32::try_from(stamp.subsec_nanosecond()).unwrap_or(0);
    DateTime::from_timestamp(stamp.as_second(), nanoseconds).filter(|moment| moment.year() > 1)
}

fn pair(major: i64, major_unit: char, minor: i64, minor_unit: char) -> String {
    if minor == 0 { format!("{major}{major_unit}") } else { format!("{major}{major_unit}{minor}{minor_unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn human_duration_matches_the_table_of_apimachinery() {
        let table = [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (1, "1s"),
            (70, "70s"),
            (119, "119s"),
            (120, "2m"),
            (190, "3m10s"),
            (9 * MINUTE + 59, "9m59s"),
            (10 * MINUTE + 1, "10m"),
            (179 * MINUTE, "179m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + 10 * MINUTE, "3h10m"),
            (8 * HOUR + MINUTE, "8h"),
            (47 * HOUR, "47h"),
            (2 * DAY, "2d"),
            (5 * DAY + 23 * HOUR, "5d23h"),
            (8 * DAY + HOUR, "8d"),
            (729 * DAY, "729d"),
            (2 * 365 * DAY, "2y"),
            (2 * 365 * DAY + 10 * DAY, "2y10d"),
            (8 * 365 * DAY + 10 * DAY, "8y"),
        ];
        for (seconds, expected) in table {
            assert_eq!(human_duration(TimeDelta::seconds(seconds)), expected);
        }
        assert_eq!(human_duration(TimeDelta::milliseconds(-1900)), "0s");
    }

    #[test]
    fn short_human_duration_matches_the_table_of_apimachinery() {
        let table =
            [(-2, "<invalid>"), (59, "59s"), (60, "1m"), (23 * HOUR, "23h"), (364 * DAY, "364d"), (365 * DAY, "1y")];
        for (seconds, expected) in table {
            assert_eq!(short_human_duration(TimeDelta::seconds(seconds)), expected);
        }
    }

    #[test]
    fn absent_and_zero_times_are_unknown() {
        let now = DateTime::from_timestamp(1_000, 0).unwrap_or_default();
        assert_eq!(since(None, now), "<unknown>");
        let zero: Option<Time> = serde_json::from_str("\"0001-01-01T00:00:00Z\"").ok();
        assert!(zero.is_some());
        assert_eq!(moment(zero.as_ref()), None);
        assert_eq!(rfc1123(None), "Mon, 01 Jan 0001 00:00:00 +0000");
        assert_eq!(rfc1123(Some(now)), "Thu, 01 Jan 1970 00:16:40 +0000");
    }
}
