//! What `collect` may do where kubelets hand out no journals.

use k8s_forensics::sources::{Access, NodePodsAllowed, Ssh};

#[derive(clap::Args)]
pub struct NodeAccess {
    /// Create a pod on each node whose kubelet hands out no journals, read them through it, and remove it
    #[arg(long)]
    allow_pods: bool,
    /// The image for --allow-pods: any with sh, cat, find, stat and sleep [default: busybox:1.37]
    #[arg(long, value_name = "IMAGE", requires = "allow_pods")]
    pods_image: Option<String>,
    /// The namespace for --allow-pods, where pods may mount /var/log of their node [default: kube-system]
    #[arg(long, value_name = "NAMESPACE", requires = "allow_pods")]
    pods_namespace: Option<String>,
    /// Log in to nodes whose kubelet hands out no journals, by the ssh of this machine: USER, or as core@{address}
    #[arg(long, value_name = "DESTINATION", value_parser = Ssh::new)]
    ssh: Option<Ssh>,
}

impl NodeAccess {
    pub fn access(&self) -> Access {
        let usual = NodePodsAllowed::default();
        let pods = self.allow_pods.then(|| NodePodsAllowed {
            namespace: self.pods_namespace.clone().unwrap_or(usual.namespace),
            image: self.pods_image.clone().unwrap_or(usual.image),
        });
        Access { pods, ssh: self.ssh.clone() }
    }

    /// As given, for the archive's header.
    pub fn given(&self) -> [(&'static str, Option<String>); 4] {
        [
            ("allow-pods", self.allow_pods.then(|| "true".to_owned())),
            ("pods-image", self.pods_image.clone()),
            ("pods-namespace", self.pods_namespace.clone()),
            ("ssh", self.ssh.as_ref().map(ToString::to_string)),
        ]
    }
}
