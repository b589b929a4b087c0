//! Lines of the files that container runtimes write.
//!
//! Both forms that kubelets read are known (k8s.io/cri-client, pkg/logs/logs.go, `parseCRILog` and
//! `parseDockerJSONLog`): `2026-01-02T15:04:05.123456789Z stdout F text`, with `P` for a part of a line, and
//! `{"log":"text\n","stream":"stdout","time":"…"}`, where a text without a line end is a part.

use super::stamp::rfc3339;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// As it stands there, RFC 3339.
    pub time: Cow<'a, str>,
    /// What the program printed, without its line end.
    pub text: Cow<'a, [u8]>,
    /// Whether the line that the program printed ends with it.
    pub is_end: bool,
}

/// What a line of either form says; `None` if it is of neither.
pub fn piece(line: &[u8]) -> Option<Piece<'_>> {
    if line.starts_with(b"{")
        && let Ok(fields) = serde_json::from_slice::<DockerLine>(line)
    {
        return docker(fields, line);
    }
    cri(line)
}

/// Empty fields are left out (moby, daemon/logger/jsonfilelog/jsonlog). What has others but the first two is a line
/// of a program that logs as JSON itself.
#[derive(Deserialize)]
struct DockerLine<'a> {
    #[serde(borrow)]
    log: Option<Cow<'a, str>>,
    #[serde(borrow)]
    stream: Option<Cow<'a, str>>,
    #[serde(borrow)]
    time: Cow<'a, str>,
}

fn docker<'a>(line: DockerLine<'a>, whole: &[u8]) -> Option<Piece<'a>> {
    rfc3339(line.time.as_bytes())?;
    let is_alone = || serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(whole).is_ok_and(|all| all.len() == 1);
    if line.log.is_none() && line.stream.is_none() && !is_alone() {
        return None;
    }
    let log = line.log.unwrap_or_default();
    let is_end = log.ends_with('\n');
    let text = match log {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_suffix('\n').unwrap_or(text).as_bytes()),
        Cow::Owned(mut text) => {
            text.truncate(text.len() - usize::from(is_end));
            Cow::Owned(text.into_bytes())
        }
    };
    Some(Piece { time: line.time, text, is_end })
}

fn cri(line: &[u8]) -> Option<Piece<'_>> {
    let mut fields = line.strip_suffix(b"\n").unwrap_or(line).splitn(4, |byte| *byte == b' ');
    let (time, stream, tags, text) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    rfc3339(time)?;
    let is_stream = matches!(stream, b"stdout" | b"stderr");
    let is_part = tags.split(|byte| *byte == b':').next() == Some(b"P");
    let time = std::str::from_utf8(time).ok()?.into();
    is_stream.then_some(Piece { time, text: text.into(), is_end: !is_part })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, text: &str, is_end: bool) {
        let found = piece(line.as_bytes()).expect(line);
        assert_eq!((found.time.as_ref(), found.is_end), ("2026-11-21T15:55:14.1Z", is_end), "{line}");
        assert_eq!(found.text.as_ref(), text.as_bytes(), "{line}");
    }

    #[test]
    fn both_forms() {
        check("2026-11-21T15:55:14.1Z stdout F a  b\n", "a  b", true);
        check("2026-11-21T15:55:14.1Z stderr P:x a", "a", false);
        check("2026-11-21T15:55:14.1Z stderr F ", "", true);
        check(r#"{"log":"\u003ca\u003e\n","stream":"stdout","time":"2026-11-21T15:55:14.1Z"}"#, "<a>", true);
        check(r#"{"log":"a","stream":"stdout","time":"2026-11-21T15:55:14.1Z"}"#, "a", false);
        check(r#"{"time":"2026-11-21T15:55:14.1Z"}"#, "", false);
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "no time",
            "2026-11-21T15:55:14Z stdin F b",
            "2026-11-21T15:55:14Z stdout",
            "yesterday stdout F a",
            r#"{"log":1}"#,
            r#"{"time":"2026-11-21T15:55:14.1Z","level":"ERROR","msg":"x"}"#,
            r#"{"log":"a\n","time":"now"}"#,
        ] {
            assert_eq!(piece(line.as_bytes()), None, "{line}");
        }
    }
}
