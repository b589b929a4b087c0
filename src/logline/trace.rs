//! Stack traces of Python, Java, Go, Node and .NET, which programs print in many lines and which are one record.
//!
//! ```text
//! Traceback (most recent call last):              panic: runtime error: index out of range [3] with length 3
//!   File "/app/pay.py", line 7, in charge
//!     raise ValueError("no card")                 goroutine 1 [running]:
//! ValueError: no card                             main.charge(...)
//!                                                     /app/pay.go:7 +0x1d
//! java.lang.IllegalStateException: no card
//!     at shop.Pay.charge(Pay.java:7)               TypeError: card is undefined
//! Caused by: java.net.ConnectException: refused       at charge (/app/pay.js:7:11)
//!     ... 12 more
//! Unhandled exception. System.InvalidOperationException: no card
//!  ---> System.Net.Sockets.SocketException (111): Connection refused
//!    at Shop.Pay.Charge() in /app/Pay.cs:line 7
//! ```
//!
//! A line goes on with what stands before it by what it says itself and by the two lines before it. So where a record
//! begins and ends can be told from its surroundings alone, wherever a log is cut into blocks. A line with a level, as
//! of `logging.exception` or Logback, is the head of the trace behind it. Sources: Python 3.13, Lib/traceback.py;
//! OpenJDK 21, java/lang/Throwable.java (printStackTrace); Go 1.23, src/runtime/panic.go and traceback.go; V8, Stack
//! trace API; .NET 8, System.Private.CoreLib, Exception.ToString.

mod forms;

use super::{message, severity};
use forms::{TRACEBACK, goes_on, is_exception, is_frame, is_goroutine, is_of_python, may_be_head, says_panic};
use std::borrow::Cow;

/// The most lines of a record behind its head.
pub const MOST_LINES: usize = 200;
/// The most bytes of a record.
pub const MOST_BYTES: usize = 32 << 10;
/// A line longer than this, in bytes, goes on with nothing.
const MOST_LINE: usize = 4 << 10;
/// What has to be known of the text before and behind a block, in bytes, so that its edges do not show.
pub const SURROUNDINGS: usize = MOST_BYTES + 2 * (MOST_LINE + 1);

/// Whole lines of a log: a block, and what stands before and behind it. Places in them are counted from the first byte
/// of what stands before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surrounded<'a> {
    pub before: &'a [u8],
    pub block: &'a [u8],
    pub after: &'a [u8],
}

/// A stack trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace<'a> {
    /// Where the line behind it begins.
    pub end: usize,
    /// What it says: its head, and what tells most behind that.
    pub message: String,
    /// The line that tells most, unless that is the head: how many lines behind it, and the whole of it.
    pub telling: Option<(usize, &'a [u8])>,
}

/// A line without its line break, and where the next one begins.
#[derive(Clone, Copy)]
struct Line<'a> {
    bytes: &'a [u8],
    end: usize,
}

/// What is in every trace, as it stands in a line of any form.
const FRAMES: [&[u8]; 7] = [b"---\\u003e ", b"\tat ", b"\\tat ", b"   at ", b"---> ", b"File ", b"goroutine "];

impl<'a> Surrounded<'a> {
    /// Whether a trace may reach into the block.
    pub fn may_have_traces(&self) -> bool {
        [self.block, self.before, self.after]
            .iter()
            .any(|piece| FRAMES.iter().any(|frame| memchr::memmem::find(piece, frame).is_some()))
    }

    fn line(&self, at: usize) -> Option<Line<'a>> {
        let mut start = 0;
        for piece in [self.before, self.block, self.after] {
            let rest = piece.get(at - start..).filter(|rest| !rest.is_empty());
            if let Some(rest) = rest {
                let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                let whole = rest.get(..length)?;
                let line = whole.strip_suffix(b"\n").unwrap_or(whole);
                return Some(Line { bytes: line.strip_suffix(b"\r").unwrap_or(line), end: at + length });
            }
            start += piece.len();
        }
        None
    }

    /// Where the line before the one at `at` begins.
    fn line_before(&self, at: usize) -> Option<usize> {
        let block = self.before.len();
        let (start, piece) = match at.checked_sub(block).filter(|place| *place > 0) {
            None => (0, self.before),
            Some(place) if place <= self.block.len() => (block, self.block),
            Some(_) => (block + self.block.len(), self.after),
        };
        let text = piece.get(..(at - start).checked_sub(1)?)?;
        Some(start + memchr::memrchr(b'\n', text).map_or(0, |end| end + 1))
    }
}

/// Whose lines they are.
pub trait Printing {
    /// What a line says without what its journal or runtime put before it.
    fn printed<'a>(&self, line: &'a [u8]) -> Cow<'a, str>;
}

/// The traces of a block, for whoever goes over its lines in their order.
pub struct Traces<'t, 'a, P> {
    text: Surrounded<'a>,
    printing: &'t P,
    /// Where the last trace that was found ends.
    end: usize,
}

impl<'t, 'a, P: Printing> Traces<'t, 'a, P> {
    pub fn new(text: Surrounded<'a>, printing: &'t P) -> Self {
        let mut traces = Self { text, printing, end: 0 };
        traces.end = traces.entering().unwrap_or_default();
        traces
    }

    /// Whether the line that begins at a place of the block goes on with a trace.
    pub fn covers(&self, place: usize) -> bool {
        self.text.before.len() + place < self.end
    }

    /// The trace of which the line at a place of the block is the head, if there is one. `says`: what that line says;
    /// `is_grave`: it calls itself a warning or worse.
    pub fn begins(&mut self, place: usize, says: &str, is_grave: bool) -> Option<Trace<'a>> {
        let may_begin = is_grave || may_be_head(says);
        may_begin.then(|| self.begins_by_next(place)).flatten()
    }

    /// The same for whoever has not looked for levels: most lines have none behind them that a trace could go on with.
    pub fn begins_by_next(&mut self, place: usize) -> Option<Trace<'a>> {
        let head = self.text.before.len() + place;
        let next = self.text.line(head)?.end;
        let says = self.says(next);
        let may_follow = says.trim().is_empty()
            || is_frame(&says)
            || is_exception(&says)
            || is_goroutine(&says)
            || says.starts_with(TRACEBACK)
            || ["File \"", "---> ", "[signal ", "panic: "].iter().any(|begin| says.trim_start().starts_with(begin));
        let trace = may_follow.then(|| self.trace(head)).flatten()?;
        self.end = trace.end;
        Some(trace)
    }

    /// Where the trace ends that began before the block and reaches into it.
    fn entering(&self) -> Option<usize> {
        let start = self.text.before.len();
        let mut head = start;
        let mut lines = 0;
        while self.goes_on(head) {
            (head, lines) = (self.text.line_before(head)?, lines + 1);
            if lines > MOST_LINES {
                return None;
            }
        }
        // A line with a level is the head of a trace behind it.
        let logged = self.text.line_before(head).filter(|at| is_grave(&self.says(*at)));
        let end = logged.and_then(|at| self.trace(at)).or_else(|| self.trace(head).filter(|_| head < start))?.end;
        (end > start).then_some(end)
    }

    fn says(&self, at: usize) -> Cow<'a, str> {
        self.text.line(at).map_or("".into(), |line| said(line.bytes, self.printing))
    }

    /// Whether the line at `at` goes on with what stands before it.
    fn goes_on(&self, at: usize) -> bool {
        let before = self.text.line_before(at);
        let says = |at: Option<usize>| at.map_or("".into(), |at| self.says(at));
        let two = before.and_then(|before| self.text.line_before(before));
        goes_on(&self.says(at), [&says(before), &says(two)])
    }

    /// The trace of which the line at `head` is the head, if there is one.
    fn trace(&self, head: usize) -> Option<Trace<'a>> {
        let head_line = self.text.line(head)?;
        let says = self.printing.printed(head_line.bytes).into_owned();
        let is_grave = is_grave(&says);
        let mut reader = Reader { text: &self.text, printing: self.printing, at: head_line.end };
        let first = reader.peek(0)?;
        let kind = Kind::of(&says, &first, is_grave).or_else(|| {
            // The line of a logger, before a trace with a head of its own.
            let is_head = is_grave && (first.starts_with(TRACEBACK) || is_exception(&first));
            Kind::of(&first, &reader.peek(1)?, false).filter(|_| is_head)
        });
        let kind = kind.or_else(|| is_of_go(&says, is_grave, &reader).then_some(Kind::Go))?;
        if self.goes_on(head) {
            return None;
        }
        let mut parts = Parts::new(kind, &says);
        let mut end = head_line.end;
        let mut before = [says, String::new()];
        for number in 1..=MOST_LINES {
            let Some(line) = self.text.line(reader.at).filter(|line| line.end - head <= MOST_BYTES) else { break };
            let says = said(line.bytes, self.printing).into_owned();
            let is_own_head = number == 1 && (says.starts_with(TRACEBACK) || is_exception(&says));
            let [one, two] = &before;
            if !is_own_head && !goes_on(&says, [one, two]) {
                break;
            }
            parts.add(number, &says, line.bytes);
            (end, reader.at) = (line.end, line.end);
            let [one, _] = before;
            before = [says, one];
        }
        Some(Trace { end, message: parts.message(), telling: parts.telling })
    }
}

fn is_grave(text: &str) -> bool {
    severity::of_program(text).is_some()
}

struct Reader<'t, 'a, P> {
    text: &'t Surrounded<'a>,
    printing: &'t P,
    at: usize,
}

impl<P: Printing> Reader<'_, '_, P> {
    /// What a line ahead says.
    fn peek(&self, ahead: usize) -> Option<String> {
        let mut line = self.text.line(self.at)?;
        for _ in 0..ahead {
            line = self.text.line(line.end)?;
        }
        Some(said(line.bytes, self.printing).into_owned())
    }
}

/// What a line says; no words of a trace where it is longer than its lines are.
fn said<'a>(line: &'a [u8], printing: &impl Printing) -> Cow<'a, str> {
    if line.len() > MOST_LINE { "…".into() } else { printing.printed(line) }
}

/// Which language printed it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Python,
    /// Java, Node and .NET begin their frames with the same word.
    At,
    Go,
}

impl Kind {
    /// By a head and the line behind it.
    fn of(head: &str, next: &str, is_grave: bool) -> Option<Self> {
        if head.trim_start().starts_with(TRACEBACK) || head.ends_with(TRACEBACK) {
            return next.trim_start().starts_with("File \"").then_some(Self::Python);
        }
        let is_frame = is_frame(next) || next.trim_start().starts_with("---> ");
        (is_frame && (is_grave || is_exception(head))).then_some(Self::At)
    }
}

/// Whether the head of a Go program's panic has its goroutines behind it.
fn is_of_go<P: Printing>(head: &str, is_grave: bool, behind: &Reader<'_, '_, P>) -> bool {
    let is_head = is_grave || says_panic(head);
    let is_before =
        |text: &str| text.trim().is_empty() || text.starts_with("[signal ") || text.starts_with("\tpanic: ");
    let next = || (0..4).map_while(|ahead| behind.peek(ahead)).find(|text| !is_before(text));
    is_head && next().is_some_and(|text| is_goroutine(&text))
}

/// What a trace says.
struct Parts<'a> {
    kind: Kind,
    head: String,
    /// The trace's own head, where a logger's line stands before it.
    own: Option<String>,
    tells: Option<String>,
    telling: Option<(usize, &'a [u8])>,
    /// How far Python's last line is indented; none where it was there.
    indent: Option<usize>,
}

impl<'a> Parts<'a> {
    fn new(kind: Kind, head: &str) -> Self {
        Self { kind, head: head.to_owned(), own: None, tells: None, telling: None, indent: None }
    }

    /// Looks at the line that is so many behind the head.
    fn add(&mut self, number: usize, says: &str, line: &'a [u8]) {
        let text = says.trim_start();
        let indent = says.len() - text.len();
        let tells = match self.kind {
            Kind::Python if text.starts_with("File \"") => {
                self.indent = self.indent.or(indent.checked_sub(2));
                false
            }
            Kind::Python => self.indent == Some(indent) && is_of_python(text),
            Kind::At if number == 1 && is_exception(says) => {
                self.own = Some(says.to_owned());
                self.telling = Some((number, line));
                false
            }
            Kind::At => text.starts_with("Caused by: ") || text.starts_with("---> "),
            Kind::Go => false,
        };
        if tells {
            self.indent = None;
            self.tells = Some(text.trim_end().to_owned());
            self.telling = Some((number, line));
        }
    }

    fn message(&self) -> String {
        let head = self.head.trim_end();
        let says_nothing = self.kind == Kind::Python && head.starts_with(TRACEBACK) && self.tells.is_some();
        let head = Some(message::of(head)).filter(|_| !says_nothing);
        let mut parts: Vec<&str> = head.as_deref().into_iter().chain(self.own.as_deref()).collect();
        let Some(tells) = &self.tells else { return parts.join(": ") };
        for part in &mut parts {
            *part = part.char_indices().nth(MOST_CHARS).and_then(|(end, _)| part.get(..end)).unwrap_or(part);
        }
        parts.push(tells);
        parts.join(": ")
    }
}

/// Characters of a head that are kept before what tells more.
const MOST_CHARS: usize = 80;

#[cfg(test)]
mod tests;
