//! Who reads an object of which kind.

use crate::evidence::findings::{Findings, Place};
use crate::evidence::{
    Facts, checks, config, events, leases, made, nodes, pods, policy_objects, quota, references, releases, revisions,
    services, serving, status, storage, workloads, written,
};
use crate::model::{EntryId, Window};
use chrono::{DateTime, Utc};

/// What one object tells by itself as it was seen then, without an input around it; nothing where it cannot be read.
pub fn facts_of_object((kind, plural): (&str, &str), object: &str, seen: DateTime<Utc>) -> Facts {
    let mut found = Findings::default();
    let place = Place { entry: EntryId(0), line: 1, fetched: seen };
    read_object(kind, plural, place, object.as_bytes(), &mut found);
    found.facts.close();
    found.facts
}

/// Kinds that are read by what they are; all others by the status that every kind may have.
pub fn read_object(kind: &str, plural: &str, place: Place, line: &[u8], found: &mut Findings) {
    match plural {
        "events" | "events.events.k8s.io" => events::read(place, line, found),
        "pods" => pods::read(place, line, found),
        "nodes" => nodes::read(place, line, found),
        "services" => services::read_service(place, line, found),
        "configmaps" | "secrets" => config::read(kind, place, line, found),
        "deployments.apps" | "replicasets.apps" | "statefulsets.apps" | "daemonsets.apps" | "jobs.batch"
        | "cronjobs.batch" => workloads::read(kind, place, line, found),
        _ => {
            if checks::may_be_chaos(kind, plural) {
                checks::read_object(place, line, found);
            }
            status::read(kind, place, line, found);
            read_more(kind, plural, place, line, found);
        }
    }
}

/// What some kinds say beside their status.
fn read_more(kind: &str, plural: &str, place: Place, line: &[u8], found: &mut Findings) {
    match plural {
        "controllerrevisions.apps" => revisions::read(place, line, found),
        "apiservices.apiregistration.k8s.io" => serving::read_api_service(place, line, found),
        "mutatingwebhookconfigurations.admissionregistration.k8s.io"
        | "validatingwebhookconfigurations.admissionregistration.k8s.io" => {
            serving::read_webhooks(kind, place, line, found);
        }
        "leases.coordination.k8s.io" => leases::read(place, line, found),
        "persistentvolumeclaims" | "volumeattachments.storage.k8s.io" => storage::read(plural, place, line, found),
        "resourcequotas" => quota::read(place, line, found),
        _ if policy_objects::is_one(plural) => policy_objects::read(plural, place, line, found),
        _ if references::is_referable(plural) => references::read_name(kind, place, line, found),
        _ => {}
    }
}

/// Reads when an object was made, where that may matter to others.
pub fn read_making((kind, plural): (&str, &str), (place, window): (Place, Window), line: &[u8], found: &mut Findings) {
    if made::is_ruling(plural) {
        made::read(kind, place, window, line, found);
    } else if written::is_of_interest(plural) {
        written::read(kind, place, window, line, found);
    }
    releases::read(kind, place, window, line, found);
}
