//! docs/accuracy.md: the figures as they are, for people, and as what the next run is held to.

use super::mutation;
use super::noise;
use super::quiet::Quiet;
use super::score::{Score, Share};
use crate::fixture::{Family, Fixture};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A figure may not fall by more than this without a reason.
const MOST_LOST: f64 = 0.02;

pub struct Page {
    text: String,
    /// What the draft says of its grades: grade, right, of.
    calibration: String,
}

const COLUMNS: [&str; 10] = [
    "chain",
    "edges right",
    "edges found",
    "factors",
    "asked",
    "trigger",
    "common",
    "impact",
    "said wrongly",
    "mutation",
];

impl Page {
    pub fn new(
        fixtures: &[Fixture],
        scored: &[Score],
        mutated: &[mutation::Outcome],
        grafted: &[noise::Outcome],
        quiet: &[Quiet],
    ) -> Self {
        let mut page = Self { text: HEAD.to_owned(), calibration: String::new() };
        let rows: Vec<(&Fixture, &Score, &mutation::Outcome)> = fixtures
            .iter()
            .zip(scored)
            .zip(mutated)
            .map(|((fixture, score), outcome)| (fixture, score, outcome))
            .collect();
        page.scenarios(&rows);
        page.scenario_gate(&rows);
        page.calibration(scored);
        page.mutation(&rows);
        page.noise(grafted);
        page.quiet(quiet);
        page.missed(&rows);
        page
    }

    fn scenarios(&mut self, rows: &[(&Fixture, &Score, &mutation::Outcome)]) {
        for family in [Family::Lab, Family::Made, Family::Healthy, Family::Reports] {
            let of_family: Vec<_> = rows.iter().filter(|(fixture, ..)| fixture.family == family).collect();
            if of_family.is_empty() {
                continue;
            }
            let _ = writeln!(self.text, "\n## {}\n\n| fixture | {} |", family.title(), COLUMNS.join(" | "));
            let _ = writeln!(self.text, "|---|{}", "---:|".repeat(COLUMNS.len()));
            let mut total = Sum::default();
            for (fixture, score, outcome) in &of_family {
                let sum = Sum::of(score, outcome);
                total.add(&sum);
                let _ = writeln!(self.text, "| {} | {} |", fixture.name, sum.cells().join(" | "));
            }
            let _ = writeln!(self.text, "| **all** | {} |", total.cells().join(" | "));
        }
    }

    /// Which fixtures reach the targets of a built-in incident, and which do not yet.
    fn scenario_gate(&mut self, rows: &[(&Fixture, &Score, &mutation::Outcome)]) {
        let reaches = |score: &Score| {
            let all = [(score.chain, 0.90), (score.edges_right, 0.92), (score.edges_found, 0.80)];
            let trigger = score.trigger.part == score.trigger.whole;
            score.wrong.is_empty() && trigger && all.iter().all(|(share, least)| share.at_least(*least))
        };
        let names = |wanted: bool| -> String {
            let of = rows.iter().filter(|(_, score, _)| reaches(score) == wanted);
            of.map(|(fixture, ..)| fixture.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let _ = writeln!(
            self.text,
            "\n## Gate: scenario\n\nReached are chain 0.90, edges right 0.92, edges found 0.80, the trigger, and nothing said wrongly, by: {}.\n\nNot yet by: {}.",
            names(true),
            names(false)
        );
    }

    /// Of the edges of each grade that join signals of the truth, how many are right.
    fn calibration(&mut self, scored: &[Score]) {
        let mut grades: BTreeMap<&str, Share> = BTreeMap::new();
        for (grade, share) in scored.iter().flat_map(|score| &score.by_grade) {
            grades.entry(grade).or_default().add(*share);
        }
        self.text.push_str("\n## Calibration\n\nOf the edges that join two signals of a truth, which share is right, by grade, with the 95 % interval (Wilson).\n\n| grade | right | of | share | interval |\n|---|---:|---:|---:|---|\n");
        for grade in ["mechanism", "known", "order"] {
            let share = grades.get(grade).copied().unwrap_or_default();
            let (low, high) = wilson(share);
            let _ = writeln!(self.calibration, "{grade}\t{}\t{}", share.part, share.whole);
            let _ =
                writeln!(self.text, "| {grade} | {} | {} | {share} | {low:.2} to {high:.2} |", share.part, share.whole);
        }
    }

    fn mutation(&mut self, rows: &[(&Fixture, &Score, &mutation::Outcome)]) {
        self.text.push_str(
            "\n## Gate: mutation\n\nClaims that stand when all records they cite are taken away; each is a defect.\n\n",
        );
        for (fixture, _, outcome) in rows.iter().filter(|(.., outcome)| !outcome.stood.is_empty()) {
            for claim in &outcome.stood {
                let _ = writeln!(self.text, "- {}: {}", fixture.name, code(claim));
            }
        }
    }

    fn noise(&mut self, grafted: &[noise::Outcome]) {
        self.text.push_str("\n## Gate: noise\n\nThe same recordings among a healthy cluster ten times over, fifty rollouts and a second failure.\n\n| fixture | edges before | edges after | changed |\n|---|---:|---:|---:|\n");
        for one in grafted {
            let _ = writeln!(self.text, "| {} | {} | {} | {} |", one.name, one.edges.0, one.edges.1, one.changed.len());
        }
        for one in grafted.iter().filter(|one| !one.changed.is_empty()) {
            let _ = writeln!(self.text);
            for change in one.changed.iter().take(12) {
                let _ = writeln!(self.text, "- {}: {}", one.name, code(change));
            }
        }
    }

    fn quiet(&mut self, quiet: &[Quiet]) {
        self.text.push_str("\n## Gate: quiet\n\n| input | claims |\n|---|---:|\n");
        for one in quiet {
            let _ = writeln!(self.text, "| {} | {} |", one.name, one.claims.len());
        }
        for one in quiet.iter().filter(|one| !one.claims.is_empty()) {
            let _ = writeln!(self.text);
            for claim in one.claims.iter().take(12) {
                let _ = writeln!(self.text, "- {}: {}", one.name, code(claim));
            }
        }
    }

    fn missed(&mut self, rows: &[(&Fixture, &Score, &mutation::Outcome)]) {
        self.text.push_str("\n## What is missed, and what is said wrongly\n");
        for (fixture, score, _) in
            rows.iter().filter(|(_, score, _)| !score.missed.is_empty() || !score.wrong.is_empty())
        {
            let _ = writeln!(self.text, "\n### {}\n", fixture.name);
            for wrong in &score.wrong {
                let _ = writeln!(self.text, "- **wrong** {}", code(wrong));
            }
            for missed in &score.missed {
                let _ = writeln!(self.text, "- {}", code(missed));
            }
        }
    }

    /// Fails where the page in docs is another, or where a figure fell.
    pub fn compare(&self) {
        let path = path();
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let bless = std::env::var("K8SF_BLESS").unwrap_or_default();
        let fallen = fallen(&committed, &self.text);
        if bless != "lower" {
            assert!(fallen.is_empty(), "figures fell by more than {MOST_LOST}:\n{}", fallen.join("\n"));
        }
        if !bless.is_empty() {
            std::fs::write(&path, &self.text).expect("docs/accuracy.md");
            std::fs::write(calibration_path(), &self.calibration).expect("the calibration");
        } else {
            let calibration = std::fs::read_to_string(calibration_path()).expect("the calibration");
            assert!(
                calibration == self.calibration,
                "the draft says of its grades: {calibration}, measured is {}",
                self.calibration
            );
            let differing = self.text.lines().zip(committed.lines()).find(|(new, old)| new != old);
            assert!(
                self.text == committed,
                "docs/accuracy.md is not what this analysis gives: {differing:?}. K8SF_BLESS=1 writes it"
            );
        }
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/accuracy.md")
}

fn calibration_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/calibration.tsv")
}

/// What a row adds up.
#[derive(Default)]
struct Sum {
    shares: [Share; 8],
    wrong: usize,
    mutation: Share,
}

impl Sum {
    fn of(score: &Score, outcome: &mutation::Outcome) -> Self {
        let Score { chain, edges_right, edges_found, factors, asked, trigger, common, impact, .. } = score;
        let shares = [chain, edges_right, edges_found, factors, asked, trigger, common, impact].map(|share| *share);
        Self { shares, wrong: score.wrong.len(), mutation: outcome.fell }
    }

    fn add(&mut self, other: &Self) {
        self.shares.iter_mut().zip(other.shares).for_each(|(sum, share)| sum.add(share));
        self.wrong += other.wrong;
        self.mutation.add(other.mutation);
    }

    fn cells(&self) -> Vec<String> {
        let mut cells: Vec<String> = self.shares.iter().map(ToString::to_string).collect();
        cells.push(self.wrong.to_string());
        cells.push(self.mutation.to_string());
        cells
    }
}

/// The 95 % interval of a share (Wilson, 1927).
fn wilson(share: Share) -> (f64, f64) {
    if share.whole == 0 {
        return (0.0, 1.0);
    }
    let (n, z) = (share.whole as f64, 1.96_f64);
    let p = share.part as f64 / n;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// Figures that are worse than in the committed page: of what is said wrongly, changed by noise or claimed of quiet
/// inputs, there may not be more; of all else, not less.
fn fallen(committed: &str, now: &str) -> Vec<String> {
    let (before, after) = (figures(committed), figures(now));
    let mut found = Vec::new();
    // The sums fall with every new fixture that is hard.
    for ((name, column), old) in before.iter().filter(|((name, _), _)| !name.ends_with("**all**")) {
        let Some(new) = after.get(&(name.clone(), column.clone())) else { continue };
        let lost = if FAULTS.contains(&column.as_str()) { new - old } else { old - new };
        if lost > MOST_LOST {
            found.push(format!("{name}: {column} {old:.2} -> {new:.2}"));
        }
    }
    found
}

/// Columns that count what should not be.
const FAULTS: [&str; 3] = ["changed", "claims", "said wrongly"];

/// The tables of the page: fixture and column to figure.
fn figures(page: &str) -> BTreeMap<(String, String), f64> {
    let mut found = BTreeMap::new();
    let mut family = String::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            family = title.to_owned();
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let columns: &[&str] = match family.as_str() {
            "Gate: noise" => &["edges before", "edges after", "changed"],
            "Gate: quiet" => &["claims"],
            _ => &COLUMNS,
        };
        if cells.len() == columns.len() + 1 {
            for (column, cell) in columns.iter().zip(&cells[1..]) {
                if let Ok(figure) = cell.parse() {
                    found.insert((format!("{family}, {}", cells[0]), (*column).to_owned()), figure);
                }
            }
        }
    }
    found
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

const HEAD: &str = "# Accuracy\n
How much of what really happened `analyze` finds, measured on recordings of real incidents on a real cluster, on small inputs rebuilt from public reports, and on clusters in which nothing failed. This page is written by `K8SF_BLESS=1 cargo test --test it accuracy` and checked by every test run; a figure that falls by more than 0.02 fails it.\n
What is true of each fixture stands in its `truth.yaml`, written by hand from the records, before any analysis of it was looked at.\n
- **chain**: signals of the truth that are found, on the right object and in their time.
- **edges right**: of the claimed edges between two signals of the truth, those that are true; **edges found**: of the true edges, those that are claimed.
- **factors**: contributing factors that records can show, by class and object; **asked**: factors that only people can tell of, and for which a question is asked.
- **trigger**: whether the factor of that class names what was done. **common**: what the failing share and the healthy do not, as the finding's own attribute or one that its sentence says cannot be told apart from it. **impact**: who was hurt, how many of how many, from when to when.
- **said wrongly**: statements that the truth says are not so.
- **mutation**: claims that fall, or a grade lower, when the records that they cite are taken away.
- `-`: the truth has none of it.
";
