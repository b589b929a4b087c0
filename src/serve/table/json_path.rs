//! The part of kubectl's JSONPath that definitions of custom resources use: fields, indices, all of a list, and those of a
//! list that have a field of a value.

use serde_json::Value;

enum Step {
    Field(String),
    /// From the end where it is negative.
    Index(i64),
    All,
    /// `[?(@.type=="Ready")]`
    Where {
        field: Vec<String>,
        value: String,
        is_equal: bool,
    },
}

/// The first value that a path finds; none also where it is of a form that is not understood.
pub fn first<'a>(path: &str, of: &'a Value) -> Option<&'a Value> {
    let mut found = vec![of];
    for step in steps(path)? {
        found = found.into_iter().flat_map(|value| step.of(value)).collect();
    }
    found.first().copied()
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let list = || value.as_array().map_or(&[][..], Vec::as_slice);
        match self {
            Self::Field(name) => value.get(name.as_str()).into_iter().collect(),
            Self::Index(index) => {
                let place = usize::try_from(*index).ok();
                let place = place.or_else(|| list().len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?));
                place.and_then(|place| list().get(place)).into_iter().collect()
            }
            Self::All => match value {
                Value::Object(map) => map.values().collect(),
                _ => list().iter().collect(),
            },
            Self::Where { field, value, is_equal } => {
                let is = |one: &&Value| {
                    let at = field.iter().try_fold(*one, |one, name| one.get(name.as_str()));
                    at.is_some_and(|at| (super::plain(Some(at)) == *value) == *is_equal)
                };
                list().iter().filter(is).collect()
            }
        }
    }
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim().trim_start_matches('{').trim_end_matches('}').trim_start_matches('$');
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(within) = rest.strip_prefix('[') {
            let end = end_of_bracket(within)?;
            steps.push(bracket(within.get(..end)?)?);
            rest = within.get(end + 1..)?;
        } else {
            let (name, after) = field(rest.strip_prefix('.').unwrap_or(rest));
            match name.as_str() {
                "" => return None,
                "*" => steps.push(Step::All),
                _ => steps.push(Step::Field(name)),
            }
            rest = after;
        }
    }
    Some(steps)
}

/// Where the bracket that is open closes, quotes aside.
fn end_of_bracket(text: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, character)| {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, ']') => return Some(at),
            _ => {}
        }
        None
    })
}

/// A name up to a dot or bracket, in which a backslash takes a sign as it is.
fn field(text: &str) -> (String, &str) {
    let (mut name, mut is_escaped) = (String::new(), false);
    for (at, character) in text.char_indices() {
        match character {
            '\\' if !is_escaped => is_escaped = true,
            '.' | '[' if !is_escaped => return (name, text.get(at..).unwrap_or_default()),
            _ => {
                name.push(character);
                is_escaped = false;
            }
        }
    }
    (name, "")
}

fn bracket(within: &str) -> Option<Step> {
    let within = within.trim();
    if within == "*" {
        return Some(Step::All);
    }
    if let Some(condition) = within.strip_prefix("?(").and_then(|text| text.strip_suffix(')')) {
        let (path, value, is_equal) = match condition.split_once("!=") {
            Some((path, value)) => (path, value, false),
            None => condition.split_once("==").map(|(path, value)| (path, value, true))?,
        };
        let mut rest = path.trim().strip_prefix('@')?.strip_prefix('.')?;
        let mut names = Vec::new();
        while !rest.is_empty() {
            let (name, after) = field(rest);
            names.push(name);
            rest = after.strip_prefix('.').unwrap_or_default();
        }
        return Some(Step::Where { field: names, value: unquoted(value.trim()).to_owned(), is_equal });
    }
    match within.parse() {
        Ok(index) => Some(Step::Index(index)),
        Err(_) => Some(Step::Field(unquoted(within).to_owned())).filter(|_| unquoted(within) != within),
    }
}

fn unquoted(text: &str) -> &str {
    let by = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    by('\'').or_else(|| by('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_of_definitions_are_followed() {
        let of = json!({"spec": {"n": 3, "list": [{"a": 1}, {"a": 2}]}, "metadata": {"annotations": {"a.b/c": "x"}},
            "status": {"conditions": [{"type": "Synced", "status": "False"}, {"type": "Ready", "status": "True"}]}});
        for (path, found) in [
            (".spec.n", json!(3)),
            ("{.spec.n}", json!(3)),
            (".spec.list[1].a", json!(2)),
            (".spec.list[-1].a", json!(2)),
            (".spec.list[*].a", json!(1)),
            (".status.conditions[?(@.type==\"Ready\")].status", json!("True")),
            (".status.conditions[?(@.type != 'Ready')].status", json!("False")),
            (r".metadata.annotations.a\.b/c", json!("x")),
            (".metadata.annotations['a.b/c']", json!("x")),
        ] {
            assert_eq!(first(path, &of), Some(&found), "{path}");
        }
        for path in [".spec.m", ".spec.list[7]", ".spec[", "..", ".spec.list[?(a)]", "[", ".spec.list[-9]"] {
            assert_eq!(first(path, &of), None, "{path}");
        }
    }
}
