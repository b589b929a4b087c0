//! Several clusters that are collected at once: which, into which files, and what is said of all of them at the end.

use super::cluster_choice::ClusterChoice;
use super::clusters::file_name;
use super::exit::Exit;
use super::failure::Failure;
use super::{cluster, terminal};
use chrono::{DateTime, SecondsFormat, Utc};
use comfy_table::{Table, presets};
use k8s_forensics::archive::format::ClockReading;
use k8s_forensics::evidence::Clocks;
use k8s_forensics::model::{Window, rfc3339};
use k8s_forensics::sources::{KnownContext, Progress, SourcesError};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// How names of archives have the time of a run.
pub const TIME: &str = "%Y%m%dT%H%M%SZ";

/// One cluster of a run, and what is its own.
#[derive(Clone, Default)]
pub struct Cluster {
    /// The context it is asked by; none for the one that is meant without a word.
    pub context: Option<String>,
    /// Where its archive goes, if not where the one of a run alone would.
    pub output: Option<PathBuf>,
    /// Which of how many it is, in which run; none of one that is collected alone.
    pub together: Option<String>,
    pub progress: Arc<Progress>,
}

impl Cluster {
    pub fn name(&self) -> &str {
        self.context.as_deref().unwrap_or("in-cluster")
    }
}

/// The contexts to collect: those that were named, each once, or one for each API server of the kubeconfig.
pub fn contexts(choice: &ClusterChoice, all: bool) -> Result<Vec<String>, Failure> {
    let known = choice.known_contexts()?;
    if all {
        let (chosen, left_out) = one_of_each_server(&known);
        for (context, same) in left_out {
            terminal::tell(&format!("note: {context} is not asked, as it leads to the same API server as {same}"));
        }
        return match chosen.is_empty() {
            true => Err(Failure::usage("--all-contexts", "the kubeconfig has no contexts")),
            false => Ok(chosen),
        };
    }
    let is_unknown = |context: &&String| !known.iter().any(|one| one.name == **context);
    if let Some(context) = choice.contexts().iter().find(is_unknown) {
        let known = known.into_iter().map(|one| one.name).collect();
        return Err(cluster::failure(SourcesError::Context { context: context.clone(), known }));
    }
    let mut seen = BTreeSet::new();
    Ok(choice.contexts().iter().filter(|context| seen.insert(*context)).cloned().collect())
}

/// The first context of each server, and the others with the one that is asked instead.
fn one_of_each_server(known: &[KnownContext]) -> (Vec<String>, Vec<(&str, &str)>) {
    let (mut chosen, mut left_out): (Vec<&KnownContext>, Vec<_>) = Default::default();
    for context in known {
        let same = chosen.iter().find(|one| one.server.is_some() && one.server == context.server);
        match same {
            Some(same) => left_out.push((context.name.as_str(), same.name.as_str())),
            None => chosen.push(context),
        }
    }
    (chosen.into_iter().map(|context| context.name.clone()).collect(), left_out)
}

/// A name for the archive of each context, no two the same; without names of clusters where they are taken out.
pub fn file_names(contexts: &[String], now: DateTime<Utc>, nameless: bool) -> Vec<PathBuf> {
    let time = now.format(TIME);
    let mut used = BTreeSet::new();
    let mut name = |(number, context): (usize, &String)| {
        let context = if nameless { format!("cluster-{}", number + 1) } else { file_name(context) };
        let others = (2_u32..).map(|other| format!("forensics-{context}-{other}-{time}.zip"));
        let mut names = std::iter::once(format!("forensics-{context}-{time}.zip")).chain(others);
        PathBuf::from(names.find(|name| used.insert(name.clone())).unwrap_or_default())
    };
    contexts.iter().enumerate().map(&mut name).collect()
}

/// The clusters of a run that began at `now`, each with the path of its archive.
pub fn clusters(contexts: Vec<String>, paths: Vec<PathBuf>, now: DateTime<Utc>) -> Vec<Cluster> {
    let (of, run) = (contexts.len(), now.to_rfc3339_opts(SecondsFormat::Nanos, true));
    let cluster = |(number, (context, path)): (usize, (String, PathBuf))| Cluster {
        context: Some(context),
        output: Some(path),
        together: Some(format!("{} of {of}, in the run of {run}", number + 1)),
        progress: Arc::default(),
    };
    contexts.into_iter().zip(paths).enumerate().map(cluster).collect()
}

/// How far each is, by name.
pub fn named(clusters: &[Cluster]) -> Vec<(String, Arc<Progress>)> {
    clusters.iter().map(|cluster| (cluster.name().to_owned(), Arc::clone(&cluster.progress))).collect()
}

/// What became of a cluster, and what its API server's clock showed.
type Ended<'a> = (&'a Cluster, Result<Exit, Failure>, Vec<ClockReading>);

/// A line for each cluster, and the window that all have in common.
pub fn table(ended: &[Ended], window: Window) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["cluster", "what came", "API server's clock", "archive"]);
    for (cluster, exit, clocks) in ended {
        let came = match exit {
            Ok(Exit::Whole) => "everything",
            Ok(Exit::SomeMissing) => "some items are missing",
            Ok(_) => "nothing",
            Err(_) => "nothing: see its error above",
        };
        let archive = cluster.output.as_ref().filter(|_| exit.is_ok()).map(|path| path.display().to_string());
        table.add_row([cluster.name().to_owned(), came.to_owned(), clock(clocks), archive.unwrap_or_default()]);
    }
    let window = format!("{} to {}", rfc3339(window.from), rfc3339(window.to));
    format!("\n{table}\nThe window of all is {window}, by the clock of this machine; + is ahead of it.")
}

/// By how much the clock was ahead of that of this machine, in seconds.
fn clock(readings: &[ClockReading]) -> String {
    let Some([least, most]) = Clocks::new(readings).api_server_ahead_ms() else { return "not read".to_owned() };
    let seconds = |milliseconds: i64| format!("{:+.1} s", milliseconds as f64 / 1000.0);
    format!("{} to {}", seconds(least), seconds(most))
}

/// The worst of all: a cluster without an archive is one from which nothing came.
pub fn worst(ended: impl IntoIterator<Item = Result<Exit, Failure>>) -> Exit {
    let rank = |exit: &Exit| match exit {
        Exit::Whole => 0,
        Exit::SomeMissing => 1,
        _ => 2,
    };
    let ended = ended.into_iter().map(|exit| exit.unwrap_or(Exit::NothingCame));
    ended.max_by_key(rank).unwrap_or(Exit::NothingCame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str, server: Option<&str>) -> KnownContext {
        KnownContext { name: name.to_owned(), server: server.map(str::to_owned) }
    }

    #[test]
    fn each_api_server_is_asked_once() {
        let all = [known("a", Some("https://1")), known("b", Some("https://2")), known("c", Some("https://1"))];
        let (chosen, left_out) = one_of_each_server(&all);
        assert_eq!((chosen, left_out), (vec!["a".to_owned(), "b".to_owned()], vec![("c", "a")]));
        let unknown = [known("a", None), known("b", None)];
        assert_eq!(one_of_each_server(&unknown).0, ["a", "b"], "each fails for itself");
    }

    #[test]
    fn no_two_archives_have_one_name() {
        let contexts = ["a/b", "a:b", "c"].map(str::to_owned);
        let names = |nameless| {
            let names = file_names(&contexts, DateTime::UNIX_EPOCH, nameless);
            names.iter().map(|name| name.display().to_string()).collect::<Vec<_>>()
        };
        let of = |name: &str| format!("forensics-{name}-19700101T000000Z.zip");
        assert_eq!(names(false), ["a-b", "a-b-2", "c"].map(of));
        assert_eq!(names(true), ["cluster-1", "cluster-2", "cluster-3"].map(of));
    }

    #[test]
    fn the_worst_is_told() {
        let failed = || Err(Failure::environment("x", "y"));
        assert_eq!(worst([Ok(Exit::Whole), Ok(Exit::SomeMissing)]), Exit::SomeMissing);
        assert_eq!(worst([failed(), Ok(Exit::Whole)]), Exit::NothingCame);
        assert_eq!(worst([Ok(Exit::Whole), Ok(Exit::Whole)]), Exit::Whole);
    }
}
