//! Flux: Kustomizations (fluxcd/kustomize-controller, api/v1), HelmReleases (fluxcd/helm-controller, api/v2) and the
//! sources of both (fluxcd/source-controller, api/v1).
//!
//! The history of a Kustomization has one entry for each digest and status; that of a HelmRelease one for each release,
//! with a digest of its values: so that these changed and the chart did not is told without any value.

use super::{Reader, Revision, told, told_from};
use crate::evidence::findings::{Findings, Place};
use crate::model::{Clock, Moment, Subject, Window, to_the_second};
use crate::objects::{Meta, Reference, Time, lenient_count, lenient_time, or_default};
use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Kustomization {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: KustomizationSpec,
    #[serde(deserialize_with = "or_default")]
    status: KustomizationStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct KustomizationSpec {
    #[serde(deserialize_with = "or_default")]
    source_ref: Reference,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct KustomizationStatus {
    #[serde(deserialize_with = "or_default")]
    last_applied_revision: String,
    #[serde(deserialize_with = "or_default")]
    last_applied_origin_revision: String,
    #[serde(deserialize_with = "or_default")]
    inventory: Inventory,
    #[serde(deserialize_with = "or_default")]
    history: Vec<Reconciled>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Inventory {
    #[serde(deserialize_with = "or_default")]
    entries: Vec<InventoryEntry>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InventoryEntry {
    #[serde(deserialize_with = "or_default")]
    id: String,
}

/// All reconciliations of one digest with one status (fluxcd/pkg, apis/meta/history.go).
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Reconciled {
    #[serde(deserialize_with = "lenient_time")]
    first_reconciled: Time,
    #[serde(deserialize_with = "lenient_time")]
    last_reconciled: Time,
    #[serde(deserialize_with = "or_default")]
    last_reconciled_status: String,
    #[serde(deserialize_with = "lenient_count")]
    total_reconciliations: u64,
    #[serde(deserialize_with = "or_default")]
    metadata: ReconciledOf,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReconciledOf {
    #[serde(deserialize_with = "or_default")]
    revision: String,
    #[serde(deserialize_with = "or_default")]
    origin_revision: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HelmRelease {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    status: HelmReleaseStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct HelmReleaseStatus {
    #[serde(deserialize_with = "or_default")]
    history: Vec<Snapshot>,
    #[serde(deserialize_with = "lenient_count")]
    failures: u64,
    #[serde(deserialize_with = "lenient_count")]
    upgrade_failures: u64,
}

/// A release of Helm as the controller saw it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Snapshot {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    namespace: String,
    #[serde(deserialize_with = "lenient_count")]
    version: u64,
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    chart_name: String,
    #[serde(deserialize_with = "or_default")]
    chart_version: String,
    #[serde(deserialize_with = "or_default")]
    config_digest: String,
    #[serde(deserialize_with = "lenient_time")]
    last_deployed: Time,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SourceObject {
    #[serde(deserialize_with = "or_default")]
    kind: String,
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: SourceSpec,
    #[serde(deserialize_with = "or_default")]
    status: SourceStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SourceSpec {
    #[serde(deserialize_with = "or_default")]
    url: String,
    /// Of a bucket.
    #[serde(deserialize_with = "or_default")]
    endpoint: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SourceStatus {
    #[serde(deserialize_with = "or_default")]
    artifact: Artifact,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Artifact {
    #[serde(deserialize_with = "or_default")]
    revision: String,
    #[serde(deserialize_with = "lenient_time")]
    last_update_time: Time,
}

fn at(time: DateTime<Utc>) -> Moment {
    Moment::to_the_second(time).by(Clock::Component)
}

/// The controllers, as who changed something.
const BY: [&str; 3] = ["kustomize-controller", "helm-controller", "source-controller"];

/// Reads one Kustomization; one of kustomize's own files, which are of the same kind, has no status.
pub fn read_kustomization(place: Place, window: Window, line: &[u8], found: &mut Findings) {
    let Ok(Kustomization { metadata: meta, spec, status }) = serde_json::from_slice::<Kustomization>(line) else {
        return;
    };
    let subject = Subject::of_object("Kustomization", &meta.namespace, &meta.name);
    let source = &spec.source_ref;
    let of_source = if source.namespace.is_empty() { &meta.namespace } else { &source.namespace };
    let of = Subject::of_object(&source.kind, of_source, &source.name);
    let mut reader = Reader { place, window, subject, found };
    let inventory = || status.inventory.entries.iter().filter_map(|entry| inventoried(&entry.id));
    inventory().for_each(|object| reader.carries(object));
    let from = told_from(status.history.iter().filter_map(|one| one.first_reconciled), window);
    for one in &status.history {
        let Some(first) = one.first_reconciled else { continue };
        reconciled(&mut reader, one, (first, first >= from), &of);
    }
    let applied = &status.last_applied_revision;
    let is_applied = |one: &&Reconciled| one.metadata.revision == *applied && is_applied(&one.last_reconciled_status);
    let first = status.history.iter().filter(is_applied).filter_map(|one| one.first_reconciled).max();
    let (Some(first), false) = (first, applied.is_empty()) else { return };
    let text = [&status.last_applied_origin_revision, applied].into_iter().find(|one| !one.is_empty());
    let revision = Revision { text: text.map_or("", String::as_str), url: "", of: Some(&of) };
    let quote =
        format!("in the inventory of {} at {applied}, firstReconciled {}", reader.subject, to_the_second(first));
    for about in inventory() {
        let citation = reader.found.cite(place, &format!("{about} {quote}"));
        reader.brought(&about, at(first), revision, citation);
    }
}

/// Whether its manifests were applied, whatever came of them: the reasons of kustomize-controller's Ready condition.
fn is_applied(status: &str) -> bool {
    matches!(status, "ReconciliationSucceeded" | "HealthCheckFailed")
}

fn reconciled(reader: &mut Reader<'_>, one: &Reconciled, (first, is_told): (DateTime<Utc>, bool), of: &Subject) {
    let last = one.last_reconciled.filter(|last| *last >= first).unwrap_or(first);
    let ReconciledOf { revision, origin_revision } = &one.metadata;
    let status = &one.last_reconciled_status;
    let quote = format!(
        "history {status} {revision} firstReconciled {} lastReconciled {} totalReconciliations {}",
        to_the_second(first),
        to_the_second(last),
        one.total_reconciliations
    );
    let origin = if origin_revision.is_empty() { revision } else { origin_revision };
    if is_applied(status) {
        let what = format!("manifests of revision {revision} were applied");
        let [by, ..] = BY;
        let revision = Revision { text: origin, url: "", of: Some(of) };
        reader.revised((told((at(first), at(first)), &what, by, &quote), is_told), revision);
    }
    if status.ends_with("Failed") && is_told {
        let message = format!("{status} of revision {revision}, {} times", one.total_reconciliations);
        reader.state((at(first), at(last)), "sync-failed", &message, &quote);
    }
}

/// The object of an id `NAMESPACE_NAME_GROUP_KIND` (fluxcd/cli-utils, pkg/object): none of the four may hold a `_`, but
/// that names of RBAC's objects may have colons, which are written as two.
pub fn inventoried(id: &str) -> Option<Subject> {
    let (rest, kind) = id.rsplit_once('_')?;
    let (rest, _group) = rest.rsplit_once('_')?;
    let (namespace, name) = rest.split_once('_')?;
    let is_whole = !kind.is_empty() && !name.is_empty();
    is_whole.then(|| Subject::of_object(kind, namespace, &name.replace("__", ":")))
}

/// Reads one HelmRelease.
pub fn read_helm_release(place: Place, window: Window, line: &[u8], found: &mut Findings) {
    let Ok(HelmRelease { metadata: meta, status }) = serde_json::from_slice::<HelmRelease>(line) else { return };
    let subject = Subject::of_object("HelmRelease", &meta.namespace, &meta.name);
    let mut reader = Reader { place, window, subject, found };
    let mut history = status.history;
    history.sort_by_key(|one| one.version);
    let from = told_from(history.iter().filter_map(|one| one.last_deployed), window);
    let before = std::iter::once(None).chain(history.iter().map(Some));
    for (one, before) in history.iter().zip(before) {
        let Some(deployed) = one.last_deployed else { continue };
        reader.carries(Subject::new("Release", &one.namespace, &*one.name));
        let what = format!("{} of {}, {}", one.verb(), one.named(), one.difference(before));
        let quote = format!(
            "history version {} {} {} {} configDigest {} lastDeployed {}",
            one.version,
            one.status,
            one.chart_name,
            one.chart_version,
            one.config_digest,
            to_the_second(deployed)
        );
        let [_, by, _] = BY;
        let change = told((at(deployed), at(deployed)), &what, by, &quote);
        let revision = Revision { text: &one.chart_version, url: &one.chart_name, of: None };
        reader.revised((change, deployed >= from), revision);
        if one.status == "failed" && deployed >= from {
            let failures = status.failures.max(status.upgrade_failures).max(1);
            let message =
                format!("{} failed, chart {} {}, failures {failures}", one.named(), one.chart_name, one.chart_version);
            reader.state((at(deployed), at(deployed)), "release-failed", &message, &quote);
        }
    }
}

impl Snapshot {
    fn named(&self) -> String {
        format!("version {} of release {}/{}", self.version, self.namespace, self.name)
    }

    fn verb(&self) -> &'static str {
        match self.status.as_str() {
            "failed" => "a try",
            "uninstalled" => "an end",
            _ => "the deployment",
        }
    }

    /// What it changed, as far as chart and digest of values tell.
    fn difference(&self, before: Option<&Self>) -> String {
        let chart = format!("chart {} {}", self.chart_name, self.chart_version);
        let Some(before) = before.filter(|before| before.version + 1 == self.version) else { return chart };
        let is_same_chart = self.chart_name == before.chart_name && self.chart_version == before.chart_version;
        let is_same_config = self.config_digest == before.config_digest;
        match (is_same_chart, is_same_config) {
            (true, true) => format!("neither chart {} {} nor values changed", self.chart_name, self.chart_version),
            (true, false) => format!("values changed, {chart} did not"),
            (false, true) => {
                format!("chart {} from {} to {}", self.chart_name, before.chart_version, self.chart_version)
            }
            (false, false) => {
                let versions = format!("from {} to {}", before.chart_version, self.chart_version);
                format!("chart {} {versions}, and values changed", self.chart_name)
            }
        }
    }
}

/// Reads one source: which revision of what was fetched when.
pub fn read_source(place: Place, window: Window, line: &[u8], found: &mut Findings) {
    let Ok(SourceObject { kind, metadata: meta, spec, status }) = serde_json::from_slice::<SourceObject>(line) else {
        return;
    };
    if kind.is_empty() {
        return;
    }
    let subject = Subject::of_object(&kind, &meta.namespace, &meta.name);
    let url = if spec.url.is_empty() { spec.endpoint } else { spec.url };
    if !url.is_empty() {
        found.brought.sources.insert(subject.clone(), crate::evidence::deployed::source_of(&url).unwrap_or_default());
    }
    let Artifact { revision, last_update_time } = status.artifact;
    let Some(fetched) = last_update_time else { return };
    // An index of charts is written anew whenever any chart of the repository is.
    let is_told = fetched >= window.from && matches!(kind.as_str(), "GitRepository" | "OCIRepository");
    let what = format!("revision {revision} was fetched");
    let quote = format!("artifact {revision} lastUpdateTime {}", to_the_second(fetched));
    let [_, _, by] = BY;
    let mut reader = Reader { place, window, subject, found };
    let change = told((at(fetched), at(fetched)), &what, by, &quote);
    if is_told {
        reader.revised((change, true), Revision { text: &revision, url: &url, of: None });
    }
}
