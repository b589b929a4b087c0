//! What permissions grant beyond what they are used for here: whoever gives them away should know.

use super::Attributes;

/// A sentence for each that is among `needs`.
pub fn warnings<'a>(needs: impl IntoIterator<Item = &'a Attributes>) -> Vec<&'static str> {
    let mut found = [false; 4];
    for attributes in needs {
        let Attributes::Resource(on) = attributes else { continue };
        let [kubelet, pods, values, jobs] = &mut found;
        match (on.verb.as_str(), on.group.as_str(), on.of_rule().as_str()) {
            ("get", "", "nodes/proxy") => *kubelet = true,
            ("get", "", "pods/proxy" | "services/proxy") => *pods = true,
            ("list", "", "secrets" | "configmaps") => *values = true,
            ("create", "batch", "jobs") => *jobs = true,
            _ => {}
        }
    }
    [KUBELET, PROXY, VALUES, JOBS].into_iter().zip(found).filter_map(|(text, found)| found.then_some(text)).collect()
}

/// Of the kubelet: kubernetes v1.34.4, pkg/kubelet/server/auth.go, `GetRequestAttributes`, and server.go, which serves
/// exec to GET. Of the API server: k8s.io/apiserver v0.34.4, pkg/endpoints/request/requestinfo.go, which knows no finer
/// subresource than `proxy`.
const KUBELET: &str = "nodes/proxy (get) lets its holder read all that a kubelet serves, every log of the node among \
    it, and run commands in every container: exec can be asked for with GET. The finer rights of Kubernetes 1.33 and \
    later (nodes/log, nodes/metrics, nodes/stats, nodes/healthz, nodes/configz, nodes/pods; KEP-2862) help only those who \
    ask kubelets directly: on the way through the API server, which is the one used here, it judges by nodes/proxy alone.";
const PROXY: &str =
    "pods/proxy and services/proxy (get) let their holder ask every pod and Service for any path with GET.";
const VALUES: &str = "secrets and configmaps (list) let their holder read their values. RBAC knows no right to \
    metadata alone, which is all that is asked for here.";
const JOBS: &str = "jobs (create) lets its holder read every node where pods of the namespace may mount its folders.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::permissions::OnResource;

    #[test]
    fn only_what_is_asked_for_is_warned_of() {
        let on = |verb, group, resource| Attributes::Resource(OnResource::new(verb, group, resource));
        assert_eq!(warnings(&[on("list", "", "nodes"), on("list", "example.com", "secrets")]), [""; 0]);
        assert_eq!(warnings(&[on("list", "", "secrets"), on("get", "", "nodes/proxy")]), [KUBELET, VALUES]);
    }
}
