//! What is kept of the analysis of one cluster, to be compared with those of others: little, and by itself.

use crate::evidence::{Clocks, Published};
use crate::model::{Citation, Moment, Subject, Window};
use crate::report::schema::EvidenceRow;
use crate::report::{Analyzed, names};
use crate::signals::{Role, Signal};
use chrono::{DateTime, Utc};
use core::net::IpAddr;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

/// As many records are cited of a signal.
const RECORDS: usize = 3;

/// As many hosts are kept of what the records of a signal say.
const HOSTS: usize = 16;

/// What the signals of one cluster say that may have to do with another.
#[derive(Debug)]
pub struct Account {
    /// What people call the cluster.
    pub name: String,
    pub window: Window,
    /// What happened there, as its draft is called.
    pub title: String,
    /// How far its clock was ahead of the machine that collected, in milliseconds, at least and at most.
    pub clock_ahead_ms: Option<[i64; 2]>,
    /// The run in which it was collected beside others, by one machine.
    pub(super) run: Option<String>,
    /// Its cascades, and other trouble, in order of time.
    pub(super) troubles: Vec<Trouble>,
    /// The hosts under which it is reached from elsewhere, with the trouble of what answers there.
    pub(super) published: BTreeMap<String, Host>,
    /// The first signals of each cascade, those of the largest first.
    pub(super) starts: Vec<usize>,
}

/// A signal of a cascade, or one that tells of harm or of a call that failed.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub id: String,
    /// The cascade's id, as `c1`.
    pub cascade: Option<String>,
    pub signal: String,
    pub subject: Subject,
    pub title: String,
    pub from: Moment,
    /// None while it goes on.
    pub until: Option<DateTime<Utc>>,
    pub is_change: bool,
    pub tells: Tells,
    /// Hosts that its records name.
    pub hosts: BTreeSet<String>,
    /// Those of them that somebody could not reach, and no word that only looks like one.
    pub called: BTreeSet<String>,
    pub records: Vec<EvidenceRow>,
}

/// Of what a signal tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tells {
    Harm,
    /// What a program could not do, as it says itself.
    FailedWork,
    NoFailure,
}

/// What answers under a host.
#[derive(Clone, Debug)]
pub(super) struct Host {
    pub by: Subject,
    pub services: BTreeSet<Subject>,
    /// The object that says so, the Services and their endpoints: what befalls these befalls every call.
    pub itself: BTreeSet<Subject>,
    pub record: EvidenceRow,
    /// Indexes into the account's troubles.
    pub troubles: Vec<usize>,
}

impl Account {
    /// The account of a cluster that is called `name`.
    pub fn new(name: String, of: &Analyzed) -> Self {
        // The same signal may be of several cascades: the largest, which comes first, is its own.
        let mut cascades = BTreeMap::new();
        let (mut troubles, mut places) = (Vec::new(), BTreeMap::new());
        for (number, cascade) in of.analysis.cascades.iter().enumerate() {
            cascade.signals.iter().for_each(|index| {
                cascades.entry(*index).or_insert(number);
            });
        }
        for (index, signal) in of.signals.iter().enumerate() {
            let cascade = cascades.get(&index).copied();
            if cascade.is_some() || Tells::of(signal) != Tells::NoFailure {
                places.insert(index, troubles.len());
                troubles.push(Trouble::new(of, (cascade, index), signal));
            }
        }
        let firsts = of.analysis.cascades.iter().flat_map(|cascade| &cascade.first);
        let starts = firsts.filter_map(|index| places.get(index).copied()).collect();
        let published = of.evidence.topology.published().iter();
        let published = published.map(|one| (one.host.clone(), Host::new(of, one, &troubles))).collect();
        Self {
            name,
            window: of.evidence.window,
            title: of.title(),
            clock_ahead_ms: Clocks::new(&of.evidence.header.clocks).api_server_ahead_ms(),
            run: of.evidence.header.options.get("side-by-side").and_then(|told| run_of(told)),
            troubles,
            published,
            starts,
        }
    }

    /// The trouble at an index of this account.
    pub(super) fn trouble(&self, index: usize) -> Option<&Trouble> {
        self.troubles.get(index)
    }
}

/// The run that an archive says it is one of several of: behind its number (docs/collect.md, Several clusters at once).
fn run_of(told: &str) -> Option<String> {
    told.split_once(", in the run of ").map(|(_, run)| run.to_owned())
}

impl Tells {
    fn of(signal: &Signal) -> Self {
        match signal {
            _ if signal.is_harm() => Self::Harm,
            _ if signal.has(Role::OwnWords) || signal.has(Role::ErrorLine) => Self::FailedWork,
            _ => Self::NoFailure,
        }
    }
}

impl Trouble {
    /// Whether something failed.
    pub fn fails(&self) -> bool {
        self.tells != Tells::NoFailure
    }

    fn new(of: &Analyzed, (cascade, index): (Option<usize>, usize), signal: &Signal) -> Self {
        let cited: Vec<Citation> = signal.first_and_last().take(RECORDS).collect();
        let records: Vec<EvidenceRow> = cited.iter().map(|one| record(of, *one)).collect();
        let labels = LABELS.iter().flat_map(|label| signal.values(label)).filter_map(host_of);
        let of_words = records.iter().flat_map(|record| hosts_not_reached(&record.text));
        let called: BTreeSet<String> = labels.chain(of_words).take(HOSTS).collect();
        let words = records.iter().flat_map(|record| hosts_in(&record.text)).take(HOSTS);
        Self {
            id: names::signal_id(index),
            cascade: cascade.map(names::cascade_id),
            signal: signal.name.clone(),
            subject: signal.subject.clone(),
            title: signal.title.clone(),
            from: signal.from,
            until: signal.until(),
            is_change: signal.has(Role::Change) || signal.has(Role::Rollout),
            tells: Tells::of(signal),
            hosts: words.chain(called.iter().cloned()).collect(),
            called,
            records,
        }
    }
}

/// The labels of signals that say whom somebody called.
const LABELS: [&str; 3] = ["address", "looked_up", "server"];

impl Host {
    fn new(of: &Analyzed, published: &Published, troubles: &[Trouble]) -> Self {
        let topology = &of.evidence.topology;
        let mut itself = published.services.clone();
        itself.insert(published.by.clone());
        let namespace = |service: &Subject| service.namespace().unwrap_or_default().to_owned();
        let endpoints = |service: &Subject| Subject::namespaced("Endpoints", namespace(service), service.name());
        itself.extend(published.services.iter().map(endpoints));
        let mut answering = itself.clone();
        for service in &published.services {
            answering.extend(topology.workloads_of_service(service).cloned());
            answering.extend(topology.pods_of_service(service).map(|pod| pod.subject()));
        }
        let is_of = |trouble: &Trouble| {
            let pod = names::pod_of(&trouble.subject).map(|(namespace, pod)| Subject::pod(namespace, pod));
            answering.contains(&trouble.subject) || pod.is_some_and(|pod| answering.contains(&pod))
        };
        let troubles = troubles.iter().enumerate().filter(|(_, one)| is_of(one)).map(|(index, _)| index).collect();
        let services = published.services.clone();
        Self { by: published.by.clone(), services, itself, record: record(of, published.citation), troubles }
    }
}

fn record(of: &Analyzed, cited: Citation) -> EvidenceRow {
    let text = of.evidence.quote(cited).text;
    EvidenceRow { entry: Arc::from(of.evidence.path(cited.entry)), line: u64::from(cited.line), text: Arc::from(text) }
}

/// Words behind which programs write the host that they could not reach: net/http and net of Go, as in `Get "https://…": EOF`,
/// `dial tcp HOST:PORT` and `lookup HOST`. A URL alone may stand anywhere, as that of a page with help.
static NOT_REACHED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let methods = "Get|Head|Patch|Post|Put|Delete";
    Regex::new(&format!(r#"(?:\b(?:{methods}) "[a-z]+://|\bdial tcp |\blookup )(?P<host>[A-Za-z0-9.:-]+)"#)).ok()
});

/// The hosts that a text says could not be reached.
fn hosts_not_reached(text: &str) -> impl Iterator<Item = String> {
    let found = NOT_REACHED.as_ref().into_iter().flat_map(move |pattern| pattern.captures_iter(text));
    found.filter_map(|one| host_of(one.name("host")?.as_str()))
}

fn is_of_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':')
}

/// The words of a text that are addresses or host names with a dot in them.
fn hosts_in(text: &str) -> impl Iterator<Item = String> {
    text.split(|c| !is_of_host(c)).filter_map(host_of)
}

/// A host without its port, in lower case; none where the word is no address and has no dot.
fn host_of(word: &str) -> Option<String> {
    let word = word.trim_matches(['.', '-', ':', '[', ']']);
    if word.parse::<IpAddr>().is_ok() {
        return Some(word.to_owned());
    }
    let host = match word.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.trim_end_matches(']'),
        Some(_) => return None,
        None => word,
    };
    let labels = host.split('.');
    let is_name = labels.clone().count() > 1 && labels.clone().all(|label| !label.is_empty() && label.len() < 64);
    let is_dated = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_address = host.parse::<IpAddr>().is_ok();
    (is_address || (is_name && !is_dated && host.len() < 254)).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_what_programs_write() {
        let found = |text| hosts_in(text).collect::<Vec<_>>();
        assert_eq!(found("dial tcp 203.0.113.9:5432: connect: connection refused"), ["203.0.113.9"]);
        assert_eq!(found(r#"Get "https://Db.example.com/v1": EOF"#), ["db.example.com"]);
        assert_eq!(found("host=db.example.com. port=5432"), ["db.example.com"]);
        let not_reached = |text| hosts_not_reached(text).collect::<Vec<_>>();
        assert_eq!(
            not_reached(r#"Head "https://reg.example.com/v2/a": dial tcp: lookup reg.example.com: no such host"#),
            ["reg.example.com"; 2]
        );
        assert_eq!(not_reached("failed, see https://help.example.com/faq"), Vec::<String>::new());
        assert_eq!(found("took 1.5 s at 10:00:02.123 of version v1"), Vec::<String>::new());
    }

    #[test]
    fn the_run_is_read_from_what_the_header_says() {
        let run = run_of("2 of 3, in the run of 2026-11-28T10:00:00.000000001Z");
        assert_eq!(run.as_deref(), Some("2026-11-28T10:00:00.000000001Z"));
        assert_eq!(run_of("2 of 3"), None);
    }
}
