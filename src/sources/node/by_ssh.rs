//! Journals by ssh, where neither the kubelet nor a pod gave them.

use super::answers::verdict;
use super::journal_name::{CAP, JournalName};
use super::log_cut::LogCut;
use super::ssh::Ssh;
use super::stamp;
use crate::archive::{ArchiveError, Content, EntryBuilder, layout};
use crate::objects::Node;
use crate::sources::run::Run;
use crate::sources::run::item::{Closing, Item, ItemOutcome};
use crate::sources::wire::api::{Broken, Deadlines};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// A disk that is sick is slow.
const DEADLINES: Deadlines = Deadlines { idle: Duration::from_secs(15), whole: Duration::from_secs(50) };

/// The address of the node of this name.
pub async fn address_of(run: &Run, node: &str) -> Result<String, String> {
    let nodes = run.inventory.nodes.wait().await.map_err(|closing| closing.why)?;
    let all = nodes.iter().filter_map(|object| serde_json::from_str::<Node>(&object.ok()?).ok());
    let address = all.into_iter().find(|object| object.metadata.name == node).map(|object| address(&object));
    address.ok_or_else(|| "the node's address is not known".to_owned())
}

/// The address of a node that is most likely to be reached: on its network, from outside, or by name.
fn address(node: &Node) -> String {
    let of_kind = |kind: &str| node.status.addresses.iter().find(|address| address.kind == kind);
    let found = ["InternalIP", "ExternalIP", "Hostname"].into_iter().find_map(of_kind);
    found.map_or(node.metadata.name.clone(), |found| found.address.clone())
}

/// Ends `item` with `journal` of `node` by ssh; `before` says why it did not come otherwise.
pub async fn collect(run: &Arc<Run>, ssh: &Ssh, (node, journal): (&str, JournalName), before: Closing, item: Item) {
    let outcome = match read(run, ssh, node, journal).await {
        Ok(outcome) if outcome.why.is_empty() => ItemOutcome { why: format!("by ssh, as {}", before.why), ..outcome },
        Ok(outcome) => ItemOutcome { why: format!("{}; by ssh, as {}", outcome.why, before.why), ..outcome },
        // What was to be the usual way tells more of the incident.
        Err(why) => ItemOutcome::new(before.status, format!("{}; {why}", before.why)),
    };
    item.finish(outcome);
}

async fn read(run: &Run, ssh: &Ssh, node: &str, journal: JournalName) -> Result<ItemOutcome, String> {
    let window = run.options.window;
    let unit = match journal {
        JournalName::Kernel => None,
        JournalName::Unit(unit) => Some(unit),
    };
    let address = address_of(run, node).await?;
    let reading = ssh.journal(&address, unit, window).map_err(|problem| problem.why)?;
    let path = layout::journal(node, journal.name());
    let cap = usize::try_from(run.options.profile.cap(CAP)).unwrap_or(usize::MAX);
    let mut cut = LogCut::new(stamp::of_journal(window.to), window, cap);
    let failed = |error: ArchiveError| error.to_string();
    let mut entry = EntryBuilder::new(run.writer.target(), path.as_str(), Content::Log).map_err(failed)?;
    let taken = reading
        .each(run.api.limiter().timeouts().bound(DEADLINES), |data| {
            let more = cut.push(data, &mut |line| entry.write(line))?;
            Ok::<_, ArchiveError>(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
        .await;
    let seen = cut.end(&mut |line| entry.write(line)).map_err(failed)?;
    let broken = match taken {
        Ok(()) => None,
        Err(Broken::Off(problem)) if seen.lines == 0 => return Err(problem.why),
        Err(Broken::Off(problem)) => Some(format!("{}; what came before is kept", problem.why)),
        Err(Broken::Taker(error)) => return Err(failed(error)),
    };
    let mut outcome = verdict(&seen, broken);
    if seen.lines > 0 && !outcome.status.is_missing() {
        let entry = entry.finish().map_err(failed)?;
        (outcome.entry, outcome.bytes) = (Some(path), entry.bytes());
        run.writer.entry(entry).await.map_err(|_| "the archive could not be written".to_owned())?;
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_reached_on_their_own_network_first() {
        let of = |addresses: &str| {
            let node = format!(r#"{{"metadata":{{"name":"n"}},"status":{{"addresses":[{addresses}]}}}}"#);
            address(&serde_json::from_str(&node).expect("a node"))
        };
        let (inner, outer) =
            (r#"{"type":"InternalIP","address":"10.0.0.1"}"#, r#"{"type":"ExternalIP","address":"192.0.2.1"}"#);
        assert_eq!(of(&format!("{outer},{inner}")), "10.0.0.1");
        assert_eq!(of(outer), "192.0.2.1");
        assert_eq!(of(""), "n");
    }
}
