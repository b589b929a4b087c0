//! The examples that every rule carries: they are its tests. In those of `hides` the secret stands in «».

use super::by_kind::BY_KIND;
use super::key::{Key, MARK};
use super::{Redactor, RuleError, Rules};
use std::sync::Arc;

/// An example that is not as its rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongExample {
    pub rule: String,
    /// What was expected, what came, and of which example. It holds no secret but that of the example.
    pub why: String,
}

impl Rules {
    /// Tries the examples of every rule with all rules together. Nothing comes back if all is well.
    pub fn try_examples(self: &Arc<Self>) -> Result<Vec<WrongExample>, RuleError> {
        let redactor = Redactor::new(Arc::clone(self), Key::known([1; 32]))?;
        let mut wrong = Vec::new();
        for (rule, hides, keeps) in self.examples() {
            wrong.extend(tried(rule, (rule, hides, keeps), &|text| redactor.text(text)));
        }
        for (named, kind, hides, keeps) in self.examples_of_kinds() {
            wrong.extend(tried(&named, (BY_KIND, hides, keeps), &|text| redactor.text_of(&kind, text)));
        }
        Ok(wrong)
    }
}

/// Tries the examples of what `named` calls, where the pseudonyms are those of `rule`.
fn tried(
    named: &str,
    (rule, hides, keeps): (&str, &[String], &[String]),
    redacted: &dyn Fn(&str) -> String,
) -> Vec<WrongExample> {
    let mut wrong = Vec::new();
    let mut fail = |why: String| wrong.push(WrongExample { rule: named.to_owned(), why });
    if hides.is_empty() || keeps.is_empty() {
        fail("at least one text under hides and one under keeps is needed".to_owned());
    }
    for example in hides {
        let text = example.replace(['«', '»'], "");
        let out = redacted(&text);
        if !example.contains('«') {
            fail(format!("mark in «» what is to be hidden in {example:?}"));
        } else if without_marked(example) != without_pseudonyms(&out, rule) {
            fail(format!("of {example:?} came {out:?}"));
        }
    }
    for example in keeps {
        let out = redacted(example);
        if out != *example {
            fail(format!("{example:?} must stay, but came {out:?}"));
        }
    }
    wrong
}

/// The text with a mark for each secret, one for those that touch no line break only.
fn without_marked(example: &str) -> String {
    let mut out = String::new();
    let mut rest = example;
    while let Some((before, after)) = rest.split_once('«') {
        let (secret, after) = after.split_once('»').unwrap_or((after, ""));
        out.push_str(before);
        out.push('\u{1}');
        out.push_str(&"\n".repeat(secret.matches('\n').count()));
        rest = after;
    }
    out + rest
}

fn without_pseudonyms(text: &str, rule: &str) -> String {
    let mark = format!("{MARK}{rule}-");
    let mut parts = text.split(&mark);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + "\u{1}" + part.get(12..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_do_as_their_examples_say() {
        let wrong = Arc::new(Rules::built_in().expect("the built-in rules")).try_examples().expect("few anchors");
        let list: Vec<String> = wrong.iter().map(|wrong| format!("{}: {}", wrong.rule, wrong.why)).collect();
        assert!(wrong.is_empty(), "{} wrong:\n{}", list.len(), list.join("\n"));
    }
}
