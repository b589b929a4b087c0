//! What is measured, each in a process of its own, so that its peak of memory is its own too: the analysis in the
//! order of `src/analysis.rs`, inflating alone, and reading
//! lines alone.

use crate::{rules, summary};
use k8s_forensics::analysis::{Analyzed, Knowledge};
use k8s_forensics::archive::Archive;
use k8s_forensics::inputs::Inputs;
use k8s_forensics::model::Commits;
use k8s_forensics::{cascade, evidence, report, signals};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The first argument of a process that measures.
pub const CHILD: &str = "measure";

/// What a child measured of itself, by name: seconds, numbers and kB.
pub type Figures = BTreeMap<String, f64>;

/// Measures what the arguments after [`CHILD`] say, and prints the figures.
pub fn run(args: &[String]) {
    let [what, archive, threads, further_rules] = args else { panic!("{args:?}") };
    let number = |text: &String| text.parse().expect("a number");
    let path = Path::new(archive);
    let open = || Archive::open(path).expect("an archive");
    let mut figures = Vec::new();
    match what.as_str() {
        "inflate" => inflate(path, number(threads)),
        "drain" => drain(&open(), number(threads)),
        "summary" => figures = summary::measure(path, number(threads)),
        _ => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(number(threads)).build().expect("threads");
            figures = pool.install(|| analyze(&open(), number(threads), number(further_rules)));
        }
    }
    figures.push(("peak", peak()));
    for (name, figure) in figures {
        println!("{name} {figure}");
    }
}

/// The most memory that this process had until now, in kB.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    peak.unwrap_or_default()
}

/// Runs a child; adds `wall` and `processor` seconds to what it measured.
pub fn measure(what: &str, archive: &Path, threads: usize, further_rules: usize) -> Figures {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([CHILD, what]).arg(archive).args([threads.to_string(), further_rules.to_string()]);
    timed(&mut command)
}

/// Runs any program and takes its time; what it prints are figures.
pub fn timed(command: &mut Command) -> Figures {
    let (begun, before) = (Instant::now(), processor_of_children());
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("a program");
    assert!(output.status.success(), "{command:?}");
    let wall = begun.elapsed().as_secs_f64();
    let printed = String::from_utf8_lossy(&output.stdout);
    let figures = printed.lines().filter_map(|line| line.split_once(' '));
    let mut figures: Figures =
        figures.filter_map(|(name, figure)| Some((name.to_owned(), figure.parse().ok()?))).collect();
    figures.insert("wall".into(), wall);
    figures.insert("processor".into(), processor_of_children() - before);
    figures
}

/// Seconds that children which have ended spent: the 16th and 17th field of `/proc/self/stat`, in clock ticks, of which
/// a second has 100 on every Linux that Rust runs on.
fn processor_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(13).take(2));
    fields.into_iter().flatten().filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Inflates every entry, by a crate that uses the same inflater, and does nothing with it.
fn inflate(archive: &Path, threads: usize) {
    let open = || zip::ZipArchive::new(fs::File::open(archive).expect("an archive")).expect("a zip");
    on_threads(open().len(), threads, || {
        let mut zip = open();
        move |index| {
            std::io::copy(&mut zip.by_index(index).expect("an entry"), &mut std::io::sink()).expect("an entry");
        }
    });
}

/// Has the library read every entry line by line, and does nothing with them.
fn drain(archive: &Archive, threads: usize) {
    let entries: Vec<&str> = archive.entries().collect();
    on_threads(entries.len(), threads, || {
        |index| {
            let entry = entries.get(index).copied().unwrap_or_default();
            archive.lines(entry, |_, _| true).expect("an entry");
        }
    });
}

/// Has each of so many threads begin its work, and then do the next that nobody does yet.
fn on_threads<W: FnMut(usize)>(count: usize, threads: usize, begin: impl Fn() -> W + Sync) {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut work = begin();
        while let Some(index) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|index| *index < count) {
            work(index);
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(worker))));
}

fn analyze(archive: &Archive, threads: usize, further_rules: usize) -> Vec<(&'static str, f64)> {
    let mut knowledge = Knowledge::built_in().expect("the built-in knowledge");
    if further_rules > 0 {
        knowledge.catalogue.add(&[("bench", rules::file(further_rules).as_str())]).expect("rules");
    }
    let Knowledge { catalogue, links, .. } = &knowledge;
    let mut clock = Instant::now();
    let mut peaks = Vec::new();
    let mut lap = || {
        peaks.push(peak());
        std::mem::replace(&mut clock, Instant::now()).elapsed().as_secs_f64()
    };
    let interest = catalogue.interest().expect("patterns");
    let loading = lap();
    let mut evidence = evidence::read(&Inputs::try_from(archive).expect("an archive"), &interest, threads);
    let read = lap();
    signals::add_series_facts(catalogue, &mut evidence);
    let detected = signals::detect(catalogue, &evidence);
    let explained = signals::Explained::new(&evidence, &detected.signals);
    let not_understood = signals::not_understood(&evidence, &detected.claimed, &explained);
    let named_causes = signals::named_causes(&catalogue.phrases, &evidence, &detected.signals);
    let signals = lap();
    let analysis = cascade::analyze(catalogue, links, &evidence, &detected.signals);
    let common = cascade::common(&evidence, &detected.signals, &analysis);
    let cascade = lap();
    let signals_found = detected.signals;
    let analyzed = Analyzed {
        tool: "bench".to_owned(),
        evidence,
        signals: signals_found,
        named_causes,
        not_understood,
        analysis,
        common,
        meanings: Default::default(),
        new_messages: Vec::new(),
        commits: Commits::default(),
        draft: Default::default(),
    };
    let mut written = Counted(0);
    report::json::write(&analyzed, &mut written).expect("nothing can fail");
    let built = lap();
    let Analyzed { evidence, signals: found, not_understood, analysis, .. } = &analyzed;
    let names = ["peak-loading", "peak-read", "peak-signals", "peak-cascade", "peak-report"];
    let mut figures: Vec<(&str, f64)> = names.into_iter().zip(peaks).collect();
    figures.extend([
        ("loading", loading),
        ("read", read),
        ("signals", signals),
        ("cascade", cascade),
        ("report", built),
        ("facts", evidence.facts.len() as f64),
        ("found", found.len() as f64),
        ("not-understood", not_understood.len() as f64),
        ("edges", analysis.edges.len() as f64),
        ("largest", analysis.cascades.iter().map(|one| one.signals.len()).max().unwrap_or_default() as f64),
        ("bytes", written.0 as f64),
    ]);
    figures
}

/// How many bytes were written.
struct Counted(u64);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
