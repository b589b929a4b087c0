//! The hosts, as a table: how each is named, where it answers, and which variables tell the rest.

use super::place::{Place, key, numbered};
use super::secret::{Credential, Secret};

/// A host of issues.
#[derive(Debug)]
pub struct Host {
    /// As it is written before the colon: `github`.
    pub name: &'static str,
    /// As people call it.
    pub title: &'static str,
    /// How an issue of it is written.
    pub(super) form: &'static str,
    /// Where it answers unless it is told; one that everybody runs for themselves has no such place.
    pub address: Option<&'static str>,
    /// What the environment may tell.
    pub variables: Variables,
    /// The host's own command-line tool, where it tells its token.
    pub tool: Option<Tool>,
    /// What a comment may have, in bytes, which are never fewer than the characters that hosts count.
    pub comment: usize,
    /// What becomes of files.
    pub files: Files,
    scheme: Scheme,
    /// Reads what stands behind the colon.
    pub(super) place: fn(&str) -> Option<Place>,
}

/// The variables that are read for a host, in this order: the first that is set counts.
#[derive(Debug, PartialEq, Eq)]
pub struct Variables {
    /// Where it answers.
    pub address: &'static [&'static str],
    /// The token.
    pub token: &'static [&'static str],
    /// Whose token it is, where the host asks for that.
    pub user: Option<&'static str>,
}

/// A program that prints a token, with the words before the name of the machine.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    pub program: &'static str,
    pub arguments: &'static [&'static str],
}

/// What a host does with files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// It takes them.
    Taken,
    /// Its interface has no way to send one.
    Refused,
}

/// How a token is told.
#[derive(Clone, Copy, Debug)]
enum Scheme {
    Bearer,
    BearerOrBasic,
    Private,
    Token,
}

/// Every host, in alphabetical order. The variables are those that each host's own tools and pipelines use: `gh help
/// environment`; GitLab's predefined variables and `glab`; for Gitea and Jira there are no others in common use.
///
/// Limits of a comment: GitHub's error says "maximum is 65536 characters"; GitLab takes 1,000,000 (docs.gitlab.com,
/// administration/instance_limits); Jira 32,767 (its error names them); Gitea none, so what `--for gitea` is held to.
pub(super) static ALL: &[Host] = &[
    Host {
        name: "gitea",
        title: "Gitea",
        form: "gitea:OWNER/REPO#N",
        address: None,
        variables: Variables { address: &["GITEA_URL"], token: &["GITEA_TOKEN"], user: None },
        tool: None,
        comment: 1_048_576,
        files: Files::Taken,
        scheme: Scheme::Token,
        place: |text| numbered(text, (2, 2)).map(Place::Gitea),
    },
    Host {
        name: "github",
        title: "GitHub",
        form: "github:OWNER/REPO#N",
        address: Some("https://api.github.com"),
        variables: Variables { address: &["GITHUB_API_URL"], token: &["GH_TOKEN", "GITHUB_TOKEN"], user: None },
        tool: Some(Tool { program: "gh", arguments: &["auth", "token", "--hostname"] }),
        comment: 65_536,
        files: Files::Refused,
        scheme: Scheme::Bearer,
        place: |text| numbered(text, (2, 2)).map(Place::GitHub),
    },
    Host {
        name: "gitlab",
        title: "GitLab",
        form: "gitlab:GROUP/PROJECT#N",
        address: Some("https://gitlab.com"),
        variables: Variables { address: &["GITLAB_URL", "CI_SERVER_URL"], token: &["GITLAB_TOKEN"], user: None },
        tool: Some(Tool { program: "glab", arguments: &["config", "get", "token", "--host"] }),
        comment: 1_000_000,
        files: Files::Taken,
        scheme: Scheme::Private,
        // A group may have twenty below it (docs.gitlab.com, user/group/subgroups).
        place: |text| numbered(text, (2, 22)).map(Place::GitLab),
    },
    Host {
        name: "jira",
        title: "Jira",
        form: "jira:KEY, as jira:OPS-12",
        address: None,
        variables: Variables {
            address: &["JIRA_URL"],
            token: &["JIRA_API_TOKEN", "JIRA_TOKEN"],
            user: Some("JIRA_EMAIL"),
        },
        tool: None,
        comment: 32_767,
        files: Files::Taken,
        scheme: Scheme::BearerOrBasic,
        place: |text| key(text).map(Place::Jira),
    },
];

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Host {}

impl Host {
    /// How a token is told to this host, with whose it is where that was given.
    pub fn credential(&self, user: Option<String>, secret: Secret) -> Credential {
        match (self.scheme, user) {
            (Scheme::Private, _) => Credential::Private(secret),
            (Scheme::Token, _) => Credential::Token(secret),
            // A user of Jira Cloud has an API token, Data Center personal access tokens of no user.
            (Scheme::BearerOrBasic, Some(user)) => Credential::Basic { user, password: secret },
            (Scheme::Bearer | Scheme::BearerOrBasic, _) => Credential::Bearer(secret),
        }
    }

    /// The machine whose token the host's tool is asked for: of GitHub's own, not the one of its interface.
    pub fn machine_of_tool<'a>(&self, machine: &'a str) -> &'a str {
        if machine == "api.github.com" { "github.com" } else { machine }
    }
}
