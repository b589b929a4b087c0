//! Answers that are kept whole and as they were sent, if they are what was asked for.
//!
//! An error sentence, a login page or a listing may come with code 200 as well. So everything asked for here has a
//! [`Form`], and what has not that form is never stored.

use super::Run;
use super::item::{Item, ItemOutcome};
use crate::archive::Content;
use crate::archive::format::Status;
use crate::sources::Source;
use crate::sources::wire::api::{ERROR_BYTES, Problem};
use crate::sources::wire::clock::Clock;
use crate::sources::wire::discovery;
use crate::sources::wire::status::{self, quoted};
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::sync::Arc;

/// By what an answer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON object with this member.
    Json(&'static str),
    /// What a server says that it serves, in either form of [`discovery`].
    Discovery,
    /// The text format of Prometheus, as the registries of Kubernetes and etcd write it: it begins with a comment.
    Metrics,
    /// Health checks, a line each that begins with `[+]` or `[-]`; or `ok` alone, from who does not know `?verbose`
    /// (k8s.io/apiserver v0.34.4, pkg/server/healthz/healthz.go, `handleRootHealth`).
    Checks,
    /// The answer of etcd to `/health`: `{"health":"true"}`.
    EtcdHealth,
    /// Rows of a table whose first begins with this word.
    Table(&'static str),
}

impl Form {
    /// Whether it comes with an error code as well, from who is not well: then it matters most.
    fn is_health(self) -> bool {
        matches!(self, Self::Checks | Self::EtcdHealth)
    }

    /// What is asked for, where a server has several forms.
    fn accept(self) -> Option<&'static str> {
        (self == Self::Discovery).then_some(discovery::ACCEPT)
    }

    fn content(self) -> Content {
        match self {
            Self::Metrics => Content::Log,
            _ => Content::Json,
        }
    }

    /// Whether `body` has this form.
    fn fits(self, body: &[u8]) -> bool {
        let has = |member: &str| {
            let object: Option<BTreeMap<String, IgnoredAny>> = serde_json::from_slice(body).ok();
            object.is_some_and(|object| object.contains_key(member))
        };
        let body_text = body.trim_ascii_start();
        let begins = |word: &str| body_text.starts_with(word.as_bytes());
        match self {
            Self::Json(member) => has(member),
            Self::Discovery => discovery::groups(body).is_ok(),
            Self::EtcdHealth => has("health"),
            Self::Metrics => begins("# HELP ") || begins("# TYPE "),
            Self::Checks => begins("[+]") || begins("[-]") || body_text.trim_ascii_end() == b"ok",
            Self::Table(word) => begins(word),
        }
    }
}

/// An answer of its form.
#[derive(Debug, PartialEq, Eq)]
pub struct RawResponse {
    pub body: Vec<u8>,
    pub clock: Option<Clock>,
    form: Form,
    code: u16,
    status: Status,
    why: String,
}

/// Asks the API server for `path`; of metrics that are larger than the cap of `source` the first lines are kept.
pub async fn ask(run: &Run, path: &str, form: Form, source: &Source) -> Result<RawResponse, Problem> {
    let answer = run.api.answer(path, form.accept(), source.deadlines).await?;
    let (code, clock, is_good) = (answer.code, answer.clock, answer.is_good());
    let cap = usize::try_from(run.options.cap(source)).unwrap_or(usize::MAX);
    let body = answer.up_to(if is_good { cap } else { ERROR_BYTES }).await?;
    let is_report = form.is_health() && form.fits(&body);
    if !is_good && !is_report {
        return Err(status::of_error(code, &body));
    }
    let response = checked(body, form, code, cap).map_err(|problem| Problem { code: Some(code), ..problem })?;
    Ok(RawResponse { clock: Some(clock), ..response })
}

fn checked(mut body: Vec<u8>, form: Form, code: u16, cap: usize) -> Result<RawResponse, Problem> {
    let failed = |why: String| Err(Problem::new(Status::Failed, why));
    let (mut status, mut why) = (Status::Collected, String::new());
    if body.trim_ascii().is_empty() {
        return match form {
            Form::Metrics => Err(Problem::new(Status::Empty, "it has no metrics")),
            _ => failed("the answer is empty".to_owned()),
        };
    }
    if body.len() > cap {
        if form != Form::Metrics {
            return failed(format!("the answer is larger than {cap} bytes"));
        }
        body.truncate(cap);
        let whole_lines = memchr::memrchr(b'\n', &body).map_or(0, |at| at + 1);
        body.truncate(whole_lines);
        (status, why) = (Status::Truncated, format!("only the first {whole_lines} bytes are kept"));
    }
    if !form.fits(&body) {
        // JSON of another form may hold what must not be told.
        let is_json = body.trim_ascii_start().starts_with(b"{");
        return failed(match is_json {
            true => "the answer is not what was asked for".to_owned(),
            false => format!("the answer is not what was asked for: {}", quoted(&body)),
        });
    }
    let failing = failing(form, &body);
    if !failing.is_empty() {
        why = format!("it says that it is not well: {}", failing.join(", "));
    }
    Ok(RawResponse { body, clock: None, form, code, status, why })
}

/// The names of the checks that fail.
fn failing(form: Form, body: &[u8]) -> Vec<String> {
    if form != Form::Checks {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(body);
    let failing = text.lines().filter_map(|line| line.strip_prefix("[-]")?.split_whitespace().next());
    failing.map(|name| quoted(name.as_bytes())).collect()
}

/// Stores what came as `entry` and ends `item`, or ends it with the problem.
pub async fn keep(run: &Arc<Run>, entry: &str, response: Result<RawResponse, Problem>, item: Item) {
    let RawResponse { body, form, code, status, why, .. } = match response {
        Ok(response) => response,
        Err(problem) => return run.fail(item, problem),
    };
    if let Some(stored) = run.store(entry, form.content(), &body).await {
        let is_stored = stored.status == Status::Collected;
        item.finish(if is_stored { ItemOutcome { status, why, http_code: Some(code), ..stored } } else { stored });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Form, body: &str) -> (Status, String) {
        match checked(body.as_bytes().to_vec(), form, 200, 60) {
            Ok(response) => (response.status, response.why),
            Err(problem) => (problem.status, problem.why),
        }
    }

    #[test]
    fn answers_are_known_by_their_form() {
        let collected = (Status::Collected, String::new());
        assert_eq!(check(Form::Json("node"), r#"{"node":{}}"#), collected);
        assert_eq!(check(Form::Metrics, "# HELP up x\nup 1\n"), collected);
        assert_eq!(check(Form::Checks, "[+]ping ok\nlivez check passed\n"), collected);
        assert_eq!(check(Form::Checks, "ok"), collected);
        assert_eq!(check(Form::EtcdHealth, r#"{"health":"true"}"#), collected);
        assert_eq!(check(Form::Table("Name"), "Name, Index\nx, 0\n"), collected);
        for form in [Form::Json("node"), Form::Metrics, Form::Checks, Form::EtcdHealth, Form::Table("Name")] {
            let (status, why) = check(form, "<html>Sign in</html>");
            assert!(status == Status::Failed && why.ends_with(": <html>Sign in</html>"), "{form:?} {why}");
            let (status, why) = check(form, r#"{"kind":"Status","message":"MARKER"}"#);
            assert!(status == Status::Failed && !why.contains("MARKER"), "{form:?} {why}");
        }
    }

    #[test]
    fn who_is_not_well_says_so() {
        let (status, why) = check(Form::Checks, "[+]ping ok\n[-]etcd failed: reason withheld\n");
        assert_eq!((status, why.as_str()), (Status::Collected, "it says that it is not well: etcd"));
    }

    #[test]
    fn metrics_are_cut_between_lines() {
        let text = format!("# HELP a b\n{}", "a 1\n".repeat(20));
        let response = checked(text.clone().into_bytes(), Form::Metrics, 200, 60).expect("metrics");
        assert_eq!(
            (response.status, response.body.len(), response.why.as_str()),
            (Status::Truncated, 59, "only the first 59 bytes are kept")
        );
        assert!(text.as_bytes().starts_with(&response.body));
        assert_eq!(check(Form::Table("Name"), &"Name, ".repeat(20)).0, Status::Failed);
        assert_eq!(check(Form::Metrics, "\n").0, Status::Empty);
    }
}
