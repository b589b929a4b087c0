//! Our own archive, a zip or a folder: `archive::layout` says what each of its paths holds.

use crate::archive::format::Outcome;
use crate::archive::layout::KubeletView;
use crate::archive::{Archive, ArchiveError, layout};
use crate::inputs::format::{About, Format, Opened, Start};
use crate::inputs::kind::{AuditForm, JournalForm, Kind, LogForm, LogOf, ObjectForm, ObjectKind, WhyUnread};
use crate::logline::boot::{Boot, Starts};
use crate::logline::plain::{self, Said};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

pub const FORMAT: Format = Format { name: "k8s-forensics archive", recognise, kind, open };

fn recognise(files: &Archive) -> u8 {
    if files.bytes_of(layout::ARCHIVE).is_some() { 100 } else { 0 }
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    if let Some((_, plural)) = layout::parse_objects(path) {
        return Kind::Objects { form: ObjectForm::Lines, of: ObjectKind::Plural(plural) };
    }
    if let Some((namespace, plural)) = layout::parse_history(path) {
        return Kind::History { namespace: namespace.unwrap_or_default(), plural };
    }
    if let Some((node, unit)) = layout::parse_journal(path) {
        return Kind::Journal { node, unit, form: JournalForm::ShortPrecise };
    }
    if let Some((node, file)) = layout::parse_var_log(path) {
        return Kind::Journal { node, unit: program_of(&file), form: JournalForm::Plain { ahead_s: 0, boot: None } };
    }
    if let Some(of) = log_of(path) {
        return Kind::Log { form: LogForm::Stamped, of };
    }
    if let Some((query, server)) = layout::parse_metric(path) {
        return Kind::Series { query, server };
    }
    if layout::is_alerts(path) {
        return Kind::Alerts;
    }
    if let Some((node, KubeletView::Configz)) = layout::parse_kubelet(path) {
        return Kind::KubeletConfig { node };
    }
    if layout::parse_audit(path).is_some() {
        return Kind::Audit(AuditForm::Lines);
    }
    if layout::parse_audit_reads(path).is_some() {
        return Kind::Audit(AuditForm::Counts);
    }
    if layout::parse_check(path).is_some() {
        return super::checks::kind(path, start);
    }
    match path {
        layout::OUTCOMES => Kind::Outcomes,
        layout::CLOCKS => Kind::Clocks,
        layout::MEMBERS => Kind::Members,
        path if path.starts_with("meta/") => Kind::Custody,
        _ => Kind::Unread(WhyUnread::NotYet),
    }
}

/// The program that writes to a file below /var/log, for lines that name none; of a file that several write to, its
/// own name.
fn program_of(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    match name.strip_suffix(".log").unwrap_or(name) {
        "dmesg" | "kern" => "kernel",
        name => name,
    }
    .to_owned()
}

/// Whose log an entry is, one that the API showed or a file of its node.
fn log_of(path: &str) -> Option<LogOf> {
    let shown = layout::parse_pod_log(path).map(|log| (log.container, None));
    let (of, uid) = shown.or_else(|| layout::parse_log_file(path).map(|file| (file.container, file.deleted_uid)))?;
    Some(LogOf { namespace: of.namespace, pod: of.pod, uid, container: of.name })
}

fn open(files: &Archive, mut kinds: Vec<Kind>) -> Result<Opened, ArchiveError> {
    let outcomes = files.outcomes();
    for (entry, kind) in files.entries().zip(&mut kinds) {
        if let Kind::Journal { form: JournalForm::Plain { ahead_s, .. }, .. } = kind {
            *ahead_s = ahead(files, entry, &outcomes).unwrap_or_default();
        }
    }
    let header = files.header()?;
    tell_boots(files, &mut kinds, |entry| outcome_of(&outcomes, entry).and_then(|one| one.to).unwrap_or(header.to));
    let about = About {
        header,
        has_window: true,
        said_in: Some(layout::ARCHIVE),
        outcomes,
        sha256: files.manifest_sha256().ok().flatten(),
        parts: files.parts(),
    };
    Ok(Opened { about, kinds })
}

/// Finds when the kernels started whose messages bear no other time, as /var/log/dmesg: syslog's files of the same node
/// have both.
fn tell_boots(files: &Archive, kinds: &mut [Kind], until: impl Fn(&str) -> DateTime<Utc>) {
    let is_dmesg = |entry: &str| layout::parse_var_log(entry).is_some_and(|(_, file)| file == "dmesg");
    let nodes: Vec<String> = files
        .entries()
        .filter(|entry| is_dmesg(entry))
        .filter_map(|entry| Some(layout::parse_var_log(entry)?.0))
        .collect();
    for node in nodes {
        let mut boot: Option<Boot> = None;
        for (entry, kind) in files.entries().zip(kinds.iter()).filter(|(entry, _)| !is_dmesg(entry)) {
            let Kind::Journal { node: of, form: JournalForm::Plain { ahead_s, .. }, .. } = kind else { continue };
            if *of != node {
                continue;
            }
            let (mut starts, until) = (Starts::default(), until(entry));
            let of_kernel = memchr::memmem::Finder::new(b"kernel: [");
            let _ = files.blocks(entry, |block| {
                for (_, line) in block.lines().filter(|(_, line)| of_kernel.find(line).is_some()) {
                    starts.line(&String::from_utf8_lossy(line), until, TimeDelta::seconds((*ahead_s).into()));
                }
                Some(block)
            });
            boot = boot.into_iter().chain(starts.last()).max_by_key(|boot| boot.at);
        }
        for (_, kind) in files.entries().zip(kinds.iter_mut()).filter(|(entry, _)| is_dmesg(entry)) {
            if let Kind::Journal { node: of, form: JournalForm::Plain { boot: known, .. }, .. } = kind
                && *of == node
            {
                *known = boot;
            }
        }
    }
}

fn outcome_of<'a>(outcomes: &'a [Outcome], entry: &str) -> Option<&'a Outcome> {
    outcomes.iter().find(|outcome| outcome.entry.as_deref() == Some(entry))
}

/// How many seconds the times of a plain file are ahead of UTC, where the outcome says when its last line was: the
/// collector knew it from when the file was written.
fn ahead(files: &Archive, entry: &str, outcomes: &[Outcome]) -> Option<i32> {
    let to = outcome_of(outcomes, entry)?.to?;
    let mut last = None;
    let read = files.blocks(entry, |block| {
        last = block.lines().filter_map(|(_, line)| local(line, to)).last().or(last);
        Some(block)
    });
    let ahead = plain::zone(last.filter(|_| read.is_ok())?, to)?;
    i32::try_from(ahead.num_seconds()).ok()
}

/// The time of a line that says no zone.
fn local(line: &[u8], written: DateTime<Utc>) -> Option<NaiveDateTime> {
    match plain::time(line, written)? {
        Said::Local(time) => Some(time),
        Said::At(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_kind() {
        let of = |path: &str| kind(path, &Start::of_bytes(b""));
        let plural =
            |plural: &str| Kind::Objects { form: ObjectForm::Lines, of: ObjectKind::Plural(plural.to_owned()) };
        assert_eq!(of("objects/namespaces/shop/events.jsonl"), plural("events"));
        let (node, unit) = ("n-1".to_owned(), "kubelet".to_owned());
        assert_eq!(of("nodes/n-1/journal/kubelet.log"), Kind::Journal { node, unit, form: JournalForm::ShortPrecise });
        for (path, unit) in [("kern.log", "kernel"), ("syslog", "syslog"), ("audit/audit.log", "audit")] {
            let (node, unit, form) = ("n-1".to_owned(), unit.to_owned(), JournalForm::Plain { ahead_s: 0, boot: None });
            assert_eq!(of(&format!("nodes/n-1/var-log/{path}")), Kind::Journal { node, unit, form });
        }
        for (path, uid) in [("logs/a/b/c/current.log", None), ("logs/a/b/c/deleted/uid/0.log", Some("uid"))] {
            let uid = uid.map(str::to_owned);
            let log = LogOf { namespace: "a".into(), pod: "b".into(), uid, container: "c".into() };
            assert_eq!(of(path), Kind::Log { form: LogForm::Stamped, of: log });
        }
        let series = |server: &str| Kind::Series { query: "up".to_owned(), server: server.to_owned() };
        assert_eq!((of("metrics/up.json"), of("metrics/up%40two.json")), (series(""), series("two")));
        assert_eq!((of("metrics/alerts.json"), of("metrics/alerts%40two.json")), (Kind::Alerts, Kind::Alerts));
        assert_eq!(of("nodes/n-1/kubelet/configz.json"), Kind::KubeletConfig { node: "n-1".to_owned() });
        let unread = || Kind::Unread(WhyUnread::NotYet);
        assert_eq!((of("metrics/rules.json"), of("nodes/n-1/kubelet/healthz.txt")), (unread(), unread()));
        assert_eq!((of("meta/outcomes.jsonl"), of("meta/clocks.jsonl")), (Kind::Outcomes, Kind::Clocks));
        assert_eq!(of("controlplane/members.jsonl"), Kind::Members);
        assert_eq!(of("controlplane/audit/n-1/audit.log.jsonl"), Kind::Audit(AuditForm::Lines));
        assert_eq!(of("controlplane/audit/n-1/reads.jsonl"), Kind::Audit(AuditForm::Counts));
        let table = kind("checks/runs.csv", &Start::of_bytes(b"time,outcome\n"));
        assert!(matches!(table, Kind::Check(_)) && of("checks/runs.csv").is_unread() && of("checks/a/b").is_unread());
        assert_eq!((of("meta/manifest.json"), of("describe/nodes/n-1.txt")), (Kind::Custody, unread()));
    }
}
