//! Which parts of a draft are this program's, and how those of a later draft take their place.
//!
//! Each section's text stands between two comments that no renderer shows; the first has a hash of what is between them.
//! Headings, and whatever people write outside of the comments, are not touched. What was changed between them gives way
//! to the new text, and whoever merges is told of it; where there is no new text, the change stays.

use super::draft_hash::hash;
use std::collections::{BTreeMap, BTreeSet};

/// What stands around the words of a comment.
const COMMENT: (&str, &str) = ("<!--k8s-forensics:", "-->");
/// The comment behind a draft, which tells of which one a text was made.
const MARK: &str = "<!-- k8s-forensics: draft ";
/// The section after which nothing is cut into blocks: it is one.
const APPENDIX: &str = "Appendix";
/// The block of what stands between the title and the first section.
const OPENING: &str = "opening";
const NOTHING: &str = "Nothing of this was found this time.\n";

/// A draft in which each part has its comments.
pub fn marked(draft: &str) -> String {
    let mut marked = String::with_capacity(draft.len() + 2048);
    for (place, (heading, body)) in sections(draft).into_iter().enumerate() {
        if place == 0 {
            marked.push_str(&format!("{heading}{}\n", comment(&["title", &hash(heading)])));
        } else {
            marked.push_str(heading);
        }
        let name = if place == 0 { OPENING.to_owned() } else { name_of(heading) };
        let body = body.trim();
        if !body.is_empty() {
            let (begin, end) = (comment(&["begin", &name, &hash(body)]), comment(&["end", &name]));
            marked.push_str(&format!("\n{begin}\n\n{body}\n\n{end}\n"));
        }
        marked.push('\n');
    }
    format!("{}\n", marked.trim_end())
}

/// The names of the blocks of a marked text, in its order.
pub fn names(text: &str) -> Vec<String> {
    let blocks = parts(text).unwrap_or_default();
    blocks
        .into_iter()
        .filter_map(|part| if let Part::Block { name, .. } = part { Some(name.to_owned()) } else { None })
        .collect()
}

/// One word, so that it counts for nothing on a page that has few.
fn comment(words: &[&str]) -> String {
    format!("{}{}{}", COMMENT.0, words.join(":"), COMMENT.1)
}

/// The lines of headings, each with what follows it; the first is the title.
fn sections(draft: &str) -> Vec<(&str, &str)> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in draft.split_inclusive('\n') {
        let is_heading = line.starts_with("## ");
        if is_heading && at > 0 {
            starts.push(at);
        }
        at += line.len();
        if is_heading && line.get(3..).is_some_and(|title| title.trim() == APPENDIX) {
            break;
        }
    }
    let ends = starts.iter().skip(1).copied().chain([draft.len()]);
    let whole = starts.iter().zip(ends).filter_map(|(from, to)| draft.get(*from..to));
    whole.map(|section| section.split_at(section.find('\n').map_or(section.len(), |end| end + 1))).collect()
}

/// `how-sure-are-we` of `## How sure are we?`.
fn name_of(heading: &str) -> String {
    let words = heading.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// A part of a text: blocks of this program, and what is between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Other(&'a str),
    /// The title's line, with the comment behind it.
    Title {
        line: &'a str,
        mark: &'a str,
        hash: &'a str,
    },
    Block {
        name: &'a str,
        hash: &'a str,
        whole: &'a str,
        body: &'a str,
    },
    /// The last comment, which tells of which draft the text was made.
    Mark(&'a str),
}

/// The words of a line that is one of our comments.
fn words_of(line: &str) -> Option<Vec<&str>> {
    let line = line.trim();
    if line.starts_with(MARK) {
        return Some(vec!["draft"]);
    }
    let words = line.strip_prefix(COMMENT.0)?.strip_suffix(COMMENT.1)?;
    Some(words.split(':').collect())
}

/// The parts of a text, which put together are the text; none where comments are missing, doubled or out of place.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut known = BTreeSet::new();
    let (mut at, mut other, mut last_line) = (0, 0, 0);
    let mut open: Option<(&str, &str, usize, usize)> = None;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        match (words_of(line).as_deref(), open) {
            (None, _) => {}
            (Some(["begin", name, hash]), None) => {
                parts.push(Part::Other(text.get(other..start)?));
                known.insert(*name).then_some(())?;
                open = Some((*name, *hash, start, end));
            }
            (Some(["end", name]), Some((begun, hash, from, body))) if *name == begun => {
                parts.push(Part::Block {
                    name: begun,
                    hash,
                    whole: text.get(from..end)?,
                    body: text.get(body..start)?,
                });
                (open, other) = (None, end);
            }
            (Some(["title", hash]), None) => {
                known.insert("# title").then_some(())?;
                parts.push(Part::Other(text.get(other..last_line.max(other))?));
                let line = text.get(last_line.max(other)..start)?;
                parts.push(Part::Title { line, mark: text.get(start..end)?, hash });
                other = end;
            }
            (Some(["draft"]), None) => {
                known.insert("# draft").then_some(())?;
                parts.push(Part::Other(text.get(other..start)?));
                parts.push(Part::Mark(text.get(start..end)?));
                other = end;
            }
            _ => return None,
        }
        last_line = start;
    }
    parts.push(Part::Other(text.get(other..)?));
    let is_ours = known.contains("# draft") && parts.iter().any(|part| matches!(part, Part::Block { .. }));
    (open.is_none() && is_ours).then_some(parts)
}

/// A later draft in the place of an earlier one, with what people wrote.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    pub text: String,
    /// The names of blocks that people had changed and that are new.
    pub set_aside: Vec<String>,
}

/// `old`, which people edited, with the blocks of `fresh`; none where `old` is not made of blocks any more. Blocks that
/// people took out, of those that `known` names, stay out.
pub fn merge(old: &str, fresh: &str, known: &BTreeSet<&str>) -> Option<Merged> {
    let (old, fresh) = (parts(old)?, parts(fresh)?);
    let mut new: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for part in &fresh {
        if let Part::Block { name, whole, hash, .. } = part {
            new.insert(*name, (*whole, *hash));
        }
    }
    let there: BTreeSet<&str> = old.iter().filter_map(Part::name).collect();
    let mut merged = Merged { text: String::new(), set_aside: Vec::new() };
    let mut waiting = added(&fresh, &there, known);
    for (place, part) in old.iter().enumerate() {
        let next = old.get(place + 1);
        match part {
            Part::Other(text) => {
                let before = next.and_then(Part::name).or_else(|| matches!(next, Some(Part::Mark(_))).then_some(""));
                let sections = before.and_then(|name| waiting.remove(name)).unwrap_or_default();
                // Before the heading of the next block, and behind what people wrote of the one before.
                let heading = text.rfind("\n## ").map(|at| at + 1).filter(|_| before != Some(""));
                let (kept, heading) = text.split_at(heading.unwrap_or(text.len()));
                [kept, &sections, heading].iter().for_each(|text| merged.text.push_str(text));
            }
            Part::Title { line, mark, hash: known } => {
                let new = fresh.iter().find_map(|part| match part {
                    Part::Title { line, mark, .. } => Some((*line, *mark)),
                    _ => None,
                });
                let (line, mark) = new.filter(|_| hash(line) == **known).unwrap_or((line, mark));
                merged.text.push_str(line);
                merged.text.push_str(mark);
            }
            Part::Block { name, hash: written, whole, body } => {
                let (text, said) = match new.get(name) {
                    Some((whole, said)) => ((*whole).to_owned(), (*said).to_owned()),
                    None => (empty(name), hash(NOTHING)),
                };
                let is_edited = hash(body.trim()) != **written;
                // With nothing new to say, what people made of it stays as it is.
                if said == **written {
                    merged.text.push_str(whole);
                    continue;
                }
                if is_edited {
                    merged.set_aside.push((*name).to_owned());
                }
                merged.text.push_str(&as_lines_of(whole, &text));
            }
            Part::Mark(_) => {
                let mark = fresh.iter().find_map(|part| if let Part::Mark(mark) = part { Some(*mark) } else { None });
                merged.text.push_str(mark.unwrap_or_default());
            }
        }
    }
    Some(merged)
}

impl<'a> Part<'a> {
    fn name(&self) -> Option<&'a str> {
        if let Part::Block { name, .. } = self { Some(name) } else { None }
    }
}

/// Sections of a fresh draft that are new in it, with their headings, by the block before which each belongs; empty
/// for the end.
fn added<'a>(fresh: &[Part<'a>], there: &BTreeSet<&str>, known: &BTreeSet<&str>) -> BTreeMap<&'a str, String> {
    let mut added: BTreeMap<&str, String> = BTreeMap::new();
    let mut sections = String::new();
    let mut heading = "";
    for part in fresh {
        match part {
            Part::Other(text) => heading = text,
            Part::Block { name, .. } if there.contains(name) && !sections.is_empty() => {
                added.insert(name, std::mem::take(&mut sections));
            }
            Part::Block { name, .. } if there.contains(name) => {}
            Part::Block { name, whole, .. } if !known.contains(name) => {
                sections.push_str(&format!("{}{whole}\n", heading.trim_start_matches('\n')));
            }
            _ => {}
        }
    }
    if !sections.is_empty() {
        added.insert("", sections);
    }
    added
}

/// A block that has nothing to say any more.
fn empty(name: &str) -> String {
    let (begin, end) = (comment(&["begin", name, &hash(NOTHING)]), comment(&["end", name]));
    format!("{begin}\n\n{NOTHING}\n{end}\n")
}

/// `text` with the line ends that `whole` has.
fn as_lines_of(whole: &str, text: &str) -> String {
    let is_dos =
        whole.lines().count() > 0 && whole.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n"));
    if is_dos { text.replace('\n', "\r\n") } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
