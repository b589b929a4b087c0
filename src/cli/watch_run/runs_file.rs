//! Where runs are noted: a table that `--checks` reads, a line for each run, on the disk before anything else happens.
//!
//! Lines are only ever added, each in one write, so that several programs may share a file and a kill costs at most the
//! run that was under way. A line that was cut is ended, so that it costs itself alone.

use super::last_output;
use super::run::Ran;
use crate::cli::failure::Failure;
use crate::cli::private;
use chrono::{DateTime, SecondsFormat, Utc};
use csv::{QuoteStyle, WriterBuilder};
use k8s_forensics::redact::Redactor;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const HEADINGS: [&str; 8] = ["from", "to", "outcome", "what", "namespace", "exit_status", "error", "output"];
const WHAT_CHARS: usize = 200;
/// What an analysis reads of a file at most; of a longer one it is given the newest lines.
const MOST_BYTES: u64 = 16 << 20;

/// What all runs of a command are called.
#[derive(Clone, Debug)]
pub struct Named {
    pub what: String,
    pub namespace: Option<String>,
}

/// The file, open for adding to it.
pub struct RunsFile {
    file: File,
    path: PathBuf,
    named: Named,
    redactor: Redactor,
}

impl RunsFile {
    /// Opens it, or makes it for its owner alone. One with other columns is not added to.
    pub fn open(path: &Path, named: Named, redactor: Redactor) -> Result<Self, Failure> {
        let tried = || format!("note runs in {}", path.display());
        let failed = |error: io::Error| Failure::environment(tried(), error);
        private::refuse_what_is_no_file(path).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        let first = first_line(&mut file).map_err(failed)?;
        let headings = HEADINGS.join(",");
        match first.as_deref() {
            None => add(&mut file, &format!("{headings}\n")).map_err(failed)?,
            Some(first) if first == headings => end_cut_line(&mut file).map_err(failed)?,
            Some(_) => {
                let failed =
                    Failure::environment(tried(), format!("it is there and has other columns than {headings}"));
                return Err(failed.hint("name another file with --checks"));
            }
        }
        private::sync_folder_of(path).map_err(failed)?;
        let what = redactor.text(&named.what).chars().take(WHAT_CHARS).collect();
        Ok(Self { file, path: path.to_owned(), named: Named { what, ..named }, redactor })
    }

    /// What the runs are called, without credentials.
    pub fn what(&self) -> &str {
        &self.named.what
    }

    /// Notes a run. It is on the disk when this returns.
    pub fn note(&mut self, ran: &Ran) -> io::Result<()> {
        let line = self.line(ran)?;
        add(&mut self.file, &line)
    }

    fn line(&self, ran: &Ran) -> io::Result<String> {
        // Of a run that passed nobody asks what it printed last.
        let lines: Vec<String> = match ran.ended.outcome() {
            "ok" => Vec::new(),
            _ => self.redactor.text(&ran.lines.join("\n")).lines().map(str::to_owned).collect(),
        };
        let said = last_output::sentence(&lines);
        let error = match ran.ended.outcome() {
            "ok" => String::new(),
            _ if said.is_empty() => ran.ended.words(ran.took),
            _ => format!("{}: {said}", ran.ended.words(ran.took)),
        };
        let mut table = WriterBuilder::new().quote_style(QuoteStyle::Necessary).from_writer(Vec::new());
        table.write_record([
            stamp(ran.from).as_str(),
            &stamp(ran.to),
            ran.ended.outcome(),
            &cell(&self.named.what),
            &cell(self.named.namespace.as_deref().unwrap_or_default()),
            &ran.ended.status().to_string(),
            &error,
            &last_output::noted(&lines),
        ])?;
        let bytes = table.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        String::from_utf8(bytes).map_err(io::Error::other)
    }

    /// Its name and content, as an archive keeps it.
    pub fn content(&self) -> io::Result<(String, Vec<u8>)> {
        let mut file = File::open(&self.path)?;
        let size = file.metadata()?.len();
        let mut bytes = Vec::new();
        let over = size.saturating_sub(MOST_BYTES);
        file.seek(SeekFrom::Start(over))?;
        file.take(MOST_BYTES).read_to_end(&mut bytes)?;
        if over > 0 {
            let whole = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            bytes = [HEADINGS.join(",").as_bytes(), b"\n", bytes.get(whole..).unwrap_or_default()].concat();
        }
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok((name, bytes))
    }
}

/// A time to the millisecond.
fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A text on one line that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

fn add(file: &mut File, line: &str) -> io::Result<()> {
    file.write_all(line.as_bytes())?;
    file.sync_data()
}

/// The first line; none of an empty file.
fn first_line(file: &mut File) -> io::Result<Option<String>> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(4 << 10).read_to_end(&mut start)?;
    let first = start.split(|byte| *byte == b'\n').next().filter(|_| !start.is_empty());
    Ok(first.map(|line| String::from_utf8_lossy(line).trim_end().to_owned()))
}

/// Ends the last line where it was cut, and the quotation in it.
fn end_cut_line(file: &mut File) -> io::Result<()> {
    let size = file.metadata()?.len();
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(size.saturating_sub(64 << 10)))?;
    file.take(64 << 10).read_to_end(&mut end)?;
    if end.last().is_none_or(|byte| *byte == b'\n') {
        return Ok(());
    }
    let cut = end.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_quoted = cut.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
    add(file, if is_quoted { "\"\n" } else { "\n" })
}

#[cfg(test)]
mod tests {
    use super::super::ended::Ended;
    use super::*;
    use std::fs;
    use std::time::Duration;

    fn ran(ended: Ended, lines: &[&str]) -> Ran {
        let from: DateTime<Utc> = "2026-11-21T16:00:23.5Z".parse().expect("a time");
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Ran { from, to: from + Duration::from_secs(35), took: Duration::from_secs(35), ended, lines }
    }

    fn open(path: &Path) -> RunsFile {
        let named =
            Named { what: "helm test shop --set password=hunter2hunter2".to_owned(), namespace: Some("ci".to_owned()) };
        RunsFile::open(path, named, Redactor::anonymous().expect("the built-in rules"))
            .unwrap_or_else(|why| panic!("{why}"))
    }

    #[test]
    fn a_run_is_a_line_without_credentials_and_a_cut_line_costs_itself_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("runs.csv");
        open(&path).note(&ran(Ended::With(0), &["all is well"])).expect("it is noted");
        let mut file = open(&path);
        file.note(&ran(Ended::With(1), &["password=hunter2hunter2", "Error: \"a, b\" timed out"]))
            .expect("it is noted");
        let text = fs::read_to_string(&path).expect("the file");
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 3, "{text}");
        assert!(rows[1].starts_with("2026-11-21T16:00:23.500Z,2026-11-21T16:00:58.500Z,ok,helm test shop"), "{text}");
        assert!(rows[1].ends_with(",ci,0,,"), "{text}");
        assert!(rows[2].contains("it ended with 1 after 35s: ") && rows[2].contains("timed out"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
        fs::write(&path, format!("{text}2026-11-21T16:01:00Z,2026-11-21T16:01:09Z,failed,\"a, b")).expect("the file");
        open(&path).note(&ran(Ended::BySignal(9), &[])).expect("it is noted");
        let text = fs::read_to_string(&path).expect("the file");
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(text.ends_with(",ci,137,signal 9 ended it after 35s,\n"), "{text}");
    }

    #[test]
    fn what_others_wrote_is_not_added_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("runs.csv");
        fs::write(&path, "time,outcome\n").expect("a file");
        let named = Named { what: "x".to_owned(), namespace: None };
        let refused = RunsFile::open(&path, named, Redactor::anonymous().expect("the built-in rules"));
        assert!(refused.is_err_and(|why| why.to_string().contains("other columns")));
        assert_eq!(fs::read_to_string(&path).expect("the file"), "time,outcome\n");
    }

    #[test]
    fn no_cell_begins_a_formula() {
        assert_eq!([cell("=1+1"), cell("a\nb"), cell("helm test")], ["'=1+1", "a b", "helm test"]);
    }
}
