//! What an analysis is done with: the built-in signals and links, and a user's own in the same form.

use super::AnalysisError;
use crate::cascade::{LinkError, Links};
use crate::evidence::Interest;
use crate::signals::{Catalogue, CatalogueError, Remark, line_of};
use std::fmt;
use std::sync::OnceLock;

/// Signals and links.
#[derive(Debug)]
pub struct Knowledge {
    pub catalogue: Catalogue,
    pub links: Links,
    /// Made when something is analysed, and once for all that is: it takes longer than to read a small input.
    interest: OnceLock<Interest>,
}

/// A file of a folder of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleFile<'a> {
    /// Its path within that folder: `signals/FAMILY.yaml` or `links/FAMILY.yaml`.
    pub path: &'a str,
    pub text: &'a str,
}

/// What of a folder of rules makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum RuleFilesError {
    #[error("{0}: no file of rules: signals are read from signals/FAMILY.yaml, links from links/FAMILY.yaml")]
    Path(String),
    #[error("{place}: {why}")]
    Rule { place: RulePlace, why: String },
}

/// A place in a file of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePlace {
    pub path: String,
    /// Counted from 1, where it is known.
    pub line: Option<u64>,
}

impl fmt::Display for RulePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

/// Something about one rule of a folder that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRemark {
    pub place: RulePlace,
    pub remark: Remark,
}

impl fmt::Display for RuleRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.remark.rule, self.remark.what)
    }
}

/// Family and text of files.
type Families<'a> = Vec<(&'a str, &'a str)>;

impl Knowledge {
    /// The built-in signals and links.
    pub fn built_in() -> Result<Self, AnalysisError> {
        let catalogue = Catalogue::built_in()?;
        let links = Links::built_in(&catalogue)?;
        Ok(Self { catalogue, links, interest: OnceLock::new() })
    }

    /// What of the bulk the signals need to see.
    pub(super) fn interest(&self) -> Result<&Interest, CatalogueError> {
        if let Some(made) = self.interest.get() {
            return Ok(made);
        }
        let made = self.catalogue.interest()?;
        Ok(self.interest.get_or_init(|| made))
    }

    /// The built-in signals and links, and those of a folder of rules, whatever the order of its files. What is called as
    /// a built-in one takes its place.
    ///
    /// The error names the file, the line where it is known, and what was expected there.
    pub fn with_rules(files: &[RuleFile<'_>]) -> Result<Self, AnalysisError> {
        let (signals, links) = families(files)?;
        let mut knowledge = Self::built_in()?;
        let of_signal = |CatalogueError { family, line, why }| broken("signals", &family, line, why);
        knowledge.catalogue.add(&signals).map_err(of_signal)?;
        let of_link = |LinkError { family, line, why }| broken("links", &family, line, why);
        knowledge.links.add(&links, &knowledge.catalogue).map_err(of_link)?;
        Ok(knowledge)
    }

    /// What the rules of `files` get wrong: examples that are not matched, near misses that are, by whichever rule.
    pub fn wrong_examples(&self, files: &[RuleFile<'_>]) -> Vec<RuleRemark> {
        let mut wrong = of_files("signals", files, self.catalogue.wrong_examples());
        wrong.extend(of_files("links", files, self.links.wrong_examples(&self.catalogue)));
        wrong
    }

    /// The rules of `files` that take the place of built-in ones.
    pub fn replacing(&self, files: &[RuleFile<'_>]) -> Vec<RuleRemark> {
        let mut replacing = of_files("signals", files, self.catalogue.replacing().to_vec());
        replacing.extend(of_files("links", files, self.links.replacing().to_vec()));
        replacing
    }

    /// What readers of the rules of `files` would want to know and are not told.
    pub fn lacking(&self, files: &[RuleFile<'_>]) -> Vec<RuleRemark> {
        of_files("signals", files, self.catalogue.lacking())
    }
}

/// Signals and links among the files, each as family and text.
fn families<'a>(files: &[RuleFile<'a>]) -> Result<(Families<'a>, Families<'a>), RuleFilesError> {
    let mut files = files.to_vec();
    files.sort_unstable();
    let (mut signals, mut links) = (Vec::new(), Vec::new());
    for file in files {
        match parts(file.path) {
            Some(("signals", family)) => signals.push((family, file.text)),
            Some(("links", family)) => links.push((family, file.text)),
            _ => return Err(RuleFilesError::Path(file.path.to_owned())),
        }
    }
    Ok((signals, links))
}

/// `signals` or `links`, and the family.
fn parts(path: &str) -> Option<(&str, &str)> {
    let parts = path.strip_suffix(".yaml")?.split_once('/')?;
    Some(parts).filter(|(_, family)| !family.is_empty() && !family.contains('/'))
}

fn broken(folder: &str, family: &str, line: Option<u64>, why: String) -> RuleFilesError {
    RuleFilesError::Rule { place: RulePlace { path: format!("{folder}/{family}.yaml"), line }, why }
}

/// Those of the remarks that are about what stands in the files.
fn of_files(folder: &str, files: &[RuleFile<'_>], remarks: Vec<Remark>) -> Vec<RuleRemark> {
    let placed = |remark: Remark| {
        let is_it = |file: &&RuleFile<'_>| parts(file.path) == Some((folder, remark.family.as_str()));
        let file = files.iter().find(is_it)?;
        let part = remark.what.split(':').next().unwrap_or_default();
        let line = line_of(file.text, &remark.rule, part)?;
        Some(RuleRemark { place: RulePlace { path: file.path.to_owned(), line: Some(line) }, remark })
    };
    remarks.into_iter().filter_map(placed).collect()
}
