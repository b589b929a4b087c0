//! Records of an entry, as many at a time as fit into little memory.

use crate::archive::Block;

/// Some records of an entry, in order, each with the line it begins on.
#[derive(Debug)]
pub enum Batch {
    /// Each on a line of its own.
    Lines(Block),
    /// Items of a list.
    Items(Vec<Item>),
}

/// An item of a list, as JSON.
#[derive(Debug)]
pub struct Item {
    /// The line of the file that it begins on, from 1; that of the list where it is not known.
    pub line: u64,
    pub json: Vec<u8>,
}

impl Batch {
    /// The records with their lines.
    pub fn records(&self) -> Box<dyn Iterator<Item = (u64, &[u8])> + '_> {
        match self {
            Self::Lines(block) => Box::new(block.lines()),
            Self::Items(items) => Box::new(items.iter().map(|item| (item.line, item.json.as_slice()))),
        }
    }
}

/// Gathers items until they are worth handing on.
pub struct Gathered<F> {
    items: Vec<Item>,
    bytes: usize,
    each: F,
}

/// Bytes of a batch of items, as of a block of lines.
const BATCH_BYTES: usize = 1 << 20;

impl<F: FnMut(Batch)> Gathered<F> {
    pub fn new(each: F) -> Self {
        Self { items: Vec::new(), bytes: 0, each }
    }

    pub fn add(&mut self, item: Item) {
        self.bytes += item.json.len();
        self.items.push(item);
        if self.bytes >= BATCH_BYTES {
            self.hand_on();
        }
    }

    /// Hands on what is left.
    pub fn hand_on(&mut self) {
        self.bytes = 0;
        let items = std::mem::take(&mut self.items);
        if !items.is_empty() {
            (self.each)(Batch::Items(items));
        }
    }
}
