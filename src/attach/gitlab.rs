//! GitLab: notes of issues (docs.gitlab.com/api/notes) and Markdown uploads of a project
//! (docs.gitlab.com/api/project_markdown_uploads), version 4 of its interface.

use super::desk::{self, Access, Kinds, Open, Own, Taken, Takes, When, Written};
use super::fault::Fault;
use super::mark::{Mark, Name};
use super::pace::Pace;
use super::paged;
use super::place::Numbered;
use super::target::Issue;
use super::upload::Upload;
use super::wire::{Again, Sent, Wire};
use serde::Deserialize;
use serde_json::json;

/// What a project takes of a file, unless its administrator says otherwise, which the interface tells administrators only
/// (docs.gitlab.com, administration/settings/account_and_limit_settings, "Max attachment size").
const MOST: u64 = 100 << 20;

pub(super) struct Desk {
    wire: Wire,
    issue: Issue,
    /// `/api/v4/projects/GROUP%2FPROJECT`
    project: String,
    number: u64,
    /// Where the issue is looked at; notes have no address of their own.
    page: String,
    /// Whose token it is, once that was asked.
    me: Option<u64>,
}

#[derive(Deserialize)]
struct Account {
    id: u64,
}

#[derive(Deserialize)]
struct Page {
    web_url: String,
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    body: String,
    author: Account,
    /// Written by GitLab itself, of what was changed.
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct Uploaded {
    /// `/uploads/SECRET/NAME`
    url: String,
}

impl Desk {
    pub fn new(issue: &Issue, place: &Numbered, access: &Access) -> Self {
        let wire = Wire::new((issue.host.title, &[]), &access.address, access.credential.clone(), access.pace);
        let project = format!("/api/v4/projects/{}", place.project.replace('/', "%2F"));
        Self { wire, issue: issue.clone(), project, number: place.number, page: String::new(), me: None }
    }

    fn notes(&self) -> String {
        format!("{}/issues/{}/notes", self.project, self.number)
    }

    fn place(&self, id: u64) -> String {
        format!("{}#note_{id}", self.page)
    }
}

impl desk::Desk for Desk {
    fn open(&mut self) -> Result<Open, Fault> {
        self.me = Some(self.wire.get::<Account>("/api/v4/user")?.id);
        let issue: Result<Page, Fault> = self.wire.get(&format!("{}/issues/{}", self.project, self.number));
        self.page = issue.map_err(|fault| fault.of_issue(&self.issue))?.web_url;
        Ok(Open { takes: Takes::Files { most: MOST, kinds: Kinds::All } })
    }

    fn find(&self, name: &Name) -> Result<Option<Own>, Fault> {
        let notes: Vec<Note> = paged::all(&self.issue, |page| {
            let order = "order_by=created_at&sort=asc";
            self.wire.get(&format!("{}?{order}&per_page={}&page={page}", self.notes(), paged::A_PAGE))
        })?;
        let mut mine = notes.into_iter().filter(|note| !note.system && Some(note.author.id) == self.me);
        let own = mine.find_map(|note| {
            let (mark, is_as_sent) = Mark::read(&note.body).filter(|(mark, _)| mark.name == *name)?;
            Some(Own { id: note.id.to_string(), place: self.place(note.id), mark, is_as_sent })
        });
        Ok(own)
    }

    fn when(&self) -> When {
        When::Before
    }

    fn take(&self, file: &Upload, _: Option<&Written>) -> Result<Taken, Fault> {
        let path = format!("{}/uploads", self.project);
        let uploaded: Uploaded = self.wire.ask("POST", &path, Sent::File("file", file), Again::Same)?;
        let reference = uploaded.url.strip_prefix("/uploads/").filter(|reference| is_reference(reference));
        let reference =
            reference.ok_or_else(|| self.wire.unexpected(&path, "its url is none of an upload"))?.to_owned();
        Ok(Taken { link: Some(format!("[{}]({})", file.name, uploaded.url)), reference })
    }

    fn safe(&self, text: String) -> String {
        without_actions(&text)
    }

    fn write(&self, own: Option<&Own>, text: &str, mark: &Mark) -> Result<Written, Fault> {
        let body = json!({ "body": mark.above(text) });
        let note: Note = match own {
            Some(own) => self.wire.ask("PUT", &format!("{}/{}", self.notes(), own.id), Sent::Json(&body), Again::Same),
            None => self.wire.ask("POST", &self.notes(), Sent::Json(&body), Again::Twice),
        }?;
        Ok(Written { id: note.id.to_string(), place: self.place(note.id) })
    }

    fn earlier(&self, own: &Own) -> Result<Vec<String>, Fault> {
        Ok(own.mark.files.clone())
    }

    fn remove(&self, own: Option<&Own>, reference: &str) -> Result<bool, Fault> {
        // Whoever may edit the note may have named somebody else's file in it.
        if own.is_some_and(|own| !own.is_as_sent) || !is_reference(reference) {
            return Ok(false);
        }
        let removed: Result<(), Fault> = self.wire.delete(&format!("{}/uploads/{reference}", self.project));
        removed.map(|()| true)
    }

    fn pace(&self) -> Pace {
        self.wire.pace()
    }
}

/// `SECRET/NAME`, the secret of hexadecimal digits.
fn is_reference(text: &str) -> bool {
    let Some((secret, name)) = text.split_once('/') else { return false };
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_name = !name.is_empty() && !name.starts_with('.') && name.chars().all(is_letter);
    !secret.is_empty() && secret.chars().all(|c| c.is_ascii_hexdigit()) && is_name
}

/// What of a text GitLab would obey: a line that begins with a slash and a word is a quick action outside of code
/// (docs.gitlab.com/user/project/quick_actions).
fn without_actions(text: &str) -> String {
    let (mut is_code, mut safe) = (false, String::with_capacity(text.len()));
    for line in text.split_inclusive('\n') {
        let begin = line.trim_start();
        if begin.starts_with("```") || begin.starts_with("~~~") {
            is_code = !is_code;
        } else if !is_code && begin.starts_with('/') {
            safe.push('\\');
        }
        safe.push_str(line);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_log_closes_no_issue() {
        assert_eq!(without_actions("a\n/close\n  /assign @a\n"), "a\n\\/close\n\\  /assign @a\n");
        let code = "```\n/close\n```\n";
        assert_eq!(without_actions(code), code);
    }

    #[test]
    fn only_what_is_named_as_an_upload_is_removed() {
        assert!(is_reference("66dbcd21ec5d24ed6ea225176098d52b/report.json"));
        for wrong in ["", "ab", "ab/", "xyz/a.md", "ab/../a", "ab/.a", "ab/a?b", "ab/a/b"] {
            assert!(!is_reference(wrong), "{wrong}");
        }
    }
}
