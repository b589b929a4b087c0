//! Gitea and Forgejo: comments of issues, and files that belong to a comment, as in the interface's own description
//! (`/swagger.v1.json`, operations issueGetComments, issueCreateComment, issueEditComment, issueListIssueCommentAttachments,
//! issueCreateIssueCommentAttachment, issueDeleteIssueCommentAttachment, getGeneralAttachmentSettings).

use super::comment;
use super::desk::{self, Access, Kinds, Open, Own, Taken, Takes, When, Written};
use super::fault::Fault;
use super::mark::{Mark, Name};
use super::pace::Pace;
use super::place::Numbered;
use super::target::Issue;
use super::upload::Upload;
use super::wire::{Again, Sent, Wire};
use serde::Deserialize;
use serde_json::Value;

const HEADERS: &[(&str, &str)] = &[("Accept", "application/json")];
/// Files that an earlier run may have sent; what else is on its comment was put there by people.
const OURS: [&str; 3] = ["postmortem.md", "report.json", "timeline.html"];

pub(super) struct Desk {
    wire: Wire,
    issue: Issue,
    /// `/api/v1/repos/OWNER/REPO/issues`
    issues: String,
    number: u64,
    /// Whose token it is, once that was asked.
    me: Option<u64>,
}

#[derive(Deserialize)]
struct Account {
    id: u64,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    html_url: String,
    #[serde(default)]
    body: String,
    user: Option<Account>,
}

/// `GeneralAttachmentSettings`.
#[derive(Deserialize)]
struct Settings {
    enabled: bool,
    allowed_types: String,
    /// In megabytes of 1,048,576 bytes.
    max_size: u64,
}

#[derive(Deserialize)]
struct Asset {
    id: u64,
    name: String,
}

impl Desk {
    pub fn new(issue: &Issue, place: &Numbered, access: &Access) -> Self {
        let wire = Wire::new((issue.host.title, HEADERS), &access.address, access.credential.clone(), access.pace);
        Self {
            wire,
            issue: issue.clone(),
            issues: format!("/api/v1/repos/{}/issues", place.project),
            number: place.number,
            me: None,
        }
    }

    fn assets(&self, comment: &str) -> String {
        format!("{}/comments/{comment}/assets", self.issues)
    }
}

impl desk::Desk for Desk {
    fn open(&mut self) -> Result<Open, Fault> {
        self.me = Some(self.wire.get::<Account>("/api/v1/user")?.id);
        let issue: Result<Value, Fault> = self.wire.get(&format!("{}/{}", self.issues, self.number));
        issue.map_err(|fault| fault.of_issue(&self.issue))?;
        let settings: Settings = self.wire.get("/api/v1/settings/attachment")?;
        let takes = match settings.enabled {
            true => {
                Takes::Files { most: settings.max_size.saturating_mul(1 << 20), kinds: kinds(&settings.allowed_types) }
            }
            false => Takes::Nothing("this Gitea takes no files (its setting attachment.ENABLED)"),
        };
        Ok(Open { takes })
    }

    fn find(&self, name: &Name) -> Result<Option<Own>, Fault> {
        // All of them in one answer: it has no pages.
        let comments: Vec<Comment> = self.wire.get(&format!("{}/{}/comments", self.issues, self.number))?;
        let mine =
            comments.into_iter().filter(|one| self.me.is_some() && one.user.as_ref().map(|user| user.id) == self.me);
        let own = mine.filter_map(|comment| {
            let (mark, is_as_sent) = Mark::read(&comment.body).filter(|(mark, _)| mark.name == *name)?;
            Some(Own { id: comment.id.to_string(), place: comment.html_url, mark, is_as_sent })
        });
        Ok(own.into_iter().next())
    }

    fn when(&self) -> When {
        When::After
    }

    fn take(&self, file: &Upload, comment: Option<&Written>) -> Result<Taken, Fault> {
        let comment = comment.map(|comment| comment.id.as_str()).unwrap_or_default();
        // The earlier ones of this name are removed by what they are called, so a second one does no harm.
        let path = format!("{}?name={}", self.assets(comment), file.name);
        let asset: Asset = self.wire.ask("POST", &path, Sent::File("attachment", file), Again::Same)?;
        Ok(Taken { reference: asset.id.to_string(), link: None })
    }

    fn write(&self, own: Option<&Own>, text: &str, mark: &Mark) -> Result<Written, Fault> {
        let comment: Comment = comment::write(&self.wire, (&self.issues, self.number), own, (text, mark))?;
        Ok(Written { id: comment.id.to_string(), place: comment.html_url })
    }

    fn earlier(&self, own: &Own) -> Result<Vec<String>, Fault> {
        let assets: Vec<Asset> = self.wire.get(&self.assets(&own.id))?;
        let is_ours = |asset: &Asset| OURS.contains(&asset.name.strip_suffix(".gz").unwrap_or(&asset.name));
        Ok(assets.into_iter().filter(is_ours).map(|asset| asset.id.to_string()).collect())
    }

    fn remove(&self, own: Option<&Own>, reference: &str) -> Result<bool, Fault> {
        let Some(own) = own else { return Ok(false) };
        self.wire.delete(&format!("{}/{reference}", self.assets(&own.id))).map(|()| true)
    }

    fn pace(&self) -> Pace {
        self.wire.pace()
    }
}

/// Nothing, or `*/*`, is everything; of the rest endings are read, and kinds as `text/*` are not.
fn kinds(allowed: &str) -> Kinds {
    let all: Vec<&str> = allowed.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    match all.is_empty() || all.contains(&"*/*") {
        true => Kinds::All,
        false => Kinds::Endings(all.into_iter().filter(|one| one.starts_with('.')).map(str::to_owned).collect()),
    }
}
