//! crust-gather (crust-gather/crust-gather, src/gather/representation.rs and src/scanners/nodes.rs): one file for each
//! object, below its API version and kind.

use super::{Holds, Paths};
use crate::archive::Archive;
use crate::inputs::format::{Format, Start};
use crate::inputs::kind::Kind;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "crust-gather", recognise, kind, open: super::open };

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[
            r"namespaces/[^/]+/(?:[a-z0-9.]+-)?v[0-9][a-z0-9]*/[a-z0-9]+/[^/]+",
            r"cluster/(?:[a-z0-9.]+-)?v[0-9][a-z0-9]*/[a-z0-9]+/[^/]+",
        ],
        &[
            (
                r"namespaces/(?<namespace>[^/]+)/v1/pod/(?<pod>[^/]+)/(?<container>[^/]+)/(?:current|previous)\.log",
                Holds::Log,
            ),
            (
                r"cluster/v1/node/(?<node>[^/]+)/(?<unit>[^/]+?)(?:-log-path|-legacy)?(?:/(?:current|previous))?\.log",
                Holds::Journal,
            ),
            (r"(?:cluster|namespaces/[^/]+)/[^/]+/(?<plural>[^/]+)/[^/]+\.(?:yaml|json)", Holds::Objects),
        ],
    )
});

fn recognise(files: &Archive) -> u8 {
    PATHS.recognise(files, 50)
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    PATHS.kind(path, start)
}
