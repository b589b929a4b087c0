//! How much of what really happened an analysis finds, over every fixture, in four gates.
//!
//!     cargo test --test it accuracy                       # compares with docs/accuracy.md
//!     K8SF_BLESS=1 cargo test --test it accuracy          # writes it anew; a figure that falls still fails
//!     K8SF_BLESS=lower cargo test --test it accuracy      # accepts a lower figure, for a reason that the commit gives
//!     K8SF_FIXTURES=node-crash,disk-full cargo test --test it accuracy::what_is_missed -- --nocapture

pub mod altered;
mod mutation;
mod noise;
mod page;
mod quiet;
mod score;
pub mod skewed;
pub mod truth;

use crate::fixture::{self, Family};
use page::Page;

/// The four gates over every fixture, written to docs/accuracy.md and compared with it.
#[test]
fn accuracy() {
    let fixtures = fixture::all();
    let scored =
        fixture::on_threads(fixtures, |fixture| score::score(&fixture.truth, &fixture.report, &fixture.draft()));
    let mutated = fixture::on_threads(fixtures, mutation::without_records);
    let grafted = fixture::on_threads(&noise::fixtures(fixtures), |fixture| noise::grafted(fixture, fixtures));
    let quiet = quiet::claims(fixtures);
    let page = Page::new(fixtures, &scored, &mutated, &grafted, &quiet);
    page.compare();
}

/// What lowers a figure is named, so that whoever works on the analysis reads it in seconds instead of the minutes of the
/// gates: of the fixtures that K8SF_FIXTURES names, or of two small ones.
#[test]
fn what_is_missed_is_named() {
    let names = std::env::var("K8SF_FIXTURES").unwrap_or_else(|_| "conntrack-full,wal-archive-fills-volume".to_owned());
    let names: Vec<&str> = names.split(',').filter(|name| !name.is_empty()).collect();
    let fixtures = fixture::some(|name| names.contains(&name));
    assert_eq!(fixtures.len(), names.len(), "not every one of {names:?} is a fixture");
    let mut all = score::Score::default();
    for fixture in &fixtures {
        let score = score::score(&fixture.truth, &fixture.report, &fixture.draft());
        let is_whole = score.shares().into_iter().all(|share| share.at_least(1.0));
        assert_eq!(score.missed.is_empty(), is_whole, "{}: {:?}", fixture.name, score.missed);
        println!("{}: {}", fixture.name, in_words(&score));
        for line in score.missed.iter().chain(&score.wrong) {
            println!("    {line}");
        }
        if score.impact.part < score.impact.whole {
            impact(fixture).iter().for_each(|line| println!("      {line}"));
        }
        all.add(score);
    }
    println!("all: {}", in_words(&all));
}

fn in_words(score: &score::Score) -> String {
    let named = score::SHARES.iter().zip(score.shares()).map(|(name, share)| format!("{name} {share}"));
    let named: Vec<String> = named.collect();
    format!("{}, said wrongly {}", named.join(", "), score.wrong.len())
}

/// Who was hurt, as it was and as it is told.
fn impact(fixture: &fixture::Fixture) -> Vec<String> {
    let truth = fixture.truth.impact.iter().map(|truth| {
        let [from, to] = [truth.from, truth.to].map(|at| at.map_or("-".to_owned(), |at| at.format("%T").to_string()));
        format!("truth {} {:?} of {:?}, {from} to {to}: {}", truth.entity, truth.count, truth.of, truth.what)
    });
    let told = fixture.report.impact.iter().map(|row| {
        let (to, count) = (row.to.as_deref().unwrap_or("-"), row.subjects.len());
        format!("told  {} {count} {:?} of {:?}, {} to {to}", row.what, row.subjects, row.of, row.from)
    });
    truth.chain(told).collect()
}

/// The clock of a node that was wrong by two minutes: found within two seconds, and the links are those without.
#[test]
fn a_clock_that_was_off_is_found_and_the_story_stays() {
    let fixtures = fixture::all();
    let named = |name: &str| fixtures.iter().find(|fixture| fixture.name == name).expect("a fixture");
    let cases = [("memory-cascade", "node-1"), ("memory-cascade", "node-2"), ("docker-lockup", "node-1")];
    let mut cases: Vec<_> = cases.iter().flat_map(|case| [(case, 120, None), (case, -120, None)]).collect();
    // Set right in the middle of the incident: what it showed before is moved, what it shows since is not.
    cases.push((cases[0].0, -120, Some("2026-11-21T08:05:00Z")));
    cases.push((cases[0].0, 60, Some("2026-11-21T08:05:00Z")));
    let wrong = fixture::on_threads(&cases, |((name, node), seconds, set)| {
        let fixture = named(name);
        let skewed = skewed::Skewed::new(node, *seconds);
        let report = set.map_or_else(|| skewed::Skewed::new(node, *seconds), |set| skewed.set_at(set)).analyze(fixture);
        let clocks = || report.clocks.iter().map(|clock| (clock.node.as_str(), clock.moved_ms));
        let is_found = clocks().all(|(found, moved)| found == *node && (moved - seconds * 1000).abs() <= 2000)
            && clocks().count() == 1;
        let (before, after) = (skewed::story(&fixture.report), skewed::story(&report));
        let mut wrong = Vec::new();
        let is_cited = report.clocks.iter().all(|clock| clock.evidence.len() == 2);
        if !is_found || !is_cited {
            wrong.push(format!("clocks {:?}", report.clocks));
            let steps = report.signals.iter().filter(|signal| signal.signal == "ClockStepped");
            wrong.extend(steps.map(|signal| format!("{} {} {}", signal.title, signal.subject, signal.from)));
        }
        wrong.extend(skewed::moved(&fixture.report, &report));
        wrong.extend(before.difference(&after).map(|edge| format!("gone: {edge}")));
        wrong.extend(after.difference(&before).map(|edge| format!("new: {edge}")));
        wrong.into_iter().map(|what| format!("{name} {node} {seconds} s: {what}")).collect::<Vec<_>>()
    });
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A recording is to be read; one of more than a megabyte says why it is so large.
#[test]
fn recordings_are_small() {
    let mut large = Vec::new();
    for folder in fixture::folders() {
        let archive = folder.join("archive");
        let sizes = altered::files(&archive).into_iter();
        let sizes = sizes.map(|file| archive.join(file).metadata().expect("a file").len());
        let recorded = std::fs::read_to_string(folder.join("recorded.yaml")).unwrap_or_default();
        if sizes.sum::<u64>() > 1 << 20 && !recorded.contains("\nsize: ") {
            large.push(folder);
        }
    }
    assert!(large.is_empty(), "more than a megabyte, and no word why: {large:?}");
}

#[test]
fn every_family_has_fixtures() {
    let folders = fixture::folders();
    for family in [Family::Lab, Family::Made, Family::Healthy, Family::Reports] {
        let count = folders.iter().filter(|folder| fixture::family(folder) == family).count();
        assert!(count >= family.least(), "{count} fixtures of {family:?}");
    }
}

/// Where records of a kind cannot be read, nothing is said not to have been there that they would have shown.
#[test]
fn what_cannot_be_read_proves_no_absence() {
    let fixtures = fixture::all();
    let quiet = fixtures.iter().find(|fixture| fixture.name == "healthy-quiet").expect("a fixture");
    let lacks = |report: &k8s_forensics::report::schema::Report, kind: &str| {
        let harm = report.absences.iter().find(|one| one.what == "harm").expect("a row");
        harm.lacks.iter().any(|lack| format!("{lack}.jsonl") == kind)
    };
    for kind in ["events.jsonl", "endpointslices.discovery.k8s.io.jsonl"] {
        assert!(!lacks(&quiet.report, kind), "{kind}");
        let altered = altered::Altered::of(&quiet.archive());
        for file in altered::files(&quiet.archive()).iter().filter(|file| file.ends_with(kind)) {
            let file = file.to_string_lossy();
            let cut = altered
                .read(&file)
                .lines()
                .map(|line| format!("{}\n", line.get(..line.len() - 40).unwrap_or_default()))
                .collect::<String>();
            altered.write(&file, &cut);
        }
        assert!(lacks(&fixture::analyze(altered.path()), kind), "{kind}");
    }
}
