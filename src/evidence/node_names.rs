//! What one node is called by whom: by the API server, by its own journal, by the cloud and by what scrapes it.
//!
//! A node's object holds its host name, its addresses, the cloud's name for the machine (`spec.providerID`) and what the
//! machine calls itself (`status.nodeInfo`; Kubernetes API reference, Node). A name that two nodes bear, as a machine id
//! that a cloned image left to all of them, is none.

use crate::objects::Node;
use std::collections::{BTreeMap, BTreeSet};

/// The label that holds a node's host name (Kubernetes, "Well-Known Labels, Annotations and Taints").
const HOSTNAME: &str = "kubernetes.io/hostname";

/// Names of nodes, and the nodes that bear each.
#[derive(Debug, Default)]
pub struct NodeNames(BTreeMap<String, BTreeSet<String>>);

impl NodeNames {
    /// Adds all that `node` is called.
    pub fn add(&mut self, node: &Node) {
        let name = node.metadata.name.as_str();
        let (spec, status) = (&node.spec, &node.status);
        let info = [&status.node_info.machine_id, &status.node_info.system_uuid];
        let provider = spec.provider_id.as_str();
        // Of a scale set of Azure it is a number that others have as well.
        let instance = provider.rsplit('/').next().filter(|id| id.bytes().any(|byte| !byte.is_ascii_digit()));
        let instance = instance.unwrap_or_default();
        let hosts = node.metadata.labels.get(HOSTNAME).into_iter();
        let hosts = hosts.chain(status.addresses.iter().map(|address| &address.address)).map(String::as_str);
        let hosts: Vec<&str> = hosts.chain([name]).collect();
        let short = hosts.iter().filter_map(|host| first_label(host));
        let others = info.into_iter().map(String::as_str).chain([provider, instance]);
        for other in hosts.iter().copied().chain(short).chain(others) {
            self.note(other, name);
        }
    }

    pub fn absorb(&mut self, other: Self) {
        for (called, nodes) in other.0 {
            self.0.entry(called).or_default().extend(nodes);
        }
    }

    /// The node that is called so, with or without a port behind it. A node's own name is its own, whatever others are
    /// called.
    pub fn of(&self, called: &str) -> Option<&str> {
        let known = |called: &str| {
            let called = key(called);
            let mut nodes = self.0.get(&called)?.iter().map(String::as_str);
            let is_own = |node: &&str| key(node) == called;
            nodes.clone().find(is_own).or_else(|| nodes.next().filter(|_| nodes.next().is_none()))
        };
        known(called).or_else(|| known(without_port(called)?))
    }

    fn note(&mut self, called: &str, name: &str) {
        if !called.is_empty() {
            self.0.entry(key(called)).or_default().insert(name.to_owned());
        }
    }
}

/// Host names and ids are compared without case, and a host name may end with the dot of the root (RFC 4343, RFC 1034).
fn key(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// The host's own part of a full domain name, which is no address.
fn first_label(host: &str) -> Option<&str> {
    let (first, _) = host.split_once('.')?;
    first.bytes().any(|byte| byte.is_ascii_alphabetic()).then_some(first)
}

/// `10.0.0.5:9100` and `[fd00::5]:9100` without their port.
fn without_port(address: &str) -> Option<&str> {
    let (host, port) = address.rsplit_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_port.then(|| host.trim_start_matches('[').trim_end_matches(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(nodes: &[&str]) -> NodeNames {
        let mut names = NodeNames::default();
        for node in nodes {
            names.add(&serde_json::from_str(node).expect("a node"));
        }
        names
    }

    /// The form is that of kubectl get nodes -o json on EKS 1.29.
    const AWS: &str = r#"{"metadata":{"name":"ip-10-0-1-5.eu-west-1.compute.internal","labels":{"kubernetes.io/hostname":"ip-10-0-1-5.eu-west-1.compute.internal"}},
        "spec":{"providerID":"aws:///eu-west-1a/i-0abcdef1234567890"},
        "status":{"addresses":[{"type":"InternalIP","address":"10.0.1.5"},{"type":"InternalIP","address":"fd00::5"},{"type":"Hostname","address":"ip-10-0-1-5.eu-west-1.compute.internal"}],
        "nodeInfo":{"machineID":"ec2a0f","systemUUID":"EC2A-0F"}}}"#;
    const OTHER: &str = r#"{"metadata":{"name":"worker-2"},"status":{"addresses":[{"type":"InternalIP","address":"10.0.1.6"}],"nodeInfo":{"machineID":"ec2a0f"}}}"#;

    #[test]
    fn a_node_is_known_by_each_of_its_names() {
        let names = names(&[AWS, OTHER]);
        for called in [
            "ip-10-0-1-5",
            "IP-10-0-1-5.eu-west-1.compute.internal.",
            "10.0.1.5",
            "10.0.1.5:9100",
            "fd00::5",
            "[fd00::5]:10250",
            "aws:///eu-west-1a/i-0abcdef1234567890",
            "i-0abcdef1234567890",
            "ec2a-0f",
        ] {
            assert_eq!(names.of(called), Some("ip-10-0-1-5.eu-west-1.compute.internal"), "{called}");
        }
        assert_eq!(names.of("worker-2"), Some("worker-2"));
        for called in ["", "10", "10.0.1.7", "i-0abc", ":9100", "ec2a0f"] {
            assert_eq!(names.of(called), None, "{called}: no node's, or of two");
        }
    }

    #[test]
    fn a_nodes_own_name_stays_its_own() {
        let odd = r#"{"metadata":{"name":"a"},"status":{"addresses":[{"type":"Hostname","address":"worker-2"}]}}"#;
        for nodes in [[odd, OTHER], [OTHER, odd]] {
            let names = names(&nodes);
            assert_eq!((names.of("worker-2"), names.of("a")), (Some("worker-2"), Some("a")));
        }
    }

    #[test]
    fn what_was_read_apart_is_known_together() {
        let (mut one, other) = (names(&[AWS]), names(&[OTHER]));
        one.absorb(other);
        assert_eq!((one.of("10.0.1.6"), one.of("ec2a0f")), (Some("worker-2"), None));
    }
}
