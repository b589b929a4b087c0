//! What the columns of a table are, of check runs and of notes, by their headings: people and programs name them differently.

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
        let line = first_line(start)?;
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

/// Where each part of a note stands in its row, from 0, and what separates the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteColumns {
    pub separator: u8,
    pub time: usize,
    /// The day, where the time is one of a clock alone.
    pub day: Option<usize>,
    pub author: Option<usize>,
    pub text: usize,
    /// The heading of the times says that they are of UTC.
    pub is_utc: bool,
}

const NOTE_TIME: &[&str] = &["time", "timestamp", "datetime", "at", "when", "clock", "start", "started", "from", "ts"];
const NOTE_DAY: &[&str] = &["date", "day"];
const NOTE_AUTHOR: &[&str] = &[
    "author",
    "who",
    "by",
    "user",
    "username",
    "name",
    "person",
    "owner",
    "sender",
    "handle",
    "reporter",
    "responder",
    "actor",
    "role",
];
const NOTE_TEXT: &[&str] = &[
    "text",
    "note",
    "notes",
    "message",
    "what",
    "whathappened",
    "event",
    "action",
    "entry",
    "comment",
    "description",
    "details",
    "content",
    "body",
    "update",
];

impl NoteColumns {
    /// The columns of a table that begins with these bytes; none where its first line names no time or no text.
    pub fn of(start: &[u8]) -> Option<Self> {
        let line = first_line(start).filter(|line| !line.starts_with(['#', '-', '*', '>', '|']))?;
        [b',', b';', b'\t'].into_iter().find_map(|separator| {
            Self::of_headings(line.split(char::from(separator))).map(|columns| Self { separator, ..columns })
        })
    }

    /// Those that headings name.
    pub fn of_headings<'a>(headings: impl Iterator<Item = &'a str>) -> Option<Self> {
        let headings: Vec<String> = headings.map(plain).collect();
        let zoneless = |heading: &str| {
            ["utc", "gmt"].iter().find_map(|zone| heading.strip_suffix(zone)).unwrap_or(heading).to_owned()
        };
        let first = |names: &[&str]| headings.iter().position(|heading| names.contains(&zoneless(heading).as_str()));
        let (time, day) = match (first(NOTE_TIME), first(NOTE_DAY)) {
            (Some(time), day) => (time, day),
            (None, day) => (day?, None),
        };
        let is_utc = headings.get(time).is_some_and(|heading| zoneless(heading) != *heading);
        let (author, text) = (first(NOTE_AUTHOR), first(NOTE_TEXT)?);
        Some(Self { separator: b',', time, day, author, text, is_utc })
    }
}

/// The first line that is not empty, where it is a text of the length that headings have.
fn first_line(start: &[u8]) -> Option<&str> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let line = start.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty())?;
    std::str::from_utf8(line).ok().filter(|line| line.len() <= MOST_BYTES)
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

    #[test]
    fn notes_have_a_time_and_a_text() {
        let of = |line: &str| NoteColumns::of(line.as_bytes());
        let plain = of("time,author,text\n").expect("columns");
        assert_eq!((plain.time, plain.author, plain.text, plain.is_utc), (0, Some(1), 2, false));
        let other = of("Date;Time (UTC);What happened;Who\n").expect("columns");
        assert_eq!((other.separator, other.day, other.time, other.text, other.author), (b';', Some(0), 1, 2, Some(3)));
        assert!(other.is_utc);
        assert_eq!(of("Date\tNote").map(|one| (one.time, one.day)), Some((0, None)));
        for no_notes in ["", "time,author", "author,text", "03:15 UTC jane, text", "# Notes, time"] {
            assert_eq!(of(no_notes), None, "{no_notes}");
        }
    }
}
