//! Whole numbers and single bits in a list of bytes.

/// Appends `number` in as many bytes as it needs, seven bits in each (LEB128).
pub fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Takes a number off the front of `bytes`; none where they end within it.
pub fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A signed number as one whose size grows with the distance from zero.
pub fn zigzag(number: i64) -> u64 {
    (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned()
}

pub fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

/// Appends bits, the highest first.
pub struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Bits of the last byte that are not used yet.
    free: u32,
}

impl<'a> BitWriter<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, free: 0 }
    }

    /// Appends the lowest `count` bits of `bits`.
    pub fn write(&mut self, bits: u64, count: u32) {
        let mut left = count;
        while left > 0 {
            if self.free == 0 {
                self.out.push(0);
                self.free = 8;
            }
            let taken = left.min(self.free);
            let piece = (bits >> (left - taken)) & ((1 << taken) - 1);
            let [piece, ..] = (piece << (self.free - taken)).to_le_bytes();
            if let Some(last) = self.out.last_mut() {
                *last |= piece;
            }
            self.free -= taken;
            left -= taken;
        }
    }
}

/// Takes bits off the front, the highest first.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    /// Bits of the first byte that are left.
    left: u32,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, left: 8 }
    }

    /// The next `count` bits (64 at most); none where the bytes end before.
    pub fn read(&mut self, count: u32) -> Option<u64> {
        let (mut bits, mut wanted) = (0, count);
        while wanted > 0 {
            let (first, rest) = self.bytes.split_first()?;
            let taken = wanted.min(self.left);
            let piece = (u64::from(*first) >> (self.left - taken)) & ((1 << taken) - 1);
            bits = bits << taken | piece;
            self.left -= taken;
            wanted -= taken;
            if self.left == 0 {
                (self.bytes, self.left) = (rest, 8);
            }
        }
        Some(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back(numbers: Vec<i64>) {
            let mut bytes = Vec::new();
            numbers.iter().for_each(|number| write_varint(zigzag(*number), &mut bytes));
            let mut rest = bytes.as_slice();
            for number in numbers {
                prop_assert_eq!(read_varint(&mut rest).map(unzigzag), Some(number));
            }
            prop_assert_eq!(read_varint(&mut rest), None);
        }

        #[test]
        fn bits_read_back(pieces in prop::collection::vec((any::<u64>(), 0_u32..=64), 0..50)) {
            let mut bytes = Vec::new();
            let mut writer = BitWriter::new(&mut bytes);
            pieces.iter().for_each(|(bits, count)| writer.write(*bits, *count));
            let mut reader = BitReader::new(&bytes);
            for (bits, count) in pieces {
                let lowest = if count == 0 { 0 } else { bits << (64 - count) >> (64 - count) };
                prop_assert_eq!(reader.read(count), Some(lowest));
            }
            prop_assert_eq!(reader.read(8), None);
        }

        #[test]
        fn any_bytes_are_read_to_their_end(bytes: Vec<u8>) {
            let mut rest = bytes.as_slice();
            while read_varint(&mut rest).is_some() {}
            let mut reader = BitReader::new(&bytes);
            while reader.read(3).is_some() {}
        }
    }
}
