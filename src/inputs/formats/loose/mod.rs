//! Loose files, one or a folder of them, as people save them: `kubectl get -o json` and `-o yaml`, the journal of a
//! kubelet, log files that a container runtime wrote.
//!
//! What a file is follows from what stands in it; a file that does not tell enough to be read right (whose log it is,
//! of which node a journal) is not read. A file of a syslog is one of several programs, which its lines name. The names that a kubelet gives to log files are believed. Such files say of
//! themselves neither a window nor, in journals, year and zone. The window is that of their records, or when the files
//! were written where no record has a time. The year is the one nearest to the dated records beside the journal, or the
//! latest before the file was written. The zone is what times with a zone in the same lines tell, else it is taken for UTC; the coverage says which.

mod survey;

use crate::archive::format::{ClusterId, FORMAT as ARCHIVE_FORMAT, Header, Outcome, Status};
use crate::archive::{Archive, ArchiveError};
use crate::inputs::format::{About, Format, Opened, Start};
use crate::inputs::kind::{JournalForm, Kind, LogForm, LogOf, ObjectForm, ObjectKind};
use crate::logline::{container, klog, syslog};
use crate::model::Window;
use crate::objects::Typed;
use chrono::{DateTime, Utc};
use regex::Regex;
use std::sync::LazyLock;
use survey::{Span, Surveyed};

pub const FORMAT: Format = Format { name: "loose files", recognise, kind, open };

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

fn kind(path: &str, start: &Start<'_>) -> Kind {
    let text = String::from_utf8_lossy(start.bytes());
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let first = text.lines().find(|line| !line.starts_with("--")).unwrap_or_default();
    if let Some((form, of)) = objects(text, first) {
        return Kind::Objects { form, of };
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
    Kind::Unread
}

/// The beginning of a List, up to its items.
static LIST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"^\{[^\[]*"items"\s*:\s*\["#).ok());
static KIND: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""kind"\s*:\s*"(\w*)List""#).ok());
static API_VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""apiVersion"\s*:\s*"([^"]*)""#).ok());

fn objects(text: &str, first: &str) -> Option<(ObjectForm, ObjectKind)> {
    if let Some(head) = LIST.as_ref()?.find(text) {
        let part = |pattern: &LazyLock<Option<Regex>>| {
            let found = pattern.as_ref()?.captures(head.as_str())?;
            found.get(1).map(|part| part.as_str().to_owned()).filter(|part| !part.is_empty())
        };
        // The API names the kind before the items, which have none of their own then; kubectl behind them.
        // What says neither is something else that has items.
        let of = match (part(&KIND), part(&API_VERSION)?) {
            (Some(kind), api_version) => ObjectKind::Kind { api_version, kind },
            (None, _) => ObjectKind::Own,
        };
        return Some((ObjectForm::List, of));
    }
    let line: Option<Typed> = serde_json::from_str(first).ok();
    if line.is_some_and(|line| !line.kind.is_empty() && !line.api_version.is_empty()) {
        return Some((ObjectForm::Lines, ObjectKind::Own));
    }
    let is_yaml = first.starts_with("apiVersion: ") && text.lines().any(|line| line.trim_end() == "items:");
    is_yaml.then_some((ObjectForm::Yaml, ObjectKind::Own))
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
    let mut surveyed: Vec<Surveyed> =
        files.entries().zip(kinds).map(|(entry, kind)| survey::dated(files, entry, kind)).collect();
    let latest = surveyed.iter().filter_map(|one| Some(one.span?.to)).max();
    for (entry, one) in files.entries().zip(&mut surveyed) {
        if let Kind::Journal { form, .. } = one.kind {
            *one = survey::journal(files, entry, form, latest);
        }
    }
    let spans = surveyed.iter().filter_map(|one| one.span);
    let last_written = || files.entries().filter_map(|entry| written(files, entry)).max().unwrap_or_default();
    let span = spans.reduce(Span::union).unwrap_or_else(|| Span::at(last_written()));
    let window = Window::new(span.from, span.to);
    let outcome = |(entry, one): (&str, &Surveyed)| Outcome {
        source: SOURCE.to_owned(),
        subject: entry.to_owned(),
        status: Status::Collected,
        why: one.note.clone(),
        http_code: None,
        entry: Some(entry.to_owned()),
        node: None,
        from: one.span.map(|span| span.from),
        to: one.span.map(|span| span.to),
        bytes: files.bytes_of(entry).unwrap_or_default(),
        at: one.span.map_or(window.to, |span| span.to),
        took_ms: 0,
    };
    let outcomes = files.entries().zip(&surveyed).map(outcome).collect();
    let header = header(window);
    let about = About { header, has_window: true, said_in: None, outcomes, sha256: None, parts: Vec::new() };
    Ok(Opened { about, kinds: surveyed.into_iter().map(|one| one.kind).collect() })
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

    fn of(path: &str, text: &str) -> Kind {
        kind(path, &Start::of_bytes(text.as_bytes()))
    }

    #[test]
    fn lists_are_known_by_what_stands_before_their_items() {
        let objects = |form, of| Kind::Objects { form, of };
        let kubectl = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        {";
        assert_eq!(of("x", kubectl), objects(ObjectForm::List, ObjectKind::Own));
        let api = r#"{"kind":"EventList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[{"#;
        let events = ObjectKind::Kind { api_version: "v1".to_owned(), kind: "Event".to_owned() };
        assert_eq!(of("x", api), objects(ObjectForm::List, events));
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
            assert_eq!(of("x", other), Kind::Unread, "{other}");
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
        assert_eq!(of(&file, "no time\n"), Kind::Unread);
        assert_eq!(of("app.log", line), Kind::Unread, "nobody says whose it is");
    }
}
