//! Alike shapes as one template: Drain's last step, within each bucket of shapes.

use super::line::Statement;
use super::mask::MASK;
use super::seen::Seen;
use super::shapes::{CONSTANT, Shape, Shapes, join, likeness};
use super::{OF_TRACE, Template, mask};
use crate::logline::severity::{self, LineSeverity};

/// Two shapes are one template where seven of ten words are the same, masked ones among them. Drain's authors have the
/// best results at half; with values masked before, words that are left differ more often because they say different
/// things, as in `EnableService <*> START` and `EnableService <*> DONE`.
const ALIKE: (usize, usize) = (7, 10);

/// The most bytes of the fields that are shown behind a message.
const MOST_FIELDS: usize = 200;

/// Shapes that are one template.
pub struct Cluster {
    common: Box<str>,
    seen: Seen,
    /// Those that were kept apart.
    #[cfg(test)]
    pub shapes: Vec<Box<str>>,
}

/// The templates of all shapes, in the order of their buckets.
pub fn templates(shapes: Shapes) -> Vec<Template> {
    clusters(shapes).into_iter().map(|one| template(&Shape::read(&one.common), one.seen)).collect()
}

/// Puts alike shapes together.
pub fn clusters(shapes: Shapes) -> Vec<Cluster> {
    let mut all = Vec::new();
    for bucket in shapes.into_buckets() {
        let mut found: Vec<Cluster> = Vec::new();
        for (shape, seen) in bucket {
            match most_alike(&found, &shape).and_then(|place| found.get_mut(place)) {
                Some(known) => {
                    join(&mut known.common, &shape);
                    known.seen.join(seen);
                    #[cfg(test)]
                    known.shapes.push(shape);
                }
                None => found.push(Cluster {
                    #[cfg(test)]
                    shapes: vec![shape.clone()],
                    common: shape,
                    seen,
                }),
            }
        }
        all.append(&mut found);
    }
    all
}

/// The template that a shape is most like, of those that it is like enough.
fn most_alike(found: &[Cluster], shape: &str) -> Option<usize> {
    if Shape::read(shape).place.ends_with(CONSTANT) {
        return None;
    }
    let (numerator, denominator) = ALIKE;
    let mut best: Option<(usize, usize, usize)> = None;
    for (place, other) in found.iter().enumerate() {
        let (same, of) = likeness(&other.common, shape);
        let is_enough = same * denominator >= of * numerator;
        if is_enough && best.is_none_or(|(_, known, known_of)| same * known_of > known * of) {
            best = Some((place, same, of));
        }
    }
    best.map(|(place, _, _)| place)
}

fn template(shape: &Shape<'_>, seen: Seen) -> Template {
    let statement = Statement::of(&seen.example.text);
    let mut text = String::new();
    if !statement.place.is_empty() {
        text.push_str(statement.place);
        text.push_str("] ");
    }
    text.push_str(shape.words);
    fields(statement.fields, &mut text);
    let of_trace = (shape.level == OF_TRACE).then_some(LineSeverity::Error);
    Template {
        program: shape.program.to_owned(),
        text,
        severity: severity_of(shape.program, &seen.example.text).or(of_trace),
        count: seen.count,
        lines: seen.lines,
        seconds: seen.seconds,
        first: seen.first,
        last: seen.last,
        example: seen.example,
    }
}

/// How bad a line calls itself, by who wrote it.
fn severity_of(program: &str, text: &str) -> Option<LineSeverity> {
    if program == "kernel" { severity::of_kernel(text) } else { severity::of_program(text) }
}

/// The names of the fields of an example, which the template has with any value.
fn fields(of_example: &str, text: &mut String) {
    let mut end = of_example.len().min(MOST_FIELDS);
    while !of_example.is_char_boundary(end) {
        end -= 1;
    }
    let mut masked = String::new();
    mask::words(of_example.get(..end).unwrap_or_default(), &mut masked);
    for word in masked.split(' ') {
        if let Some((name, _)) = word.split_once('=').filter(|(name, _)| *name != "level") {
            text.push(' ');
            text.push_str(name);
            text.push('=');
            text.push_str(MASK);
        }
    }
}
