//! A line of the draft in the parts of which a page makes elements: words, code, and citations.

use crate::report::markdown::Markdown;

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    pub kind: Kind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Words,
    Code,
    /// The number of a record, as `E3`.
    Cite,
}

/// The parts of a line, in their order.
pub fn of(line: &Markdown) -> Vec<Piece> {
    let line = line.to_string();
    let mut pieces = Vec::new();
    let mut rest = line.as_str();
    while let Some(at) = rest.find('`') {
        let (words, from) = rest.split_at(at);
        let fence = from.len() - from.trim_start_matches('`').len();
        let (ticks, after) = from.split_at(fence);
        let Some(end) = closing(after, fence) else { break };
        cited(words, &mut pieces);
        let code = after.get(..end).unwrap_or_default();
        let code = code.strip_prefix(' ').and_then(|inner| inner.strip_suffix(' ')).unwrap_or(code);
        pieces.push(Piece { kind: Kind::Code, text: code.to_owned() });
        rest = after.get(end + ticks.len()..).unwrap_or_default();
    }
    cited(rest, &mut pieces);
    pieces
}

/// Where the run of exactly `fence` backticks begins that ends a code span.
fn closing(text: &str, fence: usize) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = from + rest.find('`')?;
        let run = text.get(at..)?;
        let length = run.len() - run.trim_start_matches('`').len();
        if length == fence {
            return Some(at);
        }
        from = at + length;
    }
}

/// Words with the citations among them, which stand as `[E1, E2]`.
fn cited(words: &str, pieces: &mut Vec<Piece>) {
    let mut push = |kind, text: &str| {
        if !text.is_empty() {
            pieces.push(Piece { kind, text: text.to_owned() });
        }
    };
    let mut rest = words;
    while let Some((before, after)) = rest.split_once("[E") {
        let Some((numbers, behind)) = after.split_once(']') else { break };
        push(Kind::Words, before);
        for number in numbers.split(", E") {
            push(Kind::Cite, &format!("E{number}"));
        }
        rest = behind;
    }
    push(Kind::Words, rest);
}

impl Piece {
    pub fn is_code(&self) -> bool {
        self.kind == Kind::Code
    }

    pub fn is_cite(&self) -> bool {
        self.kind == Kind::Cite
    }
}

/// A line as plain words, without its citations.
pub fn plain(line: &Markdown) -> String {
    let words = of(line).into_iter().filter(|piece| !piece.is_cite()).map(|piece| piece.text);
    words.collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_parts() {
        let line =
            Markdown::new().say("Service ").code("a`b", 40).say(" and ").code("`c`", 40).say(" was gone [E1, E20].");
        let said: Vec<(Kind, String)> = of(&line).into_iter().map(|piece| (piece.kind, piece.text)).collect();
        let expected = [
            (Kind::Words, "Service "),
            (Kind::Code, "a`b"),
            (Kind::Words, " and "),
            (Kind::Code, "`c`"),
            (Kind::Words, " was gone "),
            (Kind::Cite, "E1"),
            (Kind::Cite, "E20"),
            (Kind::Words, "."),
        ];
        assert_eq!(said, expected.map(|(kind, text)| (kind, text.to_owned())));
        assert_eq!(plain(&line), "Service a`b and `c` was gone .");
    }
}
