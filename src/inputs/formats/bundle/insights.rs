//! What the Insights Operator of OpenShift sends (openshift/insights-operator, docs/insights-archive-sample): objects
//! that do not say their kind, and of logs the lines that somebody wanted.

use super::{Holds, Paths};
use crate::archive::Archive;
use crate::inputs::format::{Format, Start};
use crate::inputs::kind::Kind;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "Insights archive", recognise, kind, open: super::open };

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[r"config/(?:pod/[^/]+|clusteroperator)/", r"insights-operator/gathers\.json$"],
        &[
            (r"config/node/logs/[^/]+\.log", Holds::Journal),
            (r"config/node/[^/]+\.json", Holds::ObjectsOf("nodes")),
            (r"config/pod/(?<namespace>[^/]+)/logs/(?<pod>[^/]+)/(?:errors|messages)\.log", Holds::Log),
            (
                r"config/pod/(?<namespace>[^/]+)/logs/(?<pod>[^/]+)/(?<container>[^/]+?)_(?:current|previous)\.log",
                Holds::Log,
            ),
            (r"config/pod/[^/]+/[^/]+\.json", Holds::ObjectsOf("pods")),
            (r"events/[^/]+\.json", Holds::ObjectsOf("events")),
            (r"config/version\.json|insights-operator/[^/]+\.json", Holds::AboutItself),
        ],
    )
});

fn recognise(files: &Archive) -> u8 {
    PATHS.recognise(files, 44)
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    PATHS.kind(path, start)
}
