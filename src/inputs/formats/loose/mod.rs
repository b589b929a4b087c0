//! Loose files, one or a folder of them, as people save them: `kubectl get -o json` and `-o yaml`, the journal of a
//! kubelet, log files that a container runtime wrote, audit logs of API servers.
//!
//! What a file is follows from what stands in it; a file that does not tell enough to be read right (whose log it is,
//! of which node a journal) is not read. A file of a syslog is one of several programs, which its lines name. The names that a kubelet gives to log files are believed. Such files say of
//! themselves neither a window nor, in journals, year and zone. The window is that of their records, or when the files
//! were written where no record has a time. The year is the one nearest to the dated records beside the journal, or the
//! latest before the file was written. The zone is what times with a zone in the same lines tell, else it is taken for UTC; the coverage says which.
//! What kubectl prints for people is in `printed`, answers of other APIs in `saved`, logs and messages of kernels that do
//! not say whose they are in `programs`.

mod journals;
mod names;
mod objects;
mod printed;
mod programs;
mod saved;
mod survey;
mod unread;

pub use objects::{form, kind_by_name};

use crate::archive::format::{ClusterId, FORMAT as ARCHIVE_FORMAT, Header, Outcome, Status};
use crate::archive::{Archive, ArchiveError};
use crate::inputs::format::{About, Format, Opened, Start};
use crate::inputs::kind::{JournalForm, Kind, LogForm, LogOf, WhyUnread};
use crate::inputs::{audit, dump};
use crate::logline::{container, klog, own, stamp, syslog};
use crate::model::Window;
use chrono::{DateTime, TimeDelta, Utc};
use survey::{Span, Surveyed};

pub const FORMAT: Format = Format { name: "loose files", recognise, kind, open };

/// The forms it is known in, as they are told to whoever gave something else.
pub const FORMS: &str = "loose files, one or a folder: objects, tables and descriptions as kubectl prints them (get -o \
                         json, get -o yaml, get, describe), journals in every form of journalctl, syslog, dmesg, logs \
                         whose lines bear times, API audit logs, answers of Prometheus, and operations of Amazon, Google \
                         and Azure on machines, as their command-line tools list them";

/// Less sure than any format that knows its own files by name.
const CONFIDENCE: u8 = 10;

/// A journal whose node or unit shows in its lines alone, see [`survey`].
fn to_be_surveyed(form: JournalForm) -> Kind {
    Kind::Journal { node: String::new(), unit: String::new(), form }
}

fn recognise(files: &Archive) -> u8 {
    let is_read = |entry: &str| !kind(entry, &Start::of(files, entry)).is_unread();
    if files.entries().any(is_read) { CONFIDENCE } else { 0 }
}

pub fn kind(path: &str, start: &Start<'_>) -> Kind {
    if let Some(form) = audit::form(start.bytes()) {
        return Kind::Audit(form);
    }
    if start.bytes().contains(&0) {
        return Kind::Unread(WhyUnread::Binary);
    }
    let text = String::from_utf8_lossy(start.bytes());
    let text = text.trim_start();
    let first = first_line(text);
    match objects::objects(path, text, first) {
        Ok(Some((form, of))) => return Kind::Objects { form, of },
        Ok(None) => {}
        Err(why) => return Kind::Unread(why),
    }
    if dump::begins_with_log(text.as_bytes()) {
        return Kind::Dump;
    }
    if let Some(of) = log_of(path).filter(|_| container::piece(first.as_bytes()).is_some()) {
        return Kind::Log { form: LogForm::Runtime, of };
    }
    if syslog::split(first).is_some() {
        return to_be_surveyed(JournalForm::ShortPrecise);
    }
    if klog::time(first.as_bytes()).is_some() && text.contains(" kubelet") {
        return to_be_surveyed(JournalForm::Klog);
    }
    let others = saved::kind(path, text).or_else(|| printed::kind(text)).or_else(|| programs::kind(path, text));
    others.unwrap_or_else(|| Kind::Unread(why_unread(start.bytes(), first)))
}

/// The first line that is neither a comment nor what journalctl says of itself.
pub fn first_line(text: &str) -> &str {
    let is_said = |line: &&str| !line.starts_with("--") && !line.starts_with('#') && !line.trim().is_empty();
    text.lines().find(is_said).unwrap_or_default()
}

/// Whether a file begins as JSON or YAML does, with an object or a list.
pub fn is_structured(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    let is_yaml = |line: &[u8]| {
        let key = line.split(|byte| *byte == b':').next().unwrap_or_default();
        line.contains(&b':') && key.iter().all(|byte| byte.is_ascii_alphanumeric())
    };
    let first = start.strip_prefix(b"---\n").unwrap_or(start).split(|byte| *byte == b'\n').next().unwrap_or_default();
    matches!(start.first(), Some(b'{' | b'[')) || first.starts_with(b"- ") || is_yaml(first)
}

/// Why what begins so is not read.
pub fn why_unread(bytes: &[u8], first: &str) -> WhyUnread {
    // A journal without entries has a line that says so.
    if first.is_empty() {
        return WhyUnread::Empty;
    }
    if bytes.contains(&0) {
        return WhyUnread::Binary;
    }
    let is_log = container::piece(first.as_bytes()).is_some()
        || own::time(first.as_bytes(), DateTime::UNIX_EPOCH, TimeDelta::zero()).is_some();
    match unread::table(bytes) {
        Some(why) => why,
        None if is_log => WhyUnread::NobodysLog,
        None => WhyUnread::UnknownForm,
    }
}

/// Whose log a file is by the name that the kubelet gave it: `NAMESPACE_POD_UID/CONTAINER/N.log` below
/// /var/log/pods, or `POD_NAMESPACE_CONTAINER-ID.log` in /var/log/containers (pkg/kubelet/kuberuntime, legacy.go and
/// helpers.go).
fn log_of(path: &str) -> Option<LogOf> {
    let mut parts = path.rsplit('/');
    let file = parts.next()?.split(".log").next()?;
    if let (Some(container), Some(pod)) = (parts.next(), parts.next()) {
        let mut names = pod.split('_');
        if let (Some(namespace), Some(pod), Some(uid), None) = (names.next(), names.next(), names.next(), names.next())
        {
            let (namespace, pod, uid) = (namespace.into(), pod.into(), Some(uid.into()));
            return Some(LogOf { namespace, pod, uid, container: container.into() });
        }
    }
    let (name, id) = file.rsplit_once('-')?;
    let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut names = name.split('_');
    match (names.next(), names.next(), names.next(), names.next()) {
        (Some(pod), Some(namespace), Some(container), None) if is_id => {
            Some(LogOf { namespace: namespace.into(), pod: pod.into(), uid: None, container: container.into() })
        }
        _ => None,
    }
}

fn open(files: &Archive, kinds: Vec<Kind>) -> Result<Opened, ArchiveError> {
    Ok(opened(files, kinds, Given::default()))
}

/// What an input says of itself beside its records.
#[derive(Default)]
pub struct Given {
    pub cluster: ClusterId,
    /// When it was made: its records are of before.
    pub made: Option<DateTime<Utc>>,
}

/// Opens files whose window and times are to be found in them; journals of which their paths tell less than all.
pub fn opened(files: &Archive, kinds: Vec<Kind>, given: Given) -> Opened {
    let last_written = files.entries().filter_map(|entry| written(files, entry)).max();
    let until = given.made.or(last_written).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let dated = |(entry, kind): (&str, Kind)| match kind {
        Kind::Tables { .. } | Kind::Described { .. } => printed::surveyed(files, entry, &kind),
        Kind::Cloud(_) | Kind::Answer { .. } => saved::surveyed(files, entry, kind),
        kind => survey::dated(files, entry, kind, until),
    };
    let mut surveyed: Vec<Surveyed> = files.entries().zip(kinds).map(dated).collect();
    let latest = surveyed.iter().filter_map(|one| Some(one.span?.to)).max();
    for (entry, one) in files.entries().zip(&mut surveyed) {
        survey_rest(files, entry, one, latest);
    }
    settle_owners(files, &mut surveyed);
    let (span, has_window) = survey::window(&surveyed, given.made);
    let span = span.unwrap_or_else(|| Span::at(last_written.unwrap_or_default()));
    let window = Window::new(span.from, span.to);
    let outcomes = files.entries().zip(&surveyed).map(|(entry, one)| outcome(files, entry, one, (&given, window)));
    let outcomes = outcomes.collect();
    let header = Header { cluster: given.cluster.clone(), ..header(window) };
    let about = About { header, has_window, said_in: None, outcomes, sha256: None, parts: Vec::new() };
    Opened { about, kinds: surveyed.into_iter().map(|one| one.kind).collect() }
}

/// Reads what has no year of its own; `latest` is the last time of the dated records beside it.
fn survey_rest(files: &Archive, entry: &str, one: &mut Surveyed, latest: Option<DateTime<Utc>>) {
    let reference = || survey::reference(files, entry, latest);
    match &one.kind {
        // Messages of a kernel alone wait until it is known whose they are.
        Kind::Journal { node, unit, form } if !programs::is_kernels(&one.kind) => {
            *one = journals::surveyed(files, entry, (node.clone(), unit.clone(), *form), reference());
            if let Kind::Unread(why) = one.kind {
                one.kind = of_one_program(entry, &Start::of(files, entry)).unwrap_or(Kind::Unread(why));
            }
        }
        Kind::Log { form: LogForm::Own { .. }, .. } if one.span.is_none() => {
            *one = survey::yearless(files, entry, one.kind.clone(), reference());
        }
        _ => {}
    }
}

/// What came of a file, and what its reader should know.
fn outcome(files: &Archive, entry: &str, one: &Surveyed, (given, window): (&Given, Window)) -> Outcome {
    Outcome {
        why: one.note.clone(),
        entry: Some(entry.to_owned()),
        from: one.span.map(|span| span.from),
        to: one.span.map(|span| span.to),
        bytes: files.bytes_of(entry).unwrap_or_default(),
        ..Outcome::new(
            SOURCE,
            entry,
            Status::Collected,
            given.made.unwrap_or_else(|| one.span.map_or(window.to, |span| span.to)),
        )
    }
}

/// What is no journal of a node may be of one program: its lines, as those of a syslog, begin with a time of RFC 3339.
fn of_one_program(path: &str, start: &Start<'_>) -> Option<Kind> {
    stamp::leading_rfc3339(start.bytes())?;
    programs::kind(path, &String::from_utf8_lossy(start.bytes())).filter(is_of_program)
}

fn is_of_program(kind: &Kind) -> bool {
    matches!(kind, Kind::Program { .. })
}

/// Finds out whose the logs and messages are whose content does not say it: what objects and journals beside them name.
fn settle_owners(files: &Archive, surveyed: &mut [Surveyed]) {
    if !surveyed.iter().any(|one| is_of_program(&one.kind) || programs::is_kernels(&one.kind)) {
        return;
    }
    let mut known = names::Names::default();
    for (entry, one) in files.entries().zip(&*surveyed) {
        known.read(files, entry, &one.kind);
        if let Kind::Journal { node, .. } = &one.kind {
            known.add("Node", "", node);
        }
    }
    for (entry, one) in files.entries().zip(surveyed) {
        match &one.kind {
            Kind::Program { name, .. } => *one = programs::log(files, entry, name.clone(), &known),
            kind if programs::is_kernels(kind) => *one = programs::kernel(files, entry, &known),
            _ => {}
        }
    }
}

/// What loose files are in the coverage: the source of their outcomes.
pub const SOURCE: &str = "files";

fn header(window: Window) -> Header {
    Header {
        format: ARCHIVE_FORMAT,
        tool: String::new(),
        cluster: ClusterId::default(),
        from: window.from,
        to: window.to,
        started_at: window.to,
        options: [].into(),
        clocks: Vec::new(),
    }
}

/// When a file was last written, which tells the year of times that have none.
fn written(files: &Archive, entry: &str) -> Option<DateTime<Utc>> {
    files.modified(entry).map(DateTime::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::kind::{ObjectForm, ObjectKind};

    fn of(path: &str, text: &str) -> Kind {
        kind(path, &Start::of_bytes(text.as_bytes()))
    }

    #[test]
    fn lists_are_known_by_what_stands_before_their_items() {
        let objects = |form, of| Kind::Objects { form, of };
        let kubectl = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        {";
        assert_eq!(of("x", kubectl), objects(ObjectForm::Json, ObjectKind::Own));
        let api = r#"{"kind":"EventList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[{"#;
        let events = ObjectKind::Kind { api_version: "v1".to_owned(), kind: "Event".to_owned() };
        assert_eq!(of("x", api), objects(ObjectForm::Json, events));
        let lines = "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{}}\n{";
        assert_eq!(of("x", lines), objects(ObjectForm::Lines, ObjectKind::Own));
        for yaml in ["apiVersion: v1\nitems:\n- apiVersion: v1\n", "---\napiVersion: v1\nitems:\n"] {
            assert_eq!(of("x", yaml), objects(ObjectForm::Yaml, ObjectKind::Own));
        }
        for other in [
            "",
            "{}",
            "[1]",
            "{\"spec\":{\"list\":[{\"items\":[",
            "{\"items\":[{",
            "apiVersion: v1\nkind: Pod\n",
            "hello",
        ] {
            let why = if other.is_empty() { WhyUnread::Empty } else { WhyUnread::UnknownForm };
            assert_eq!(of("x", other), Kind::Unread(why), "{other}");
        }
    }

    #[test]
    fn log_files_are_known_by_the_names_that_a_kubelet_gives() {
        let line = "2026-11-21T15:55:14.1Z stdout F hello\n";
        let log = |uid: Option<&str>| {
            let uid = uid.map(str::to_owned);
            let of = LogOf { namespace: "shop".into(), pod: "api-0".into(), uid, container: "app".into() };
            Kind::Log { form: LogForm::Runtime, of }
        };
        assert_eq!(of("pods/shop_api-0_4e77ad73/app/0.log", line), log(Some("4e77ad73")));
        let file = format!("api-0_shop_app-{}.log", "ab".repeat(32));
        assert_eq!(of(&file, line), log(None));
        assert_eq!(of(&file, "no time\n"), Kind::Unread(WhyUnread::UnknownForm));
        assert_eq!(of("app.log", line), Kind::Unread(WhyUnread::NobodysLog));
        let program = Kind::Program { name: "app.log".to_owned(), form: LogForm::Own { ahead_s: 0 } };
        assert_eq!(of("app.log", "2026-11-21T15:55:14.1Z hello\n"), program);
        assert_eq!(of("x", "-- No entries --\n"), Kind::Unread(WhyUnread::Empty));
        for binary in ["a\0b", "2026-11-21T15:55:14.1Z hello\n\0\0"] {
            assert_eq!(of("x", binary), Kind::Unread(WhyUnread::Binary), "{binary:?}");
        }
    }
}
