//! Which cluster is meant, and as whom it is asked.

use kube::Config;
use std::path::PathBuf;

/// A cluster, in the words of kubectl's flags; what is left out is as the kubeconfig has it.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The context of the kubeconfig.
    pub context: Option<String>,
    /// The kubeconfig, instead of those that `KUBECONFIG` names and the one at home.
    pub kubeconfig: Option<PathBuf>,
    /// Who asks, if it is not who the kubeconfig says.
    pub acting_as: ActingAs,
}

/// Another user to ask as (Kubernetes documentation, Authentication, User impersonation); the API server judges whether
/// whoever the kubeconfig names may do so.
#[derive(Clone, Debug, Default)]
pub struct ActingAs {
    pub user: Option<String>,
    pub groups: Vec<String>,
    pub uid: Option<String>,
}

impl ActingAs {
    /// Has every request say so. Of what is left out here stays what the kubeconfig says, as kubectl has it.
    pub fn sign(self, config: &mut Config) {
        let own = &mut config.auth_info;
        own.impersonate = self.user.or(own.impersonate.take());
        own.impersonate_uid = self.uid.or(own.impersonate_uid.take());
        if !self.groups.is_empty() {
            own.impersonate_groups = Some(self.groups);
        }
    }
}
