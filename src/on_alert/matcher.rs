//! Which alerts are looked for: matchers on their labels, written as Alertmanager writes them.
//!
//! The form is that of Alertmanager's own parser (github.com/prometheus/alertmanager v0.28, matcher/parse): a label, `=`,
//! `!=`, `=~` or `!~`, and a value, both with or without double quotes; several behind commas, with or without braces.
//! Patterns have to match the whole value, and a label that is not there is empty.

use regex::Regex;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::{Chars, FromStr};

/// Matchers that all have to match.
#[derive(Clone, Debug)]
pub struct Matchers(Vec<Matcher>);

#[derive(Clone, Debug)]
struct Matcher {
    label: String,
    value: Value,
    /// Whether what the value says must not be so.
    is_negated: bool,
}

#[derive(Clone, Debug)]
enum Value {
    Is(String),
    Matches(Regex),
}

/// What a text holds that stands without quotes.
fn is_bare(sign: char) -> bool {
    !sign.is_whitespace() && !"{}!=~,\\\"'`".contains(sign)
}

impl Matchers {
    /// Those of both.
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Whether an alert with these labels is looked for.
    pub(super) fn match_all(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|matcher| {
            let value = labels.get(&matcher.label).map_or("", String::as_str);
            let is_so = match &matcher.value {
                Value::Is(text) => value == text,
                Value::Matches(pattern) => pattern.is_match(value),
            };
            is_so != matcher.is_negated
        })
    }
}

impl FromStr for Matchers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let inner = text.trim();
        let inner = inner.strip_prefix('{').map_or(Ok(inner), |rest| rest.strip_suffix('}').ok_or("a } is missing"))?;
        let (mut signs, mut all) = (inner.chars().peekable(), Vec::new());
        loop {
            all.push(matcher(&mut signs)?);
            skip_blanks(&mut signs);
            match signs.next() {
                None => return Ok(Self(all)),
                Some(',') => skip_blanks(&mut signs),
                Some(other) => return Err(format!("there is {other} where a comma or the end should be")),
            }
            // A comma may stand behind the last one.
            if signs.peek().is_none() {
                return Ok(Self(all));
            }
        }
    }
}

fn matcher(signs: &mut Peekable<Chars<'_>>) -> Result<Matcher, String> {
    let label = word(signs)?;
    if label.is_empty() {
        return Err("a label is missing; write it as severity=\"page\"".to_owned());
    }
    skip_blanks(signs);
    let (is_negated, is_pattern) = match (signs.next(), signs.next_if(|sign| matches!(sign, '=' | '~'))) {
        (Some('='), None) => (false, false),
        (Some('='), Some('~')) => (false, true),
        (Some('!'), Some('=')) => (true, false),
        (Some('!'), Some('~')) => (true, true),
        _ => return Err(format!("behind {label} there is none of =, !=, =~ and !~")),
    };
    let value = word(signs)?;
    let value = match is_pattern {
        true => Value::Matches(Regex::new(&format!("^(?:{value})$")).map_err(|error| error.to_string())?),
        false => Value::Is(value),
    };
    Ok(Matcher { label, value, is_negated })
}

/// A text in quotes or without, which may be empty.
fn word(signs: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    skip_blanks(signs);
    let mut text = String::new();
    if signs.next_if_eq(&'"').is_none() {
        text.extend(std::iter::from_fn(|| signs.next_if(|sign| is_bare(*sign))));
        return Ok(text);
    }
    loop {
        match signs.next() {
            Some('"') => return Ok(text),
            Some('\\') => match signs.next() {
                Some('n') => text.push('\n'),
                Some(sign @ ('"' | '\\')) => text.push(sign),
                // A pattern may have it.
                Some(other) => text.extend(['\\', other]),
                None => return Err("a \" is missing".to_owned()),
            },
            Some(sign) => text.push(sign),
            None => return Err("a \" is missing".to_owned()),
        }
    }
}

fn skip_blanks(signs: &mut Peekable<Chars<'_>>) {
    while signs.next_if(|sign| sign.is_whitespace()).is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(matchers: &str, labels: &[(&str, &str)]) -> bool {
        let labels = labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
        matchers.parse::<Matchers>().unwrap_or_else(|why| panic!("{matchers}: {why}")).match_all(&labels)
    }

    #[test]
    fn alerts_are_chosen_as_alertmanager_chooses_them() {
        let page = [("severity", "page"), ("alertname", "KubeNodeNotReady"), ("path", "a,b}\"c\\")];
        let matching = [
            "severity=\"page\"",
            "severity=page",
            " severity = \"page\" ",
            "{severity=\"page\",alertname=~\"Kube.*\"}",
            "severity=\"page\", alertname=~\"KubeNode.*|TargetDown\",",
            "severity=~\"p.ge\"",
            "alertname!~\"Watchdog|InfoInhibitor\"",
            "team=\"\"",
            "team!=\"storage\"",
            "\"severity\"=\"page\"",
            r#"path="a,b}\"c\\""#,
            r#"alertname=~"\w+""#,
        ];
        for matchers in matching {
            assert!(matches(matchers, &page), "{matchers}");
        }
        let others = [
            "severity=\"pag\"",
            "severity=~\"pag\"",
            "severity!=\"page\"",
            "team=~\".+\"",
            "severity=page,team=storage",
        ];
        for matchers in others {
            assert!(!matches(matchers, &page), "{matchers}");
        }
        let both = "severity=page".parse::<Matchers>().expect("matchers").and("team=a".parse().expect("matchers"));
        assert!(!both.match_all(&BTreeMap::from([("severity".to_owned(), "page".to_owned())])));
    }

    #[test]
    fn what_is_no_matcher_is_refused() {
        let wrong = [
            "",
            "severity",
            "severity==page",
            "=\"page\"",
            "{severity=page",
            "a=\"b",
            "a=\"b\" c=\"d\"",
            "a=~\"(\"",
            "a!b",
            "a=b,,c=d",
            "{}",
        ];
        for text in wrong {
            assert!(text.parse::<Matchers>().is_err(), "{text}");
        }
    }
}
