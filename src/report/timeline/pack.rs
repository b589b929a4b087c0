//! Data for the page's script: JSON, deflated and in base64, so that it is small and that no text of it can be markup.

use ct_codecs::{Base64, Encoder};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::Write;

/// `value` as the script's `unpack` reads it.
pub fn pack(value: &impl Serialize) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Neither writing to memory nor making JSON of our own rows fails.
    let json = serde_json::to_vec(value).unwrap_or_default();
    let packed = encoder.write_all(&json).and_then(|()| encoder.finish()).unwrap_or_default();
    base64(&packed)
}

/// The hash of a script or style by which a page's policy allows it.
pub fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    Base64::encode_to_string(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::ZlibDecoder;
    use std::io::Read;

    #[test]
    fn what_is_packed_is_plain_and_the_same() {
        let packed = pack(&["</script>", "\u{202e}"]);
        assert!(packed.chars().all(|one| one.is_ascii_alphanumeric() || "+/=".contains(one)), "{packed}");
        let deflated = <Base64 as ct_codecs::Decoder>::decode_to_vec(&packed, None).unwrap();
        let mut json = String::new();
        ZlibDecoder::new(deflated.as_slice()).read_to_string(&mut json).unwrap();
        assert_eq!(json, "[\"</script>\",\"\u{202e}\"]");
        assert_eq!(hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
