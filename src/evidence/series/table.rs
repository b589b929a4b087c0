//! Byte strings of which each is kept once: names and values of labels, and the times that series share.

use std::collections::HashMap;

/// Byte strings by number, in one piece of memory.
#[derive(Debug, Default)]
pub struct Table {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// A table that is still being filled.
#[derive(Debug, Default)]
pub struct Filling {
    table: Table,
    numbers: HashMap<Box<[u8]>, u32>,
}

impl Filling {
    /// The number of `text`, which gets the next one if it is new.
    pub fn number(&mut self, text: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = length(self.table.ends.len());
        self.table.bytes.extend_from_slice(text);
        self.table.ends.push(length(self.table.bytes.len()));
        self.numbers.insert(text.into(), number);
        number
    }

    /// Bytes of memory while it is being filled.
    pub fn size(&self) -> usize {
        // A key is there twice, with its number, its end and what the map needs for each.
        2 * self.table.bytes.len() + 40 * self.table.ends.len()
    }

    pub fn finish(mut self) -> Table {
        self.table.bytes.shrink_to_fit();
        self.table.ends.shrink_to_fit();
        self.table
    }
}

/// A length or number within an answer, whose size is bounded far below 4 GiB.
pub fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Table {
    /// What has this number; empty where nothing has.
    pub fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let end = |number: usize| self.ends.get(number).map_or(0, |end| *end as usize);
        let from = number.checked_sub(1).map_or(0, end);
        self.bytes.get(from..end(number)).unwrap_or_default()
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        self.bytes.len() + size_of::<u32>() * self.ends.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_kept_once() {
        let mut filling = Filling::default();
        let numbers: Vec<u32> =
            ["job", "", "node", "job", ""].iter().map(|text| filling.number(text.as_bytes())).collect();
        let table = filling.finish();
        assert_eq!(numbers, [0, 1, 2, 0, 1]);
        assert_eq!((table.get(0), table.get(1), table.get(2)), (&b"job"[..], &b""[..], &b"node"[..]));
        assert_eq!((table.get(3), table.size()), (&b""[..], 7 + 12));
    }
}
