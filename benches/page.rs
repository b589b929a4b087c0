//! How large `timeline.html` is and how much work a frame of panning is on the main thread of a browser, on made-up
//! incidents. Needs chromium.
//!
//!     cargo bench --bench page                                  some minutes
//!     cargo bench --bench page -- --events 12000                one size
//!     cargo bench --bench page -- --file timeline.html          a page that is there
//!
//! Of 12,000 events come 5,000 intervals on the page, of 120,000 ten times as many; 200,000 is what 25 MB are to hold. Each
//! page is panned as it opens, with all its lanes unfolded, and
//! with a mark chosen: `median` and `p95` are the script's own work for a frame, `tasks` is all that the main thread did
//! for one, with style, layout and painting, by the browser's count of the processor's time. `--folder DIR`: the pages stay there.

#![expect(clippy::print_stdout, clippy::panic, reason = "a bench prints its figures")]
#![expect(clippy::indexing_slicing, reason = "JSON that lacks a field answers null")]

#[path = "../tests/it/page/browser.rs"]
#[expect(dead_code, reason = "the tests do more with a page")]
mod browser;
#[path = "analyze/incident.rs"]
#[expect(dead_code, reason = "another bench makes incidents of few workloads too")]
mod incident;
#[path = "analyze/made.rs"]
#[expect(dead_code, reason = "the bench of analyses makes more up")]
mod made;
#[path = "analyze/objects.rs"]
mod objects;

use browser::Browser;
use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::archive::Archive;
use k8s_forensics::report::ALL;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Events, the most bytes that the page may have, and the most milliseconds for a frame.
const SIZES: [(usize, usize, Option<f64>); 3] =
    [(12_000, 5_000_000, Some(8.0)), (120_000, usize::MAX, Some(16.0)), (200_000, 25_000_000, None)];
const THREADS: usize = 2;

/// Pans by keys: what the script did for a frame, in milliseconds, the median and the 95th of a hundred.
const SCRIPT: &str = "(() => { const took = [];
    for (let number = 0; number < 200; number += 1) {
      const key = new KeyboardEvent('keydown', { key: (number >> 2) % 2 ? 'a' : 'd', bubbles: true });
      const began = performance.now(); document.dispatchEvent(key); timeline.frame();
      took.push(performance.now() - began);
    }
    took.sort((a, b) => a - b); return [took[100], took[190]]; })()";

/// The same, with each frame drawn by the browser.
const FRAMES: &str = "(async () => {
    for (let number = 0; number < 200; number += 1) {
      const key = new KeyboardEvent('keydown', { key: (number >> 2) % 2 ? 'a' : 'd', bubbles: true });
      document.dispatchEvent(key);
      await new Promise((done) => requestAnimationFrame(done));
    } })()";

fn main() {
    // Cargo adds --bench.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let home = tempfile::tempdir().expect("a folder");
    let (mut folder, mut events, mut file) = (home.path().to_owned(), None, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut next = || args.next().unwrap_or_else(|| panic!("something after {arg}"));
        match arg.as_str() {
            "--folder" => folder = PathBuf::from(next()),
            "--events" => events = Some(next().parse().expect("a number after --events")),
            "--file" => file = Some(PathBuf::from(next())),
            other => panic!("{other} is none of --events, --file and --folder"),
        }
    }
    println!("  events  intervals      bytes  at most  shown      median ms  p95 ms  tasks ms  at most");
    if let Some(file) = file {
        let file = std::fs::canonicalize(file).expect("a page");
        return tell(0, &file, usize::MAX, None);
    }
    let sizes: Vec<_> = match events {
        Some(events) => vec![SIZES.into_iter().find(|one| one.0 == events).unwrap_or((events, usize::MAX, None))],
        None => SIZES.to_vec(),
    };
    for (events, bytes, ms) in sizes {
        tell(events, &page(&folder, events), bytes, ms);
    }
}

/// The page of an incident of so many events.
fn page(folder: &Path, events: usize) -> PathBuf {
    let archive = folder.join(format!("page-{events}.zip"));
    made::archive(&archive, &incident::entries(events, incident::Workloads::Many), THREADS);
    let knowledge = Knowledge::built_in().expect("the built-in knowledge");
    let archive = Archive::open(&archive).expect("an archive");
    let analyzed = analysis::analyze(&archive, &knowledge, THREADS).expect("an analysis");
    let page = folder.join(format!("page-{events}.html"));
    let mut bytes = Vec::new();
    let writer = ALL.iter().find(|one| one.file == "timeline.html").expect("the page");
    (writer.write)(&analyzed, &mut bytes).expect("memory to write to");
    std::fs::write(&page, bytes).expect("a page");
    page
}

/// Prints what a page is and costs.
fn tell(events: usize, page: &Path, most_bytes: usize, most_ms: Option<f64>) {
    let bytes = std::fs::metadata(page).expect("a page").len();
    let mut browser = Browser::open(1440, 900).expect("chromium");
    browser.call("Performance.enable", &json!({"timeDomain": "threadTicks"}));
    let at_most = |limit: Option<String>| limit.unwrap_or_else(|| "-".to_owned());
    for (shown, act) in [
        ("opened", "document.getElementById('zoom-in').click()"),
        ("unfolded", "document.getElementById('unfold').click()"),
        ("chosen", "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', bubbles: true }))"),
    ] {
        if shown == "opened" {
            browser.go(page, "");
        }
        browser.ask(act);
        browser.frame();
        let took = browser.ask(SCRIPT);
        browser.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
        let before = tasks(&mut browser);
        browser.ask(FRAMES);
        let tasks = (tasks(&mut browser) - before) * 1000.0 / 200.0;
        let intervals = browser.ask("timeline.size()").as_u64().unwrap_or_default();
        let [median, p95] = [0, 1].map(|place| took[place].as_f64().unwrap_or_default());
        let limit = at_most((most_bytes < usize::MAX).then(|| format!("{} MB", most_bytes / 1_000_000)));
        let ms = at_most(most_ms.map(|ms| format!("{ms} ms")));
        println!(
            "{events:>8}  {intervals:>9}  {bytes:>9}  {limit:>7}  {shown:<9}  {median:>9.2}  {p95:>6.2}  {tasks:>8.2}  {ms:>7}"
        );
    }
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

/// Seconds of the processor's time that the main thread has worked.
fn tasks(browser: &mut Browser) -> f64 {
    let all = browser.call("Performance.getMetrics", &json!({}));
    let all = all["metrics"].as_array().cloned().unwrap_or_default();
    all.iter().find(|one| one["name"] == "TaskDuration").and_then(|one| one["value"].as_f64()).unwrap_or_default()
}
