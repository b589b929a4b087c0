//! Finds the lines of texts in a file that was read as a whole, each behind the one before.

pub struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    /// The line of the next place that holds `text`; the last that was found where none does.
    pub fn of(&mut self, text: &str) -> u32 {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if let Some(place) = memchr::memmem::find(rest, text.as_bytes()).filter(|_| !text.is_empty()) {
            self.go_on(place);
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
