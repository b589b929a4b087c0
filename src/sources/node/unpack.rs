//! A file that may be packed with gzip, unpacked as it comes: never much at a time, and never without end.

use flate2::write::MultiGzDecoder;
use std::io::Write;

/// So much is unpacked at a time; gzip makes at most 1032 bytes of one.
const STEP: usize = 4 * 1024;
/// The most that one file may unpack to: a rotated log has the size that the kubelet rotates at, 10 MiB as a rule.
const MOST: u64 = 512 * 1024 * 1024;

/// Takes a file piece by piece.
pub enum Unpack {
    Plain,
    Gzip(Box<Gzip>),
}

/// A file that is unpacked.
pub struct Gzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    unpacked: u64,
    problem: Option<String>,
    /// Nobody wants the rest of it.
    is_enough: bool,
}

impl Unpack {
    pub fn plain() -> Self {
        Self::Plain
    }

    pub fn gzip() -> Self {
        let decoder = MultiGzDecoder::new(Vec::new());
        Self::Gzip(Box::new(Gzip { decoder, unpacked: 0, problem: None, is_enough: false }))
    }

    /// Takes a piece; what it unpacks to comes out. `out` tells whether it wants more, and so does this: it wants none
    /// after a [`Unpack::problem`].
    pub fn push<E>(&mut self, piece: &[u8], out: &mut impl FnMut(&[u8]) -> Result<bool, E>) -> Result<bool, E> {
        let Self::Gzip(gzip) = self else { return out(piece) };
        for step in piece.chunks(STEP) {
            if gzip.problem.is_some() || gzip.is_enough {
                break;
            }
            let came = gzip.step(step);
            gzip.is_enough |= !out(&came)?;
        }
        Ok(gzip.problem.is_none() && !gzip.is_enough)
    }

    /// Why not all of it came, if so.
    pub fn problem(self) -> Option<String> {
        match self {
            Self::Plain => None,
            Self::Gzip(mut gzip) if gzip.problem.is_none() && !gzip.is_enough => {
                gzip.decoder.try_finish().err().map(|error| format!("it ends too early: {error}"))
            }
            Self::Gzip(gzip) => gzip.problem,
        }
    }
}

impl Gzip {
    fn step(&mut self, step: &[u8]) -> Vec<u8> {
        if let Err(error) = self.decoder.write_all(step).and_then(|()| self.decoder.flush()) {
            self.problem = Some(format!("it cannot be unpacked further: {error}"));
        }
        let came = std::mem::take(self.decoder.get_mut());
        self.unpacked += came.len() as u64;
        if self.unpacked > MOST {
            self.problem = Some(format!("it unpacks to more than {MOST} bytes"));
        }
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text).expect("memory");
        packer.finish().expect("memory")
    }

    fn check(mut unpack: Unpack, file: &[u8], piece: usize) -> (Vec<u8>, Option<String>, usize) {
        let (mut came, mut largest) = (Vec::new(), 0);
        for piece in file.chunks(piece.max(1)) {
            let pushed = unpack.push(piece, &mut |data| -> Result<bool, ()> {
                largest = largest.max(data.len());
                came.extend_from_slice(data);
                Ok(true)
            });
            if !pushed.expect("no error") {
                break;
            }
        }
        (came, unpack.problem(), largest)
    }

    #[test]
    fn little_is_unpacked_at_a_time() {
        let zeros = vec![0; 64 * 1024 * 1024];
        let (came, problem, largest) = check(Unpack::gzip(), &packed(&zeros), 1 << 20);
        assert_eq!((came.len(), problem), (zeros.len(), None));
        assert!(largest <= STEP * 1032 + 64 * 1024, "{largest}");
    }

    #[test]
    fn what_is_damaged_is_kept_up_to_there() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
        let mut file = packed(&text);
        let half = file.len() / 2;
        file.iter_mut().skip(half).for_each(|byte| *byte = 0xff);
        let (came, problem, _) = check(Unpack::gzip(), &file, 5000);
        assert!(problem.is_some() && !came.is_empty() && text.starts_with(came.get(..1000).unwrap_or_default()));
        assert!(check(Unpack::gzip(), b"not packed at all", 5).1.is_some());
        let (came, problem, _) = check(Unpack::gzip(), packed(&text).get(..half).unwrap_or_default(), 5000);
        assert!(problem.is_some_and(|why| why.starts_with("it ends too early")) && text.starts_with(&came));
        assert_eq!(check(Unpack::plain(), b"plain", 2).0, b"plain");
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in proptest::collection::vec(any::<u8>(), 0..5000), piece in 1_usize..600) {
            let (came, problem, _) = check(Unpack::gzip(), &packed(&text), piece);
            prop_assert_eq!((came, problem), (text, None));
        }
    }
}
