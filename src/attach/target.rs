//! Where a report is to go, as it is written on the command line.

use super::host::{self, Host};
use super::place::Place;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use thiserror::Error;

/// Where a report is to go. A folder has neither token nor address, an issue has both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Issue(Issue),
    Folder(PathBuf),
}

/// An issue of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub host: &'static Host,
    pub(super) place: Place,
}

/// Why a text names no target.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NotATarget {
    #[error("no such host; write one of {FORMS}")]
    Host,
    #[error("write it as {0}")]
    Form(&'static str),
}

/// Every form.
const FORMS: &str =
    "github:OWNER/REPO#N, gitlab:GROUP/PROJECT#N, gitea:OWNER/REPO#N, jira:KEY (as jira:OPS-12) or file:DIR";

impl FromStr for Target {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, NotATarget> {
        let (name, place) = text.split_once(':').ok_or(NotATarget::Host)?;
        if name == "file" {
            return match place {
                "" => Err(NotATarget::Form("file:DIR")),
                path => Ok(Self::Folder(PathBuf::from(path))),
            };
        }
        let host = host::ALL.iter().find(|host| host.name == name).ok_or(NotATarget::Host)?;
        let place = (host.place)(place).ok_or(NotATarget::Form(host.form))?;
        Ok(Self::Issue(Issue { host, place }))
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} issue {}", self.host.title, self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read_and_nothing_else() {
        let shown = |text: &str| match text.parse::<Target>() {
            Ok(Target::Issue(issue)) => issue.to_string(),
            Ok(Target::Folder(path)) => format!("folder {}", path.display()),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown("github:shop/infra#12"), "GitHub issue shop/infra#12");
        assert_eq!(shown("gitlab:shop/ops/infra#12"), "GitLab issue shop/ops/infra#12");
        assert_eq!(shown("gitea:shop/infra.d#1"), "Gitea issue shop/infra.d#1");
        assert_eq!(shown("jira:OPS_2-12"), "Jira issue OPS_2-12");
        assert_eq!(shown("file:/srv/incidents"), "folder /srv/incidents");
        for wrong in
            ["github:infra#1", "github:a/b/c#1", "github:a/b", "github:a/b#0", "github:a/b#x", "github:a/../#1"]
        {
            assert_eq!(shown(wrong), "write it as github:OWNER/REPO#N", "{wrong}");
        }
        for wrong in ["github:a/b?c#1", "github:a/b#1/comments", "github:a/..#1", "github:a/b#+1"] {
            assert_eq!(shown(wrong), "write it as github:OWNER/REPO#N", "{wrong}");
        }
        for wrong in ["jira:12", "jira:OPS", "jira:OPS-", "jira:../x-1", "jira:-1"] {
            assert_eq!(shown(wrong), "write it as jira:KEY, as jira:OPS-12", "{wrong}");
        }
        assert!(shown("bugzilla:1").starts_with("no such host"));
        assert_eq!(shown("file:"), "write it as file:DIR");
    }
}
