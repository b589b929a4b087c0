//! Any number of lines in order of time, in bounded memory: sorted in runs, of which those that do not fit wait on the disk
//! in files without a name, and merged.

use super::lines::LogLine;
use crate::archive::{Scratch, ScratchFile};
use chrono::DateTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

/// Bytes of lines that are held at once.
const IN_MEMORY: usize = 32 << 20;
/// What a line takes beside its text.
const BESIDE: usize = 64;
/// What is read of a run at once.
const BUFFER: usize = 64 << 10;

/// Lines that are gathered in any order and given in order of time, log and line.
pub struct Merged {
    lines: Vec<LogLine>,
    bytes: usize,
    most: usize,
    runs: Vec<ScratchFile>,
    scratch: Scratch,
}

/// What comes first; lines before any time are first of all.
type Key = (i64, u32, u32, u64);

fn key(line: &LogLine) -> Key {
    let time = line.at.map_or((i64::MIN, 0), |at| (at.timestamp(), at.timestamp_subsec_nanos()));
    (time.0, time.1, line.log, line.line)
}

impl Merged {
    pub fn new(scratch: Scratch) -> Self {
        Self::holding(scratch, IN_MEMORY)
    }

    fn holding(scratch: Scratch, most: usize) -> Self {
        Self { lines: Vec::new(), bytes: 0, most, runs: Vec::new(), scratch }
    }

    /// Takes a line.
    pub fn add(&mut self, line: LogLine) -> io::Result<()> {
        self.bytes += line.text.len() + BESIDE;
        self.lines.push(line);
        if self.bytes >= self.most { self.put_aside() } else { Ok(()) }
    }

    fn put_aside(&mut self) -> io::Result<()> {
        self.lines.sort_by_key(key);
        self.bytes = 0;
        let mut run = BufWriter::with_capacity(BUFFER, self.scratch.file());
        for line in std::mem::take(&mut self.lines) {
            write(&mut run, &line)?;
        }
        let mut file = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        self.runs.push(file);
        Ok(())
    }

    /// Gives all lines in order, until no more is wanted.
    pub fn each(mut self, mut each: impl FnMut(&LogLine) -> bool) -> io::Result<()> {
        self.lines.sort_by_key(key);
        let mut runs: Vec<Run> =
            self.runs.into_iter().map(|file| Run::Disk(BufReader::with_capacity(BUFFER, file))).collect();
        runs.push(Run::Memory(self.lines.into_iter()));
        let mut heads: BinaryHeap<Reverse<(Key, usize)>> = BinaryHeap::new();
        let mut waiting: Vec<Option<LogLine>> = Vec::new();
        for (number, run) in runs.iter_mut().enumerate() {
            let first = run.next()?;
            heads.extend(first.as_ref().map(|line| Reverse((key(line), number))));
            waiting.push(first);
        }
        while let Some(Reverse((_, number))) = heads.pop() {
            let (Some(run), Some(slot)) = (runs.get_mut(number), waiting.get_mut(number)) else { continue };
            let line = std::mem::replace(slot, run.next()?);
            heads.extend(slot.as_ref().map(|line| Reverse((key(line), number))));
            if line.is_some_and(|line| !each(&line)) {
                break;
            }
        }
        Ok(())
    }
}

enum Run {
    Memory(std::vec::IntoIter<LogLine>),
    Disk(BufReader<ScratchFile>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<LogLine>> {
        match self {
            Self::Memory(lines) => Ok(lines.next()),
            Self::Disk(file) => read(file),
        }
    }
}

fn write(out: &mut impl Write, line: &LogLine) -> io::Result<()> {
    let time = line.at.map_or((i64::MIN, 0), |at| (at.timestamp(), at.timestamp_subsec_nanos()));
    out.write_all(&time.0.to_le_bytes())?;
    out.write_all(&time.1.to_le_bytes())?;
    out.write_all(&line.log.to_le_bytes())?;
    out.write_all(&line.line.to_le_bytes())?;
    out.write_all(&(line.text.len() as u64).to_le_bytes())?;
    out.write_all(line.text.as_bytes())
}

fn read(from: &mut impl Read) -> io::Result<Option<LogLine>> {
    let mut seconds = [0; 8];
    match from.read_exact(&mut seconds) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let (mut nanos, mut log, mut line, mut length) = ([0; 4], [0; 4], [0; 8], [0; 8]);
    from.read_exact(&mut nanos)?;
    from.read_exact(&mut log)?;
    from.read_exact(&mut line)?;
    from.read_exact(&mut length)?;
    let mut text = vec![0; usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?];
    from.read_exact(&mut text)?;
    Ok(Some(LogLine {
        at: DateTime::from_timestamp(i64::from_le_bytes(seconds), u32::from_le_bytes(nanos)),
        log: u32::from_le_bytes(log),
        line: u64::from_le_bytes(line),
        text: String::from_utf8(text).map_err(io::Error::other)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn merged(lines: &[LogLine], most: usize) -> Vec<LogLine> {
        let mut all = Merged::holding(Scratch::for_reading(), most);
        lines.iter().for_each(|line| all.add(line.clone()).expect("it is taken"));
        let mut given = Vec::new();
        all.each(|line| {
            given.push(line.clone());
            true
        })
        .expect("they are given");
        given
    }

    proptest! {
        #[test]
        fn lines_come_in_order_of_time_whatever_fits_into_memory(
            times in prop::collection::vec((prop::option::of(0_i64..5), 0_u32..3, ".{0,20}"), 0..60),
            most in 1_usize..2_000,
        ) {
            let line = |(number, (at, log, text)): (u64, &(Option<i64>, u32, String))| LogLine {
                at: at.and_then(|at| DateTime::from_timestamp(at, 7)),
                log: *log,
                line: number,
                text: text.clone(),
            };
            let lines: Vec<LogLine> = (1..).zip(&times).map(line).collect();
            let mut sorted = lines.clone();
            sorted.sort_by_key(key);
            prop_assert_eq!(merged(&lines, most), sorted);
        }
    }

    #[test]
    fn whoever_has_seen_enough_gets_no_more() {
        let line = |number| LogLine { at: None, log: 0, line: number, text: "a".to_owned() };
        let mut all = Merged::holding(Scratch::for_reading(), 100);
        (0..20).for_each(|number| all.add(line(number)).expect("it is taken"));
        let mut count = 0;
        all.each(|_| {
            count += 1;
            count < 3
        })
        .expect("they are given");
        assert_eq!(count, 3);
    }
}
