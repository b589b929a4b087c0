//! sosreport, the parts of Kubernetes and systemd (sosreport/sos, sos/report/plugins: `kubernetes.py`, `logs.py`,
//! `kernel.py`). Commands are files below `sos_commands/PLUGIN/`, named by the command with `_` for what a file cannot be
//! called by; files of the host stand at their own paths.

use super::{Holds, Paths};
use crate::archive::{Archive, ArchiveError};
use crate::inputs::format::{Format, Opened, Start};
use crate::inputs::kind::Kind;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "sosreport", recognise, kind, open };

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[r"sos_commands/"],
        &[
            (r"sos_commands/[^/]+/journalctl_[^/]*", Holds::Journal),
            (r"sos_commands/kernel/(?:dmesg[^/]*)", Holds::Journal),
            (r"var/log/(?:messages|syslog|kern\.log|daemon\.log)[^/]*", Holds::Journal),
            (
                r"sos_commands/[^/]+/(?:cluster-info|pods)/(?<namespace>[^/]+)/podlogs/(?<pod>[^/]+)/[^/]*_-c_(?<container>[^/]+)",
                Holds::Log,
            ),
            (r"etc/hostname|sos_commands/host/hostname(?:_-f)?|version\.txt", Holds::AboutItself),
        ],
    )
});

fn recognise(files: &Archive) -> u8 {
    PATHS.recognise(files, 52)
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    PATHS.kind(path, start)
}

/// Tells of which host the kernel's messages are: their lines do not name it.
fn open(files: &Archive, mut kinds: Vec<Kind>) -> Result<Opened, ArchiveError> {
    let hosts = hosts(files);
    for (entry, kind) in files.entries().zip(&mut kinds) {
        let host = entry.split_once("sos_commands/kernel/dmesg").and_then(|(top, _)| hosts.get(top));
        if let (Some(host), Kind::Journal { node, unit, .. }) = (host, kind) {
            (*node, *unit) = (host.clone(), "kernel".to_owned());
        }
    }
    super::open(files, kinds)
}

/// The host of each report, by the folder that it stands in.
fn hosts(files: &Archive) -> BTreeMap<String, String> {
    let files_of = ["etc/hostname", "sos_commands/host/hostname"];
    let mut hosts = BTreeMap::new();
    for (entry, top) in files.entries().filter_map(|entry| {
        let top = files_of.iter().find_map(|file| entry.strip_suffix(file))?;
        (top.is_empty() || top.ends_with('/')).then_some((entry, top))
    }) {
        let name = files.read(entry, 1 << 10).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(name) = name.map(|name| name.trim().to_owned()).filter(|name| is_host(name)) {
            hosts.entry(top.to_owned()).or_insert(name);
        }
    }
    hosts
}

fn is_host(name: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    (1..=253).contains(&name.len()) && name.bytes().all(is_sign)
}
