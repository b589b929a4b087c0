//! Names that are everybody's: of Kubernetes, and of programs that clusters are run with.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Namespaces, objects and programs that are in many clusters, and whose names rules and readers know.
static NAMES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    "extension-apiserver-authentication kube-apiserver-legacy-service-account-token-tracking cluster-info kubeadm-config kubelet-config \
     admin alertmanager apiserver aws-node calico calico-node cert-manager cilium cilium-operator cloud-controller-manager \
    cluster-admin cluster-autoscaler cluster.local containerd coredns crio csi-node-driver default docker dockerd \
    edit etcd flannel fluent-bit fluentd grafana ingress-nginx istio-proxy istio-system istiod k3s karpenter kernel \
    konnectivity-agent kube-apiserver kube-controller-manager kube-dns kube-flannel kube-node-lease \
    kube-prometheus-stack kube-proxy kube-public kube-root-ca.crt kube-scheduler kube-state-metrics kube-system \
    kubelet kubernetes local-path-provisioner loki metrics-server nginx node-exporter node-problem-detector \
    opentelemetry-collector prometheus prometheus-operator promtail standard thanos tigera-operator traefik vector \
    velero view"
        .split(' ')
        .collect()
});

/// Words of JSON, of logs and of the messages of Kubernetes, besides those that rules look for.
pub static WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    "action active all already and another any api are back because been bind bound but bytes cannot cause claim \
    client code compute condition config configmap connect connection container containers context could cpu create \
    created cronjob daemonset data deadline debug delete deleted denied deployment disk dns does down endpoint \
    endpoints error errors event events exceeded exec exit exited fail failed failing failure false fatal file for \
    found from full get had handler has health healthy host http https image images info ingress init internal into \
    invalid its job key kill killed killing kind label level limit limits list liveness load log logs machine main \
    master max memory message metrics min missing mount msg name namespace network new node nodes none not null \
    object off old one open out path pending phase pod pods policy port priority probe process proxy pull queue \
    quota rate read readiness ready reason receive recovered refused release replica replicas replicaset request \
    requests resource resources restart restarted restarting retry role root route running runtime sandbox scale \
    scaled schedule scheduled scheduler secret selector send server service services set signal size slow some spec \
    start started starting startup state stateful statefulset status stop stopped stopping storage success sync \
    system table target tcp test the then this time timed timeout tls token too true trying type udp unable \
    unhealthy unknown until update updated user users value version volume wait waiting was watch when will with \
    worker write yaml yes"
        .split(' ')
        .collect()
});

/// What the names of Kubernetes' own objects begin with.
const BEGINNINGS: &[&str] = &["apiserver-", "kubeadm:", "system-", "system:"];

/// Hosts of software, not of whoever runs it: these and all below them.
static DOMAINS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    "cluster.local docker.com docker.io example.com gcr.io ghcr.io github.com go.uber.org golang.org \
    google.golang.org googleapis.com gopkg.in grafana.com k8s.io kubernetes.io letsencrypt.org mcr.microsoft.com \
    prometheus.io public.ecr.aws quay.io"
        .split(' ')
        .collect()
});

/// The last parts of names that are hosts. Whatever else has dots is a file, a version or a field.
static TOP_LEVELS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    "ai at au be biz br ca ch cloud cn co com corp cz de dev dk edu es eu fi fr gov ie in info int internal intra io \
    it jp kr lan local mil net nl no nu org pl pt ru se tech uk us"
        .split(' ')
        .collect()
});

/// Whether `name` is no secret of anybody's.
pub fn is_name(name: &str) -> bool {
    NAMES.contains(name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Whether `host` is of software that everybody has.
pub fn is_host(host: &str) -> bool {
    DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether `name` ends as a host does.
pub fn is_top_level(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|last| TOP_LEVELS.contains(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_hold_words() {
        for table in [&*NAMES, &*WORDS, &*DOMAINS, &*TOP_LEVELS] {
            assert!(table.len() > 10 && table.iter().all(|word| !word.is_empty() && !word.contains('\n')));
        }
    }

    #[test]
    fn hosts_of_software_are_known_with_all_below() {
        assert!(is_host("registry.k8s.io") && is_host("k8s.io") && is_host("web.shop.svc.cluster.local"));
        assert!(!is_host("notk8s.io") && !is_host("db.acme.com"));
    }
}
