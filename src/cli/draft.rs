//! The draft that people edit: how one is known that nobody has edited yet, and where the next one goes.
//!
//! The last line of a draft is a comment with a hash of all above it. What is not as its last line says is somebody's
//! work, or may be, and is never written over.

use super::private::{self, Unnamed};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The name of a draft among the files of a report.
pub const FILE: &str = "postmortem.md";
const STEM: &str = "postmortem";

/// What stands around the hash in the last line. No renderer shows it, and an editor keeps it.
const MARK: (&str, &str) = ("<!-- k8s-forensics: draft ", " -->");
/// How many bytes of the hash it has: nobody hits another's by chance.
const HASH_BYTES: usize = 8;

/// What is larger is no draft, and is not read.
const MOST_BYTES: u64 = 16 << 20;
/// How many drafts may lie beside each other.
const MOST_DRAFTS: u32 = 1000;

/// `draft` with the line that tells whether it was edited.
pub fn marked(draft: &str) -> String {
    let draft = draft.trim_end();
    format!("{draft}\n\n{}{}{}\n", MARK.0, hash(draft), MARK.1)
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
        let (why, mark) = match found(&path)? {
            Found::Nothing => {
                draft.name(&path)?;
                return Ok(Placed { note: beside(&kept, &path), written: Some(path) });
            }
            Found::Untouched => {
                draft.replace(&path)?;
                return Ok(Placed { note: beside(&kept, &path), written: Some(path) });
            }
            Found::Theirs { why, mark } => (why, mark),
        };
        kept.push(format!("{} {why} and was kept", path.display()));
        if mark.is_some_and(|mark| Some(mark.as_str()) == mark_of(text)) {
            let same = "it was made from this same draft, so there is no new one";
            let force = "--force begins anew, and keeps what was there beside it";
            return Ok(Placed { written: None, note: Some(format!("{}; {same}; {force}", kept.join(", "))) });
        }
    }
    Err(too_many())
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
    let text = String::from_utf8_lossy(&bytes);
    let mark = mark_of(&text).map(str::to_owned);
    Ok(match mark {
        // What a link leads to is read elsewhere too, and only its owner knows by whom.
        mark if is_link => Found::Theirs { why: "is a link", mark },
        None => Found::Theirs { why: "may have been edited", mark },
        Some(_) if is_untouched(&text) => Found::Untouched,
        Some(_) => Found::Theirs { why: "has been edited", mark },
    })
}

/// The hash in the last mark of a text, wherever that stands.
fn mark_of(text: &str) -> Option<&str> {
    text.lines().rev().find_map(|line| line.trim().strip_prefix(MARK.0)?.strip_suffix(MARK.1))
}

/// Whether nobody changed more than the ends of its lines.
fn is_untouched(text: &str) -> bool {
    let text = text.trim_end();
    let (above, last) = text.rsplit_once('\n').unwrap_or(("", text));
    mark_of(last).is_some_and(|mark| mark == hash(above))
}

/// The hash of a text without what editors change on their own: a byte order mark, and the ends of lines and of the
/// text.
fn hash(text: &str) -> String {
    let mut hasher = Sha256::new();
    for line in text.trim_start_matches('\u{feff}').trim_end().lines() {
        hasher.update(line.trim_end());
        hasher.update("\n");
    }
    hasher.finalize().iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_forensics::report::postmortem;
    use pulldown_cmark::{Event, Parser};

    #[test]
    fn a_mark_is_the_last_line_and_knows_what_is_above() {
        let text = marked("# A\n\nline\n");
        // printf '# A\n\nline\n' | sha256sum
        assert_eq!(text, format!("# A\n\nline\n\n{}{}{}\n", MARK.0, "fe70f4f49ad2b859", MARK.1));
        assert!(is_untouched(&text));
        assert!(!is_untouched(&text.replace("line", "Line")) && !is_untouched(&text.replace("\n\nline", "line")));
        assert!(!is_untouched("") && !is_untouched(MARK.0) && !is_untouched("# A\n"));
        assert!(is_untouched(&marked("")), "a draft of nothing");
    }

    #[test]
    fn nobody_sees_a_mark_and_there_is_room_for_it() {
        for draft in ["a sentence\n", "- an item\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "</details>\n", "> quoted\n"]
        {
            let text = marked(draft);
            let events: Vec<Event> = Parser::new(&text).collect();
            let mark = text.lines().last().unwrap();
            let shows =
                |event: &&Event| matches!(event, Event::Text(text) | Event::Code(text) if text.contains("draft "));
            assert_eq!(events.iter().find(shows), None, "{text}");
            let is_mark = |event: &&Event| matches!(event, Event::Html(html) if html.trim() == mark);
            assert_eq!(events.iter().filter(is_mark).count(), 1, "{text}: {events:?}");
            assert!(text.chars().count() - draft.chars().count() <= postmortem::MARK_CHARACTERS);
        }
    }
}
