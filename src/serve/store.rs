//! What is served: the input, its kinds, and the objects of those that were asked for.

use super::answer::Refusal;
use super::coverage;
use super::newer_events;
use super::resource::{self, Resource};
use super::shelf::{Filling, Shelf};
use super::table::Printed;
use super::usage;
use crate::archive::format::Outcome;
use crate::archive::layout;
use crate::inputs::{Inputs, Kind, ObjectKind};
use crate::objects::kinds::Named;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// An input, ready to be asked.
pub struct Store {
    inputs: Inputs,
    resources: Vec<Resource>,
    outcomes: Vec<Outcome>,
    shelves: Mutex<BTreeMap<String, Slot>>,
}

type Slot = Arc<OnceLock<Result<Arc<Shelf>, String>>>;

/// What begins an object of which only metadata was asked for.
const METADATA_ONLY: &[u8] = br#""PartialObjectMetadata""#;

impl Store {
    pub fn new(inputs: Inputs) -> Self {
        let outcomes = inputs.outcomes();
        // What was fetched is what is shown, unless a time is asked for.
        let is_recorded = inputs.asked_time().is_some() || !inputs.have_fetched();
        let outcomes = match inputs.have_versions() && is_recorded {
            true => coverage::of_recording(outcomes, inputs.asked_time()),
            false => outcomes,
        };
        let resources = resources(&inputs);
        Self { inputs, resources, outcomes, shelves: Mutex::default() }
    }

    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// What people call the archive.
    pub fn name(&self) -> String {
        match self.inputs.each().count() {
            0 | 1 => self.inputs.name(),
            count => format!("{} and {} more", self.inputs.first_name(), count - 1),
        }
    }

    /// From when to when the objects were fetched: their ages count to then.
    pub fn fetched(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let objects =
            self.outcomes.iter().filter(|outcome| outcome.source == "objects" && !outcome.status.is_missing());
        let times = objects.map(|outcome| outcome.at);
        let until = self.inputs.asked_time().unwrap_or(self.inputs.window().to);
        (times.clone().min().unwrap_or(until), times.max().unwrap_or(until))
    }

    /// All kinds, in the order in which discovery names them.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// A kind by what a path says of it.
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<&Resource> {
        let mut all = self.resources.iter();
        all.find(|one| one.group == group && one.version == version && one.plural == plural)
    }

    /// One by its plural with its group.
    pub fn of_full(&self, full: &str) -> Option<&Resource> {
        self.resources.iter().find(|one| one.full() == full)
    }

    /// The objects of a kind, read when they are first asked for.
    pub fn shelf(&self, of: &Resource) -> Result<Arc<Shelf>, Refusal> {
        let of = if of.full() == newer_events::FULL { self.of_full(newer_events::CORE).unwrap_or(of) } else { of };
        let slot = {
            let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
            shelves.entry(of.full()).or_default().clone()
        };
        let filled = slot.get_or_init(|| self.fill(of).map(Arc::new).map_err(|error| error.to_string()));
        filled.clone().map_err(|why| Refusal::new(500, "InternalError", why))
    }

    fn fill(&self, of: &Resource) -> Result<Shelf, crate::archive::ArchiveError> {
        let full = of.full();
        let mut filling = Filling::default();
        let is_it = |named: &Named| named.plural == full || (named.kind == of.kind && named.group == of.group);
        self.inputs.objects(is_it, |entry, _, json| match of.kind == "Secret" && !is_metadata_only(json) {
            true => filling.add(&metadata_of(json), entry.fetched),
            false => filling.add(json, entry.fetched),
        })?;
        if of.group == usage::GROUP {
            usage::fill(&self.inputs, &of.plural, &mut filling);
        }
        Ok(filling.end())
    }

    /// Whether a list of a kind may be given, and what to say with it: what the outcomes tell of how it came. `found` is how
    /// many objects were found in the namespace, and how many in all.
    pub fn coverage(
        &self,
        of: &Resource,
        namespace: Option<&str>,
        found: (usize, usize),
    ) -> Result<Vec<String>, Refusal> {
        if of.group == usage::GROUP {
            return Ok(Vec::new());
        }
        coverage::of(&self.outcomes, newer_events::kept_as(&of.full()), namespace.filter(|_| of.namespaced), found)
    }

    /// The definition of a custom kind, if it was collected.
    pub fn definition(&self, full: &str) -> Option<Value> {
        let definitions = self.of_full("customresourcedefinitions.apiextensions.k8s.io")?;
        let shelf = self.shelf(definitions).ok()?;
        let place = shelf.find("", full)?;
        serde_json::from_slice(shelf.reader().json(place)?).ok()
    }

    /// The table that the cluster's API server printed of a kind, if it was collected.
    pub fn printed(&self, full: &str) -> Option<Printed> {
        Printed::read(&self.document(&layout::table(full))?)
    }

    /// Why a log is not here, by what was planned of it.
    pub fn outcome_of_log(&self, namespace: &str, pod: &str, container: &str, is_previous: bool) -> Option<&Outcome> {
        let subject = format!("Pod/{namespace}/{pod} container {container}");
        self.outcomes.iter().find(|one| {
            let of = one.subject.strip_prefix(&subject);
            one.source == "pod-logs" && of.is_some_and(|rest| rest.contains("previous") == is_previous)
        })
    }

    /// A document of the archive, where it has it.
    pub fn document(&self, path: &str) -> Option<Vec<u8>> {
        self.inputs.find(path)?.text().ok()
    }
}

/// Whether only metadata was asked for, as of Secrets and ConfigMaps.
pub fn is_metadata_only(json: &[u8]) -> bool {
    memchr::memmem::find(json.get(..json.len().min(200)).unwrap_or_default(), METADATA_ONLY).is_some()
}

/// Nobody is shown a value of a Secret, whoever collected it.
fn metadata_of(json: &[u8]) -> Vec<u8> {
    #[derive(Deserialize)]
    struct Just {
        metadata: Value,
    }
    let just: Option<Just> = serde_json::from_slice(json).ok();
    let meta = just.map_or(Value::Null, |just| just.metadata);
    serde_json::json!({"kind": "PartialObjectMetadata", "metadata": meta}).to_string().into_bytes()
}

/// The kinds that the cluster named; where it did not, those that there are objects of.
fn resources(inputs: &Inputs) -> Vec<Resource> {
    let document = |path: &str| inputs.find(path).and_then(|entry| entry.text().ok()).unwrap_or_default();
    let mut all = resource::told(&document(layout::API));
    let groups = resource::told(&document(layout::APIS));
    if all.is_empty() || groups.is_empty() {
        let known: Vec<String> = all.iter().chain(&groups).map(Resource::full).collect();
        // Usage does not say of which kind it is.
        let is_new = |one: &Resource| !known.contains(&one.full()) && !usage::is_usage(&one.full());
        all.extend(seen(inputs).into_iter().filter(is_new));
    }
    all.extend(groups);
    // The same events as those of the core, which are what is collected.
    let has = |full: &str| all.iter().any(|one| one.full() == full);
    if has(newer_events::CORE) && !has(newer_events::FULL) {
        all.push(newer_events::resource());
    }
    for usage in usage::resources(inputs) {
        if all.iter().all(|one| one.full() != usage.full()) {
            all.push(usage);
        }
    }
    all
}

/// What is read of an object to know its kind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Just {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    metadata: Value,
}

/// Kinds of which there are objects.
fn seen(inputs: &Inputs) -> Vec<Resource> {
    let mut found: BTreeMap<String, Resource> = BTreeMap::new();
    let mut known = std::collections::BTreeSet::new();
    // Whether an entry holds one kind is told by its path; one object of it says the rest.
    let of_path = |kind: &Kind| match kind {
        Kind::Objects { of: ObjectKind::Plural(plural), .. } | Kind::History { plural, .. } => Some(plural.clone()),
        _ => None,
    };
    let _ = inputs.objects(
        |_| true,
        |entry, named, json| {
            if of_path(entry.kind).is_some_and(|plural| !known.insert(plural)) {
                return;
            }
            let Ok(just) = serde_json::from_slice::<Just>(json) else { return };
            let namespaced = just.metadata.get("namespace").is_some();
            let version =
                match just.api_version.rsplit_once('/').map_or(just.api_version.as_str(), |(_, version)| version) {
                    "" if named.group == "autoscaling" => "v2",
                    "" => "v1",
                    version => version,
                };
            let full = match named.plural == named.kind {
                // How it is called in paths is not known where objects only say their kind.
                true => format!(
                    "{}s{}{}",
                    named.kind.to_lowercase(),
                    if named.group.is_empty() { "" } else { "." },
                    named.group
                ),
                false => named.plural.clone(),
            };
            found.entry(full.clone()).or_insert_with(|| Resource::named(&full, &named.kind, version, namespaced));
        },
    );
    found.into_values().collect()
}
