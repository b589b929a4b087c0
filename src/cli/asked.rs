//! What the commands that ask questions share: what is asked, with what it is analysed, and whom a word means.

use super::failure::Failure;
use super::open;
use k8s_forensics::objects::kinds;
use k8s_forensics::report::ask::{Graph, NotFound, Whom, find};
use std::path::{Path, PathBuf};

/// What a question is asked of.
#[derive(clap::Args)]
pub struct Source {
    #[command(flatten)]
    pub asked: open::Asked,
    #[command(flatten)]
    pub with: With,
}

/// With what an input is analysed, where it is no report.
#[derive(Clone, clap::Args)]
pub struct With {
    /// Runs of an outside check, as for analyze. May be given again
    #[arg(long, value_name = "FILE")]
    pub checks: Vec<PathBuf>,
    /// What people wrote, as for analyze. May be given again
    #[arg(long, value_name = "FILE")]
    pub notes: Vec<PathBuf>,
    /// A folder of your own signals and links, see docs/rules.md
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Analyze anew, and keep nothing beside the input
    #[arg(long)]
    pub fresh: bool,
}

impl std::ops::Deref for Source {
    type Target = With;

    fn deref(&self) -> &With {
        &self.with
    }
}

impl Source {
    /// All that is read for it.
    pub fn paths(&self) -> Vec<&Path> {
        let all = [&self.asked.path].into_iter().chain(&self.checks).chain(&self.notes).chain(&self.rules);
        all.map(PathBuf::as_path).collect()
    }

    /// What else the analysis depends on, in words.
    pub fn options(&self) -> Vec<String> {
        let named = |what: &'static str, paths: &[PathBuf]| -> Vec<String> {
            paths.iter().map(|path| format!("{what} {}", path.display())).collect()
        };
        let limits = self.asked.means.limits_asked().iter().map(|(name, value)| format!("limit {name} {value}"));
        let rules = self.rules.iter().map(|path| format!("rules {}", path.display()));
        let mut all = named("check", &self.checks);
        all.extend(named("note", &self.notes));
        all.extend(limits.chain(rules));
        all
    }
}

/// Whom a word means, in the words of this program or of kubectl.
pub fn whom(graph: &Graph<'_>, tried: &str, word: &str, namespace: Option<&str>) -> Result<Whom, Failure> {
    if word.trim().is_empty() {
        return Err(
            Failure::usage(tried, "nothing is asked about").hint("name a signal as s12, or a subject as Node/node-1")
        );
    }
    let understood = as_subject(word, namespace);
    let first = find(graph, &understood);
    let found = match first {
        Err(NotFound::Unknown(_)) if understood != word => find(graph, word).or(first),
        found => found,
    };
    found.map_err(|why| match why {
        NotFound::Unknown(like) if like.is_empty() => Failure::environment(tried, "the report has no signals"),
        NotFound::Unknown(like) => {
            let failed = Failure::environment(tried, format!("no signal, and none about {word}, is in the report"));
            failed.hint(format!("nearest are {}", like.join(", ")))
        }
        NotFound::Ambiguous(all, count) => {
            let more = count.saturating_sub(all.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let failed = Failure::environment(tried, format!("{word} may be {count} subjects"));
            failed.hint(format!("name one of {}{more}", all.join(", ")))
        }
    })
}

/// `Pod/shop/api-0` of `po/api-0` in the namespace `shop`.
fn as_subject(word: &str, namespace: Option<&str>) -> String {
    let Some((kind, name)) = word.split_once('/') else { return word.to_owned() };
    let kind = kinds::built_in(kind).map_or_else(|| kind.to_owned(), |named| named.kind);
    match namespace.filter(|_| !name.contains('/')) {
        Some(namespace) => format!("{kind}/{namespace}/{name}"),
        None => format!("{kind}/{name}"),
    }
}
