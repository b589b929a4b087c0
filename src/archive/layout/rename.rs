//! Which parts of a path are names of the cluster.

use super::{APP_METRIC, decoded, encoded};

/// What a part of a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOf {
    Namespace,
    Node,
    Pod,
    Container,
    /// A plural with its group.
    Kind,
    /// A Service that was asked, `NAMESPACE.NAME`.
    Server,
    /// A metric of an application, which may hold its name.
    Metric,
}

/// `entry` with every name of the cluster in it as `rename` has it.
pub fn renamed(entry: &str, rename: &mut dyn FnMut(NameOf, &str) -> String) -> String {
    let mut name = |of: NameOf, part: &str| encoded(&rename(of, &decoded(part)));
    let parts: Vec<&str> = entry.split('/').collect();
    match parts.as_slice() {
        [top @ ("history" | "objects"), "cluster", file] => {
            format!("{top}/cluster/{}", before_ending(file, NameOf::Kind, &mut name))
        }
        [top @ ("history" | "objects"), "namespaces", space, file] => {
            let space = name(NameOf::Namespace, space);
            format!("{top}/namespaces/{space}/{}", before_ending(file, NameOf::Kind, &mut name))
        }
        ["tables", file] => format!("tables/{}", before_ending(file, NameOf::Kind, &mut name)),
        ["describe", "nodes", file] => format!("describe/nodes/{}", before_ending(file, NameOf::Node, &mut name)),
        ["describe", "namespaces", space, "pods", file] => {
            let space = name(NameOf::Namespace, space);
            format!("describe/namespaces/{space}/pods/{}", before_ending(file, NameOf::Pod, &mut name))
        }
        ["logs", space, pod, container, rest @ ..] => {
            let (space, pod) = (name(NameOf::Namespace, space), name(NameOf::Pod, pod));
            format!("logs/{space}/{pod}/{}/{}", name(NameOf::Container, container), rest.join("/"))
        }
        ["nodes", node, rest @ ..] => format!("nodes/{}/{}", name(NameOf::Node, node), rest.join("/")),
        ["controlplane", "pods", pod, rest @ ..] => {
            format!("controlplane/pods/{}/{}", name(NameOf::Pod, pod), rest.join("/"))
        }
        ["controlplane", "audit", node, rest @ ..] => {
            format!("controlplane/audit/{}/{}", name(NameOf::Node, node), rest.join("/"))
        }
        ["metrics", file] => metric(&decoded(file), rename).unwrap_or_else(|| entry.to_owned()),
        _ => entry.to_owned(),
    }
}

/// The entry of a range whose file holds a name; none where it does not.
fn metric(file: &str, rename: &mut dyn FnMut(NameOf, &str) -> String) -> Option<String> {
    let whole = file.strip_suffix(".json")?;
    let (id, server) = whole.split_once('@').map_or((whole, None), |(id, server)| (id, Some(server)));
    let metric = id.strip_prefix(APP_METRIC);
    if metric.is_none() && server.is_none() {
        return None;
    }
    let id = metric.map_or_else(|| id.to_owned(), |name| format!("{APP_METRIC}{}", rename(NameOf::Metric, name)));
    let server = server.map(|server| format!("@{}", rename(NameOf::Server, server))).unwrap_or_default();
    Some(format!("metrics/{}.json", encoded(&format!("{id}{server}"))))
}

/// The name of a file up to its ending, which is after the last dot.
fn before_ending(file: &str, of: NameOf, name: &mut dyn FnMut(NameOf, &str) -> String) -> String {
    match file.rsplit_once('.') {
        Some((stem, ending)) => format!("{}.{ending}", name(of, stem)),
        None => name(of, file),
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::{NameOf, renamed};

    fn check(entry: &str, names: &[NameOf]) {
        let mut seen = Vec::new();
        let same = renamed(entry, &mut |of, name| {
            seen.push(of);
            name.to_owned()
        });
        assert_eq!((same.as_str(), seen.as_slice()), (entry, names));
        let other = renamed(entry, &mut |_, name| format!("x/{name}"));
        assert_eq!(other.matches("x%2F").count(), names.len(), "{other}");
    }

    #[test]
    fn names_in_every_path() {
        check(&objects(None, "widgets.acme.com"), &[NameOf::Kind]);
        check(&objects(Some("shop"), "pods"), &[NameOf::Namespace, NameOf::Kind]);
        check(&history(Some("shop"), "pods"), &[NameOf::Namespace, NameOf::Kind]);
        check(&history(None, "nodes"), &[NameOf::Kind]);
        check(&table("widgets.acme.com"), &[NameOf::Kind]);
        check(&describe_node("node-1"), &[NameOf::Node]);
        check(&describe_pod("shop", "a.b"), &[NameOf::Namespace, NameOf::Pod]);
        check(
            &pod_log("shop", "api-0", "app", Instance::Current),
            &[NameOf::Namespace, NameOf::Pod, NameOf::Container],
        );
        let container = Container { namespace: "shop".into(), pod: "api-0".into(), name: "app".into() };
        check(
            &log_file(&container, Some("4e77ad73"), "0.20260102-150405"),
            &[NameOf::Namespace, NameOf::Pod, NameOf::Container],
        );
        check(&journal("node-1", "kubelet"), &[NameOf::Node]);
        check(&var_log("node-1", &["audit", "audit.log"]), &[NameOf::Node]);
        check(&component("etcd-a", ComponentView::Health), &[NameOf::Pod]);
        check(&audit("cp-1", "audit.log"), &[NameOf::Node]);
        check(&audit_reads("cp-1"), &[NameOf::Node]);
        check(&metric("up@monitoring.two"), &[NameOf::Server]);
        check(&metric("app-http_requests_total"), &[NameOf::Metric]);
        check(&metric("app-a:b@monitoring.two"), &[NameOf::Metric, NameOf::Server]);
        for entry in [ARCHIVE, OUTCOMES, LIVEZ, ALERTS, "metrics/up.json"] {
            check(entry, &[]);
        }
    }
}
