//! What the object of a pod says of it, as it was when the archive was made.

use crate::model::Citation;
use crate::objects::{Container, PodSpec, PodStatus};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Every container of a pod, init ones first.
pub fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().chain(&spec.containers)
}

/// What containers run whose image is named without a digest.
pub fn digests(spec: &PodSpec, status: &PodStatus) -> Vec<(Box<str>, Box<str>)> {
    let statuses = || status.init_container_statuses.iter().chain(&status.container_statuses);
    let is_loose = |one: &&Container| !one.image.is_empty() && !one.image.contains('@');
    let of = |one: &Container| statuses().find(|status| status.name == one.name).map(|status| &status.image_id);
    let known = containers(spec).filter(is_loose).filter_map(|one| Some((one, of(one)?)));
    known.filter(|(_, id)| !id.is_empty()).map(|(one, id)| (one.name.as_str().into(), id.as_str().into())).collect()
}

#[derive(Clone, Debug, Default)]
pub struct PodObject {
    pub labels: BTreeMap<String, String>,
    /// What other programs wrote on it with a domain of their own: the words of such labels and annotations.
    pub marks: Vec<String>,
    pub spec: PodSpec,
    /// What containers run whose image is named without a digest: of each its name and the digest.
    pub digests: Vec<(Box<str>, Box<str>)>,
    /// Its address, where it is its own and not that of its node.
    pub address: Option<Box<str>>,
    /// Whether all was well with it when the archive was made, as far as its status says.
    pub is_well: Option<bool>,
    /// When its last container ended, of a pod whose phase says that none will run again.
    pub finished: Option<DateTime<Utc>>,
    pub citation: Citation,
}

impl PodObject {
    /// Containers whose images are named without a digest: their names, the images, and the digests of what they run.
    pub fn images(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.digests.iter().filter_map(|(name, digest)| {
            let named = containers(&self.spec).find(|one| one.name == **name)?;
            Some((named.name.as_str(), named.image.as_str(), digest.as_ref()))
        })
    }
}
