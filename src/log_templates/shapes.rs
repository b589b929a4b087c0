//! Lines counted by their shape: what is left of each when its values are masked.
//!
//! Shapes of one program, level and place, of as many words and with the same first word, are in one bucket, as in the
//! upper levels of Drain's tree. Both what is in a bucket and the number of buckets are bounded. A bucket of too many
//! shapes is one template from then on; of too many buckets those stay whose hash is smallest, and the lines of the
//! others are counted. Neither depends on the order of the lines, nor on how they were cut into blocks.

use super::mask::MASK;
use super::seen::{Seen, Sighting};
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The most shapes of a bucket that are kept apart.
const MOST_SHAPES: usize = 50;
/// The most buckets.
const MOST_BUCKETS: usize = 1000;

/// Stands between the parts of a shape.
const BETWEEN: char = '\u{1f}';
/// Ends the place of a message that its logger keeps apart from all values.
pub const CONSTANT: char = '"';

/// Program, level, place and masked words of a line, as one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape<'a> {
    pub program: &'a str,
    pub level: &'a str,
    /// The file of the source that wrote it, and [`CONSTANT`] behind it where its words never vary.
    pub place: &'a str,
    pub words: &'a str,
}

impl<'a> Shape<'a> {
    /// Reads what [`Shape::write`] wrote.
    pub fn read(text: &'a str) -> Self {
        let mut parts = text.splitn(4, BETWEEN);
        let mut next = || parts.next().unwrap_or_default();
        Self { program: next(), level: next(), place: next(), words: next() }
    }

    /// Begins the text of a shape, to which its words are to be added.
    pub fn begin(text: &mut String, [program, level, place]: [&str; 3], is_constant: bool) {
        text.clear();
        for part in [program, level] {
            text.push_str(part);
            text.push(BETWEEN);
        }
        text.push_str(place);
        if is_constant {
            text.push(CONSTANT);
        }
        text.push(BETWEEN);
    }

    /// The number of the bucket it belongs to.
    fn bucket(&self, count: usize) -> u64 {
        // Its keys are fixed, so that it is the same in each run.
        let mut hasher = DefaultHasher::new();
        let first = self.words.split(' ').next().unwrap_or_default();
        (self.program, self.level, self.place, count, first).hash(&mut hasher);
        hasher.finish()
    }
}

/// Lines by their shapes.
#[derive(Debug, Default)]
pub struct Shapes {
    buckets: BTreeMap<u64, Bucket>,
    /// Lines of buckets that were too many.
    pub rest: u64,
}

#[derive(Debug)]
struct Bucket {
    /// All lines.
    all: Seen,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Apart(HashMap<Box<str>, Seen>),
    /// They were too many: what they have in common.
    Together(Box<str>),
}

impl Shapes {
    /// Counts a line of a shape that has `count` words.
    pub fn add(&mut self, shape: &str, count: usize, sighting: Sighting<'_>) {
        let number = Shape::read(shape).bucket(count);
        if let Some(bucket) = self.buckets.get_mut(&number) {
            bucket.all.add(sighting);
            bucket.add(shape, sighting);
        } else if self.has_room(number) {
            let seen = Seen::once(sighting);
            let kept = Kept::Apart(HashMap::from([(shape.into(), seen.clone())]));
            self.keep(number, Bucket { all: seen, kept });
        } else {
            self.rest += 1;
        }
    }

    /// Adds those of a later part.
    pub fn absorb(&mut self, later: Self) {
        self.rest += later.rest;
        for (number, new) in later.buckets {
            if let Some(bucket) = self.buckets.get_mut(&number) {
                bucket.absorb(new);
            } else if self.has_room(number) {
                self.keep(number, new);
            } else {
                self.rest += new.all.count;
            }
        }
    }

    fn has_room(&self, number: u64) -> bool {
        self.buckets.len() < MOST_BUCKETS || self.buckets.last_key_value().is_some_and(|(last, _)| number < *last)
    }

    fn keep(&mut self, number: u64, bucket: Bucket) {
        self.buckets.insert(number, bucket);
        if self.buckets.len() > MOST_BUCKETS
            && let Some((_, dropped)) = self.buckets.pop_last()
        {
            self.rest += dropped.all.count;
        }
    }

    /// The shapes of each bucket, in order.
    pub fn into_buckets(self) -> impl Iterator<Item = Vec<(Box<str>, Seen)>> {
        self.buckets.into_values().map(|bucket| match bucket.kept {
            Kept::Apart(shapes) => {
                let mut shapes: Vec<_> = shapes.into_iter().collect();
                shapes.sort_by(|one, other| one.0.cmp(&other.0));
                shapes
            }
            Kept::Together(shape) => vec![(shape, bucket.all)],
        })
    }
}

impl Bucket {
    fn add(&mut self, shape: &str, sighting: Sighting<'_>) {
        match &mut self.kept {
            Kept::Apart(shapes) => match shapes.get_mut(shape) {
                Some(seen) => seen.add(sighting),
                None => drop(shapes.insert(shape.into(), Seen::once(sighting))),
            },
            Kept::Together(common) => join(common, shape),
        }
        self.bound();
    }

    fn absorb(&mut self, later: Self) {
        self.all.absorb(later.all);
        match (&mut self.kept, later.kept) {
            (Kept::Apart(own), Kept::Apart(new)) => {
                for (shape, seen) in new {
                    match own.get_mut(&shape) {
                        Some(known) => known.absorb(seen),
                        None => drop(own.insert(shape, seen)),
                    }
                }
            }
            (Kept::Together(common), Kept::Apart(new)) => new.keys().for_each(|shape| join(common, shape)),
            (Kept::Together(common), Kept::Together(new)) => join(common, &new),
            (Kept::Apart(own), Kept::Together(mut common)) => {
                own.keys().for_each(|shape| join(&mut common, shape));
                self.kept = Kept::Together(common);
            }
        }
        self.bound();
    }

    fn bound(&mut self) {
        if let Kept::Apart(shapes) = &self.kept
            && shapes.len() > MOST_SHAPES
        {
            let mut all = shapes.keys();
            let mut common = all.next().cloned().unwrap_or_default();
            all.for_each(|shape| join(&mut common, shape));
            self.kept = Kept::Together(common);
        }
    }
}

/// Masks the words of `common` that `shape` does not have in the same place.
pub fn join(common: &mut Box<str>, shape: &str) {
    let (own, other) = (Shape::read(common), Shape::read(shape));
    let mut pairs = own.words.split(' ').zip(other.words.split(' '));
    if pairs.clone().all(|(one, other)| one == other || one == MASK) {
        return;
    }
    let mut text = String::with_capacity(common.len());
    Shape::begin(&mut text, [own.program, own.level, own.place], false);
    let joined = |(one, other)| if one == other { one } else { MASK };
    text.push_str(pairs.next().map(joined).unwrap_or_default());
    for pair in pairs {
        text.push(' ');
        text.push_str(joined(pair));
    }
    *common = text.into();
}

/// How many words of two shapes are the same, and how many there are.
pub fn likeness(one: &str, other: &str) -> (usize, usize) {
    let (one, other) = (Shape::read(one).words, Shape::read(other).words);
    let pairs = one.split(' ').zip(other.split(' '));
    (pairs.clone().filter(|(one, other)| one == other).count(), pairs.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(place: &str, words: &str) -> Box<str> {
        let mut text = String::new();
        Shape::begin(&mut text, ["p", "info", place], false);
        text.push_str(words);
        text.into()
    }

    fn joined(one: &str, other: &str) -> String {
        let mut common = shape("", one);
        join(&mut common, &shape("", other));
        Shape::read(&common).words.to_owned()
    }

    #[test]
    fn what_two_shapes_have_in_common() {
        assert_eq!(joined("a b c", "a x c"), "a <*> c");
        assert_eq!(joined("a <*> c", "a x c"), "a <*> c");
        assert_eq!(joined("a b c", "a b c"), "a b c");
        assert_eq!(likeness(&shape("", "a b <*> c"), &shape("", "a x <*> c")), (3, 4));
    }

    #[test]
    fn more_buckets_than_are_kept_are_counted() {
        let mut shapes = Shapes::default();
        let sighting = Sighting { entry: 0, line: 1, at: None, is_after: false, text: "" };
        for number in 0..3 * MOST_BUCKETS {
            shapes.add(&shape("", &format!("word{number}")), 1, sighting);
        }
        assert_eq!(shapes.rest, 2 * MOST_BUCKETS as u64);
        assert_eq!(shapes.into_buckets().count(), MOST_BUCKETS);
    }
}
