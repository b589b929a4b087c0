//! The draft in the form of the place it is taken to: a ticket, a wiki page, a message.
//!
//! There is one draft, and it is Markdown. It is read by a parser into blocks (`document.rs`), which each host writes in
//! its own markup, one file each; so no host has words of its own. What a host would read as markup in a text of the
//! cluster is escaped where it is written, whatever the draft did before.
//!
//! Each form keeps to half of what its host takes, so that there is room for edits, and says what that cost.

mod confluence;
mod document;
mod jira;
mod slack;
#[cfg(test)]
mod tests;

use super::Analyzed;
use super::postmortem;
pub use document::{Block, Document, Inline, Item, List};

/// Where a draft is taken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// As it is asked for: `jira`.
    pub name: &'static str,
    /// As people call it.
    title: &'static str,
    /// The name of the file that holds its form.
    pub file: &'static str,
    /// What it takes at most. Counted in bytes of UTF-8, which are never fewer than the characters that any of them
    /// counts.
    pub limit: usize,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As it is, with Mermaid drawn.
    Markdown,
    Jira,
    Confluence,
    Slack,
}

/// Every host, in alphabetical order.
///
/// Limits: an issue's body on GitHub is refused above 65,536 characters ("body is too long"); a description on GitLab may
/// be 1 megabyte (docs.gitlab.com, development/issuable-like-models); one of Jira 32,767 characters, as its error names it;
/// a request that writes a page of Confluence 5,242,880 bytes (its knowledge base, "Request too large"); a message of Slack
/// is cut at 40,000 characters (docs.slack.dev, chat.postMessage). Gitea names none, and its column has room for 4 GB (LONGTEXT,
/// models/issues/comment.go): as much as of GitLab is taken, which people can still read.
pub static ALL: &[Host] = &[
    Host {
        name: "confluence",
        title: "Confluence",
        file: "postmortem.confluence.xml",
        limit: 5_242_880,
        form: Form::Confluence,
    },
    Host { name: "gitea", title: "Gitea", file: "postmortem.gitea.md", limit: 1_048_576, form: Form::Markdown },
    Host { name: "github", title: "GitHub", file: "postmortem.github.md", limit: 65_536, form: Form::Markdown },
    Host { name: "gitlab", title: "GitLab", file: "postmortem.gitlab.md", limit: 1_048_576, form: Form::Markdown },
    Host { name: "jira", title: "Jira", file: "postmortem.jira.txt", limit: 32_767, form: Form::Jira },
    Host { name: "slack", title: "Slack", file: "postmortem.slack.txt", limit: 40_000, form: Form::Slack },
];

/// The heading of the last part of a page with its records.
const RECORDS: &str = "Records";
/// How often a shorter draft is asked for before one is cut between two of its parts.
const TRIES: usize = 8;
/// Characters of each record that is quoted where only the page fits, from roomy to tight.
const QUOTES: [usize; 6] = [400, 200, 120, 80, 40, 1];

impl Host {
    /// The host of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|host| host.name == name)
    }

    /// How much of the limit is filled: half, the rest is for people.
    pub fn room(&self) -> usize {
        self.limit / 2
    }

    /// The draft in this host's form, in at most [`Self::room`] bytes.
    pub fn write(&self, of: &Analyzed) -> String {
        match self.form {
            Form::Markdown | Form::Confluence => self.write_all(of),
            Form::Jira | Form::Slack => self.write_page(of),
        }
    }

    /// The whole draft, shortened as far as it must be.
    fn write_all(&self, of: &Analyzed) -> String {
        let whole = postmortem::write_within(of, usize::MAX);
        let chart = postmortem::plain_chart(of);
        let mut within = self.room();
        let mut parts = Vec::new();
        for _ in 0..TRIES {
            let draft = postmortem::write_within(of, within);
            parts = self.parts(&draft, chart.as_deref(), &self.foot(draft != whole));
            let length: usize = parts.iter().map(String::len).sum();
            if length <= self.room() {
                return parts.concat();
            }
            // A little less than in proportion, as what is shorter in Markdown need not be so elsewhere.
            within = within.saturating_mul(self.room()) / length.max(1) * 19 / 20;
        }
        self.cut(parts)
    }

    /// The page before the appendix, with the records that it cites where the host has room for them. All that is
    /// numbered has the same number as in the draft.
    fn write_page(&self, of: &Analyzed) -> String {
        let chart = postmortem::plain_chart(of);
        let mut parts = Vec::new();
        for quote in QUOTES {
            parts = self.parts(&postmortem::write_page(of, quote), chart.as_deref(), &self.foot(true));
            if parts.iter().map(String::len).sum::<usize>() <= self.room() {
                return parts.concat();
            }
        }
        self.cut(parts)
    }

    /// The draft's parts in this form; the last is what is said of it.
    fn parts(&self, draft: &str, chart: Option<&str>, foot: &str) -> Vec<String> {
        let write = match self.form {
            Form::Markdown => {
                let lines = draft.split_inclusive('\n').map(str::to_owned);
                return lines.chain([format!("\n{foot}\n")]).collect();
            }
            Form::Confluence => confluence::write,
            Form::Jira => jira::write,
            Form::Slack => slack::write,
        };
        let mut document = Document::read(draft);
        document.draw(chart);
        if self.form == Form::Slack {
            document.end_before(RECORDS);
        }
        document.blocks.extend(Document::read(foot).blocks);
        document.blocks.iter().map(write).collect()
    }

    /// As many of the first parts as find room beside the last.
    fn cut(&self, mut parts: Vec<String>) -> String {
        let last = parts.pop().unwrap_or_default();
        let mut written = String::new();
        for part in parts {
            if written.len() + part.len() + last.len() > self.room() {
                break;
            }
            written.push_str(&part);
        }
        written.push_str(&last);
        written
    }

    /// What the form lacks and where that stands, in Markdown.
    fn foot(&self, is_cut: bool) -> String {
        let half =
            format!("half of the {} characters that {} takes, so that there is room for edits", self.limit, self.title);
        match (self.form, is_cut) {
            (Form::Slack, _) => format!(
                "This is the first page, in at most {half}. The records stand under the same numbers in `postmortem.md`, \
                 with the rest of the draft, and all that was found in `report.json`."
            ),
            (Form::Jira, _) => format!(
                "This is the first page and its records, in at most {half}. The rest of the draft is in `postmortem.md`, \
                 and all that was found in `report.json` and `timeline.html`."
            ),
            (_, true) => format!(
                "This draft was cut to {half}. `postmortem.md` may have more of it, with numbers of its own for the \
                 records, and `report.json` and `timeline.html` have all that was found."
            ),
            (_, false) => format!("This draft is whole, and in at most {half}."),
        }
    }
}
