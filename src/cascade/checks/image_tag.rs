//! A pod that could not be started names an image that may be another one tomorrow: no digest, and the tag `latest`. One
//! without a tag is the same, but a name that was replaced before an archive was shared has none either.
//!
//! Kubernetes documentation, Images: `latest` is pulled at every start, and is not what ran before.

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check =
    Check { id: "image-tag", class: FactorClass::Latent, roles: &[Role::ImagePull, Role::RestartBackoff], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_image: BTreeMap<(Subject, &str), Vec<usize>> = BTreeMap::new();
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
    let found = |((workload, image), signals): ((Subject, &str), Vec<usize>)| {
        let statement = format!(
            "{workload} names the image {image}, which has no fixed version: what runs can change without a rollout"
        );
        let remedy = format!("{workload} names its image by a digest or a version, as its template shows");
        Found::new(statement, signals).by(case, case.record_of(&workload)).mended(remedy)
    };
    of_image.into_iter().map(found).collect()
}

fn is_loose(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    !image.is_empty() && !image.contains('@') && name.ends_with(":latest")
}
