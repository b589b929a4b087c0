//! Patterns in which digits, letters of words and their bounds are those of ASCII.
//!
//! What programs write of errors is ASCII, and the classes of Unicode take most of the time and the memory that a pattern
//! costs: `\w` alone has over seven hundred ranges, and a repeat has all of them again each time (crate regex, documentation,
//! Performance, Unicode can impact memory usage).

/// The pattern with `\d`, `\w` and `\b` meant so.
pub fn ascii(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len() + 16);
    let mut letters = pattern.chars();
    let mut in_class = 0_usize;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let escaped = letters.next();
                match (escaped, in_class > 0) {
                    (Some('d'), true) => written.push_str("0-9"),
                    (Some('w'), true) => written.push_str("0-9A-Za-z_"),
                    (Some(class @ ('d' | 'w' | 'b')), false) => {
                        written.push_str("(?-u:\\");
                        written.push(class);
                        written.push(')');
                    }
                    (other, _) => written.extend(std::iter::once('\\').chain(other)),
                }
                continue;
            }
            '[' => in_class += 1,
            ']' => in_class = in_class.saturating_sub(1),
            _ => {}
        }
        written.push(letter);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn classes_are_of_ascii_and_all_else_stays() {
        for (pattern, meant) in [
            (r"\bexit \d+\b", r"(?-u:\b)exit (?-u:\d)+(?-u:\b)"),
            (r"[\w.\-]{1,60} \\d", r"[0-9A-Za-z_.\-]{1,60} \\d"),
            (r"\[\d\] [^\]\d]", r"\[(?-u:\d)\] [^\]0-9]"),
            (r"\s\S\x1b\.", r"\s\S\x1b\."),
        ] {
            assert_eq!(ascii(pattern), meant);
            assert!(Regex::new(&ascii(pattern)).is_ok(), "{pattern}");
        }
    }
}
