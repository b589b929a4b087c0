//! The file server of a kubelet: `/logs/`, which is the node's /var/log.
//!
//! It is Go's `http.FileServer` (pkg/kubelet/server/server.go, `InstallDefaultHandlers` and `getLogs`): a folder comes
//! as a page of links, a file as it is. Nothing of an answer is trusted: names are single components, a listing is of
//! bounded size, and a page that is no listing is an error.

use crate::archive::format::Status;
use crate::archive::layout;
use crate::sources::run::Run;
use crate::sources::wire::api::{Answer, Deadlines, Problem, escaped};
use crate::sources::wire::status::quoted;

/// The largest listing that is read, in bytes.
const LISTING: usize = 4 * 1024 * 1024;
/// The most names of one folder that are looked at.
const NAMES: usize = 20_000;

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listed {
    File(String),
    Folder(String),
}

impl Listed {
    /// The name, if it is a file's.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::File(name) => Some(name),
            Self::Folder(_) => None,
        }
    }

    /// The name, if it is a folder's.
    pub fn folder(&self) -> Option<&str> {
        match self {
            Self::Folder(name) => Some(name),
            Self::File(_) => None,
        }
    }
}

/// What is in the folder of these components below /var/log.
///
/// # Errors
/// What the kubelet or the API server said; `Absent` where there is no such folder (404), where the kubelet serves no
/// logs at all (405), and `Failed` where something else than a listing came.
pub async fn list(run: &Run, node: &str, folder: &[&str]) -> Result<Vec<Listed>, Problem> {
    let mut path = path(node, folder);
    if !folder.is_empty() {
        path.push('/');
    }
    let page = run.api.bytes(&path, None, Deadlines::USUAL, LISTING).await.map_err(refined)?;
    if !is_listing(&page) {
        return Err(Problem::new(Status::Failed, format!("not a listing of a folder: {}", quoted(&page))));
    }
    Ok(links(&page))
}

/// Asks for the file of these components below /var/log. Its `Last-Modified` is in the answer before its body is.
pub async fn open(run: &Run, node: &str, file: &[&str], deadlines: Deadlines) -> Result<Answer, Problem> {
    run.api.get(&path(node, file), None, deadlines).await.map_err(refined)
}

fn path(node: &str, below: &[&str]) -> String {
    let below: Vec<String> = below.iter().map(|component| escaped(component)).collect();
    format!("/api/v1/nodes/{}/proxy/logs/{}", escaped(node), below.join("/"))
}

/// The kubelet says 405 where `enableSystemLogHandler` is false, and 404 where it has no such route.
pub fn refined(problem: Problem) -> Problem {
    match problem.code {
        Some(405) => {
            Problem { status: Status::Absent, why: format!("the kubelet serves no logs: {}", problem.why), ..problem }
        }
        _ => problem,
    }
}

/// Whether `page` is a folder as Go's file server shows it: it begins with `<pre>` up to Go 1.22, and with
/// `<!doctype html>` from Go 1.23 on (net/http/fs.go, `dirList`).
pub fn is_listing(page: &[u8]) -> bool {
    let opening = String::from_utf8_lossy(page.get(..200).unwrap_or(page)).trim_start().to_ascii_lowercase();
    opening.starts_with("<pre>")
        || (opening.starts_with("<!doctype html>") && memchr::memmem::find(page, b"<pre>").is_some())
}

/// What a listing of Go's file server links to, in its order.
pub fn links(page: &[u8]) -> Vec<Listed> {
    let text = String::from_utf8_lossy(page);
    let targets = text.split("<a href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    targets.filter_map(|(target, _)| listed(target)).take(NAMES).collect()
}

/// `url.URL{Path: name}.String()` made the link: percent-encoded, with `./` before a name that has a colon.
fn listed(target: &str) -> Option<Listed> {
    let target = target.strip_prefix("./").unwrap_or(target).replace("&amp;", "&").replace("&#39;", "'");
    let (name, is_folder) = match target.strip_suffix('/') {
        Some(name) => (layout::decoded(name), true),
        None => (layout::decoded(&target), false),
    };
    // A name that is no UTF-8 cannot be asked for again.
    let is_odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | char::REPLACEMENT_CHARACTER);
    let is_name = !name.is_empty() && name != "." && name != ".." && !name.contains(is_odd);
    is_name.then_some(if is_folder { Listed::Folder(name) } else { Listed::File(name) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(page: &str) -> Vec<String> {
        assert!(is_listing(page.as_bytes()), "{page}");
        let name = |listed: Listed| match listed {
            Listed::File(name) => name,
            Listed::Folder(name) => format!("{name}/"),
        };
        links(page.as_bytes()).into_iter().map(name).collect()
    }

    #[test]
    fn listings_of_old_and_new_file_servers() {
        let new = "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n<a href=\"d50164b9587cab73e417e5ce616bea4e/\">d50164b9587cab73e417e5ce616bea4e/</a>\n</pre>\n";
        assert_eq!(check(new), ["d50164b9587cab73e417e5ce616bea4e/"]);
        let old = "<pre>\n<a href=\"system.journal\">system.journal</a>\n<a href=\"system@0005f1-0a.journal\">x</a>\n<a href=\"../\">..</a>\n<a href=\"/etc/\">x</a>\n<a href=\"user-1000.journal\">x</a></pre>\n";
        assert_eq!(check(old), ["system.journal", "system@0005f1-0a.journal", "user-1000.journal"]);
    }

    #[test]
    fn names_are_decoded_and_stay_names() {
        let page = "<pre>\n<a href=\"a%20b.log\">a b.log</a>\n<a href=\"./a:b\">a:b</a>\n<a href=\"a&amp;b\">x</a>\n<a href=\"%2e%2e/\">x</a>\n<a href=\"a%2Fb\">x</a>\n<a href=\"%00\">x</a>\n<a href=\"%zz\">x</a>\n<a href=\"%ff\">x</a>\n<a href=\"\">x</a></pre>";
        assert_eq!(check(page), ["a b.log", "a:b", "a&b", "%zz"]);
    }

    #[test]
    fn other_pages_are_no_listings() {
        for page in ["", "log not found for x", "<html><body>Sign in</body></html>", "<!doctype html><form>"] {
            assert!(!is_listing(page.as_bytes()), "{page}");
        }
    }

    proptest! {
        #[test]
        fn any_page_is_read(page in proptest::collection::vec(any::<u8>(), 0..300)) {
            for listed in links(&[b"<pre>\n<a href=\"".as_slice(), &page, b"\">"].concat()) {
                let name = listed.file().or(listed.folder()).unwrap_or_default();
                prop_assert!(!name.is_empty() && !name.contains('/') && name != "..");
            }
        }
    }
}
