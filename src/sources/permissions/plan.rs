//! What a run with these options would ask for, whether that is allowed, and how much it would be. Nothing is written.

use super::estimate::{Estimate, estimate};
use super::needs::{Needs, Reach};
use super::{Attributes, Permissions, Verdict, role, warnings};
use crate::archive::format::ClusterId;
use crate::sources::cluster::discovered;
use crate::sources::cluster::list_request::Kind;
use crate::sources::cluster::objects;
use crate::sources::node::audit;
use crate::sources::run::preflight;
use crate::sources::wire::api::Api;
use crate::sources::{Options, Source, SourcesError, recording};
use futures_util::future::BoxFuture;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a run would be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub cluster: ClusterId,
    /// In order.
    pub permissions: Vec<Checked>,
    /// Kinds that the API server does not tell of, and why not.
    pub not_known: Vec<NotKnown>,
    pub warnings: Vec<&'static str>,
    /// Where audit logs are taken from; nothing if they are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Vec<String>>,
    /// Whether what a recorder wrote down is taken, for which nobody is asked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recording: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// Roles that grant all permissions, as YAML.
    #[serde(skip)]
    pub roles: String,
}

/// A permission that was reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    #[serde(flatten)]
    pub attributes: Attributes,
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The collectors that need it.
    pub sources: BTreeSet<&'static str>,
}

/// Kinds that nobody tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotKnown {
    pub kinds: String,
    pub why: String,
}

/// How much is to be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Permissions,
    /// How much there is as well, which is a page of every list.
    Estimate,
}

impl Plan {
    /// Whether everything is allowed, as far as that is known.
    pub fn is_allowed(&self) -> bool {
        self.not_known.is_empty() && self.permissions.iter().all(|checked| checked.verdict == Verdict::Allowed)
    }
}

/// Plans a run with `options`, of which what is about its archive does not matter.
///
/// # Errors
/// The API server does not answer, or refuses whoever asks.
pub fn plan(
    api: Api,
    context: Option<String>,
    options: &Options,
    extent: Extent,
) -> BoxFuture<'_, Result<Plan, SourcesError>> {
    Box::pin(planned(api, context, options, extent))
}

async fn planned(api: Api, context: Option<String>, options: &Options, extent: Extent) -> Result<Plan, SourcesError> {
    let permissions = Arc::<Permissions>::default();
    let api = api.guarded(permissions.clone());
    let found = preflight::look(&api, context).await?;
    if let Some(closing) = found.closing {
        return Err(SourcesError::Unreachable(closing.why));
    }
    let version = found.cluster.version.as_deref();
    let (kinds, not_known) = kinds(&api, options).await;
    let mut needs = Needs::of(options, reach(&api, &permissions, options).await, version);
    needs.add_kinds(options, kinds.iter().cloned());
    if !not_known.is_empty() {
        needs.add_usual_kinds(options);
    }
    let verdicts = needs.0.keys().map(|attributes| permissions.verdict(&api, attributes));
    let verdicts = futures_util::future::join_all(verdicts).await;
    let checked = needs.0.iter().zip(verdicts);
    let checked: Vec<Checked> = checked
        .map(|((attributes, sources), verdict)| Checked {
            attributes: attributes.clone(),
            verdict,
            sources: sources.clone(),
        })
        .collect();
    let estimate = match extent {
        Extent::Permissions => None,
        Extent::Estimate => {
            Some(estimate(&api, options, &kinds, &able(options, &checked), permissions.reviews()).await)
        }
    };
    let audit = if options.wants(&audit::SOURCE) { Some(audit::told(&api).await) } else { None };
    Ok(Plan {
        cluster: found.cluster,
        audit,
        recording: options.recording.is_some() && options.wants(&recording::SOURCE),
        warnings: warnings(needs.0.keys()),
        roles: role::manifest(&needs, options),
        permissions: checked,
        not_known,
        estimate,
    })
}

/// The kinds that a run would list besides those that every run does.
async fn kinds(api: &Api, options: &Options) -> (Vec<Kind>, Vec<NotKnown>) {
    if !options.wants(&objects::SOURCE) {
        return (Vec::new(), Vec::new());
    }
    let (kinds, missing) = discovered::kinds(api).await;
    let missing = missing.into_iter().map(|(kinds, problem)| NotKnown { kinds, why: problem.why });
    (kinds, missing.collect())
}

/// Servers of metrics are looked for in the whole cluster, unless only its parts may be seen.
async fn reach(api: &Api, permissions: &Permissions, options: &Options) -> Reach {
    let services = Attributes::of_get("/api/v1/services");
    let is_bounded =
        !options.namespaces.is_empty() && matches!(permissions.verdict(api, &services).await, Verdict::Denied(_));
    if is_bounded { Reach::Chosen } else { Reach::Everywhere }
}

/// The collectors that may get all they get: what a collector lists is counted with the lists.
fn able(options: &Options, checked: &[Checked]) -> Vec<&'static Source> {
    let is_denied = |source: &&'static Source| {
        let own = checked.iter().filter(|checked| checked.sources.contains(source.id));
        own.filter(|checked| !matches!(&checked.attributes, Attributes::Resource(on) if on.verb != "get"))
            .any(|checked| matches!(checked.verdict, Verdict::Denied(_)))
    };
    options.sources.iter().copied().filter(|source| !is_denied(source)).collect()
}
