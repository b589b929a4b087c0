//! What stands for a secret: the same for the same secret within one archive, and telling nothing without the key.

use ct_codecs::{Base64NoPadding, Decoder};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// What every pseudonym begins with.
pub(super) const MARK: &str = "REDACTED-";

/// Bytes of the keyed hash that are shown, as two hexadecimal digits each.
const SHOWN: usize = 6;

/// The key of one archive's pseudonyms. It is never written anywhere: who has the archive cannot try guesses.
#[derive(Clone)]
pub struct Key {
    bytes: [u8; 32],
    /// Whether pseudonyms have a hash.
    tells_apart: bool,
}

/// The operating system gave no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("no key for pseudonyms: the operating system gave no random numbers ({0}); nothing was written")]
pub struct KeyError(getrandom::Error);

impl Key {
    /// A new key from the operating system's random numbers.
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(KeyError)?;
        Ok(Self::known(bytes))
    }

    /// A key that is known, for tests and for trying rules.
    pub fn known(bytes: [u8; 32]) -> Self {
        Self { bytes, tells_apart: true }
    }

    /// For pseudonyms of the rule's name alone: nothing tells whether two secrets were the same, so that no key has to be
    /// kept from anybody.
    pub fn none() -> Self {
        Self { bytes: [0; 32], tells_apart: false }
    }

    /// 64 hexadecimal digits that stand for `text`.
    pub fn digits(&self, text: &str) -> String {
        self.hash(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn hash(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes).unwrap_or_else(|_| Hmac::new(&Default::default()));
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// `REDACTED-RULE-HEX`, or `REDACTED-RULE`, of characters that mean nothing in JSON, YAML, a shell, a URL or a file name.
    pub(super) fn pseudonym(&self, rule: &str, secret: &[u8]) -> String {
        if !self.tells_apart {
            return format!("{MARK}{rule}");
        }
        let hash = self.hash(&plain(secret));
        let hex: String = hash.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
        format!("{MARK}{rule}-{hex}")
    }
}

/// Never the key itself.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

/// A secret without what its surroundings made of it, so that it has one hash wherever it stands: backslashes go, and
/// the escapes that Go's JSON has for `<`, `>` and `&` are decoded.
fn plain(secret: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(secret.len());
    let mut rest = secret;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            out.push(*first);
        } else if let Some((character, after)) = unicode_escape(after) {
            out.push(character);
            rest = after;
        }
    }
    out
}

/// `u0026`: the ASCII character it stands for, and what follows.
fn unicode_escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let digits = std::str::from_utf8(text.strip_prefix(b"u00")?.get(..2)?).ok()?;
    let code = u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii)?;
    Some((code, text.get(5..)?))
}

/// What base64 (standard, with or without padding) stands for.
pub(super) fn decoded(base64: &[u8]) -> Option<Vec<u8>> {
    let end = base64.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    Base64NoPadding::decode_to_vec(base64.get(..end)?, None).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_one_pseudonym_however_escaped() {
        let key = Key::known([7; 32]);
        let plain = key.pseudonym("password", br#"a"b\c&d"#);
        assert!(plain.starts_with("REDACTED-password-") && plain.len() == "REDACTED-password-".len() + 12);
        assert_eq!(key.pseudonym("password", br#"a\"b\\c\u0026d"#), plain);
        assert_eq!(key.pseudonym("password", br#"a\\\"b\\\\c\\u0026d"#), plain);
        assert_ne!(key.pseudonym("password", br#"a"b\c&e"#), plain);
        assert_ne!(Key::known([8; 32]).pseudonym("password", br#"a"b\c&d"#), plain);
    }

    #[test]
    fn the_key_is_never_shown() {
        assert_eq!(format!("{:?}", Key::known([65; 32])), "Key");
    }
}
