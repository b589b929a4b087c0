//! An incident as a file of `tests/data/report` has it, in the words of `report.json`: read into what an analysis gives.

use super::builders::{at, cite, entry, outcome, signal};
use crate::cascade::{Analysis, Cascade, Edge, Factor, FactorClass, Grade, Motif, Question, Whom};
use crate::evidence::{Clocks, Evidence, Fact, Facts, Known, Outcome, Record, SeriesStore, Status, Topology};
use crate::model::{Citation, Commits, End, EntryId, Moment, Severity, Subject, Window};
use crate::report::Analyzed;
use crate::signals::{NotUnderstood, Signal};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

pub struct Incident<'a> {
    written: Value,
    /// What every record says, and what stands in every name.
    hostile: Option<&'a str>,
    /// Places of the signals by their ids.
    places: BTreeMap<String, usize>,
    signals: Vec<Signal>,
    records: RefCell<Records>,
}

/// What can be cited, each text of a line once.
#[derive(Default)]
struct Records {
    entries: Vec<String>,
    facts: Facts,
    cited: BTreeMap<(EntryId, u32, String), Citation>,
}

fn list<T>(written: &Value, read: impl FnMut(&Value) -> T) -> Vec<T> {
    written.as_array().into_iter().flatten().map(read).collect()
}

fn text(written: &Value) -> String {
    written.as_str().unwrap_or_default().to_owned()
}

fn number(written: &Value) -> u32 {
    written.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

fn subject(written: &Value) -> Subject {
    let text = text(written);
    let (kind, name) = text.split_once('/').unwrap_or((&text, ""));
    let (namespace, name) = name.split_once('/').unwrap_or(("", name));
    Subject::new(kind, namespace, name)
}

fn severity(written: &Value) -> Severity {
    serde_json::from_value(written.clone()).expect("a severity")
}

fn time(written: &Value) -> Option<DateTime<Utc>> {
    written.as_str().map(at)
}

impl<'a> Incident<'a> {
    pub fn new(text: &str, hostile: Option<&'a str>) -> Self {
        let written: Value = serde_json::from_str(text).expect("JSON");
        let (places, signals, records) = Default::default();
        let mut incident = Self { written, hostile, places, signals, records };
        let mut named: Vec<(String, Signal)> = list(&incident.written["signals"], |row| incident.signal(row));
        // A change of which no signal is written is told by an object.
        let changes = incident.written["changes"].as_array().into_iter().flatten();
        named.extend(changes.filter(|row| row["signal"].is_null()).map(|row| (String::new(), incident.change(row))));
        named.sort_by_key(|(_, signal)| signal.from.time);
        incident.places = named.iter().enumerate().map(|(place, (id, _))| (id.clone(), place)).collect();
        incident.signals = named.into_iter().map(|(_, signal)| signal).collect();
        incident
    }

    fn citation(&self, written: &Value) -> Citation {
        let hostile = self.hostile.unwrap_or_default();
        let said = self.hostile.map_or_else(|| text(&written["text"]), str::to_owned);
        let Records { entries, facts, cited } = &mut *self.records.borrow_mut();
        let file = entry(entries, &format!("{}{hostile}", text(&written["entry"])));
        let line = number(&written["line"]);
        *cited.entry((file, line, said.clone())).or_insert_with(|| cite(facts, (file, line), &said))
    }

    fn citations(&self, written: &Value) -> Vec<Citation> {
        list(written, |row| self.citation(row))
    }

    fn subject(&self, written: &Value) -> Subject {
        match self.hostile {
            Some(hostile) => Subject::namespaced("Pod", hostile, text(written)),
            None => subject(written),
        }
    }

    pub fn analyzed(self) -> Analyzed {
        let (not_understood, analysis) =
            (list(&self.written["not_understood"], |row| self.unknown(row)), self.analysis());
        Analyzed {
            tool: text(&self.written["tool"]),
            not_understood,
            analysis,
            evidence: evidence(&self.written, self.records.into_inner()),
            signals: self.signals,
            named_causes: Vec::new(),
            meanings: Default::default(),
            common: Vec::new(),
            new_messages: Vec::new(),
            commits: Commits::default(),
            draft: Default::default(),
        }
    }

    fn analysis(&self) -> Analysis {
        let written = &self.written;
        Analysis {
            edges: list(&written["edges"], |row| self.edge(row)),
            alternatives: Vec::new(),
            cascades: list(&written["cascades"], |row| self.cascade(row)),
            motifs: list(&written["motifs"], |row| Motif {
                motif: text(&row["motif"]),
                statement: text(&row["statement"]),
                signals: self.indexes(&row["signals"]),
                evidence: self.citations(&row["evidence"]),
            }),
            factors: list(&written["factors"], |row| self.factor(row)),
            left_out: Vec::new(),
            questions: list(&written["questions"], |row| Question {
                cascade: row["cascade"].is_string().then_some(0),
                about: text(&row["about"]),
                whom: Whom::OnCall,
                question: text(&row["question"]),
            }),
        }
    }

    fn index(&self, id: &Value) -> usize {
        self.places[&text(id)]
    }

    fn indexes(&self, ids: &Value) -> Vec<usize> {
        list(ids, |id| self.index(id))
    }

    fn edge(&self, row: &Value) -> Edge {
        let grades = [Grade::Order, Grade::Known, Grade::Mechanism];
        Edge {
            from: self.index(&row["from"]),
            to: self.index(&row["to"]),
            link: text(&row["link"]),
            relation: text(&row["relation"]),
            lag_ms: row["lag_ms"].as_i64().expect("a lag"),
            grade: grades.into_iter().find(|grade| row["grade"] == grade.name()).expect("a grade"),
            why: text(&row["why"]),
            bridge: false,
            against: Vec::new(),
            evidence: self.citations(&row["evidence"]),
        }
    }

    fn cascade(&self, row: &Value) -> Cascade {
        Cascade {
            headline: text(&row["headline"]),
            first: self.indexes(&row["first"]),
            signals: self.indexes(&row["signals"]),
            from: at(&text(&row["from"])),
            to: at(&text(&row["to"])),
            end: match time(&row["recovered_at"]) {
                Some(at) => End::At(at),
                None if row["goes_on"] == true => End::Ongoing,
                None => End::Unknown,
            },
            affected: list(&row["affected"], subject),
        }
    }

    fn signal(&self, row: &Value) -> (String, Signal) {
        let exact = number(&row["uncertainty_ms"]);
        let earlier_ms = number(&row["earlier_ms"]);
        let later_ms = (if earlier_ms == 0 { exact } else { exact.min(1000) }).saturating_sub(1);
        let signal = Signal {
            from: Moment { earlier_ms, later_ms, ..Moment::exact(at(&text(&row["from"]))) },
            last: time(&row["to"]).unwrap_or(at(&text(&row["from"]))),
            end: time(&row["to"]).map_or(End::Ongoing, End::At),
            count: u64::from(number(&row["count"])),
            severity: severity(&row["severity"]),
            title: text(&row["title"]),
            node: row["node"].as_str().map(str::to_owned),
            evidence: self.citations(&row["evidence"]),
            ended_by: row["ended_by"].is_object().then(|| self.citation(&row["ended_by"])),
            ..signal(&text(&row["signal"]), self.subject(&row["subject"]))
        };
        (text(&row["id"]), signal)
    }

    /// A signal of a change, with the record of the object that tells of it.
    fn change(&self, row: &Value) -> Signal {
        let at = Moment::to_the_second(at(&text(&row["at"])));
        let what = self.hostile.map_or_else(|| text(&row["what"]), str::to_owned);
        let evidence = self.citations(&row["evidence"]);
        let signal = signal("ConfigChanged", self.subject(&row["subject"]));
        self.records.borrow_mut().facts.push(Fact {
            at,
            last: at,
            count: 1,
            subject: &signal.subject,
            node: None,
            record: Record::Change { what: &what, by: "", read: true, known: Known::Fields },
            citation: evidence.first().copied().expect("a record"),
        });
        Signal { from: at, last: at.time, end: End::At(at.time), title: what, evidence, ..signal }
    }

    fn unknown(&self, row: &Value) -> NotUnderstood {
        NotUnderstood {
            words: text(&row["words"]),
            severity: severity(&row["severity"]),
            count: u64::from(number(&row["count"])),
            is_log: true,
            is_undated: row["undated"] == true,
            subjects: list(&row["subjects"], subject),
            from: at(&text(&row["from"])),
            to: at(&text(&row["to"])),
            evidence: self.citations(&row["evidence"]),
        }
    }

    fn factor(&self, row: &Value) -> Factor {
        use FactorClass::{Amplifier, Detection, Latent, Luck, Propagation, Recovery, Response, Trigger};
        let classes = [Trigger, Latent, Propagation, Amplifier, Detection, Response, Recovery, Luck];
        Factor {
            cascade: 0,
            id: "told",
            remedy: row["remedy"].as_str().map(str::to_owned),
            class: classes.into_iter().find(|class| row["class"] == class.name()).expect("a class"),
            statement: text(&row["statement"]),
            signals: self.indexes(&row["signals"]),
            evidence: self.citations(&row["evidence"]),
        }
    }
}

fn evidence(written: &Value, records: Records) -> Evidence {
    let archive = &written["archive"];
    let (from, to) = (&archive["from"], &archive["to"]);
    let header = json!({"format": {"major": 1, "minor": 1}, "tool": "", "cluster": {"context": archive["cluster"]},
        "from": from, "to": to, "started_at": to, "options": {}, "clocks": []});
    Evidence {
        archive: text(&archive["name"]),
        sha256: archive["sha256"].as_str().map(str::to_owned),
        header: serde_json::from_value(header).expect("a header"),
        window: Window::new(at(&text(from)), at(&text(to))),
        facts: records.facts,
        series: SeriesStore::default(),
        skews: Vec::new(),
        unsteady: Vec::new(),
        clock_steps: Vec::new(),
        activities: Vec::new(),
        clocks: Clocks::default(),
        entries: records.entries,
        inputs: Vec::new(),
        topology: Topology::default(),
        checks: Vec::new(),
        experiments: Vec::new(),
        deployed: Vec::new(),
        templates: Default::default(),
        notes: Vec::new(),
        outcomes: list(&written["coverage"], outcomes).into_iter().flatten().collect(),
        unread: Vec::new(),
        unreadable: Vec::new(),
        spoilt_kinds: std::collections::BTreeSet::new(),
    }
}

/// The first items of these sources are those that prove an absence.
const FIRST: [(&str, &[&str]); 2] = [
    ("objects", &["endpointslices.discovery.k8s.io", "events", "nodes", "pods", "services"]),
    ("prometheus", &["alert-history"]),
];

/// As many as a row of the coverage stands for.
fn outcomes(row: &Value) -> Vec<Outcome> {
    let (source, what, why) = (text(&row["source"]), text(&row["subject"]), text(&row["why"]));
    let status: Status = serde_json::from_value(row["status"].clone()).expect("a status");
    let Some(count) = what.strip_suffix(" items").and_then(|count| count.parse::<usize>().ok()) else {
        return vec![outcome((&source, &what), status, &why)];
    };
    let first = FIRST.iter().find(|(name, _)| *name == source).map_or([].as_slice(), |(_, first)| first);
    let named = first.iter().map(|name| (*name).to_owned()).chain((1..).map(|number| format!("item {number}")));
    named.take(count).map(|name| outcome((&source, &name), status, &why)).collect()
}
