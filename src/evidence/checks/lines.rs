//! Finds the lines of texts in a file that was read as a whole, each behind the one before.

pub struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
    missed: u32,
}

/// A file in which so many texts are not found as they stand is written otherwise: no more are looked for.
const MOST_MISSED: u32 = 100;

impl<'a> Lines<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1, missed: 0 }
    }

    /// The line of the next place that holds `text`; the last that was found where none does.
    pub fn of(&mut self, text: &str) -> u32 {
        if text.is_empty() || self.missed >= MOST_MISSED {
            return self.line;
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match memchr::memmem::find(rest, text.as_bytes()) {
            Some(place) => self.go_on(place),
            None => self.missed += 1,
        }
        self.line
    }

    /// The line of a place, counted in bytes from the beginning.
    pub fn of_place(&mut self, place: u64) -> u32 {
        let place = usize::try_from(place).unwrap_or(usize::MAX).min(self.bytes.len());
        self.go_on(place.saturating_sub(self.at));
        self.line
    }

    fn go_on(&mut self, bytes: usize) {
        let between = self.bytes.get(self.at..self.at.saturating_add(bytes)).unwrap_or_default();
        let breaks = memchr::memchr_iter(b'\n', between).count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_do_not_stand_there_are_not_looked_for_without_end() {
        let mut lines = Lines::new(b"one\ntwo\nthree\n");
        assert_eq!((lines.of("two"), lines.of("none"), lines.of("three")), (2, 2, 3));
        let mut lines = Lines::new(b"one\ntwo\n");
        (0..MOST_MISSED).for_each(|_| _ = lines.of("none"));
        assert_eq!(lines.of("two"), 1, "it is given up");
    }
}
