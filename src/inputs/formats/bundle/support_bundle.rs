//! Support bundles of Troubleshoot (replicatedhq/troubleshoot, pkg/collect: `cluster_resources.go`, `logs.go`,
//! `cluster_info.go`; pkg/constants). What it could not collect it says in files called `…-errors.json`.

use super::{Holds, Paths};
use crate::archive::format::{Outcome, Status};
use crate::archive::{Archive, ArchiveError};
use crate::inputs::format::{Format, Opened, Start};
use crate::inputs::formats::loose;
use crate::inputs::kind::Kind;
use serde_json::Value;
use std::sync::LazyLock;

pub const FORMAT: Format = Format { name: "support bundle", recognise, kind, open };

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(
        &[r"cluster-resources/", r"host-collectors/"],
        &[
            (r"pods?/logs/(?<namespace>[^/]+)/(?<pod>[^/]+)/(?<container>[^/]+?)(?:-previous)?\.log", Holds::Log),
            (r"cluster-info/cluster_version\.json", Holds::AboutItself),
            (r"version\.yaml", Holds::AboutItself),
            (r"[^/]*errors\.json", Holds::AboutItself),
        ],
    )
});

fn recognise(files: &Archive) -> u8 {
    PATHS.recognise(files, 58)
}

fn kind(path: &str, start: &Start<'_>) -> Kind {
    PATHS.kind(path, start)
}

fn open(files: &Archive, kinds: Vec<Kind>) -> Result<Opened, ArchiveError> {
    let mut opened = super::open(files, kinds)?;
    let at = opened.about.header.to;
    for entry in files.entries().filter(|entry| entry.ends_with("errors.json")) {
        if let Some(why) = errors(files, entry) {
            let subject = entry.strip_suffix("-errors.json").unwrap_or(entry).to_owned();
            let (source, status, entry) = (loose::SOURCE.to_owned(), Status::Failed, None);
            let (http_code, node, from, to, bytes, took_ms) = (None, None, None, None, 0, 0);
            let missing =
                Outcome { source, subject, status, why, http_code, entry, node, from, to, bytes, at, took_ms };
            opened.about.outcomes.push(missing);
        }
    }
    opened.about.outcomes.sort_by(|a, b| (&a.source, &a.subject).cmp(&(&b.source, &b.subject)));
    Ok(opened)
}

/// Bytes of such a file that are read, and characters of it that are kept.
const MOST_BYTES: u64 = 64 << 10;
const MOST_CHARS: usize = 300;

/// What a file of errors says: a list of texts, or of one for each namespace.
fn errors(files: &Archive, entry: &str) -> Option<String> {
    let said: Value = serde_json::from_slice(&files.read(entry, MOST_BYTES).ok()?).ok()?;
    let texts: Vec<&str> = match &said {
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        Value::Object(texts) => texts.values().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let why: String = texts.join("; ").chars().take(MOST_CHARS).collect();
    Some(why).filter(|why| !why.is_empty())
}
