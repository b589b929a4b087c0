//! kubectl-gather (nirs/kubectl-gather, pkg/gather: `output.go`, `logs.go`): a folder for each cluster, and in it one
//! file for each object.

use super::{Holds, Paths};
use crate::archive::Archive;
use crate::inputs::format::{Format, Start};
use crate::inputs::kind::Kind;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "kubectl-gather", recognise, kind, open: super::open };

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[
            r"namespaces/[^/]+/pods/[^/]+\.yaml$",
            r"namespaces/[^/]+/pods/[^/]+/[^/]+/(?:current|previous)\.log$",
            r"cluster/(?:nodes|namespaces)/[^/]+\.yaml$",
        ],
        &[
            (
                r"namespaces/(?<namespace>[^/]+)/pods/(?<pod>[^/]+)/(?<container>[^/]+)/(?:current|previous)\.log",
                Holds::Log,
            ),
            (r"(?:cluster|namespaces/[^/]+)/(?:[^/]+/)?(?<plural>[^/]+)/[^/]+\.yaml", Holds::Objects),
            (r"gather\.log", Holds::AboutItself),
        ],
    )
});

fn recognise(files: &Archive) -> u8 {
    PATHS.recognise(files, 48)
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    PATHS.kind(path, start)
}
