//! What the first lists told, handed from the collector of objects to those who need it to know what to ask for.
//!
//! Objects stay text here: whoever needs a field reads it item by item, so one bad object costs only itself. A list
//! of more than a megabyte waits in a file without a name, so that memory does not grow with the cluster: what is
//! held of each object is where it ends, 8 bytes.

use super::item::Closing;
use crate::archive::format::Status;
use crate::archive::{Scratch, ScratchFile, SharedFile};
use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;
use tokio::sync::watch;

/// Objects of one kind as JSON, `managedFields` left out, in the order in which they came. Cheap to clone, and read
/// by many at once.
#[derive(Clone)]
pub struct Objects {
    text: SharedFile,
    /// Where each ends, in bytes; it begins where the one before it ends.
    ends: Arc<[u64]>,
}

impl Objects {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The object with this number, counted from 0. An error is one of the disk, or that there is no such number.
    pub fn get(&self, at: usize) -> io::Result<String> {
        let end = *self.ends.get(at).ok_or(io::ErrorKind::NotFound)?;
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let length = usize::try_from(end.saturating_sub(begin)).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(length);
        self.text.read_at(begin, length, &mut bytes)?;
        if bytes.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Every object in turn, one in memory at a time.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<String>> + '_ {
        (0..self.len()).map(|at| self.get(at))
    }
}

impl Default for Objects {
    fn default() -> Self {
        Self { text: SharedFile::of_bytes(Cow::Borrowed(&[])), ends: Arc::default() }
    }
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// [`Objects`] that are still coming.
#[derive(Debug)]
pub struct Growing {
    text: ScratchFile,
    ends: Vec<u64>,
    /// Why it is of no use any more.
    failed: Option<io::Error>,
}

impl Growing {
    /// What is too much for memory waits in `scratch`.
    pub fn new(scratch: &Scratch) -> Self {
        Self { text: scratch.file(), ends: Vec::new(), failed: None }
    }

    /// Takes an object. After an error of the disk nothing more is taken, and [`Growing::finish`] tells it: whoever
    /// lists goes on, as the archive may still have room for the list.
    pub fn push(&mut self, object: &str) {
        if self.failed.is_some() {
            return;
        }
        match self.text.write_all(object.as_bytes()) {
            Ok(()) => self.ends.push(self.ends.last().copied().unwrap_or(0) + object.len() as u64),
            Err(error) => self.failed = Some(error),
        }
    }

    /// What came; the error is the first one of the disk.
    pub fn finish(self) -> io::Result<Objects> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let length = self.ends.last().copied().unwrap_or(0);
        Ok(Objects { text: self.text.into_shared(length)?, ends: self.ends.into() })
    }
}

/// A list that will come, or will not.
#[derive(Debug)]
pub struct Awaited<T>(watch::Sender<Option<Result<T, Closing>>>);

impl<T> Default for Awaited<T> {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl<T: Clone> Awaited<T> {
    pub fn publish(&self, list: Result<T, Closing>) {
        self.0.send_replace(Some(list));
    }

    /// Waits for the list. Whoever is to publish it may be stopped: so may whoever waits.
    pub async fn wait(&self) -> Result<T, Closing> {
        let mut receiver = self.0.subscribe();
        let told = receiver.wait_for(Option::is_some).await.ok().and_then(|list| list.clone());
        told.unwrap_or_else(|| Err(Closing::new(Status::Skipped, "the run ended before")))
    }
}

/// The lists that others wait for.
#[derive(Debug, Default)]
pub struct Inventory {
    pub pods: Awaited<Objects>,
    pub nodes: Awaited<Objects>,
    pub leases: Awaited<Objects>,
    pub events: Awaited<Objects>,
    /// Every node by name, told when its breaker has been made.
    pub node_names: Awaited<Arc<Vec<String>>>,
    /// What the API server answered to `/api`, which tells of the core group.
    pub core_api: Awaited<Arc<Vec<u8>>>,
    /// What it answered to `/apis`, which tells of all other groups.
    pub apis: Awaited<Arc<Vec<u8>>>,
}

#[cfg(test)]
impl Objects {
    /// These, in memory.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a str>) -> Self {
        let mut growing = Growing::new(&Scratch::new(&std::env::temp_dir()));
        objects.into_iter().for_each(|object| growing.push(object));
        growing.finish().expect("nothing that can fail in memory")
    }

    /// Every object, none of which fails to be read.
    pub fn texts(&self) -> Vec<String> {
        self.iter().map(|object| object.expect("it was just written")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stored(objects: &[String], in_memory: usize) -> Objects {
        let text = Scratch::new(&std::env::temp_dir()).file_with(in_memory);
        let mut growing = Growing { text, ends: Vec::new(), failed: None };
        objects.iter().for_each(|object| growing.push(object));
        assert_eq!(growing.ends.len(), objects.len());
        growing.finish().expect("room on the disk")
    }

    proptest! {
        #[test]
        fn what_was_taken_is_given_back_in_its_order(
            objects in proptest::collection::vec(".{0,40}", 0..40),
            in_memory in 0_usize..400,
            asked in proptest::collection::vec(0_usize..60, 0..20),
        ) {
            let stored = stored(&objects, in_memory);
            prop_assert_eq!(&stored.texts(), &objects);
            for at in asked {
                prop_assert_eq!(stored.get(at).ok(), objects.get(at).cloned());
            }
        }
    }

    #[test]
    fn a_large_list_is_on_the_disk_and_read_by_many_at_once() {
        let objects: Vec<String> = (0..2000).map(|at| format!("{at}:{}", "x".repeat(at))).collect();
        let mut growing = Growing::new(&Scratch::new(&std::env::temp_dir()));
        objects.iter().for_each(|object| growing.push(object));
        assert!(growing.text.is_rolled(), "2 MB are still in memory");
        let stored = growing.finish().expect("room on the disk");
        std::thread::scope(|scope| {
            for first in 0..8 {
                let (stored, objects) = (stored.clone(), &objects);
                scope.spawn(move || {
                    for at in (first..objects.len()).step_by(8).rev() {
                        assert_eq!(stored.get(at).ok().as_ref(), objects.get(at), "{at}");
                    }
                    assert_eq!(&stored.texts(), objects);
                });
            }
        });
    }

    #[test]
    fn a_disk_that_fails_is_told_at_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut growing = Growing::new(&Scratch::new(&folder.path().join("not-there")));
        growing.push("{}");
        growing.push(&"x".repeat(1 << 20));
        growing.push("{}");
        assert_eq!(growing.ends.len(), 1, "objects after one that was lost would have its place");
        assert_eq!(growing.finish().expect_err("no such folder").kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_file_that_was_cut_is_an_error_and_no_panic() {
        let Objects { ends, .. } = stored(&["abc".into(), "def".into()], 0);
        let cut = Objects { text: SharedFile::of_bytes(Cow::Borrowed(b"abcd")), ends };
        assert_eq!(cut.get(0).expect("it is whole"), "abc");
        assert_eq!(cut.get(1).expect_err("it is cut").kind(), io::ErrorKind::UnexpectedEof);
    }
}
