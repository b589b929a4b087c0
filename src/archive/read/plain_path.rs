//! Which paths an archive may name: relative, plain, and the same thing to every file system.

use super::limits::Limits;
use crate::archive::error::{Hostile, quoted};

/// `name` as a path that leaves its folder nowhere and shows as what it is, or why not.
pub(super) fn checked<'a>(name: &'a [u8], limits: &Limits) -> Result<&'a str, Hostile> {
    if name.len() > limits.path_bytes {
        return Err(Hostile::PathTooLong { path: quoted(name), bytes: name.len(), limit: limits.path_bytes });
    }
    let Ok(path) = std::str::from_utf8(name) else { return Err(Hostile::NotUtf8(quoted(name))) };
    if path.starts_with('/') {
        return Err(Hostile::AbsolutePath(quoted(name)));
    }
    if path.chars().any(is_control) {
        return Err(Hostile::ControlCharacter(quoted(name)));
    }
    if path.contains('\\') {
        return Err(Hostile::Backslash(quoted(name)));
    }
    if path.contains(':') {
        return Err(Hostile::Colon(quoted(name)));
    }
    // A folder ends with a slash, which is no component.
    let parts = path.strip_suffix('/').unwrap_or(path).split('/');
    let mut depth = 0;
    for part in parts {
        depth += 1;
        match part {
            "" => return Err(Hostile::EmptyComponent(quoted(name))),
            "." | ".." => return Err(Hostile::DotComponent(quoted(name))),
            _ => {}
        }
    }
    if depth > limits.path_depth {
        return Err(Hostile::PathTooDeep { path: quoted(name), depth, limit: limits.path_depth });
    }
    Ok(path)
}

/// The path of an entry in a container that is no archive of ours: nobody unpacks it, so what only some systems take for
/// more than a name is none the worse, and it may be deeper, as copies of /sys and /proc are. What says nothing is left
/// out of it: `./a//b` is `a/b`.
pub(super) fn foreign(name: &[u8], limits: &Limits) -> Result<String, Hostile> {
    let Ok(path) = std::str::from_utf8(name) else { return Err(Hostile::NotUtf8(quoted(name))) };
    if name.len() > limits.path_bytes {
        return Err(Hostile::PathTooLong { path: quoted(name), bytes: name.len(), limit: limits.path_bytes });
    }
    if path.starts_with('/') {
        return Err(Hostile::AbsolutePath(quoted(name)));
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let mut plain = parts.join("/");
    let limits = Limits { path_depth: limits.path_depth.saturating_mul(DEEPER), ..*limits };
    checked_on_disk(&plain, &limits)?;
    if path.ends_with('/') {
        plain.push('/');
    }
    Ok(plain)
}

/// How many times as deep as in an archive of ours.
const DEEPER: usize = 4;

/// Whether a path of loose files on a disk may be read: nobody unpacks it elsewhere, so what only other systems take
/// for more than a name is none the worse.
pub(super) fn checked_on_disk(path: &str, limits: &Limits) -> Result<(), Hostile> {
    checked(path.replace([':', '\\'], "_").as_bytes(), limits).map(drop)
}

/// Control characters, and the format characters that are invisible or turn the direction of what follows
/// (Unicode 16, Bidi_Control and the zero-width ones of General_Category Cf), and line separators.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The characters of `path` with their case folded: two paths that are equal so are one to some file systems.
///
/// Upper case first: so `ſ` and `K` (Kelvin) become `s` and `k`, as Unicode folds them.
pub(super) fn folded(path: &str) -> impl Iterator<Item = char> {
    path.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}
