//! The last of what a command printed, bounded, and as lines that a table can hold.

use std::collections::VecDeque;

/// Bytes that are kept while it runs.
const MOST_BYTES: usize = 16 << 10;
/// Bytes of it that are noted.
const NOTED_BYTES: usize = 4 << 10;
/// Characters of it that stand in a sentence.
const SENTENCE_CHARS: usize = 200;

/// The end of a stream of bytes.
#[derive(Debug, Default)]
pub struct LastOutput(VecDeque<u8>);

impl LastOutput {
    pub fn push(&mut self, bytes: &[u8]) {
        let bytes = bytes.get(bytes.len().saturating_sub(MOST_BYTES)..).unwrap_or_default();
        let over = (self.0.len() + bytes.len()).saturating_sub(MOST_BYTES);
        self.0.drain(..over.min(self.0.len()));
        self.0.extend(bytes);
    }

    /// Its lines without what steers a terminal, those that say nothing left out. The first may be cut.
    pub fn lines(&self) -> Vec<String> {
        let bytes: Vec<u8> = self.0.iter().copied().collect();
        let text = plain(&String::from_utf8_lossy(&bytes));
        text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
    }
}

/// The last lines on one, each behind a bar, so that none begins a formula.
pub fn noted(lines: &[String]) -> String {
    last(lines, NOTED_BYTES).iter().map(|line| format!("| {line}")).collect::<Vec<_>>().join(" ")
}

/// The last lines as the end of a sentence.
pub fn sentence(lines: &[String]) -> String {
    let kept = last(lines, SENTENCE_CHARS).join(" | ");
    let over = kept.chars().count().saturating_sub(SENTENCE_CHARS);
    match over {
        0 => kept,
        over => format!("…{}", kept.chars().skip(over).collect::<String>()),
    }
}

/// As many of the last lines as fit, and in any case the last.
fn last(lines: &[String], most: usize) -> &[String] {
    let mut room = most;
    let fit = lines.iter().rev().take_while(|line| {
        let fits = line.len() <= room;
        room = room.saturating_sub(line.len() + 3);
        fits
    });
    let count = fit.count().max(1);
    lines.get(lines.len().saturating_sub(count)..).unwrap_or_default()
}

/// A text without escape sequences (ECMA-48, 5.4: ESC [ … final byte) and other controls but line feeds; what a carriage
/// return writes over is left out, as on a screen.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.next_if_eq(&'[').is_some() => {
                while rest.next().is_some_and(|c| !('\u{40}'..='\u{7e}').contains(&c)) {}
            }
            '\r' if rest.peek() != Some(&'\n') => {
                shown.truncate(shown.rfind('\n').map_or(0, |at| at + 1));
            }
            '\n' => shown.push('\n'),
            '\t' => shown.push(' '),
            c if c.is_control() => {}
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> LastOutput {
        let mut output = LastOutput::default();
        output.push(text.as_bytes());
        output
    }

    #[test]
    fn the_last_lines_are_kept_as_a_screen_shows_them() {
        let lines = of("\u{1b}[31mError\u{1b}[0m: no\r\n\n10 %\r100 %\n\ttimed out\n").lines();
        assert_eq!(lines, ["Error: no", "100 %", " timed out"]);
        assert_eq!(noted(&lines), "| Error: no | 100 % |  timed out");
        assert_eq!(sentence(&lines), "Error: no | 100 % |  timed out");
        assert_eq!((noted(&[]), sentence(&[])), (String::new(), String::new()));
        let long = of(&format!("first\n{}\nlast word\n", "x".repeat(500))).lines();
        assert_eq!(sentence(&long), "last word");
        let said = sentence(&of(&"y".repeat(500)).lines());
        assert!(said.starts_with('…') && said.chars().count() == SENTENCE_CHARS + 1, "{said}");
    }

    proptest! {
        #[test]
        fn any_output_is_kept_within_bounds(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9000), 0..9)) {
            let mut output = LastOutput::default();
            pieces.iter().for_each(|piece| output.push(piece));
            let all: Vec<u8> = pieces.concat();
            let end = &all[all.len().saturating_sub(MOST_BYTES)..];
            prop_assert_eq!(output.0.iter().copied().collect::<Vec<_>>(), end);
            let lines = output.lines();
            prop_assert!(!noted(&lines).contains('\n') && !sentence(&lines).contains('\n'));
        }
    }
}
