//! Releases of Helm by the labels and names of their records, whose content is never asked for (helm/helm v3,
//! pkg/storage/driver/secrets.go and cfgmaps.go; v2, pkg/storage/driver/cfgmaps.go).
//!
//! The record of a version is made when its deployment begins, and written again when that ends. Labels do not tell an
//! upgrade from a rollback but while one goes on.

use crate::evidence::changes::{self, Told};
use crate::evidence::conditions::Owner;
use crate::evidence::deployed::DeployedRevision;
use crate::evidence::findings::{Findings, Place};
use crate::evidence::{Fact, Known, Record};
use crate::model::{Citation, Clock, Moment, Subject, Window, to_the_second};
use crate::objects::Meta;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// `--timeout` of Helm where nothing else is given (helm/helm, cmd/helm/upgrade.go): what takes longer was abandoned, or
/// is of somebody who waits longer.
const TIMEOUT: TimeDelta = TimeDelta::minutes(5);

/// Releases by name and namespace, each with its versions.
#[derive(Debug, Default)]
pub struct Releases(BTreeMap<Subject, BTreeMap<u32, Version>>);

/// The record of one version.
#[derive(Clone, Debug)]
struct Version {
    status: String,
    created: DateTime<Utc>,
    /// When its record was written last.
    written: Option<Moment>,
    place: Place,
}

/// Objects that belong to releases, with the label that names chart and version.
#[derive(Debug, Default)]
pub struct Charts(BTreeMap<Subject, Labelled>);

#[derive(Clone, Debug)]
struct Labelled {
    release: Subject,
    chart: String,
    citation: Citation,
}

/// What an object of a chart is beside the release: something that runs before or after it, or a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook<'a> {
    /// When it runs: `pre-upgrade`, `test`, several with commas.
    pub events: &'a str,
    /// Of which release, where its labels say so.
    pub release: Option<&'a str>,
}

impl<'a> Hook<'a> {
    pub fn of(meta: &'a Meta) -> Option<Self> {
        let events = meta.annotations.get("helm.sh/hook").filter(|events| !events.is_empty())?;
        // Hooks have no annotations that name the release; most charts label all that they have so.
        let release = ["app.kubernetes.io/instance", "release"].iter().find_map(|label| meta.labels.get(*label));
        Some(Self { events, release: release.map(String::as_str) })
    }

    /// Tells that it failed, of its release where that is known.
    pub fn tell_failed(self, owner: &Owner<'_>, at: Moment, why: &str, found: &mut Findings) {
        let namespace = owner.subject.namespace().unwrap_or_default();
        let release = self.release.map(|name| Subject::new("Release", namespace, name));
        let named = self.release.map(|name| format!(" of release {name}")).unwrap_or_default();
        let message = format!("hook {}{named} failed: {} {why}", self.events, owner.subject);
        let citation = found.cite(owner.place, &message);
        let subject = release.as_ref().unwrap_or(owner.subject);
        let record = Record::State { state: "hook-failed", message: &message };
        found.facts.push(Fact { at, last: at, count: 1, subject, node: None, record, citation });
    }
}

/// Notes a release, or an object of one; true for a release.
pub fn note(subject: &Subject, meta: &Meta, place: Place, found: &mut Findings) -> bool {
    if let Some((release, number, version)) = version(meta, place) {
        let versions = found.brought.releases.0.entry(release).or_default();
        versions.insert(number, version);
        return true;
    }
    let (Some(name), Some(chart)) =
        (meta.annotations.get("meta.helm.sh/release-name"), meta.labels.get("helm.sh/chart"))
    else {
        return false;
    };
    let namespace = meta.annotations.get("meta.helm.sh/release-namespace").unwrap_or(&meta.namespace);
    let release = Subject::new("Release", namespace, name.as_str());
    let citation = found.cite(place, &format!("{subject} helm.sh/chart {chart} meta.helm.sh/release-name {name}"));
    found.brought.charts.0.insert(subject.clone(), Labelled { release, chart: chart.clone(), citation });
    false
}

/// The version that an object is the record of.
fn version(meta: &Meta, place: Place) -> Option<(Subject, u32, Version)> {
    let label = |name: &str| meta.labels.get(name).map(String::as_str);
    let (release, status, number) = match (label("owner"), label("OWNER")) {
        (Some("helm"), _) => {
            (Subject::new("Release", &meta.namespace, label("name")?), label("status")?, label("version")?)
        }
        // Names of Helm 2's releases are those of the cluster, and its records stand where its server runs.
        (_, Some("TILLER")) => (Subject::cluster("Release", label("NAME")?), label("STATUS")?, label("VERSION")?),
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    let name = release.name();
    let is_named =
        meta.name == format!("sh.helm.release.v1.{name}.v{number}") || meta.name == format!("{name}.v{number}");
    let seconds = |name: &str| label(name)?.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let created = meta.creation_timestamp.or_else(|| seconds("createdAt")).or_else(|| seconds("CREATED_AT"))?;
    let written = meta.managed_fields.iter().filter_map(|write| write.time).max().filter(|at| *at > created);
    // The label has the clock of the machine that Helm ran on.
    let written = written.map(|at| Moment::to_the_second(at).by(Clock::ApiServer));
    let labelled = || seconds("modifiedAt").or_else(|| seconds("MODIFIED_AT")).filter(|at| *at > created);
    let written = written.or_else(|| labelled().map(Moment::to_the_second));
    let status = match status.to_ascii_lowercase().replace('_', "-").as_str() {
        "deleted" => "uninstalled".to_owned(),
        "deleting" => "uninstalling".to_owned(),
        status => status.to_owned(),
    };
    is_named.then_some((release, number, Version { status, created, written, place }))
}

impl Releases {
    pub fn absorb(&mut self, other: Self) {
        for (release, versions) in other.0 {
            self.0.entry(release).or_default().extend(versions);
        }
    }

    /// Tells what was made of each release in the window, and the last before.
    pub fn tell(&self, window: Window, revisions: &mut Vec<(DeployedRevision, Option<Subject>)>, found: &mut Findings) {
        for (release, versions) in &self.0 {
            let from = super::told_from(versions.values().map(|one| one.created), window);
            let mut before = None;
            for (number, one) in versions {
                let told = TellVersion { release, number: *number, one, before };
                let citation = told.tell(one.created >= from, found);
                let at = Moment::to_the_second(one.created).by(Clock::ApiServer);
                let text = format!("version {number}");
                revisions.extend(DeployedRevision::new((release, at), &text, "", citation).map(|one| (one, None)));
                before = Some((*number, one));
            }
        }
    }

    /// When the last version of a release was begun.
    fn last(&self, release: &Subject) -> Option<DateTime<Utc>> {
        self.0.get(release)?.values().next_back().map(|one| one.created)
    }
}

struct TellVersion<'a> {
    release: &'a Subject,
    number: u32,
    one: &'a Version,
    before: Option<(u32, &'a Version)>,
}

impl TellVersion<'_> {
    fn tell(&self, is_told: bool, found: &mut Findings) -> Citation {
        let Version { status, created, written, place } = self.one;
        let at = Moment::to_the_second(*created).by(Clock::ApiServer);
        let since = written.map(|at| format!(", written last {}", to_the_second(at.time))).unwrap_or_default();
        let quote = format!("version {} status {status} created {}{since}", self.number, to_the_second(*created));
        if !is_told {
            return found.cite(*place, &format!("{} {quote}", self.release));
        }
        let what = format!("version {} was begun by {}; its status is {status}", self.number, self.made_by());
        let told = Told { at, last: at, what: &what, by: "helm", known: Known::Changed, quote: &quote };
        let citation = changes::tell(*place, self.release, told, found);
        let last_word = written.unwrap_or(at);
        let message = format!("version {} is {status}, begun by {}", self.number, self.made_by());
        match status.as_str() {
            // It failed where that was written, at any time since it was begun.
            "failed" => self.state((last_word, last_word), "release-failed", &message, (citation, found)),
            "uninstalling" | "pending-install" | "pending-upgrade" | "pending-rollback"
                if place.fetched - last_word.time > TIMEOUT =>
            {
                self.state((last_word, place.now()), "release-stuck", &message, (citation, found));
            }
            "uninstalled" => {
                let what = format!("was uninstalled at version {}", self.number);
                let told = Told {
                    at: last_word,
                    last: last_word,
                    what: &what,
                    by: "helm",
                    known: Known::Changed,
                    quote: &quote,
                };
                changes::tell(*place, self.release, told, found);
            }
            _ => {}
        }
        citation
    }

    /// By what it was begun, as far as its labels and those of the version before it tell.
    fn made_by(&self) -> &'static str {
        let is_first = self.number == 1 || self.before.is_some_and(|(_, before)| before.status == "uninstalled");
        match self.one.status.as_str() {
            "pending-rollback" => "a rollback",
            "pending-upgrade" => "an upgrade",
            "pending-install" => "an install",
            _ if is_first => "an install",
            _ => "an upgrade or a rollback",
        }
    }

    fn state(
        &self,
        (at, last): (Moment, Moment),
        state: &str,
        message: &str,
        (citation, found): (Citation, &mut Findings),
    ) {
        let record = Record::State { state, message };
        found.facts.push(Fact { at, last, count: 1, subject: self.release, node: None, record, citation });
    }
}

impl Charts {
    pub fn absorb(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Gives what the objects of each release say of their chart, dated by the release's last version; of the release
    /// where all of them say the same.
    pub fn tell(&self, releases: &Releases, revisions: &mut Vec<(DeployedRevision, Option<Subject>)>) {
        let mut charts: BTreeMap<&Subject, (BTreeSet<&str>, Citation)> = BTreeMap::new();
        for one in self.0.values() {
            let known = charts.entry(&one.release).or_insert_with(|| (BTreeSet::new(), one.citation));
            known.0.insert(&one.chart);
        }
        let dated = |release: &Subject| releases.last(release).map(|at| Moment::to_the_second(at).by(Clock::ApiServer));
        let mut add = |about: &Subject, release: &Subject, chart: &str, citation| {
            let one = dated(release).and_then(|at| DeployedRevision::new((about, at), chart, "", citation));
            revisions.extend(one.map(|one| (one, None)));
        };
        for (release, (names, citation)) in &charts {
            if let (Some(chart), 1) = (names.first(), names.len()) {
                add(release, release, chart, *citation);
            }
        }
        self.0.iter().for_each(|(about, one)| add(about, &one.release, &one.chart, one.citation));
    }

    /// Each object with its release.
    pub fn each(&self) -> impl Iterator<Item = (&Subject, &Subject)> {
        self.0.iter().map(|(about, one)| (about, &one.release))
    }
}
