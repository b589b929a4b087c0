//! What is answered, before HTTP carries it: a code, what to warn of, and a body that may be written piece by piece.

use serde_json::{Value, json};
use std::io::{self, Write};
use std::time::Duration;

/// Writes a body.
pub type Writing = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// An answer.
pub struct Answer {
    pub code: u16,
    pub content_type: &'static str,
    /// What kubectl shows above what it was sent.
    pub warnings: Vec<String>,
    pub body: Writing,
    /// Whether the connection stays open behind the body, as of a watch.
    pub held: Option<Held>,
}

/// Nothing happens any more in an archive, so a watch says nothing; but it goes on.
pub struct Held {
    /// Sent now and then to whoever asked for it: how far the watch has come. Empty for nobody.
    pub bookmark: Vec<u8>,
    pub lasts: Duration,
}

const JSON: &str = "application/json";

impl Answer {
    pub fn json(value: &Value) -> Self {
        Self::text(200, JSON, value.to_string().into_bytes())
    }

    pub fn text(code: u16, content_type: &'static str, text: Vec<u8>) -> Self {
        Self::written(content_type, Box::new(move |out| out.write_all(&text))).with_code(code)
    }

    /// JSON that is written piece by piece.
    pub fn pieces(body: Writing) -> Self {
        Self::written(JSON, body)
    }

    /// Text that is written piece by piece.
    pub fn written(content_type: &'static str, body: Writing) -> Self {
        Self { code: 200, content_type, warnings: Vec::new(), body, held: None }
    }

    fn with_code(mut self, code: u16) -> Self {
        self.code = code;
        self
    }

    pub fn warn(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }
}

/// Why something is not answered, in the words of an API server.
#[derive(Debug)]
pub struct Refusal {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    /// What of, as `pods` and `api-0`.
    pub of: Option<(String, String)>,
}

impl Refusal {
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), of: None }
    }

    /// There is no such object, in the words that programs look for.
    pub fn no_object(full_plural: &str, name: &str, why: &str) -> Self {
        let message = format!("{full_plural} \"{name}\" not found{why}");
        Self { of: Some((full_plural.to_owned(), name.to_owned())), ..Self::new(404, "NotFound", message) }
    }

    pub fn no_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, reason, message, of } = refusal;
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code,
        });
        if let (Some((full, name)), Some(status)) = (of, status.as_object_mut()) {
            let (plural, group) = full.split_once('.').unwrap_or((&full, ""));
            status.insert("details".to_owned(), json!({"name": name, "group": group, "kind": plural}));
        }
        Self::json(&status).with_code(code)
    }
}
