//! Objects as JSON, one by one: a List, a bare array, one object, or several of these one after the other. Whatever
//! the size of a list, no more than one item and a batch of them is in memory.

use super::batch::Item;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};

/// Gives each object with the line that it begins on, where the first line has the number `first_line`. An object, an
/// item of a list or a field beside the items of more than `most_bytes` is an error, as is what is no JSON; what stands
/// before it was given.
///
/// Items that say no kind get the one that their list says (`PodList`): kubectl prints lists of typed objects so.
pub fn read(reader: &mut dyn Read, first_line: u64, most_bytes: usize, each: &mut dyn FnMut(Item)) -> io::Result<()> {
    read_under(reader, "items", (first_line, most_bytes), each)
}

/// The same with the items of lists under `key`.
pub fn read_under(
    reader: &mut dyn Read,
    key: &str,
    (first_line, most_bytes): (u64, usize),
    each: &mut dyn FnMut(Item),
) -> io::Result<()> {
    let progress = Progress { lines: Cell::new(first_line), left: Cell::new(most_bytes), most_bytes };
    let counted = Counted { reader: BufReader::with_capacity(1 << 16, reader), progress: &progress };
    let mut json = serde_json::Deserializer::from_reader(counted);
    loop {
        progress.begin();
        match json.end() {
            Ok(()) => return Ok(()),
            Err(error) if error.is_io() => return Err(io::Error::other(error)),
            // Something follows, which begins with the byte that was looked at.
            Err(_) => {}
        }
        let document = Document { key, progress: &progress, each: &mut *each };
        document.deserialize(&mut json).map_err(io::Error::other)?;
    }
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

/// An object, a list of them, or an array of either.
struct Document<'a> {
    /// What a list has its items under.
    key: &'a str,
    progress: &'a Progress,
    each: &'a mut dyn FnMut(Item),
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    /// An array of nothing, as Go writes it.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        loop {
            self.progress.begin();
            let document = Document { key: self.key, progress: self.progress, each: &mut *self.each };
            if items.next_element_seed(document)?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let line = self.progress.lines.get();
        let (mut object, mut is_list) = (Object::default(), false);
        while let Some(key) = map.next_key::<String>()? {
            if key == self.key {
                let of = object.of_items();
                map.next_value_seed(Items { progress: self.progress, of, each: &mut *self.each })?;
                self.progress.begin();
                (object, is_list) = (Object::default(), true);
            } else if is_list {
                map.next_value::<IgnoredAny>()?;
                self.progress.begin();
            } else {
                object.add(&key, map.next_value()?);
            }
        }
        if !is_list {
            (self.each)(Item { line, json: object.json() });
        }
        Ok(())
    }
}

/// The fields of an object, as they stand there.
#[derive(Default)]
struct Object {
    fields: Vec<(String, Box<RawValue>)>,
}

/// Kind and version that the items of a list have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfItems {
    pub api_version: String,
    pub kind: String,
}

impl OfItems {
    /// As their list says it; none where it is of no kind in particular.
    pub fn of_list(api_version: &str, kind: &str) -> Option<Self> {
        let kind = kind.strip_suffix("List").filter(|kind| !kind.is_empty())?;
        Some(Self { api_version: api_version.to_owned(), kind: kind.to_owned() })
    }

    /// An item that says what it is: as it is if it says so itself.
    fn told(&self, json: Vec<u8>) -> Vec<u8> {
        #[derive(serde::Deserialize)]
        struct Said {
            kind: Option<IgnoredAny>,
        }
        let says = serde_json::from_slice::<Said>(&json).map_or(true, |said| said.kind.is_some());
        let Some(rest) = json.strip_prefix(b"{").filter(|_| !says) else { return json };
        let is_bare = rest.trim_ascii_start().starts_with(b"}");
        let (kind, api_version) = (quoted(&self.kind), quoted(&self.api_version));
        let comma = if is_bare { "" } else { "," };
        [format!("{{\"kind\":{kind},\"apiVersion\":{api_version}{comma}").as_bytes(), rest].concat()
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Object {
    fn add(&mut self, key: &str, value: Box<RawValue>) {
        self.fields.push((key.to_owned(), value));
    }

    /// Of what kind its items are, if it is a list.
    fn of_items(&self) -> Option<OfItems> {
        let text = |name: &str| {
            let (_, value) = self.fields.iter().find(|(key, _)| key == name)?;
            serde_json::from_str::<String>(value.get()).ok()
        };
        OfItems::of_list(&text("apiVersion")?, &text("kind")?)
    }

    fn json(&self) -> Vec<u8> {
        let fields: Vec<String> =
            self.fields.iter().map(|(key, value)| format!("{}:{}", quoted(key), value.get())).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    }
}

/// Its items.
struct Items<'a> {
    progress: &'a Progress,
    of: Option<OfItems>,
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
        while let Some(Item { line, json }) = items.next_element_seed(One(self.progress))? {
            let json = match &self.of {
                Some(of) => of.told(json),
                None => json,
            };
            (self.each)(Item { line, json });
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
        let result = read(&mut text.as_bytes(), 1, most_bytes, &mut |item: Item| {
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

    #[test]
    fn objects_come_alone_in_arrays_and_one_after_the_other() {
        let one = |line, text: &str| (line, text.to_owned());
        let pod = "{\n  \"kind\": \"Pod\",\n  \"spec\": {\"items\": [1]}\n}\n";
        assert_eq!(items(pod, 100), (vec![one(1, r#"{"kind":"Pod","spec":{"items": [1]}}"#)], None));
        let several =
            format!("{pod}\n{{\"items\":null}}\n[{{\"a\":1}},\n null, [{{\"b\":2}}]]\n{{\"items\":[{{\"c\":3}}]}}");
        let found = items(&several, 100);
        let expected = [(6, ""), (7, r#"{"a":1}"#), (8, r#"{"b":2}"#), (9, r#"{"c":3}"#)];
        assert_eq!((found.0.len(), found.1), (4, None));
        for ((line, text), (at, expected)) in found.0.iter().skip(1).zip(expected.iter().skip(1)) {
            assert_eq!((line, text.as_str()), (at, *expected));
        }
        assert!(items("[1]", 100).1.is_some() && items("{\"a\":1} x", 100).1.is_some());
        let long = format!("{{\"a\":\"{0}\",\"b\":\"{0}\"}}", "x".repeat(60));
        assert!(items(&long, 100).1.expect("an error").contains("more than 100 bytes"));
    }

    #[test]
    fn items_get_the_kind_of_their_list() {
        let list = r#"{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{}},{},{"metadata":{},"kind":"Odd"}]}"#;
        let found: Vec<String> = items(list, 100).0.into_iter().map(|(_, json)| json).collect();
        let expected = [
            r#"{"kind":"Pod","apiVersion":"v1","metadata":{}}"#,
            r#"{"kind":"Pod","apiVersion":"v1"}"#,
            r#"{"metadata":{},"kind":"Odd"}"#,
        ];
        assert_eq!(found, expected);
        let list = r#"{"kind":"List","apiVersion":"v1","items":[{"metadata":{}}]}"#;
        assert_eq!(items(list, 100).0, [(1, r#"{"metadata":{}}"#.to_owned())]);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(\\{\"items\":)?[\\[\\]{}\",:a1\n]{0,60}") {
            items(&text, 40);
        }
    }
}
