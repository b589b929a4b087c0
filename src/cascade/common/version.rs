//! What failed on nodes of one version and not on others: that there are two is a contributing factor.

use super::Common;
use super::attributes::VERSIONS;
use crate::cascade::{Factor, FactorClass};
use crate::evidence::{NodeTraits, Topology};
use crate::model::Citation;
use std::collections::BTreeSet;

/// The most nodes that a sentence names.
const MOST_NAMED: usize = 4;

/// A factor for each cascade whose failing pods were on nodes of a version that the nodes of the others do not have. Where
/// several versions are so, the image of the node's system is told, which brings the others. What several findings of a
/// cascade say is told once, by one that is no chance where there is one.
pub fn factors(topology: &Topology, common: &[Common]) -> Vec<Factor> {
    let (proven, others): (Vec<&Common>, Vec<&Common>) = common.iter().partition(|one| one.is_proven);
    let mut said = BTreeSet::new();
    let all = proven.into_iter().chain(others).filter_map(|one| Some((one, version(one)?)));
    let first = all.filter(|(one, version)| said.insert((one.cascade, *version)));
    first.filter_map(|(one, version)| told(topology, one, version)).collect()
}

/// The version that a finding names, and what it is.
fn version(one: &Common) -> Option<(&'static str, &str)> {
    let own = (one.attribute.as_str(), one.value.as_str());
    let all = || one.also.iter().map(|(attribute, value)| (attribute.as_str(), value.as_str())).chain([own]);
    VERSIONS.into_iter().rev().find_map(|version| Some((version, all().find(|(known, _)| *known == version)?.1)))
}

fn told(topology: &Topology, one: &Common, (version, value): (&str, &str)) -> Option<Factor> {
    let (same, others): (Vec<_>, Vec<_>) =
        topology.all_node_traits().partition(|(_, traits)| version_of(traits, version) == Some(value));
    let other = others.iter().filter_map(|(_, traits)| version_of(traits, version)).find(|other| !other.is_empty())?;
    let named: Vec<String> = same.iter().take(MOST_NAMED).map(|(node, _)| format!("Node/{node}")).collect();
    let more = same.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let has = if same.len() == 1 { "has" } else { "have" };
    // What few cases have in common may be chance.
    let doubt = if one.is_proven { "" } else { "; so few failed that this may be chance" };
    let statement = format!("{}{more} {has} {version} {value}, where others have {other}{doubt}", named.join(", "));
    let records: Vec<Citation> = same.iter().take(MOST_NAMED).map(|(_, traits)| traits.citation).collect();
    Some(Factor {
        cascade: one.cascade?,
        id: "other-version",
        class: FactorClass::Latent,
        statement,
        signals: one.signals.clone(),
        evidence: records.into_iter().chain(one.evidence.iter().copied().take(MOST_NAMED)).collect(),
        remedy: Some(format!(
            "What is rolled out is tried on a node of each {version} that the cluster has, as a run on {value} shows"
        )),
    })
}

fn version_of<'a>(traits: &'a NodeTraits, version: &str) -> Option<&'a str> {
    let all = [&traits.version, &traits.runtime, &traits.kernel, &traits.image];
    VERSIONS.iter().zip(all).find(|(known, _)| **known == version).map(|(_, value)| value.as_str())
}
