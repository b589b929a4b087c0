//! Objects as YAML: Lists as `kubectl get -o yaml` prints them, bare sequences, one object, or several documents.
//!
//! A List in kubectl's form, whose items begin at the margin, is read item by item. Any other document is read as a
//! whole, so its size is limited.

use super::batch::Item;
use super::json::OfItems;
use serde_json::Value;
use std::io;

/// The largest document that is read as a whole: some ten thousand events. It takes about ten times as much memory.
pub const MOST_BYTES: usize = 16 << 20;

/// Takes the lines of a file and gives the objects in it, each with the line that it begins on.
pub struct Reader<'a> {
    each: &'a mut dyn FnMut(Item),
    /// The most that one item of a list may have, in bytes.
    most_item: usize,
    state: State,
    /// The document but for the items that were cut out of it, and the line that it begins on.
    document: Text,
    /// The item at hand.
    item: Text,
    /// Items that say no kind: their list may say it behind them.
    held: Vec<(u64, Value)>,
    held_bytes: usize,
    error: Option<String>,
}

#[derive(Default)]
struct Text {
    text: Vec<u8>,
    line: u64,
    is_too_long: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a document whose items, if there are any, are still to come.
    Head,
    /// Behind `items:`.
    BeforeItems(u64),
    Items,
    Tail,
}

impl Text {
    fn add(&mut self, number: u64, line: &[u8], most: usize) {
        if self.text.is_empty() && !self.is_too_long {
            self.line = number;
        }
        if self.text.len() + line.len() >= most {
            self.text = Vec::new();
            self.is_too_long = true;
        }
        if !self.is_too_long {
            self.text.extend_from_slice(line);
            self.text.push(b'\n');
        }
    }
}

impl<'a> Reader<'a> {
    /// No item of a list may have more than `most_item` bytes.
    pub fn new(most_item: usize, each: &'a mut dyn FnMut(Item)) -> Self {
        let (document, item) = (Text::default(), Text::default());
        let state = State::Head;
        Self { each, most_item, state, document, item, held: Vec::new(), held_bytes: 0, error: None }
    }

    /// Takes the next line, without its break.
    pub fn line(&mut self, number: u64, line: &[u8]) {
        if let Some(behind) = behind_marker(line) {
            self.end_document();
            if !behind.is_empty() && !behind.starts_with(b"#") {
                self.document.add(number, behind, MOST_BYTES);
            }
            return;
        }
        let begins_item = line == b"-" || line.starts_with(b"- ");
        match self.state {
            State::Head if begins_item && self.document.text.is_empty() => self.begin_item(number, line),
            State::Head if line.trim_ascii_end() == b"items:" => self.state = State::BeforeItems(number),
            State::BeforeItems(_) if begins_item => self.begin_item(number, line),
            State::BeforeItems(at) => {
                self.document.add(at, b"items:", MOST_BYTES);
                self.state = State::Head;
                self.document.add(number, line, MOST_BYTES);
            }
            State::Items if begins_item => {
                self.end_item();
                self.begin_item(number, line);
            }
            State::Items if line.first().is_none_or(|first| matches!(first, b' ' | b'#' | b'\t')) => {
                self.item.add(number, line, self.most_item);
            }
            State::Items => {
                self.end_item();
                self.state = State::Tail;
                self.document.add(number, line, MOST_BYTES);
            }
            State::Head if is_blank(line) && self.document.text.is_empty() => {}
            State::Head | State::Tail => self.document.add(number, line, MOST_BYTES),
        }
    }

    /// Gives what is left; says what could not be read.
    pub fn finish(mut self) -> io::Result<()> {
        self.end_document();
        self.error.map_or(Ok(()), |error| Err(io::Error::other(error)))
    }

    /// What belongs to an item is indented by as much as its dash takes.
    fn begin_item(&mut self, number: u64, line: &[u8]) {
        self.state = State::Items;
        let rest = line.get(1..).unwrap_or_default();
        self.item.add(number, &[b" ", rest].concat(), self.most_item);
    }

    fn end_item(&mut self) {
        let item = std::mem::take(&mut self.item);
        let Some(value) = self.parsed(&item, self.most_item) else { return };
        if value.get("kind").is_some() || self.held_bytes >= MOST_BYTES {
            return (self.each)(Item { line: item.line, json: value.to_string().into() });
        }
        self.held_bytes += item.text.len();
        self.held.push((item.line, value));
    }

    fn end_document(&mut self) {
        if let State::BeforeItems(at) = self.state {
            self.document.add(at, b"items:", MOST_BYTES);
        }
        if !self.item.text.is_empty() || self.item.is_too_long {
            self.end_item();
        }
        let document = std::mem::take(&mut self.document);
        let has_items = matches!(self.state, State::Items | State::Tail);
        self.state = State::Head;
        if !document.text.is_empty() || document.is_too_long {
            match (self.parsed(&document, MOST_BYTES), has_items) {
                (Some(head), true) => self.release(of_items(&head).as_ref()),
                (Some(value), false) => self.give(document.line, value),
                (None, _) => {}
            }
        }
        self.release(None);
    }

    /// Gives the items that said no kind.
    fn release(&mut self, of: Option<&OfItems>) {
        for (line, value) in self.held.drain(..) {
            (self.each)(Item { line, json: told(value, of).to_string().into() });
        }
        self.held_bytes = 0;
    }

    /// Gives the objects of a document that was read as a whole.
    fn give(&mut self, line: u64, value: Value) {
        let of = of_items(&value);
        let items = match value {
            Value::Object(mut fields) => match fields.remove("items") {
                Some(Value::Array(items)) => items,
                Some(_) => Vec::new(),
                // A list of nothing.
                None if fields.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List")) => {
                    Vec::new()
                }
                None => vec![Value::Object(fields)],
            },
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        for item in items {
            (self.each)(Item { line, json: told(item, of.as_ref()).to_string().into() });
        }
    }

    fn parsed(&mut self, of: &Text, most: usize) -> Option<Value> {
        let parsed = match of.is_too_long {
            true => Err(format!(
                "more than {most} bytes of YAML that have to be read as a whole; the same as JSON may be longer"
            )),
            false => std::str::from_utf8(&of.text).map_err(|error| error.to_string()).and_then(value),
        };
        match parsed {
            Ok(value) => Some(value),
            Err(why) => {
                self.error.get_or_insert_with(|| format!("line {}: {why}", of.line));
                None
            }
        }
    }
}

/// What stands for what was hidden in the files of Troubleshoot, whatever is around it (replicatedhq/troubleshoot,
/// pkg/redact/redact.go, `MASK_TEXT`). At the beginning of a value it would be a reference.
const MASK: &str = "***HIDDEN***";

fn value(text: &str) -> Result<Value, String> {
    let read = |text: &str| serde_saphyr::from_str_with_options::<Value>(text, options());
    let masked = |error| match text.contains(MASK) {
        true => read(&text.replace(MASK, "(hidden)")),
        false => Err(error),
    };
    read(text).or_else(masked).map_err(|error| error.to_string())
}

/// Of keys that stand twice the last counts, as in JSON: what hides secrets may make two alike.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! { duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins }
}

/// What stands behind the marker of a new document, or of the end of one.
fn behind_marker(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"---").or_else(|| line.strip_prefix(b"..."))?;
    let is_marker = rest.first().is_none_or(|first| matches!(first, b' ' | b'\t'));
    is_marker.then(|| rest.trim_ascii())
}

fn is_blank(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.is_empty() || line.starts_with(b"#")
}

fn of_items(list: &Value) -> Option<OfItems> {
    let text = |name: &str| list.get(name).and_then(Value::as_str);
    OfItems::of_list(text("apiVersion")?, text("kind")?)
}

/// An item that says what it is, if its list does.
fn told(mut item: Value, of: Option<&OfItems>) -> Value {
    if let (Value::Object(fields), Some(of)) = (&mut item, of)
        && !fields.contains_key("kind")
    {
        fields.insert("kind".to_owned(), of.kind.clone().into());
        fields.insert("apiVersion".to_owned(), of.api_version.clone().into());
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(text: &[u8]) -> io::Result<Vec<Item>> {
        let mut found = Vec::new();
        let mut add = |item| found.push(item);
        let mut reader = Reader::new(1 << 20, &mut add);
        text.split(|byte| *byte == b'\n').zip(1..).for_each(|(line, number)| reader.line(number, line));
        reader.finish()?;
        Ok(found)
    }

    fn lines(text: &str) -> Vec<u64> {
        items(text.as_bytes()).expect("a list").iter().map(|item| item.line).collect()
    }

    fn texts(text: &str) -> Vec<String> {
        let items = items(text.as_bytes()).expect("objects");
        items.into_iter().map(|item| String::from_utf8(item.json).expect("text")).collect()
    }

    #[test]
    fn items_begin_where_kubectl_puts_them() {
        let text = "apiVersion: v1\nitems:\n- kind: Event\n  message: |\n    - no item\n- kind: Event\nkind: List\n";
        assert_eq!(lines(text), [3, 6]);
        assert_eq!(lines("items:\n  - a: 1\n  - b: 2\n"), [1, 1]);
        assert!(lines("kind: List\n").is_empty());
        assert!(lines("apiVersion: v1\nitems: []\nkind: PodList\n").is_empty() && lines("items: null\n").is_empty());
    }

    #[test]
    fn objects_come_alone_in_documents_and_in_sequences() {
        let pod = "apiVersion: v1\nkind: Pod\nspec:\n  items:\n  - a\n";
        assert_eq!(lines(pod), [1]);
        let several = format!(
            "# of a person's hand\n---\n{pod}---\n\nkind: Node\n--- # the last\n- kind: A\n-\n  kind: B\n...\n"
        );
        assert_eq!(lines(&several), [3, 10, 12, 13]);
        assert_eq!(texts("kind: A\na: ***HIDDEN***:1\n"), [r#"{"a":"(hidden):1","kind":"A"}"#]);
        assert_eq!(texts("kind: A\na: 1\na: 2\n"), [r#"{"a":2,"kind":"A"}"#]);
        assert_eq!(texts("- kind: A\n  b: 'x\n\n    y'\n"), [r#"{"b":"x\ny","kind":"A"}"#]);
        let list = "apiVersion: v1\nitems:\n- metadata:\n    name: a\n- kind: Odd\nkind: PodList\nmetadata: {}\n---\nkind: B\n";
        let expected =
            [r#"{"kind":"Odd"}"#, r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#, r#"{"kind":"B"}"#];
        assert_eq!(texts(list), expected);
    }

    #[test]
    fn what_is_broken_costs_no_more_than_itself() {
        let mut found = Vec::new();
        let mut add = |item: Item| found.push(item.line);
        let mut reader = Reader::new(40, &mut add);
        let long = format!("- a: {}", "x".repeat(50));
        for (line, number) in ["items:", "- a: [", &long, "- kind: A", "---", "a: ["].iter().zip(1..) {
            reader.line(number, line.as_bytes());
        }
        let said = reader.finish().expect_err("an error").to_string();
        assert!(said.starts_with("line 2: "), "{said}");
        assert_eq!(found, [4]);
    }

    #[test]
    fn what_is_no_yaml_and_what_grows_without_bound_are_errors() {
        assert!(items(b"a: [").is_err() && items(&[0xff]).is_err());
        let mut bomb = "a0: &a0 [x]\n".to_owned();
        for level in 1..40 {
            let below = format!("*a{},", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(',')));
        }
        assert!(items(bomb.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(items:\n)?(---\n|- a|  b: 1\n|[a:\\[#|\n ]){0,40}") {
            let _ = items(text.as_bytes());
        }
    }
}
