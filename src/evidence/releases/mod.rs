//! What programs that bring releases to a cluster note of it: Argo CD's Applications, Flux's objects, Helm's releases.
//!
//! Of who began something only is kept whether a program or a person did, and of an address only host and path.

mod argo;
mod flux;
mod helm;

use super::changes::{self, Told};
use super::deployed::{self, DeployedRevision};
use super::findings::{Findings, Place};
use super::{Fact, Known, Record};
use crate::model::{Citation, Moment, Subject, Window};
use crate::objects::Meta;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

pub use helm::{Charts, Hook, Releases};

/// Objects, each with those that bring it to the cluster: a Release of Helm, an Application, a Kustomization.
pub type Carriers = BTreeMap<Subject, BTreeSet<Subject>>;

/// What the objects of these programs tell that is only known once all were read.
#[derive(Debug, Default)]
pub struct Brought {
    revisions: Vec<(DeployedRevision, Option<Subject>)>,
    /// The addresses of sources, by the objects that stand for them.
    sources: BTreeMap<Subject, String>,
    carriers: Carriers,
    pub releases: Releases,
    pub charts: Charts,
}

impl Brought {
    /// Adds what another entry gave.
    pub fn absorb(&mut self, other: Self) {
        self.revisions.extend(other.revisions);
        self.sources.extend(other.sources);
        for (object, carriers) in other.carriers {
            self.carriers.entry(object).or_default().extend(carriers);
        }
        self.releases.absorb(other.releases);
        self.charts.absorb(other.charts);
    }

    /// Tells the releases, and gives the revisions that were brought to objects, each with its source.
    pub fn settle(mut self, window: Window, found: &mut Findings) -> Vec<DeployedRevision> {
        self.releases.tell(window, &mut self.revisions, found);
        self.charts.tell(&self.releases, &mut self.revisions);
        for (object, release) in self.charts.each() {
            self.carriers.entry(object.clone()).or_default().insert(release.clone());
        }
        found.carriers = self.carriers;
        let sources = self.sources;
        let with_source = |(mut one, of): (DeployedRevision, Option<Subject>)| {
            let named = of.and_then(|of| sources.get(&of).cloned());
            one.source = one.source.or(named);
            one
        };
        deployed::settled(self.revisions.into_iter().map(with_source).collect())
    }
}

/// Reads an object of these programs; nothing where it is of another kind. `kind` is what it was listed under: its kind,
/// or its plural with its group.
pub fn read(kind: &str, place: Place, window: Window, line: &[u8], found: &mut Findings) {
    match kind {
        "Application" | "applications.argoproj.io" => argo::read(place, window, line, found),
        "Kustomization" | "kustomizations.kustomize.toolkit.fluxcd.io" => {
            flux::read_kustomization(place, window, line, found);
        }
        "HelmRelease" | "helmreleases.helm.toolkit.fluxcd.io" => flux::read_helm_release(place, window, line, found),
        "GitRepository" | "OCIRepository" | "HelmRepository" | "Bucket" | "HelmChart" => {
            flux::read_source(place, window, line, found);
        }
        plural if plural.ends_with(".source.toolkit.fluxcd.io") => flux::read_source(place, window, line, found),
        _ => {}
    }
}

/// Notes a release of Helm, or an object of one, by its labels and annotations; true for a release.
pub fn note(subject: &Subject, meta: &Meta, place: Place, found: &mut Findings) -> bool {
    helm::note(subject, meta, place, found)
}

/// The hook of a chart that an object is, if it is one.
pub fn hook(meta: &Meta) -> Option<Hook<'_>> {
    Hook::of(meta)
}

/// An object of one of these programs while it is read.
struct Reader<'a> {
    place: Place,
    window: Window,
    subject: Subject,
    found: &'a mut Findings,
}

/// A revision as an object has it.
#[derive(Clone, Copy, Default)]
struct Revision<'a> {
    text: &'a str,
    /// The address it is of.
    url: &'a str,
    /// The object that knows the address.
    of: Option<&'a Subject>,
}

impl Reader<'_> {
    /// Notes that a revision was brought to an object.
    fn brought(&mut self, about: &Subject, at: Moment, revision: Revision<'_>, citation: Citation) {
        let one = DeployedRevision::new((about, at), revision.text, revision.url, citation);
        self.found.brought.revisions.extend(one.map(|one| (one, revision.of.cloned())));
    }

    /// Notes that this brings an object.
    fn carries(&mut self, object: Subject) {
        self.found.brought.carriers.entry(object).or_default().insert(self.subject.clone());
    }

    /// Tells a change of an object, and of which revision it was.
    fn changed(&mut self, about: &Subject, told: Told<'_>, revision: Revision<'_>) {
        let citation = changes::tell(self.place, about, told, self.found);
        self.brought(about, told.at, revision, citation);
    }

    /// Tells a change of the object itself, or no more than its revision where that was long before the window.
    fn revised(&mut self, (told, is_told): (Told<'_>, bool), revision: Revision<'_>) {
        let subject = self.subject.clone();
        if is_told {
            self.changed(&subject, told, revision);
        } else {
            let citation = self.found.cite(self.place, &format!("{subject} {}", told.quote));
            self.brought(&subject, told.at, revision, citation);
        }
    }

    /// Tells a state of the object, as long as it is known to have lasted.
    fn state(&mut self, (at, last): (Moment, Moment), state: &str, message: &str, quote: &str) {
        let text = format!("{} {quote}", self.subject);
        let citation = self.found.cite(self.place, &text);
        let record = Record::State { state, message };
        self.found.facts.push(Fact { at, last, count: 1, subject: &self.subject, node: None, record, citation });
    }
}

/// What is told of a rung whose record only says that something was brought.
fn told<'a>((at, last): (Moment, Moment), what: &'a str, by: &'a str, quote: &'a str) -> Told<'a> {
    Told { at, last, what, by, known: Known::Changed, quote }
}

/// Of times in any order, those that are told as changes: what was in the window, and the last before it.
fn told_from(times: impl Iterator<Item = DateTime<Utc>>, window: Window) -> DateTime<Utc> {
    times.filter(|at| *at < window.from).max().unwrap_or(window.from)
}

#[cfg(test)]
mod tests;
