//! Jira, Cloud and Data Center: comments and attachments of issues, version 2 of the REST interface, which takes text in
//! Jira's own notation, as `--for jira` writes it; version 3 takes the Atlassian Document Format only
//! (developer.atlassian.com/cloud/jira/platform/rest/v2, groups issue-comments, issue-comment-properties,
//! issue-attachments, myself). A mark in the text would be seen, so it is a property of the comment.

use super::desk::{self, Access, Kinds, Open, Own, Taken, Takes, When, Written};
use super::fault::Fault;
use super::mark::{Mark, Name};
use super::pace::Pace;
use super::paged;
use super::target::Issue;
use super::upload::Upload;
use super::wire::{Again, Sent, Wire};
use serde::Deserialize;
use serde_json::{Value, json};

/// A form that is sent by a program and not by a page wants this (issue-attachments, "Add attachment").
const HEADERS: &[(&str, &str)] = &[("Accept", "application/json"), ("X-Atlassian-Token", "no-check")];
/// The key of the property.
const PROPERTY: &str = "k8s-forensics";

pub(super) struct Desk {
    wire: Wire,
    issue: Issue,
    /// `/rest/api/2/issue/KEY`
    path: String,
    /// Where the issue is looked at.
    page: String,
    me: Option<Account>,
}

/// Cloud has `accountId`, Data Center `key`.
#[derive(Clone, Deserialize, PartialEq, Eq)]
struct Account {
    #[serde(rename = "accountId", default)]
    id: Option<String>,
    #[serde(default)]
    key: Option<String>,
}

#[derive(Deserialize)]
struct Comments {
    #[serde(default)]
    total: usize,
    comments: Vec<Comment>,
}

#[derive(Deserialize)]
struct Comment {
    id: String,
    #[serde(default)]
    author: Option<Account>,
    #[serde(rename = "updateAuthor", default)]
    edited_by: Option<Account>,
}

#[derive(Deserialize)]
struct Property {
    value: Kept,
}

/// The value of the property: a mark.
#[derive(Deserialize)]
struct Kept {
    name: String,
    text: String,
    #[serde(default)]
    files: Vec<String>,
}

#[derive(Deserialize)]
struct Meta {
    enabled: bool,
    #[serde(rename = "uploadLimit", default)]
    most: u64,
}

#[derive(Deserialize)]
struct Attachment {
    id: Text,
    #[serde(default)]
    author: Option<Account>,
}

/// An id, which is a text in a list and a number by itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Number(u64),
}

impl Desk {
    pub fn new(issue: &Issue, key: &str, access: &Access) -> Self {
        let wire = Wire::new((issue.host.title, HEADERS), &access.address, access.credential.clone(), access.pace);
        let page = access.address.at(&format!("/browse/{key}"));
        Self { wire, issue: issue.clone(), path: format!("/rest/api/2/issue/{key}"), page, me: None }
    }

    fn comments(&self) -> Result<Vec<Comment>, Fault> {
        let mut all = Vec::new();
        while all.len() < paged::MOST {
            let page: Comments =
                self.wire.get(&format!("{}/comment?startAt={}&maxResults={}", self.path, all.len(), paged::A_PAGE))?;
            let is_last = page.comments.is_empty() || all.len() + page.comments.len() >= page.total;
            all.extend(page.comments);
            if is_last {
                return Ok(all);
            }
        }
        Err(Fault::TooManyComments { issue: self.issue.to_string(), most: paged::MOST })
    }

    /// Its mark, if it is one of ours.
    fn kept(&self, id: &str) -> Result<Option<Kept>, Fault> {
        match self.wire.get::<Property>(&format!("/rest/api/2/comment/{id}/properties/{PROPERTY}")) {
            Ok(property) => Ok(Some(property.value)),
            // Somebody else's property of that name is none of ours.
            Err(Fault::Missing { .. } | Fault::Unexpected { .. }) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn is_mine(&self, account: Option<&Account>) -> bool {
        match (&self.me, account) {
            (Some(me), Some(account)) => {
                (me.id.is_some() && me.id == account.id) || (me.key.is_some() && me.key == account.key)
            }
            _ => false,
        }
    }

    fn place(&self, id: &str) -> String {
        format!("{}?focusedCommentId={id}", self.page)
    }
}

impl desk::Desk for Desk {
    fn open(&mut self) -> Result<Open, Fault> {
        self.me = Some(self.wire.get("/rest/api/2/myself")?);
        let issue: Result<Value, Fault> = self.wire.get(&format!("{}?fields=summary", self.path));
        issue.map_err(|fault| fault.of_issue(&self.issue))?;
        let meta: Meta = self.wire.get("/rest/api/2/attachment/meta")?;
        let takes = match meta.enabled {
            true => Takes::Files { most: meta.most, kinds: Kinds::All },
            false => Takes::Nothing("this Jira takes no files"),
        };
        Ok(Open { takes })
    }

    fn find(&self, name: &Name) -> Result<Option<Own>, Fault> {
        for comment in self.comments()?.iter().filter(|comment| self.is_mine(comment.author.as_ref())) {
            let Some(kept) = self.kept(&comment.id)?.filter(|kept| kept.name == name.to_string()) else { continue };
            // Cloud rewrites texts, so that a hash would not tell: who wrote last does.
            let is_as_sent = comment.edited_by.is_none() || self.is_mine(comment.edited_by.as_ref());
            let mark = Mark::known(name, kept.text, kept.files);
            return Ok(Some(Own { id: comment.id.clone(), place: self.place(&comment.id), mark, is_as_sent }));
        }
        Ok(None)
    }

    fn when(&self) -> When {
        When::Before
    }

    fn take(&self, file: &Upload, _: Option<&Written>) -> Result<Taken, Fault> {
        let path = format!("{}/attachments", self.path);
        let mut taken: Vec<Attachment> = self.wire.ask("POST", &path, Sent::File("file", file), Again::Same)?;
        let taken = taken.pop().ok_or_else(|| self.wire.unexpected(&path, "no attachment"))?;
        let reference = match taken.id {
            Text::Text(id) => id,
            Text::Number(id) => id.to_string(),
        };
        Ok(Taken { reference, link: None })
    }

    fn write(&self, own: Option<&Own>, text: &str, mark: &Mark) -> Result<Written, Fault> {
        let value = json!({ "name": mark.name.to_string(), "text": mark.hash(), "files": mark.files });
        let body = json!({ "body": text, "properties": [{ "key": PROPERTY, "value": value }] });
        let path = format!("{}/comment", self.path);
        let comment: Comment = match own {
            Some(own) => self.wire.ask("PUT", &format!("{path}/{}", own.id), Sent::Json(&body), Again::Same),
            None => self.wire.ask("POST", &path, Sent::Json(&body), Again::Twice),
        }?;
        Ok(Written { place: self.place(&comment.id), id: comment.id })
    }

    fn earlier(&self, own: &Own) -> Result<Vec<String>, Fault> {
        Ok(own.mark.files.clone())
    }

    fn remove(&self, _: Option<&Own>, reference: &str) -> Result<bool, Fault> {
        if reference.is_empty() || !reference.chars().all(|c| c.is_ascii_digit()) {
            return Ok(false);
        }
        let path = format!("/rest/api/2/attachment/{reference}");
        match self.wire.get::<Attachment>(&path) {
            Ok(attachment) if self.is_mine(attachment.author.as_ref()) => self.wire.delete(&path).map(|()| true),
            Ok(_) => Ok(false),
            Err(Fault::Missing { .. }) => Ok(true),
            Err(fault) => Err(fault),
        }
    }

    fn pace(&self) -> Pace {
        self.wire.pace()
    }
}
