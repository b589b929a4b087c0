//! An issue by what its host calls it, checked so that it can stand in the path of a URL.

use std::fmt;

/// An issue as its host calls it. What is in it needs no escape in the path of a URL but for slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    GitHub(Numbered),
    GitLab(Numbered),
    Gitea(Numbered),
    /// By its key: `OPS-12`.
    Jira(String),
}

/// `OWNER/REPO#N`, or of GitLab `GROUP/SUBGROUP/PROJECT#N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbered {
    pub project: String,
    pub number: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GitHub(of) | Self::GitLab(of) | Self::Gitea(of) => write!(f, "{}#{}", of.project, of.number),
            Self::Jira(key) => f.write_str(key),
        }
    }
}

/// Names between slashes, at least `least` and at most `most`, and the number of an issue.
pub(super) fn numbered(text: &str, (least, most): (usize, usize)) -> Option<Numbered> {
    let (project, number) = text.split_once('#')?;
    let names: Vec<&str> = project.split('/').collect();
    let is_name = |name: &&str| {
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !name.is_empty() && !matches!(*name, "." | "..") && name.chars().all(letters)
    };
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    let is_whole = (least..=most).contains(&names.len()) && names.iter().all(is_name) && is_number;
    let number = number.parse().ok().filter(|number| is_whole && *number > 0)?;
    Some(Numbered { project: project.to_owned(), number })
}

/// The key of an issue of Jira: letters of a project, a dash, a number.
pub(super) fn key(text: &str) -> Option<String> {
    let (project, number) = text.rsplit_once('-')?;
    let begins = project.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let is_project = begins && project.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    (is_project && is_number).then(|| text.to_owned())
}
