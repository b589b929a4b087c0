//! The blocks of an object that were read last, at most so many.

use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};

/// Blocks by their number.
pub struct Cache {
    most: usize,
    blocks: HashMap<u64, Kept>,
    /// The block that was used at each turn.
    turns: BTreeMap<u64, u64>,
    turn: u64,
}

struct Kept {
    bytes: Bytes,
    turn: u64,
}

impl Cache {
    pub fn new(most: usize) -> Self {
        Self { most, blocks: HashMap::new(), turns: BTreeMap::new(), turn: 0 }
    }

    pub fn has(&self, block: u64) -> bool {
        self.blocks.contains_key(&block)
    }

    /// A block, which counts as used.
    pub fn get(&mut self, block: u64) -> Option<Bytes> {
        self.turn += 1;
        let kept = self.blocks.get_mut(&block)?;
        self.turns.remove(&kept.turn);
        kept.turn = self.turn;
        self.turns.insert(self.turn, block);
        Some(kept.bytes.clone())
    }

    /// Keeps a block. The one that was not used for longest gives way.
    pub fn add(&mut self, block: u64, bytes: Bytes) {
        self.turn += 1;
        if let Some(old) = self.blocks.insert(block, Kept { bytes, turn: self.turn }) {
            self.turns.remove(&old.turn);
        }
        self.turns.insert(self.turn, block);
        while self.blocks.len() > self.most {
            let Some((_, oldest)) = self.turns.pop_first() else { break };
            self.blocks.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_gives_way() {
        let mut cache = Cache::new(2);
        for block in [1, 2] {
            cache.add(block, Bytes::from(vec![0; 4]));
        }
        assert!(cache.get(1).is_some());
        cache.add(3, Bytes::new());
        assert!(cache.has(1) && cache.has(3) && !cache.has(2));
        cache.add(3, Bytes::new());
        assert!(cache.has(1) && cache.get(2).is_none());
    }
}
