//! `kubectl cluster-info dump` (kubectl, pkg/cmd/clusterinfo/clusterinfo_dump.go), to a folder or to one file.

use super::{Holds, Paths};
use crate::archive::Archive;
use crate::inputs::dump;
use crate::inputs::format::{Format, Start};
use crate::inputs::kind::Kind;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "cluster-info dump", recognise, kind, open: super::open };

/// The names of files are those of no plural where two words make one.
static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[r"[^/]+/replication-controllers\.(?:json|yaml|txt)$"],
        &[(r"[^/]+/[^/]+/logs\.txt", Holds::Dump), (r"(?<plural>[^/]+)\.(?:json|yaml)", Holds::Objects)],
    )
});

const STRENGTH: u8 = 56;

/// What it prints begins with the nodes.
const NODES: &[u8] = b"\"kind\": \"NodeList\"";

fn recognise(files: &Archive) -> u8 {
    let is_dump = |entry: &str| {
        let start = Start::of(files, entry);
        let begins = memchr::memmem::find(start.bytes(), NODES).is_some() || dump::begins_with_log(start.bytes());
        begins && dump::has_log(files, entry)
    };
    match files.is_plain() && files.entries().any(is_dump) {
        true => STRENGTH,
        false => PATHS.recognise(files, STRENGTH),
    }
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    // One file is whatever it begins with; that logs follow shows when it is opened.
    PATHS.kind(path, start)
}
