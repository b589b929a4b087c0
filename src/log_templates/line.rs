//! A line of a log by its parts: when it was written, by what, how bad it calls itself, and the words that its program
//! chose, apart from the values it filled in where the form of the line tells them.
//!
//! klog's structured form, logfmt and JSON name their values, so that the message is what stands in quotes, in `msg` or
//! in one of the fields that loggers use for it. What is in none of these forms is text as a whole.

use crate::logline::fields::{self, quoted};
use crate::logline::stamp::rfc3339;
use crate::logline::{container, klog, own, plain, syslog};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::borrow::Cow;

/// How the lines of a log begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As journalctl prints it.
    Journal,
    /// A time of RFC 3339, then what the container printed.
    Stamped,
    /// As container runtimes write it.
    Runtime,
    /// Whatever a program writes to a file, with a time of its own, or syslog for many. Times without a zone are so many
    /// seconds ahead of UTC.
    Plain { ahead_s: i32 },
    /// What a program printed, with or without a time of RFC 3339 before it; others without a zone are so many seconds
    /// ahead of UTC.
    Printed { ahead_s: i32 },
}

/// A line without what its journal or runtime put before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub at: Option<DateTime<Utc>>,
    /// The program that a journal names.
    pub program: Option<&'a str>,
    /// What it wrote.
    pub text: Cow<'a, str>,
}

impl<'a> Line<'a> {
    /// Takes off what `form` puts before the text; years that are not said are those before `until`. A line that has
    /// none of it, as the further lines of a message, is all text.
    pub fn of(form: Form, line: &'a str, until: DateTime<Utc>) -> Self {
        let whole = |at| Line { at, program: None, text: Cow::Borrowed(line) };
        match form {
            Form::Journal => Self::of_syslog(line, until, TimeDelta::zero()).unwrap_or_else(|| whole(None)),
            Form::Stamped => {
                // An empty line may have lost the blank behind its time.
                let (time, text) = line.split_once(' ').unwrap_or((line, ""));
                match rfc3339(time.as_bytes()) {
                    Some(at) => Line { at: Some(at), program: None, text: Cow::Borrowed(text) },
                    None => whole(None),
                }
            }
            Form::Printed { ahead_s } => {
                match line.split_once(' ').and_then(|(time, text)| Some((rfc3339(time.as_bytes())?, text))) {
                    Some((at, text)) => Line { at: Some(at), program: None, text: Cow::Borrowed(text) },
                    None => whole(own::time(line.as_bytes(), until, TimeDelta::seconds(ahead_s.into()))),
                }
            }
            Form::Runtime => match container::piece(line.as_bytes()) {
                Some(piece) => Line { at: rfc3339(piece.time.as_bytes()), program: None, text: text_of(piece.text) },
                None => whole(None),
            },
            Form::Plain { ahead_s } => Self::plain(line, until, TimeDelta::seconds(ahead_s.into())),
        }
    }

    /// A line of syslog, which names its program.
    fn of_syslog(line: &'a str, until: DateTime<Utc>, ahead: TimeDelta) -> Option<Self> {
        let parts = syslog::split(line)?;
        let (program, text) = (Some(parts.program), Cow::Borrowed(parts.message));
        Some(Line { at: parts.at.until(until, ahead), program, text })
    }

    /// A line of syslog, or any other, which bears its own time, if any.
    fn plain(line: &'a str, until: DateTime<Utc>, ahead: TimeDelta) -> Self {
        let own = || {
            let at = plain::utc(line.as_bytes(), until, ahead);
            Line { at, program: None, text: Cow::Borrowed(line) }
        };
        Self::of_syslog(line, until, ahead).unwrap_or_else(own)
    }
}

fn text_of(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// What a program wrote, by its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement<'a> {
    /// How bad it calls itself, as it says it: klog's letter, the value of `level`.
    pub level: Cow<'a, str>,
    /// The line of its source that wrote it, where the logger says so: `kubelet.go:2117`.
    pub place: &'a str,
    /// What it says.
    pub message: Cow<'a, str>,
    /// Whether its logger keeps all values apart from what it says.
    pub is_constant: bool,
    /// Fields with names behind the message, as they stand there.
    pub fields: &'a str,
}

impl<'a> Statement<'a> {
    /// Takes the text of a line apart.
    pub fn of(text: &'a str) -> Self {
        if klog::level(text.as_bytes()).is_some() {
            return Self::of_klog(text);
        }
        if text.starts_with('{')
            && let Some(found) = Self::of_json(text)
        {
            return found;
        }
        Self::of_logfmt(text).unwrap_or_else(|| Self { message: Cow::Borrowed(text), ..Self::default() })
    }

    fn of_klog(text: &'a str) -> Self {
        let message = klog::message(text);
        let header = text.get(..text.len() - message.len()).unwrap_or_default();
        let place = header.trim_end_matches([']', ' ']).rsplit(' ').next().unwrap_or_default();
        let level = Cow::Borrowed(text.get(..1).unwrap_or_default());
        match quoted(message) {
            Some((said, fields)) => {
                Self { level, place, message: Cow::Borrowed(said), is_constant: true, fields: fields.trim_start() }
            }
            None => Self { level, place, message: Cow::Borrowed(message), ..Self::default() },
        }
    }

    fn of_json(text: &str) -> Option<Self> {
        let is_wanted = |name: &str| fields::MESSAGE.contains(&name) || fields::LEVEL.contains(&name);
        let mut found = fields::json(text, is_wanted)?;
        let level = match fields::place(&found, &fields::LEVEL).map(|place| found.swap_remove(place).1) {
            Some(Value::String(name)) => Cow::Owned(name),
            Some(Value::Number(number)) => Cow::Owned(number.to_string()),
            _ => Cow::Borrowed(""),
        };
        let message = fields::place(&found, &fields::MESSAGE).map(|place| found.swap_remove(place).1)?;
        let Value::String(message) = message else { return None };
        Some(Self { level, message: Cow::Owned(message), ..Self::default() })
    }

    /// `key=value` pairs from the beginning on, one of which is `msg`.
    fn of_logfmt(text: &'a str) -> Option<Self> {
        let (mut rest, mut level, mut message) = (text, None, None);
        while message.is_none() {
            let (pair, after) = fields::pair(rest)?;
            match pair.name {
                "msg" | "message" => message = Some(pair.value),
                name if fields::LEVEL.contains(&name) => level = Some(pair.value),
                _ => {}
            }
            rest = after;
        }
        let level = level.or_else(|| level_in(rest)).unwrap_or_default();
        Some(Self { level: Cow::Borrowed(level), message: Cow::Borrowed(message?), fields: rest, ..Self::default() })
    }
}

/// The level among fields that stand behind the message.
fn level_in(fields: &str) -> Option<&str> {
    fields.split(' ').find_map(|field| field.strip_prefix("level="))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(text: &str) -> [String; 4] {
        let found = Statement::of(text);
        [found.level.into(), found.place.into(), found.message.into(), found.fields.into()]
    }

    #[test]
    fn every_form_of_a_statement() {
        let klog = "E1121 16:03:26.652795      73 generic.go:205] \"Unable to list\" err=\"x\" n=1";
        assert_eq!(parts(klog), ["E", "generic.go:205", "Unable to list", "err=\"x\" n=1"]);
        let words = "I1121 16:03:26.652795      73 manager.go:1248] failed for \"/a\": unknown";
        assert_eq!(parts(words), ["I", "manager.go:1248", "failed for \"/a\": unknown", ""]);
        let logfmt = r#"time="2026-11-21T16:00:00Z" level=info msg="stop \"x\" now" id=1 b=2"#;
        assert_eq!(parts(logfmt), ["info", "", r#"stop \"x\" now"#, "id=1 b=2"]);
        assert_eq!(parts("ts=1 msg=serving... level=warn"), ["warn", "", "serving...", "level=warn"]);
        assert_eq!(parts(r#"{"level":"warn","msg":"slow","took":"1s"}"#), ["warn", "", "slow", ""]);
        for text in ["a=b c", "no form", "{\"a\":1}", "", "x=\"1"] {
            assert_eq!(parts(text), ["", "", text, ""]);
        }
    }

    #[test]
    fn every_form_of_a_line() {
        let until: DateTime<Utc> = "2026-11-21T17:00:00Z".parse().expect("a time");
        let at = "2026-11-21T16:00:00.500Z".parse().ok();
        let line = |form, text, at, program: Option<&str>, said: &str| {
            let found = Line::of(form, text, until);
            assert_eq!((found.at, found.program, found.text.as_ref()), (at, program, said), "{text}");
        };
        line(Form::Journal, "Nov 21 16:00:00.5 n kubelet[7]: a: b", at, Some("kubelet"), "a: b");
        line(Form::Journal, "    goes on", None, None, "    goes on");
        line(Form::Stamped, "2026-11-21T16:00:00.5Z a b", at, None, "a b");
        line(Form::Runtime, "2026-11-21T16:00:00.5Z stdout F a b", at, None, "a b");
        line(Form::Printed { ahead_s: 0 }, "2026-11-21T16:00:00.5Z a b", at, None, "a b");
        line(Form::Printed { ahead_s: 0 }, "2026-11-21 16:00:00.5 a b", at, None, "2026-11-21 16:00:00.5 a b");
        line(Form::Plain { ahead_s: 0 }, "2026-11-21T16:00:00.5Z a", at, None, "2026-11-21T16:00:00.5Z a");
        line(Form::Plain { ahead_s: 0 }, "Nov 21 16:00:00.5 n sshd[1]: a", at, Some("sshd"), "a");
        line(Form::Plain { ahead_s: 3600 }, "Nov 21 17:00:00.5 n sshd[1]: a", at, Some("sshd"), "a");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(E1121 06:58:33 1 a.go:1\\] |\\{|time=|msg=)?[\"\\\\= a-z\\PC]{0,60}") {
            Statement::of(&text);
        }
    }
}
