//! What the headers of an answer say.

use chrono::{DateTime, Datelike, Utc};
use http::Response;
use http::header::{CONTENT_LENGTH, HeaderName, RETRY_AFTER};
use std::time::Duration;

/// The longest wait that a server's `Retry-After` is believed.
const REST_MOST: Duration = Duration::from_secs(60 * 60);

/// How long to leave the server alone, if it does not want to be asked now: it is too busy (429), or ill and says for
/// how long. So does client-go (`checkWait` in rest/with_retry.go of k8s.io/client-go v0.34.4).
pub fn rest<B>(response: &Response<B>) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let told = value.and_then(|value| retry_after(value, Utc::now()));
    match response.status().as_u16() {
        429 => Some(told.unwrap_or_default()),
        500.. => told,
        _ => None,
    }
}

/// What `Retry-After` says: seconds, or a time (RFC 9110, 10.2.3).
fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let seconds = value.trim().parse().ok().map(Duration::from_secs);
    let wait = seconds.or_else(|| http_date(value).map(|at| (at - now).to_std().unwrap_or_default()))?;
    Some(wait.min(REST_MOST))
}

/// A header that is an HTTP date.
pub fn time<B>(response: &Response<B>, header: HeaderName) -> Option<DateTime<Utc>> {
    response.headers().get(header).and_then(|date| http_date(date.to_str().ok()?))
}

/// How many bytes the body has, where that is said.
pub fn length<B>(response: &Response<B>) -> Option<u64> {
    response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// An HTTP date, whose years have four digits (RFC 9110, 5.6.7).
fn http_date(date: &str) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(date).ok()?.to_utc();
    (0..=9999).contains(&date.year()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http() {
        let date = http_date("Sat, 21 Nov 2026 07:12:31 GMT").expect("a date");
        assert_eq!(date.to_rfc3339(), "2026-11-21T07:12:31+00:00");
        assert_eq!((http_date("now"), http_date("Sat, 21 Nov 20260 07:12:31 GMT")), (None, None));
    }

    #[test]
    fn servers_say_when_to_ask_again() {
        let now = http_date("Sat, 21 Nov 2026 07:12:31 GMT").expect("a date");
        let secs = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(retry_after("7", now), secs(7));
        assert_eq!(retry_after("Sat, 21 Nov 2026 07:12:41 GMT", now), secs(10));
        assert_eq!(retry_after("Sat, 21 Nov 2026 07:00:00 GMT", now), secs(0));
        assert_eq!(retry_after("18446744073709551615", now), secs(3600));
        assert_eq!((retry_after("-1", now), retry_after("soon", now)), (None, None));
    }
}
