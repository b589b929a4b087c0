//! Ways to a node beside its kubelet, each only where it was allowed.

use super::node::ssh::Ssh;
use super::node_pods::Allowed;

/// What may be done where a kubelet hands out no journals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Create pods on nodes, and remove them again.
    pub pods: Option<Allowed>,
    /// Log in to nodes.
    pub ssh: Option<Ssh>,
}
