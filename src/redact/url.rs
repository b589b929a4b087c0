//! Passwords in URLs of any scheme: what stands between the first colon and the last `@` of the authority (RFC 3986).

use super::finder::Finder;
use super::value::{is_kept, is_random};

/// The longest authority that is looked at, in bytes.
const LONGEST: usize = 2048;

/// A user name without password is a credential from this length on, if it looks random, as git has it.
const LONG_USER: usize = 16;

/// Looks at the URL whose `://` ends at `start`.
pub(super) fn look(finder: &mut Finder<'_>, rule: usize, start: usize) {
    let text = finder.text;
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\');
    let rest = text.slice(start, start + LONGEST);
    let url = rest.get(..rest.iter().position(is_end).unwrap_or(rest.len())).unwrap_or_default();
    let authority_end = url.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(url.len());
    let authority = url.get(..authority_end).unwrap_or_default();
    // A list of addresses is one word, in which another URL may follow.
    let at = match memchr::memrchr(b'@', authority) {
        Some(at) => at,
        None => match late_at(url, authority) {
            Some(at) => at,
            None => return,
        },
    };
    let user = url.get(..at).unwrap_or_default();
    let secret = match user.iter().position(|byte| *byte == b':') {
        Some(colon) => colon + 1..at,
        None if user.len() >= LONG_USER && is_random(user) => 0..at,
        None => return,
    };
    let value = url.get(secret.clone()).unwrap_or_default();
    if !is_kept(value) {
        finder.hide(rule, start + secret.start, start + secret.end);
    }
}

/// The `@` after a password that holds a slash, which it should not: what is before the slash is then no port.
fn late_at(url: &[u8], authority: &[u8]) -> Option<usize> {
    let colon = authority.iter().position(|byte| *byte == b':')?;
    let port = authority.get(colon + 1..)?;
    let user = authority.get(..colon)?;
    let is_host =
        user.is_empty() && port.is_empty() || user.contains(&b'.') || user.contains(&b'[') || user == b"localhost";
    if is_host || port.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let at = url.iter().position(|byte| *byte == b'@')?;
    let next = url.get(at + 1)?;
    next.is_ascii_alphanumeric().then_some(at)
}
