//! Makes zips that no program makes: every field of every header can be set to anything.

use std::io::Write;

/// What a local and a central header both say.
#[derive(Clone)]
pub struct Header {
    pub version: u16,
    pub flags: u16,
    pub method: u16,
    pub time: u16,
    pub date: u16,
    pub crc: u32,
    pub packed: u32,
    pub size: u32,
    pub name: Vec<u8>,
    pub extra: Vec<u8>,
}

impl Header {
    fn write(&self, out: &mut Vec<u8>) {
        for number in [self.version, self.flags, self.method, self.time, self.date] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.crc, self.packed, self.size] {
            out.extend(number.to_le_bytes());
        }
        for length in [self.name.len(), self.extra.len()] {
            out.extend((length as u16).to_le_bytes());
        }
    }
}

/// An entry, with two headers that may differ.
#[derive(Clone)]
pub struct Item {
    pub local: Header,
    pub central: Header,
    pub data: Vec<u8>,
    pub external: u32,
    /// Where its header is said to be, if not where it is.
    pub offset: Option<u32>,
    /// Bytes between its data and the next entry.
    pub behind: Vec<u8>,
}

impl Item {
    pub fn deflated(name: &str, content: &[u8]) -> Self {
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
        packer.write_all(content).expect("memory");
        let data = packer.finish().expect("memory");
        Self::new(name, content, data, 8)
    }

    pub fn stored(name: &str, content: &[u8]) -> Self {
        Self::new(name, content, content.to_vec(), 0)
    }

    fn new(name: &str, content: &[u8], data: Vec<u8>, method: u16) -> Self {
        let header = Header {
            version: 20,
            flags: 0,
            method,
            time: 0,
            date: 33,
            crc: crc32fast::hash(content),
            packed: data.len() as u32,
            size: content.len() as u32,
            name: name.as_bytes().to_vec(),
            extra: Vec::new(),
        };
        Self { local: header.clone(), central: header, data, external: 0o100600 << 16, offset: None, behind: vec![] }
    }

    /// The same change in both headers.
    pub fn both(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.local);
        change(&mut self.central);
        self
    }

    pub fn central(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.central);
        self
    }

    pub fn local(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.local);
        self
    }
}

/// The end record's numbers.
#[derive(Clone, Debug)]
pub struct End {
    pub disk: u16,
    pub entries: u16,
    pub bytes: u32,
    pub offset: u32,
    pub comment: Vec<u8>,
}

/// The first entry of every archive.
pub fn header() -> Item {
    Item::deflated("a/meta/archive.json", br#"{"format":{"major":1,"minor":0},"tool":"t"}"#)
}

/// An archive of a header and `items`.
pub fn zip(items: &[Item]) -> Vec<u8> {
    let mut all = vec![header()];
    all.extend_from_slice(items);
    zip_with(&all, |_| {}, |_| Vec::new())
}

/// A zip of `items`, with `change` made to its end record, and before that what `zip64` makes of it.
pub fn zip_with(items: &[Item], change: impl Fn(&mut End), zip64: impl Fn(&End) -> Vec<u8>) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for item in items {
        let offset = item.offset.unwrap_or(out.len() as u32);
        out.extend(b"PK\x03\x04");
        item.local.write(&mut out);
        for part in [&item.local.name, &item.local.extra, &item.data, &item.behind] {
            out.extend(part);
        }
        directory.extend(b"PK\x01\x02\x14\x03");
        item.central.write(&mut directory);
        directory.extend([0; 6]);
        directory.extend(item.external.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(&item.central.name);
        directory.extend(&item.central.extra);
    }
    let (bytes, offset) = (directory.len() as u32, out.len() as u32);
    let mut end = End { disk: 0, entries: items.len() as u16, bytes, offset, comment: Vec::new() };
    out.extend(directory);
    out.extend(zip64(&end));
    change(&mut end);
    out.extend(b"PK\x05\x06");
    for number in [end.disk, end.disk, end.entries, end.entries] {
        out.extend(number.to_le_bytes());
    }
    out.extend(end.bytes.to_le_bytes());
    out.extend(end.offset.to_le_bytes());
    out.extend((end.comment.len() as u16).to_le_bytes());
    out.extend(end.comment);
    out
}

/// A zip64 end record and its locator, which says that the record is at `at`.
pub fn zip64(entries: u64, bytes: u64, offset: u64, at: u64) -> Vec<u8> {
    let mut out = b"PK\x06\x06".to_vec();
    out.extend(44_u64.to_le_bytes());
    out.extend([45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [entries, entries, bytes, offset] {
        out.extend(number.to_le_bytes());
    }
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend(at.to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    out
}
