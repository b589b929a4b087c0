//! What messages say of the cause: known phrases (`phrases.yaml`), whichever record they stand in.

use super::labels::RecordLabels;
use super::template;
use crate::evidence::{LineMatcher, Record};
use regex::{Captures, Regex};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The label that names the phrase, as `connection-refused`.
pub const CAUSE: &str = "cause";
/// The label with what the message says of the cause, as half a sentence.
pub const BECAUSE: &str = "because";
/// The label with whoever was asked: an address, a name, a user.
pub const CAUSE_WHOM: &str = "cause_whom";
/// The label with what was named: an object, a file, a status.
pub const CAUSE_WHAT: &str = "cause_what";

/// Every label that a message may give to a signal.
pub(super) const LABELS: [&str; 4] = [CAUSE, BECAUSE, CAUSE_WHOM, CAUSE_WHAT];

/// A phrase as `phrases.yaml` has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    /// Half a sentence, for after a colon; `{whom}` and `{what}` stand for what the pattern captures.
    says: String,
    /// What stands there where the message names nobody.
    #[serde(default)]
    unnamed: String,
    /// A pattern; its groups `whom`, `whom2`, … and `what`, `what2`, … capture.
    text: String,
    source: String,
    matches: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests read them"))]
    near_misses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    phrases: Vec<Written>,
}

/// All phrases, ready to be looked for.
#[derive(Debug)]
pub struct Phrases {
    phrases: Vec<Phrase>,
    finder: LineMatcher,
}

/// What a message may say of the cause.
#[derive(Debug)]
pub struct Phrase {
    written: Written,
    pattern: Regex,
}

/// What a message says of the cause.
pub(super) struct Said<'t> {
    pub name: &'t str,
    /// The words of the message.
    pub words: &'t str,
    pub because: String,
    whom: Option<&'t str>,
    what: Option<&'t str>,
}

impl Phrases {
    /// The built-in phrases. The error names the phrase.
    pub(super) fn built_in() -> Result<Self, String> {
        let file: File = serde_saphyr::from_str(include_str!("phrases.yaml")).map_err(|error| error.to_string())?;
        Self::ready(file.phrases.into_iter().map(Phrase::new).collect::<Result<_, _>>()?)
    }

    /// None of them: nothing is said of any cause.
    pub(super) fn none() -> Result<Self, String> {
        Self::ready(Vec::new())
    }

    fn ready(phrases: Vec<Phrase>) -> Result<Self, String> {
        let texts = phrases.iter().map(|phrase| phrase.written.text.as_str());
        let finder = LineMatcher::new(texts, []).map_err(|error| error.to_string())?;
        Ok(Self { phrases, finder })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Phrase> {
        self.phrases.iter()
    }

    /// Adds what the record's message says of the cause to its labels, unless a rule knew it better.
    pub(super) fn label<'a>(&'a self, record: Record<'a>, labels: &mut RecordLabels<'a>) {
        if labels.get(CAUSE).is_some() {
            return;
        }
        let Some(said) = self.of(record) else { return };
        labels.set(CAUSE, said.name);
        if !labels.any_value(|value| value.contains(said.words)) {
            labels.set(BECAUSE, said.because);
        }
        labels.set(CAUSE_WHOM, said.whom.unwrap_or_default());
        labels.set(CAUSE_WHAT, said.what.unwrap_or_default());
    }

    /// What the record's message says of the cause.
    pub(super) fn of<'t>(&'t self, record: Record<'t>) -> Option<Said<'t>> {
        self.said(message(record)?)
    }

    /// The phrase that ends last in the text: programs wrap errors from the outside in.
    fn said<'t>(&'t self, text: &'t str) -> Option<Said<'t>> {
        let mut candidates = Vec::new();
        self.finder.for_each_candidate(text.as_bytes(), |line| candidates.extend_from_slice(line.patterns));
        candidates.sort_unstable();
        candidates.dedup();
        let mut last: Option<(usize, &Phrase, Captures<'t>)> = None;
        for place in candidates {
            let Some(phrase) = self.phrases.get(place as usize) else { continue };
            for captures in phrase.pattern.captures_iter(text) {
                let end = captures.get_match().end();
                if last.as_ref().is_none_or(|(known, ..)| end > *known) {
                    last = Some((end, phrase, captures));
                }
            }
        }
        last.map(|(_, phrase, captures)| phrase.said(&captures))
    }
}

impl Phrase {
    fn new(written: Written) -> Result<Self, String> {
        let broken = |why: String| format!("phrase {}: {why}", written.name);
        let pattern = Regex::new(&written.text).map_err(|error| broken(error.to_string()))?;
        let known = |name: &str| ["whom", "what"].contains(&name.trim_end_matches(|c: char| c.is_ascii_digit()));
        if let Some(name) = pattern.capture_names().flatten().find(|name| !known(name)) {
            return Err(broken(format!("captures {name}, which is neither whom nor what")));
        }
        let placeholders = template::placeholders(&written.says).map_err(broken)?;
        match placeholders.iter().find(|name| !["whom", "what"].contains(&name.as_str())) {
            Some(name) => Err(broken(format!("says {{{name}}}, which is neither whom nor what"))),
            None => Ok(Self { written, pattern }),
        }
    }

    /// As labels and reports name it.
    pub fn name(&self) -> &str {
        &self.written.name
    }

    /// What it says where nobody is named.
    pub fn says(&self) -> String {
        template::filled(&self.written.says, |_| Some(self.written.unnamed.clone())).unwrap_or_default()
    }

    /// Whose words it is.
    pub fn source(&self) -> &str {
        &self.written.source
    }

    /// Messages that say it.
    pub fn examples(&self) -> &[String] {
        &self.written.matches
    }

    fn said<'t>(&'t self, captures: &Captures<'t>) -> Said<'t> {
        let mut named: BTreeMap<&str, &'t str> = BTreeMap::new();
        for name in self.pattern.capture_names().flatten() {
            let value = captures.name(name).map(|found| found.as_str().trim_matches([',', ';', '"', '\\']));
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                named.entry(name.trim_end_matches(|c: char| c.is_ascii_digit())).or_insert(value);
            }
        }
        let value =
            |name: &str| Some(named.get(name).map_or_else(|| self.written.unnamed.clone(), ToString::to_string));
        Said {
            name: &self.written.name,
            words: captures.get_match().as_str(),
            because: template::filled(&self.written.says, value).unwrap_or_default(),
            whom: named.get("whom").copied(),
            what: named.get("what").copied(),
        }
    }
}

/// What a record says in words.
fn message(record: Record<'_>) -> Option<&str> {
    match record {
        Record::Event { note, .. } => Some(note),
        Record::Journal { message, .. } | Record::Log { message, .. } => Some(message),
        Record::Condition { message, .. } | Record::Terminated { message, .. } => Some(message),
        Record::Waiting { message, .. } | Record::StatusReason { message, .. } => Some(message),
        Record::State { message, .. } | Record::Request { message, .. } => Some(message),
        Record::Check { outcome, .. } => Some(outcome),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases() -> Phrases {
        Phrases::built_in().expect("the built-in phrases")
    }

    fn because(text: &str) -> Option<String> {
        phrases().said(text).map(|said| said.because)
    }

    #[test]
    fn every_phrase_is_found_in_its_examples_and_not_in_its_near_misses() {
        let phrases = phrases();
        let mut wrong = Vec::new();
        for phrase in phrases.iter() {
            let written = &phrase.written;
            let source = &written.source;
            let names_a_place = source.contains('/') || source.contains('(') || source.contains(", ");
            if written.matches.is_empty() || written.near_misses.len() < 2 || !names_a_place {
                wrong.push(format!("{}: wants a match, two near misses and a source", written.name));
            }
            for text in &written.matches {
                let found = phrases.said(text).map(|said| said.name);
                if found != Some(&written.name) {
                    wrong.push(format!("{}: {text} says {found:?}", written.name));
                }
            }
            for text in &written.near_misses {
                wrong.extend(phrases.said(text).map(|said| format!("{}: {text} says {}", written.name, said.name)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_last_of_several_is_nearest_to_the_cause() {
        let text = "failed calling webhook \"v.example.io\": failed to call webhook: Post \"https://hook.shop.svc:443/\": \
                    dial tcp 10.96.0.9:443: connect: connection refused";
        assert_eq!(because(text).as_deref(), Some("10.96.0.9:443 refused the connection"));
        let text = "failed to do request: Head \"https://registry.example/v2/\": dial tcp: lookup registry.example on \
                    10.0.0.2:53: read udp 10.1.2.3:41234->10.0.0.2:53: i/o timeout";
        assert_eq!(because(text).as_deref(), Some("the name server did not answer about registry.example"));
    }

    #[test]
    fn names_are_told_where_there_are_any() {
        let text = "pods \"a\" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=5, limited: pods=5";
        assert_eq!(because(text).as_deref(), Some("the quota compute was used up"));
        assert_eq!(
            because("java.net.ConnectException: Connection refused").as_deref(),
            Some("the other side refused the connection")
        );
        assert_eq!(
            because("dial unix /run/containerd/containerd.sock: connect: connection refused").as_deref(),
            Some("the container runtime could not be reached")
        );
        assert_eq!(because("nothing of the kind"), None);
    }

    #[test]
    fn a_phrase_that_captures_what_nothing_reads_is_refused() {
        let written = |text: &str, says: &str| Written {
            name: "x".to_owned(),
            says: says.to_owned(),
            unnamed: String::new(),
            text: text.to_owned(),
            source: String::new(),
            matches: Vec::new(),
            near_misses: Vec::new(),
        };
        let why = |text: &str, says: &str| Phrase::new(written(text, says)).err().unwrap_or_default();
        assert_eq!(why("(?P<who>a)", ""), "phrase x: captures who, which is neither whom nor what");
        assert_eq!(why("a", "{who}"), "phrase x: says {who}, which is neither whom nor what");
        assert!(why("(a", "").starts_with("phrase x: regex parse error"));
    }
}
