//! The log of a Docker daemon at its debug level, as large as is asked for: the recorded one of `fixtures/docker-lockup`,
//! whose lines from before the daemon was stopped are repeated backwards in time with other ids, and what `show ARCHIVE
//! logs --summary` does with it.

use crate::made::{Entry, Random};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::archive::{Content, Limits, layout};
use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::log_templates::{self, Logs, Summary};
use regex::{Captures, Regex};
use std::fs;
use std::path::Path;
use std::time::Instant;

const RECORDED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/docker-lockup/archive/nodes/node-2/journal/docker.log");
/// When the daemon had started, and when it was stopped, as the header of a line says it.
const STARTED: &str = "Nov 21 15:59:57";
const STOPPED: &str = "Nov 21 16:01:26";
/// The same as a time.
const ONSET: &str = "2026-11-21T16:01:26Z";
/// Seconds between them.
const PERIOD: i64 = 90;

/// The log, of about `bytes`.
pub fn entries(bytes: u64) -> Vec<Entry<'static>> {
    let recorded = fs::read_to_string(RECORDED).expect("the fixture");
    vec![Entry::new(layout::journal("node-2", "docker"), Content::Log, move |write| {
        let usual: Vec<&str> = recorded.lines().filter(|line| (STARTED..STOPPED).contains(line)).collect();
        let size: usize = usual.iter().map(|line| line.len() + 1).sum();
        let room = bytes.saturating_sub(recorded.len() as u64);
        let repeats = i64::try_from(room / size as u64).expect("a size");
        let ids = Regex::new("[0-9a-f]{12,64}").expect("a fixed pattern");
        for number in (1..=repeats).rev() {
            let mut text = String::with_capacity(size);
            for line in &usual {
                text.push_str(&again(line, number, &ids));
                text.push('\n');
            }
            write(&text);
        }
        recorded.lines().for_each(|line| write(&format!("{line}\n")));
    })]
}

/// A line as it would have been so many periods before, with other ids.
fn again(line: &str, number: i64, ids: &Regex) -> String {
    let earlier = TimeDelta::seconds(PERIOD * number);
    let (header, rest) = line.split_at(STARTED.len());
    let at = NaiveDateTime::parse_from_str(&format!("2026 {header}"), "%Y %b %d %H:%M:%S").expect("a time");
    let rest = ids.replace_all(rest, |id: &Captures<'_>| {
        let id = id.get(0).map_or("", |id| id.as_str());
        let seed = u64::from_str_radix(id.get(..12).unwrap_or_default(), 16).unwrap_or_default();
        let fresh = Random::new(seed ^ (number as u64) << 32).next() >> 16;
        format!("{fresh:012x}{}", id.get(12..).unwrap_or_default())
    });
    let said = rest.split_once("time=\"").and_then(|(before, rest)| Some((before, rest.split_once('"')?)));
    let rest = match said {
        Some((before, (time, after))) if time.parse::<DateTime<Utc>>().is_ok() => {
            let time = time.parse::<DateTime<Utc>>().expect("it is one") - earlier;
            format!("{before}time=\"{}\"{after}", time.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true))
        }
        _ => rest.into_owned(),
    };
    format!("{}{rest}", (at - earlier).format("%b %d %H:%M:%S"))
}

/// Does what the command does, and prints on stderr what comes first.
pub fn measure(archive: &Path, threads: usize) -> Vec<(&'static str, f64)> {
    let begun = Instant::now();
    let input = Input::open(archive, Limits::default(), None).expect("an archive");
    let knowledge = Knowledge::built_in().expect("the built-in knowledge");
    analysis::analyze_inputs(Inputs::from(input.clone()), &knowledge, threads).expect("an analysis");
    let analyzed = begun.elapsed().as_secs_f64();
    let inputs = Inputs::from(input);
    let logs = Logs::of(&inputs);
    let chosen: Vec<_> = logs.all.iter().collect();
    let onset = ONSET.parse().ok();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    let mut mined = pool.install(|| log_templates::mine(&logs, &chosen, onset));
    let summary = Summary::new(&mut mined, onset);
    for ranked in summary.ranked.iter().take(4) {
        eprintln!("    {:?} {} {}", ranked.state, ranked.template.count, ranked.template.text);
    }
    let lines = mined.lines() as f64;
    vec![
        ("analyzed", analyzed),
        ("mined", begun.elapsed().as_secs_f64() - analyzed),
        ("lines", lines),
        ("templates", summary.ranked.len() as f64),
    ]
}
