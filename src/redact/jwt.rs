//! JSON web tokens (RFC 7519), also where line breaks cut through them. The first part must name an algorithm.

use super::finder::{Finder, Part, Put};
use super::token::continues_word;
use ct_codecs::{Base64UrlSafeNoPadding, Decoder};

/// The most lines that one token goes over, and the most bytes.
const MOST_LINES: usize = 64;
const MOST_BYTES: usize = 1 << 15;

/// A header in base64 is longer than this: `{"alg":"RS256"}` has 20 characters.
const SHORTEST_HEADER: usize = 16;

/// Characters of the signatures of each algorithm in base64 (RFC 7518); those of RSA follow the length of the key.
const SIGNATURES: &[(&str, &[usize])] = &[
    ("HS256", &[43]),
    ("HS384", &[64]),
    ("HS512", &[86]),
    ("ES256", &[86]),
    ("ES384", &[128]),
    ("ES512", &[176]),
    ("EdDSA", &[86]),
    ("RS", &[342, 512, 683]),
    ("PS", &[342, 512, 683]),
];

pub(super) fn look(finder: &mut Finder<'_>, rule: usize, start: usize) {
    if start < finder.looked || continues_word(finder.text, start) {
        return;
    }
    let (parts, token) = runs(finder, start);
    finder.looked = parts.last().map_or(start, |part| part.end);
    let sections: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    let [header, second, ..] = sections.as_slice() else { return };
    if header.len() >= SHORTEST_HEADER && second.len() >= 4 && names_algorithm(header) {
        finder.hide_parts(rule, parts);
    }
}

/// The token with its continuations on the lines after.
fn runs(finder: &Finder<'_>, start: usize) -> (Vec<Part>, Vec<u8>) {
    let text = finder.text;
    let (mut at, mut parts, mut token) = (start, Vec::new(), Vec::new());
    while parts.len() < MOST_LINES {
        let rest = text.slice(at, at + MOST_BYTES);
        let run = rest.iter().take_while(|byte| is_part(**byte)).count();
        let continues = !parts.is_empty();
        let next = text.at(at + run);
        // The rest of a signature has its line for itself; other words do not.
        let in_signature = token.iter().filter(|byte| **byte == b'.').count() >= 2;
        let ends_line = text.break_at(at + run).is_some()
            || matches!(next, b'"' | b'\'' | b'\n' | b'\\')
            || (!in_signature && matches!(next, b' ' | b'<' | b','));
        if run == 0 || (continues && !ends_line) {
            break;
        }
        let put = if continues { Put::Nothing } else { Put::Pseudonym };
        parts.push(Part { start: at, end: at + run, put });
        token.extend_from_slice(rest.get(..run).unwrap_or_default());
        if is_complete(&token) {
            break;
        }
        let Some(line) = text.break_at(at + run).and_then(|breaks| text.next_line(at + run, breaks)) else { break };
        at = text.skip_blanks(line.start);
    }
    // A full stop after a token ends a sentence.
    if let (Some(last), true) =
        (parts.last_mut(), token.ends_with(b".") && token.iter().filter(|byte| **byte == b'.').count() > 2)
    {
        last.end -= 1;
    }
    (parts, token)
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=')
}

/// Whether the signature is as long as its algorithm makes it.
fn is_complete(token: &[u8]) -> bool {
    let mut sections = token.split(|byte| *byte == b'.');
    let (Some(header), Some(_), Some(signature)) = (sections.next(), sections.next(), sections.next()) else {
        return false;
    };
    let Ok(json) = Base64UrlSafeNoPadding::decode_to_vec(header, None) else { return false };
    let is_named = |name: &str| memchr::memmem::find(&json, format!("\"{name}").as_bytes()).is_some();
    SIGNATURES.iter().find(|(name, _)| is_named(name)).is_some_and(|(_, lengths)| lengths.contains(&signature.len()))
}

fn names_algorithm(header: &[u8]) -> bool {
    let Ok(json) = Base64UrlSafeNoPadding::decode_to_vec(header, None) else { return false };
    ["\"alg\"", "\"typ\"", "\"kid\"", "\"enc\""].iter().any(|key| memchr::memmem::find(&json, key.as_bytes()).is_some())
}
