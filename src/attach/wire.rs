//! One question to a host: sent, waited for, tried again where that is right, and its answer judged.

use super::address::Address;
use super::fault::Fault;
use super::multipart;
use super::pace::{Pace, asked_for, until};
use super::secret::Credential;
use super::upload::Upload;
use chrono::Utc;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::ErrorKind;
use std::time::Duration;
use ureq::http::{Request, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Error, Proxy, Timeout};

/// What of an answer is read at most.
const MOST_BYTES: u64 = 32 << 20;
/// What is repeated of what a host says of an error, in characters.
const MOST_SAID: usize = 200;

/// The way to one host.
pub(super) struct Wire {
    agent: Agent,
    address: Address,
    title: &'static str,
    credential: Credential,
    /// Headers that this host wants with each question.
    headers: &'static [(&'static str, &'static str)],
    pace: Pace,
}

/// What is sent with a question.
#[derive(Clone, Copy)]
pub(super) enum Sent<'a> {
    Nothing,
    Json(&'a Value),
    /// A file, in the field of a form.
    File(&'a str, &'a Upload),
}

/// Whether a question may be put again where it is not known what came of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It comes to the same.
    Same,
    /// It would be done twice.
    Twice,
}

/// What came of one try.
enum Tried {
    Done(Vec<u8>),
    Failed(Fault),
    /// As `Failed`, and may be tried again after so long, or after the usual time.
    Later(Fault, Option<Duration>),
}

impl Wire {
    pub fn new(
        (title, headers): (&'static str, &'static [(&'static str, &'static str)]),
        address: &Address,
        credential: Credential,
        pace: Pace,
    ) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        // What is for this machine is not shown to a proxy.
        let proxy = if address.is_this_machine() { None } else { Proxy::try_from_env() };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A token is for the host that was named, and a POST that is sent on becomes a GET.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(tls)
            .proxy(proxy)
            .user_agent(concat!("k8s-forensics/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(pace.connect))
            .timeout_connect(Some(pace.connect))
            .timeout_send_body(Some(pace.send))
            .timeout_recv_response(Some(pace.answer))
            .timeout_recv_body(Some(pace.answer))
            .build();
        Self { agent: config.new_agent(), address: address.clone(), title, credential, headers, pace }
    }

    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Asks, and reads the answer.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        self.ask("GET", path, Sent::Nothing, Again::Same)
    }

    /// Sends, and reads the answer.
    pub fn ask<T: DeserializeOwned>(&self, method: &str, path: &str, sent: Sent<'_>, again: Again) -> Result<T, Fault> {
        let answer = self.answer(method, path, sent, again)?;
        serde_json::from_slice(&answer).map_err(|error| self.unexpected(path, error))
    }

    /// Removes what is at a path. What is gone already is as good.
    pub fn delete(&self, path: &str) -> Result<(), Fault> {
        match self.answer("DELETE", path, Sent::Nothing, Again::Same) {
            Ok(_) | Err(Fault::Missing { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    pub fn unexpected(&self, path: &str, why: impl ToString) -> Fault {
        Fault::Unexpected { title: self.title, path: path.to_owned(), why: why.to_string() }
    }

    fn answer(&self, method: &str, path: &str, sent: Sent<'_>, again: Again) -> Result<Vec<u8>, Fault> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.once(method, path, sent) {
                Tried::Done(answer) => return Ok(answer),
                Tried::Failed(fault) => return Err(fault),
                Tried::Later(fault, _) if fault.is_open() && again == Again::Twice => return Err(fault),
                Tried::Later(fault, asked) => match self.pace.wait(tried, asked) {
                    Some(wait) => std::thread::sleep(wait),
                    None => return Err(fault),
                },
            }
        }
    }

    fn once(&self, method: &str, path: &str, sent: Sent<'_>) -> Tried {
        let (name, value) = self.credential.header();
        let mut request = Request::builder().method(method).uri(self.address.at(path)).header(name, value);
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        let (body, kind) = match sent {
            Sent::Nothing => (None, String::new()),
            Sent::Json(value) => (Some(value.to_string().into_bytes()), "application/json".to_owned()),
            Sent::File(field, file) => {
                let (body, kind) = multipart::form(field, file);
                (Some(body), kind)
            }
        };
        let answer = match body {
            Some(body) => {
                request.header("Content-Type", kind).body(body).map_err(Error::Http).and_then(|one| self.agent.run(one))
            }
            None => request.body(()).map_err(Error::Http).and_then(|one| self.agent.run(one)),
        };
        match answer {
            Ok(answer) => self.judged(path, answer),
            Err(error) => self.broken(&error),
        }
    }

    fn judged(&self, path: &str, mut answer: Response<Body>) -> Tried {
        let status = answer.status().as_u16();
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (asked, to) = (header("retry-after"), header("location").unwrap_or_default());
        let is_used_up = header("x-ratelimit-remaining").is_some_and(|left| left == "0");
        let reset = header("x-ratelimit-reset");
        let body = match answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec() {
            Ok(body) => body,
            Err(error) => return self.broken(&error),
        };
        if (200..300).contains(&status) {
            return Tried::Done(body);
        }
        let (title, said) = (self.title, self.said(&body));
        let now = Utc::now();
        let asked = asked
            .as_deref()
            .and_then(|header| asked_for(header, now))
            .or_else(|| until(reset.as_deref()?, now).filter(|_| is_used_up));
        // GitHub's limits are told by 403, too (docs.github.com, rate limits for the REST API).
        if status == 429 || (status == 403 && (asked.is_some() || is_used_up)) || (status == 503 && asked.is_some()) {
            let wait = asked.map(|asked| format!(" for {} s", asked.as_secs())).unwrap_or_default();
            return Tried::Later(Fault::Busy { title, status, wait, said }, asked);
        }
        Tried::Failed(match status {
            300..=399 => Fault::Moved { title, status, to: without_query(&to) },
            401 => Fault::WrongToken { title, said },
            403 => Fault::Forbidden { title, said },
            404 | 410 => Fault::Missing { title, path: without_query(path), said },
            413 => Fault::FoundTooLarge { title, said },
            500.. => return Tried::Later(Fault::Failing { title, status, said }, None),
            _ => Fault::Refused { title, status, said },
        })
    }

    /// What no answer came to.
    fn broken(&self, error: &Error) -> Tried {
        let (address, why) = (self.address.to_string(), self.credential.secret().taken_out_of(&told(error)));
        match error {
            Error::HostNotFound
            | Error::Tls(_)
            | Error::Rustls(_)
            | Error::BadUri(_)
            | Error::Http(_)
            | Error::InvalidProxyUrl => Tried::Failed(Fault::Unreachable { address, why }),
            Error::ConnectionFailed | Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                Tried::Later(Fault::Unreachable { address, why }, None)
            }
            Error::Io(io)
                if matches!(
                    io.kind(),
                    ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
                ) =>
            {
                Tried::Later(Fault::Unreachable { address, why }, None)
            }
            // What the resolver says has no kind of its own.
            Error::Io(io) if io.to_string().contains("lookup address") => {
                Tried::Failed(Fault::Unreachable { address, why })
            }
            // rustls tells of a certificate by an error of reading.
            Error::Io(io) if io.kind() == ErrorKind::InvalidData => Tried::Failed(Fault::Unreachable { address, why }),
            _ => Tried::Later(Fault::BrokeOff { address, why }, None),
        }
    }

    /// What a host says of an error, with a colon before it. Each says it in another field.
    fn said(&self, body: &[u8]) -> String {
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return String::new() };
        let told = ["message", "error_description", "error", "errorMessages", "errors"];
        let values = told.iter().filter_map(|name| fields.get(*name)).filter(|value| !is_empty(value));
        let words: Vec<String> = values
            .map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
            .take(2)
            .collect();
        let text: String = self.credential.secret().taken_out_of(&words.join("; ")).chars().take(MOST_SAID).collect();
        if text.is_empty() { text } else { format!(": {text}") }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn without_query(path: &str) -> String {
    path.split('?').next().unwrap_or_default().to_owned()
}

/// An error in words.
fn told(error: &Error) -> String {
    match error {
        Error::HostNotFound => "no machine of that name is known".to_owned(),
        Error::ConnectionFailed => "no connection".to_owned(),
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => "no connection in time".to_owned(),
        Error::Timeout(_) => "no answer in time".to_owned(),
        Error::Io(io) if io.to_string().contains("lookup address") => "no machine of that name is known".to_owned(),
        Error::Io(io) if io.kind() == ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
        other => other.to_string(),
    }
}
