//! Takes credentials out of text, in a stream, and puts pseudonyms in their place.
//!
//! There are four mechanisms, which `matchers` calls at their anchors: tokens that show themselves by their form
//! (`token`, `jwt`, `url`), values of telling names (`keyed`, with `words` for the names, `keyed_value`, `value` and
//! `extent` for what follows, `header` for HTTP), blocks (`pem`, `secret_object`) and pairs of name and value (`pair`).
//! What they look for is data: `rules.yaml`; what they find they leave in `finder`. None of them parses a format: text
//! may be JSON in YAML in a log line that was cut, and `lex` tells from the backslashes where its strings end. Before
//! them, where it is known of what kind the objects are that a text holds, the values of kinds that are made
//! to hold anything are taken out by where they stand: `by_kind`, with a table of its own, `kinds.yaml`.
//!
//! Names of a cluster are another matter, and need to be read first: `names`.
//!
//! What is promised: the same text gives the same output however it was cut into pieces; the number of lines stays; a
//! line that was JSON stays JSON; what is redacted stays as it is when redacted again; memory has a bound. What is not:
//! that a secret which neither its form nor its surroundings show is found.

mod by_kind;
mod examples;
mod extent;
mod finder;
mod header;
mod jwt;
mod key;
mod keyed;
mod keyed_value;
mod lex;
mod matchers;
pub mod names;
mod pair;
mod pem;
mod rules;
mod secret_object;
mod stream;
mod token;
mod url;
mod value;
mod words;

pub use by_kind::{BY_KIND, KindSummary, Values};
pub use examples::WrongExample;
pub use key::{Key, KeyError};
pub use rules::{RuleError, RuleSummary, Rules};
pub use stream::{Counts, Stream};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::convert::Infallible;
use std::sync::Arc;

/// Rules and the key of one archive. Copies share both.
#[derive(Clone, Debug)]
pub struct Redactor {
    engine: Arc<Engine>,
}

#[derive(Debug)]
struct Engine {
    rules: Arc<Rules>,
    anchors: AhoCorasick,
    key: Key,
}

impl Redactor {
    /// A redactor with these rules, whose pseudonyms are made with `key`.
    pub fn new(rules: impl Into<Arc<Rules>>, key: Key) -> Result<Self, RuleError> {
        let rules = rules.into();
        let anchors = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(rules.anchors())
            .map_err(|error| RuleError { file: "all".to_owned(), why: format!("the anchors are too many: {error}") })?;
        Ok(Self { engine: Arc::new(Engine { rules, anchors, key }) })
    }

    /// With the built-in rules and the rule's name alone in the place of each credential, see [`Key::none`].
    pub fn anonymous() -> Result<Self, RuleError> {
        Self::new(Rules::built_in()?, Key::none())
    }

    /// Begins one text, such as one entry of an archive.
    pub fn stream(&self) -> Stream {
        Stream::new(Arc::clone(&self.engine), None)
    }

    /// Begins a text of objects of one kind, a line of JSON each. A kind is a plural with its group behind a dot, if it
    /// has one: `pods`, `applications.argoproj.io`.
    pub fn stream_of(&self, kind: &str) -> Stream {
        Stream::new(Arc::clone(&self.engine), self.values_of(kind))
    }

    /// What of [`Redactor::stream_of`] depends on the kind alone, for what is done before the rest; nothing for most.
    pub fn values_of(&self, kind: &str) -> Option<Values> {
        self.engine.rules.values_of(kind, &self.engine.key)
    }

    /// Whether values of this kind in particular are taken out by where they stand in its objects, so that in another
    /// form of them, as a table, they would not be known.
    pub fn names_kind(&self, kind: &str) -> bool {
        self.engine.rules.names_kind(kind)
    }

    /// What stands for `value` where its place tells that it is to go, by the name of what finds it.
    pub fn pseudonym(&self, rule: &str, value: &str) -> String {
        self.engine.key.pseudonym(rule, value.as_bytes())
    }

    /// A short text without its credentials: an error, an outcome, a name.
    pub fn text(&self, text: &str) -> String {
        whole(self.stream(), text)
    }

    /// Objects of one kind without their credentials, as [`Redactor::stream_of`].
    pub fn text_of(&self, kind: &str, text: &str) -> String {
        whole(self.stream_of(kind), text)
    }
}

fn whole(mut stream: Stream, text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut out = |piece: &[u8]| -> Result<(), Infallible> {
        bytes.extend_from_slice(piece);
        Ok(())
    };
    let Ok(()) = stream.push(text.as_bytes(), &mut out);
    let Ok(_) = stream.end(&mut out);
    String::from_utf8_lossy(&bytes).into_owned()
}
