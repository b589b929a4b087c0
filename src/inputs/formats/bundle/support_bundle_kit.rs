//! Bundles of support-bundle-kit, as Rancher, Longhorn and Harvester make them (rancher/support-bundle-kit, pkg/manager:
//! `cluster.go`, `collectors/`, `client/discovery.go`).

use super::{Holds, Paths};
use crate::archive::Archive;
use crate::inputs::format::{Format, Start};
use crate::inputs::kind::Kind;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "support-bundle-kit", recognise, kind, open: super::open };

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[r"yamls/(?:cluster|namespaced)/"],
        &[
            (r"yamls/(?:cluster|namespaced/[^/]+)/(?:.*/)?(?<plural>[^/]+)\.yaml", Holds::Objects),
            (r"logs/(?<namespace>[^/]+)/(?<pod>[^/]+)/(?<container>[^/]+?)\.log(?:\.[0-9]+)?", Holds::Log),
            (r"metadata\.yaml", Holds::AboutItself),
        ],
    )
});

fn recognise(files: &Archive) -> u8 {
    PATHS.recognise(files, 46)
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    PATHS.kind(path, start)
}
