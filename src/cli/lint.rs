//! `lint`: the words of drafts and notes that a blameless text does without.

use super::called;
use super::exit::Exit;
use super::failure::Failure;
use super::terminal;
use k8s_forensics::report::lint::{Audience, Finding, check_for, rules};
use serde::Serialize;
use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The largest text that is read.
const MOST_BYTES: u64 = 64 << 20;

/// Find words that a blameless text does without, in drafts, in people's edits and in notes.
///
/// Prints FILE:LINE, the rule, the words and another wording. Findings are hints: nothing is changed. What is quoted (code
/// and tables of records) is exempt. Exits 0 where nothing is found, 6 where something is; see docs/lint.md.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// Drafts, notes or other texts as Markdown; `-` is stdin
    #[arg(value_name = "FILE", required_unless_present = "rules")]
    files: Vec<PathBuf>,
    /// Look for what people outside should not read, too: addresses and hosts, and credentials in what is quoted
    #[arg(long)]
    public: bool,
    /// Show every rule instead: whose it is, and texts that break it and that do not
    #[arg(long)]
    rules: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// The findings of one file, as they are printed for programs.
#[derive(Serialize)]
struct OfFile {
    file: String,
    findings: Vec<Finding>,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    if args.rules {
        return terminal::print_text(&all_rules()).map(|()| Exit::Whole);
    }
    let audience = if args.public { Audience::Public } else { Audience::Team };
    let mut all = Vec::new();
    for path in &args.files {
        let text = read(path).map_err(|error| {
            Failure::environment(format!("read {}", path.display()), error)
                .hint("give a text, as postmortem.md in the folder that analyze wrote")
        })?;
        all.push(OfFile { file: path.display().to_string(), findings: check_for(&text, audience) });
    }
    let count: usize = all.iter().map(|of| of.findings.len()).sum();
    match args.json {
        true => terminal::print_json(&all)?,
        false => terminal::print_text(&text(&all))?,
    }
    let (found, files) =
        (if count == 1 { "finding" } else { "findings" }, if all.len() == 1 { "file" } else { "files" });
    terminal::tell(&format!("{count} {found} in {} {files}", all.len()));
    Ok(if count == 0 { Exit::Whole } else { Exit::Found })
}

/// Says of notes which words a blameless text does without. What cannot be read is told where it is analysed.
pub fn tell_of_notes(paths: &[PathBuf]) {
    for path in paths {
        let findings = read(path).map(|text| check_for(&text, Audience::Team)).unwrap_or_default();
        let Some(first) = findings.first() else { continue };
        let more = findings.len() - 1;
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let shown = path.display();
        terminal::tell(&format!(
            "note: {shown}:{}: {}: {}{more}; `{} lint {shown}` says another wording for each",
            first.line,
            first.rule,
            first.title,
            called::name()
        ));
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    match path.as_os_str() == "-" {
        true => io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)?,
        false => File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?,
    };
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other("it is too large to be a text"));
    }
    if bytes.contains(&0) {
        return Err(io::Error::other("it is no text"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn all_rules() -> String {
    let mut text = String::new();
    for rule in rules() {
        let _ = writeln!(text, "{} {}\n    from {}", rule.id, rule.title, rule.source);
        let examples = [("finds", &rule.matches), ("passes", &rule.near_misses)];
        for (what, texts) in examples {
            let _ = texts.iter().try_for_each(|one| writeln!(text, "    {what:<6} {}", one.replace('\n', " ⏎ ")));
        }
    }
    text
}

fn text(all: &[OfFile]) -> String {
    let mut text = String::new();
    for of in all {
        for one in &of.findings {
            let _ = writeln!(text, "{}:{}: {} {}: {}", of.file, one.line, one.rule, one.title, one.words);
            let _ = writeln!(text, "    write {}", one.instead);
        }
    }
    text
}
