//! A pod that is written down.

use super::{GivenError, app, duration, subject};
use crate::evidence::findings::Findings;
use crate::evidence::known_pods::Pod;
use crate::evidence::pod_object::PodObject;
use crate::model::Citation;
use crate::objects::{ClaimVolume, Container, EnvVar, PodSpec, Resources, Volume};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenPod {
    pod: String,
    #[serde(default)]
    node: Option<String>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    arrived: Option<String>,
    /// When it was told to end.
    #[serde(default)]
    stopping: Option<String>,
    /// When it was last seen; such a pod has no object any more.
    #[serde(default)]
    gone: Option<String>,
    /// Since when it is ready, as its condition says.
    #[serde(default)]
    ready: Option<String>,
    /// Since when it is not ready, as its condition says.
    #[serde(default)]
    unready: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// Words of what programs wrote on it.
    #[serde(default)]
    marks: Vec<String>,
    #[serde(default)]
    calls: Vec<String>,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    memory_limit: Option<String>,
    /// Claims whose volumes it has.
    #[serde(default)]
    mounts: Vec<String>,
    /// Its specification, as the API writes it, in place of what the rest says of containers and volumes.
    #[serde(default)]
    spec: Option<serde_json::Value>,
}

impl GivenPod {
    pub fn add(&self, start: DateTime<Utc>, found: &mut Findings) -> Result<(), GivenError> {
        let at = |text: &Option<String>| text.as_deref().map(duration).transpose().map(|at| at.map(|at| start + at));
        let known = subject(&self.pod)?;
        let pod = found.pods.entry(known.namespace().unwrap_or_default(), known.name(), &self.uid);
        let gone = at(&self.gone)?;
        let ready = at(&self.ready)?.map(|at| (true, at));
        let ready = ready.or(at(&self.unready)?.map(|at| (false, at)));
        *pod = Pod {
            ready,
            ready_record: ready.map(|_| Citation::default()),
            node: self.node.clone(),
            scheduled_at: at(&self.arrived)?,
            stopping: at(&self.stopping)?,
            last_seen: gone,
            owner: self.owner.as_deref().map(subject).transpose()?,
            object: if gone.is_none() { Some(self.object()?) } else { None },
            ..pod.clone()
        };
        Ok(())
    }

    fn object(&self) -> Result<PodObject, GivenError> {
        let mut env = Vec::new();
        for called in &self.calls {
            let service = subject(called)?;
            let value = format!("http://{}.{}/", service.name(), service.namespace().unwrap_or_default());
            env.push(EnvVar { name: "UPSTREAM".to_owned(), value, ..EnvVar::default() });
        }
        let volumes = self.mounts.iter().map(|claim| volume_of(claim)).collect::<Result<_, _>>()?;
        let limits = self.memory_limit.iter().map(|limit| ("memory".to_owned(), limit.as_str().into())).collect();
        let resources = Resources { limits, ..Resources::default() };
        let container = Container { env, resources, ..app() };
        let spec = PodSpec { containers: vec![container], volumes, ..PodSpec::default() };
        Ok(PodObject {
            labels: self.labels.clone(),
            marks: self.marks.clone(),
            spec: self.spec.as_ref().map(written).transpose()?.unwrap_or(spec),
            digests: Vec::new(),
            address: self.address.as_deref().map(Into::into),
            is_well: None,
            finished: None,
            citation: Citation::default(),
        })
    }
}

/// A specification as the API writes it.
pub fn written(spec: &serde_json::Value) -> Result<PodSpec, GivenError> {
    serde_json::from_value(spec.clone()).map_err(|_| GivenError(spec.to_string(), "specification of a pod"))
}

fn volume_of(claim: &str) -> Result<Volume, GivenError> {
    let persistent_volume_claim = Some(ClaimVolume { claim_name: subject(claim)?.name().to_owned() });
    Ok(Volume { persistent_volume_claim, ..Volume::default() })
}
