//! Results of Sonobuoy, unpacked (vmware-tanzu/sonobuoy, pkg/discovery: `queries.go`, `pods.go`, `nodes.go`; site docs,
//! snapshot.md). Lists are arrays of objects, which say their kind only where they are custom resources. Files are named
//! by the kind (`Pods.json`), since 0.18 by group, version and plural (`core_v1_pods.json`).

use super::{Holds, Paths};
use crate::archive::Archive;
use crate::inputs::format::{Format, Start};
use crate::inputs::kind::Kind;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "Sonobuoy results", recognise, kind, open: super::open };

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[r"resources/(?:ns/[^/]+|cluster)/[^/]+\.json$", r"plugins/systemd[_-]logs/results/"],
        &[
            (r"resources/(?:ns/[^/]+|cluster)/(?<plural>[^/]+)\.json", Holds::Objects),
            (r"podlogs/(?<namespace>[^/]+)/(?<pod>[^/]+)/logs/(?<container>[^/]+)\.txt", Holds::Log),
            (r"hosts/(?<node>[^/]+)/configz\.json", Holds::KubeletConfig),
            (r"plugins/systemd[_-]logs/results/(?<node>[^/]+)(?:/systemd_logs)?", Holds::OfNode),
            (r"(?:serverversion|servergroups|meta/[^/]+|hosts/[^/]+/healthz)\.json|meta/run\.log", Holds::AboutItself),
        ],
    )
});

fn recognise(files: &Archive) -> u8 {
    PATHS.recognise(files, 54)
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    PATHS.kind(path, start)
}
