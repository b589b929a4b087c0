//! How much a run would ask for and bring, from counts that cost next to nothing: one short page of each list.
//!
//! What nobody can know beforehand, as how much a container logs, is taken from what is usual ([`USUAL`]). So this is
//! near about requests, and about bytes right within a factor of some.

use crate::sources::cluster::list_request::{Keep, Kind, Request, kept_requests};
use crate::sources::cluster::listing::{self, METADATA_ONLY};
use crate::sources::metrics::prometheus;
use crate::sources::wire::api::{Api, Deadlines};
use crate::sources::wire::list;
use crate::sources::{Options, Source};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// How long one count may take.
const COUNT: Deadlines = Deadlines::brief(Duration::from_secs(5));
/// Objects that are looked at to know how large they are.
const SAMPLE: usize = 20;
/// Objects to a page of a run's lists.
const PAGE: u64 = 500;
const LIMIT: usize = 32 * 1024 * 1024;
/// What a run does before it asks for the first item and after the last.
const AROUND: Duration = Duration::from_millis(300);
/// Bytes a second that come, are packed and written.
const SPEED: u64 = 20_000_000;

/// What a run would be, roughly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    pub nodes: u64,
    pub pods: u64,
    pub containers: u64,
    /// Of all kinds.
    pub objects: u64,
    /// With the reviews of permissions.
    pub requests: u64,
    /// Before they are packed, to a fifth or less.
    pub bytes: u64,
    /// Milliseconds.
    pub took_ms: u64,
}

/// What a collector usually asks for and brings, in each profile alike: `once`, and for each `node` and each
/// `container`, of which those that were restarted count twice.
struct Usual {
    source: &'static str,
    once: Each,
    node: Each,
    container: Each,
}

#[derive(Clone, Copy)]
struct Each {
    requests: u64,
    bytes: u64,
    /// Of the window.
    bytes_an_hour: u64,
}

const NONE: Each = each(0, 0, 0);

const fn each(requests: u64, bytes: u64, bytes_an_hour: u64) -> Each {
    Each { requests, bytes, bytes_an_hour }
}

/// Requests as the collectors make them on a node whose kubelet hands out its journals; bytes from runs on the lab, and
/// those of logs from its incidents.
const USUAL: &[Usual] = &[
    Usual { source: "components", once: each(7, 200_000, 0), node: NONE, container: NONE },
    Usual { source: "control-plane", once: each(6, 2_800_000, 0), node: NONE, container: NONE },
    Usual { source: "describes", once: NONE, node: each(0, 4_000, 0), container: NONE },
    Usual { source: "journals", once: NONE, node: each(5, 50_000, 300_000), container: NONE },
    Usual { source: "kernel", once: NONE, node: each(3, 20_000, 50_000), container: NONE },
    Usual { source: "kubelet", once: NONE, node: each(7, 220_000, 0), container: NONE },
    Usual { source: "members", once: each(16, 4_000, 0), node: NONE, container: NONE },
    Usual { source: "pod-files", once: NONE, node: each(4, 0, 100_000), container: NONE },
    Usual { source: "pod-logs", once: NONE, node: NONE, container: each(1, 5_000, 100_000) },
    Usual { source: "prometheus", once: each(148, 40_000, 500_000), node: each(0, 0, 500_000), container: NONE },
    Usual { source: "var-log", once: NONE, node: each(2, 0, 0), container: NONE },
];

/// What one list has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Count {
    objects: u64,
    bytes: u64,
    containers: u64,
}

impl Count {
    fn plus(self, other: Self) -> Self {
        Self {
            objects: self.objects.saturating_add(other.objects),
            bytes: self.bytes.saturating_add(other.bytes),
            containers: self.containers.saturating_add(other.containers),
        }
    }
}

/// Counts the objects of all lists, and adds up what `sources`, those that may ask for it, usually bring. Lists that are
/// denied or do not come count for nothing. `reviews` is how many permissions a run reviews.
pub async fn estimate(api: &Api, options: &Options, kinds: &[Kind], sources: &[&Source], reviews: usize) -> Estimate {
    let others = kinds.iter().flat_map(|kind| Request::all(kind.clone(), &options.namespaces));
    let requests: Vec<Request> = kept_requests(options).into_iter().chain(others).collect();
    let began = Instant::now();
    let counts: Vec<(Option<Keep>, Count)> =
        futures_util::future::join_all(requests.iter().map(|request| count(api, request)))
            .await
            .into_iter()
            .zip(&requests)
            .filter_map(|(count, request)| Some((request.kind.keep, count?)))
            .collect();
    let each = began.elapsed() / u32::try_from(requests.len().max(1)).unwrap_or(u32::MAX);
    let sum = |wanted: &dyn Fn(Option<Keep>) -> bool| {
        counts.iter().filter(|(keep, _)| wanted(*keep)).map(|(_, count)| *count).fold(Count::default(), Count::plus)
    };
    let (all, pods, nodes) =
        (sum(&|_| true), sum(&|keep| keep == Some(Keep::Pods)), sum(&|keep| keep == Some(Keep::Nodes)));
    let lists: u64 = counts.iter().map(|(_, count)| count.objects.div_ceil(PAGE).max(1)).sum();
    let seconds = u64::try_from((options.window.to - options.window.from).num_seconds()).unwrap_or_default();
    // Two before all others, two of discovery, and a probe of each kubelet.
    let (mut asked, mut bytes) = (4 + lists + nodes.objects + reviews as u64, all.bytes);
    for usual in USUAL.iter().filter(|usual| sources.iter().any(|source| source.id == usual.source)) {
        for (each, times) in [(usual.once, 1), (usual.node, nodes.objects), (usual.container, pods.containers)] {
            asked = asked.saturating_add(each.requests.saturating_mul(times));
            let one = each.bytes.saturating_add(each.bytes_an_hour.saturating_mul(seconds) / 3600);
            bytes = bytes.saturating_add(one.saturating_mul(times));
        }
    }
    if sources.iter().any(|source| source.id == prometheus::SOURCE.id) {
        asked = asked.saturating_add(options.queries.len() as u64);
    }
    let took = time(api, asked, bytes, each).min(options.deadline);
    Estimate {
        nodes: nodes.objects,
        pods: pods.objects,
        containers: pods.containers,
        objects: all.objects,
        requests: asked,
        bytes,
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    }
}

/// How long `requests` take that bring `bytes`, if they go on as fast as those so far, of which one came after `each`.
fn time(api: &Api, requests: u64, bytes: u64, each: Duration) -> Duration {
    let times = u32::try_from(requests).unwrap_or(u32::MAX);
    let asking = each.saturating_mul(times).max(api.limiter().at_least(requests));
    AROUND + asking + Duration::from_secs_f64(bytes as f64 / SPEED as f64)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    metadata: PageMeta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageMeta {
    remaining_item_count: u64,
}

/// What is read of a pod, to know how many logs it has.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Pod {
    status: PodStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodStatus {
    container_statuses: Vec<Container>,
    init_container_statuses: Vec<Container>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Container {
    restart_count: u64,
}

/// How many objects a list has, by its first page: what is on it, and what the API server says remains
/// (`remainingItemCount` of `ListMeta`, which lists with a selector lack).
async fn count(api: &Api, request: &Request) -> Option<Count> {
    let accept = request.kind.metadata_only.then_some(METADATA_ONLY);
    let answer = api.get(&listing::path(request, SAMPLE, ""), accept, COUNT).await.ok()?;
    read(&answer.bytes(LIMIT).await.ok()?, request.kind.keep == Some(Keep::Pods))
}

fn read(body: &[u8], has_containers: bool) -> Option<Count> {
    let page = list::split(body).ok()?;
    let remain = serde_json::from_slice::<Page>(body).ok()?.metadata.remaining_item_count;
    let seen = page.items.len() as u64;
    let objects = seen.saturating_add(remain);
    let of_all = |of_seen: u64| of_seen.saturating_mul(objects).checked_div(seen).unwrap_or_default();
    let pods = page.items.iter().filter(|_| has_containers).map(|pod| logs(pod));
    let bytes = page.items.iter().map(|item| item.len() as u64).sum();
    Some(Count { objects, bytes: of_all(bytes), containers: of_all(pods.sum()) })
}

/// How many logs a pod has: one of each container, and that of the one before it.
fn logs(pod: &str) -> u64 {
    let PodStatus { container_statuses, init_container_statuses } =
        serde_json::from_str::<Pod>(pod).unwrap_or_default().status;
    let all = container_statuses.iter().chain(&init_container_statuses);
    all.map(|container| 1 + container.restart_count.min(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::ALL;
    use proptest::prelude::*;

    #[test]
    fn what_is_usual_is_of_collectors() {
        for Usual { source, .. } in USUAL {
            assert!(ALL.iter().any(|one| one.id == *source), "{source}");
        }
    }

    #[test]
    fn the_first_page_tells_of_all() {
        let pod = r#"{"status":{"containerStatuses":[{"restartCount":3},{}]}}"#;
        let body = format!(r#"{{"kind":"PodList","metadata":{{"remainingItemCount":99}},"items":[{pod}]}}"#);
        let expected = Count { objects: 100, bytes: 100 * pod.len() as u64, containers: 300 };
        assert_eq!(read(body.as_bytes(), true), Some(expected));
        assert_eq!(read(br#"{"kind":"PodList","metadata":{},"items":[]}"#, true), Some(Count::default()));
        assert_eq!(read(b"<html>", true), None);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_much(remain in any::<u64>(), item in r#"(\{"status":null\}|\{\}|7|\{"status":\{"containerStatuses":[1]\}\})"#) {
            let body = format!(r#"{{"metadata":{{"remainingItemCount":{remain}}},"items":[{item}]}}"#);
            let _ = read(body.as_bytes(), true);
        }
    }
}
