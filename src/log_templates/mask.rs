//! The words of a message with its variable parts masked, before anything is compared: times, UIDs, identifiers, hashes,
//! numbers with their units, addresses, paths, durations, values in quotes, braces and brackets.
//!
//! Masking by class before templates are looked for is what Drain3 adds to Drain (He et al. 2017, ICWS). Here it is one
//! pass over the bytes, without regular expressions.

use crate::logline::fields::end_of_quote;

/// Stands for what varies.
pub const MASK: &str = "<*>";

/// The most words of a message that are told apart, and the most bytes that are looked at.
const MOST_WORDS: usize = 40;
const MOST_BYTES: usize = 600;

/// Names that have digits and never vary.
const FIXED: [&str; 20] = [
    "x509", "ipv4", "ipv6", "ext4", "md5", "sha1", "sha256", "sha512", "base64", "utf8", "k8s", "k3s", "cgroup2", "v1",
    "overlay2", "http2", "l3", "oauth2", "s3", "i2c",
];

/// Methods of HTTP: before a path they are a value.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"];

/// Appends the words of `message` to `out`, with one space between them, and gives how many there are.
pub fn words(message: &str, out: &mut String) -> usize {
    let mut end = message.len().min(MOST_BYTES);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let mut text = Text { rest: message.get(..end).unwrap_or_default(), closes: [true; 4] };
    let (start, mut count) = (out.len(), 0);
    let mut word = String::new();
    while text.next_word(&mut word) {
        // What is a value at both ends is one, as a path with a part in braces.
        if word.starts_with(MASK) && word.ends_with(MASK) {
            MASK.clone_into(&mut word);
        }
        if word.starts_with(MASK) {
            mask_method(out, start);
        }
        if count == MOST_WORDS {
            out.push_str(" …");
            return count + 1;
        }
        if count > 0 {
            out.push(' ');
        }
        out.push_str(&word);
        count += 1;
    }
    // A name and a number are a row of a list of counters, as the kernel prints of a cgroup's memory.
    if count == 2
        && let Some(name) = out.get(start..).and_then(|said| said.strip_suffix(" <*>"))
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    {
        out.truncate(start);
        out.push_str("<*> <*>");
    }
    count
}

/// Masks a method of HTTP at the end of the words from `start` on.
fn mask_method(out: &mut String, start: usize) {
    let last = out.get(start..).and_then(|said| said.rsplit(' ').next()).unwrap_or_default();
    let bare = last.trim_end_matches(',');
    if METHODS.contains(&bare) {
        let (keep, comma) = (out.len() - last.len(), last.len() > bare.len());
        out.truncate(keep);
        out.push_str(MASK);
        out.push_str(if comma { "," } else { "" });
    }
}

/// What is left of a message.
struct Text<'a> {
    rest: &'a str,
    /// Whether a quote, an escaped quote, a brace, a bracket may still be closed; once one was not, none is looked for.
    closes: [bool; 4],
}

impl Text<'_> {
    /// Takes the next word, masked, into `word`.
    fn next_word(&mut self, word: &mut String) -> bool {
        self.rest = self.rest.trim_start();
        word.clear();
        while let Some(first) = self.rest.chars().next() {
            if first.is_whitespace() {
                break;
            }
            if !self.enclosed(word) {
                self.plain(word);
            }
        }
        !word.is_empty()
    }

    /// Masks what stands in quotes, braces or brackets, if something does.
    fn enclosed(&mut self, word: &mut String) -> bool {
        let bytes = self.rest.as_bytes();
        let (kind, open) = match bytes {
            [b'"', ..] => (0, 1),
            [b'\\', b'"', ..] => (1, 2),
            [b'{', ..] => (2, 1),
            [b'[', ..] => (3, 1),
            _ => return false,
        };
        if !self.closes.get(kind).copied().unwrap_or_default() {
            return false;
        }
        let inside = bytes.get(open..).unwrap_or_default();
        let length = match kind {
            0 => end_of_quote(inside),
            1 => memchr::memmem::find(inside, b"\\\""),
            2 => balanced(inside, b'{', b'}'),
            _ => balanced(inside, b'[', b']'),
        };
        let Some(length) = length else {
            self.closes.iter_mut().skip(kind).take(1).for_each(|one| *one = false);
            return false;
        };
        let inner = self.rest.get(open..open + length).unwrap_or_default();
        let is_word =
            kind == 3 && !inner.is_empty() && inner.len() <= 16 && inner.bytes().all(|c| c.is_ascii_alphabetic());
        let (left, right) = [("\"", "\""), ("\"", "\""), ("{", "}"), ("[", "]")].get(kind).copied().unwrap_or_default();
        word.push_str(left);
        word.push_str(if is_word { inner } else { MASK });
        word.push_str(right);
        self.rest = self.rest.get(open + length + open..).unwrap_or_default();
        true
    }

    /// Takes what reaches to the next space or enclosure.
    fn plain(&mut self, word: &mut String) {
        let mut at = self.rest.char_indices().skip(1);
        let end = at.find(|(_, c)| c.is_whitespace() || matches!(c, '"' | '{' | '[') || *c == '\\').map(|(at, _)| at);
        let (part, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len())).unwrap_or((self.rest, ""));
        self.rest = rest;
        let core = part.trim_start_matches(|c| "(<'`*,;:".contains(c));
        let (left, _) = part.split_at_checked(part.len() - core.len()).unwrap_or_default();
        let bare = core.trim_end_matches(|c| ",.;:)>'`!?".contains(c));
        if let Some((key, value)) = core.split_once('=').filter(|(key, _)| is_name(key)) {
            word.push_str(left);
            word.push_str(key);
            word.push('=');
            word.push_str(if value.is_empty() { "" } else { MASK });
            return;
        }
        let right = core.get(bare.len()..).unwrap_or_default();
        word.push_str(left);
        word.push_str(if varies(bare) { MASK } else { bare });
        word.push_str(right);
    }
}

/// Where what was opened before `inside` is closed.
fn balanced(inside: &[u8], open: u8, close: u8) -> Option<usize> {
    let mut depth = 0_usize;
    for at in memchr::memchr2_iter(open, close, inside) {
        match (inside.get(at) == Some(&open), depth) {
            (true, _) => depth += 1,
            (false, 0) => return Some(at),
            (false, _) => depth -= 1,
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    let letters = |c: u8| c.is_ascii_alphanumeric() || b"_-.:".contains(&c);
    text.bytes().next().is_some_and(|c| c.is_ascii_alphabetic()) && text.bytes().all(letters)
}

/// Whether a word, without what stands around it, is a value by its form.
fn varies(bare: &str) -> bool {
    let bytes = bare.as_bytes();
    if bytes.iter().any(u8::is_ascii_digit) {
        return !FIXED.iter().any(|fixed| fixed.eq_ignore_ascii_case(bare));
    }
    is_path(bytes) || bytes.contains(&b'@') || is_generated(bytes) || is_hex(bytes)
}

/// An absolute path, a URL, or a name below another that is not made of words alone, as `ci/kube-root-ca.crt`.
fn is_path(bytes: &[u8]) -> bool {
    let slashes = bytes.iter().filter(|byte| **byte == b'/').count();
    match bytes {
        _ if slashes == 0 => bytes.iter().filter(|byte| **byte == b'.').count() > 1 && bytes.iter().all(of_host),
        [b'/', next, ..] => next.is_ascii_alphanumeric() || b"._-".contains(next),
        [b'/'] => false,
        [b'.' | b'~', ..] => true,
        _ => slashes > 1 || bytes.iter().any(|byte| b"-._:".contains(byte)),
    }
}

fn of_host(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(byte)
}

/// Ends as Kubernetes generates names: five characters without vowels (apimachinery, util/rand).
fn is_generated(bytes: &[u8]) -> bool {
    match bytes {
        [.., b'-', a, b, c, d, e] => [a, b, c, d, e].iter().all(|byte| b"bcdfghjklmnpqrstvwxz".contains(byte)),
        _ => false,
    }
}

fn is_hex(bytes: &[u8]) -> bool {
    bytes.len() >= 12 && bytes.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape(message: &str) -> String {
        let mut out = String::new();
        words(message, &mut out);
        out
    }

    #[test]
    fn values_are_masked_by_their_form() {
        let cases = [
            ("took 72.8ms for container 0a1f", "took <*> for container <*>"),
            ("Calling GET /v1.41/version", "Calling <*> <*>"),
            ("StopPodSandbox for \\\"9f2b\\\" returns", "StopPodSandbox for \"<*>\" returns"),
            ("event &ImageCreate{Name:a b,Labels:map[x]y{},}", "event &ImageCreate{<*>}"),
            ("dial tcp 10.0.0.1:443: connect: refused", "dial tcp <*>: connect: refused"),
            ("[ERROR] plugin/errors: x509: bad", "[ERROR] plugin/errors: x509: bad"),
            ("mounted (UID: \"a-b\") at /var/lib/x, done.", "mounted (UID: \"<*>\") at <*>, done."),
            ("couldn't get configMap ci/kube-root-ca.crt: no", "couldn't get configMap <*>: no"),
            ("oom-kill:constraint=NONE,nodemask=(null)", "oom-kill:constraint=<*>"),
            ("Registering GET, /a/b", "Registering <*>, <*>"),
            ("SyncLoop DELETE", "SyncLoop DELETE"),
            ("[  16626]     0 16626      567 sh", "[<*>] <*> <*> <*> sh"),
            ("Registering /a/{name:.*}/get", "Registering <*>"),
            ("total_pgpgout 746116", "<*> <*>"),
            ("pod web-bcdfg at a.b.svc.local mailed x@y", "pod <*> at <*> mailed <*>"),
            ("an \"open quote and { a [brace", "an \"open quote and { a [brace"),
            ("", ""),
        ];
        for (message, expected) in cases {
            assert_eq!(shape(message), expected, "{message}");
        }
    }

    #[test]
    fn long_messages_are_cut() {
        let long = (0..1000).map(|_| "word").collect::<Vec<_>>().join(" ");
        assert!(shape(&long).len() <= MOST_WORDS * 5 + 4);
        assert!(shape(&"\u{e9}".repeat(4000)).len() <= MOST_BYTES);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[\"\\\\{}\\[\\]=a/é 0'\\PC]{0,80}") {
            let mut out = String::new();
            let count = words(&text, &mut out);
            prop_assert!(count <= MOST_WORDS + 1);
        }
    }
}
