//! What depends on there being a terminal: colour, width, and readers that go away.

#[cfg(feature = "live")]
use std::io::IsTerminal;
use std::io::Write;

/// Writes data to stdout. A reader that has seen enough and closed the pipe is success, not an error.
pub fn print_data(text: &str) {
    let mut out = std::io::stdout().lock();
    // The only error left is a closed or full stdout, and there is nowhere to say so.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Whether a person is looking at stderr.
#[cfg(feature = "live")]
pub fn stderr_is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// How many columns there are to write in: the terminal's, or 100 where stdout is none.
pub fn width() -> usize {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(100, |(width, _)| usize::from(width.0).clamp(60, 160))
}
