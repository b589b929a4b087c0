//! An archive that can be shown to others: the same evidence, without credentials or without names as well.

use super::{Making, Remade, copied, damaged, pieces, redactions};
use crate::archive::custody;
use crate::archive::error::ArchiveError;
use crate::archive::format::{Act, ActKind, ClockReading, Outcome, Redaction};
use crate::archive::layout::{self, NameOf};
use crate::archive::read::Archive;
use crate::archive::write::ArchiveWriter;
use crate::archive::write::entry::{Content, EntryBuilder};
use crate::redact::names::{Class, Gathered, Replacer};
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
                NameOf::Kind | NameOf::Server => {}
            }
            name.to_owned()
        });
        debug_assert_eq!(same, entry);
        let plural = layout::parse_objects(entry).map(|(_, plural)| plural);
        let is_series = entry.starts_with("metrics/");
        let is_journal = layout::parse_journal(entry).is_some();
        if plural.is_some() || is_series || is_journal {
            // What cannot be read has no names that could be kept.
            let _ = pieces::each(older, entry, |piece| {
                match &plural {
                    Some(plural) => piece.lines().for_each(|line| gathered.object(plural, line)),
                    None if is_series => gathered.series(piece),
                    None => gathered.journal(piece),
                }
                Ok::<_, ArchiveError>(())
            });
        }
    }
}

/// Copies `older` with all names replaced.
pub fn redact(older: &Archive, making: &Making<'_>, names: &Replacer) -> Result<Remade, ArchiveError> {
    let mut writer = making.begin(older)?;
    let (mut kept, mut lost) = (0, BTreeMap::new());
    let mut replaced = 0;
    for entry in copied(older) {
        match rewrite(older, entry, names, &mut writer)? {
            Ok(count) => {
                kept += 1;
                replaced += count;
            }
            Err(why) => drop(lost.insert(entry.to_owned(), why)),
        }
    }
    for outcome in older.outcomes() {
        writer.outcome(&renamed(damaged(outcome, &lost), names))?;
    }
    for redaction in redactions(older) {
        writer.redaction(&Redaction { entry: path(&redaction.entry, names), ..redaction })?;
    }
    for act in custody::of(older) {
        writer.act(without_names(act, names));
    }
    let note = format!("{replaced} names replaced in {kept} entries");
    let act = making.act(ActKind::Redact, older, note);
    writer.act(without_names(act, names));
    Ok(Remade { sealed: writer.seal(making.key)?, kept, lost })
}

/// Appends `entry`, and tells how many names were replaced; or why it cannot be read.
fn rewrite(
    older: &Archive,
    entry: &str,
    names: &Replacer,
    writer: &mut ArchiveWriter,
) -> Result<Result<u64, String>, ArchiveError> {
    let content = match () {
        () if entry.starts_with("logs/") => Content::ContainerLog,
        () if entry.ends_with(".log") => Content::Log,
        () => Content::Json,
    };
    let path = path(entry, names);
    let mut builder = EntryBuilder::new(writer.target(), path.as_str(), content)?;
    let mut count = 0;
    let read = pieces::each(older, entry, |piece| {
        let (text, replaced) = names.text(piece);
        count += replaced;
        builder.write(text.as_bytes())
    });
    match read {
        Ok(written) => written?,
        Err(error) => return Ok(Err(error.to_string())),
    }
    writer.append(builder.finish()?)?;
    if count > 0 {
        writer.redaction(&Redaction { rule: NAMES.to_owned(), entry: path, count })?;
    }
    Ok(Ok(count))
}

fn path(entry: &str, names: &Replacer) -> String {
    layout::renamed(entry, &mut |_, name| names.text(name).0)
}

fn renamed(outcome: Outcome, names: &Replacer) -> Outcome {
    let text = |text: String| names.text(&text).0;
    Outcome {
        subject: text(outcome.subject),
        why: text(outcome.why),
        entry: outcome.entry.map(|entry| path(&entry, names)),
        node: outcome.node.map(text),
        ..outcome
    }
}

fn without_names(act: Act, names: &Replacer) -> Act {
    let clock = |clock: ClockReading| ClockReading {
        endpoint: names.text(&clock.endpoint).0,
        against: clock.against.map(|against| names.text(&against).0),
        ..clock
    };
    let origin = |mut origin: crate::archive::format::Origin| {
        origin.name = names.text(&origin.name).0;
        origin
    };
    Act {
        clocks: act.clocks.into_iter().map(clock).collect(),
        of: act.of.map(origin),
        note: names.text(&act.note).0,
        ..act
    }
}
