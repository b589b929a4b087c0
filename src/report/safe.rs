//! Text from the cluster, made harmless for the place it is shown in.
//!
//! Whatever a workload may choose (names, messages, log lines) is hostile until it has been through one of these
//! functions; nothing here trusts another to have been called before. Markdown is in `markdown.rs`, which builds on
//! [`clean`]; HTML is escaped by askama.

/// `text` on one line of at most `limit` characters, without anything that acts instead of being read: control
/// characters become their pictures, characters that reorder or hide text become `�`, white space becomes one space.
pub fn clean(text: &str, limit: usize) -> String {
    let mut cleaned = String::with_capacity(text.len().min(limit.saturating_mul(4)));
    let mut length = 0;
    let mut space = false;
    for character in text.chars() {
        if character.is_whitespace() {
            space = length > 0;
            continue;
        }
        if length + usize::from(space) + 1 > limit {
            cleaned.push('…');
            return cleaned;
        }
        if std::mem::take(&mut space) {
            cleaned.push(' ');
            length += 1;
        }
        cleaned.push(visible(character));
        length += 1;
    }
    cleaned
}

/// What is shown in place of `character`.
fn visible(character: char) -> char {
    match u32::from(character) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ if is_unsafe(character) => '\u{fffd}',
        _ => character,
    }
}

/// Text as HTML and XML have it between their tags and in their attributes, each character that is none of the markup as
/// `allowed` has it.
pub fn markup(text: &str, allowed: impl Fn(char) -> char) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(allowed(character)),
        }
    }
    escaped
}

/// Whether `character` acts on its surroundings: control characters, bidirectional overrides, invisible characters,
/// line and paragraph separators, tags, and the byte order mark.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            u32::from(character),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
                | 0xfff9..=0xfffb | 0xe0000..=0xe0fff
        )
}

/// `text` for a terminal: one line, no escape sequence, no reordering.
pub fn terminal(text: &str, limit: usize) -> String {
    clean(text, limit)
}

/// `text` for a quoted Mermaid label: only letters, digits and marks that have no meaning there.
pub fn mermaid_label(text: &str, limit: usize) -> String {
    let mut label = String::new();
    for character in clean(text, limit).chars() {
        let kept =
            character.is_alphanumeric() || matches!(character, ' ' | '.' | ',' | '-' | '/' | '_' | ':' | '(' | ')');
        label.push(if kept || character == '…' { character } else { '·' });
    }
    // A slash pair would be taken for an address by some renderers.
    label.replace("//", "/·")
}

/// `json` with every character that acts in a terminal or an editor written as `\u….`.
///
/// serde_json escapes only what JSON demands. The result is the same value.
pub fn json_for_eyes(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_unsafe(character) && character != '\n' {
            push_unicode_escape(&mut escaped, character);
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn push_unicode_escape(out: &mut String, character: char) {
    let mut units = [0_u16; 2];
    for unit in character.encode_utf16(&mut units) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::hostile;
    use proptest::prelude::*;

    #[test]
    fn what_acts_becomes_visible() {
        assert_eq!(clean("\x1b[2Jx\u{202e}y\n z ", 80), "\u{241b}[2Jx\u{fffd}y z");
        assert_eq!(clean("  a \t b  ", 80), "a b");
        assert_eq!(clean("abcdef", 3), "abc…");
        assert_eq!(clean("a b", 2), "a…");
    }

    #[test]
    fn mermaid_labels_hold_no_syntax() {
        for text in hostile::TEXTS {
            let label = mermaid_label(text, 60);
            assert!(
                !label.contains(['"', '`', '[', ']', '{', '}', '<', '>', ';', '#', '&', '%', '|', '\n', '@']),
                "{label}"
            );
        }
        assert_eq!(mermaid_label("Unhealthy(readiness) Pod/shop/api-0", 60), "Unhealthy(readiness) Pod/shop/api-0");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>(), limit in 0_usize..200) {
            for shown in [clean(&text, limit), terminal(&text, limit), mermaid_label(&text, limit)] {
                prop_assert!(!shown.chars().any(is_unsafe));
                prop_assert!(shown.chars().count() <= limit + 1);
            }
        }

        #[test]
        fn json_keeps_its_value(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let readable = json_for_eyes(&json);
            prop_assert!(!readable.chars().any(is_unsafe));
            prop_assert_eq!(&serde_json::from_str::<String>(&readable).unwrap(), &text);
        }
    }
}
