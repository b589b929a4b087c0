//! What is done when a run failed: what perishes is collected at once, with the runs that were noted, and a draft made
//! of it. Within bounds, and whatever becomes of it is only said.

use super::ended::length;
use super::runs_file::RunsFile;
use super::say;
use super::signals::{Ending, Signals};
use crate::cli::collect_options::CollectOptions;
use crate::cli::failure::Failure;
use crate::cli::redaction::UserRules;
use crate::cli::{analyze, cluster, draft, report_files, terminal};
use chrono::{DateTime, NaiveDateTime, Utc};
use k8s_forensics::archive::Archive;
use k8s_forensics::archive::format::Status;
use k8s_forensics::report::hosts::{self, Host};
use k8s_forensics::report::{self, summary};
use k8s_forensics::sources::{self, CheckFile, Options, RunSummary, Sealing};
use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A draft that takes longer is left: the archive is whole, and `analyze` makes one at any time.
const ANALYSIS: Duration = Duration::from_secs(120);

const BEFORE: &str = "failed-";
const TIME: &str = "%Y%m%dT%H%M%SZ";
const ENDING: &str = ".zip";

/// How often it is done, and how much of it stays.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub most: u32,
    pub cooldown: Duration,
    pub keep: Option<NonZeroU32>,
}

/// What to collect, where to, and how often.
pub struct OnFailure {
    folder: PathBuf,
    options: CollectOptions,
    rules: UserRules,
    hosts: Vec<&'static Host>,
    bounds: Bounds,
    made: u32,
}

/// What became of a collection.
#[derive(Debug, Default)]
pub struct Collected {
    pub archive: Option<PathBuf>,
    /// The signal by which somebody ended it.
    pub ended_by: Option<Ending>,
}

impl OnFailure {
    pub fn new(folder: &Path, options: CollectOptions, rules: UserRules, bounds: Bounds) -> Self {
        Self { folder: folder.to_owned(), options, rules, hosts: Vec::new(), bounds, made: 0 }
    }

    /// Has the draft written for these, too.
    pub fn for_hosts(self, hosts: Vec<&'static Host>) -> Self {
        Self { hosts, ..self }
    }

    /// Collects, unless that was done often or lately enough. Whatever happens is said.
    pub async fn collect(&mut self, runs: &RunsFile, signals: &mut Signals) -> Collected {
        let now = Utc::now();
        if let Some(why) = self.why_not(now) {
            say(&why);
            return Collected::default();
        }
        self.made += 1;
        let path = self.folder.join(format!("{BEFORE}{}{ENDING}", now.format(TIME)));
        say(&format!("collecting into {}", path.display()));
        let (interrupt, interrupted) = oneshot::channel();
        let mut interrupt = Some(interrupt);
        let mut collecting = Box::pin(self.collect_into(&path, runs, now, interrupted));
        let mut ended_by = None;
        let summary = loop {
            tokio::select! {
                summary = &mut collecting => break summary,
                signal = signals.next() => {
                    ended_by = Some(signal);
                    // A second signal finds it ending already.
                    let _ = interrupt.take().map(|interrupt| interrupt.send(format!("ended by {}", signal.name())));
                }
            }
        };
        drop(collecting);
        match summary {
            Ok(summary) => {
                let lacks = summary.sealed.coverage.any(Status::is_missing);
                let lacks = if lacks { "; some of what was planned is missing, and it says why" } else { "" };
                say(&format!("collected {}{lacks}", path.display()));
                self.keep_newest();
                Collected { archive: Some(path), ended_by }
            }
            Err(failure) => {
                say(&format!("nothing was collected: {failure}"));
                Collected { archive: None, ended_by }
            }
        }
    }

    fn why_not(&self, now: DateTime<Utc>) -> Option<String> {
        let Bounds { most, cooldown, .. } = self.bounds;
        if most == 0 {
            return Some("not collected: --max-collections is 0".to_owned());
        }
        if self.made >= most {
            return Some(format!("not collected: it was collected {} times (--max-collections)", self.made));
        }
        let (last, _) = archives(&self.folder).pop()?;
        let ago = (now - last).to_std().ok()?;
        (ago < cooldown).then(|| {
            format!(
                "not collected: it was collected {} ago, and is again after {} (--cooldown)",
                length(ago),
                length(cooldown)
            )
        })
    }

    async fn collect_into(
        &self,
        path: &Path,
        runs: &RunsFile,
        now: DateTime<Utc>,
        interrupted: oneshot::Receiver<String>,
    ) -> Result<RunSummary, Failure> {
        let mut given = self.options.given();
        given.insert("redact".to_owned(), "standard".to_owned());
        let checks = match runs.content() {
            Ok((name, bytes)) => vec![CheckFile { name, bytes: bytes.into() }],
            Err(error) => {
                say(&format!("the runs that were noted are not in the archive: {error}"));
                Vec::new()
            }
        };
        let options = Options {
            path: path.to_owned(),
            given,
            checks,
            redactor: Some(self.rules.redactor()?),
            sealing: Sealing { size: self.options.profile().size(), ..Sealing::default() },
            ..self.options.options(self.options.window(now)?)?
        };
        let connection = self.options.connect().await?;
        let ended = async {
            match interrupted.await {
                Ok(why) => why,
                // Nobody can end it any more.
                Err(_) => std::future::pending().await,
            }
        };
        let collected =
            sources::collect(connection.api, connection.context, options, Arc::default(), Box::pin(ended)).await;
        collected.map_err(cluster::failure)
    }

    /// Makes the draft, and says where it is and what it begins with.
    pub async fn analyze(&self, archive: &Path) {
        let (done, waiting) = oneshot::channel();
        let (path, folder, hosts) = (archive.to_owned(), report_of(archive), self.hosts.clone());
        let report = folder.clone();
        // A thread of its own: it may be left behind, and if it panics this goes on.
        let begun = std::thread::Builder::new().name("analysis".to_owned()).spawn(move || {
            // Nobody listens any more where it took too long.
            let _ = done.send(draft_of(&path, &report, &hosts));
        });
        let drafted = match begun {
            Ok(_) => tokio::time::timeout(ANALYSIS, waiting).await,
            Err(error) => return say(&format!("no draft was made: {error}")),
        };
        match drafted {
            Ok(Ok(Ok(look))) => {
                terminal::tell(look.trim_end());
                say(&format!("the draft is {}", folder.join(draft::FILE).display()));
            }
            Ok(Ok(Err(failure))) => say(&format!("no draft was made: {failure}")),
            Ok(Err(_)) => say(&format!("no draft was made; try: k8s-forensics analyze {}", archive.display())),
            Err(_) => {
                let limit = length(ANALYSIS);
                say(&format!("no draft within {limit}; it is made by: k8s-forensics analyze {}", archive.display()));
            }
        }
    }

    /// Removes what is older than the archives that are kept. A report that people wrote in stays.
    fn keep_newest(&self) {
        let Some(keep) = self.bounds.keep.and_then(|keep| usize::try_from(keep.get()).ok()) else { return };
        let all = archives(&self.folder);
        for (_, path) in all.iter().take(all.len().saturating_sub(keep)) {
            match fs::remove_file(path) {
                Ok(()) => say(&format!("removed {}, of which there are newer ones (--keep)", path.display())),
                Err(error) => say(&format!("could not remove {}: {error}", path.display())),
            }
            remove_report(&report_of(path));
        }
    }
}

/// The archives that were made of failed runs, the oldest first.
fn archives(folder: &Path) -> Vec<(DateTime<Utc>, PathBuf)> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let timed = |path: PathBuf| {
        let time = path.file_name()?.to_str()?.strip_prefix(BEFORE)?.strip_suffix(ENDING)?;
        let time = NaiveDateTime::parse_from_str(time, TIME).ok()?.and_utc();
        path.is_file().then_some((time, path))
    };
    let mut all: Vec<_> = paths.filter_map(timed).collect();
    all.sort();
    all
}

fn report_of(archive: &Path) -> PathBuf {
    let stem = archive.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    archive.with_file_name(format!("{stem}-report"))
}

fn draft_of(archive: &Path, folder: &Path, hosts: &[&Host]) -> Result<String, Failure> {
    let tried = || format!("open {}", archive.display());
    let archive = Archive::open(archive).map_err(|error| Failure::environment(tried(), error))?;
    let analyzed = analyze::analyze_archive(&archive, None, None)?;
    report_files::write(&analyzed, folder, hosts)?;
    Ok(summary::first_look(&analyzed, terminal::width()))
}

/// Removes the files of a report, and the folder where nothing else is in it.
fn remove_report(folder: &Path) {
    if draft::is_edited(&folder.join(draft::FILE)) {
        return;
    }
    let files = report::ALL.iter().map(|one| one.file).chain(hosts::ALL.iter().map(|host| host.file));
    for file in files {
        // Most of them were never written.
        let _ = fs::remove_file(folder.join(file));
    }
    let _ = fs::remove_dir(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_here_is_an_archive_and_the_newest_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = |name: &str| fs::write(folder.path().join(name), "").expect("a file");
        for name in ["failed-20261121T160103Z.zip", "failed-20261121T160102Z.zip", "failed-new.zip", "mine.zip"] {
            made(name);
        }
        fs::create_dir(folder.path().join("failed-20261121T160104Z.zip")).expect("a folder");
        fs::create_dir(folder.path().join("failed-20261121T160102Z-report")).expect("a folder");
        let names = || {
            let all = archives(folder.path()).into_iter();
            all.filter_map(|(_, path)| Some(path.file_stem()?.to_str()?.to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(names(), ["failed-20261121T160102Z", "failed-20261121T160103Z"]);
        remove_report(&folder.path().join("failed-20261121T160102Z-report"));
        assert!(!folder.path().join("failed-20261121T160102Z-report").exists());
        fs::create_dir(folder.path().join("failed-20261121T160103Z-report")).expect("a folder");
        made("failed-20261121T160103Z-report/notes.txt");
        remove_report(&folder.path().join("failed-20261121T160103Z-report"));
        assert!(folder.path().join("failed-20261121T160103Z-report/notes.txt").exists());
    }
}
