//! Why a node was not ready, row by row: what speaks for each thing that could have kept it, what shows that it was well,
//! or which record is missing. The rows are data, `node_checklist.yaml`.
//!
//! A row speaks for itself only with a record, and against only with one, too. Where neither is there it is not recorded,
//! and nothing about the cause is certain.

use super::Numbered;
use super::checklist_rows::{CheckRule, Checklist};
use crate::evidence::{Activity, Evidence, Record};
use crate::model::{Citation, Subject};
use crate::report::Analyzed;
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// One time that a node was not ready.
pub struct NodeChecklist<'a> {
    pub node: &'a Subject,
    pub from: DateTime<Utc>,
    /// None while it went on at the end of the window.
    pub to: Option<DateTime<Utc>>,
    pub signals: Vec<usize>,
    pub rows: Vec<Checked>,
}

/// What the records say of one row.
pub struct Checked {
    pub id: String,
    pub what: String,
    /// Where it is known from.
    pub source: String,
    pub verdict: Verdict,
    pub why: String,
    pub signals: Vec<usize>,
    pub evidence: Vec<Citation>,
}

/// On which side the records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    For,
    Against,
    NotRecorded,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Self::For => "for",
            Self::Against => "against",
            Self::NotRecorded => "not recorded",
        }
    }
}

/// How long before a node is marked what led to it may have ended: the node controller waits 40 to 50 seconds for a
/// heartbeat (node-monitor-grace-period), the kubelet three minutes for news of its containers, which it says itself.
const LEAD: TimeDelta = TimeDelta::minutes(2);
/// Nodes that turn not ready so closely share a cause (research on the node controller's zones counts by the minute).
const TOGETHER: TimeDelta = TimeDelta::minutes(1);
/// Times are recorded in whole seconds, and looked for every five (node-monitor-period).
const SLACK: TimeDelta = TimeDelta::seconds(5);
/// Records that are cited for one row.
const MOST_CITED: usize = 4;
/// Checklists of one report: the first of them, in order of time.
const MOST: usize = 500;

/// The checklists of all nodes that were not ready, in order of time.
pub fn all(of: &Analyzed) -> Vec<NodeChecklist<'_>> {
    let unready: Vec<Numbered> =
        Numbered::all(&of.signals).filter(|one| one.has(Role::NodeUnready) && one.subject.is("Node")).collect();
    if unready.is_empty() {
        return Vec::new();
    }
    let known = Known::new(of, &unready);
    let rules = Checklist::built_in();
    let mut spans = spans(&unready);
    spans.sort_by(|a, b| (a.from, a.node).cmp(&(b.from, b.node)));
    spans.truncate(MOST);
    for span in &mut spans {
        span.rows = rules.rows.iter().map(|rule| known.check(rule, span)).collect();
    }
    spans
}

/// Each node's signals of not being ready, those that overlap together.
fn spans<'a>(unready: &[Numbered<'a>]) -> Vec<NodeChecklist<'a>> {
    let mut spans: Vec<NodeChecklist> = Vec::new();
    let mut last: BTreeMap<&Subject, usize> = BTreeMap::new();
    for one in unready {
        let until = one.signal.until();
        let open = last.get(&one.signal.subject).and_then(|place| spans.get_mut(*place));
        match open.filter(|span| span.to.is_none_or(|to| one.from.time <= to + SLACK)) {
            Some(span) => {
                span.to = span.to.zip(until).map(|(a, b)| a.max(b));
                span.signals.push(one.index);
            }
            None => {
                last.insert(&one.signal.subject, spans.len());
                let (node, from) = (&one.signal.subject, one.from.time);
                spans.push(NodeChecklist { node, from, to: until, signals: vec![one.index], rows: Vec::new() });
            }
        }
    }
    spans
}

/// When something was so on each node, and where that stands.
type ByNode<'a> = BTreeMap<&'a str, (DateTime<Utc>, Citation)>;

/// What is asked again and again.
struct Known<'a> {
    evidence: &'a Evidence,
    of_node: BTreeMap<&'a str, Vec<Numbered<'a>>>,
    by_name: BTreeMap<&'a str, Vec<Numbered<'a>>>,
    unready: Vec<Numbered<'a>>,
    /// When a condition of a node took a status, by condition and status, then by node.
    conditions: BTreeMap<(&'a str, &'a str), ByNode<'a>>,
}

impl<'a> Known<'a> {
    fn new(of: &'a Analyzed, unready: &[Numbered<'a>]) -> Self {
        let mut of_node: BTreeMap<&str, Vec<Numbered>> = BTreeMap::new();
        let mut by_name: BTreeMap<&str, Vec<Numbered>> = BTreeMap::new();
        for one in Numbered::all(&of.signals) {
            let signal = one.signal;
            let node = if signal.subject.is("Node") { Some(signal.subject.name()) } else { None };
            if let Some(node) = node {
                of_node.entry(node).or_default().push(one);
            }
            by_name.entry(signal.name.as_str()).or_default().push(one);
        }
        let mut conditions: BTreeMap<_, ByNode<'a>> = BTreeMap::new();
        for fact in of.evidence.facts.iter().filter(|fact| fact.subject.is("Node")) {
            if let Record::Condition { condition, status, .. } = fact.record {
                let nodes = conditions.entry((condition, status)).or_default();
                nodes.insert(fact.subject.name(), (fact.at.time, fact.citation));
            }
        }
        Self { evidence: &of.evidence, of_node, by_name, unready: unready.to_vec(), conditions }
    }

    fn check(&self, rule: &CheckRule, span: &NodeChecklist<'_>) -> Checked {
        let speaking = self.speaking(rule, span);
        let (verdict, why, signals, evidence) = if !speaking.is_empty() {
            let titles: Vec<&str> = speaking.iter().map(|one| one.title.as_str()).collect();
            let cited = speaking.iter().filter_map(|one| one.evidence.first().copied()).take(MOST_CITED).collect();
            let more = titles.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            let said = titles.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join("; ");
            (Verdict::For, said + &more, speaking.iter().map(|one| one.index).collect(), cited)
        } else if let Some((why, cited)) = self.silence(rule, span) {
            (Verdict::For, why, Vec::new(), cited)
        } else if let Some((why, cited)) = self.well(rule, span) {
            (Verdict::Against, why, Vec::new(), cited)
        } else {
            (Verdict::NotRecorded, self.missing(rule, span), Vec::new(), Vec::new())
        };
        let (id, what, source) = (rule.id.clone(), rule.what.clone(), rule.source.clone());
        Checked { id, what, source, verdict, why, signals, evidence }
    }

    /// The signals that speak for a row, in order of time.
    fn speaking(&self, rule: &CheckRule, span: &NodeChecklist<'_>) -> Vec<Numbered<'a>> {
        let named = |one: &&Numbered| {
            let bears = |wanted: &String| one.label("shortage") == Some(wanted.as_str());
            rule.signals.iter().any(|name| *name == one.name) || rule.shortage.as_ref().is_some_and(bears)
        };
        let of_node = self.of_node.get(span.node.name()).into_iter().flatten().filter(named);
        let lead = rule.lead_s.map_or(LEAD, |seconds| TimeDelta::seconds(seconds.into()));
        let anywhere = rule.anywhere.iter().filter_map(|name| self.by_name.get(name.as_str())).flatten();
        let mut found: Vec<Numbered> =
            of_node.chain(anywhere).filter(|one| is_before(one, span, lead)).copied().collect();
        if rule.many {
            let together =
                |one: &&Numbered| one.signal.subject != *span.node && (one.from.time - span.from).abs() <= TOGETHER;
            let mut seen = std::collections::BTreeSet::new();
            let others = self.unready.iter().filter(together).filter(|one| seen.insert(&one.signal.subject));
            found.extend(others.copied());
        }
        found.sort_by_key(|one| (one.from.time, one.index));
        found
    }

    /// Journals of the node, of one class or of any.
    fn journals(&self, span: &NodeChecklist<'_>, class: &str) -> impl Iterator<Item = &'a Activity> {
        let (node, class) = (span.node.clone(), class.to_owned());
        let of = move |one: &&Activity| one.subject == node && (class == "any" || one.is_of_class(&class));
        self.evidence.activities.iter().filter(of)
    }

    /// A journal that is silent from before the node was marked until after, while another is written: not the machine,
    /// the program.
    fn silence(&self, rule: &CheckRule, span: &NodeChecklist<'_>) -> Option<(String, Vec<Citation>)> {
        let class = rule.silent.as_deref()?;
        let silent = self.journals(span, class).find_map(|journal| {
            journal.asked?;
            let [Some(before), Some(after)] = journal.silence_at(span.from)? else { return None };
            is_silent(journal, span.from).then_some((journal, before, after))
        })?;
        let (journal, before, after) = silent;
        let others = self.journals(span, "any").filter(|other| other.writer != journal.writer);
        let spoke = others.filter_map(|other| {
            let line = line_within(other, before.at.time, after.at.time)?;
            Some((other, line))
        });
        let (other, line) = { spoke }.next()?;
        let length = crate::model::length(after.at.time - before.at.time);
        let why = format!("{} wrote nothing for {length}, while {} wrote", journal.writer, other.writer);
        Some((why, vec![before.citation, after.citation, line]))
    }

    /// What shows that it was well.
    fn well(&self, rule: &CheckRule, span: &NodeChecklist<'_>) -> Option<(String, Vec<Citation>)> {
        let by_condition = rule.well.condition.as_deref().and_then(|condition| self.condition_held(condition, span));
        let by_journal = || self.journal_says_nothing(rule.well.journal.as_deref()?, span);
        let by_others = || rule.well.others.then(|| self.others_ready(span)).flatten();
        by_condition.or_else(by_journal).or_else(by_others)
    }

    fn condition_held(&self, condition: &str, span: &NodeChecklist<'_>) -> Option<(String, Vec<Citation>)> {
        let (since, citation) = *self.conditions.get(&(condition, "False"))?.get(span.node.name())?;
        (since <= span.from - LEAD)
            .then(|| (format!("{condition} was False from before until the archive was made"), vec![citation]))
    }

    /// A journal that came whole, from before until after, was written meanwhile and has nothing of it.
    fn journal_says_nothing(&self, class: &str, span: &NodeChecklist<'_>) -> Option<(String, Vec<Citation>)> {
        let until = span.to.unwrap_or(self.evidence.window.to);
        self.journals(span, class).find_map(|journal| {
            journal.asked?;
            if journal.first.at.time > span.from - TOGETHER {
                return None;
            }
            let written = match journal.is_of_class(QUIET) {
                // That it says nothing is no news, as long as the machine wrote anything at all.
                true => self.journals(span, "any").find_map(|any| line_within(any, span.from - TOGETHER, until))?,
                false if is_silent(journal, span.from) => return None,
                false => line_within(journal, span.from - TOGETHER, until)?,
            };
            let nothing =
                if class == "any" { "was written meanwhile" } else { "was written meanwhile, and says nothing of it" };
            Some((format!("the journal of {} {nothing}", journal.writer), vec![written]))
        })
    }

    /// Every other node was ready since before, and there is one.
    fn others_ready(&self, span: &NodeChecklist<'_>) -> Option<(String, Vec<Citation>)> {
        let until = span.to.unwrap_or(self.evidence.window.to);
        let hurt = |one: &Numbered| {
            one.signal.subject != *span.node && one.from.time <= until && one.signal.last_seen() >= span.from - LEAD
        };
        if self.unready.iter().any(hurt) {
            return None;
        }
        let ready = self.conditions.get(&("Ready", "True"))?;
        let is_well = |(node, (since, _)): &(&&str, &(DateTime<Utc>, Citation))| {
            **node != span.node.name() && *since <= span.from
        };
        let well: Vec<(&str, Citation)> =
            ready.iter().filter(is_well).map(|(node, (_, citation))| (*node, *citation)).collect();
        let (first, _) = well.first()?;
        let said = match well.len() {
            1 => format!("{first} stayed ready"),
            count => {
                format!("{first} and {} more stayed ready", crate::report::times::counted(count - 1, "other node"))
            }
        };
        Some((said, well.iter().take(MOST_CITED).map(|(_, citation)| *citation).collect()))
    }

    /// What would tell, and why it is not there, where the archive says so.
    fn missing(&self, rule: &CheckRule, span: &NodeChecklist<'_>) -> String {
        let wanted = rule.well.journal.as_deref();
        let of_node = self.evidence.outcomes.iter().filter(|one| one.node.as_deref() == Some(span.node.name()));
        let gone = of_node
            .filter(|one| one.status.is_missing() && one.source == "journals")
            .find(|one| wanted.is_some_and(|class| one.subject.contains(class)));
        match gone {
            Some(one) => format!("{} would tell; {}: {}", rule.lacks, one.status.name(), one.why),
            None => format!("{} would tell", rule.lacks),
        }
    }
}

/// As many titles as are said of one row.
const MOST_NAMED: usize = 2;
/// A program that writes nothing for less is not known to be silent: the node controller itself waits as long.
const LEAST_SILENCE: TimeDelta = TimeDelta::seconds(40);

/// The class of journal that is silent for long while all is well.
const QUIET: &str = "kernel";

/// Whether a journal has a long silence around a time, or does not reach so far.
fn is_silent(journal: &Activity, at: DateTime<Utc>) -> bool {
    match journal.silence_at(at) {
        Some([Some(before), Some(after)]) => after.at.time - before.at.time >= LEAST_SILENCE,
        Some(_) => true,
        None => false,
    }
}

/// Whether a signal may have led to the node being marked: it had begun by then, and had not ended long before.
fn is_before(one: &Signal, span: &NodeChecklist<'_>, lead: TimeDelta) -> bool {
    one.from.earliest() <= span.from + SLACK && one.last_seen().max(one.from.time) >= span.from - lead
}

/// A line that a journal has between two times, as far as one is kept; its first or last line stands for a journal that
/// has no long pause there.
fn line_within(journal: &Activity, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Citation> {
    let within = |at: DateTime<Utc>| from <= at && at <= to;
    let kept = journal.pauses.iter().flatten().chain([&journal.first, &journal.last]);
    if let Some(written) = kept.clone().find(|written| within(written.at.time)) {
        return Some(written.citation);
    }
    // No line is kept there: it was written all the while, unless one of its pauses covers all of it.
    let goes_through = journal.first.at.time <= from && journal.last.at.time >= to;
    let is_silent = journal.pauses.iter().any(|[before, after]| before.at.time <= from && after.at.time >= to);
    let is_short = journal.longest < to - from;
    (goes_through && !is_silent && is_short).then_some(journal.last.citation)
}
