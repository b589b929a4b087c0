//! Text for a terminal, filled to its width. What stands in it was made harmless before.

use std::collections::BTreeSet;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// No terminal is narrower.
const LEAST_WIDTH: usize = 60;

/// Text filled to a width.
pub struct Page {
    pub width: usize,
    pub text: String,
    said: BTreeSet<String>,
}

impl Page {
    /// An empty page of `width` columns, or of the least that text can be read in.
    pub fn new(width: usize) -> Self {
        Self { width: width.max(LEAST_WIDTH), text: String::new(), said: BTreeSet::new() }
    }

    /// A line of its own behind an empty one.
    pub fn heading(&mut self, words: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(words);
        self.text.push('\n');
    }

    /// Whether this was asked before; from now on it was.
    pub fn has_said(&mut self, words: &str) -> bool {
        !self.said.insert(words.to_owned())
    }

    /// A paragraph whose further lines stand two columns deeper than its first.
    pub fn line(&mut self, indent: usize, words: &str) {
        self.hanging(&" ".repeat(indent), indent + 2, words);
    }

    /// A paragraph behind `lead`, whose further lines begin at the column `indent`.
    pub fn hanging(&mut self, lead: &str, indent: usize, words: &str) {
        let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
        let further = " ".repeat(indent);
        let filled = Options::new(self.width)
            .initial_indent(lead)
            .subsequent_indent(&further)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        for line in textwrap::wrap(&words.join(" "), filled) {
            // A space that must not break a line is one from here on.
            self.text.push_str(line.replace('\u{a0}', " ").trim_end());
            self.text.push('\n');
        }
    }
}
