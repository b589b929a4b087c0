//! Lists from an archive that a run goes on with, for those who would otherwise wait for the cluster's.

use super::objects::{Request, SOURCE};
use crate::archive::format::Status;
use crate::archive::layout;
use crate::sources::run::item::Closing;
use crate::sources::run::older::Older;
use crate::sources::wire::surgery;

/// The objects of a list that is settled, or why there are none, as asking for it would tell.
pub async fn list(older: &Older, request: &Request) -> Result<Vec<Box<str>>, Closing> {
    let (plural, namespace) = (request.kind.full_name(), request.namespace.clone());
    let objects = read(older, plural, namespace).await;
    match older.of(SOURCE.id, &request.subject()) {
        Some(outcome) if objects.is_empty() && !came(outcome.status) => {
            let why = format!("the list of {} did not come: {}", request.kind.plural, outcome.why);
            Err(Closing::new(outcome.status, why))
        }
        _ => Ok(objects),
    }
}

/// The objects of a kind in all namespaces, if the archive has that list.
pub async fn all(older: &Older, plural: &str) -> Option<Vec<Box<str>>> {
    older.of(SOURCE.id, plural).filter(|outcome| came(outcome.status))?;
    Some(read(older, plural.to_owned(), None).await)
}

fn came(status: Status) -> bool {
    matches!(status, Status::Collected | Status::Truncated | Status::Empty)
}

/// Objects of a kind in one namespace or all, without `managedFields`. What cannot be read is left out: the archive
/// has it still.
async fn read(older: &Older, plural: String, namespace: Option<String>) -> Vec<Box<str>> {
    let archive = older.archive().clone();
    let read = tokio::task::spawn_blocking(move || {
        let is_wanted = |entry: &&str| {
            layout::parse_objects(entry)
                .is_some_and(|(found, kind)| kind == plural && (namespace.is_none() || found == namespace))
        };
        let mut objects: Vec<Box<str>> = Vec::new();
        for entry in archive.entries().filter(is_wanted) {
            let _ = archive.lines(entry, |_, line| {
                objects.extend(std::str::from_utf8(line).ok().map(|line| surgery::without_managed_fields(line).into()));
                true
            });
        }
        objects
    });
    // It ends early only with the whole run.
    read.await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::format::Outcome;
    use crate::archive::{ArchiveWriter, Content, EntryBuilder, Target};
    use crate::sources::cluster::objects::Kind;

    fn request(plural: &'static str, namespace: Option<&str>) -> Request {
        let kind = Kind { group: "", version: "v1", plural, namespaced: true, metadata_only: false, keep: None };
        Request { kind: Box::leak(Box::new(kind)), namespace: namespace.map(str::to_owned), field_selector: None }
    }

    fn outcome(subject: &str, status: Status, bytes: u64) -> Outcome {
        Outcome {
            source: SOURCE.id.into(),
            subject: subject.into(),
            status,
            why: "so".into(),
            http_code: None,
            entry: None,
            node: None,
            from: None,
            to: None,
            bytes,
            at: chrono::DateTime::UNIX_EPOCH,
            took_ms: 0,
        }
    }

    #[tokio::test]
    async fn lists_are_as_the_cluster_gave_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.zip");
        let mut writer =
            ArchiveWriter::create(&path, Target::new("a", chrono::Utc::now(), folder.path()), false).expect("a file");
        let whole = |writer: &mut ArchiveWriter, entry: &str, text: &str| {
            let entry = EntryBuilder::whole(writer.target(), entry, Content::Json, text.as_bytes()).expect("an entry");
            writer.append(entry).expect("a disk");
        };
        whole(&mut writer, layout::ARCHIVE, "{}");
        let pod = |name: &str| format!(r#"{{"metadata":{{"name":"{name}","managedFields":[{{}}]}}}}"#);
        whole(&mut writer, &layout::objects(Some("shop"), "pods"), &format!("{}\n{}\n", pod("a"), pod("b")));
        whole(&mut writer, &layout::objects(Some("web"), "pods"), &pod("c"));
        for outcome in [
            outcome("pods", Status::Collected, 99),
            outcome("nodes", Status::Expired, 0),
            outcome("events", Status::Empty, 0),
            outcome("services", Status::Collected, 99),
        ] {
            writer.outcome(outcome).expect("a disk");
        }
        writer.seal(None).expect("a disk");
        let older = Older::open(&path).expect("an archive");
        let names = |name: &str| -> Box<str> { format!(r#"{{"metadata":{{"name":"{name}"}}}}"#).into() };
        assert_eq!(list(&older, &request("pods", None)).await, Ok(vec![names("a"), names("b"), names("c")]));
        assert_eq!(list(&older, &request("events", None)).await, Ok(vec![]));
        let closing = Closing::new(Status::Expired, "the list of nodes did not come: so");
        assert_eq!(list(&older, &request("nodes", None)).await, Err(closing));
        assert_eq!(list(&older, &request("pods", Some("shop"))).await, Ok(vec![names("a"), names("b")]));
        assert_eq!((all(&older, "events").await, all(&older, "nodes").await), (Some(vec![]), None));
        // It says that it was collected, and is not there.
        assert_eq!((all(&older, "services").await, older.kept()), (None, 3));
        assert_eq!(older.to_copy().len(), 2);
    }
}
