//! The image that a failing pod names may be another one tomorrow, as it has no digest and the tag `latest`; or it is
//! another one already than older pods of its workload run.
//!
//! An image without a tag is the same as with `latest`, but a name that was replaced before an archive was shared has
//! none either. Kubernetes documentation, Images: `latest` is pulled at every start, and is not what ran before.

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check {
    id: "image-tag",
    class: FactorClass::Latent,
    roles: &[Role::ImagePull, Role::RestartBackoff, Role::TagMoved],
    find,
};

/// A workload and the image that its pods name.
type Named<'a> = (Subject, &'a str);

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut moved: BTreeMap<Named<'_>, Vec<(usize, &Signal)>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::TagMoved]) {
        let image = signal.label("image").unwrap_or_default();
        moved.entry((case.workload(&signal.subject), image)).or_default().push((index, signal));
    }
    let loose = loose(case).into_iter().filter(|(named, _)| !moved.contains_key(named));
    let mut found: Vec<Found> = loose.map(|(named, signals)| found_loose(case, &named, signals)).collect();
    found.extend(moved.iter().filter_map(|(named, signals)| found_moved(case, named, signals)));
    found
}

/// Images without a fixed version that failing pods name, and the signals of those.
fn loose<'a>(case: &Case<'a>) -> BTreeMap<Named<'a>, Vec<usize>> {
    let mut of_image: BTreeMap<Named<'_>, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::ImagePull, Role::RestartBackoff]) {
        let pod = case.scene.topology.pod_at(&signal.subject, signal.from.time);
        let spec = pod.and_then(|pod| case.scene.topology.spec_of(pod));
        let named = signal.label("container");
        let these =
            spec.into_iter().flat_map(|spec| &spec.containers).filter(|one| named.is_none_or(|name| name == one.name));
        for container in these.filter(|one| is_loose(&one.image)) {
            of_image.entry((case.workload(&signal.subject), &container.image)).or_default().push(index);
        }
    }
    of_image
}

fn found_loose(case: &Case<'_>, (workload, image): &Named<'_>, signals: Vec<usize>) -> Found {
    let statement = format!(
        "{workload} names the image {image}, which has no fixed version: what runs can change without a rollout"
    );
    Found::new(statement, signals).by(case, case.record_of(workload)).mended(remedy(workload))
}

fn found_moved(case: &Case<'_>, (workload, image): &Named<'_>, signals: &[(usize, &Signal)]) -> Option<Found> {
    let (_, first) = signals.first()?;
    let (before, digest) = first.label("before").zip(first.label("digest"))?;
    let since = match signals.len() {
        1 => "one pod that came later".to_owned(),
        more => format!("{more} pods that came later"),
    };
    let statement = format!(
        "{workload} names the image {image}: its older pods run {before} by that name, and {since} {digest}, so what it runs changed without a rollout"
    );
    let indexes = signals.iter().map(|(index, _)| *index).collect();
    Some(Found::new(statement, indexes).by(case, case.record_of(workload)).mended(remedy(workload)))
}

fn remedy(workload: &Subject) -> String {
    format!("{workload} names its image by a digest or a version, as its template shows")
}

fn is_loose(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    !image.is_empty() && !image.contains('@') && name.ends_with(":latest")
}
