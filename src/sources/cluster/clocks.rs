//! What time others think it is, with bounds on how far they are off: without these, times of different machines
//! cannot be put into one order.
//!
//! A kubelet tells its time in the `Date` header of its answer to the probe, between two readings of ours; so do the
//! servers that other collectors ask. Whoever renews a lease writes its own time into it, and the API server notes the
//! second in which it stored that (`managedFieldsUpdater.Update` of k8s.io/apimachinery v0.34.4,
//! pkg/util/managedfields/internal): the two tell how far a clock was off whose machine does not answer any more.
//!
//! The API server's own reading stands in the archive's header.

use crate::archive::format::{ClockReading, Status};
use crate::archive::layout;
use crate::model::Subject;
use crate::objects::{Lease, ManagedFields, Meta};
use crate::sources::permissions::Attributes;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome, or_end};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::run::per_node;
use crate::sources::run::preflight::API_SERVER;
use crate::sources::run::probe_path;
use crate::sources::{Deadlines, Permission, Profile, Source};
use chrono::TimeDelta;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "clocks",
    title: "Clocks",
    why: "how far the times of different machines can be compared",
    permissions: &[
        Permission::new("", "nodes/proxy", &["get"]),
        Permission::new("coordination.k8s.io", "leases", &["list"]),
    ],
    paths: &["meta/clocks.jsonl"],
    profile: Profile::Quick,
    cap: 8 * 1024 * 1024,
    deadlines: Deadlines::USUAL,
    expect: |options| {
        let mut both = options.expected(&SOURCE, RENEWALS);
        both.extend(options.expected(&SOURCE, "clocks of all nodes"));
        both
    },
    run: |run, items| Box::pin(collect(run, items)),
};

const RENEWALS: &str = "renewals of leases";

async fn collect(run: Arc<Run>, items: Vec<Item>) {
    let mut items = items.into_iter();
    let renewals: Vec<Item> = items.by_ref().take(1).collect();
    tokio::join!(read_leases(&run, renewals), per_node::plan(run.clone(), items.collect(), &[()], spec, note));
}

fn spec(node: &str, (): &()) -> ItemSpec {
    ItemSpec::new(SOURCE.id, Subject::node(node).to_string())
}

/// The pool has probed the node before this begins; the readings are written when the run ends.
async fn note(run: Arc<Run>, node: String, (): &(), item: Item) {
    if run.clocks.has(&Subject::node(&node).to_string()) {
        return item.finish(ItemOutcome::collected(layout::CLOCKS, 0));
    }
    match run.api.require(&Attributes::of_get(&probe_path(&node))).await {
        Ok(()) => item.finish(ItemOutcome::new(Status::Absent, "the kubelet's answer had no date")),
        Err(problem) => item.finish(problem.into()),
    }
}

/// Reads the clocks of those who hold leases.
async fn read_leases(run: &Run, mut items: Vec<Item>) {
    let Some(leases) = or_end(run.inventory.leases.wait().await, &mut items) else { return };
    let readings: Vec<ClockReading> = leases.iter().filter_map(|lease| reading(&lease.ok()?)).collect();
    let outcome = match readings.is_empty() {
        true => ItemOutcome::new(Status::Empty, "no lease tells when it was renewed and stored"),
        false => ItemOutcome::collected(layout::CLOCKS, 0),
    };
    run.clocks.note(readings);
    items.into_iter().for_each(|item| item.finish(outcome.clone()));
}

/// The clock of who renewed `lease`, against the API server's, as that stood when it stored the renewal.
///
/// The API server notes whole seconds. The holder took its time before it asked, and waited no longer than the lease
/// is worth: client-go's leader election gives up before that, and so does the kubelet (k8s.io/kubernetes v1.34.4,
/// cmd/kubelet/app/server.go, `heartbeatClientConfig.Timeout`).
fn reading(lease: &str) -> Option<ClockReading> {
    let Lease { metadata, spec } = serde_json::from_str(lease).ok()?;
    let Meta { name, namespace, managed_fields, .. } = metadata;
    let renewed = |written: &&ManagedFields| written.fields().pointer("/f:spec/f:renewTime").is_some();
    let stored = managed_fields.iter().filter(renewed).filter_map(|written| written.time).max()?;
    let wait = TimeDelta::seconds(spec.lease_duration_seconds?.into());
    Some(ClockReading {
        endpoint: format!("Lease/{namespace}/{name}"),
        local_before: stored.checked_sub_signed(wait)?,
        local_after: stored.checked_add_signed(TimeDelta::seconds(1))?,
        remote: spec.renew_time?,
        against: Some(API_SERVER.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    fn lease(renewed: &str, stored: &str, field: &str) -> String {
        format!(
            r#"{{"metadata":{{"name":"node-1","namespace":"kube-node-lease","managedFields":[{{"manager":"kubelet","operation":"Update","apiVersion":"coordination.k8s.io/v1","time":"{stored}","fieldsType":"FieldsV1","fieldsV1":{{"f:spec":{{"f:holderIdentity":{{}},"{field}":{{}}}}}}}}]}},"spec":{{"holderIdentity":"node-1","leaseDurationSeconds":40,"renewTime":"{renewed}"}}}}"#
        )
    }

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_renewal_is_between_two_times_of_the_api_server() {
        let read = reading(&lease("2026-11-21T07:59:47.284862Z", "2026-11-21T07:59:47Z", "f:renewTime")).expect("one");
        let ClockReading { endpoint, local_before, local_after, remote, against } = read;
        assert_eq!((endpoint.as_str(), against.as_deref()), ("Lease/kube-node-lease/node-1", Some("API server")));
        assert_eq!((local_before, local_after), (time("2026-11-21T07:59:07Z"), time("2026-11-21T07:59:48Z")));
        assert_eq!(remote, time("2026-11-21T07:59:47.284862Z"));
    }

    #[test]
    fn a_lease_whose_renewal_nobody_dated_tells_nothing() {
        assert_eq!(reading(&lease("2026-11-21T07:59:47.284862Z", "2026-11-21T07:59:47Z", "f:acquireTime")), None);
        assert_eq!(reading(r#"{"metadata":{"name":"a","namespace":"b"},"spec":{}}"#), None);
    }

    proptest! {
        /// Whatever a holder's clock is off by, and however long the way took, the truth lies within the bounds.
        #[test]
        fn the_bounds_hold(off_ms in -3_600_000_i64..3_600_000, way_ms in 0_i64..40_000, at_ms in 0_i64..2_000) {
            let stamped = time("2026-11-21T08:00:00Z") + TimeDelta::milliseconds(at_ms);
            let stored = stamped + TimeDelta::milliseconds(way_ms);
            let said = (stamped + TimeDelta::milliseconds(off_ms)).to_rfc3339();
            let noted = stored.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            let read = reading(&lease(&said, &noted, "f:renewTime")).expect("a reading");
            prop_assert!(read.local_before <= stamped && stamped <= read.local_after);
            prop_assert_eq!((read.remote - stamped).num_milliseconds(), off_ms);
        }
    }
}
