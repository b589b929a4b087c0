//! Journals of systemd in forms that are no lines of text: JSON lines, the export form, files of journald. They are
//! turned into the lines that `journalctl -o short-iso-precise --utc` prints when an input is opened, so that all that
//! reads and cites lines reads them: an entry is one line, so line 7 is the seventh entry, and of JSON lines line 7 of
//! the file.
//!
//! Entries of several machines in one file, as systemd-journal-remote may leave them, become a text for each.

mod binary;
mod export;
mod fields;
mod json;

use super::format::Start;
use crate::archive::{Archive, ArchiveError, Rewriting};
use fields::Fields;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Write};

/// Machines in one file; a file of more is not read.
const MOST_MACHINES: usize = 64;

/// What stands where the file has something that is no entry.
const NO_ENTRY: &[u8] = b"-- no entry of a journal --\n";

/// A journal that was turned into text.
#[derive(Debug)]
pub struct Turned {
    /// The entry that has the text now.
    pub entry: String,
    /// What its reader should know.
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Export,
    Binary,
}

impl Form {
    fn of(start: &[u8]) -> Option<Self> {
        if binary::is_form(start) {
            return Some(Self::Binary);
        }
        if export::is_form(start) {
            return Some(Self::Export);
        }
        json::is_form(&String::from_utf8_lossy(start)).then_some(Self::Json)
    }

    fn note(self) -> &'static str {
        match self {
            Self::Json => {
                "a journal as JSON, read as the lines that journalctl prints: each has the number of its line"
            }
            Self::Export => {
                "a journal in the export form, read as the lines that journalctl prints: each has the number of its entry"
            }
            Self::Binary => {
                "a file of journald, read as the lines that journalctl prints: each has the number of its entry"
            }
        }
    }
}

/// The input with its journals as text, and what was turned. What cannot be stays as it is.
pub fn as_text(files: &Archive) -> Result<(Archive, Vec<Turned>), ArchiveError> {
    let (mut rewriting, mut turned) = (Rewriting::of(files), Vec::new());
    for entry in files.entries() {
        if let Some(form) = Form::of(Start::of(files, entry).bytes()) {
            match turn(files, entry, form, &mut rewriting) {
                Ok(texts) => turned.extend(texts),
                Err(error) => turned
                    .push(Turned { entry: entry.to_owned(), note: format!("{}, and was not: {error}", form.note()) }),
            }
        }
    }
    Ok((rewriting.finish()?, turned))
}

fn turn(files: &Archive, entry: &str, form: Form, rewriting: &mut Rewriting<'_>) -> Result<Vec<Turned>, ArchiveError> {
    let broken = |why: String| ArchiveError::Entry { entry: entry.to_owned(), why };
    if form != Form::Binary {
        return texts(entry, form, rewriting, &mut |each| match form {
            Form::Json => files.lines(entry, |_, line| each(json::entry(line))),
            _ => files.with_reader(entry, |reader| export::each(&mut BufReader::with_capacity(1 << 16, reader), each)),
        });
    }
    files.with_file(entry, binary::NAME, |folder| {
        let journal = binary::open(folder).map_err(broken)?;
        texts(entry, form, rewriting, &mut |each| binary::each(&journal, each).map_err(broken))
    })?
}

/// Gives all entries of a journal to a function, as long as that wants more.
type Each<'a> = dyn FnMut(&mut dyn FnMut(Option<Fields>) -> bool) -> Result<(), ArchiveError> + 'a;

/// Writes the texts that stand for a journal.
fn texts(
    entry: &str,
    form: Form,
    rewriting: &mut Rewriting<'_>,
    each: &mut Each<'_>,
) -> Result<Vec<Turned>, ArchiveError> {
    let mut machines = Machines::default();
    // What cannot be read to its end gives what came before.
    let end = each(&mut |fields| machines.see(fields.as_ref()));
    let names = machines.names();
    if machines.is_too_many || machines.entries == 0 {
        let why =
            if machines.is_too_many { "it has entries of too many machines" } else { "no entry in it can be read" };
        return Err(ArchiveError::Entry { entry: entry.to_owned(), why: why.to_owned() });
    }
    let mut note = form.note().to_owned();
    if machines.broken > 0 {
        note.push_str(&format!("; {} of its entries cannot be read", machines.broken));
    }
    if machines.silent > 0 {
        note.push_str(&format!(
            "; the messages of {} are not in it, as journalctl leaves out those of more than 4096 bytes without --all",
            machines.silent
        ));
    }
    if let Err(error) = end {
        note.push_str(&format!("; it could not be read to its end: {error}"));
    }
    let is_one = names.len() == 1;
    let mut turned = Vec::new();
    for name in names {
        let path = if is_one { entry.to_owned() } else { format!("{entry}/{name}") };
        rewriting.text(entry, &path, |out| {
            let mut result = Ok(());
            let _ = each(&mut |fields| {
                result = write_line(out, &machines, fields.as_ref(), (&name, is_one));
                result.is_ok()
            });
            result.map_err(|error| ArchiveError::Entry { entry: entry.to_owned(), why: error.to_string() })
        })?;
        let note = if is_one {
            note.clone()
        } else {
            format!("{note}; these are those of {name}, and numbered by themselves")
        };
        turned.push(Turned { entry: path, note });
    }
    Ok(turned)
}

fn write_line(
    out: &mut dyn Write,
    machines: &Machines,
    fields: Option<&Fields>,
    (name, is_one): (&str, bool),
) -> std::io::Result<()> {
    let host = fields.map(|fields| machines.name(fields));
    if !is_one && host != Some(name) {
        return Ok(());
    }
    match fields.and_then(|fields| fields.line(name)) {
        Some(line) => out.write_all(line.as_bytes()),
        None => out.write_all(NO_ENTRY),
    }
}

/// The machines whose entries a file has.
#[derive(Default)]
struct Machines {
    /// What each was last called.
    names: BTreeMap<String, String>,
    is_too_many: bool,
    entries: u64,
    broken: u64,
    silent: u64,
}

/// What a machine is called of which no entry says it.
const NAMELESS: &str = "-";

impl Machines {
    fn see(&mut self, fields: Option<&Fields>) -> bool {
        let Some(fields) = fields.filter(|fields| fields.is_entry()) else {
            self.broken += 1;
            return true;
        };
        self.entries += 1;
        self.silent += u64::from(fields.is_silent);
        if !fields.host().is_empty() {
            match self.names.get_mut(fields.machine()) {
                Some(name) if name != fields.host() => fields.host().clone_into(name),
                Some(_) => {}
                None => drop(self.names.insert(fields.machine().to_owned(), fields.host().to_owned())),
            }
        }
        self.is_too_many = self.names.len() > MOST_MACHINES;
        !self.is_too_many
    }

    /// The names of all, each once; at least one.
    fn names(&self) -> BTreeSet<String> {
        let names: BTreeSet<String> = self.names.values().cloned().collect();
        if names.is_empty() { [NAMELESS.to_owned()].into() } else { names }
    }

    /// Whose an entry is.
    fn name<'a>(&'a self, fields: &'a Fields) -> &'a str {
        let named = self.names.get(fields.machine()).or_else(|| self.names.values().next());
        named.map_or(NAMELESS, String::as_str)
    }
}
