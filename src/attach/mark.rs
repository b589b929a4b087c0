//! What tells a comment of an earlier run from all others, and whether people have edited it since.

use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What stands around a mark where the host takes Markdown. No renderer shows it.
const FENCE: (&str, &str) = ("<!-- k8s-forensics: attached ", " -->");

/// The longest name.
const MOST_LETTERS: usize = 40;

/// Which of several comments on one issue this is: the name that the person gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a name has at most {MOST_LETTERS} small letters, digits and dashes")]
pub struct NotAName;

impl FromStr for Name {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_name = !text.is_empty() && text.len() <= MOST_LETTERS && text.chars().all(is_letter);
        // Two dashes would end the comment that it stands in.
        (is_name && !text.contains("--")).then(|| Self(text.to_owned())).ok_or(NotAName)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known of a comment of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub name: Name,
    /// The hash of the text, and of what is said of files.
    hash: String,
    /// The files that came with it, as the host calls them.
    pub files: Vec<String>,
}

impl Mark {
    /// That of a text with files.
    pub fn of(name: &Name, text: &str, files: Vec<String>) -> Self {
        Self { name: name.clone(), hash: hash(text, &files), files }
    }

    /// One that the host kept apart from the text.
    pub fn known(name: &Name, hash: String, files: Vec<String>) -> Self {
        Self { name: name.clone(), hash, files }
    }

    /// The hash of text and files.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The comment as it is sent: the text below its mark.
    pub fn above(&self, text: &str) -> String {
        let files: String = self.files.iter().map(|file| format!(" {file}")).collect();
        format!("{}{} {}{files}{}\n\n{}", FENCE.0, self.name, self.hash, FENCE.1, text.trim())
    }

    /// The mark of a comment, and whether its text is still the one that was sent.
    pub fn read(comment: &str) -> Option<(Self, bool)> {
        let (first, text) = comment.trim_start().split_once('\n').unwrap_or((comment.trim_start(), ""));
        let mut words = first.trim().strip_prefix(FENCE.0)?.strip_suffix(FENCE.1)?.split(' ');
        let (name, hash_then) = (words.next()?.parse().ok()?, words.next()?.to_owned());
        let files: Vec<String> = words.map(str::to_owned).collect();
        let is_as_sent = hash(text, &files) == hash_then;
        Some((Self { name, hash: hash_then, files }, is_as_sent))
    }
}

/// Of a text without what hosts change on their own: the ends of lines and of the text.
fn hash(text: &str, files: &[String]) -> String {
    let mut hasher = Sha256::new();
    for line in text.trim().lines() {
        hasher.update(line.trim_end());
        hasher.update("\n");
    }
    files.iter().for_each(|file| hasher.update(format!("{file}\n")));
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_known_by_its_mark_and_an_edit_by_its_text() {
        let name: Name = "report".parse().unwrap();
        let mark = Mark::of(&name, "# A\n\ntext\n", vec!["ab12/report.json".to_owned()]);
        let sent = mark.above("# A\n\ntext\n");
        assert!(sent.starts_with("<!-- k8s-forensics: attached report "), "{sent}");
        assert_eq!(Mark::read(&sent), Some((mark.clone(), true)));
        // As hosts give it back.
        assert_eq!(Mark::read(&format!("{}  \r\n", sent.replace('\n', "\r\n"))), Some((mark, true)));
        assert!(Mark::read(&sent.replace("text", "my text")).is_some_and(|(_, is_as_sent)| !is_as_sent));
        assert!(Mark::read(&sent.replace("ab12", "cd34")).is_some_and(|(_, is_as_sent)| !is_as_sent));
        for foreign in ["", "text", &format!("> {sent}"), &format!("look:\n{sent}"), "<!-- k8s-forensics: draft ab -->"]
        {
            assert_eq!(Mark::read(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_name_ends_no_comment() {
        for wrong in ["", "A", "a b", "a--b", "-->", &"a".repeat(41)] {
            assert_eq!(wrong.parse::<Name>(), Err(NotAName), "{wrong}");
        }
        assert_eq!("inc-12".parse::<Name>().map(|name| name.to_string()), Ok("inc-12".to_owned()));
    }
}
