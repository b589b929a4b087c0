//! What a value looks like: whether it is a placeholder, a path, a number or a name, which are kept, or random.

use super::key::MARK;
use memchr::memmem;

/// Values that say that there is none, or what it should be.
const NO_VALUES: &[&str] = &[
    "absent",
    "changed",
    "denied",
    "disabled",
    "empty",
    "enabled",
    "expired",
    "failed",
    "false",
    "file",
    "found",
    "invalid",
    "missing",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "off",
    "ok",
    "on",
    "opaque",
    "optional",
    "provided",
    "redacted",
    "required",
    "string",
    "true",
    "undefined",
    "unknown",
    "unset",
    "valid",
    "yes",
];

/// Endings of names of files.
const FILES: &[&str] =
    &[".pem", ".key", ".crt", ".txt", ".json", ".yaml", ".yml", ".conf", ".kubeconfig", ".pub", ".p12"];

/// Beginnings of references to where a secret is.
const REFERENCES: &[&str] =
    &["arn:aws:", "file:", "op://", "ref+", "sha256:", "vault:", "projects/", "@/", "./", "~/", "../"];

/// Whether a value is nobody's secret, whatever it is called: nothing, a placeholder, a path, a time, what is hidden
/// already.
pub(super) fn is_kept(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let bare = text.trim_matches(['\\', '"', '\'', ' ', ',', ';', '.', ')', '}', ']']);
    bare.is_empty()
        || bare.contains(MARK)
        || is_placeholder(bare)
        || is_path(bare)
        || is_quantity(bare)
        || is_time(bare)
}

fn is_placeholder(text: &str) -> bool {
    let masked = text.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'-' | b'_' | b'#' | b'?'))
        || (text.len() >= 3 && text.bytes().all(|byte| matches!(byte, b'x' | b'X')));
    let opens = ["$(", "${", "{{", "<", "\\u003c", "%(", "[REDACTED", "!!", "!vault", "[[", "(*", "(nil)", "0xc"];
    let is_variable = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    masked
        || opens.iter().any(|open| text.starts_with(open))
        || text.strip_prefix('$').is_some_and(is_variable)
        || matches!(text, "%s" | "%v" | "%q" | "%+v" | "%d" | "|" | ">" | "{" | "[" | "\\" | "&" | "=" | ":")
        || NO_VALUES.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_path(text: &str) -> bool {
    if REFERENCES.iter().any(|start| text.starts_with(start)) {
        return true;
    }
    if !text.contains('/') && FILES.iter().any(|end| text.ends_with(end)) {
        return true;
    }
    let Some(path) = text.strip_prefix('/') else { return false };
    // Base64 may begin with a slash too, but it is no words with slashes between them.
    let is_path_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b'*' | b'$');
    path.bytes().all(is_path_byte) && path.split('/').all(|part| part.len() < 64 && !is_random(part.as_bytes()))
}

/// `30s`, `1h30m`, `0.5`, `100Mi`: a number, or numbers with units.
fn is_quantity(text: &str) -> bool {
    let units = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let only = text.bytes().all(|byte| byte.is_ascii_digit() || b".-+nusmMihdkKGTPEB%".contains(&byte));
    let many = digits >= 4 && units == 0 && !text.contains('.');
    only && digits > 0 && units <= 4 && !many && text.bytes().next().is_some_and(|byte| !byte.is_ascii_alphabetic())
}

/// Four and more digits, which may be a PIN.
pub(super) fn is_number(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
}

/// `2026-11-21T15:55:14Z`
fn is_time(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.len() >= 10
        && bytes.by_ref().take(4).all(|byte| byte.is_ascii_digit())
        && bytes.next() == Some(b'-')
        && bytes.by_ref().take(2).all(|byte| byte.is_ascii_digit())
        && bytes.next() == Some(b'-')
        && bytes.all(|byte| byte.is_ascii_digit() || b"TZ:.+- ".contains(&byte))
}

/// Names of objects, as Kubernetes has them: small letters, numbers, dashes and dots, perhaps with a namespace.
pub(super) fn is_object_name(value: &[u8]) -> bool {
    let legal = value.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-./:".contains(byte));
    let is_generated =
        |part: &[u8]| part.len() >= 16 && part.iter().any(u8::is_ascii_digit) && !part.iter().all(u8::is_ascii_digit);
    legal
        && value.iter().any(|byte| matches!(byte, b'-' | b'/'))
        && !is_uid(value)
        && !value.split(|byte| b"-./:".contains(byte)).any(is_generated)
}

fn is_uid(value: &[u8]) -> bool {
    let is_place = |(at, byte): (usize, &u8)| matches!(at, 8 | 13 | 18 | 23) == (*byte == b'-');
    value.len() == 36 && value.iter().enumerate().all(is_place)
}

/// What people write in sentences: letters, with a capital at most at the beginning.
pub(super) fn is_word(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'\'' | b'.' | b',' | b':' | b'!'))
        && !has_mixed_case(value)
}

fn has_mixed_case(value: &[u8]) -> bool {
    value.windows(2).filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase())).count()
        >= 2
}

/// Whether a value is base64 with its padding, of so many bytes as keys have and of both cases. Slashes in it are none of a
/// path.
fn is_padded_key(value: &[u8]) -> bool {
    let bare = value.strip_suffix(b"=").map_or(value, |bare| bare.strip_suffix(b"=").unwrap_or(bare));
    let has = |test: fn(&u8) -> bool| bare.iter().any(test);
    value.len() > bare.len()
        && value.len() >= 20
        && value.len().is_multiple_of(4)
        && bare.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
}

/// Whether a value looks made by a generator: letters and digits mixed, or cases, and no name, address or path.
pub(super) fn is_random(value: &[u8]) -> bool {
    if is_padded_key(value) {
        return true;
    }
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    let is_base64_end = value.ends_with(b"=") && value.len() >= 12;
    let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    if value.len() < 8
        || has(|byte| matches!(byte, b' ' | b'(' | b'{' | b'<'))
        || !(mixed || has_mixed_case(value) || is_base64_end)
    {
        return false;
    }
    let shape = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_name =
        value.iter().all(|byte| shape(byte) || b"-._:/@".contains(byte)) && has(|byte| b"-._:/@".contains(byte));
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_camel_name = digits <= 2 && value.len() < 40 && is_of_words(value);
    let is_address = memmem::find(value, b"://").is_some() || value.iter().filter(|byte| **byte == b'/').count() > 2;
    !(is_name || is_uid(value) || is_camel_name || is_address)
}

/// Words of two letters that names are joined by, as in `ToBeDeletedByClusterAutoscaler`.
const SHORT_WORDS: [&[u8]; 12] = [b"To", b"Be", b"By", b"Of", b"In", b"On", b"Is", b"Or", b"At", b"As", b"No", b"Up"];

/// Whether a value is words that are joined, each with a capital: what is random has single small letters between capitals.
fn is_of_words(value: &[u8]) -> bool {
    let small = |byte: &u8| byte.is_ascii_lowercase();
    let mut rest = value;
    while let Some(at) = rest.iter().position(small) {
        let (before, letters) = rest.split_at(at);
        let end = letters.iter().position(|byte| !small(byte)).unwrap_or(letters.len());
        let (letters, after) = letters.split_at(end);
        let word = [before.last().copied(), letters.first().copied()];
        let is_short = || SHORT_WORDS.iter().any(|short| short.iter().copied().map(Some).eq(word));
        if letters.len() == 1 && !is_short() {
            return false;
        }
        rest = after;
    }
    value.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_no_secrets_are_kept() {
        let kept = [
            "",
            "***",
            "$(PASSWORD)",
            "${DB_PASSWORD}",
            "$DB_PASSWORD",
            "{{ .Values.password }}",
            "<redacted>",
            "true",
            "null",
            "/etc/kubernetes/pki/sa.key",
            "/var/run/secrets/kubernetes.io/serviceaccount/token",
            "30s",
            "1h30m",
            "15",
            "0.5",
            "REDACTED-password-3f9a1c2b77d0",
            "2026-11-21T15:55:14Z",
            "sha256:3f9a1c2b77d0",
            "client.key",
            "%s",
        ];
        for value in kept {
            assert!(is_kept(value.as_bytes()), "{value}");
        }
        for value in ["hunter2", "123456", "/9j4AAQSkZJRgABAQEAYABgAAD", "correct horse", "30secrets", "passw0rd"] {
            assert!(!is_kept(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn random_values_are_told_from_names() {
        for value in [
            "dXNlcjpwYXNz",
            "/UqJ/VyVRj5j/iYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=",
            "3f9a1c2b77d0e4aa",
            "wJalrXUtnFEMIK7MDENG",
            "hunter2hunter2-A",
        ] {
            assert!(is_random(value.as_bytes()), "{value}");
        }
        let names = [
            "default-token-x7k2p",
            "api-7d9c6f5b4-x2x9k",
            "kubernetes.io/hostname",
            "10.0.0.1:6443",
            "v1beta1",
            "ReplicaSet2",
            "ToBeDeletedByClusterAutoscaler",
            "DeletionCandidateOfClusterAutoscaler",
            "7d961a94-0b7c-4a56-9a55-1d5b0c1d2e3f",
            "http://Host1:80/A",
        ];
        for name in names {
            assert!(!is_random(name.as_bytes()), "{name}");
        }
    }
}
