//! Support bundles of Troubleshoot (replicatedhq/troubleshoot, pkg/collect: `cluster_resources.go`, `logs.go`,
//! `cluster_info.go`; pkg/constants).

use super::{Holds, Paths};
use crate::archive::Archive;
use crate::inputs::format::{Format, Start};
use crate::inputs::kind::Kind;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "support bundle", recognise, kind, open: super::open };

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[r"cluster-resources/", r"host-collectors/"],
        &[
            (r"pods?/logs/(?<namespace>[^/]+)/(?<pod>[^/]+)/(?<container>[^/]+?)(?:-previous)?\.log", Holds::Log),
            (r"cluster-info/cluster_version\.json", Holds::AboutItself),
            (r"version\.yaml", Holds::AboutItself),
        ],
    )
});

fn recognise(files: &Archive) -> u8 {
    PATHS.recognise(files, 58)
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    PATHS.kind(path, start)
}
