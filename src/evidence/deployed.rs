//! Revisions that objects say were brought to the cluster: a commit, a tag, the version of a chart.
//!
//! What stands for a person, a password or a query in the address of a repository goes no further.

use crate::model::{Citation, Moment, Subject};

/// That a revision was brought to an object, as another or the object itself tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedRevision {
    pub subject: Subject,
    /// When it was begun to be brought there.
    pub at: Moment,
    /// As it is written: `main@sha1:…`, a bare hash, a tag, the version of a chart.
    pub revision: String,
    /// The 40 or 64 hexadecimal digits of a commit, where the revision has one.
    pub commit: Option<String>,
    /// Host and path of the repository or of the chart.
    pub source: Option<String>,
    pub citation: Citation,
}

/// Longer ones are cut: branches, tags and versions are names.
const LONGEST: usize = 200;

impl DeployedRevision {
    /// One whose commit is read from the revision; nothing without a revision.
    pub fn new((subject, at): (&Subject, Moment), revision: &str, url: &str, citation: Citation) -> Option<Self> {
        let revision = cut(revision.trim());
        (!revision.is_empty()).then(|| Self {
            subject: subject.clone(),
            at,
            commit: commit_of(revision),
            revision: revision.to_owned(),
            source: source_of(url),
            citation,
        })
    }
}

/// Puts them in order of time, then of whom they are about, and keeps each once.
pub fn settled(mut all: Vec<DeployedRevision>) -> Vec<DeployedRevision> {
    all.sort_by(|a, b| {
        (a.at.time, &a.subject, &a.revision, a.citation).cmp(&(b.at.time, &b.subject, &b.revision, b.citation))
    });
    all.dedup();
    all
}

/// The commit of a revision. Flux writes `main@sha1:HASH` or `sha1:HASH`, before v2 of its sources `main/HASH` (RFC-0005
/// of fluxcd/flux2); Argo CD the bare hash. After `sha256:` stands the digest of an OCI artifact, which is no commit.
pub fn commit_of(revision: &str) -> Option<String> {
    let last = revision.rsplit(['@', '/']).next()?;
    let hash = last.strip_prefix("sha1:").unwrap_or(last);
    let is_hash = matches!(hash.len(), 40 | 64) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| hash.to_ascii_lowercase())
}

/// Host and path of an address, without scheme, user, password, port, query and the `.git` at its end. Git has a form
/// without a scheme, `git@host:path` (gitprotocol, git-clone(1)); charts in registries have `oci://host/path` or none.
pub fn source_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://").map_or(("", url.trim()), |(scheme, rest)| (scheme, rest));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = match (rest.find('/'), rest.find(':')) {
        // A colon before any slash, where no scheme stands: what is behind it is the path.
        (slash, Some(colon)) if scheme.is_empty() && slash.is_none_or(|slash| colon < slash) => {
            let (host, path) = rest.split_at(colon);
            (host, path.trim_start_matches(':'))
        }
        (Some(slash), _) => rest.split_at(slash),
        (None, _) => (rest, ""),
    };
    let is_port = |path: &str| path.split('/').next().is_some_and(|one| one.bytes().all(|byte| byte.is_ascii_digit()));
    // The same with a port in it, and no scheme: `registry.example.com:5000/charts`.
    let path =
        if scheme.is_empty() && is_port(path) { path.trim_start_matches(|c: char| c.is_ascii_digit()) } else { path };
    // A password may hold a slash, though it should not: then what is before the last `@` is none of ours either.
    let (authority, path) = match path.rsplit_once('@') {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None => (authority, path),
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let whole = if path.is_empty() { host.to_owned() } else { format!("{host}/{path}") };
    (!host.is_empty()).then(|| cut(&whole).to_owned())
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(LONGEST).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HASH: &str = "363a6a8fe6a7f13e05d34c163b0ef02a777da20a";

    #[test]
    fn the_commit_is_read_from_every_form() {
        for text in ["main@sha1:", "sha1:", "main/", "", "release/v1@sha1:"] {
            assert_eq!(commit_of(&format!("{text}{HASH}")).as_deref(), Some(HASH), "{text}");
        }
        assert_eq!(commit_of(&HASH.to_uppercase()).as_deref(), Some(HASH));
        assert_eq!(commit_of(&"ab".repeat(32)).map(|hash| hash.len()), Some(64));
        let digest = format!("6.5.0@sha256:{}", "ab".repeat(32));
        for text in ["6.5.0", "v1.2.3", "", "main", "sha1:", digest.as_str()] {
            assert_eq!(commit_of(text), None, "{text}");
        }
    }

    #[test]
    fn of_an_address_only_host_and_path_are_kept() {
        let shop = Some("git.example.com/team/shop".to_owned());
        for url in [
            "https://git.example.com/team/shop.git",
            "https://ci:hunter2@git.example.com:8443/team/shop.git?token=abc#main",
            "https://ci:hun/ter2@git.example.com/team/shop.git",
            "ssh://git@git.example.com:22/team/shop.git",
            "git@git.example.com:team/shop.git",
            "git.example.com:5000/team/shop",
            "oci://git.example.com/team/shop/",
        ] {
            assert_eq!(source_of(url), shop, "{url}");
        }
        assert_eq!(source_of("https://charts.example.com"), Some("charts.example.com".to_owned()));
        assert_eq!(source_of(""), None);
    }

    #[test]
    fn a_revision_is_cut_and_none_is_none() {
        let of = |text: &str| {
            let about =
                (&Subject::namespaced("Application", "argocd", "shop"), Moment::exact(chrono::DateTime::UNIX_EPOCH));
            DeployedRevision::new(about, text, "", Citation::default())
        };
        assert_eq!(of(" "), None);
        assert_eq!(of(&"ä".repeat(900)).map(|one| one.revision.chars().count()), Some(LONGEST));
    }

    proptest! {
        #[test]
        fn no_user_gets_through(user in "[a-z]{1,8}", password in "[a-zA-Z0-9:/]{1,12}", host in "[a-z]{1,8}\\.com") {
            let shown = source_of(&format!("https://{user}:{password}x9!@{host}/a/b")).unwrap_or_default();
            prop_assert_eq!(shown, format!("{host}/a/b"));
        }

        #[test]
        fn any_text_is_read(text in ".*") {
            let _ = (source_of(&text), commit_of(&text));
        }
    }
}
