//! What depends on there being a terminal: colour, width, and readers that go away.

use std::io::{IsTerminal, Write};

/// Writes data to stdout. A reader that has seen enough and closed the pipe is success, not an error.
pub fn print_data(text: &str) {
    let mut out = std::io::stdout().lock();
    // The only error left is a closed or full stdout, and there is nowhere to say so.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes one line of data to stdout. Gives whether there is still somebody to read it.
pub fn print_line(line: &[u8]) -> bool {
    let mut out = std::io::stdout().lock();
    out.write_all(line).and_then(|()| out.write_all(b"\n")).is_ok()
}

/// Writes text for people to stdout, without what an archive may have put in to steer a terminal.
pub fn print_text(text: &str) {
    print_data(&harmless_text(text));
}

/// Says something on stderr, a line or more, without what an archive may have put in to steer a terminal.
pub fn tell(text: &str) {
    eprintln!("{}", harmless_text(text));
}

fn harmless_text(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| String::from_utf8_lossy(&harmless(line.as_bytes())).into_owned()).collect();
    lines.join("\n")
}

/// Writes a file to stdout as it is.
#[cfg(feature = "live")]
pub fn print_file(path: &std::path::Path) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    std::io::copy(&mut std::fs::File::open(path)?, &mut out).and_then(|_| out.flush())
}

/// A line from a stranger without what could steer a terminal: control characters, and those that turn the direction
/// of writing, are shown as escapes.
pub fn harmless(line: &[u8]) -> Vec<u8> {
    let mut shown = String::new();
    for c in String::from_utf8_lossy(line).chars() {
        let steers = (c.is_control() && c != '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        match steers {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown.into_bytes()
}

/// Whether a person is looking at stdout.
pub fn stdout_is_watched() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether a person is looking at stderr.
#[cfg(feature = "live")]
pub fn stderr_is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Asks a person on the terminal, who has to type `yes`. Nobody is there to answer where stdin or stderr is none.
#[cfg(feature = "live")]
pub fn confirmed(question: &str) -> bool {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return false;
    }
    eprint!("{question} [yes/no] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

/// How many columns there are to write in: the terminal's, or 100 where stdout is none.
pub fn width() -> usize {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(100, |(width, _)| usize::from(width.0).clamp(60, 160))
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
