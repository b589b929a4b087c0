//! Sentences with placeholders: `{label}` for a label of a signal, `{subject}`, `{name}`, `{namespace}` and `{node}`.

/// The template with the values in place of its placeholders; none where one has no value.
pub fn filled(template: &str, mut value: impl FnMut(&str) -> Option<String>) -> Option<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&value(name)?);
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

/// The names between braces.
pub fn placeholders(template: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let noted = filled(template, |name| {
        names.push(name.to_owned());
        Some(String::new())
    });
    noted.map(|_| names).ok_or_else(|| format!("a {{ without its }} in {template:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled() {
        let value = |name: &str| (name != "unknown").then(|| name.to_uppercase());
        assert_eq!(filled("{a}: {b}.", value).as_deref(), Some("A: B."));
        assert_eq!(filled("plain", value).as_deref(), Some("plain"));
        assert_eq!(filled("{unknown}", value), None);
        assert_eq!(placeholders("{a}: {b}."), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(placeholders("a {b"), Err("a { without its } in \"a {b\"".to_owned()));
    }
}
