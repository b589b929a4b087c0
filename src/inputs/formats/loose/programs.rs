//! Loose files that a program or a kernel wrote, whose content does not say whose they are.
//!
//! A log whose path names a pod that the records beside it know is that container's. Any other is what somebody saw from
//! outside the cluster, as the output of a pipeline: it is about the program, called as its file is. Messages of a kernel
//! are of the node that the path names; where no record beside them knows any node, of one called as the file is.

use super::names::{self, Names};
use super::survey::{Span, Surveyed, each_line};
use super::written;
use crate::archive::Archive;
use crate::inputs::kind::{JournalForm, Kind, LogForm, WhyUnread};
use crate::logline::{container, klog, own, plain, severity, stamp, syslog};
use chrono::{DateTime, TimeDelta, Utc};

/// How many lines are looked at to know a log.
const LINES: usize = 50;

const KERNEL: &str = "kernel";

/// What a text that begins like this is.
pub fn kind(path: &str, text: &str) -> Option<Kind> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(LINES).collect();
    let first = lines.first()?;
    if is_of_kernel(first) {
        let (node, unit) = (String::new(), KERNEL.to_owned());
        return Some(Kind::Journal { node, unit, form: JournalForm::Plain { ahead_s: 0, boot: None } });
    }
    // A runtime wrote it, of a container that nothing names.
    let is_runtimes = container::piece(first.as_bytes()).is_some();
    let is_journal = is_runtimes || text.contains("\"__REALTIME_TIMESTAMP\"") || text.contains("\"__CURSOR\"");
    let is_timed = |line: &&&str| own::time(line.as_bytes(), DateTime::<Utc>::MAX_UTC, TimeDelta::zero()).is_some();
    let timed = lines.iter().filter(is_timed).count();
    // What people write to each other bears times too, but calls itself no error and no information.
    let is_log = |line: &&str| says_its_form(line) || severity::of_program(own::message(line)).is_some();
    let is_known = timed > 0 && timed * 2 >= lines.len() && lines.iter().any(is_log) && !is_journal;
    let is_kubelets = klog::time(first.as_bytes()).is_some() && text.contains(" kubelet");
    (is_known && !is_kubelets).then(|| {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        Kind::Program { name, form: LogForm::Own { ahead_s: 0 } }
    })
}

/// Whether what was found to be messages of a kernel has lines that name no node.
pub fn is_kernels(kind: &Kind) -> bool {
    let Kind::Journal { node, unit, form: JournalForm::Plain { .. } } = kind else { return false };
    node.is_empty() && unit == KERNEL
}

/// `[12345.678901] …`, the same with -T, or with --time-format iso (util-linux, sys-utils/dmesg.c).
fn is_of_kernel(line: &str) -> bool {
    let is_iso = line.get(19..20) == Some(",") && plain::message(line) != line;
    let is_local = line.starts_with('[') && line.get(25..27) == Some("] ") && plain::message(line) != line;
    syslog::since_start(line).is_some() || is_iso || is_local
}

/// Whether a line is of a form that only programs write.
fn says_its_form(line: &str) -> bool {
    let bytes = line.as_bytes();
    line.starts_with('{') || line.starts_with("time=\"") || klog::time(bytes).is_some() || {
        stamp::leading_rfc3339(bytes).is_some()
    }
}

/// Whose log a file is, and from when to when.
pub fn log(files: &Archive, entry: &str, name: String, names: &Names) -> Surveyed {
    let reference = written(files, entry).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let (span, is_zoned) = span(files, entry, reference);
    let form = LogForm::Own { ahead_s: 0 };
    let of = names.log_of(entry);
    let mut notes = Vec::new();
    if of.is_none() {
        notes.push(
            "no record beside it knows a pod that it is called after: it is taken for what was seen from outside",
        );
    }
    if !is_zoned {
        notes.push("its times say no zone and were taken for UTC");
    }
    let kind = match of {
        Some(of) => Kind::Log { form, of },
        None => Kind::Program { name, form },
    };
    Surveyed { kind, span, note: notes.join("; "), happened: None }
}

/// Messages of a kernel, and of which node.
pub fn kernel(files: &Archive, entry: &str, names: &Names) -> Surveyed {
    let (node, why) = match names.node_of(entry) {
        Some(node) => (node, "its node is the one that its path names"),
        None if names.nodes.is_empty() => {
            (names::called(entry), "nothing says whose it is: its node is called as the file is")
        }
        None => ("", ""),
    };
    if node.is_empty() {
        let note =
            "nothing says of which node these messages of a kernel are: neither a folder nor the file is called as one";
        return Surveyed {
            kind: Kind::Unread(WhyUnread::NobodysJournal),
            span: None,
            note: note.to_owned(),
            happened: None,
        };
    }
    let reference = written(files, entry).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let (span, is_zoned) = span(files, entry, reference);
    let note = match (span, is_zoned) {
        (None, _) => format!("{why}; its times count from when the kernel started, and no record says when that was"),
        (Some(_), false) => format!("{why}; its times say no zone and were taken for UTC"),
        (Some(_), true) => why.to_owned(),
    };
    let form = JournalForm::Plain { ahead_s: 0, boot: None };
    Surveyed {
        kind: Kind::Journal { node: node.to_owned(), unit: KERNEL.to_owned(), form },
        span,
        note,
        happened: None,
    }
}

/// From when to when the lines of a file are, and whether all of them say a zone.
fn span(files: &Archive, entry: &str, reference: DateTime<Utc>) -> (Option<Span>, bool) {
    let (mut span, mut is_zoned): (Option<Span>, bool) = (None, true);
    each_line(files, entry, |line| {
        if let Some(at) = own::time(line, reference, TimeDelta::zero()) {
            span = Some(span.map_or(Span::at(at), |known| known.union(Span::at(at))));
            is_zoned &= own::says_zone(line);
        }
    });
    (span, is_zoned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_known_by_their_times() {
        let log = Some(Kind::Program { name: "a.log".to_owned(), form: LogForm::Own { ahead_s: 0 } });
        for text in [
            "2026-11-21T07:00:00.123Z Error: UPGRADE FAILED: timed out waiting for the condition\n",
            "{\"ts\":1795244400.5,\"level\":\"info\",\"msg\":\"x\"}\n",
            "time=\"2026-11-21T07:00:00Z\" level=info msg=x\n",
            "2026-11-21 07:00:00,000 ERROR root: x\nTraceback\n",
            "I1121 07:00:00.123456     812 a.go:1] x\n",
        ] {
            assert_eq!(kind("x/a.log", text), log, "{text}");
        }
        for text in [
            "",
            "hello\n",
            "2026-11-21 07:00:00 alice: we saw it too\n",
            "{\"__CURSOR\":\"s=1\",\"__REALTIME_TIMESTAMP\":\"1795244400000000\",\"time\":\"2026-11-21T07:00:00Z\"}\n",
            "E1121 07:00:00.123456     812 kubelet.go:1] x kubelet\n",
        ] {
            assert_eq!(kind("x/a.log", text), None, "{text}");
        }
        for text in [
            "[    0.000000] Linux version 6.1.0\n",
            "[Sat Nov 21 07:00:00 2026] Out of memory\n",
            "2026-11-21T07:00:00,123456+00:00 Out of memory\n",
        ] {
            assert!(matches!(kind("dmesg", text), Some(Kind::Journal { unit, .. }) if unit == KERNEL), "{text}");
        }
    }
}
