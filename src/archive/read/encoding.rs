//! Texts that begin with a byte order mark, as UTF-8: PowerShell and editors on Windows write such (Unicode Standard,
//! 23.8). What is no text in that encoding becomes U+FFFD, as `String::from_utf8_lossy` has it.

use std::io::{self, Read};

/// How the text behind a byte order mark is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// Bytes that are read at once.
const PIECE: u64 = 64 << 10;

impl Encoding {
    /// By the first bytes of a file.
    pub fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0xef, 0xbb, 0xbf, ..] => Some(Self::Utf8),
            // The same of UTF-32, which nobody writes logs in.
            [0xff, 0xfe, 0, 0, ..] => None,
            [0xff, 0xfe, ..] => Some(Self::Utf16Le),
            [0xfe, 0xff, ..] => Some(Self::Utf16Be),
            _ => None,
        }
    }

    fn unit(self, [first, second]: [u8; 2]) -> u16 {
        match self {
            Self::Utf16Be => u16::from_be_bytes([first, second]),
            Self::Utf8 | Self::Utf16Le => u16::from_le_bytes([first, second]),
        }
    }

    fn mark_bytes(self) -> usize {
        if self == Self::Utf8 { 3 } else { 2 }
    }
}

/// The text of `reader` as UTF-8, without its mark.
pub(super) struct AsUtf8<R> {
    reader: R,
    encoding: Encoding,
    /// Bytes of the mark that are still to be passed over.
    mark: usize,
    /// The end of a piece that goes on in the next: half a unit, or the first of a pair of surrogates.
    rest: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
}

impl<R: Read> AsUtf8<R> {
    pub fn new(reader: R, encoding: Encoding) -> Self {
        let mark = encoding.mark_bytes();
        Self { reader, encoding, mark, rest: Vec::new(), ready: Vec::new(), given: 0 }
    }

    /// Makes more of the text ready; nothing at its end.
    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.given = 0;
        while self.ready.is_empty() {
            let mut piece = std::mem::take(&mut self.rest);
            let had = piece.len();
            Read::take(&mut self.reader, PIECE).read_to_end(&mut piece)?;
            let is_last = piece.len() == had;
            let passed = self.mark.min(piece.len());
            self.mark -= passed;
            let text = piece.get(passed..).unwrap_or_default();
            match self.encoding {
                Encoding::Utf8 => self.ready.extend_from_slice(text),
                _ => self.decode(text, is_last),
            }
            if is_last {
                return Ok(());
            }
        }
        Ok(())
    }

    fn decode(&mut self, text: &[u8], is_last: bool) {
        let (pairs, odd) = text.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| self.encoding.unit(*pair)).collect();
        let is_open = |unit: &u16| (0xd800..0xdc00).contains(unit);
        if !is_last {
            let open = units.pop_if(|unit| is_open(unit)).and(pairs.last());
            self.rest = [open.map_or(&[][..], |pair| pair.as_slice()), odd].concat();
        } else if !odd.is_empty() {
            units.push(0xfffd);
        }
        let characters = char::decode_utf16(units).map(|one| one.unwrap_or(char::REPLACEMENT_CHARACTER));
        self.ready.extend_from_slice(characters.collect::<String>().as_bytes());
    }
}

impl<R: Read> Read for AsUtf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            self.fill()?;
        }
        let count = self.ready.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives out as many bytes at a time as are asked for at most.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(self.1);
            self.0.read(buffer.get_mut(..most).unwrap_or_default())
        }
    }

    fn read(bytes: &[u8], at_once: usize) -> String {
        let encoding = Encoding::of(bytes).expect("a mark");
        let mut text = String::new();
        AsUtf8::new(Slow(bytes, at_once), encoding).read_to_string(&mut text).expect("UTF-8");
        text
    }

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(unit).collect()
    }

    #[test]
    fn what_is_no_text_is_marked() {
        assert_eq!(read(b"\xff\xfea\0\x00\xd8b\0c", 1), "a\u{fffd}b\u{fffd}");
        assert_eq!(read(b"\xef\xbb\xbf", 9), "");
        assert_eq!((Encoding::of(b"a"), Encoding::of(b"\xff\xfe\0\0"), Encoding::of(b"")), (None, None, None));
    }

    proptest! {
        #[test]
        fn a_text_is_the_same_in_each_encoding(text in "(?s).{0,60}", at_once in 1_usize..9, long in 0_usize..3) {
            let text = format!("x{text}") + &"äx\u{1f600}".repeat(long * 9_000);
            prop_assert_eq!(&read(&[b"\xef\xbb\xbf", text.as_bytes()].concat(), at_once), &text);
            prop_assert_eq!(&read(&utf16(&text, u16::to_le_bytes), at_once), &text);
            prop_assert_eq!(&read(&utf16(&text, u16::to_be_bytes), at_once), &text);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..80), be in any::<bool>()) {
            let mark: &[u8] = if be { b"\xfe\xff" } else { b"\xff\xfe\x41" };
            read(&[mark, &bytes].concat(), 7);
        }
    }
}
