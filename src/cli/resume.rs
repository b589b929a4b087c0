//! `collect --resume`: what an older archive says of how to go on with it.

use super::encryption::{self, EncryptTo, Keys, ways_in};
use super::failure::Failure;
use super::terminal;
use chrono::{DateTime, Utc};
use k8s_forensics::archive::ArchiveError;
use k8s_forensics::model::{Window, rfc3339};
use k8s_forensics::sources::{BaseArchive, Profile, Query, own_query};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The ending of an archive that was never sealed.
const PARTIAL: &str = ".partial";

/// An archive to go on with, and the options it was collected with.
pub struct Resumed {
    pub older: BaseArchive,
    pub window: Window,
    pub namespaces: Vec<String>,
    pub only: Vec<String>,
    pub skip: Vec<String>,
    pub audit: bool,
    pub profile: Profile,
    pub queries: Vec<Query>,
    path: PathBuf,
    /// The host of a Prometheus that was given by its URL and owes something.
    prometheus: Option<String>,
}

impl Resumed {
    /// Opens `path`, or what is left of it, and says on stderr what is there.
    pub fn open(path: &Path, keys: &Keys, encrypt_to: &EncryptTo) -> Result<Self, Failure> {
        let path = found(path)?;
        let tried = || format!("resuming {}", path.display());
        let hint = "give the zip that collect wrote, or the file that ends in .partial";
        if path.is_dir() {
            return Err(Failure::usage(tried(), "it is a folder").hint(hint));
        }
        let unreadable = |error: ArchiveError| {
            let failed = Failure::environment(tried(), &error);
            match error {
                ArchiveError::Encrypted { .. } | ArchiveError::NotDecrypted { .. } => failed.hint(ways_in(&path)),
                _ => failed.hint(hint),
            }
        };
        let who = keys.read().map_err(unreadable)?;
        let older = BaseArchive::open(&path, who.as_ref()).map_err(unreadable)?;
        encrypt_to.recipients_instead_of(older.archive(), &tried())?;
        let header = older.header().map_err(unreadable)?;
        let window = window(header.from, header.to).map_err(|why| Failure::environment(tried(), why))?;
        let (kept, all) = (older.kept(), older.outcomes().len());
        match all - kept {
            0 => terminal::tell(&format!("{}: all {all} items are there", tried())),
            missing => {
                let what = format!("{kept} of {all} items are there, asking for the other {missing}");
                terminal::tell(&format!("{}: {what}", tried()));
            }
        }
        let owes = older.outcomes().iter().any(|one| one.source == "prometheus" && one.status.is_missing());
        Ok(Self {
            window,
            namespaces: names(&header.options, "namespace"),
            only: names(&header.options, "only"),
            skip: names(&header.options, "skip"),
            audit: header.options.contains_key("audit"),
            queries: queries(&header.options),
            // Archives of before there were profiles name none.
            profile: header.options.get("profile").and_then(|name| name.parse().ok()).unwrap_or_default(),
            prometheus: header.options.get("prometheus").filter(|_| owes).cloned(),
            older,
            path,
        })
    }

    /// Where the archive goes if nobody says so.
    pub fn output(&self, is_encrypted: bool) -> PathBuf {
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.strip_suffix(PARTIAL).unwrap_or(&name);
        let stem = encryption::without_ending(stem);
        let stem = stem.strip_suffix(".zip").unwrap_or(stem);
        encryption::named(self.path.with_file_name(format!("{stem}-resumed.zip")), is_encrypted)
    }

    /// Refuses what would write over the older archive, or would leave out a server that it was asked of.
    pub fn check(&self, output: &Path, prometheus: Option<&http::Uri>) -> Result<(), Failure> {
        let tried = || format!("resuming {}", self.path.display());
        let mut partial = output.as_os_str().to_owned();
        partial.push(PARTIAL);
        let is_older =
            |path: &Path| matches!((path.canonicalize(), self.path.canonicalize()), (Ok(a), Ok(b)) if a == b);
        if is_older(output) || is_older(Path::new(&partial)) {
            let why = format!("{} would be written over it", output.display());
            return Err(Failure::usage(tried(), why).hint("choose another name with -o"));
        }
        match &self.prometheus {
            Some(host) if prometheus.is_none() => {
                let why = format!("the Prometheus at {host} was given by its URL, which the archive does not hold");
                Err(Failure::usage(tried(), why).hint(format!("give it again: --prometheus https://{host}")))
            }
            _ => Ok(()),
        }
    }
}

/// The file to go on with: `path`, or what a run that was killed has left of it.
fn found(path: &Path) -> Result<PathBuf, Failure> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(PARTIAL);
    let partial = PathBuf::from(partial);
    if !path.exists() && partial.exists() {
        terminal::tell(&format!("there is no {}, so this goes on with {}", path.display(), partial.display()));
        return Ok(partial);
    }
    match path.exists() {
        true => Ok(path.to_owned()),
        false => Err(Failure::environment(format!("resuming {}", path.display()), "there is no such file")
            .hint("give the archive that an earlier collect wrote")),
    }
}

fn window(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Window, String> {
    match from < to {
        true => Ok(Window::new(from, to)),
        false => Err(format!("its window begins at {} and ends at {}", rfc3339(from), rfc3339(to))),
    }
}

/// The queries that were given. One whose name is a built-in query's by now is asked as that.
fn queries(options: &BTreeMap<String, String>) -> Vec<Query> {
    options.get("query").into_iter().flat_map(|given| given.lines()).filter_map(|given| own_query(given).ok()).collect()
}

/// The names that were given for an option, none if it was not given.
fn names(options: &BTreeMap<String, String>, option: &str) -> Vec<String> {
    let given = options.get(option).into_iter().flat_map(|names| names.split(','));
    given.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
