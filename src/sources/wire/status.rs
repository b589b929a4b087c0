//! From what came back to the [`Status`] of an outcome. Nothing here asks anything.

use super::problem::Problem;
use super::secrets::hidden;
use super::timeouts::seconds;
use crate::archive::format::Status;
use kube::Error;
use kube::client::AuthError;
use serde::Deserialize;
use std::time::Duration;

/// How much of a server's sentence goes into a reason.
const QUOTE: usize = 300;

/// The `Status` object of the Kubernetes API, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ApiStatus {
    message: String,
    /// Where Prometheus has its message.
    error: String,
    metadata: ListMeta,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListMeta {
    #[serde(rename = "continue")]
    resume: String,
}

/// What Cortex and Mimir say where nobody says whose data to show (weaveworks/common, user/id.go).
pub const NO_TENANT: &str = "no org id";

/// An answer with an HTTP error code and its body.
pub fn of_error(code: u16, body: &[u8]) -> Problem {
    let answer: ApiStatus = serde_json::from_slice(body).unwrap_or_default();
    let told = [&answer.message, &answer.error].into_iter().find(|told| !told.is_empty());
    let message = told.map_or_else(|| quoted(body), |told| quoted(told.as_bytes()));
    let status = match code {
        401 | 403 => Status::Denied,
        404 | 405 => Status::Absent,
        408 => Status::Timeout,
        410 => Status::Expired,
        429 | 502 | 503 | 504 => Status::Unreachable,
        _ if is_behind(&message) => Status::Unreachable,
        _ => Status::Failed,
    };
    let why = match (code, message.is_empty()) {
        // Of somebody behind it who asks for more than credentials: see `metrics::prometheus`.
        (401, false) if message.contains(NO_TENANT) => message,
        (401, _) => "the API server does not accept the credentials (401)".to_owned(),
        (429, _) => "the API server is too busy (429)".to_owned(),
        (_, true) => format!("HTTP {code} without a reason"),
        (_, false) => message,
    };
    let resume = Some(answer.metadata.resume).filter(|resume| !resume.is_empty());
    Problem { status, why, code: Some(code), resume }
}

/// Whether a 500 of the API server says that somebody behind it did not answer: it wraps the dial error of its own
/// request to the kubelet.
fn is_behind(message: &str) -> bool {
    const SIGNS: [&str; 8] = [
        "dial tcp",
        "connection refused",
        "no route to host",
        "i/o timeout",
        "connection reset",
        "TLS handshake timeout",
        ": EOF",
        "error trying to reach service",
    ];
    SIGNS.iter().any(|sign| message.contains(sign))
}

/// A request that got no answer.
///
/// What a credential plugin printed is never quoted: it may be the credential.
/// `connect` is the limit on connecting.
pub fn of_transport(error: &Error, connect: Duration) -> Problem {
    if let Error::Auth(auth) = error {
        let why = match auth {
            AuthError::AuthExecRun { out, .. } => format!("the credential plugin failed ({})", out.status),
            AuthError::AuthExecParse(_) => "the credential plugin printed no credential".to_owned(),
            AuthError::AuthExecStart(source) => format!("the credential plugin could not be started: {source}"),
            _ => "the credentials of the kubeconfig could not be read or renewed".to_owned(),
        };
        return Problem::new(Status::Denied, why);
    }
    let mut causes = vec![];
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    let last = hidden(&causes.last().cloned().unwrap_or_default());
    if causes.iter().any(|cause| is_certificate(cause)) {
        return Problem::new(Status::Denied, format!("{CERTIFICATE}: {last}"));
    }
    if last.contains("deadline has elapsed") || last.contains("timed out") {
        return Problem::new(Status::Unreachable, format!("no connection within {}", seconds(connect)));
    }
    Problem::new(Status::Unreachable, format!("no connection: {last}"))
}

/// How the reason of a [`Problem`] begins that is about a certificate.
pub const CERTIFICATE: &str = "the TLS certificate is not trusted";

fn is_certificate(cause: &str) -> bool {
    let cause = cause.to_ascii_lowercase();
    cause.contains("certificate") || cause.contains("invalidcertificate") || cause.contains("unknownissuer")
}

/// A body that broke off.
pub fn of_broken_body(error: &dyn std::error::Error) -> Problem {
    let mut last = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        last = cause.to_string();
        next = cause.source();
    }
    Problem::new(Status::Unreachable, format!("the answer broke off: {}", hidden(&last)))
}

/// Some text of a server on one line, cut to a readable length, control characters gone and what looks like a
/// credential too.
pub fn quoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text.get(..4 * QUOTE).unwrap_or(text)).into_owned();
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let line = hidden(&words.join(" "));
    match line.char_indices().nth(QUOTE) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: u16, body: &str) -> (Status, String) {
        let problem = of_error(code, body.as_bytes());
        (problem.status, problem.why)
    }

    #[test]
    fn codes_have_a_status() {
        let forbidden =
            r#"{"kind":"Status","message":"pods is forbidden: User \"x\" cannot list resource \"pods\"","code":403}"#;
        assert_eq!(
            check(403, forbidden),
            (Status::Denied, "pods is forbidden: User \"x\" cannot list resource \"pods\"".into())
        );
        assert_eq!(check(401, "").0, Status::Denied);
        assert_eq!(check(404, "404 page not found\n"), (Status::Absent, "404 page not found".into()));
        assert_eq!(check(410, "{}").0, Status::Expired);
        assert_eq!(check(503, "").0, Status::Unreachable);
        assert_eq!(check(500, "").0, Status::Failed);
        assert_eq!(check(500, "").1, "HTTP 500 without a reason");
    }

    #[test]
    fn a_500_for_a_dead_kubelet_is_unreachable() {
        let body = r#"{"kind":"Status","message":"Get \"https://10.88.0.11:10250/containerLogs/a/b/c\": dial tcp 10.88.0.11:10250: connect: connection refused","code":500}"#;
        assert_eq!(check(500, body).0, Status::Unreachable);
    }

    #[test]
    fn an_expired_list_tells_how_to_go_on() {
        let body = r#"{"kind":"Status","metadata":{"continue":"abc"},"reason":"Expired","code":410}"#;
        assert_eq!(of_error(410, body.as_bytes()).resume.as_deref(), Some("abc"));
    }

    #[test]
    fn quotes_are_one_line() {
        assert_eq!(quoted(b"a\n\x1b[31mb\t c"), "a [31mb c");
        assert!(quoted("x".repeat(2000).as_bytes()).ends_with('…'));
    }
}
