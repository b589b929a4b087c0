//! The fixtures: recordings and made inputs, each with what is true of it and what the analysis says.

use crate::accuracy::truth::Truth;
use k8s_forensics::analysis::{self, Analyzed, Knowledge};
use k8s_forensics::archive::{self, Limits};
use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::report::postmortem;
use k8s_forensics::report::schema::Report;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

/// Where fixtures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Recorded on a real cluster, an incident.
    Lab,
    /// Written by a script, because no lab can cause it.
    Made,
    /// Recorded on a real cluster that was well.
    Healthy,
    /// Rebuilt from public reports.
    Reports,
}

impl Family {
    pub fn least(self) -> usize {
        match self {
            Self::Lab => 14,
            Self::Made => 1,
            Self::Healthy => 3,
            Self::Reports => 36,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Lab => "Recorded incidents",
            Self::Made => "Incidents written by a script",
            Self::Healthy => "Healthy recordings",
            Self::Reports => "Small inputs rebuilt from public reports",
        }
    }
}

pub struct Fixture {
    pub name: String,
    pub family: Family,
    pub folder: PathBuf,
    pub truth: Truth,
    pub analyzed: Analyzed,
    pub report: Report,
}

impl Fixture {
    pub fn archive(&self) -> PathBuf {
        self.folder.join("archive")
    }

    /// What a person reads.
    pub fn draft(&self) -> String {
        postmortem::write(&self.analyzed)
    }
}

/// The built-in rules, which take as long to read as a small input.
pub fn knowledge() -> &'static Knowledge {
    static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::built_in().expect("the built-in knowledge"));
    &KNOWLEDGE
}

/// What the analysis of the archive in a folder, or the zip, or of what another tool saved, reports.
/// Without the numbers that a draft gives to records, as none is drafted.
pub fn analyze(path: &Path) -> Report {
    analyzed(path).report_without_citations()
}

/// The analysis of an archive, or of what another tool saved, or of a recorder's folder.
pub fn analyzed(path: &Path) -> Analyzed {
    analysis::analyze_inputs(inputs(path), knowledge(), 1).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is in a folder: one input, or the segments of a recorder and what was collected afterwards, in `collected`.
fn inputs(path: &Path) -> Inputs {
    let open = |path: &Path| {
        Input::open(path, Limits::default(), None).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let segments = archive::segments(path).unwrap_or_default();
    let mut segments = segments.iter().map(|segment| open(&segment.path));
    let Some(first) = segments.next() else { return Inputs::from(open(path)) };
    let collected = Some(path.join("collected")).filter(|folder| folder.exists()).map(|folder| open(&folder));
    Inputs::new(first, segments.chain(collected).collect()).expect("inputs of one cluster")
}

/// All fixtures, by family and name, analysed once for all tests of a run.
pub fn all() -> &'static [Fixture] {
    static ALL: LazyLock<Vec<Fixture>> = LazyLock::new(|| some(|_| true));
    &ALL
}

/// The fixtures whose names are wanted, by family and name.
pub fn some(is_wanted: impl Fn(&str) -> bool) -> Vec<Fixture> {
    let mut folders = folders();
    folders.retain(|folder| is_wanted(&name(folder)));
    let mut found = on_threads(&folders, |folder| {
        let analyzed = analyzed(&folder.join("archive"));
        Fixture {
            name: name(folder),
            family: family(folder),
            truth: Truth::of(folder),
            report: analyzed.report(),
            analyzed,
            folder: folder.clone(),
        }
    });
    found.sort_by(|a, b| (a.family, &a.name).cmp(&(b.family, &b.name)));
    found
}

/// The folder of each fixture.
pub fn folders() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = [with_truth(&fixtures), with_truth(&fixtures.join("reports"))].concat();
    found.sort();
    found
}

fn name(folder: &Path) -> String {
    folder.file_name().expect("a folder with a name").to_string_lossy().into_owned()
}

fn with_truth(folder: &Path) -> Vec<PathBuf> {
    let Ok(items) = std::fs::read_dir(folder) else { return Vec::new() };
    items.map(|item| item.expect("an item").path()).filter(|path| path.join("truth.yaml").exists()).collect()
}

/// What a fixture is by its place and name.
pub fn family(folder: &Path) -> Family {
    let is_report = folder.parent().is_some_and(|parent| parent.ends_with("reports"));
    match name(folder).as_str() {
        _ if is_report => Family::Reports,
        name if name.starts_with("healthy-") => Family::Healthy,
        "split-brain-etcd" => Family::Made,
        _ => Family::Lab,
    }
}

/// `work` on every item, on as many threads as there are processors; results in the order of the items.
pub fn on_threads<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    done.lock().expect("no thread panicked").push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread panicked");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
