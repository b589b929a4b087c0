//! What crosses clusters: analyses, each of one cluster, beside each other.
//!
//! A cluster's own analysis is not changed by those of others: nodes and pods of two clusters may be called alike. What is
//! kept of each is an [`Account`]; what ties them together are patterns, one file each. An order of times is claimed only as
//! far as the clocks of both were read by one machine, or agree within what their records leave open.

mod account;
mod called;
mod moments;
pub mod page;
mod same_host;
mod same_start;
mod same_time;

pub use account::Account;

use crate::cascade::Grade;
use crate::model::{length, rfc3339};
use crate::report::schema::EvidenceRow;
use account::Trouble;
use moments::Compared;
use serde::Serialize;

/// Something that two clusters or more have to do with each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Crossing {
    /// Which pattern: `called`, `same-start`, `same-host` or `same-time`.
    pub pattern: &'static str,
    /// How sure it is, as of a step of a cascade: `mechanism`, `known` or `order`.
    pub grade: &'static str,
    pub statement: String,
    /// What is seen in each, in the order of the statement.
    pub sides: Vec<Side>,
}

/// What is seen in one cluster.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    pub cluster: String,
    /// The signal's id in the report of that cluster, as `s12`; none of what is no signal.
    pub signal: Option<String>,
    /// The id of its cascade there, as `c1`.
    pub cascade: Option<String>,
    pub says: String,
    /// RFC 3339, UTC, by the clock of its cluster.
    pub from: Option<String>,
    /// The same; none while it goes on.
    pub to: Option<String>,
    pub evidence: Vec<EvidenceRow>,
}

/// What was found of several clusters, for programs.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `k8s-forensics.clusters/1`.
    pub schema: &'static str,
    pub clusters: Vec<ClusterRow>,
    pub crossings: Vec<Crossing>,
}

/// One of the clusters.
#[derive(Debug, Serialize)]
pub struct ClusterRow {
    pub name: String,
    /// The folder of its own report, below that of this file.
    pub report: String,
    /// What happened there, as its draft is called.
    pub title: String,
    pub from: String,
    pub to: String,
    /// How far the clock of its API server was ahead of the machine that collected, in milliseconds, at least and at
    /// most; none where it was not read.
    pub clock_ahead_ms: Option<[i64; 2]>,
}

/// The schema of [`Report`].
pub const SCHEMA: &str = "k8s-forensics.clusters/1";

type Pattern = fn(&[Account], &mut Vec<Crossing>);

/// In order of how sure they are; each sees what those before it found.
const PATTERNS: [Pattern; 4] = [called::find, same_start::find, same_host::find, same_time::find];

/// What crosses the clusters, the surest first.
pub fn find(accounts: &[Account]) -> Vec<Crossing> {
    let mut found = Vec::new();
    PATTERNS.iter().for_each(|pattern| pattern(accounts, &mut found));
    found.sort_by(|a, b| Grade::named(b.grade).cmp(&Grade::named(a.grade)));
    found
}

impl Crossing {
    fn new(pattern: &'static str, grade: Grade, statement: String, sides: Vec<Side>) -> Self {
        Self { pattern, grade: grade.name(), statement, sides }
    }

    /// Whether it has to do with both.
    fn is_of(&self, one: &Account, other: &Account) -> bool {
        [one, other].iter().all(|account| self.sides.iter().any(|side| side.cluster == account.name))
    }
}

impl Side {
    fn of(account: &Account, trouble: &Trouble) -> Self {
        Self {
            cluster: account.name.clone(),
            signal: Some(trouble.id.clone()),
            cascade: trouble.cascade.clone(),
            says: trouble.title.clone(),
            from: Some(rfc3339(trouble.from.time)),
            to: trouble.until.map(rfc3339),
            evidence: trouble.records.clone(),
        }
    }
}

/// What is to be said of the clocks of two clusters where an order of times rests on them.
fn said_of_clocks(one: &Account, other: &Account) -> String {
    match moments::clocks(one, other) {
        Compared::Read(..) => String::new(),
        Compared::Unread => {
            format!(
                " The clocks of {} and {} were not read by one machine: their times may be apart.",
                one.name, other.name
            )
        }
    }
}

/// A length of time as people read it.
fn about(milliseconds: i64) -> String {
    length(chrono::TimeDelta::milliseconds(milliseconds.abs()))
}
