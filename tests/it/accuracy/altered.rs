//! A copy of an archive in which some entries are others: the rest are links to the same files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that holds the altered copy for as long as it lives.
pub struct Altered {
    folder: TempDir,
}

impl Altered {
    /// A copy of the archive in `from` with nothing altered yet.
    pub fn of(from: &Path) -> Self {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder =
            tempfile::Builder::new().prefix("altered").tempdir_in(parent).expect("a folder for temporary files");
        for file in files(from) {
            let target = folder.path().join(&file);
            std::fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
            let linked = std::fs::hard_link(from.join(&file), &target);
            linked.or_else(|_| std::fs::copy(from.join(&file), &target).map(|_| ())).expect("a copy of an entry");
        }
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn read(&self, entry: &str) -> String {
        let bytes = std::fs::read(self.path().join(entry)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Replaces an entry; a link is cut first, so that the original stays as it is.
    pub fn write(&self, entry: &str, text: &str) {
        let path = self.path().join(entry);
        let _ = std::fs::remove_file(&path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("an altered entry");
    }

    /// Empties the lines of these records; their numbers stay. An event stands in the lists of both event APIs: it is
    /// one record, and goes from both.
    pub fn without(&self, records: &BTreeSet<(String, u64)>) {
        let mut records = records.clone();
        records.extend(records.iter().filter_map(|record| self.twin(record)).collect::<Vec<_>>());
        let mut by_entry: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        for (entry, line) in &records {
            by_entry.entry(entry).or_default().insert(*line);
        }
        for (entry, lines) in by_entry {
            let text = self.read(entry);
            let kept =
                text.split('\n').zip(1_u64..).map(|(line, number)| if lines.contains(&number) { "" } else { line });
            self.write(entry, &kept.collect::<Vec<_>>().join("\n"));
        }
    }
}

impl Altered {
    fn twin(&self, (entry, line): &(String, u64)) -> Option<(String, u64)> {
        let folder = entry.strip_suffix("/events.jsonl")?;
        let other = format!("{folder}/events.events.k8s.io.jsonl");
        let line = usize::try_from(line.checked_sub(1)?).ok()?;
        let event: serde_json::Value = serde_json::from_str(self.read(entry).split('\n').nth(line)?).ok()?;
        let uid = format!("\"uid\":\"{}\"", event.pointer("/metadata/uid")?.as_str()?);
        let text = self.read(&other);
        let place = text.split('\n').position(|line| line.contains(&uid))?;
        Some((other, place as u64 + 1))
    }
}

/// Every file below a folder, by its path there.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(below) = pending.pop() {
        for item in std::fs::read_dir(folder.join(&below)).expect("a folder") {
            let item = item.expect("an item");
            let path = below.join(item.file_name());
            match item.file_type().expect("a type").is_dir() {
                true => pending.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}
