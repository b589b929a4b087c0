//! The matchers of a text: every anchor is found in one pass, and at each those look that it belongs to.
//!
//! Most text has no anchor and costs nothing more. A matcher looks no further than it must.

use super::finder::{Finder, Group};
use super::lex::Quote;
use super::rules::{Consumer, Matcher, Rules};
use super::{jwt, keyed, pem, secret_object, token, url};
use aho_corasick::AhoCorasick;

/// All groups of the text. `odd` says whether it begins inside a string.
pub(super) fn look_at(text: &[u8], rules: &Rules, anchors: &AhoCorasick, odd: bool) -> Vec<Group> {
    let mut finder = Finder::new(text, rules, odd);
    for hit in anchors.find_overlapping_iter(text) {
        for consumer in rules.consumers(hit.pattern().as_usize()) {
            look(&mut finder, *consumer, hit.start(), hit.end());
        }
    }
    finder.groups
}

fn look(finder: &mut Finder<'_>, consumer: Consumer, start: usize, end: usize) {
    let rule = match consumer {
        Consumer::Keys => return keyed::look(finder, start, end),
        Consumer::Rule(rule) => rule,
    };
    match finder.rules.matcher(rule) {
        Some(Matcher::Pem) => pem::look(finder, rule, start),
        Some(Matcher::Jwt) => jwt::look(finder, rule, start),
        Some(Matcher::Url) => url::look(finder, rule, end),
        Some(Matcher::SecretObject) => secret_object::look(finder, rule, start),
        Some(Matcher::Pattern { regex, around }) => {
            let text = finder.text;
            let found = token::look(text, (regex, *around), (start, end), |bytes| finder.may_look(bytes));
            if let Some(mut parts) = found {
                // What is so long that it may go on is taken to be in a string.
                let last = parts.last_mut().filter(|last| token::reaches(text, **last, text.len()));
                let open = last.map(|last| {
                    last.end = text.len();
                    Quote::Double(0)
                });
                finder.groups.push(Group { rule, parts, open });
            }
        }
        Some(Matcher::Keys) | None => {}
    }
}
