//! Literals that a pattern requires: one of them stands in every text that the pattern matches.
//!
//! Read off the pattern's syntax tree, without regard to the case of ASCII letters. What surrounds a literal is not
//! looked at: a line in which one stands may still not match.
//!
//! Lines are searched as they are written, patterns are matched against what they say (`logline::message`): in between,
//! escapes are undone and fields of JSON become `key="value"`. So no literal goes across a sign that writers escape,
//! or from one field to the next.

use regex_syntax::hir::literal::rank;
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};
use std::collections::BTreeSet;

/// Shorter ones stand in too many lines to be worth looking for.
pub const SHORTEST: usize = 3;

/// Of longer ones the rarest part of this length is looked for: it hits hardly more often, and automata stay small.
const LONGEST: usize = 16;

/// Literals of one pattern, one of which must stand in a line.
const MOST: usize = 64;

/// Characters of a class that are told apart.
const MOST_CHARACTERS: usize = 8;

/// Words of which the lines of all programs are full: anything beside one of them is rarer.
const EVERYWHERE: [&str; 12] = [
    "connection",
    "container",
    "error",
    "failed",
    "namespace",
    "operation",
    "request",
    "resource",
    "response",
    "started",
    "status",
    "timeout",
];

type Literals = BTreeSet<Vec<u8>>;

/// The literals of lower case of which `pattern` requires one in a line, if it requires any.
pub fn literals(pattern: &Hir) -> Option<Literals> {
    let whole = read(pattern).best().filter(|literals| !literals.is_empty())?;
    let parts: Literals = whole.iter().map(|literal| rarest_part(literal).to_vec()).collect();
    let holds_another = |literal: &[u8]| {
        parts.iter().any(|other| other.len() < literal.len() && literal.windows(other.len()).any(|part| part == other))
    };
    Some(parts.iter().filter(|literal| !holds_another(literal)).cloned().collect())
}

/// What a part of a pattern says of the text that it matches.
#[derive(Clone)]
struct Part {
    /// All texts it may match, where they are few. None at all where no line can hold one.
    exact: Option<Literals>,
    /// Texts with one of which it must begin, where they are few: perhaps with nothing.
    begins: Literals,
    /// Texts with one of which it must end.
    ends: Literals,
    /// Texts one of which it must contain.
    required: Option<Literals>,
}

impl Part {
    fn exact(literals: Literals) -> Self {
        Self { begins: literals.clone(), ends: literals.clone(), exact: Some(literals), required: None }
    }

    fn anything() -> Self {
        Self { exact: None, begins: nothing(), ends: nothing(), required: None }
    }

    fn best(self) -> Option<Literals> {
        rarer(self.exact, self.required)
    }
}

fn read(hir: &Hir) -> Part {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Part::exact(nothing()),
        // Lines hold no line feed, so what needs one matches in none.
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => Part::exact(Literals::new()),
        HirKind::Literal(literal) => as_written(&literal.0.to_ascii_lowercase()),
        HirKind::Class(class) => characters(class).map_or_else(Part::anything, Part::exact),
        HirKind::Repetition(repetition) => repeated(repetition),
        HirKind::Capture(capture) => read(&capture.sub),
        HirKind::Concat(parts) => joined(parts.iter().map(read)),
        HirKind::Alternation(branches) => any_of(branches.iter().map(read)),
    }
}

/// Whether a writer may escape it, or it ends a field's name.
fn is_rewritten(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&' | b'=') || byte.is_ascii_control() || !byte.is_ascii()
}

/// The parts of a text that stand in a line of whatever logger: between signs that are rewritten, without the space
/// before a field's name.
fn as_written(text: &[u8]) -> Part {
    if !text.iter().copied().any(is_rewritten) {
        return Part::exact(Literals::from([text.to_vec()]));
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.iter().position(|byte| is_rewritten(*byte)) {
        let (piece, after) = rest.split_at(end);
        let name = piece.iter().rposition(|byte| *byte == b' ').filter(|_| after.first() == Some(&b'='));
        let (before, name) = piece.split_at(name.map_or(0, |space| space + 1));
        parts.extend([before.trim_ascii_end(), name].map(|part| Part::exact(Literals::from([part.to_vec()]))));
        parts.insert(parts.len() - 1, Part::anything());
        parts.push(Part::anything());
        rest = after.get(1..).unwrap_or_default();
    }
    parts.push(Part::exact(Literals::from([rest.to_vec()])));
    joined(parts.into_iter())
}

/// The text of no characters.
fn nothing() -> Literals {
    Literals::from([Vec::new()])
}

fn characters(class: &Class) -> Option<Literals> {
    let (mut found, mut is_sure) = (Literals::new(), true);
    let mut add = |bytes: &[u8]| {
        if bytes != b"\n" {
            is_sure &= !bytes.iter().copied().any(is_rewritten);
            found.insert(bytes.to_ascii_lowercase());
        }
    };
    match class {
        Class::Unicode(class) => {
            let count: usize = class.ranges().iter().map(regex_syntax::hir::ClassUnicodeRange::len).sum();
            // Twice as many, as both cases of a letter are one here.
            if count > 2 * MOST_CHARACTERS {
                return None;
            }
            let all = class.ranges().iter().flat_map(|range| range.start()..=range.end());
            all.for_each(|character| add(character.encode_utf8(&mut [0; 4]).as_bytes()));
        }
        Class::Bytes(class) => {
            let count: usize = class.ranges().iter().map(regex_syntax::hir::ClassBytesRange::len).sum();
            if count > 2 * MOST_CHARACTERS {
                return None;
            }
            class.ranges().iter().flat_map(|range| range.start()..=range.end()).for_each(|byte| add(&[byte]));
        }
    }
    (is_sure && found.len() <= MOST_CHARACTERS).then_some(found)
}

fn repeated(repetition: &Repetition) -> Part {
    let part = read(&repetition.sub);
    match (repetition.min, repetition.max) {
        (0, Some(1)) => match part.exact {
            Some(exact) => Part::exact(&exact | &nothing()),
            None => Part::anything(),
        },
        (0, _) => Part::anything(),
        (min, max) => {
            let times = usize::try_from(min).unwrap_or(usize::MAX).min(LONGEST);
            let is_all = max == Some(min) && usize::try_from(min).is_ok_and(|min| min == times);
            let rest = (!is_all).then(Part::anything);
            joined(std::iter::repeat_n(part, times).chain(rest))
        }
    }
}

/// Parts that follow each other.
fn joined(parts: impl Iterator<Item = Part>) -> Part {
    let mut best: Option<Literals> = None;
    // With what the last of the parts end, and, before any of them is not known whole, all that they are.
    let (mut run, mut begins) = (nothing(), None);
    for part in parts {
        let longer = part.exact.as_ref().and_then(|exact| each_with_each(&run, exact));
        if let Some(longer) = longer {
            run = longer;
            continue;
        }
        let until_here = each_with_each(&run, &part.begins).unwrap_or(run);
        best = rarer(best, Some(until_here.clone()));
        best = rarer(best, part.required);
        begins.get_or_insert(until_here);
        run = part.ends;
    }
    match begins {
        None => Part::exact(run),
        Some(begins) => Part { exact: None, begins, required: rarer(best, Some(run.clone())), ends: run },
    }
}

fn each_with_each(starts: &Literals, ends: &Literals) -> Option<Literals> {
    let fits = starts.len().saturating_mul(ends.len()) <= MOST;
    let pairs = || starts.iter().flat_map(|start| ends.iter().map(move |end| [start.as_slice(), end].concat()));
    fits.then(|| pairs().collect())
}

/// Branches of which one matches: each brings the literals that it requires.
fn any_of(branches: impl Iterator<Item = Part>) -> Part {
    let few = |all: Literals, more: &Literals| Some(&all | more).filter(|all| all.len() <= MOST);
    let [mut exact, mut begins, mut ends, mut required] = [(); 4].map(|()| Some(Literals::new()));
    for branch in branches {
        exact = exact.zip(branch.exact.as_ref()).and_then(|(all, more)| few(all, more));
        begins = begins.and_then(|all| few(all, &branch.begins));
        ends = ends.and_then(|all| few(all, &branch.ends));
        required = required.zip(branch.best()).map(|(all, more)| &all | &more);
    }
    Part { exact, begins: begins.unwrap_or_else(nothing), ends: ends.unwrap_or_else(nothing), required }
}

/// Of two sets, of each of which one must stand in the text, the one that stands in fewer lines.
fn rarer(one: Option<Literals>, other: Option<Literals>) -> Option<Literals> {
    let usable = |literals: &Literals| literals.len() <= MOST && literals.iter().all(|one| one.len() >= SHORTEST);
    match (one.filter(usable), other.filter(usable)) {
        (Some(one), Some(other)) => Some(if rarity(&other) > rarity(&one) { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// About how many bits of chance it takes for one of them to stand at some place of a text.
fn rarity(literals: &Literals) -> u32 {
    let least = literals.iter().map(|literal| bits(rarest_part(literal))).min();
    least.map_or(u32::MAX, |least| least.saturating_sub(literals.len().ilog2()))
}

/// From four for the commonest bytes to eleven; those of a word that is everywhere count as the shortest text.
fn bits(literal: &[u8]) -> u32 {
    let is_everywhere = EVERYWHERE.iter().any(|word| word.as_bytes() == literal.trim_ascii());
    let counted = if is_everywhere { literal.get(..SHORTEST).unwrap_or(literal) } else { literal };
    counted.iter().map(|byte| 4 + u32::from(255 - rank(*byte)) / 32).sum()
}

fn rarest_part(literal: &[u8]) -> &[u8] {
    let mut rarest = literal.get(..LONGEST).unwrap_or(literal);
    for part in literal.windows(LONGEST) {
        if bits(part) > bits(rarest) {
            rarest = part;
        }
    }
    rarest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Option<Vec<String>> {
        let hir = regex_syntax::parse(pattern).expect("a pattern");
        let found = literals(&hir)?.into_iter().map(|one| String::from_utf8(one).expect("text")).collect();
        Some(found)
    }

    #[test]
    fn literals_that_must_stand_in_a_line() {
        let required = [
            ("leaderelection", &["leaderelection"][..]),
            ("^First words|^other ones", &["first words", "other ones"]),
            (r"[Ff]ailed to (?:up|in) it", &["failed to in it", "failed to up it"]),
            (r"a\d+ killed by", &[" killed by"]),
            (r"loop (?:up\d+|down)", &["loop down", "loop up"]),
            (r"(?:up\d+|down) of (?:it\d|them)", &[" of it", " of them"]),
            (r"apparmor=.* operation=", &["apparmor"]),
            (r"(?:\d+up|down) of it", &["down of it", "up of it"]),
            ("one (?:or )?two", &["one or two", "one two"]),
            ("(?i)OOM kill", &["oom "]),
            ("(?:abc)+x*", &["abc"]),
            ("(?:ab){3}", &["ababab"]),
            ("(?:abc|abcd|xyz)", &["abc", "xyz"]),
            (r"(?:dial \S+ refused|etcdserver)", &["etcdserver", " refused"]),
            (r"needs(?:\n| )space", &["needs space"]),
            ("reclaim\" resourceName=\"memory", &["resourcename"]),
            ("a<b> is gone", &[" is gone"]),
            ("attempt=3 resourceName=\"x", &["resourcename"]),
        ];
        for (pattern, literals) in required {
            let mut expected: Vec<String> = literals.iter().map(|one| (*one).to_owned()).collect();
            expected.sort();
            assert_eq!(of(pattern), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_require_none() {
        for pattern in
            ["", ".*", "ab", "ab|longer", r"(?:longer)?", r"\d{4}", r"two\nlines", "(?:abc)*", r"[a-z]+ [a-z]+"]
        {
            assert_eq!(of(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn of_a_long_literal_the_rarest_part_is_looked_for() {
        let found = of("oom-kill:constraint=CONSTRAINT_MEMCG").expect("literals");
        assert!(found.iter().all(|one| one.len() == LONGEST), "{found:?}");
    }
}
