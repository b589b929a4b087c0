//! What the columns of a table of check runs are, by their headings: people and programs name them differently.

/// The longest line that is taken for headings, in bytes.
const MOST_BYTES: usize = 4 << 10;

/// Where each part of a run stands in its row, from 0, and what separates the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckColumns {
    pub separator: u8,
    /// When the run ended, or was written down.
    pub to: usize,
    pub from: Option<usize>,
    pub outcome: usize,
    pub reads: OutcomeColumn,
    pub what: Option<usize>,
    pub namespace: Option<usize>,
    pub release: Option<usize>,
    pub error: Option<usize>,
}

/// How the column of outcomes is to be read where it holds numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeColumn {
    /// Words; numbers are status codes of HTTP.
    Words,
    /// 0 is success, as programs exit.
    ExitCode,
    /// 1 is success.
    Truth,
}

const TO: &[&str] =
    &["time", "timestamp", "date", "datetime", "at", "when", "to", "end", "ended", "endedat", "endtime"];
const TO_AS_WELL: &[&str] = &["finished", "finishedat", "completed", "completedat"];
const FROM: &[&str] = &["from", "start", "started", "startedat", "starttime", "begin", "began"];
const WORDS: &[&str] = &["outcome", "result", "status", "conclusion", "state", "code", "statuscode"];
const EXIT_CODE: &[&str] = &["exitcode", "exit", "rc", "exitstatus"];
const TRUTH: &[&str] = &["ok", "success", "passed", "up"];
const WHAT: &[&str] = &["what", "check", "name", "job", "test", "step", "target", "url", "description"];
const NAMESPACE: &[&str] = &["namespace", "ns"];
const RELEASE: &[&str] = &["release", "instance", "chart"];
const ERROR: &[&str] = &["error", "message", "reason", "detail", "details", "output"];

impl CheckColumns {
    /// The columns of a table that begins with these bytes; none where its first line names no time or no outcome.
    pub fn of(start: &[u8]) -> Option<Self> {
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        let line = start.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty())?;
        let line = std::str::from_utf8(line).ok().filter(|line| line.len() <= MOST_BYTES)?;
        [b',', b';', b'\t'].into_iter().find_map(|separator| Self::separated_by(separator, line))
    }

    fn separated_by(separator: u8, line: &str) -> Option<Self> {
        let headings: Vec<String> = line.split(char::from(separator)).map(plain).collect();
        let first = |names: &[&str]| headings.iter().position(|heading| names.contains(&heading.as_str()));
        let outcomes =
            [(WORDS, OutcomeColumn::Words), (EXIT_CODE, OutcomeColumn::ExitCode), (TRUTH, OutcomeColumn::Truth)];
        let (outcome, reads) = outcomes.into_iter().find_map(|(names, reads)| Some((first(names)?, reads)))?;
        Some(Self {
            separator,
            // An end says more than a time of which nobody says what it is of.
            to: first(TO_AS_WELL).or_else(|| first(TO))?,
            from: first(FROM),
            outcome,
            reads,
            what: first(WHAT),
            namespace: first(NAMESPACE),
            release: first(RELEASE),
            error: first(ERROR),
        })
    }
}

/// A heading without what people write it differently by.
fn plain(heading: &str) -> String {
    let kept = heading.chars().filter(|character| character.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_in_any_order_and_spelling() {
        let of = |line: &str| CheckColumns::of(line.as_bytes());
        let plain = of("time,outcome,what\n2026").expect("columns");
        assert_eq!((plain.to, plain.from, plain.outcome, plain.what), (0, None, 1, Some(2)));
        let other = of("\u{feff}\"Exit Code\";Started At;Finished_At;NS\r\n").expect("columns");
        assert_eq!((other.separator, other.to, other.from, other.outcome), (b';', 2, Some(1), 0));
        assert_eq!((other.reads, other.namespace), (OutcomeColumn::ExitCode, Some(3)));
        for no_check in ["", "time,author,text\n", "outcome,what\n", "{\"time\": 1, \"outcome\": 2}", "2026,ok,x"] {
            assert_eq!(of(no_check), None, "{no_check}");
        }
    }
}
