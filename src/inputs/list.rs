//! A List as JSON, item by item: whatever its size, no more than one item and a batch of them is in memory.

use super::batch::Item;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};

/// Gives each item of `items` with the line that it begins on. An item, or a field beside them, of more than
/// `most_bytes` is an error, as is what is no JSON; the items before it were given.
pub fn read(reader: &mut dyn Read, most_bytes: usize, each: &mut dyn FnMut(Item)) -> io::Result<()> {
    let progress = Progress { lines: Cell::new(1), left: Cell::new(most_bytes), most_bytes };
    let counted = Counted { reader: BufReader::with_capacity(1 << 16, reader), progress: &progress };
    let list = List { progress: &progress, each };
    serde_json::Deserializer::from_reader(counted).deserialize_map(list).map_err(io::Error::other)
}

/// How far reading came.
struct Progress {
    /// The line of the next byte, from 1.
    lines: Cell<u64>,
    /// Bytes that may still be read of what is being read.
    left: Cell<usize>,
    most_bytes: usize,
}

impl Progress {
    fn begin(&self) {
        self.left.set(self.most_bytes);
    }
}

/// serde_json asks byte by byte, and is never more than one ahead.
struct Counted<'a, R> {
    reader: R,
    progress: &'a Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.progress.left.get();
        if left == 0 {
            return Err(io::Error::other(format!("a part of more than {} bytes", self.progress.most_bytes)));
        }
        let most = left.min(buffer.len());
        let read = self.reader.read(buffer.get_mut(..most).unwrap_or_default())?;
        let breaks = buffer.iter().take(read).filter(|byte| **byte == b'\n').count();
        self.progress.lines.set(self.progress.lines.get() + breaks as u64);
        self.progress.left.set(left - read);
        Ok(read)
    }
}

/// The list itself, an object.
struct List<'a> {
    progress: &'a Progress,
    each: &'a mut dyn FnMut(Item),
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.progress.begin();
            if key == "items" {
                map.next_value_seed(Items { progress: self.progress, each: &mut *self.each })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
            self.progress.begin();
        }
        Ok(())
    }
}

/// Its items.
struct Items<'a> {
    progress: &'a Progress,
    each: &'a mut dyn FnMut(Item),
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("items")
    }

    /// A list of nothing, as Go writes it.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element_seed(One(self.progress))? {
            (self.each)(item);
            self.progress.begin();
        }
        Ok(())
    }
}

/// One item, whose first byte has been looked at.
struct One<'a>(&'a Progress);

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = Item;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Item, D::Error> {
        self.0.begin();
        let line = self.0.lines.get();
        let json: Box<RawValue> = serde::Deserialize::deserialize(deserializer)?;
        Ok(Item { line, json: String::from(Box::<str>::from(json)).into_bytes() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(text: &str, most_bytes: usize) -> (Vec<(u64, String)>, Option<String>) {
        let mut found = Vec::new();
        let result = read(&mut text.as_bytes(), most_bytes, &mut |item: Item| {
            found.push((item.line, String::from_utf8(item.json).expect("text")));
        });
        (found, result.err().map(|error| error.to_string()))
    }

    #[test]
    fn each_item_has_the_line_it_begins_on() {
        let text = "{\n \"apiVersion\": \"v1\",\n \"items\": [\n  {\"a\": 1},\n\n  {\n   \"b\": [\n2]}, {\"c\":3}],\n \"kind\": \"List\"\n}\n";
        let (found, error) = items(text, 100);
        assert_eq!(error, None);
        let expected =
            [(4, "{\"a\": 1}".to_owned()), (6, "{\n   \"b\": [\n2]}".to_owned()), (8, "{\"c\":3}".to_owned())];
        assert_eq!(found, expected);
        assert_eq!(items("{\"items\":null}", 100), (vec![], None));
        assert_eq!(items("{\"kind\":\"Pod\"}", 100), (vec![], None));
    }

    #[test]
    fn what_came_before_a_break_is_given() {
        let (found, error) = items("{\"items\":[{\"a\":1},{\"b\":", 100);
        assert_eq!((found.len(), error.is_some()), (1, true));
        let long = format!("{{\"items\":[{{\"a\":1}},{{\"b\":\"{}\"}},{{\"c\":1}}]}}", "x".repeat(200));
        let (found, error) = items(&long, 100);
        assert_eq!(found.len(), 1);
        assert!(error.expect("an error").contains("more than 100 bytes"));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(\\{\"items\":)?[\\[\\]{}\",:a1\n]{0,60}") {
            items(&text, 40);
        }
    }
}
