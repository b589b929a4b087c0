//! The journal files of a node through a pod on it, where the kubelet hands out none and pods were allowed.

use super::journal_files::{self, Files, Room};
use crate::archive::format::Status;
use crate::sources::node_pods::{NodePods, Reader};
use crate::sources::run::Run;
use crate::sources::wire::api::Problem;
use chrono::Utc;

/// Brings the journal files of `node` that were written to since the window began. The pod is gone afterwards.
///
/// # Errors
/// `Absent` where the node keeps no journal on its disk, or why there was no pod.
pub async fn fetch(run: &Run, pods: &NodePods, node: &str) -> Result<Files, Problem> {
    let mut room = Room::find(run).await?;
    let reader = pods.start(node).await?;
    let copied = copy(run, &reader, &mut room).await;
    pods.remove(reader.job()).await;
    copied.map(|()| room.close())
}

async fn copy(run: &Run, reader: &Reader, room: &mut Room) -> Result<(), Problem> {
    let minutes = (Utc::now() - run.options.window.from).num_minutes() + 1;
    let mut files = reader.files("journal", "system*.journal*", minutes).await?;
    files.retain(|file| file.path.rsplit('/').next().is_some_and(journal_files::is_wanted));
    if files.is_empty() {
        return Err(Problem::new(Status::Absent, "the node keeps no journal on its disk"));
    }
    for file in &files {
        let (to, limit) = room.next();
        let came = match std::fs::File::create(&to) {
            Ok(mut to) => reader.copy(file, &mut to, limit).await,
            Err(error) => Err(journal_files::failed(error)),
        };
        if came.is_err() {
            // Half a journal file is not read: its index is spread over all of it.
            let _ = std::fs::remove_file(&to);
        }
        room.note(came);
    }
    Ok(())
}
