//! What records say, each text kept once: a fact's message is a part of the text that is quoted of its record.

use crate::model::{Citation, EntryId};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The longest quotation a report carries, in characters; the whole line is in the archive.
const QUOTE_CHARS: usize = 400;

/// A text that is longer is kept up to here, in bytes: no rule looks further.
const KEPT_BYTES: usize = 16 << 10;

/// Texts in chunks, one for each part of an entry that was read apart.
#[derive(Debug, Default)]
pub struct Texts {
    chunks: Vec<Chunk>,
    /// The closed chunks in which each entry is quoted, with the first and the last of its lines there.
    by_entry: BTreeMap<EntryId, Vec<Lines>>,
    /// How many readings there are of each line that the open chunk quotes.
    parts: HashMap<(EntryId, u32), u32>,
}

#[derive(Clone, Copy, Debug)]
struct Lines {
    chunk: u32,
    lines: (u32, u32),
}

#[derive(Debug, Default)]
struct Chunk {
    text: String,
    /// In order of their citations once the chunk is closed, until then as they came.
    quotes: Vec<Quote>,
    is_closed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Quote {
    of: Citation,
    start: u32,
    len: u32,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    chunk: u32,
    start: u32,
    len: u32,
}

impl Texts {
    /// Keeps what a line says, as a reader of the report should see it. The citation's part is chosen here.
    pub fn cite(&mut self, of: Citation, text: &str) -> Citation {
        let of = Citation { part: self.next_part(of), ..of };
        let text = kept(text.trim());
        let chunk = self.open();
        let quote = Quote { of, start: small(chunk.text.len()), len: small(text.len()) };
        chunk.text.push_str(text);
        chunk.quotes.push(quote);
        of
    }

    /// Where `message` stands: inside the text that was cited last, if it is a part of it, else behind it.
    pub fn message(&mut self, message: &str) -> Span {
        let message = kept(message);
        if message.is_empty() {
            return Span::default();
        }
        let number = small(self.chunks.len().saturating_sub(usize::from(self.is_open())));
        let chunk = self.open();
        let last = chunk.quotes.last().map_or(0, |quote| quote.start as usize);
        let inside = chunk.text.get(last..).and_then(|text| text.rfind(message)).map(|at| last + at);
        let start = inside.unwrap_or(chunk.text.len());
        if inside.is_none() {
            chunk.text.push_str(message);
        }
        Span { chunk: number, start: small(start), len: small(message.len()) }
    }

    /// The text at a span that this gave, or that [`moved`](Span::moved) tells of.
    pub fn get(&self, span: Span) -> &str {
        let start = span.start as usize;
        let text =
            self.chunks.get(span.chunk as usize).and_then(|chunk| chunk.text.get(start..start + span.len as usize));
        text.unwrap_or_default()
    }

    /// What is quoted of a record, cut to a readable length.
    pub fn quote(&self, of: Citation) -> Cow<'_, str> {
        let found = self.with(of).find_map(|chunk| chunk.quote(of));
        found.map(shortened).unwrap_or_default()
    }

    /// Takes over the texts of another, whose spans move by the number that is given back.
    pub fn absorb(&mut self, mut other: Self) -> u32 {
        other.close();
        self.close();
        let moved = small(self.chunks.len());
        self.chunks.append(&mut other.chunks);
        for (entry, chunks) in other.by_entry {
            self.by_entry
                .entry(entry)
                .or_default()
                .extend(chunks.into_iter().map(|part| Lines { chunk: part.chunk + moved, ..part }));
        }
        moved
    }

    /// The chunks that may quote a line.
    fn with(&self, of: Citation) -> impl Iterator<Item = &Chunk> {
        let has_line = move |part: &&Lines| (part.lines.0..=part.lines.1).contains(&of.line);
        let closed = self.by_entry.get(&of.entry).into_iter().flatten().filter(has_line);
        let open = self.chunks.last().filter(|chunk| !chunk.is_closed);
        closed.filter_map(|part| self.chunks.get(part.chunk as usize)).chain(open)
    }

    /// How many readings of the same line there were before.
    fn next_part(&mut self, of: Citation) -> u32 {
        let line = (of.entry, of.line);
        let part = self.parts.get(&line).copied().unwrap_or_else(|| {
            let known: usize = self.with(of).map(|chunk| chunk.line(of).len()).sum();
            u32::try_from(known).unwrap_or(u32::MAX)
        });
        self.parts.insert(line, part.saturating_add(1));
        part
    }

    /// Whether the last chunk takes more.
    fn is_open(&self) -> bool {
        self.chunks.last().is_some_and(|chunk| !chunk.is_closed)
    }

    fn open(&mut self) -> &mut Chunk {
        if !self.is_open() {
            self.chunks.push(Chunk::default());
        }
        self.chunks.last_mut().expect("a chunk was just made")
    }

    /// Says that all was read: what is cited from now on goes into a chunk of its own.
    pub fn close(&mut self) {
        let number = small(self.chunks.len().saturating_sub(1));
        if let Some(chunk) = self.chunks.last_mut().filter(|chunk| !chunk.is_closed) {
            chunk.close();
            for quotes in chunk.quotes.chunk_by(|a, b| a.of.entry == b.of.entry) {
                if let [first, ..] = quotes
                    && let [.., last] = quotes
                {
                    let part = Lines { chunk: number, lines: (first.of.line, last.of.line) };
                    self.by_entry.entry(first.of.entry).or_default().push(part);
                }
            }
        }
        self.parts = HashMap::new();
    }
}

impl Chunk {
    fn quote(&self, of: Citation) -> Option<&str> {
        let among = if self.is_closed { self.line(of) } else { &self.quotes };
        let quote = among.iter().find(|quote| quote.of == of)?;
        let start = quote.start as usize;
        self.text.get(start..start + quote.len as usize)
    }

    /// All readings of a line, of a closed chunk; an open one counts its own.
    fn line(&self, of: Citation) -> &[Quote] {
        if !self.is_closed {
            return &[];
        }
        let is_it = |quote: &Quote| quote.of.is_same_line(of);
        let first = self.quotes.partition_point(|quote| (quote.of.entry, quote.of.line) < (of.entry, of.line));
        let rest = self.quotes.get(first..).unwrap_or_default();
        rest.get(..rest.iter().take_while(|quote| is_it(quote)).count()).unwrap_or_default()
    }

    fn close(&mut self) {
        self.quotes.sort_by_key(|quote| quote.of);
        self.quotes.shrink_to_fit();
        self.text.shrink_to_fit();
        self.is_closed = true;
    }
}

impl Span {
    /// The same text after its chunks moved.
    pub fn moved(self, chunks: u32) -> Self {
        if self.len == 0 { self } else { Self { chunk: self.chunk + chunks, ..self } }
    }
}

/// Chunks are parts of an entry, far smaller than this.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn kept(text: &str) -> &str {
    let end = (0..=KEPT_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(QUOTE_CHARS) {
        Some((cut, _)) => Cow::Owned(format!("{}…", text.get(..cut).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(line: u32) -> Citation {
        Citation { entry: EntryId(0), line, part: 0 }
    }

    #[test]
    fn a_message_is_a_part_of_its_quote() {
        let mut texts = Texts::default();
        let one = texts.cite(line(1), "10:00 Killing: Stopping container");
        let inside = texts.message("Stopping container");
        let two = texts.cite(line(1), "another reading");
        let behind = texts.message("not in it");
        assert_eq!((one.part, two.part), (0, 1));
        assert_eq!((texts.get(inside), texts.get(behind)), ("Stopping container", "not in it"));
        let mut all = Texts::default();
        all.cite(line(7), "before");
        let moved = all.absorb(texts);
        assert_eq!(all.get(inside.moved(moved)), "Stopping container");
        assert_eq!(
            (all.quote(one).as_ref(), all.quote(two).as_ref()),
            ("10:00 Killing: Stopping container", "another reading")
        );
        assert_eq!(all.cite(line(1), "a third").part, 2);
        all.cite(line(2), "of another line");
        assert_eq!(all.cite(line(1), "a fourth").part, 3);
        assert_eq!(all.quote(Citation { part: 3, ..line(1) }).as_ref(), "a fourth");
    }

    #[test]
    fn quotes_are_cut_at_a_character() {
        let mut texts = Texts::default();
        let long = texts.cite(line(1), &"é".repeat(500));
        assert_eq!(texts.quote(long).chars().count(), 401);
        let longest = texts.cite(line(2), &"é".repeat(KEPT_BYTES));
        assert!(texts.quote(longest).ends_with('…'));
    }
}
