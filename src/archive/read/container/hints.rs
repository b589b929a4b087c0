//! Where the headers of entries are by what the directory says, for a source that is asked for many of them at once.
//!
//! Nothing is believed for it: each header is read and compared as ever, and one that is elsewhere is read from there.

use super::super::shared_file::SharedFile;
use super::end::Directory;
use super::local::FIRST;
use crate::archive::records;
use std::io::{self, BufReader, Read};
use std::ops::Range;

/// The most headers that are asked for together: 16 MiB of them.
const MOST: usize = 1 << 16;

/// The place of each entry's own header, in order.
pub fn headers(file: &SharedFile, directory: &Directory) -> io::Result<Vec<Range<u64>>> {
    let bytes = directory.end.saturating_sub(directory.start);
    let mut stream = BufReader::with_capacity(1 << 16, file.through(directory.start, bytes));
    let (mut places, mut fixed, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    while places.len() < MOST {
        fixed.clear();
        (&mut stream).take(records::CENTRAL_BYTES as u64).read_to_end(&mut fixed)?;
        let Some(mut central) = records::central(&fixed) else { break };
        let (name, extra) = (usize::from(central.common.name_bytes), usize::from(central.common.extra_bytes));
        rest.clear();
        (&mut stream).take((name + extra + usize::from(central.comment_bytes)) as u64).read_to_end(&mut rest)?;
        let widened = rest.get(name..name + extra).is_some_and(|extra| central.widen(extra).is_ok());
        let start = central.offset.saturating_add(directory.shift).min(file.length());
        if widened {
            places.push(start..start.saturating_add(FIRST as u64).min(file.length()));
        }
    }
    places.sort_unstable_by_key(|place| place.start);
    Ok(places)
}
