//! Reads `meta/manifest.json` as a stream: one entry of it at a time, whatever its size and whoever wrote it.

use super::{Archive, entry_error};
use crate::archive::error::ArchiveError;
use crate::archive::format::ManifestEntry;
use crate::archive::layout;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::io::{self, BufReader, Read};

/// Bytes that one string of the manifest may have: paths are shorter.
const STRING_BYTES: usize = 64 << 10;
/// Lists and objects within each other; a manifest has three.
const DEPTH: usize = 64;

impl Archive {
    /// Gives every entry of the manifest to `each`, in its order, and returns the hash over all of them.
    ///
    /// None for an archive without a manifest, which was never sealed. What the manifest names need not be there.
    /// Of a manifest that is no such thing, entries may have been given before the error is returned.
    pub fn each_manifest_entry(&self, mut each: impl FnMut(ManifestEntry)) -> Result<Option<String>, ArchiveError> {
        if self.bytes_of(layout::MANIFEST).is_none() {
            return Ok(None);
        }
        let sha256 = self.with_reader(layout::MANIFEST, |reader| {
            let bounded = BoundedJson::new(reader);
            let reader = BufReader::with_capacity(1 << 16, bounded);
            let mut json = serde_json::Deserializer::from_reader(reader);
            let sha256 = Manifest(&mut each).deserialize(&mut json)?;
            json.end()?;
            Ok(sha256)
        })?;
        sha256.map(Some).ok_or_else(|| entry_error(layout::MANIFEST, "it has no sha256"))
    }

    /// The hash over all entries as the manifest has it; none for an archive that was never sealed.
    pub fn manifest_sha256(&self) -> Result<Option<String>, ArchiveError> {
        self.each_manifest_entry(|_| {})
    }
}

struct Manifest<'a, F>(&'a mut F);

impl<'de, F: FnMut(ManifestEntry)> DeserializeSeed<'de> for Manifest<'_, F> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, F: FnMut(ManifestEntry)> Visitor<'de> for Manifest<'_, F> {
    type Value = Option<String>;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a manifest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut sha256, mut has_entries) = (None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "sha256" if sha256.is_some() => return Err(A::Error::duplicate_field("sha256")),
                "sha256" => sha256 = Some(map.next_value()?),
                "entries" if has_entries => return Err(A::Error::duplicate_field("entries")),
                "entries" => {
                    has_entries = true;
                    map.next_value_seed(Entries(&mut *self.0))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if has_entries { Ok(sha256) } else { Err(A::Error::missing_field("entries")) }
    }
}

struct Entries<'a, F>(&'a mut F);

impl<'de, F: FnMut(ManifestEntry)> DeserializeSeed<'de> for Entries<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(ManifestEntry)> Visitor<'de> for Entries<'_, F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("the entries of a manifest")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element()? {
            (self.0)(entry);
        }
        Ok(())
    }
}

/// JSON that a parser needs little memory for: it must hold a string as a whole, and know in how many lists it is.
struct BoundedJson<R> {
    inner: R,
    /// Bytes of the string that is being read, if one is.
    length: Option<usize>,
    is_escaped: bool,
    depth: usize,
}

impl<R> BoundedJson<R> {
    fn new(inner: R) -> Self {
        Self { inner, length: None, is_escaped: false, depth: 0 }
    }

    /// What is too much in `bytes`, which follow those it was asked about before.
    fn excess(&mut self, bytes: &[u8]) -> Option<String> {
        for &byte in bytes {
            let Some(length) = self.length else {
                match byte {
                    b'"' => self.length = Some(0),
                    b'[' | b'{' => self.depth += 1,
                    b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                if self.depth > DEPTH {
                    return Some(format!("it has more than {DEPTH} lists and objects within each other"));
                }
                continue;
            };
            let is_end = byte == b'"' && !self.is_escaped;
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            self.length = (!is_end).then_some(length + 1);
            if length > STRING_BYTES {
                return Some(format!("it has a string of more than {STRING_BYTES} bytes"));
            }
        }
        None
    }
}

impl<R: Read> Read for BoundedJson<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.excess(buffer.get(..count).unwrap_or_default()) {
            Some(what) => Err(io::Error::new(io::ErrorKind::InvalidData, what)),
            None => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &[u8]) -> io::Result<u64> {
        io::copy(&mut BoundedJson::new(text), &mut io::sink())
    }

    #[test]
    fn strings_are_short_whatever_is_in_them() {
        let many = br#"{"a\"b": "c\\", "": "d"}"#.repeat(20_000);
        assert!(short(&many).is_ok());
        for filler in [r"\\", r#"\""#, "x", "\\u0041"] {
            let long = format!(r#"{{"path": "{}"}}"#, filler.repeat(STRING_BYTES + 1));
            assert!(short(long.as_bytes()).is_err(), "{filler}");
        }
    }
}
