//! Lists from an archive that a run goes on with, for those who would otherwise wait for the cluster's.

use super::list_request::{Request, SOURCE_ID};
use super::pending_lists::PendingLists;
use crate::archive::Scratch;
use crate::archive::format::Status;
use crate::archive::layout;
use crate::sources::run::base_archive::BaseArchive;
use crate::sources::run::inventory::{Growing, Objects};
use crate::sources::run::item::Closing;
use crate::sources::wire::json_strip;
use std::sync::Arc;

/// Puts the objects of a list that is settled on `pending`, or says why there are none, as asking for it would.
pub async fn list(base: &BaseArchive, request: &Request, pending: &Arc<PendingLists>) -> Result<(), Closing> {
    let (plural, namespace) = (request.kind.full_name(), request.namespace.clone());
    let taken = each(base, plural, namespace, (pending.clone(), false), |(pending, any), object| {
        pending.push(object);
        *any = true;
    });
    let is_any = taken.await.is_some_and(|(_, any)| any);
    match base.of(SOURCE_ID, &request.subject()) {
        Some(outcome) if !is_any && !came(outcome.status) => {
            let why = format!("the list of {} did not come: {}", request.kind.plural, outcome.why);
            Err(Closing::new(outcome.status, why))
        }
        _ => Ok(()),
    }
}

/// The objects of a kind in all namespaces, if the archive has that list and there is room for a copy in `scratch`.
pub async fn all(base: &BaseArchive, plural: &str, scratch: &Scratch) -> Option<Objects> {
    base.of(SOURCE_ID, plural).filter(|outcome| came(outcome.status))?;
    each(base, plural.to_owned(), None, Growing::new(scratch), Growing::push).await?.finish().ok()
}

fn came(status: Status) -> bool {
    matches!(status, Status::Collected | Status::Truncated | Status::Empty)
}

/// Hands the objects of a kind in one namespace or all, without `managedFields`, to `take`. What cannot be read is
/// left out: the archive has it still.
async fn each<T: Send + 'static>(
    base: &BaseArchive,
    plural: String,
    namespace: Option<String>,
    mut into: T,
    take: fn(&mut T, &str),
) -> Option<T> {
    let archive = base.archive().clone();
    let read = tokio::task::spawn_blocking(move || {
        let is_wanted = |entry: &&str| {
            layout::parse_objects(entry)
                .is_some_and(|(found, kind)| kind == plural && (namespace.is_none() || found == namespace))
        };
        for entry in archive.entries().filter(is_wanted) {
            let _ = archive.lines(entry, |_, line| {
                if let Ok(line) = std::str::from_utf8(line) {
                    take(&mut into, &json_strip::without_managed_fields(line));
                }
                true
            });
        }
        into
    });
    // It ends early only with the whole run.
    read.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::format::Outcome;
    use crate::archive::{ArchiveWriter, Content, EntryBuilder, Target};
    use crate::sources::cluster::list_request::{Keep, Kind};

    fn request(plural: &str, namespace: Option<&str>) -> Request {
        let (group, version, plural) = (String::new(), "v1".to_owned(), plural.to_owned());
        let kind = Kind { group, version, plural, namespaced: true, metadata_only: false, keep: None };
        Request { kind: Arc::new(kind), namespace: namespace.map(str::to_owned), field_selector: None }
    }

    fn outcome(subject: &str, status: Status, bytes: u64) -> Outcome {
        Outcome { why: "so".into(), bytes, ..Outcome::new(SOURCE_ID, subject, status, chrono::DateTime::UNIX_EPOCH) }
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
            writer.outcome(&outcome).expect("a disk");
        }
        writer.seal(None).expect("a disk");
        let base = BaseArchive::open(&path, None).expect("an archive");
        let names = |name: &str| format!(r#"{{"metadata":{{"name":"{name}"}}}}"#);
        let list = async |plural, namespace| {
            let pending = Arc::new(PendingLists::new(Keep::Pods, 1, &Scratch::new(folder.path())));
            let ended = list(&base, &request(plural, namespace), &pending).await;
            let pending = Arc::into_inner(pending).expect("nobody else has it");
            ended.map(|()| pending.into_objects().texts())
        };
        assert_eq!(list("pods", None).await, Ok(vec![names("a"), names("b"), names("c")]));
        assert_eq!(list("events", None).await, Ok(vec![]));
        let closing = Closing::new(Status::Expired, "the list of nodes did not come: so");
        assert_eq!(list("nodes", None).await, Err(closing));
        assert_eq!(list("pods", Some("shop")).await, Ok(vec![names("a"), names("b")]));
        let scratch = Scratch::new(folder.path());
        let all = async |plural| all(&base, plural, &scratch).await.map(|objects| objects.texts());
        assert_eq!((all("events").await, all("nodes").await), (Some(vec![]), None));
        // It says that it was collected, and is not there.
        assert_eq!((all("services").await, base.kept()), (None, 3));
        assert_eq!(base.to_copy().len(), 2);
    }
}
