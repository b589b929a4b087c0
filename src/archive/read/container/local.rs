//! The header that stands before an entry's data: reads it where it is said to be, and compares it with what the
//! directory says.

use super::super::shared_file::SharedFile;
use crate::archive::records::{self, Common};
use std::io;

/// What is at a byte of the file.
pub enum Found {
    Header(Header),
    /// A header begins here and the file ends within it; the name is there if all of it is.
    Cut(Option<Vec<u8>>),
    Nothing,
}

/// A local file header with its variable fields.
pub struct Header {
    pub common: Common,
    pub name: Vec<u8>,
    /// Whether the extra field could be read; if not, sizes may be missing.
    pub is_well_formed: bool,
    /// Bytes of all of it: the data are behind.
    pub bytes: u32,
}

/// Bytes read at once: enough for the header of an ordinary entry.
pub const FIRST: usize = 256;

pub fn at(file: &SharedFile, offset: u64, buffer: &mut Vec<u8>) -> io::Result<Found> {
    file.read_at(offset, FIRST, buffer)?;
    if !buffer.starts_with(&records::LOCAL) {
        return Ok(Found::Nothing);
    }
    let Some(mut common) = records::local(buffer) else { return Ok(Found::Cut(None)) };
    let name_end = records::LOCAL_BYTES + usize::from(common.name_bytes);
    let whole = name_end + usize::from(common.extra_bytes);
    if whole > buffer.len() {
        file.read_at(offset, whole, buffer)?;
    }
    let name = buffer.get(records::LOCAL_BYTES..name_end).map(<[u8]>::to_vec);
    let (Some(name), Some(extra)) = (name.clone(), buffer.get(name_end..whole)) else { return Ok(Found::Cut(name)) };
    let is_well_formed = common.widen(extra).is_ok();
    // Three fields of 16 bits each at most.
    let bytes = u32::try_from(whole).unwrap_or_default();
    Ok(Found::Header(Header { common, name, is_well_formed, bytes }))
}

impl Header {
    /// The fields in which it differs from the directory's header, whose name is `name`.
    ///
    /// What bit 3 leaves zero here (APPNOTE 4.4.4) is no difference.
    pub fn differences(&self, central: &Common, name: &[u8]) -> Vec<&'static str> {
        let local = &self.common;
        let later = local.flags & records::DESCRIBED_BEHIND != 0;
        let differs = |here: u64, there: u64| here != there && !(later && here == 0);
        let fields = [
            ("name", self.name != name),
            ("version needed", local.version_needed != central.version_needed),
            ("flags", local.flags != central.flags),
            ("method", local.method != central.method),
            ("time", local.time != central.time),
            ("date", local.date != central.date),
            ("CRC", differs(local.crc.into(), central.crc.into())),
            ("packed size", differs(local.packed, central.packed)),
            ("size", differs(local.size, central.size)),
        ];
        let mut differences: Vec<&str> = fields.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
        if !self.is_well_formed {
            differences.push("extra field");
        }
        differences
    }
}

/// Bytes of the data descriptor at `offset` (APPNOTE 4.3.9), if there is one that says what `common` says.
pub fn descriptor(file: &SharedFile, offset: u64, common: &Common, buffer: &mut Vec<u8>) -> io::Result<Option<u64>> {
    file.read_at(offset, 24, buffer)?;
    let (crc, packed, size) = (common.crc.to_le_bytes(), common.packed.to_le_bytes(), common.size.to_le_bytes());
    let narrow = |number: u64| u32::try_from(number).map(u32::to_le_bytes).ok();
    let wide = [&crc[..], &packed, &size].concat();
    let short = narrow(common.packed).zip(narrow(common.size)).map(|(packed, size)| [crc, packed, size].concat());
    for body in [Some(wide), short].into_iter().flatten() {
        for form in [[&records::DESCRIPTOR[..], &body].concat(), body] {
            if buffer.starts_with(&form) {
                return Ok(Some(form.len() as u64));
            }
        }
    }
    Ok(None)
}
