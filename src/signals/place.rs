//! Where in a file of rules something stands, so that a mistake is told with its line.

/// The line, counted from 1, on which the entry called `name` begins; that of its `part`, where it has one of its own.
///
/// An entry begins with its `name` (signals) or `id` (links).
pub(crate) fn line_of(text: &str, name: &str, part: &str) -> Option<u64> {
    let mut lines = (1..).zip(text.lines()).skip_while(|(_, line)| entry(line) != Some(name));
    let (begin, _) = lines.next()?;
    let own = lines.take_while(|(_, line)| entry(line).is_none());
    let of_part = |line: &str| line.trim_start().strip_prefix(part).is_some_and(|rest| rest.starts_with(':'));
    Some(own.filter(|_| !part.is_empty()).find(|(_, line)| of_part(line)).map_or(begin, |(line, _)| line))
}

/// The line, counted from 1, on which a file is not what it should be, and why it is not.
pub(crate) fn mistake(error: &serde_saphyr::Error) -> (Option<u64>, String) {
    let Some(place) = error.location() else { return (None, error.without_snippet().to_string()) };
    // The message says the place as well.
    let (line, column) = (place.line(), place.column());
    let why = error.without_snippet().to_string();
    let why = why.strip_suffix(&format!(" at line {line}, column {column}")).unwrap_or(&why);
    (Some(line), plainly(why))
}

/// What the reader of YAML expects, as one who writes rules would say it.
fn plainly(why: &str) -> String {
    let plain = match why {
        why if why.contains("expected sequence start") => "a list is expected here, as [one, another]",
        why if why.contains("expected mapping start") => "fields are expected here, as name: value",
        why if why.contains("unexpected end of input") => "signals: or links: is expected, and there is nothing",
        why if why.contains("duplicate mapping key") => "a field of the same name stands here twice",
        why if why.contains("from_str_multiple") => "one document is expected, and --- begins another",
        why if why.contains("budget breached") => "the file is too long: share its rules out among several",
        why => why,
    };
    plain.to_owned()
}

/// The name of the entry that begins on this line.
fn entry(line: &str) -> Option<&str> {
    let item = line.trim_start().strip_prefix("- ")?.trim_start().trim_start_matches('{');
    let name = item.strip_prefix("name:").or_else(|| item.strip_prefix("id:"))?;
    let name = name.split([',', '#']).next().unwrap_or_default();
    Some(name.trim().trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_within_its_entry() {
        let text = "signals:\n  - name: A\n    key: [x]\n\n  - name: \"B\"  # later\n    roles: []\n    key: [y]\n";
        assert_eq!([line_of(text, "A", "key"), line_of(text, "B", "key")], [Some(3), Some(7)]);
        assert_eq!([line_of(text, "B", "look"), line_of(text, "B", "")], [Some(5), Some(5)]);
        assert_eq!(line_of(text, "C", "key"), None);
        assert_eq!(line_of("links: \n- {id: l, from: [A]}", "l", "lag"), Some(2));
    }
}
