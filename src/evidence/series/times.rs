//! The times of samples. A range query asks for one every so often, so a series has few runs of equal steps.

use super::bytes::{read_varint, unzigzag, write_varint, zigzag};

/// Appends `times` (milliseconds): for each run the way from the time before it, its step, and how many steps it has.
pub fn write(times: &[i64], out: &mut Vec<u8>) {
    let (mut before, mut rest) = (0_i64, times);
    while let Some((first, following)) = rest.split_first() {
        let step = following.first().map_or(0, |second| second.wrapping_sub(*first));
        let pairs = rest.iter().zip(following);
        let steps = pairs.take_while(|(a, b)| b.wrapping_sub(**a) == step).count();
        write_varint(zigzag(first.wrapping_sub(before)), out);
        write_varint(steps as u64, out);
        if steps > 0 {
            write_varint(zigzag(step), out);
        }
        before = rest.get(steps).copied().unwrap_or(*first);
        rest = following.get(steps..).unwrap_or_default();
    }
}

/// Times in the order in which they were written.
#[derive(Clone, Debug)]
pub struct Times<'a> {
    bytes: &'a [u8],
    time: i64,
    step: i64,
    /// Steps of this run that are left.
    steps: u64,
}

impl<'a> Times<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, time: 0, step: 0, steps: 0 }
    }
}

impl Iterator for Times<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        if self.steps > 0 {
            self.steps -= 1;
            self.time = self.time.wrapping_add(self.step);
        } else {
            let way = unzigzag(read_varint(&mut self.bytes)?);
            self.steps = read_varint(&mut self.bytes)?;
            self.step = if self.steps > 0 { unzigzag(read_varint(&mut self.bytes)?) } else { 0 };
            self.time = self.time.wrapping_add(way);
        }
        Some(self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(times: &[i64]) -> Vec<u8> {
        let mut out = Vec::new();
        write(times, &mut out);
        out
    }

    #[test]
    fn a_hole_costs_a_few_bytes() {
        let whole: Vec<i64> = (0..240).map(|step| 1_795_704_337_000 + step * 15_000).collect();
        let holed: Vec<i64> = whole.iter().copied().filter(|time| time % 1_000_000 > 100_000).collect();
        assert_eq!((written(&whole).len(), written(&holed).len()), (11, 31));
        assert_eq!(Times::new(&written(&holed)).collect::<Vec<_>>(), holed);
    }

    proptest! {
        #[test]
        fn any_times_read_back(times in prop::collection::vec(prop_oneof![any::<i64>(), 0_i64..4], 0..50)) {
            prop_assert_eq!(Times::new(&written(&times)).collect::<Vec<_>>(), times);
        }

        #[test]
        fn any_bytes_are_some_times(bytes: Vec<u8>) {
            Times::new(&bytes).take(1000).for_each(drop);
        }
    }
}
