//! As much of protobuf as it takes to find a text in a request: clients send what they ask in it, whatever they accept.

/// What begins Kubernetes' envelope of protobuf (apimachinery pkg/runtime/serializer/protobuf).
const MAGIC: &[u8] = b"k8s\0";

/// The message in an envelope; none where it is something else. Its field 2 holds it (`runtime.Unknown`).
pub fn message(body: &[u8]) -> Option<&[u8]> {
    Some(field(body.strip_prefix(MAGIC)?, 2).unwrap_or_default())
}

/// The first field of a number that holds bytes.
pub fn field(message: &[u8], wanted: u64) -> Option<&[u8]> {
    let mut rest = message;
    while !rest.is_empty() {
        let (tag, after) = varint(rest)?;
        let (number, wire) = (tag >> 3, tag & 7);
        rest = match wire {
            0 => varint(after)?.1,
            1 => after.get(8..)?,
            2 => {
                let (length, after) = varint(after)?;
                let length = usize::try_from(length).ok()?;
                let held = after.get(..length)?;
                if number == wanted {
                    return Some(held);
                }
                after.get(length..)?
            }
            5 => after.get(4..)?,
            _ => return None,
        };
    }
    None
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (place, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(place).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(place + 1..)?));
        }
    }
    None
}
