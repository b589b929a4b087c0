//! The values of HTTP's `Authorization` and its kin: a scheme, which stays, and what it is followed by.

use super::lex::Text;

/// Schemes of HTTP authentication (IANA) and those that clients made up.
const SCHEMES: &[&[u8]] = &[b"bearer", b"basic", b"token", b"digest", b"negotiate", b"apikey", b"ntlm", b"bot", b"key", b"splunk"];

/// Where the credential begins in a value that may begin with a scheme.
pub(super) fn after_scheme(text: Text<'_>, start: usize) -> usize {
    let word = text.slice(start, start + 24);
    let length = word.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let scheme = word.get(..length).unwrap_or_default();
    let is_known = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) || is_signed(text, start);
    if is_known && text.at(start + length) == b' ' { text.skip_blanks(start + length) } else { start }
}

/// Whether it is a signature with its parameters, as AWS has it.
pub(super) fn is_signed(text: Text<'_>, start: usize) -> bool {
    text.starts_with(start, b"AWS4-HMAC-SHA256") || text.starts_with(start, b"Digest ")
}
