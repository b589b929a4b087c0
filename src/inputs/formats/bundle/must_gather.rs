//! must-gather and `oc adm inspect` of OpenShift (openshift/oc, pkg/cli/admin/inspect: `resource.go`, `namespace.go`,
//! `pod.go`; openshift/must-gather, collection-scripts). The folders of several images may stand side by side.

use super::{Holds, Paths};
use crate::archive::{Archive, ArchiveError};
use crate::inputs::format::{Format, Opened, Start};
use crate::inputs::kind::{Kind, WhyUnread};
use std::collections::BTreeSet;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "must-gather", recognise, kind, open };

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[
            r"cluster-scoped-resources/[^/]+/",
            r"host_service_logs/[^/]+/[^/]+_service\.log",
            r"namespaces/[^/]+/(?:core|apps|batch)/[^/]+\.yaml$",
            r"namespaces/[^/]+/pods/[^/]+/[^/]+/[^/]+/logs/",
        ],
        &[
            // `current.log`, `previous.log`, and `.insecure` before the ending where a kubelet's certificate was not trusted.
            (
                r"namespaces/(?<namespace>[^/]+)/pods/(?<pod>[^/]+)/(?<container>[^/]+)/[^/]+/logs/[^/]+\.log",
                Holds::Log,
            ),
            (r"namespaces/[^/]+/pods/[^/]+/[^/]+\.yaml", Holds::ObjectsOf("pods")),
            (r"namespaces/[^/]+/[^/]+/(?<plural>[^/]+)(?:/[^/]+)?\.yaml", Holds::Objects),
            (r"namespaces/[^/]+/[^/]+\.yaml", Holds::ObjectsOf("namespaces")),
            (r"cluster-scoped-resources/[^/]+/(?<plural>[^/]+)(?:/[^/]+)?\.yaml", Holds::Objects),
            // `oc adm node-logs` of all masters or workers puts the journals of several into one.
            (r"host_service_logs/[^/]+/(?<unit>[^/]+)_service\.log", Holds::Journal),
            (r"timestamp|version|must-gather\.logs?", Holds::AboutItself),
        ],
    )
});

fn recognise(files: &Archive) -> u8 {
    PATHS.recognise(files, 60)
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    PATHS.kind(path, start)
}

/// The objects of pods stand in the list of their namespace, and in files of their own again.
fn open(files: &Archive, mut kinds: Vec<Kind>) -> Result<Opened, ArchiveError> {
    let lists: BTreeSet<&str> = files
        .entries()
        .zip(&kinds)
        .filter(|(_, kind)| matches!(kind, Kind::Objects { .. }))
        .filter_map(|(entry, _)| entry.strip_suffix("/core/pods.yaml"))
        .collect();
    for (entry, kind) in files.entries().zip(&mut kinds) {
        let pod = entry.strip_suffix(".yaml").and_then(|entry| entry.rsplit_once("/pods/"));
        if pod.is_some_and(|(namespace, pod)| lists.contains(namespace) && is_own_file(pod)) {
            *kind = Kind::Unread(WhyUnread::Repeated);
        }
    }
    super::open(files, kinds)
}

/// Whether a path below `pods/` is `POD/POD`.
fn is_own_file(pod: &str) -> bool {
    pod.split_once('/').is_some_and(|(folder, file)| folder == file)
}
