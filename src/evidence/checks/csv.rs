//! A table of runs: one in each row, their columns known by their headings.

use super::{CheckOutcome, CheckRun, MOST_RUNS, cut, times};
use crate::evidence::findings::{Findings, Place};
use crate::inputs::{CheckColumns, OutcomeColumn};
use csv::{ByteRecord, ReaderBuilder, Trim};
use std::collections::HashSet;

/// How many rows that cannot be read are told one by one.
const MOST_TOLD: usize = 1_000;

/// Reads all rows. One that tells no time or no outcome is said with its line, and costs itself alone.
pub fn read(bytes: &[u8], columns: CheckColumns, place: Place, found: &mut Findings) {
    let mut table = ReaderBuilder::new();
    let table = table.delimiter(columns.separator).flexible(true).trim(Trim::All);
    let mut seen = HashSet::new();
    let (mut runs, mut told, mut lines) = (0, 0, Lines { bytes, at: 0, line: 1 });
    for record in table.from_reader(bytes).into_byte_records() {
        let row = match record {
            Ok(row) => row,
            Err(error) => return found.unreadable(place, error),
        };
        let line = row.position().map_or(0, |position| lines.of(position.byte()));
        let place = Place { line: u32::try_from(line).unwrap_or(u32::MAX), ..place };
        let repeats = !seen.insert(row.iter().map(<[u8]>::to_vec).collect::<Vec<_>>());
        match run(&row, columns) {
            Ok(_) if repeats && told < MOST_TOLD => {
                found.unreadable(place, "the same as a row before, counted once");
                told += 1;
            }
            Ok(_) if repeats => {}
            Ok(run) if runs < MOST_RUNS => {
                let citation = found.cite(place, &quoted(&row));
                found.checks.push(CheckRun { citation, ..run });
                runs += 1;
            }
            Ok(_) => return found.unreadable(place, format!("no run after the first {MOST_RUNS} is read")),
            Err(why) if told < MOST_TOLD => {
                found.unreadable(place, why);
                told += 1;
            }
            Err(_) => {
                return found.unreadable(place, format!("more than {MOST_TOLD} rows cannot be read; it was given up"));
            }
        }
    }
}

/// Finds the lines of places, each behind the one before.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first byte at or behind a place that ends no line: the reader of the table stands at the end of
    /// the row before, or at a blank line.
    fn of(&mut self, place: u64) -> u64 {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at)
            && (self.at < place || matches!(byte, b'\n' | b'\r'))
        {
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// A row as it is quoted: on one line.
fn quoted(row: &ByteRecord) -> String {
    let fields: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
    fields.join(",")
}

fn run(row: &ByteRecord, columns: CheckColumns) -> Result<CheckRun, String> {
    let field = |column: usize| row.get(column).map(String::from_utf8_lossy).unwrap_or_default();
    let text = |column: Option<usize>| column.map(|column| cut(field(column).trim())).filter(|text| !text.is_empty());
    let time = |column: usize| {
        let text = field(column);
        times::read(&text).ok_or_else(|| format!("no time with a zone: {:?}", cut(&text)))
    };
    let (to, told) = (time(columns.to)?, field(columns.outcome));
    let from = match text(columns.from).is_some() {
        true => columns.from.map(time).transpose()?,
        false => None,
    };
    if from.is_some_and(|from| from > to) {
        return Err("it ends before it begins".to_owned());
    }
    let outcome = outcome(&told, columns.reads).ok_or_else(|| format!("no outcome that is known: {:?}", cut(&told)))?;
    Ok(CheckRun {
        from,
        to,
        outcome,
        what: text(columns.what).unwrap_or_else(|| "run".to_owned()),
        namespace: text(columns.namespace),
        release: text(columns.release),
        error: text(columns.error).unwrap_or_default(),
        citation: crate::model::Citation::default(),
    })
}

const PASSED: &[&str] = &[
    "ok",
    "pass",
    "passed",
    "success",
    "succeeded",
    "successful",
    "true",
    "yes",
    "up",
    "green",
    "healthy",
    "completed",
];
const FAILED: &[&str] = &[
    "failed",
    "fail",
    "failure",
    "error",
    "errored",
    "timeout",
    "timedout",
    "false",
    "no",
    "down",
    "red",
    "unhealthy",
    "broken",
    "ko",
    "notok",
];
const UNKNOWN: &[&str] =
    &["skipped", "skip", "cancelled", "canceled", "aborted", "unknown", "pending", "running", "neutral", "ignored"];

fn outcome(text: &str, reads: OutcomeColumn) -> Option<CheckOutcome> {
    let word: String = text.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let is_one_of = |words: &[&str]| words.contains(&word.as_str());
    if is_one_of(PASSED) {
        return Some(CheckOutcome::Passed);
    }
    if is_one_of(FAILED) {
        return Some(CheckOutcome::Failed);
    }
    if is_one_of(UNKNOWN) {
        return Some(CheckOutcome::Unknown);
    }
    let number: i64 = text.trim().parse().ok()?;
    let passed = match (reads, number) {
        (OutcomeColumn::ExitCode, code) => code == 0,
        (OutcomeColumn::Truth, 0 | 1) => number == 1,
        (OutcomeColumn::Words, 100..=599) => number < 400,
        // What curl writes for the status code of an answer that never came.
        (OutcomeColumn::Words, 0) if text.trim() == "000" => false,
        _ => return None,
    };
    Some(if passed { CheckOutcome::Passed } else { CheckOutcome::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn read_all(text: &[u8]) -> Findings {
        let mut found = Findings::default();
        if let Some(columns) = CheckColumns::of(text) {
            read(text, columns, Place::of_line(0, DateTime::UNIX_EPOCH), &mut found);
        }
        found
    }

    #[test]
    fn a_row_twice_is_one_run_and_no_answer_is_a_failure() {
        let found = read_all(
            b"time,code,what\n2026-11-21T16:00:23Z,200,a\n2026-11-21T16:00:23Z,200,a\n2026-11-21T16:00:40Z,000,a\n",
        );
        let runs: Vec<_> = found.checks.iter().map(|run| (run.outcome, run.citation.line)).collect();
        assert_eq!(runs, [(CheckOutcome::Passed, 2), (CheckOutcome::Failed, 4)]);
        assert_eq!(found.unreadable.len(), 1);
    }

    #[test]
    fn rows_are_runs_with_the_line_they_begin_on() {
        let text = "Time;Outcome;What;ns;Error\n2026-11-21T16:00:23Z;ok;one;ci;\n2026-11-21T16:00:40Z;FAILED;\"two\nlines\";ci;\"no; answer\"\n\n\
                    1795276900;skipped;three;;\n";
        let found = read_all(text.as_bytes());
        let runs: Vec<_> = found.checks.iter().map(|run| (run.outcome, run.what.as_str(), run.citation.line)).collect();
        use CheckOutcome::*;
        assert_eq!(runs, [(Passed, "one", 2), (Failed, "two\nlines", 3), (Unknown, "three", 6)]);
        let crlf = read_all(text.replace('\n', "\r\n").as_bytes());
        assert_eq!(crlf.checks.iter().map(|run| run.citation.line).collect::<Vec<_>>(), [2, 3, 6]);
        let two = &found.checks[1];
        assert_eq!((two.error.as_str(), two.namespace.as_deref()), ("no; answer", Some("ci")));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_said_with_its_line() {
        let text =
            "time,outcome\n2026-11-21 16:00:23,ok\n2026-11-21T16:00:40Z,perhaps\n2026-11-21T16:00:50Z,ok\n2026\n";
        let found = read_all(text.as_bytes());
        assert_eq!(found.checks.len(), 1);
        let said: Vec<_> = found.unreadable.iter().map(|one| (one.line, found.facts.quote(*one))).collect();
        assert_eq!(said.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 5]);
        assert!(said[0].1.contains("no time with a zone") && said[1].1.contains("perhaps"), "{said:?}");
    }

    #[test]
    fn numbers_are_read_by_what_their_column_is() {
        use OutcomeColumn::*;
        let passed = |text, reads| outcome(text, reads).map(|one| one == CheckOutcome::Passed);
        assert_eq!((passed("0", ExitCode), passed("137", ExitCode)), (Some(true), Some(false)));
        assert_eq!((passed("1", Truth), passed("0", Truth), passed("2", Truth)), (Some(true), Some(false), None));
        assert_eq!((passed("204", Words), passed("503", Words), passed("1", Words)), (Some(true), Some(false), None));
    }

    proptest! {
        #[test]
        fn any_table_is_survived(rows in proptest::collection::vec(any::<u8>(), 0..400)) {
            let text = [b"time,outcome,what\n".as_slice(), &rows].concat();
            let found = read_all(&text);
            prop_assert!(found.checks.iter().all(|run| run.what.chars().count() <= 300));
        }
    }
}
