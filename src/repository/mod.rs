//! Commits of a git repository on this machine, by their ids, for changes that name one.
//!
//! Only its objects are read, as git keeps them (gitrepository-layout): no configuration is obeyed, no hook is run, nothing
//! is written, and no network is asked. What it holds is as hostile as any other input.

mod people;

use crate::model::{Commit, Commits, Files, LookedUp};
use crate::redact::{Redactor, RuleError};
use chrono::DateTime;
use gix_diff::tree::{Recorder, Visit, recorder, visit};
use gix_object::bstr::{BStr, ByteSlice};
use gix_object::{CommitRef, Data, Find, Kind, TreeRefIter};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most paths of a commit that are told, and that are counted.
const TOLD: usize = 20;
const COUNTED: usize = 10_000;
/// The longest object that is read, in bytes: a tree of some million files.
const MOST_BYTES: usize = 64 << 20;
/// The longest file that points elsewhere.
const POINTER_BYTES: u64 = 4096;
/// The longest subject line and the longest path that are told, in characters.
const SUBJECT_CHARS: usize = 200;
const PATH_CHARS: usize = 300;

/// A repository whose objects can be read.
pub struct Repository {
    name: String,
    objects: gix_odb::Handle,
    redactor: Redactor,
}

/// A repository, or an object of it, could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    #[error("{path} is no git repository: neither it nor its .git has a folder objects")]
    NotARepository { path: PathBuf },
    #[error("cannot read {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("commit {id} is broken: {why}")]
    Broken { id: String, why: String },
    #[error(transparent)]
    Rules(#[from] RuleError),
}

impl Repository {
    /// Opens a repository: a working tree, one of several that share a repository, or a bare one.
    pub fn open(path: &Path) -> Result<Self, RepositoryError> {
        let objects = objects_of(path).ok_or_else(|| RepositoryError::NotARepository { path: path.to_owned() })?;
        let options = gix_odb::store::init::Options { alloc_limit_bytes: Some(MOST_BYTES), ..Default::default() };
        let handle = gix_odb::at_opts(&objects, gix_hash::Kind::Sha1, None, options);
        let handle = handle.map_err(|source| RepositoryError::Io { path: objects, source })?;
        let name = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { name, objects: handle, redactor: Redactor::anonymous()? })
    }

    /// The name of its folder, by which a report calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The commit with this id of 40 hexadecimal digits; none where it is not there, or is no commit.
    pub fn commit(&self, id: &str) -> Result<Option<Commit>, RepositoryError> {
        let Ok(oid) = gix_hash::ObjectId::from_hex(id.as_bytes()) else { return Ok(None) };
        let broken = |why: String| RepositoryError::Broken { id: id.to_owned(), why };
        let mut buffer = Vec::new();
        let Some(data) = self.find(&oid, &mut buffer).map_err(broken)? else { return Ok(None) };
        if data.kind != Kind::Commit {
            return Ok(None);
        }
        let commit =
            CommitRef::from_bytes(data.data, gix_hash::Kind::Sha1).map_err(|error| broken(error.to_string()))?;
        let seconds = commit.committer().map_err(|error| broken(error.to_string()))?.seconds();
        let at = DateTime::from_timestamp(seconds, 0).ok_or_else(|| broken("its time cannot be".to_owned()))?;
        let subject = commit.message.lines().map(ByteSlice::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let subject = self.redactor.text(&subject.to_str_lossy());
        let writers = [commit.author, commit.committer].map(|writer| writer.to_str_lossy().into_owned());
        let subject = shortened(&people::hidden(&subject, &writers), SUBJECT_CHARS);
        Ok(Some(Commit { id: oid.to_string(), subject, at, files: self.files(&commit).map_err(broken)? }))
    }

    /// What a commit changed against its first parent; everything, where it has none.
    fn files(&self, commit: &CommitRef<'_>) -> Result<Option<Files>, String> {
        let (mut new, mut old, mut parent) = (Vec::new(), Vec::new(), Vec::new());
        let Some(after) = self.find(&commit.tree(), &mut new)? else { return Ok(None) };
        let before = match commit.parents().next() {
            None => None,
            Some(id) => {
                // A shallow clone ends somewhere.
                let Some(data) = self.find(&id, &mut parent)? else { return Ok(None) };
                let tree = CommitRef::from_bytes(data.data, gix_hash::Kind::Sha1).map_err(|error| error.to_string())?;
                let Some(before) = self.find(&tree.tree(), &mut old)? else { return Ok(None) };
                Some(before)
            }
        };
        let mut changed = Changed::default();
        let state = gix_diff::tree::State::default();
        let before = before.map_or(Default::default(), |before| before.data.to_vec());
        let result = gix_diff::tree(entries(&before), entries(after.data), state, &self.objects, &mut changed);
        match result {
            Ok(()) | Err(gix_diff::tree::Error::Cancelled) => Ok(Some(changed.files(&self.redactor))),
            Err(error) => Err(error.to_string()),
        }
    }

    fn find<'a>(&self, id: &gix_hash::oid, buffer: &'a mut Vec<u8>) -> Result<Option<Data<'a>>, String> {
        Find::try_find(&self.objects, id, buffer).map_err(|error| error.to_string())
    }
}

/// Looks commits up in the first repository that has them; nothing is known where there is none.
pub fn look_up<'a>(repositories: &[Repository], ids: impl Iterator<Item = &'a str>) -> Commits {
    let mut commits =
        Commits { repositories: repositories.iter().map(|one| one.name.clone()).collect(), ..Commits::default() };
    for id in ids.filter(|_| !repositories.is_empty()) {
        if !commits.found.contains_key(id) {
            commits.found.insert(id.to_owned(), in_one_of(repositories, id));
        }
    }
    commits
}

fn in_one_of(repositories: &[Repository], id: &str) -> LookedUp {
    let mut broken = LookedUp::NotThere;
    for one in repositories {
        let repository = one.name.clone();
        match one.commit(id) {
            Ok(Some(commit)) => return LookedUp::Found { repository, commit },
            Ok(None) => {}
            Err(error) => broken = LookedUp::Broken { repository, why: error.to_string() },
        }
    }
    broken
}

fn entries(tree: &[u8]) -> TreeRefIter<'_> {
    TreeRefIter::from_bytes(tree, gix_hash::Kind::Sha1)
}

/// The folder of a repository's objects. A file `.git` names the folder of a further working tree, whose `commondir` names
/// that of the repository.
fn objects_of(path: &Path) -> Option<PathBuf> {
    let git = path.join(".git");
    let folder = match fs::metadata(&git) {
        Ok(metadata) if metadata.is_file() => path.join(pointer(&git)?.strip_prefix("gitdir:")?.trim()),
        Ok(_) => git,
        Err(_) => path.to_owned(),
    };
    let common = pointer(&folder.join("commondir")).map(|common| folder.join(common));
    let objects = common.unwrap_or(folder).join("objects");
    objects.is_dir().then_some(objects)
}

/// The line in a file that points elsewhere.
fn pointer(file: &Path) -> Option<String> {
    let mut text = String::new();
    fs::File::open(file).ok()?.take(POINTER_BYTES).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// Paths of files that differ, as far as they are counted.
#[derive(Default)]
struct Changed {
    walk: Recorder,
    paths: Vec<String>,
    beyond: usize,
    is_more: bool,
}

impl Changed {
    fn files(mut self, redactor: &Redactor) -> Files {
        self.paths.sort_unstable();
        let beyond = self.beyond + self.paths.len().saturating_sub(TOLD);
        self.paths.truncate(TOLD);
        let told = |path: &String| shortened(&redactor.text(path), PATH_CHARS);
        Files { first: self.paths.iter().map(told).collect(), beyond, is_more: self.is_more }
    }
}

impl Visit for Changed {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.walk.pop_front_tracked_path_and_set_current();
    }

    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.walk.push_back_tracked_path_component(component);
    }

    fn push_path_component(&mut self, component: &BStr) {
        self.walk.push_path_component(component);
    }

    fn pop_path_component(&mut self) {
        self.walk.pop_path_component();
    }

    fn visit(&mut self, change: visit::Change) -> visit::Action {
        if change.entry_mode().is_tree() {
            return std::ops::ControlFlow::Continue(());
        }
        if self.paths.len() >= COUNTED {
            (self.beyond, self.is_more) = (self.beyond + 1, true);
            return std::ops::ControlFlow::Break(());
        }
        let action = self.walk.visit(change);
        let recorded = self.walk.records.pop().map(|change| match change {
            recorder::Change::Addition { path, .. }
            | recorder::Change::Deletion { path, .. }
            | recorder::Change::Modification { path, .. } => path,
        });
        self.paths.extend(recorded.map(|path| path.to_str_lossy().into_owned()));
        action
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Runs git in a folder; what it prints.
    fn git(folder: &Path, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(["-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false"]).args(args);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Jane Quux").env(format!("GIT_{who}_EMAIL"), "jquux@example.org");
            command.env(format!("GIT_{who}_DATE"), "2026-11-21T06:58:33+01:00");
        }
        let output = command.output().expect("git");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn commit(folder: &Path, files: &[(&str, &str)], message: &str) -> String {
        for (file, text) in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        git(folder, &["add", "."]);
        git(folder, &["commit", "-q", "-m", message]);
        git(folder, &["rev-parse", "HEAD"])
    }

    fn open(path: &Path) -> Repository {
        Repository::open(path).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_commit_tells_its_subject_time_and_files_and_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        git(path, &["init", "-q"]);
        let first = commit(path, &[("apps/shop/api.yaml", "a"), ("README.md", "b")], "Begin");
        let message = "Raise the limit of the cache, as Jane and bob@example.org asked\n\nSigned-off-by: Jane Quux <jquux@example.org>";
        let second = commit(path, &[("apps/shop/api.yaml", "c"), ("apps/shop/cache/limits.yaml", "d")], message);
        git(path, &["rm", "-q", "README.md"]);
        let third = commit(path, &[], "Merge pull request #7 from jquux/limits");
        let of = |repository: &Repository, id: &str| {
            let commit = repository.commit(id).expect("readable").unwrap_or_else(|| panic!("no commit {id}"));
            let files = commit.files.expect("files").first.join(" ");
            (commit.subject, files, commit.at.to_rfc3339())
        };
        let at = "2026-11-21T05:58:33+00:00".to_owned();
        let subject = "Raise the limit of the cache, as a person and a person asked".to_owned();
        let expected = (subject, "apps/shop/api.yaml apps/shop/cache/limits.yaml".to_owned(), at.clone());
        let deleted = ("Merge pull request #7 from a person".to_owned(), "README.md".to_owned(), at.clone());
        let begun = ("Begin".to_owned(), "README.md apps/shop/api.yaml".to_owned(), at);
        let told = |repository: &Repository| [&first, &second, &third].map(|id| of(repository, id));
        assert_eq!(told(&open(path)), [begun, expected, deleted]);
        let loose = told(&open(path));
        git(path, &["gc", "-q", "--prune=now"]);
        assert_eq!(told(&open(path)), loose, "packed");
        let (bare, tree) = (path.join("bare.git"), path.join("tree"));
        git(path, &["clone", "-q", "--bare", ".", "bare.git"]);
        git(path, &["worktree", "add", "-q", "tree"]);
        assert_eq!((told(&open(&bare)), told(&open(&tree))), (loose.clone(), loose));
        let tree = git(path, &["rev-parse", "HEAD^{tree}"]);
        for none in [tree.as_str(), &"0".repeat(40), "main", second.get(..8).expect("an id"), ""] {
            assert_eq!(open(path).commit(none).expect("readable"), None, "{none}");
        }
    }

    #[test]
    fn a_shallow_clone_does_not_know_what_its_first_commit_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, clone) = (folder.path().join("whole"), folder.path().join("shallow"));
        fs::create_dir(&path).expect("a folder");
        git(&path, &["init", "-q"]);
        commit(&path, &[("a", "1")], "One");
        let second = commit(&path, &[("a", "2")], "Two");
        let from = format!("file://{}", path.display());
        git(folder.path(), &["clone", "-q", "--depth", "1", &from, "shallow"]);
        let found = open(&clone).commit(&second).expect("readable").expect("a commit");
        assert_eq!((found.subject.as_str(), found.files), ("Two", None));
    }

    #[test]
    fn many_files_are_counted_up_to_a_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        git(path, &["init", "-q"]);
        let names: Vec<String> = (0..TOLD + 5).map(|number| format!("values/{number:03}.yaml")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
        let id = commit(path, &files, "Add values");
        let found = open(path).commit(&id).expect("readable").expect("a commit").files.expect("files");
        assert_eq!((found.first.len(), found.beyond, found.is_more), (TOLD, 5, false));
    }

    #[test]
    fn what_is_no_repository_or_broken_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        let why = Repository::open(path).map(|_| ()).expect_err("no repository").to_string();
        assert!(why.contains("no git repository"), "{why}");
        git(path, &["init", "-q"]);
        let id = commit(path, &[("a", "1")], "One");
        let (first, rest) = id.split_at(2);
        let object = path.join(".git/objects").join(first).join(rest);
        fs::remove_file(&object).expect("a loose object");
        fs::write(&object, b"no zlib").expect("a file");
        assert!(matches!(open(path).commit(&id), Err(RepositoryError::Broken { .. })));
    }
}
