//! How fast `analyze` is and how much memory it needs, on made-up archives, beside `unzip -tq` of the same file, in one
//! run on one machine.
//!
//!     cargo bench --bench analyze                          everything: 10 minutes, half a GB of disk
//!     cargo bench --bench analyze -- growth [--events 16000]
//!     cargo bench --bench analyze -- speed [--size 256MB] [--events 4000]
//!     cargo bench --bench analyze -- one-entry rules memory summary [--size 256MB]
//!
//! `growth`: incidents that cascade, from 2,000 events to 128,000 (or `--events`), each twice the one before, and the
//! time of each room; once with more workloads over more time, once with more pods of the same in the same time.
//! `speed`: `--size` (1GB) of logs and journals with `--events` (100000) events and 5,000 series, then the events alone.
//! `one-entry`: the same logs in one entry. `rules`: the same as `speed` with 500 further rules. `memory`: 64 MB of which
//! a rule matches every line. `summary`: 128 MB of a Docker daemon's log, as `show ARCHIVE logs --summary` reads it.
//!
//! `--threads` (2), `--runs` (3): of each time the shortest is taken, for what else runs on a machine only ever adds to
//! it. `--folder DIR`: the archives are made there and stay. Each measurement is a process of its own. Linux; needs unzip.

#![expect(clippy::print_stdout, clippy::panic, reason = "a bench prints its figures")]

mod child;
mod incident;
mod lines;
mod logs;
mod made;
mod objects;
mod rules;
mod series;
mod summary;

use child::{CHILD, Figures, measure, timed};
use incident::Workloads;
use std::path::{Path, PathBuf};
use std::process::Command;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SERIES: usize = 5000;
const FURTHER_RULES: usize = 500;
const MATCHED_BYTES: u64 = 64_000_000;
const SUMMARY_BYTES: u64 = 128_000_000;
const SECTIONS: [&str; 6] = ["growth", "speed", "one-entry", "rules", "memory", "summary"];
/// Incidents of `growth`.
const SMALLEST: usize = 2000;
const LARGEST: usize = 128_000;

fn main() {
    // Cargo adds --bench.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let Some((_, rest)) = args.split_first().filter(|(first, _)| *first == CHILD) {
        return child::run(rest);
    }
    let home = tempfile::tempdir().expect("a folder");
    let bench = Bench::new(&args, home.path());
    if bench.has("growth") {
        bench.growth(Workloads::Many);
        bench.growth(Workloads::Few);
    }
    if bench.has("speed") || bench.has("rules") {
        bench.speed();
    }
    if bench.has("one-entry") {
        bench.one_entry();
    }
    if bench.has("memory") {
        bench.memory();
    }
    if bench.has("summary") {
        bench.summary();
    }
}

/// What was asked for.
struct Bench {
    home: PathBuf,
    sections: Vec<String>,
    bytes: u64,
    events: Option<usize>,
    threads: usize,
    runs: usize,
}

impl Bench {
    fn new(args: &[String], home: &Path) -> Self {
        let home = home.to_owned();
        let mut bench = Self { home, sections: Vec::new(), bytes: 1_000_000_000, events: None, threads: 2, runs: 3 };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut number = || args.next().and_then(|text| text.parse().ok()).expect("a number after an option");
            match arg.as_str() {
                "--events" => bench.events = Some(number()),
                "--folder" => bench.home = args.next().expect("a folder after --folder").into(),
                "--threads" => bench.threads = number(),
                "--runs" => bench.runs = number(),
                "--size" => {
                    let size = args.next().and_then(|text| text.parse::<bytesize::ByteSize>().ok());
                    bench.bytes = size.expect("a size after --size, as 256MB").as_u64();
                }
                section if SECTIONS.contains(&section) => bench.sections.push(section.to_owned()),
                other => panic!("{other} is none of {SECTIONS:?}, --events, --folder, --runs, --size and --threads"),
            }
        }
        bench
    }

    fn has(&self, section: &str) -> bool {
        self.sections.is_empty() || self.sections.iter().any(|one| one == section)
    }

    /// Makes an archive.
    fn made(&self, name: &str, entries: &[made::Entry<'_>]) -> PathBuf {
        let path = self.home.join(format!("{name}.zip"));
        made::archive(&path, entries, self.threads);
        path
    }

    /// The shortest of some runs.
    fn shortest(&self, mut run: impl FnMut() -> Figures) -> Figures {
        let runs = (0..self.runs.max(1)).map(|_| run());
        runs.min_by(|a, b| of(a, "wall").total_cmp(&of(b, "wall"))).unwrap_or_default()
    }

    fn analyzed(&self, archive: &Path) -> Figures {
        self.shortest(|| measure("analyze", archive, self.threads, 0))
    }

    fn unzipped(&self, archive: &Path) -> Figures {
        self.shortest(|| timed(Command::new("unzip").arg("-tq").arg(archive).stdout(std::process::Stdio::null())))
    }

    fn growth(&self, workloads: Workloads) {
        let which = if workloads == Workloads::Many {
            "more workloads, over more time"
        } else {
            "more pods of eight workloads, in half an hour"
        };
        println!("growth, {which}: each doubling of the events at most 2.2 times the time");
        println!("  events  signals    edges  largest     read  signals  cascade   report    whole  ratio     peak");
        let sizes = std::iter::successors(Some(SMALLEST), |events| Some(events * 2));
        let mut before: Option<f64> = None;
        for events in sizes.take_while(|events| *events <= self.events.unwrap_or(LARGEST)) {
            let archive = self.made("growth", &incident::entries(events, workloads));
            let figures = self.analyzed(&archive);
            let whole = rooms(&figures);
            let ratio = before.map_or_else(String::new, |before| format!("{:.2}", whole / before));
            println!(
                "{events:>8} {:>8} {:>8} {:>8} {:>7.2}s {:>7.2}s {:>7.2}s {:>7.2}s {whole:>7.2}s {ratio:>6} {:>5.0} MB",
                of(&figures, "found"),
                of(&figures, "edges"),
                of(&figures, "largest"),
                of(&figures, "read"),
                of(&figures, "signals"),
                of(&figures, "cascade"),
                of(&figures, "report"),
                megabytes(&figures)
            );
            before = Some(whole);
        }
    }

    fn speed(&self) {
        let events = self.events.unwrap_or(100_000);
        let mut entries = logs::nodes(self.bytes);
        entries.extend(incident::entries(events, Workloads::Many));
        entries.extend(series::entries(SERIES));
        let archive = self.made("speed", &entries);
        println!("speed: logs and journals, {events} events, {SERIES} series: at most 0.45 of unzip, at most 256 MB");
        let unzip = self.beside_unzip(&archive);
        if self.has("rules") {
            self.rules(&archive);
        }
        if self.has("speed") {
            let alone = self.made("events", &incident::entries(events, Workloads::Many));
            let figures = self.analyzed(&alone);
            let (whole, unzip) = (rooms(&figures), of(&unzip, "wall"));
            println!(
                "  {events} events alone, {} signals: {whole:.2} s, {:.3} of unzip of the logs (at most 0.3); cascade {:.2} s, {:.3} (at most half of that)",
                of(&figures, "found"),
                whole / unzip,
                of(&figures, "cascade"),
                of(&figures, "cascade") / unzip
            );
        }
    }

    fn one_entry(&self) {
        let archive = self.made("one-entry", &logs::one_entry(self.bytes));
        println!("one entry: the same logs in the log of one container: at most 0.8 of unzip");
        self.beside_unzip(&archive);
    }

    fn memory(&self) {
        let archive = self.made("memory", &logs::all_matched(MATCHED_BYTES));
        println!("memory: 64 MB of which a rule matches every line: at most 200 MB");
        let figures = self.analyzed(&archive);
        analysis(&figures, None);
    }

    fn summary(&self) {
        let archive = self.made("summary", &summary::entries(SUMMARY_BYTES));
        println!(
            "summary: 128 MB of a Docker daemon's log: at most 3 s, 200 MB and the first of 60 templates abnormal"
        );
        let figures = self.shortest(|| measure("summary", &archive, self.threads, 0));
        row("show logs --summary", &figures, None);
        let seconds = ["analyzed", "mined"].map(|name| format!("{name} {:.2} s", of(&figures, name)));
        let counts = ["lines", "templates"].map(|name| format!("{name} {}", of(&figures, name)));
        println!("    {}; {}", seconds.join(", "), counts.join(", "));
    }

    /// Further rules against none, in turn.
    fn rules(&self, archive: &Path) {
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..self.runs.max(1) {
            without.push(measure("analyze", archive, self.threads, 0));
            with.push(measure("analyze", archive, self.threads, FURTHER_RULES));
        }
        let least = |runs: &[Figures], name: &str| runs.iter().map(|run| of(run, name)).fold(f64::INFINITY, f64::min);
        for name in ["wall", "processor", "loading", "read", "signals"] {
            let (without, with) = (least(&without, name), least(&with, name));
            println!(
                "  {FURTHER_RULES} further rules, {name}: {with:.2} s, without {without:.2} s: {:.3} times",
                with / without
            );
        }
        println!("  (at most 1.1 times the wall time)");
    }

    /// What unzip takes, what inflating takes, what we take.
    fn beside_unzip(&self, archive: &Path) -> Figures {
        let size = std::fs::metadata(archive).expect("an archive").len() as f64;
        println!("  {:.1} MB packed, {:.1} to 1", size / 1e6, self.bytes as f64 / size);
        let unzip = self.unzipped(archive);
        row("unzip -tq", &unzip, None);
        for (what, name) in [("inflate", "inflating alone"), ("drain", "reading lines alone")] {
            row(name, &self.shortest(|| measure(what, archive, self.threads, 0)), Some(&unzip));
        }
        analysis(&self.analyzed(archive), Some(&unzip));
        unzip
    }
}

/// One line of a table: a program's times and memory, beside unzip's.
fn row(name: &str, figures: &Figures, unzip: Option<&Figures>) {
    let (wall, processor) = (of(figures, "wall"), of(figures, "processor"));
    let peak = figures.get("peak").map_or_else(String::new, |_| format!(", peak {:.0} MB", megabytes(figures)));
    let ratio = unzip.map_or_else(String::new, |unzip| format!(", {:.3} of unzip", wall / of(unzip, "wall")));
    println!("  {name:<20} {wall:>7.2} s{ratio}; processor {processor:.2} s{peak}");
}

fn analysis(figures: &Figures, unzip: Option<&Figures>) {
    row("analyze", figures, unzip);
    let rooms = ["loading", "read", "signals", "cascade", "report"];
    let rooms: Vec<String> = rooms.iter().map(|name| format!("{name} {:.2} s", of(figures, name))).collect();
    let counts = ["facts", "found", "not-understood", "edges", "bytes"];
    let counts: Vec<String> = counts.iter().map(|name| format!("{name} {}", of(figures, name))).collect();
    println!("    {}", rooms.join(", "));
    println!("    {}", counts.join(", "));
}

fn of(figures: &Figures, name: &str) -> f64 {
    figures.get(name).copied().unwrap_or_default()
}

/// Seconds of all rooms, without loading what is known.
fn rooms(figures: &Figures) -> f64 {
    ["read", "signals", "cascade", "report"].iter().map(|name| of(figures, name)).sum()
}

fn megabytes(figures: &Figures) -> f64 {
    of(figures, "peak") / 1e3
}
