//! Our own archive, a zip or a folder: `archive::layout` says what each of its paths holds.

use crate::archive::{Archive, ArchiveError, layout};
use crate::inputs::format::{About, Format, Opened, Start};
use crate::inputs::kind::{JournalForm, Kind, LogForm, LogOf, ObjectForm, ObjectKind};

pub const FORMAT: Format = Format { name: "k8s-forensics archive", recognise, kind, open };

fn recognise(files: &Archive) -> u8 {
    if files.bytes_of(layout::ARCHIVE).is_some() { 100 } else { 0 }
}

fn kind(path: &str, _: &Start<'_>) -> Kind {
    if let Some((_, plural)) = layout::parse_objects(path) {
        return Kind::Objects { form: ObjectForm::Lines, of: ObjectKind::Plural(plural) };
    }
    if let Some((node, unit)) = layout::parse_journal(path) {
        return Kind::Journal { node, unit, form: JournalForm::ShortPrecise };
    }
    if let Some(of) = log_of(path) {
        return Kind::Log { form: LogForm::Stamped, of };
    }
    if let Some((query, server)) = layout::parse_metric(path) {
        return Kind::Series { query, server };
    }
    match path {
        layout::OUTCOMES => Kind::Outcomes,
        layout::CLOCKS => Kind::Clocks,
        path if path.starts_with("meta/") => Kind::Custody,
        _ => Kind::Unread,
    }
}

/// Whose log an entry is, one that the API showed or a file of its node.
fn log_of(path: &str) -> Option<LogOf> {
    let shown = layout::parse_pod_log(path).map(|log| (log.container, None));
    let (of, uid) = shown.or_else(|| layout::parse_log_file(path).map(|file| (file.container, file.deleted_uid)))?;
    Some(LogOf { namespace: of.namespace, pod: of.pod, uid, container: of.name })
}

fn open(files: &Archive, kinds: Vec<Kind>) -> Result<Opened, ArchiveError> {
    let about = About {
        header: files.header()?,
        said_in: Some(layout::ARCHIVE),
        outcomes: files.outcomes(),
        sha256: files.manifest_sha256().ok().flatten(),
        parts: files.parts(),
    };
    Ok(Opened { about, kinds })
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
        for (path, uid) in [("logs/a/b/c/current.log", None), ("logs/a/b/c/deleted/uid/0.log", Some("uid"))] {
            let uid = uid.map(str::to_owned);
            let log = LogOf { namespace: "a".into(), pod: "b".into(), uid, container: "c".into() };
            assert_eq!(of(path), Kind::Log { form: LogForm::Stamped, of: log });
        }
        let series = |server: &str| Kind::Series { query: "up".to_owned(), server: server.to_owned() };
        assert_eq!((of("metrics/up.json"), of("metrics/up%40two.json")), (series(""), series("two")));
        assert_eq!((of("meta/outcomes.jsonl"), of("meta/clocks.jsonl")), (Kind::Outcomes, Kind::Clocks));
        assert_eq!((of("meta/manifest.json"), of("describe/nodes/n-1.txt")), (Kind::Custody, Kind::Unread));
    }
}
