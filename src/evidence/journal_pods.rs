//! Pods and containers that a kubelet's journal names by their UIDs and IDs: they may have no object and no event any
//! more.

use super::findings::{ContainerId, Findings, Place};
use super::readiness::{self, Turn};
use crate::logline;
use chrono::{DateTime, Utc};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// What a line must have in it to tell of a pod: one of these.
pub const LEARNED_FROM: [&str; 3] = [LIFECYCLE, NAMED, readiness::TOLD_BY];
const LIFECYCLE: &str = "(PLEG): ";
/// How the kubelet names a pod that it does something with, since it logs in fields (v1.21 to v1.34, as
/// pkg/kubelet/prober/prober.go, `"pod", klog.KObj(pod), "podUID", pod.UID`): `pod="NAMESPACE/POD" podUID="UID"`. The UID
/// stands without quotes in older ones, as of v1.23 (fixtures/docker-lockup).
const NAMED: &str = "\" podUID=";

static LIFECYCLES: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(LIFECYCLE));
static TURNS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(readiness::TOLD_BY));
static NAMES: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(NAMED));

/// Notes a pod that a line names by its UID: it may have no object and no event any more.
pub fn learn_pod(line: &[u8], node: Option<&str>, at: Option<DateTime<Utc>>, found: &mut Findings) {
    let Some(named) = NAMES.find(line) else { return };
    let (before, after) = line.split_at(named);
    let before = logline::text(before);
    let after = logline::text(after.get(NAMED.len()..).unwrap_or_default());
    let name = before.rsplit_once("pod=\"").map(|(_, name)| name).and_then(|name| name.split_once('/'));
    let after = after.strip_prefix('"').unwrap_or(&after);
    let uid = after.split(['"', ' ']).next();
    let (Some((namespace, pod)), Some(uid)) = (name, uid) else { return };
    let is_name = |text: &str| !text.is_empty() && !text.contains(['"', ' ', '=', '/']);
    if [namespace, pod, uid].into_iter().all(is_name) {
        found.pods.entry(namespace, pod, uid).named_by(node, at);
    }
}

/// Notes that a pod turned ready or not ready.
pub fn learn_turn(place: Place, line: &[u8], (node, at): (Option<&str>, Option<DateTime<Utc>>), found: &mut Findings) {
    if TURNS.find(line).is_none() {
        return;
    }
    let text = logline::text(line);
    let (Some((pod, ready)), Some(at)) = (readiness::told(&text), at) else { return };
    let citation = found.cite(place, &text);
    found.turns.add(pod, node, Turn { at, ready, citation });
}

/// Learns whose a container is from a line of the pod lifecycle event generator.
pub fn learn_container(line: &[u8], found: &mut Findings) {
    let told = LIFECYCLES.find(line).and_then(|at| line.get(at..));
    let Some(text) = told.map(logline::text) else { return };
    let Some(told) = Lifecycle::of(&text) else { return };
    found.pods.entry(told.namespace, told.pod, told.uid);
    if !found.containers.contains_key(told.container) {
        let owner = ContainerId { pod_uid: told.uid.to_owned(), container: None };
        found.containers.insert(told.container.to_owned(), owner);
    }
}

/// What the kubelet tells of a container that started or died (pkg/kubelet/kubelet.go, syncLoopIteration):
/// `pod="NAMESPACE/POD" event={"ID":"UID","Type":"ContainerStarted","Data":"CONTAINER"}`. Of a sandbox it says the same.
struct Lifecycle<'a> {
    namespace: &'a str,
    pod: &'a str,
    uid: &'a str,
    container: &'a str,
}

impl<'a> Lifecycle<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (_, rest) = text.split_once("pod=\"")?;
        let (pod, rest) = rest.split_once("\" event={\"ID\":\"")?;
        let (uid, rest) = rest.split_once("\",\"Type\":\"Container")?;
        let (_, rest) = rest.split_once("\",\"Data\":\"")?;
        let (container, _) = rest.split_once('"')?;
        let (namespace, pod) = pod.split_once('/')?;
        let is_id = container.len() == 64 && container.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_whole = [namespace, pod, uid].iter().all(|part| !part.is_empty() && !part.contains('"'));
        (is_id && is_whole).then_some(Self { namespace, pod, uid, container })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pleg_lines_tell_whose_a_container_is() {
        let id = "a".repeat(64);
        let line = format!(
            r#"Nov 21 06:58:54.1 n kubelet: I1121 06:58:54.1 74 kubelet.go:2] "SyncLoop (PLEG): event for pod" pod="shop/a-1" event={{"ID":"u-1","Type":"ContainerStarted","Data":"{id}"}}"#
        );
        let mut found = Findings::default();
        learn_container(line.as_bytes(), &mut found);
        assert_eq!(found.containers.get(&id).map(|c| c.pod_uid.as_str()), Some("u-1"));
        for broken in [
            line.replace("aa\"", "a\""),
            line.replace("shop/", ""),
            line.replace("(PLEG): ", ""),
            line.replace("u-1", ""),
        ] {
            let mut found = Findings::default();
            learn_container(broken.as_bytes(), &mut found);
            assert!(found.containers.is_empty(), "{broken}");
        }
    }
}
