//! GitHub: comments of issues, version 2022-11-28 of its REST interface (docs.github.com/en/rest/issues/comments). It has
//! no way to send a file to a comment.

use super::comment;
use super::desk::{self, Access, Open, Own, Taken, Takes, When, Written};
use super::fault::Fault;
use super::mark::{Mark, Name};
use super::pace::Pace;
use super::paged;
use super::place::Numbered;
use super::target::Issue;
use super::upload::Upload;
use super::wire::Wire;
use serde::Deserialize;
use serde_json::Value;

const HEADERS: &[(&str, &str)] = &[("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28")];

pub(super) struct Desk {
    wire: Wire,
    issue: Issue,
    /// `/repos/OWNER/REPO/issues`
    issues: String,
    number: u64,
    me: Me,
}

/// Whose token it is.
enum Me {
    Unasked,
    Account(u64),
    /// A token of an app, as that of GitHub Actions, may not ask who it is; it is a bot.
    Bot,
}

#[derive(Deserialize)]
struct Account {
    id: u64,
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    html_url: String,
    #[serde(default)]
    body: Option<String>,
    user: Option<Account>,
}

impl Desk {
    pub fn new(issue: &Issue, place: &Numbered, access: &Access) -> Self {
        let wire = Wire::new((issue.host.title, HEADERS), &access.address, access.credential.clone(), access.pace);
        Self {
            wire,
            issue: issue.clone(),
            issues: format!("/repos/{}/issues", place.project),
            number: place.number,
            me: Me::Unasked,
        }
    }

    fn is_mine(&self, comment: &Comment) -> bool {
        match (&self.me, &comment.user) {
            (Me::Account(me), Some(user)) => user.id == *me,
            (Me::Bot, Some(user)) => user.kind == "Bot",
            _ => false,
        }
    }
}

impl desk::Desk for Desk {
    fn open(&mut self) -> Result<Open, Fault> {
        self.me = match self.wire.get::<Account>("/user") {
            Ok(account) => Me::Account(account.id),
            Err(Fault::Forbidden { .. }) => Me::Bot,
            Err(fault) => return Err(fault),
        };
        let issue: Result<Value, Fault> = self.wire.get(&format!("{}/{}", self.issues, self.number));
        issue.map_err(|fault| fault.of_issue(&self.issue))?;
        Ok(Open { takes: Takes::Nothing("GitHub has no interface for files of a comment: drag them into it by hand") })
    }

    fn find(&self, name: &Name) -> Result<Option<Own>, Fault> {
        let comments: Vec<Comment> = paged::all(&self.issue, |page| {
            self.wire.get(&format!("{}/{}/comments?per_page={}&page={page}", self.issues, self.number, paged::A_PAGE))
        })?;
        let own = comments.into_iter().filter(|comment| self.is_mine(comment)).find_map(|comment| {
            let (mark, is_as_sent) = Mark::read(comment.body.as_deref()?).filter(|(mark, _)| mark.name == *name)?;
            Some(Own { id: comment.id.to_string(), place: comment.html_url, mark, is_as_sent })
        });
        Ok(own)
    }

    fn when(&self) -> When {
        When::Before
    }

    fn take(&self, file: &Upload, _: Option<&Written>) -> Result<Taken, Fault> {
        Err(self.wire.unexpected(&file.name, "it takes no files"))
    }

    fn write(&self, own: Option<&Own>, text: &str, mark: &Mark) -> Result<Written, Fault> {
        let comment: Comment = comment::write(&self.wire, (&self.issues, self.number), own, (text, mark))?;
        Ok(Written { id: comment.id.to_string(), place: comment.html_url })
    }

    fn earlier(&self, _: &Own) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }

    fn remove(&self, _: Option<&Own>, _: &str) -> Result<bool, Fault> {
        Ok(false)
    }

    fn pace(&self) -> Pace {
        self.wire.pace()
    }
}
