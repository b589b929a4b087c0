//! The objects of one kind, packed: what is shown at a time is a page of them, and as text they would take twenty times the
//! memory.

use crate::viewing::Object;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::Range;

/// Bytes of text that are packed together: as much as is unpacked to read one object.
const CHUNK: usize = 256 * 1024;

/// Objects in order of namespace and name, as an API server lists them; of one that was fetched more than once the last.
#[derive(Default)]
pub struct Shelf {
    rows: Vec<Row>,
    chunks: Vec<Chunk>,
    /// The highest of their resource versions, which stands for that of the list.
    pub revision: u64,
    /// How many could not be read.
    pub unreadable: usize,
}

/// Where an object is.
pub struct Row {
    pub namespace: Box<str>,
    pub name: Box<str>,
    pub fetched: DateTime<Utc>,
    chunk: u32,
    at: u32,
    length: u32,
}

struct Chunk {
    packed: Box<[u8]>,
    length: usize,
}

impl Shelf {
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Those of a namespace, or all.
    pub fn of_namespace(&self, namespace: Option<&str>) -> Range<usize> {
        let Some(namespace) = namespace else { return 0..self.rows.len() };
        let from = self.rows.partition_point(|row| &*row.namespace < namespace);
        let to = self.rows.partition_point(|row| &*row.namespace <= namespace);
        from..to
    }

    /// The first that comes after a namespace and name.
    pub fn after(&self, namespace: &str, name: &str) -> usize {
        self.rows.partition_point(|row| (&*row.namespace, &*row.name) <= (namespace, name))
    }

    /// One by its names; the namespace of what has none is empty.
    pub fn find(&self, namespace: &str, name: &str) -> Option<usize> {
        self.rows.binary_search_by(|row| (&*row.namespace, &*row.name).cmp(&(namespace, name))).ok()
    }

    /// Reads objects one after the other.
    pub fn reader(&self) -> Reader<'_> {
        Reader { shelf: self, chunk: None, text: Vec::new() }
    }
}

/// Unpacks what stands near what was asked for last once.
pub struct Reader<'a> {
    shelf: &'a Shelf,
    chunk: Option<u32>,
    text: Vec<u8>,
}

impl Reader<'_> {
    /// An object as it was sent.
    pub fn json(&mut self, place: usize) -> Option<&[u8]> {
        let row = self.shelf.rows.get(place)?;
        if self.chunk != Some(row.chunk) {
            let chunk = self.shelf.chunks.get(row.chunk as usize)?;
            self.text.clear();
            self.text.reserve(chunk.length);
            self.chunk = None;
            DeflateDecoder::new(&*chunk.packed).take(chunk.length as u64).read_to_end(&mut self.text).ok()?;
            self.chunk = Some(row.chunk);
        }
        self.text.get(row.at as usize..(row.at as usize).checked_add(row.length as usize)?)
    }

    /// The same, read.
    pub fn object(&mut self, place: usize, named: &crate::objects::kinds::Named) -> Option<Object> {
        let json = serde_json::from_slice(self.json(place)?).ok()?;
        let row = self.shelf.rows.get(place)?;
        let (namespace, name) = (row.namespace.to_string(), row.name.to_string());
        Some(Object { named: named.clone(), namespace, name, json, fetched: row.fetched })
    }
}

/// What is read of every object when it is put on a shelf.
#[derive(serde::Deserialize)]
struct Known {
    #[serde(default)]
    metadata: KnownMeta,
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct KnownMeta {
    namespace: String,
    name: String,
    resource_version: String,
}

/// Fills a shelf.
#[derive(Default)]
pub struct Filling {
    shelf: Shelf,
    text: Vec<u8>,
}

impl Filling {
    /// Adds an object; what is none is counted.
    pub fn add(&mut self, json: &[u8], fetched: DateTime<Utc>) {
        let Ok(Known { metadata }) = serde_json::from_slice(json) else {
            self.shelf.unreadable += 1;
            return;
        };
        if self.text.len() + json.len() > CHUNK {
            self.pack();
        }
        let place = |number: usize| u32::try_from(number).ok();
        let (Some(chunk), Some(at), Some(length)) =
            (place(self.shelf.chunks.len()), place(self.text.len()), place(json.len()))
        else {
            self.shelf.unreadable += 1;
            return;
        };
        self.text.extend_from_slice(json);
        self.shelf.revision = self.shelf.revision.max(metadata.resource_version.parse().unwrap_or_default());
        let (namespace, name) = (metadata.namespace.into(), metadata.name.into());
        self.shelf.rows.push(Row { namespace, name, fetched, chunk, at, length });
    }

    fn pack(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let pack = |text: &[u8]| -> io::Result<Vec<u8>> {
            let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
            packer.write_all(text)?;
            packer.finish()
        };
        // Writing to memory does not fail; if it did, the objects would be missed one by one.
        let packed = pack(&self.text).unwrap_or_default().into();
        self.shelf.chunks.push(Chunk { packed, length: self.text.len() });
        self.text.clear();
    }

    pub fn end(mut self) -> Shelf {
        self.pack();
        let mut rows: BTreeMap<(Box<str>, Box<str>), Row> = BTreeMap::new();
        for row in self.shelf.rows.drain(..) {
            let key = (row.namespace.clone(), row.name.clone());
            let is_newer = rows.get(&key).is_none_or(|known| known.fetched <= row.fetched);
            if is_newer {
                rows.insert(key, row);
            }
        }
        self.shelf.rows = rows.into_values().collect();
        self.shelf
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).expect("a time")
    }

    #[test]
    fn objects_are_in_the_order_of_an_api_server_and_the_last_fetched_counts() {
        let mut filling = Filling::default();
        let long = "x".repeat(CHUNK);
        for (json, second) in [
            (r#"{"metadata":{"namespace":"b","name":"one","resourceVersion":"7"}}"#.to_owned(), 1),
            (format!(r#"{{"metadata":{{"namespace":"a","name":"two","resourceVersion":"12"}},"spec":"{long}"}}"#), 1),
            (r#"{"metadata":{"namespace":"b","name":"one"},"spec":2}"#.to_owned(), 2),
            (r#"{"metadata":{"namespace":"a","name":"one"}}"#.to_owned(), 1),
            ("no JSON".to_owned(), 1),
        ] {
            filling.add(json.as_bytes(), at(second));
        }
        let shelf = filling.end();
        let names: Vec<String> = shelf.rows().iter().map(|row| format!("{}/{}", row.namespace, row.name)).collect();
        assert_eq!(names, ["a/one", "a/two", "b/one"]);
        assert_eq!((shelf.revision, shelf.unreadable), (12, 1));
        assert_eq!((shelf.of_namespace(Some("a")), shelf.of_namespace(Some("aa"))), (0..2, 2..2));
        assert_eq!((shelf.find("b", "one"), shelf.find("b", "two"), shelf.after("a", "one")), (Some(2), None, 1));
        let mut reader = shelf.reader();
        assert_eq!(reader.json(2), Some(br#"{"metadata":{"namespace":"b","name":"one"},"spec":2}"#.as_slice()));
        assert_eq!(reader.json(1).map(|json| json.ends_with(b"x\"}")), Some(true));
        assert_eq!(reader.json(3), None);
    }
}
