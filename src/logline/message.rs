//! What a line of a program says, whatever logger wrote it: one text for rules to match.
//!
//! ```text
//! I1121 06:58:33.5   74 a.go:64] "Failed" err="Put \"x\""         "Failed" err="Put "x""
//! {"ts":1.5,"caller":"a.go:64","msg":"Failed","err":"Put \"x\""}  "Failed" err="Put "x""
//! time="…" level=error msg="Failed" err="Put \"x\""               "Failed" err="Put "x""
//! time="…" level=info msg="I1121 … \"Failed\"" component=kubelet  "Failed"
//! ```
//!
//! Headers go, and escapes in values are undone, so that a pattern is written as the program meant it. Keys stay in
//! the order of the line. The forms: klog's text (k8s.io/klog, internal/serialize), its JSON (component-base,
//! logs/json), logfmt (`fields`) as logrus writes it (containerd, Docker, and k0s, which wraps what its programs print:
//! pkg/supervisor/log.go), and JSON of zap, zerolog, logrus, bunyan, pino and Serilog's compact form.

use super::fields::{self, Field};
use super::klog;
use serde_json::Value;
use std::borrow::Cow;

/// What the line says. Borrowed where nothing is to be undone.
pub fn of(raw: &str) -> Cow<'_, str> {
    if raw.starts_with('{') {
        return fields::json(raw, |_| true).and_then(said).map_or(raw.into(), Cow::Owned);
    }
    if klog::level(raw.as_bytes()).is_some() {
        return undone(klog::message(raw));
    }
    match logfmt(raw).and_then(said) {
        Some(text) => Cow::Owned(text),
        None if raw.starts_with('"') => undone(raw),
        None => raw.into(),
    }
}

/// One text of the fields of a line; none where none is its message.
fn said(mut fields: Vec<Field<'_>>) -> Option<String> {
    let (_, Value::String(message)) = fields.remove(fields::place(&fields, &fields::MESSAGE)?) else { return None };
    let message = plain(message.into());
    // What another program printed, as it printed it.
    if klog::level(message.as_bytes()).is_some() {
        return Some(of(&message).into_owned());
    }
    let mut out = format!("\"{message}\"");
    for (name, value) in fields.into_iter().filter(|(name, _)| !fields::is_header(name)) {
        let name = plain(name);
        match value {
            Value::String(text) => out.extend([" ", &name, "=\"", &plain(text.into()), "\""]),
            other => out.extend([" ", &name, "=", &other.to_string()]),
        }
    }
    Some(out)
}

/// Escapes undone, as `\"`; what would break or hide a line is a space.
fn undone(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(sign) = rest.next() {
        match sign {
            '\\' => match rest.clone().next() {
                Some(escaped @ ('"' | '\\' | '\'')) => {
                    rest.next();
                    out.push(escaped);
                }
                Some('n' | 'r' | 't') => {
                    rest.next();
                    out.push(' ');
                }
                _ => out.push('\\'),
            },
            sign => out.push(sign),
        }
    }
    out.into()
}

/// A text on one line, without anything that is not to be seen.
fn plain(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.contains(char::is_control) {
        true => text.replace(char::is_control, " ").into(),
        false => text,
    }
}

/// The fields of a line of logfmt; none where something else stands between them, or no `level` and `msg`.
fn logfmt(line: &str) -> Option<Vec<Field<'_>>> {
    let mut found = Vec::new();
    let mut rest = line.trim_end();
    while !rest.is_empty() {
        let (pair, after) = fields::pair(rest).filter(|_| found.len() < fields::MOST)?;
        let value = if pair.is_quoted { undone(pair.value) } else { pair.value.into() };
        found.push((pair.name.into(), Value::String(value.into_owned())));
        rest = after;
    }
    let has = |name: &str| found.iter().any(|(field, _): &Field<'_>| field == name);
    (has("msg") && (has("level") || has("lvl"))).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_logger_says_the_same() {
        let said = r#""Failed to update lease" err="Put "https://10.0.0.1:6443/x": i/o timeout" attempt=3"#;
        let lines = [
            r#"E1121 06:58:33.501922      74 controller.go:195] "Failed to update lease" err="Put \"https://10.0.0.1:6443/x\": i/o timeout" attempt=3"#,
            r#"{"ts":1795244313.5,"caller":"lease/controller.go:195","msg":"Failed to update lease","err":"Put \"https://10.0.0.1:6443/x\": i/o timeout","attempt":3}"#,
            r#"{"level":"error","ts":"2026-11-21T06:58:33Z","logger":"l","caller":"a.go:1","msg":"Failed to update lease","err":"Put \"https://10.0.0.1:6443/x\": i/o timeout","attempt":3}"#,
            r#"{"level":"error","err":"Put \"https://10.0.0.1:6443/x\": i/o timeout","attempt":3,"time":1795244313,"message":"Failed to update lease"}"#,
            r#"{"name":"app","hostname":"h","pid":7,"level":50,"err":"Put \"https://10.0.0.1:6443/x\": i/o timeout","attempt":3,"msg":"Failed to update lease","time":"2026-11-21T06:58:33Z","v":0}"#,
            r#"{"@t":"2026-11-21T06:58:33Z","@l":"Error","@mt":"Failed to update lease","err":"Put \"https://10.0.0.1:6443/x\": i\/o timeout","attempt":3}"#,
            r#"time="2026-11-21T06:58:33Z" level=info msg="E1121 06:58:33.501922      74 controller.go:195] \"Failed to update lease\" err=\"Put \\\"https://10.0.0.1:6443/x\\\": i/o timeout\" attempt=3" component=kubelet stream=stderr"#,
        ];
        for line in lines {
            assert_eq!(of(line), said, "{line}");
        }
        let logrus = r#"time="2026-11-21T06:58:33Z" level=error msg="Failed to update lease" err="Put \"https://10.0.0.1:6443/x\": i/o timeout""#;
        assert_eq!(of(logrus), said.trim_end_matches(" attempt=3"));
    }

    #[test]
    fn what_no_logger_wrote_stays_as_it_is() {
        for line in [
            "Out of memory: Killed process 1 (a)",
            "a=b c",
            r#"{"kind":"Pod"}"#,
            r#"{"msg":1}"#,
            "{broken",
            r#"level=info msg="no end"#,
            "msg=audit(1795244400.123:42): x=y",
            "",
        ] {
            assert!(matches!(of(line), Cow::Borrowed(text) if text == line), "{line}");
        }
        assert_eq!(of("I1121 06:58:33.501922 74 a.go:1] eviction manager: attempting"), "eviction manager: attempting");
    }

    #[test]
    fn nothing_undone_breaks_a_line() {
        for line in [r#"{"msg":"a\u001b[31m\nb"}"#, r#"level=info msg="a\nb""#, r#"I1121 06:58:33.5 7 a.go:1] "a\nb""#]
        {
            assert!(!of(line).contains(char::is_control), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(line in r#"(\{"msg":"|level=info msg="|I1121 06:58:33.5 7 a.go:1\] ")?\PC{0,60}"#) {
            of(&line);
        }
    }
}
