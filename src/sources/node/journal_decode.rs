//! Journal files into journals: every entry within the window of a unit, or of the kernel, as
//! `journalctl -o short-precise --utc` prints it.

use super::api_audit::{self, Found};
use super::journal_files::Files;
use super::journal_name::{CAP, JournalName};
use super::log_cut::{LogCut, Seen};
use super::stamp;
use crate::archive::format::Status;
use crate::archive::{Content, EntryBuilder, PreparedEntry, Target, layout};
use crate::logline::short_precise;
use crate::model::Window;
use crate::sources::Profile;
use crate::sources::run::item::ItemOutcome;
use crate::sources::wire::status::quoted;
use chrono::{DateTime, Utc};
use sdjournal::{EntryRef, Journal, JournalQuery};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Of whom, and where to.
pub struct Decoding<'a> {
    pub target: &'a Target,
    pub node: &'a str,
    pub window: Window,
    pub profile: Profile,
}

/// One journal, packed, and how its item ends once it is in the archive.
pub struct Decoded {
    pub outcome: ItemOutcome,
    pub entry: Option<PreparedEntry>,
}

/// Reads `files` once for each of `names`, by their index. The files are gone afterwards.
pub fn decode(
    files: Files,
    names: &[JournalName],
    decoding: &Decoding<'_>,
) -> BTreeMap<JournalName, Result<Decoded, String>> {
    let journal = open(files.folder.path());
    let of = |name: &JournalName| {
        let decoded = match &journal {
            Ok(Some(journal)) => decode_one(journal, *name, decoding, &files.left_out),
            Ok(None) => Ok(nothing(*name, false, &files.left_out)),
            Err(why) => Err(why.clone()),
        };
        (*name, decoded)
    };
    names.iter().map(of).collect()
}

/// `None` if there is no file: none reaches into the window.
fn open(folder: &Path) -> Result<Option<Journal>, String> {
    let is_empty = std::fs::read_dir(folder).map_err(|error| error.to_string())?.next().is_none();
    if is_empty {
        return Ok(None);
    }
    Journal::open_dir(folder).map(Some).map_err(unreadable)
}

fn unreadable(error: sdjournal::SdJournalError) -> String {
    format!("the journal files cannot be read: {error}")
}

/// The terms by which journalctl finds a journal.
///
/// For a unit these are of `add_matches_for_unit` (systemd, src/shared/logs-show.c): what it printed itself, its
/// coredumps, what systemd says about it, and what other daemons of root say. Each call of `or_group` is one way to
/// match, all of whose terms must hold: in sdjournal 0.1.15 the groups are alternatives (`build_branches`), whatever
/// the documentation of `or_group` says.
fn matching(journal: &Journal, name: JournalName) -> JournalQuery {
    let mut query = journal.query();
    let JournalName::Unit(unit) = name else {
        query.match_exact("_TRANSPORT", b"kernel");
        return query;
    };
    let unit = format!("{unit}.service");
    let ways: [&[(&str, &[u8])]; 4] = [
        &[("_SYSTEMD_UNIT", unit.as_bytes())],
        &[("MESSAGE_ID", b"fc2e22bc6ee647b6b90729ab34a250b1"), ("_UID", b"0"), ("COREDUMP_UNIT", unit.as_bytes())],
        &[("_PID", b"1"), ("UNIT", unit.as_bytes())],
        &[("_UID", b"0"), ("OBJECT_SYSTEMD_UNIT", unit.as_bytes())],
    ];
    for way in ways {
        query.or_group(|group| {
            for (field, value) in way {
                group.match_exact(field, value);
            }
        });
    }
    query
}

fn decode_one(
    journal: &Journal,
    name: JournalName,
    decoding: &Decoding<'_>,
    left_out: &[String],
) -> Result<Decoded, String> {
    let window = decoding.window;
    let path = layout::journal(decoding.node, name.name());
    let mut entry = EntryBuilder::new(decoding.target, path, Content::Log).map_err(|error| error.to_string())?;
    let cap = usize::try_from(decoding.profile.cap(CAP)).unwrap_or(usize::MAX);
    let mut cut = LogCut::new(stamp::of_journal(window.to), window, cap);
    let micros = |time: DateTime<Utc>| u64::try_from(time.timestamp_micros()).unwrap_or_default();
    let mut query = matching(journal, name);
    query.since_realtime(micros(window.from)).until_realtime(micros(window.to));
    let (mut bad, mut audit) = (0_u64, Audit::default());
    for found in query.iter().map_err(unreadable)? {
        let Ok(found) = found else {
            bad += 1;
            continue;
        };
        match audit.look(&found) {
            Found::Other => {}
            Found::Begins => {
                cut.leave_out_audit();
                continue;
            }
            Found::GoesOn => continue,
        }
        let Some(line) = line(&found, name) else {
            bad += 1;
            continue;
        };
        let pushed = cut.push(line.as_bytes(), &mut |line| entry.write(line));
        pushed.map_err(|error| error.to_string())?;
    }
    let seen = cut.end(&mut |line| entry.write(line)).map_err(|error| error.to_string())?;
    let mut whys = left_out.to_vec();
    whys.extend((seen.left_out_lines > 0).then(|| seen.left_out()));
    whys.extend((bad > 0).then(|| format!("{bad} entries could not be read")));
    if seen.lines == 0 {
        let is_known = matching(journal, name).limit(1).iter().is_ok_and(|mut found| found.next().is_some());
        let nothing = nothing(name, is_known, &whys);
        return Ok(Decoded { outcome: seen.telling(nothing.outcome), ..nothing });
    }
    let entry = entry.finish().map_err(|_| "the journal could not be compressed".to_owned())?;
    Ok(Decoded { outcome: seen.telling(outcome(&seen, &whys)), entry: Some(entry) })
}

/// Entries of the API server's audit log. Journald splits what a program prints in one line and is too long, and says
/// of which stream it is and that it goes on (systemd.journal-fields(7), `_STREAM_ID` and `_LINE_BREAK`).
#[derive(Default)]
struct Audit {
    /// The streams whose last entry goes on.
    open: BTreeSet<Vec<u8>>,
}

impl Audit {
    fn look(&mut self, entry: &EntryRef) -> Found {
        let stream = entry.get("_STREAM_ID").unwrap_or_default();
        let message = entry.get("MESSAGE").unwrap_or_default();
        self.found(stream, message, entry.get("_LINE_BREAK") == Some(b"line-max".as_slice()))
    }

    fn found(&mut self, stream: &[u8], message: &[u8], goes_on: bool) -> Found {
        let was_open = !stream.is_empty() && self.open.remove(stream);
        let found = match (was_open, api_audit::is_of(message)) {
            (true, _) => Found::GoesOn,
            (false, true) => Found::Begins,
            (false, false) => Found::Other,
        };
        if found != Found::Other && goes_on {
            self.open.insert(stream.to_vec());
        }
        found
    }
}

fn outcome(seen: &Seen, whys: &[String]) -> ItemOutcome {
    let status = if whys.is_empty() { Status::Collected } else { Status::Truncated };
    ItemOutcome { from: seen.first, to: seen.last, ..ItemOutcome::new(status, whys.join("; ")) }
}

/// There is no entry of it within the window; `is_known` if there are others.
fn nothing(name: JournalName, is_known: bool, whys: &[String]) -> Decoded {
    let outcome = match name {
        _ if !whys.is_empty() => ItemOutcome::new(Status::Failed, whys.join("; ")),
        JournalName::Kernel => ItemOutcome::new(Status::Empty, "the kernel said nothing within the window"),
        JournalName::Unit(_) if is_known => {
            ItemOutcome::new(Status::Empty, "the journal has no entry of it within the window")
        }
        JournalName::Unit(_) => {
            ItemOutcome::new(Status::Absent, "no such unit: the node's journal files have no entry of it")
        }
    };
    Decoded { outcome, entry: None }
}

/// An entry as journalctl prints it; the kernel has no process number.
fn line(entry: &EntryRef, name: JournalName) -> Option<String> {
    let time = DateTime::from_timestamp_micros(i64::try_from(entry.realtime_usec()).ok()?)?;
    let field = |name: &str| entry.get(name).map(quoted);
    let host = field("_HOSTNAME").unwrap_or_default();
    let program = match name {
        JournalName::Kernel => "kernel".to_owned(),
        JournalName::Unit(_) => {
            let name = field("SYSLOG_IDENTIFIER").or_else(|| field("_COMM")).unwrap_or_else(|| "unknown".to_owned());
            match field("_PID").or_else(|| field("SYSLOG_PID")) {
                Some(pid) => format!("{name}[{pid}]"),
                None => name,
            }
        }
    };
    Some(short_precise::line(time, &host, &program, entry.get("MESSAGE").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_journald_split_is_left_out_whole() {
        let mut audit = Audit::default();
        let event = br#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","responseObject":{"data":"#;
        let mut found = |stream: &str, message: &[u8], goes_on| audit.found(stream.as_bytes(), message, goes_on);
        assert_eq!(found("a", b"starting", false), Found::Other);
        assert_eq!(found("a", event, true), Found::Begins);
        assert_eq!(found("b", b"another", false), Found::Other);
        assert_eq!(found("a", b"c2VjcmV0", true), Found::GoesOn);
        assert_eq!(found("a", b"c2VjcmV0\"}}", false), Found::GoesOn);
        assert_eq!(found("a", b"on", true), Found::Other);
        assert_eq!((found("", event, true), found("", b"on", false)), (Found::Begins, Found::Other));
    }
}
