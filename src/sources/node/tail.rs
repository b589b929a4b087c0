//! The end of a file whose length is not known before it has come, on the disk.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

/// Keeps the last bytes of what is written to it: at least half of its capacity, if so much came.
pub struct Tail {
    half: u64,
    old: Option<File>,
    new: File,
    in_new: u64,
    is_cut: bool,
}

impl Tail {
    /// `capacity` is in bytes. The files have no name and go with this.
    pub fn new(capacity: u64) -> io::Result<Self> {
        Ok(Self { half: (capacity / 2).max(1), old: None, new: tempfile::tempfile()?, in_new: 0, is_cut: false })
    }

    pub fn write(&mut self, mut data: &[u8]) -> io::Result<()> {
        while !data.is_empty() {
            if self.in_new >= self.half {
                self.is_cut |= self.old.is_some();
                self.old = Some(std::mem::replace(&mut self.new, tempfile::tempfile()?));
                self.in_new = 0;
            }
            let room = usize::try_from(self.half - self.in_new).unwrap_or(usize::MAX);
            let (now, later) = data.split_at(room.min(data.len()));
            self.new.write_all(now)?;
            self.in_new += now.len() as u64;
            data = later;
        }
        Ok(())
    }

    /// Whether the beginning is lost. What is kept then begins anywhere in a line.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Hands over what is kept, piece by piece, until `each` says that it is enough. It may be called again.
    pub fn each(&mut self, mut each: impl FnMut(&[u8]) -> io::Result<bool>) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        for file in self.old.iter_mut().chain([&mut self.new]) {
            file.rewind()?;
            loop {
                let read = file.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                if !each(buffer.get(..read).unwrap_or_default())? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_end_is_kept(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20), capacity in 2_u64..200) {
            let mut tail = Tail::new(capacity).expect("a disk");
            for piece in &pieces {
                tail.write(piece).expect("a disk");
            }
            let whole = pieces.concat();
            for _ in 0..2 {
                let mut kept = Vec::new();
                tail.each(|data| {
                    kept.extend_from_slice(data);
                    Ok(true)
                }).expect("a disk");
                prop_assert!(whole.ends_with(&kept) && kept.len() as u64 <= capacity);
                prop_assert!(kept.len() as u64 >= (capacity / 2).min(whole.len() as u64));
                prop_assert_eq!(tail.is_cut(), kept.len() < whole.len());
            }
        }
    }
}
