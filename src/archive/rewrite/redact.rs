//! An archive that can be shown to others: the same evidence, without credentials or without names as well.

use super::{RewriteOptions, Rewritten, Without, copied, damaged, line_blocks, redactions};
use crate::archive::custody;
use crate::archive::error::ArchiveError;
use crate::archive::format::{Act, ActKind, ClockReading, Origin, Outcome, Redaction};
use crate::archive::history::HistoryLine;
use crate::archive::layout::{self, NameOf};
use crate::archive::read::Archive;
use crate::archive::write::ArchiveWriter;
use crate::archive::write::entry::{Content, EntryBuilder};
use crate::redact::names::{Class, Gathered};
use crate::redact::{BY_KIND, Values};
use std::collections::BTreeMap;

/// As redactions call names that were replaced.
const NAMES: &str = "names";

/// The names that `older` has anywhere, in `gathered` besides what is there.
pub fn gather(older: &Archive, gathered: &mut Gathered) {
    if let Some(context) = older.header().ok().and_then(|header| header.cluster.context) {
        gathered.name(Class::Name, &context);
    }
    for entry in older.entries() {
        let same = layout::renamed(entry, &mut |of, name| {
            match of {
                NameOf::Namespace => gathered.name(Class::Namespace, name),
                NameOf::Node => gathered.name(Class::Node, name),
                NameOf::Pod => gathered.object_name("Pod", name),
                NameOf::Container => gathered.name(Class::Name, name),
                NameOf::Kind | NameOf::Server | NameOf::Metric => {}
            }
            name.to_owned()
        });
        debug_assert_eq!(same, entry);
        let plural = layout::parse_objects(entry).map(|(_, plural)| plural);
        let is_series = entry.starts_with("metrics/");
        let is_journal = layout::parse_journal(entry).is_some();
        let is_audit = layout::parse_audit(entry).is_some();
        if let Some((_, plural)) = layout::parse_history(entry) {
            let _ = older.lines(entry, |_, line| {
                // A patch has only fields that differ: what is in it and in no object is found by its form alone.
                let object = serde_json::from_slice::<HistoryLine<'_>>(line).ok().and_then(|line| line.object);
                object.into_iter().for_each(|object| gathered.object(&plural, object.get()));
                true
            });
        }
        if plural.is_some() || is_series || is_journal || is_audit {
            // What cannot be read has no names that could be kept.
            let _ = line_blocks::each(older, entry, |block| {
                match &plural {
                    Some(plural) => block.lines().for_each(|line| gathered.object(plural, line)),
                    None if is_series => gathered.series(block),
                    None if is_audit => block.lines().for_each(|line| gathered.audit(line)),
                    None => gathered.journal(block),
                }
                Ok::<_, ArchiveError>(())
            });
        }
    }
}

/// Copies `older` without what `without` names.
pub fn redact(older: &Archive, options: &RewriteOptions<'_>, without: Without<'_>) -> Result<Rewritten, ArchiveError> {
    let mut writer = options.begin_without(older, without.credentials.cloned())?;
    let (mut kept, mut lost) = (0, BTreeMap::new());
    for entry in copied(older) {
        match rewrite_entry(older, entry, without, &mut writer)? {
            Ok(()) => kept += 1,
            Err(why) => drop(lost.insert(entry.to_owned(), why)),
        }
    }
    for outcome in older.outcomes() {
        writer.outcome(&renamed(damaged(outcome, &lost), without))?;
    }
    for redaction in redactions(older) {
        writer.redaction(&Redaction { entry: path(&redaction.entry, without), ..redaction })?;
    }
    for act in custody::of(older) {
        writer.act(without_names(act, without));
    }
    let taken: Vec<&str> =
        [without.credentials.map(|_| "credentials"), without.names.map(|_| NAMES)].into_iter().flatten().collect();
    let act = options.act(ActKind::Redact, older, format!("took out {}", taken.join(" and ")));
    writer.act(without_names(act, without));
    Ok(Rewritten { sealed: writer.seal(options.key)?, kept, lost })
}

/// Appends `entry`, or tells why it cannot be read.
fn rewrite_entry(
    older: &Archive,
    entry: &str,
    without: Without<'_>,
    writer: &mut ArchiveWriter,
) -> Result<Result<(), String>, ArchiveError> {
    let content = match () {
        () if entry.starts_with("logs/") => Content::ContainerLog,
        () if entry.ends_with(".log") => Content::Log,
        () => Content::Json,
    };
    let path = path(entry, without);
    let mut builder = EntryBuilder::new(writer.target(), path.as_str(), content)?;
    let mut values = without.names.and(values_of(entry, without));
    let mut count = 0;
    let mut write = |bytes: &[u8]| match without.names {
        Some(names) => {
            let (text, replaced) = names.text(&String::from_utf8_lossy(bytes));
            count += replaced;
            builder.write(text.as_bytes())
        }
        None => builder.write(bytes),
    };
    let read = line_blocks::each(older, entry, |block| match &mut values {
        Some(values) => values.push(block.as_bytes(), &mut write),
        None => write(block.as_bytes()),
    });
    match read {
        Ok(written) => written?,
        Err(error) => return Ok(Err(error.to_string())),
    }
    let by_kind = values.map_or(Ok(0), |values| values.end(&mut write))?;
    writer.append(builder.finish()?)?;
    for (rule, count) in [(NAMES, count), (BY_KIND, by_kind)] {
        if count > 0 {
            writer.redaction(&Redaction { rule: rule.to_owned(), entry: path.clone(), count })?;
        }
    }
    Ok(Ok(()))
}

/// What takes values out of objects by their kind, where that has to be done while the kind can be told: the new path may
/// not name it, nor may a field still be called as it was.
fn values_of(entry: &str, without: Without<'_>) -> Option<Values> {
    let (_, kind) = layout::parse_objects(entry)?;
    without.credentials?.values_of(&kind)
}

fn text(text: &str, without: Without<'_>) -> String {
    without.names.map_or_else(|| text.to_owned(), |names| names.text(text).0)
}

fn path(entry: &str, without: Without<'_>) -> String {
    layout::renamed(entry, &mut |_, name| text(name, without))
}

fn renamed(outcome: Outcome, without: Without<'_>) -> Outcome {
    Outcome {
        subject: text(&outcome.subject, without),
        why: text(&outcome.why, without),
        entry: outcome.entry.map(|entry| path(&entry, without)),
        node: outcome.node.map(|node| text(&node, without)),
        ..outcome
    }
}

fn without_names(act: Act, without: Without<'_>) -> Act {
    let clock = |clock: ClockReading| ClockReading {
        endpoint: text(&clock.endpoint, without),
        against: clock.against.map(|against| text(&against, without)),
        ..clock
    };
    let origin = |origin: Origin| Origin { name: text(&origin.name, without), ..origin };
    Act {
        clocks: act.clocks.into_iter().map(clock).collect(),
        of: act.of.map(origin),
        note: text(&act.note, without),
        ..act
    }
}
