//! What depends on there being a terminal: colour, width, and readers that go away.
//!
//! Data that cannot be written to stdout is a failure of the command. What cannot be said on stderr is lost, and
//! changes nothing else: there is nowhere left to say so.

use super::failure::Failure;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::Path;

/// Writes data to stdout. A reader that has seen enough and closed the pipe is success, not an error.
pub fn print_data(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    printed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Has data written to stdout, a piece at a time.
pub fn print_written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    printed(write(&mut out).and_then(|()| out.flush()))
}

/// Writes text for people to stdout, without what an archive may have put in to steer a terminal.
pub fn print_text(text: &str) -> Result<(), Failure> {
    print_data(&harmless_text(text))
}

/// Writes something as JSON for programs, over several lines.
pub fn print_json(what: &impl Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(what).map_err(|error| Failure::environment("writing it", error))?;
    print_data(&format!("{}\n", escaped(&json)))
}

/// JSON with what could steer a terminal written as escapes, as which they mean the same: serde_json leaves some as they
/// are.
fn escaped(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        match c != '\n' && (c.is_control() || turns_writing(c)) {
            true => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => shown.push(c),
        }
    }
    shown
}

fn turns_writing(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes the path of a file that was made to stdout. It is whole, and to be found, also where that fails.
pub fn print_path(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    print_data(&format!("{shown}\n")).map_err(|failed| failed.hint(format!("it is whole in {shown}")))
}

/// Writes what clap has to say to stdout: help, or the version.
pub fn print_help(help: &clap::Error) -> Result<(), Failure> {
    printed(help.print().and_then(|()| io::stdout().flush()))
}

/// Lines on their way to stdout.
pub struct Lines {
    out: BufWriter<StdoutLock<'static>>,
    written: io::Result<()>,
}

impl Lines {
    pub fn begin() -> Self {
        Self { out: BufWriter::new(io::stdout().lock()), written: Ok(()) }
    }

    /// Writes one more. Gives whether there is still somebody to read.
    pub fn print(&mut self, line: &[u8]) -> bool {
        if self.written.is_ok() {
            self.written = self.out.write_all(line).and_then(|()| self.out.write_all(b"\n"));
        }
        self.written.is_ok()
    }

    /// Gives whether all of them were written, or as many as the reader wanted.
    pub fn end(mut self) -> Result<(), Failure> {
        printed(self.written.and_then(|()| self.out.flush()))
    }
}

/// Writes values as JSON, one a line.
pub fn print_json_lines<T: Serialize>(values: &[T]) -> Result<(), Failure> {
    let mut text = String::new();
    for value in values {
        let json = serde_json::to_string(value).map_err(|error| Failure::environment("writing it", error))?;
        text.push_str(&escaped(&json));
        text.push('\n');
    }
    print_data(&text)
}

/// Writes YAML whose texts are quoted as those of JSON are wherever they hold more than letters.
pub fn print_yaml(text: &str) -> Result<(), Failure> {
    print_data(&escaped(text))
}

/// A value as a line of JSON that steers no terminal.
pub fn json_line(value: &impl Serialize) -> Vec<u8> {
    escaped(&serde_json::to_string(value).unwrap_or_default()).into_bytes()
}

/// What became of writing to stdout.
fn printed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::environment("writing to stdout", error)),
    }
}

/// Says something on stderr, a line or more, without what an archive may have put in to steer a terminal.
pub fn tell(text: &str) {
    // `eprintln!` would end the program where stderr is full.
    let _ = io::stderr().write_all(format!("{}\n", harmless_text(text)).as_bytes());
}

fn harmless_text(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| String::from_utf8_lossy(&harmless(line.as_bytes())).into_owned()).collect();
    lines.join("\n")
}

/// Where a command's output goes on to.
#[cfg(feature = "live")]
#[derive(Clone, Copy, Debug)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// Writes what a command printed, as it is and at once.
#[cfg(feature = "live")]
pub fn pass_on(to: Stream, bytes: &[u8]) -> io::Result<()> {
    match to {
        Stream::Stdout => {
            let mut out = io::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush())
        }
        Stream::Stderr => io::stderr().lock().write_all(bytes),
    }
}

/// Whether a command that inherits stdin may ask a person.
#[cfg(feature = "live")]
pub fn stdin_is_watched() -> bool {
    io::stdin().is_terminal()
}

/// Writes a file to stdout as it is.
#[cfg(feature = "live")]
pub fn print_file(path: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    io::copy(&mut std::fs::File::open(path)?, &mut out).and_then(|_| out.flush())
}

/// A line from a stranger without what could steer a terminal: control characters, and those that turn the direction
/// of writing, are shown as escapes.
pub fn harmless(line: &[u8]) -> Vec<u8> {
    let mut shown = String::new();
    for c in String::from_utf8_lossy(line).chars() {
        let steers = (c.is_control() && c != '\t') || turns_writing(c);
        match steers {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown.into_bytes()
}

/// Whether a person is looking at stdout.
pub fn stdout_is_watched() -> bool {
    io::stdout().is_terminal()
}

/// Whether what is printed may have colours: a person looks at it, and neither `NO_COLOR` (no-color.org) nor a terminal
/// without any says otherwise.
pub fn has_colour() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    stdout_is_watched() && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// A colour of a terminal, by its number of ECMA-48.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Red = 31,
    Yellow = 33,
    Cyan = 36,
    Grey = 90,
}

/// A text in a colour, where there are colours. The text has to be harmless before.
pub fn painted(text: &str, colour: Option<Colour>) -> String {
    match colour.filter(|_| has_colour()) {
        Some(colour) => format!("\u{1b}[{}m{text}\u{1b}[0m", colour as u8),
        None => text.to_owned(),
    }
}

/// A text without what could steer a terminal, on one line.
pub fn harmless_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    String::from_utf8_lossy(&harmless(line.as_bytes())).into_owned()
}

/// Whether a person is looking at stderr.
#[cfg(feature = "live")]
pub fn stderr_is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Asks a person on the terminal, who has to type `yes`. Nobody is there to answer where stdin or stderr is none.
#[cfg(feature = "live")]
pub fn confirmed(question: &str) -> bool {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return false;
    }
    let asked = io::stderr().write_all(format!("{question} [yes/no] ").as_bytes());
    let mut answer = String::new();
    asked.is_ok() && io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

/// How many columns there are to write in: the terminal's, or 100 where stdout is none.
pub fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(100, |(width, _)| usize::from(width.0).clamp(60, 160))
}

/// A table without lines that fits the terminal. Where stdout is none, nothing in it is wrapped: a name or a path is to
/// be found, and pasted, as one.
pub fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if stdout_is_watched() {
        let width = u16::try_from(width()).unwrap_or(u16::MAX);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_does_not_steer_the_terminal() {
        let shown = String::from_utf8(harmless("a\tb\u{1b}[2J\u{202e}x\u{e9}".as_bytes())).expect("text");
        assert_eq!(shown, "a\tb\\u{1b}[2J\\u{202e}x\u{e9}");
    }
}
