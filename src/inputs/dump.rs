//! What `kubectl cluster-info dump` prints: objects, and between them the logs of containers, each behind a line that
//! says whose it is (kubectl, pkg/cmd/clusterinfo/clusterinfo_dump.go):
//!
//! ```text
//! ==== START logs for container app of pod shop/api-0 ====
//! ==== END logs for container app of pod shop/api-0 ====
//! ```
//!
//! In a folder (`--output-directory`) the objects have files of their own, and one file has the logs of all containers
//! of a pod.

use super::batch::Item;
use super::kind::LogOf;
use super::{json, yaml};
use crate::archive::{Archive, Block};
use std::io::{self, BufRead, Read};

/// A part of a dump.
pub enum Piece<'a> {
    Object(Item),
    /// Lines of a container's log; `before` are the lines of it before them, as far as they are needed.
    Log {
        of: &'a LogOf,
        before: &'a [u8],
        block: &'a Block,
    },
}

/// How the line before a container's log begins, and the one behind it.
const START: &str = "==== START logs for container ";
const END: &str = "==== END logs for container ";

/// Whether a text begins as a dump of logs.
pub fn begins_with_log(text: &[u8]) -> bool {
    text.starts_with(START.as_bytes())
}

/// Whether a file has a line that says whose log follows.
pub fn has_log(files: &Archive, entry: &str) -> bool {
    let mut has = false;
    let _ = files.lines(entry, |_, line| {
        has = of(line).is_some();
        !has
    });
    has
}

/// Bytes of a log that are given at once, and of the lines before them.
const BLOCK_BYTES: usize = 1 << 20;
const BEFORE_BYTES: usize = 64 << 10;

/// Gives the parts of a dump in order. No object may have more than `most_bytes`, and a longer line is given in pieces.
/// Where objects cannot be read, what follows the next log is read nevertheless, and the error says so at the end.
pub fn read(reader: impl BufRead, most_bytes: usize, each: &mut dyn FnMut(Piece<'_>)) -> io::Result<()> {
    let mut lines = Pieces { reader, piece: Vec::new(), given: 0, number: 0, is_start: true, at_start: true };
    let mut result = Ok(());
    while lines.next()? {
        match of(&lines.piece) {
            Some(of) => log(&mut lines, &of, each)?,
            None => {
                let read = objects(&mut lines, most_bytes, &mut |item| each(Piece::Object(item)));
                if result.is_ok() {
                    result = read;
                }
                // Whatever is left of them.
                while !lines.is_start {
                    lines.given = lines.piece.len();
                    if !lines.next()? {
                        break;
                    }
                }
            }
        }
    }
    result
}

/// Lines of a reader; a long one comes in pieces.
struct Pieces<R> {
    reader: R,
    /// With its line break.
    piece: Vec<u8>,
    /// How many bytes of it were given.
    given: usize,
    /// The number of its line.
    number: u64,
    /// It says whose log follows.
    is_start: bool,
    /// The next piece begins a line.
    at_start: bool,
}

impl<R: BufRead> Pieces<R> {
    /// Goes on to the next piece if all of this one was given; false at the end.
    fn next(&mut self) -> io::Result<bool> {
        if self.given < self.piece.len() {
            return Ok(true);
        }
        (self.given, self.piece) = (0, std::mem::take(&mut self.piece));
        self.piece.clear();
        self.number += u64::from(self.at_start);
        Read::take(&mut self.reader, BLOCK_BYTES as u64).read_until(b'\n', &mut self.piece)?;
        self.is_start = self.at_start && of(&self.piece).is_some();
        self.at_start = self.piece.ends_with(b"\n");
        Ok(!self.piece.is_empty())
    }
}

/// The objects up to the next log, as bytes.
struct UpToLog<'a, R>(&'a mut Pieces<R>);

impl<R: BufRead> Read for UpToLog<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self(pieces) = self;
        if !pieces.next()? || pieces.is_start {
            return Ok(0);
        }
        let mut rest = pieces.piece.get(pieces.given..).unwrap_or_default();
        let read = rest.read(buffer)?;
        pieces.given += read;
        Ok(read)
    }
}

fn objects<R: BufRead>(pieces: &mut Pieces<R>, most_bytes: usize, each: &mut dyn FnMut(Item)) -> io::Result<()> {
    let first = pieces.piece.trim_ascii_start().first().copied();
    if first.is_none() {
        pieces.given = pieces.piece.len();
        return Ok(());
    }
    if matches!(first, Some(b'{' | b'[')) {
        let first_line = pieces.number;
        return json::read(&mut UpToLog(pieces), first_line, most_bytes, each);
    }
    let mut reader = yaml::Reader::new(most_bytes, each);
    while pieces.next()? && !pieces.is_start {
        pieces.given = pieces.piece.len();
        reader.line(pieces.number, without_break(&pieces.piece));
    }
    reader.finish()
}

fn log<R: BufRead>(pieces: &mut Pieces<R>, of: &LogOf, each: &mut dyn FnMut(Piece<'_>)) -> io::Result<()> {
    let end = format!("{END}{} of pod {}/{} ====", of.container, of.namespace, of.pod);
    let (mut before, mut text) = (Vec::new(), Vec::new());
    pieces.given = pieces.piece.len();
    let mut first_line = pieces.number + 1;
    let mut is_ended = false;
    while !is_ended && pieces.next()? {
        pieces.given = pieces.piece.len();
        let piece = without_break(&pieces.piece);
        // The last line of a log may lack its break.
        let last = piece.strip_suffix(end.as_bytes());
        is_ended = last.is_some();
        match last {
            Some(last) => text.extend_from_slice(last),
            None => text.extend_from_slice(&pieces.piece),
        }
        let is_whole = text.len() >= BLOCK_BYTES && pieces.at_start;
        if !text.is_empty() && (is_whole || is_ended || text.len() >= 2 * BLOCK_BYTES) {
            let block = Block::new(first_line, std::mem::take(&mut text));
            each(Piece::Log { of, before: &before, block: &block });
            before = tail(block.bytes());
            first_line = pieces.number + 1;
        }
    }
    if !text.is_empty() {
        each(Piece::Log { of, before: &before, block: &Block::new(first_line, text) });
    }
    Ok(())
}

/// The last whole lines of a block.
fn tail(block: &[u8]) -> Vec<u8> {
    let from = block.len().saturating_sub(BEFORE_BYTES);
    let tail = block.get(from..).unwrap_or_default();
    let begin = if from == 0 { 0 } else { memchr::memchr(b'\n', tail).map_or(tail.len(), |end| end + 1) };
    tail.get(begin..).unwrap_or_default().to_vec()
}

fn without_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whose log follows a line.
fn of(line: &[u8]) -> Option<LogOf> {
    let rest = without_break(line).strip_prefix(START.as_bytes())?.strip_suffix(b" ====")?;
    let (container, pod) = std::str::from_utf8(rest).ok()?.split_once(" of pod ")?;
    let (namespace, pod) = pod.split_once('/')?;
    let is_name = |name: &str| !name.is_empty() && !name.contains([' ', '/']);
    let are_names = [container, namespace, pod].into_iter().all(is_name);
    are_names.then(|| LogOf { namespace: namespace.into(), pod: pod.into(), uid: None, container: container.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(text: &str) -> (Vec<String>, Option<String>) {
        let mut found = Vec::new();
        let result = read(text.as_bytes(), 1 << 20, &mut |piece| {
            found.push(match piece {
                Piece::Object(Item { line, json }) => format!("{line} {}", String::from_utf8_lossy(&json)),
                Piece::Log { of, block, .. } => {
                    let text = String::from_utf8_lossy(block.bytes());
                    format!("{} {}/{}/{} {text:?}", block.first_line(), of.namespace, of.pod, of.container)
                }
            });
        });
        (found, result.err().map(|error| error.to_string()))
    }

    const LOGS: &str = "==== START logs for container app of pod shop/api-0 ====\none\n==== START logs\ntwo==== END logs for container app of pod shop/api-0 ====\n==== START logs for container side of pod shop/api-0 ====\n==== END logs for container side of pod shop/api-0 ====\n";

    #[test]
    fn logs_stand_between_objects() {
        let text = format!(
            "{{\n    \"kind\": \"NodeList\",\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        {{\"a\": 1}}\n    ]\n}}\n{{\"b\":2}}\n{LOGS}{{\"c\":3}}\n"
        );
        let log = "10 shop/api-0/app \"one\\n==== START logs\\ntwo\"";
        let expected = [r#"5 {"kind":"Node","apiVersion":"v1","a": 1}"#, r#"8 {"b":2}"#, log, r#"15 {"c":3}"#];
        assert_eq!(read_all(&text), (expected.map(str::to_owned).to_vec(), None));
        let yaml = format!("apiVersion: v1\nitems:\n- a: 1\nkind: NodeList\n{LOGS}---\nb: 2\n");
        let log = log.replacen("10", "6", 1);
        let expected = [r#"3 {"a":1,"apiVersion":"v1","kind":"Node"}"#, &log, r#"12 {"b":2}"#];
        assert_eq!(read_all(&yaml), (expected.map(str::to_owned).to_vec(), None));
    }

    #[test]
    fn what_is_behind_a_broken_object_is_read() {
        let (found, error) = read_all(&format!("{{\"a\":\nmore\n{LOGS}{{\"c\":3}}\n"));
        assert_eq!((found.len(), error.is_some()), (2, true), "{found:?}");
    }

    #[test]
    fn a_long_log_comes_in_blocks_of_whole_lines() {
        let line = format!("{}\n", "x".repeat(1000));
        let body = line.repeat(3000);
        let text = LOGS.replace("one\n", &body);
        let (mut bytes, mut blocks) = (0, Vec::new());
        read(text.as_bytes(), 1 << 20, &mut |piece| {
            if let Piece::Log { block, before, .. } = piece {
                bytes += block.bytes().len();
                blocks.push((block.first_line(), before.len()));
            }
        })
        .expect("a dump");
        assert_eq!(bytes, body.len() + "==== START logs\ntwo".len());
        assert_eq!(blocks.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 1050, 2098]);
        assert!(blocks.iter().skip(1).all(|(_, before)| *before > 60_000));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(==== START logs for container a of pod b/c ====\n|==== END logs for container a of pod b/c ====\n|x\n|[\\{\\}\":a1\n]){0,30}") {
            read_all(&text);
        }
    }
}
