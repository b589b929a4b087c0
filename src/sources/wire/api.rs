//! Questions to the API server: GET only, with limits on every wait, bodies as they come.
//!
//! Whatever goes wrong comes back as a [`Problem`], which already is the outcome of the item that asked.

use super::status;
use crate::archive::format::{ClockReading, Status};
use chrono::{DateTime, Utc};
use http::header::{ACCEPT, DATE, HeaderName, LAST_MODIFIED, RETRY_AFTER};
use http::{Request, Response};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// The connection, TLS included, is up within this.
pub const CONNECT: Duration = Duration::from_secs(5);
/// The longest silence within an answer, and before it.
pub const IDLE: Duration = Duration::from_secs(12);
/// The longest an answer may take as a whole.
pub const ITEM: Duration = Duration::from_secs(30);
/// The most a server that is too busy (429) may make us wait, and how often it may.
const BUSY_WAIT: Duration = Duration::from_secs(3);
const BUSY_TRIES: u32 = 2;
/// A connection that fails within this is tried once more; one that fails slowly would again.
const AT_ONCE: Duration = Duration::from_secs(1);
/// What is read of an answer that is an error.
pub const ERROR_BYTES: usize = 64 * 1024;

/// An answer that is none, as the outcome it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub status: Status,
    pub why: String,
    pub code: Option<u16>,
    /// The `continue` token of a 410, with which a list may go on (Kubernetes API concepts, "410 Gone responses").
    pub resume: Option<String>,
}

impl Problem {
    pub fn new(status: Status, why: impl Into<String>) -> Self {
        Self { status, why: why.into(), code: None, resume: None }
    }

    /// Whether the server may be gone rather than unwilling: nothing came back at all.
    pub fn is_silence(&self) -> bool {
        self.code.is_none() && matches!(self.status, Status::Unreachable | Status::Timeout)
    }
}

/// A server that is asked with GET: the API server, or a Prometheus given by its URL.
#[derive(Clone)]
pub struct Api {
    client: Client,
}

/// The limits of one question.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The longest silence.
    pub idle: Duration,
    /// The longest time for all of it.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { idle: IDLE, whole: ITEM }
    }
}

impl Api {
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Asks for `path` and waits for the head of a good answer (2xx).
    pub async fn get(&self, path: &str, accept: Option<&'static str>, patience: Patience) -> Result<Answer, Problem> {
        let answer = self.answer(path, accept, patience).await?;
        if answer.is_good() {
            return Ok(answer);
        }
        let code = answer.code;
        let body = answer.cut_bytes(ERROR_BYTES).await.unwrap_or_default();
        Err(status::of_error(code, &body))
    }

    /// Asks for `path` and waits for the head of an answer, whatever its code.
    pub async fn answer(
        &self,
        path: &str,
        accept: Option<&'static str>,
        patience: Patience,
    ) -> Result<Answer, Problem> {
        let deadline = Instant::now() + patience.whole;
        let mut tries = 0;
        let mut refused = false;
        loop {
            let asked = Instant::now();
            let local_before = Utc::now();
            let response = match timeout(patience.idle, self.send(path, accept)).await {
                Err(_) => {
                    return Err(Problem::new(
                        Status::Timeout,
                        format!("no answer within {} s", patience.idle.as_secs()),
                    ));
                }
                // A connection that was kept open may have been closed by the other side: once more.
                Ok(Err(problem)) if problem.status == Status::Unreachable && !refused && asked.elapsed() < AT_ONCE => {
                    refused = true;
                    continue;
                }
                Ok(answer) => answer?,
            };
            let code = response.status().as_u16();
            if code == 429 && tries < BUSY_TRIES {
                tries += 1;
                tokio::time::sleep(retry_after(&response).min(BUSY_WAIT)).await;
                continue;
            }
            let clock = Clock { date: time(&response, DATE), local_before, local_after: Utc::now() };
            let modified = time(&response, LAST_MODIFIED);
            return Ok(Answer { code, clock, modified, body: response.into_body(), idle: patience.idle, deadline });
        }
    }

    /// The whole body of `path`, at most `limit` bytes.
    pub async fn bytes(&self, path: &str, accept: Option<&'static str>, limit: usize) -> Result<Vec<u8>, Problem> {
        self.get(path, accept, Patience::default()).await?.bytes(limit).await
    }

    async fn send(&self, path: &str, accept: Option<&'static str>) -> Result<Response<Body>, Problem> {
        let mut request = Request::get(path);
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        let request = request
            .body(Body::empty())
            .map_err(|error| Problem::new(Status::Failed, format!("cannot ask for {path}: {error}")))?;
        self.client.send(request).await.map_err(|error| status::of_transport(&error))
    }
}

fn retry_after(response: &Response<Body>) -> Duration {
    let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}

fn time(response: &Response<Body>, header: HeaderName) -> Option<DateTime<Utc>> {
    response.headers().get(header).and_then(|date| http_date(date.to_str().ok()?))
}

/// The clock of whoever answered, beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The `Date` header: of the server, or of whom it asked for us where it is a proxy.
    date: Option<DateTime<Utc>>,
    local_before: DateTime<Utc>,
    local_after: DateTime<Utc>,
}

impl Clock {
    /// As a reading of `endpoint`, if it told its time.
    pub fn reading(self, endpoint: impl Into<String>) -> Option<ClockReading> {
        let Self { date, local_before, local_after } = self;
        Some(ClockReading { endpoint: endpoint.into(), local_before, local_after, remote: date?, against: None })
    }
}

/// An answer, whose body is still to come.
pub struct Answer {
    pub code: u16,
    pub clock: Clock,
    /// The `Last-Modified` header.
    pub modified: Option<DateTime<Utc>>,
    body: Body,
    idle: Duration,
    deadline: Instant,
}

impl Answer {
    /// Whether its code says that it is what was asked for (2xx).
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Hands over the body piece by piece until it ends or `each` breaks.
    pub async fn each<E>(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), Broken<E>> {
        loop {
            let until = self.deadline.min(Instant::now() + self.idle);
            let frame = match timeout_at(until, self.body.frame()).await {
                Err(_) => return Err(Broken::Off(self.too_late())),
                Ok(None) => return Ok(()),
                Ok(Some(Err(error))) => return Err(Broken::Off(status::of_broken_body(&error))),
                Ok(Some(Ok(frame))) => frame,
            };
            if let Ok(data) = frame.into_data()
                && each(&data).map_err(Broken::Taker)?.is_break()
            {
                return Ok(());
            }
        }
    }

    /// The whole body; more than `limit` bytes are a failure.
    pub async fn bytes(self, limit: usize) -> Result<Vec<u8>, Problem> {
        let code = self.code;
        let bytes = self.up_to(limit).await?;
        if bytes.len() > limit {
            let why = format!("the answer is larger than {limit} bytes");
            return Err(Problem { code: Some(code), ..Problem::new(Status::Failed, why) });
        }
        Ok(bytes)
    }

    /// The body, or its beginning: where it is larger than `limit` bytes, somewhat more than `limit` of it.
    pub async fn up_to(mut self, limit: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let taken = self
            .each(|data| -> Result<_, Problem> {
                bytes.extend_from_slice(data);
                Ok(if bytes.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })
            .await;
        match taken {
            Ok(()) => Ok(bytes),
            Err(Broken::Off(problem) | Broken::Taker(problem)) => Err(problem),
        }
    }

    async fn cut_bytes(mut self, limit: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let taken = self
            .each(|data| -> Result<_, ()> {
                let room = limit.saturating_sub(bytes.len());
                bytes.extend_from_slice(data.get(..room).unwrap_or(data));
                Ok(if bytes.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })
            .await;
        match taken {
            Err(Broken::Off(problem)) if bytes.is_empty() => Err(problem),
            _ => Ok(bytes),
        }
    }

    fn too_late(&self) -> Problem {
        let why = if Instant::now() >= self.deadline {
            format!("the answer was not complete after {} s", ITEM.as_secs())
        } else {
            format!("the answer stopped coming for {} s", self.idle.as_secs())
        };
        Problem::new(Status::Timeout, why)
    }
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub enum Broken<E> {
    /// It did not come.
    Off(Problem),
    /// Whoever took it could not go on.
    Taker(E),
}

/// An HTTP date (RFC 9110, 5.6.7).
pub fn http_date(date: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

/// A path component or query value, percent-encoded.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http() {
        let date = http_date("Sat, 21 Nov 2026 07:12:31 GMT").expect("a date");
        assert_eq!(date.to_rfc3339(), "2026-11-21T07:12:31+00:00");
        assert_eq!(http_date("now"), None);
    }

    #[test]
    fn query_values_are_escaped() {
        assert_eq!(escaped("a{b=\"c d\"}"), "a%7Bb%3D%22c%20d%22%7D");
    }
}
