//! The lines of a terminal above what a command printed: the command itself, which may say the namespace, and a date.

use crate::logline::stamp;
use chrono::{DateTime, NaiveDateTime, Utc};

/// Which namespace a command asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Asked {
    /// It does not say: that of whoever ran it.
    #[default]
    Unsaid,
    All,
    Of(String),
}

/// What a line with a command of kubectl or oc asks; none where it is no such line.
///
/// The command stands at the beginning of a line, behind a prompt, or behind the `+` of `set -x`.
pub fn asked(line: &str) -> Option<Asked> {
    let mut words = line.split_whitespace();
    let mut before = None;
    loop {
        let word = words.next()?;
        if matches!(word, "kubectl" | "oc" | "k") {
            break;
        }
        before = Some(word);
    }
    if !before.is_none_or(ends_prompt) {
        return None;
    }
    let mut asked = Asked::Unsaid;
    while let Some(word) = words.next() {
        let name = match word {
            "|" | ">" | ">>" | ";" | "&&" => break,
            "-A" | "--all-namespaces" | "--all-namespaces=true" => {
                asked = Asked::All;
                continue;
            }
            "-n" | "--namespace" => words.next(),
            word => word.strip_prefix("--namespace=").or_else(|| word.strip_prefix("-n").filter(|_| is_glued(word))),
        };
        if let Some(name) = name.map(|name| name.trim_start_matches('=')).filter(|name| is_name(name)) {
            asked = Asked::Of(name.to_owned());
        }
    }
    Some(asked)
}

/// `-nshop`, and not `--no-headers`.
fn is_glued(word: &str) -> bool {
    !word.starts_with("--") && word.len() > 2
}

/// A prompt ends in a sign; variables may be set before a command.
fn ends_prompt(word: &str) -> bool {
    word.ends_with(['$', '#', '%', '>', '+']) || word.contains('=') || word == "sudo"
}

/// A name of RFC 1123, which a namespace has.
fn is_name(text: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 63 && text.bytes().all(is_sign)
}

/// Whether a line may stand above what a command printed: a command behind a prompt, what `date` printed, or nothing.
pub fn is_above(line: &str) -> bool {
    line.trim().is_empty() || asked(line).is_some() || time(line).is_some() || is_date(line) || has_prompt(line)
}

/// A command behind a prompt, which ends in a sign and follows at most a few words.
fn has_prompt(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let is_prompt =
        |word: &str| word.ends_with(['$', '#', '%']) || word.ends_with('>') && word.contains([':', '\\', '@']);
    words.by_ref().take(4).any(is_prompt) && words.next().is_some()
}

/// What `date` printed in a zone that only has an abbreviation, so that it tells no time.
fn is_date(line: &str) -> bool {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let zone = (words.len() == 6).then(|| words.remove(4));
    zone.is_some_and(|zone| zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte)))
        && NaiveDateTime::parse_from_str(&words.join(" "), "%a %b %e %H:%M:%S %Y").is_ok()
}

/// How `date` prints a time of UTC, in the locales C and en_US, and with -R (GNU coreutils, src/date.c).
const DATES: [&str; 4] = [
    "%a %b %e %H:%M:%S UTC %Y",
    "%a %b %e %I:%M:%S %p UTC %Y",
    "%a %d %b %Y %I:%M:%S %p UTC",
    "%a %d %b %Y %H:%M:%S UTC",
];

/// When a line says that it was: what `date` printed, or a time of RFC 3339 alone or before a command. In a zone that
/// is only an abbreviation it is none.
pub fn time(line: &str) -> Option<DateTime<Utc>> {
    let line = line.trim().trim_start_matches(['#', '=', '-', ' ']).trim_end_matches(['=', '-', ' ']);
    let local = DATES.iter().find_map(|form| NaiveDateTime::parse_from_str(line, form).ok());
    let at = local.map(|local| local.and_utc()).or_else(|| Some(DateTime::parse_from_rfc2822(line).ok()?.to_utc()));
    at.or_else(|| stamp::rfc3339(line.as_bytes())).or_else(|| {
        let (prompt, _) = line.split_once("kubectl ").or_else(|| line.split_once("oc "))?;
        let mut words = prompt.split_whitespace().take(4).map(|word| word.trim_matches(['[', ']', '(', ')']));
        words.find_map(|word| stamp::rfc3339(word.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_command_may_say_the_namespace() {
        let of = |name: &str| Some(Asked::Of(name.to_owned()));
        let cases = [
            ("$ kubectl -n shop get pods", of("shop")),
            ("root@node-1:~# kubectl get events --namespace=shop --sort-by=.lastTimestamp", of("shop")),
            ("+ kubectl get pods -nshop -o wide", of("shop")),
            ("KUBECONFIG=/x oc get pods --namespace shop", of("shop")),
            ("kubectl get pods -A --no-headers", Some(Asked::All)),
            ("[2026-11-21T07:00:00Z] ~ $ kubectl get pods", Some(Asked::Unsaid)),
            ("kubectl get pods -n $NS", Some(Asked::Unsaid)),
            ("$ kubectl get pods | grep -n web", Some(Asked::Unsaid)),
            ("then I ran kubectl -n shop get pods", None),
            ("NAME  READY", None),
        ];
        for (line, expected) in cases {
            assert_eq!(asked(line), expected, "{line}");
        }
    }

    #[test]
    fn a_date_is_one_of_utc_or_none() {
        let at = Some("2026-11-21T06:58:33+00:00".to_owned());
        for line in [
            "Sat Nov 21 06:58:33 UTC 2026",
            "Sat Nov 21 06:58:33 AM UTC 2026",
            "Sat 21 Nov 2026 06:58:33 AM UTC",
            "Sat, 21 Nov 2026 06:58:33 +0000",
            "2026-11-21T06:58:33Z",
            "=== 2026-11-21T08:58:33+02:00 ===",
            "[2026-11-21T06:58:33Z] $ kubectl get events",
        ] {
            assert_eq!(time(line).map(|at| at.to_rfc3339()), at, "{line}");
        }
        for line in [
            "Sat Nov 21 07:58:33 CET 2026",
            "$ kubectl logs web-0 --since-time 2026-11-21T06:58:33Z",
            "2026-11-21T06:58:33Z  pod/web-0  Killing",
            "",
        ] {
            assert_eq!(time(line), None, "{line}");
        }
    }

    #[test]
    fn what_stands_above_is_known() {
        for line in [
            "",
            "root@n-1:~# date",
            "Fri Nov 20 10:30:00 CET 2026",
            "$ kubectl describe pod web-0",
            "[me@n ~]$ date -u",
        ] {
            assert!(is_above(line), "{line}");
        }
        for line in ["NAME   READY", "Name:  web-0", "then it said > 5 of them", "LAST SEEN   TYPE", "<none> x"] {
            assert!(!is_above(line), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_survived(line in "\\PC{0,80}") {
            is_above(&line);
            asked(&line);
            time(&line);
        }
    }
}
