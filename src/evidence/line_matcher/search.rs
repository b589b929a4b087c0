//! Searches a block of lines for literals, several parts of it at once on one thread.
//!
//! Each step of an automaton waits for memory to tell where the step before it led to. Steps in different parts of the
//! block do not wait for each other, so taking them in turns takes little longer than searching one part.

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use memchr::memchr;

/// Parts of a block that are searched at once.
const PARTS: usize = 4;

/// A literal stands in the block.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// Where it ends.
    pub end: usize,
    /// Which of those that the automaton was made of.
    pub literal: usize,
}

/// All literals in `block`, by where they end, those within others among them. No literal has a line feed.
pub fn hits(automaton: &impl Automaton, block: &[u8]) -> impl Iterator<Item = Hit> {
    let start = automaton.start_state(Anchored::No).expect("it was made to search from anywhere");
    let mut parts = split(block);
    let shortest = parts.iter().map(|part| part.text.len()).min().unwrap_or_default();
    let [first, second, third, fourth] = &mut parts;
    let step = |state: StateID, byte: &u8| automaton.next_state(Anchored::No, state, *byte);
    let (mut a, mut b, mut c, mut d) = (start, start, start, start);
    let rows = first.text.iter().zip(second.text).zip(third.text).zip(fourth.text);
    for (at, (((one, two), three), four)) in rows.enumerate() {
        (a, b, c, d) = (step(a, one), step(b, two), step(c, three), step(d, four));
        // Hardly ever.
        if [a, b, c, d].iter().any(|state| automaton.is_special(*state)) {
            first.note(automaton, a, at);
            second.note(automaton, b, at);
            third.note(automaton, c, at);
            fourth.note(automaton, d, at);
        }
    }
    for (part, mut state) in parts.iter_mut().zip([a, b, c, d]) {
        for (at, byte) in part.text.iter().enumerate().skip(shortest) {
            state = step(state, byte);
            part.note(automaton, state, at);
        }
    }
    let [first, second, third, fourth] = parts.map(|part| part.hits.into_iter());
    first.chain(second).chain(third).chain(fourth)
}

/// Some lines of the block.
struct Part<'a> {
    text: &'a [u8],
    /// Where in the block it begins.
    start: usize,
    hits: Vec<Hit>,
}

impl Part<'_> {
    /// Notes the literals that end with the byte at `at`, after which the automaton is in `state`.
    #[inline]
    fn note(&mut self, automaton: &impl Automaton, state: StateID, at: usize) {
        if automaton.is_special(state) && automaton.is_match(state) {
            let end = self.start + at + 1;
            let literals =
                (0..automaton.match_len(state)).map(|which| automaton.match_pattern(state, which).as_usize());
            self.hits.extend(literals.map(|literal| Hit { end, literal }));
        }
    }
}

/// Whole lines each, of about the same length together.
fn split(block: &[u8]) -> [Part<'_>; PARTS] {
    let (mut rest, mut start, mut left) = (block, 0, PARTS);
    [(); PARTS].map(|()| {
        let about = rest.len() / left;
        let after = rest.get(about..).unwrap_or_default();
        let end = memchr(b'\n', after).filter(|_| left > 1).map_or(rest.len(), |found| about + found + 1);
        let (text, others) = rest.split_at(end);
        let part = Part { text, start, hits: Vec::new() };
        (rest, start, left) = (others, start + end, left - 1);
        part
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::dfa::DFA;
    use proptest::prelude::*;

    #[test]
    fn parts_are_whole_lines_of_about_a_length() {
        let block = "a line\n".repeat(400);
        let lengths = split(block.as_bytes()).map(|part| part.text.len());
        assert_eq!((lengths.iter().sum::<usize>(), lengths.iter().all(|one| one % 7 == 0)), (2_800, true));
        assert!(lengths.iter().all(|one| (690..=710).contains(one)), "{lengths:?}");
        assert_eq!(split(b"only one line").map(|part| part.text.len()), [13, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn all_are_found_in_order(block in "[ab\n]{0,90}") {
            let literals = ["ab", "b", "aab"];
            let automaton = DFA::new(literals).expect("three literals");
            let found: Vec<(usize, usize)> = hits(&automaton, block.as_bytes()).map(|hit| (hit.end, hit.literal)).collect();
            let mut expected = Vec::new();
            for (literal, text) in literals.iter().enumerate() {
                let begins = (0..block.len()).filter(|at| block.as_bytes()[*at..].starts_with(text.as_bytes()));
                expected.extend(begins.map(|at| (at + text.len(), literal)));
            }
            expected.sort_unstable();
            prop_assert!(found.windows(2).all(|two| two[0].0 <= two[1].0));
            let mut found = found;
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
