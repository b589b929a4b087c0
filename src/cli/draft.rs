//! The draft that people edit: how one is known that nobody has edited yet, and where the next one goes.
//!
//! The last line of a draft is a comment with a hash of all above it, and the names of its blocks. What is not as its
//! last line says is somebody's work, or may be, and is never written over: the new draft takes the place of its blocks
//! alone (`blocks/`), and where there are none any more, it goes beside it.

use super::blocks::{self, Merged};
use super::draft_hash::hash;
use super::private::{self, Unnamed};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The name of a draft among the files of a report.
pub const FILE: &str = "postmortem.md";
const STEM: &str = "postmortem";

/// What stands around the hash in the last line. No renderer shows it, and an editor keeps it.
const MARK: (&str, &str) = ("<!-- k8s-forensics: draft ", " -->");

/// What is larger is no draft, and is not read.
const MOST_BYTES: u64 = 16 << 20;
/// How many drafts may lie beside each other.
const MOST_DRAFTS: u32 = 1000;

/// `draft` with the comments that tell what in it was edited.
pub fn marked(draft: &str) -> String {
    let draft = blocks::marked(draft.trim_end());
    let draft = draft.trim_end();
    // What is not parted by an empty line would be one comment with this.
    let names = blocks::names(&format!("{draft}\n{}{}\n", MARK.0, MARK.1));
    let of = if names.is_empty() { String::new() } else { format!(" of {}", names.join(" ")) };
    format!("{draft}\n\n{}{}{of}{}\n", MARK.0, hash(draft), MARK.1)
}

/// Whether people may have edited the draft at a path.
#[cfg(any(feature = "attach", feature = "live"))]
pub fn is_edited(path: &Path) -> bool {
    matches!(found(path), Ok(Found::Theirs { .. }))
}

/// What was done with a draft.
#[derive(Debug, Default)]
pub struct Placed {
    /// Where it is, unless there was no need for it.
    pub written: Option<PathBuf>,
    /// What its readers should know.
    pub note: Option<String>,
}

/// Gives `draft`, which was filled with the marked `text`, the first name in `folder` under which nothing is lost.
pub fn place(draft: Unnamed, text: &str, folder: &Path) -> io::Result<Placed> {
    let mut kept = Vec::new();
    for number in 0..MOST_DRAFTS {
        let path = folder.join(match number {
            0 => FILE.to_owned(),
            number => numbered("new", number),
        });
        let (why, mark, theirs) = match found(&path)? {
            Found::Nothing => {
                draft.name(&path)?;
                return Ok(Placed { note: beside(&kept, &path), written: Some(path) });
            }
            Found::Untouched => {
                draft.replace(&path)?;
                return Ok(Placed { note: beside(&kept, &path), written: Some(path) });
            }
            Found::Theirs { why, mark, text } => (why, mark, text),
        };
        let is_same = mark.as_deref().is_some_and(|mark| Some(mark) == mark_of(text));
        let merged = theirs.filter(|_| !is_same).and_then(|theirs| {
            let known: BTreeSet<&str> = known_blocks(&theirs);
            blocks::merge(&theirs, text, &known)
        });
        if let Some(merged) = merged {
            return put_in(&merged, (&path, folder), &kept);
        }
        kept.push(format!("{} {why} and was kept", path.display()));
        if is_same {
            let same = "it was made from this same draft, so there is no new one";
            let force = "--force begins anew, and keeps what was there beside it";
            return Ok(Placed { written: None, note: Some(format!("{}; {same}; {force}", kept.join(", "))) });
        }
    }
    Err(too_many())
}

/// Writes the blocks of a new draft into the one that people edited; what they had changed in a block stays in a copy of
/// the draft as it was.
fn put_in(merged: &Merged, (path, folder): (&Path, &Path), kept: &[String]) -> io::Result<Placed> {
    let mut file = Unnamed::beside(path)?;
    file.fill(merged.text.as_bytes())?;
    let mut note =
        format!("{} has been edited: what people wrote in it was kept, its other parts are new", path.display());
    if !merged.set_aside.is_empty() {
        let old = set_aside(path, folder)?;
        let (parts, old) = (merged.set_aside.join(", "), old.display());
        note.push_str(&format!("; what was changed within {parts} is not in it: the draft as it was is {old}"));
    }
    file.replace(path)?;
    let note = kept.iter().cloned().chain([note, "--force begins anew".to_owned()]).collect::<Vec<_>>().join("; ");
    Ok(Placed { written: Some(path.to_path_buf()), note: Some(note) })
}

/// Gives `draft` its name, and what people have made of an older one another.
pub fn begin_anew(draft: Unnamed, folder: &Path) -> io::Result<Placed> {
    let path = folder.join(FILE);
    let mut note = None;
    match found(&path)? {
        Found::Nothing => draft.name(&path)?,
        Found::Untouched => draft.replace(&path)?,
        Found::Theirs { why, .. } => {
            let old = set_aside(&path, folder)?;
            note = Some(format!("{} {why} and is now {}", path.display(), old.display()));
            draft.replace(&path)?;
        }
    }
    Ok(Placed { written: Some(path), note })
}

/// `postmortem.new.md`, `postmortem.new.2.md` and so on.
fn numbered(kind: &str, number: u32) -> String {
    match number {
        1 => format!("{STEM}.{kind}.md"),
        number => format!("{STEM}.{kind}.{number}.md"),
    }
}

/// What is said where drafts were kept and a new one is at `path`.
fn beside(kept: &[String], path: &Path) -> Option<String> {
    let force = format!("with --force it becomes {FILE}, and what was there is kept beside it");
    let said = || format!("{}; the new draft is in {}; {force}", kept.join(", "), path.display());
    (!kept.is_empty()).then(said)
}

/// Gives the file at `path` the first free name of an old draft.
fn set_aside(path: &Path, folder: &Path) -> io::Result<PathBuf> {
    for number in 1..MOST_DRAFTS {
        let old = folder.join(numbered("old", number));
        // A second name first, so that there is no moment without the file, and none is taken that another just took.
        match fs::hard_link(path, &old) {
            Ok(()) => return private::sync_folder_of(&old).map(|()| old),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            // Not every file system has second names.
            Err(_) if fs::symlink_metadata(&old).is_err() => {
                fs::rename(path, &old)?;
                return private::sync_folder_of(&old).map(|()| old);
            }
            Err(_) => {}
        }
    }
    Err(too_many())
}

fn too_many() -> io::Error {
    io::Error::other("there are too many drafts beside it: remove those that nobody needs")
}

/// What has the name of a draft.
enum Found {
    Nothing,
    /// A draft that nobody edited.
    Untouched,
    /// What somebody made, or may have made, of the draft with that mark, if there is one.
    Theirs {
        why: &'static str,
        mark: Option<String>,
        /// All of it, where it is text in a file of its own.
        text: Option<String>,
    },
}

fn found(path: &Path) -> io::Result<Found> {
    private::refuse_what_is_no_file(path)?;
    let is_link = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        found => found?.is_symlink(),
    };
    let is_readable = fs::metadata(path).is_ok_and(|found| found.len() <= MOST_BYTES);
    let bytes = if is_readable { fs::read(path)? } else { Vec::new() };
    let whole = std::str::from_utf8(&bytes).ok().map(str::to_owned);
    let text = String::from_utf8_lossy(&bytes);
    let mark = mark_of(&text).map(str::to_owned);
    Ok(match mark {
        // What a link leads to is read elsewhere too, and only its owner knows by whom.
        mark if is_link => Found::Theirs { why: "is a link", mark, text: None },
        None => Found::Theirs { why: "may have been edited", mark, text: None },
        Some(_) if is_untouched(&text) => Found::Untouched,
        Some(_) => Found::Theirs { why: "has been edited", mark, text: whole },
    })
}

/// The hash in the last mark of a text, wherever that stands.
fn mark_of(text: &str) -> Option<&str> {
    in_mark(text).and_then(|words| words.split(' ').next())
}

/// The blocks that the last mark of a text names.
fn known_blocks(text: &str) -> BTreeSet<&str> {
    let named = in_mark(text).and_then(|words| words.split_once(" of ")).map_or("", |(_, names)| names);
    named.split(' ').filter(|name| !name.is_empty()).collect()
}

fn in_mark(text: &str) -> Option<&str> {
    text.lines().rev().find_map(|line| line.trim().strip_prefix(MARK.0)?.strip_suffix(MARK.1))
}

/// Whether nobody changed more than the ends of its lines.
fn is_untouched(text: &str) -> bool {
    let text = text.trim_end();
    let (above, last) = text.rsplit_once('\n').unwrap_or(("", text));
    mark_of(last).is_some_and(|mark| mark == hash(above))
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_forensics::report::postmortem;
    use pulldown_cmark::{Event, Options, Parser};

    #[test]
    fn a_mark_is_the_last_line_and_knows_what_is_above() {
        let text = marked("# A\n\nline\n");
        let (above, last) = text.trim_end().rsplit_once('\n').unwrap();
        // printf '# A\n\nline\n' | sha256sum
        assert_eq!(hash("# A\n\nline\n"), "fe70f4f49ad2b859");
        assert_eq!(last, format!("{}{} of opening{}", MARK.0, hash(above), MARK.1));
        assert!(is_untouched(&text));
        assert!(!is_untouched(&text.replace("line", "Line")) && !is_untouched(&text.replace("\n\nline", "line")));
        assert!(!is_untouched("") && !is_untouched(MARK.0) && !is_untouched("# A\n"));
        assert!(is_untouched(&marked("")), "a draft of nothing");
    }

    #[test]
    fn nobody_sees_a_mark_and_there_is_room_for_it() {
        for draft in ["a sentence\n", "- an item\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "</details>\n", "> quoted\n"]
        {
            let draft = format!("# A\n\n{draft}\n## Summary\n\n{draft}\n## Appendix\n\n{draft}");
            let text = marked(&draft);
            let ours = |text: &str| text.contains("k8s-forensics");
            let events: Vec<Event> = Parser::new_ext(&text, Options::ENABLE_TABLES).collect();
            let shows = |event: &&Event| matches!(event, Event::Text(text) | Event::Code(text) if ours(text));
            assert_eq!(events.iter().find(shows), None, "{text}");
            let is_mark = |event: &&Event| matches!(event, Event::Html(html) if ours(html));
            assert_eq!(events.iter().filter(is_mark).count(), 8, "{text}: {events:?}");
            // What stands between them is as it was without them.
            let others = |text: &str| {
                let events = Parser::new_ext(text, Options::ENABLE_TABLES);
                let shown = events
                    .filter(|event| matches!(event, Event::Start(_) | Event::Text(_)))
                    .map(|one| format!("{one:?}"));
                shown.filter(|one| !one.contains("Html")).collect::<Vec<_>>()
            };
            assert_eq!(others(&text), others(&draft));
        }
    }

    #[test]
    fn there_is_room_for_all_marks() {
        let sections = (0..14).map(|number| format!("## Section {number} of a name\n\nText.\n\n"));
        let draft = format!("# A\n\nb\n\n{}", sections.collect::<String>());
        let longer = marked(&draft).chars().count() - draft.chars().count();
        assert!(longer <= postmortem::MARK_CHARACTERS, "{longer}");
    }
}
