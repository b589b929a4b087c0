//! What the commits changed that were deployed, where a repository was given that has them.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::evidence::DeployedRevision;
use crate::model::{Commit, LookedUp};
use crate::report::markdown::Markdown;
use crate::report::view::View;
use std::collections::BTreeSet;

/// Digits by which people know a commit.
const SHORT: usize = 10;
/// Paths that are named; all that are known stand in report.json.
const NAMED: usize = 6;

/// A line for each commit, the last deployed first; a commit that several objects name is told once.
pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let commits = &view.of.commits;
    let mut told = BTreeSet::new();
    // Whoever names the repository brought it; what it was brought to says the commit as well.
    let by = |names: bool| view.evidence().deployed.iter().rev().filter(move |one| one.source.is_some() == names);
    let mut latest: Vec<_> = by(true).chain(by(false)).filter_map(|one| Some((one, one.commit.as_deref()?))).collect();
    latest.retain(|(_, id)| told.insert(*id));
    latest.sort_by_key(|(one, _)| std::cmp::Reverse(one.at.time));
    let new: Vec<(&DeployedRevision, &LookedUp)> =
        latest.into_iter().filter_map(|(one, id)| Some((one, commits.found.get(id)?))).collect();
    let mut lines: Vec<Markdown> =
        new.iter().take(size.items).map(|(one, found)| line(view, one, found, references)).collect();
    let more = new.len().saturating_sub(size.items);
    if more > 0 {
        lines.push(Markdown::new().number(more as u64).say(" earlier commits are in ").code("report.json", 40).stop());
    }
    lines
}

fn line(view: &View, one: &DeployedRevision, found: &LookedUp, references: &mut References) -> Markdown {
    let id = one.commit.as_deref().unwrap_or_default();
    let short = id.get(..SHORT).unwrap_or(id);
    let line = Markdown::new().prose(&view.clock.time(one.at.time), 40).say(" ");
    let line = line.code(&one.subject.to_string(), NAME_CHARS).say(": commit ").code(short, NAME_CHARS);
    let line = match found {
        LookedUp::Found { repository, commit } => of_commit(line.say(" of ").code(repository, NAME_CHARS), commit),
        LookedUp::NotThere => not_there(line, &view.of.commits.repositories),
        LookedUp::Broken { repository, why } => {
            line.say(" of ").code(repository, NAME_CHARS).say(" cannot be read: ").prose(why, SENTENCE_CHARS)
        }
    };
    line.then(&references.cite([one.citation])).stop()
}

fn not_there(line: Markdown, repositories: &[String]) -> Markdown {
    let names = repositories.iter().map(|name| Markdown::new().code(name, NAME_CHARS));
    let names = names.reduce(|list, name| list.say(", ").then(&name)).unwrap_or_default();
    line.say(if repositories.len() > 1 { " is in none of " } else { " is not in " }).then(&names)
}

fn of_commit(line: Markdown, commit: &Commit) -> Markdown {
    let at = commit.at.format("%F %TZ").to_string();
    let line = line.say(", ").code(&commit.subject, SENTENCE_CHARS).say(", committed ").prose(&at, 40);
    let Some(files) = &commit.files else {
        return line.say("; which files it changed is not known, as its parent is not there");
    };
    let more = files.first.len().saturating_sub(NAMED) + files.beyond;
    let names = files.first.iter().take(NAMED).map(|path| Markdown::new().code(path, NAME_CHARS));
    let Some(names) = names.reduce(|list, path| list.say(", ").then(&path)) else {
        return line.say("; it changed no file");
    };
    let line = line.say("; it changed ").then(&names);
    match (more, files.is_more) {
        (0, _) => line,
        (more, false) => line.say(" and ").number(more as u64).say(" more"),
        (more, true) => line.say(" and at least ").number(more as u64).say(" more"),
    }
}
