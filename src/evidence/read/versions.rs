//! Reads the versions of objects of all inputs, kind by kind and namespace by namespace, in order of time.

use super::objects::{read_making, read_object};
use super::{Context, Entry};
use crate::archive::history::HistoryLine;
use crate::evidence::findings::Findings;
use crate::evidence::history::{AllTold, Part, Shown, Versions};
use crate::evidence::passed;
use crate::inputs::Kind;
use crate::objects::kinds;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// How kinds of usage end, of which each version is a measurement.
const USAGE: &str = ".metrics.k8s.io";

/// Reads them into `found`, where what was fetched of an object counts more than what was recorded. Gives what they tell
/// beside the objects.
pub fn read(context: &Context<'_>, found: &mut Findings) -> AllTold {
    let mut groups: BTreeMap<(&str, &str), Vec<Entry<'_>>> = BTreeMap::new();
    for entry in (0..context.inputs.len()).filter_map(|index| context.entry(index)) {
        // What is used is measured anew all the time, and no change of anything.
        if let Kind::History { namespace, plural } = entry.input.kind
            && !plural.ends_with(USAGE)
        {
            groups.entry((plural, namespace)).or_default().push(entry);
        }
    }
    let mut all = AllTold::default();
    if groups.is_empty() {
        return all;
    }
    let mut recorded = Findings::default();
    for ((plural, _), mut entries) in groups {
        entries.sort_by_key(|entry| (entry.input.until, entry.input.id));
        all.absorb(read_group(context, plural, &entries, &mut recorded));
    }
    // Of pods the first to tell counts, of all else the last.
    let (mut pods, of_recorded) = (std::mem::take(&mut found.pods), std::mem::take(&mut recorded.pods));
    recorded.absorb(std::mem::take(found));
    pods.absorb(of_recorded);
    std::mem::take(&mut all.gone).into_iter().for_each(|gone| gone.end(&mut pods));
    *found = Findings { pods, ..recorded };
    all
}

fn read_group(context: &Context<'_>, plural: &str, entries: &[Entry<'_>], found: &mut Findings) -> AllTold {
    let kind = kinds::of_plural(plural);
    let mut versions = Versions::new(plural, kind);
    let mut until = DateTime::<Utc>::MIN_UTC;
    let read_shown = |shown: Shown, found: &mut Findings| {
        if shown.part != Part::Whole {
            return passed::read(kind, &shown, found);
        }
        read_object(kind, plural, shown.place, shown.json.as_bytes(), found);
        read_making((kind, plural), (shown.place, context.inputs.window()), shown.json.as_bytes(), found);
    };
    for entry in entries {
        until = until.max(entry.input.until);
        let read = entry.input.lines(|number, line| {
            let place = entry.place(u32::try_from(number).unwrap_or(u32::MAX));
            let shown = versions.line(place, line, found);
            shown.into_iter().for_each(|shown| read_shown(shown, found));
            true
        });
        if let Err(error) = read {
            found.unreadable(entry.place(0), error);
        }
        let gone = versions.end_segment(entry.input.until, found);
        gone.into_iter().for_each(|shown| read_shown(shown, found));
    }
    let (shown, told) = versions.end(until, found);
    shown.into_iter().for_each(|shown| read_shown(shown, found));
    told
}

/// The object of a record: of a line of versions the one that stands in it whole, if one does.
pub fn object_of<'a>(kind: &Kind, record: &'a [u8]) -> &'a [u8] {
    if !matches!(kind, Kind::History { .. }) {
        return record;
    }
    let line = serde_json::from_slice::<HistoryLine<'a>>(record).ok();
    line.and_then(|line| line.object).map(|object| object.get().as_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Archive, layout};
    use crate::evidence::history;
    use crate::evidence::read::{Interest, LinePatterns};
    use crate::inputs::Inputs;
    use crate::logline::severity::Writer;
    use serde_json::{Value, json};

    #[test]
    fn what_is_measured_anew_is_no_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &Value| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, format!("{text}\n")).expect("a file");
        };
        let at = "2026-11-28T21:00:00Z";
        let header = json!({"format": {"major": 1, "minor": 2}, "tool": "", "cluster": {}, "options": {}, "clocks": [],
            "from": at, "to": "2026-11-28T21:05:00Z", "started_at": at});
        write(layout::ARCHIVE, &header);
        for plural in ["deployments.apps", "pods.metrics.k8s.io"] {
            let object = json!({"metadata": {"name": plural, "namespace": "shop"}});
            let line = json!({"at": "2026-11-28T21:01:00Z", "type": "ADDED", "uid": "u", "object": object});
            write(&layout::history(Some("shop"), plural), &line);
        }
        let inputs = Inputs::try_from(&Archive::open(folder.path()).expect("an archive")).expect("an input");
        let none = |writer| LinePatterns::new([], writer).expect("fixed words");
        let interest = Interest {
            kernel: none(Writer::Kernel),
            journal: none(Writer::Program),
            plain: none(Writer::Program),
            logs: none(Writer::Program),
            programs: none(Writer::Program),
        };
        let mut found = Findings::default();
        let told = read(&Context { inputs: &inputs, interest: &interest }, &mut found);
        history::tell(told, &mut found);
        let about: Vec<String> = found.facts.iter().map(|fact| fact.subject.to_string()).collect();
        assert!(
            about.iter().all(|subject| subject == "Deployment/shop/deployments.apps") && !about.is_empty(),
            "{about:?}"
        );
    }
}
