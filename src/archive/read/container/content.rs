//! The content of one entry as a stream: exactly as many bytes as declared, with the declared CRC, from packed data
//! that end exactly where they should. Anything else is an error before the last of it is handed out.

use super::super::index::EntryRecord;
use super::super::shared_file::SharedFile;
use crate::archive::records;
use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, BufRead, BufReader, Read};

/// Packed bytes that are read at once.
const CHUNK: usize = 32 << 10;

/// Reads an entry of a container.
pub struct Content {
    input: BufReader<io::Take<SharedFile>>,
    packing: Packing,
    crc: Hasher,
    unpacked: u64,
    size: u64,
    expected_crc: u32,
    is_done: bool,
}

enum Packing {
    Stored,
    /// With whether the stream has ended.
    Deflated(Decompress, bool),
}

impl Content {
    pub(in crate::archive::read) fn new(file: &SharedFile, record: &EntryRecord) -> io::Result<Self> {
        let packing = match record.method {
            records::STORED => Packing::Stored,
            records::DEFLATED => Packing::Deflated(Decompress::new(false), false),
            other => return Err(wrong(format!("it is packed by the unknown method {other}"))),
        };
        let range = file.through(record.data(), record.packed);
        let chunk = usize::try_from(record.packed).unwrap_or(CHUNK).min(CHUNK);
        Ok(Self {
            input: BufReader::with_capacity(chunk, range),
            packing,
            crc: Hasher::new(),
            unpacked: 0,
            size: record.size,
            expected_crc: record.crc,
            is_done: false,
        })
    }

    /// Reads it to the end, and says what is wrong.
    pub fn check(mut self) -> io::Result<()> {
        io::copy(&mut self, &mut io::sink()).map(drop)
    }

    /// The next unpacked bytes; none where the packed data end.
    fn unpack(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Packing::Deflated(inflate, has_ended) = &mut self.packing else { return self.input.read(buffer) };
        while !*has_ended {
            let packed = self.input.fill_buf()?;
            let is_end = packed.is_empty();
            let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
            let flush = if is_end { FlushDecompress::Finish } else { FlushDecompress::None };
            let status = inflate
                .decompress(packed, buffer, flush)
                .map_err(|_| wrong("its packed data are damaged".to_owned()))?;
            let used = usize::try_from(inflate.total_in() - before_in).unwrap_or_default();
            let made = usize::try_from(inflate.total_out() - before_out).unwrap_or_default();
            self.input.consume(used);
            *has_ended = status == Status::StreamEnd;
            if made > 0 {
                return Ok(made);
            }
            if !*has_ended && (is_end || used == 0) {
                return Err(wrong("its packed data end too early".to_owned()));
            }
        }
        Ok(0)
    }

    /// Checks what can be checked when all declared bytes are there.
    fn finish(&mut self) -> io::Result<()> {
        if self.unpack(&mut [0])? > 0 {
            return Err(wrong(format!("it unpacks to more than the {} bytes it declares", self.size)));
        }
        if !self.input.fill_buf()?.is_empty() {
            return Err(wrong("its packed data go on behind their end".to_owned()));
        }
        if self.input.get_ref().limit() > 0 {
            return Err(wrong("the file ends within its packed data".to_owned()));
        }
        let crc = self.crc.clone().finalize();
        if crc != self.expected_crc {
            return Err(wrong(format!("its content has the CRC {crc:08x}, not {:08x} as declared", self.expected_crc)));
        }
        self.is_done = true;
        Ok(())
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_done || buffer.is_empty() {
            return Ok(0);
        }
        let mut count = 0;
        if self.unpacked < self.size {
            count = self.unpack(buffer)?;
            if count == 0 {
                let (unpacked, size) = (self.unpacked, self.size);
                return Err(wrong(format!("it unpacks to {unpacked} bytes, fewer than the {size} it declares")));
            }
        }
        self.unpacked = self.unpacked.saturating_add(count as u64);
        if self.unpacked > self.size {
            return Err(wrong(format!("it unpacks to more than the {} bytes it declares", self.size)));
        }
        self.crc.update(buffer.get(..count).unwrap_or_default());
        if self.unpacked == self.size {
            self.finish()?;
        }
        Ok(count)
    }
}

fn wrong(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
