//! `show ARCHIVE E4` and `show ARCHIVE PATH:LINE`: the record that a sentence rests on, with the lines around it.

use super::super::asked::{Source, With};
use super::super::called;
use super::super::failure::Failure;
use super::super::open::Opening;
use super::super::{kept, terminal};
use k8s_forensics::inputs::Inputs;
use k8s_forensics::report::schema::CitationRow;
use k8s_forensics::viewing::surrounding;
use regex::Regex;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Names that are told where the one asked for is not there.
const MOST_NAMES: usize = 8;

/// Which record to show.
#[derive(Clone, clap::Args)]
pub struct Args {
    /// The number of a record as the draft has it, as E4; or an entry and a line, as nodes/node-1/journal/kubelet.log:12
    #[arg(value_name = "E4|PATH:LINE")]
    place: String,
    /// Lines to show before and after it
    #[arg(short = 'C', long, value_name = "N", default_value_t = 3)]
    context: u32,
    /// The draft that has the number, where it is not the one that this version writes
    #[arg(long, value_name = "FILE")]
    draft: Option<PathBuf>,
    #[command(flatten)]
    with: With,
}

/// The same where the word `record` is left out.
#[derive(clap::Parser)]
#[command(name = "show ARCHIVE", disable_version_flag = true)]
struct Bare {
    #[command(flatten)]
    args: Args,
}

/// What a person wrote for a record.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// A number of the draft.
    Number(String),
    Line(String, u64),
}

/// What stands after `show ARCHIVE` and is no subcommand, if it is a record.
pub fn bare(words: &[String]) -> Option<Args> {
    use clap::{CommandFactory, FromArgMatches};
    Place::read(words.first()?)?;
    let all = std::iter::once("show ARCHIVE").chain(words.iter().map(String::as_str));
    let command = Bare::command().bin_name(format!("{} show ARCHIVE", called::name()));
    match command.try_get_matches_from(all).and_then(|matches| Bare::from_arg_matches(&matches)) {
        Ok(bare) => Some(bare.args),
        Err(mistake) => mistake.exit(),
    }
}

pub fn print(archive: &Opening, args: Args) -> Result<(), Failure> {
    let tried = format!("show {}", args.place);
    let place = Place::read(&args.place).ok_or_else(|| {
        Failure::usage(&tried, "it is neither the number of a record nor a line")
            .hint("write it as E4, or as PATH:LINE")
    })?;
    let asked = archive.asked();
    let (path, line) = match place {
        Place::Line(path, line) => (path, line),
        Place::Number(number) => {
            let of_draft = args.draft.as_deref().map(|draft| in_draft(draft, &number)).transpose()?.flatten();
            match of_draft {
                Some(found) => found,
                None => {
                    let of = Source { asked: archive.asked(), with: args.with.clone() };
                    numbered(&kept::analysis(&of)?.citations, &number, &tried)?
                }
            }
        }
    };
    let inputs = asked.means.open_all(&[asked.path], &args.with.checks, &args.with.notes)?;
    let entry = inputs.find(&path).ok_or_else(|| {
        let failed = Failure::environment(&tried, format!("there is no entry {path}"));
        failed.hint(like(&inputs, &path))
    })?;
    let shown = match args.place == format!("{path}:{line}") {
        true => path.clone(),
        false => format!("{}  {path}:{line}", args.place),
    };
    let lines = surrounding(&entry, line, u64::from(args.context));
    let lines = lines.map_err(|error| Failure::environment(&tried, error))?;
    terminal::print_text(&format!("{shown}\n{}", numbered_lines(lines, line)))
}

impl Place {
    fn read(word: &str) -> Option<Self> {
        let word = word.trim().trim_matches(['[', ']', '`']);
        let number = word.strip_prefix(['E', 'e']).filter(|number| number.parse::<u32>().is_ok());
        if let Some(number) = number {
            return Some(Self::Number(format!("E{}", number.trim_start_matches('0'))));
        }
        let (path, line) = word.rsplit_once(':')?;
        Some(Self::Line(path.to_owned(), line.parse().ok()?)).filter(|_| !path.is_empty())
    }
}

/// The record of a number, as the analysis gives them.
fn numbered(citations: &[CitationRow], number: &str, tried: &str) -> Result<(String, u64), Failure> {
    let found = citations.iter().find(|one| one.id == number);
    let found = found.map(|one| (one.entry.to_string(), one.line));
    found.ok_or_else(|| match citations.last() {
        Some(last) => Failure::environment(tried, format!("the draft cites E1 to {}", last.id))
            .hint("a draft of another version or of other options has other numbers: name it with --draft FILE"),
        None => Failure::environment(tried, "the draft cites no record"),
    })
}

/// The record of a number as a draft has it: in its index of records, or behind the number itself.
fn in_draft(path: &Path, number: &str) -> Result<Option<(String, u64)>, Failure> {
    static INDEX: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\| (E\d+) \| `+ ?(.+?):(\d+) ?`+ \||\[(E\d+)\] `([^`]+):(\d+)`").expect("a fixed pattern")
    });
    let draft = std::fs::read_to_string(path)
        .map_err(|error| Failure::environment(format!("read the draft {}", path.display()), error))?;
    let found = INDEX.captures_iter(&draft).find_map(|row| {
        let part = |one: usize, other: usize| row.get(one).or_else(|| row.get(other)).map(|part| part.as_str());
        let (name, entry, line) = (part(1, 4)?, part(2, 5)?, part(3, 6)?);
        Some((entry.replace("\\|", "|"), line.parse().ok()?)).filter(|_| name == number)
    });
    Ok(found)
}

/// Entries with the same end as the one that is not there, or what lists them.
fn like(inputs: &Inputs, path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let all: Vec<&str> = inputs.paths().iter().map(String::as_str).filter(|one| one.ends_with(name)).collect();
    match all.as_slice() {
        [] => "`show ARCHIVE entries` lists them".to_owned(),
        some => format!("there are {}", some.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ")),
    }
}

/// Lines with their numbers, and a mark before the record.
fn numbered_lines(lines: Vec<(u64, String)>, line: u64) -> String {
    let width = lines.last().map_or(0, |(number, _)| number.to_string().len());
    let mark = |number: u64| if number == line { '>' } else { ' ' };
    lines.into_iter().map(|(number, text)| format!("{} {number:>width$}  {text}\n", mark(number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_written_as_drafts_write_them() {
        let number = |text: &str| Some(Place::Number(text.to_owned()));
        assert_eq!(
            [Place::read("E4"), Place::read("[E12]"), Place::read("e07")],
            [number("E4"), number("E12"), number("E7")]
        );
        let line = Place::read("`logs/a:b/app.log:12`");
        assert_eq!(line, Some(Place::Line("logs/a:b/app.log".to_owned(), 12)));
        assert_eq!(["coverage", "E", "Ex", "a:", ":3", "a:b"].map(Place::read), [const { None }; 6]);
    }
}
