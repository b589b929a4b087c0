//! Why a node was not ready, row by row.

use super::builders::{at, empty, outcome, signal};
use crate::evidence::Status;
use crate::evidence::{Activity, Fact, Record, Written};
use crate::model::{Citation, End, EntryId, Moment, Subject};
use crate::report::Analyzed;
use crate::report::schema::ChecklistRow;
use crate::signals::Signal;
use chrono::TimeDelta;

/// A signal of a node, from 14:MINUTE on for a minute.
fn of_node(name: &str, node: &str, minute: u32) -> Signal {
    let from = at(&format!("2026-11-20T14:{minute:02}:00Z"));
    let end = from + TimeDelta::minutes(1);
    Signal { from: Moment::exact(from), last: end, end: End::At(end), ..signal(name, Subject::node(node)) }
}

fn incident(signals: Vec<Signal>) -> Analyzed {
    let mut of = empty();
    of.signals = signals;
    of.evidence.outcomes.clear();
    of.evidence.facts = Default::default();
    of
}

/// A condition of a node since 14:00.
fn condition(of: &mut Analyzed, node: &str, condition: &str, status: &str) {
    let (subject, moment) = (Subject::node(node), Moment::exact(at("2026-11-20T14:00:00Z")));
    let record = Record::Condition { condition, status, reason: "", message: "" };
    let citation = Citation { line: 7, ..Citation::default() };
    let fact = Fact { at: moment, last: moment, count: 1, subject: &subject, node: Some(node), record, citation };
    of.evidence.facts.push(fact);
}

/// A journal of node-1, from 14:00 to 14:30 with a pause.
fn journal(unit: &str, pause: [&str; 2], is_whole: bool) -> Activity {
    let written = |time: &str, line: u32| Written {
        at: Moment::exact(at(&format!("2026-11-20T{time}Z"))),
        citation: Citation { line, ..Citation::default() },
    };
    let pause = [written(pause[0], 2), written(pause[1], 3)];
    Activity {
        subject: Subject::node("node-1"),
        uid: None,
        writer: unit.to_owned(),
        entry: EntryId(0),
        lines: 9,
        first: written("14:00:00", 1),
        last: written("14:30:00", 9),
        longest: pause[1].at.time - pause[0].at.time,
        pauses: vec![pause],
        asked: is_whole.then(|| at("2026-11-20T14:31:00Z")),
    }
}

fn checklist(of: &Analyzed) -> ChecklistRow {
    of.report().checklists.into_iter().find(|one| one.subject == "Node/node-1").expect("a checklist of node-1")
}

/// Verdict and reason of a row.
fn row(of: &ChecklistRow, id: &str) -> String {
    let row = of.rows.iter().find(|row| row.id == id).expect("a row");
    assert!(row.verdict == "not recorded" || !row.evidence.is_empty(), "{id}: {} without a record", row.verdict);
    format!("{}: {}", row.verdict, row.why)
}

#[test]
fn without_records_no_row_is_answered_and_nothing_is_certain() {
    let mut of = incident(vec![of_node("NodeNotReady", "node-1", 10)]);
    let list = checklist(&of);
    assert!(list.rows.iter().all(|row| row.verdict == "not recorded") && !list.complete);
    let mut why = outcome(("journals", "Node/node-1 unit kubelet"), Status::Unreachable, "no route");
    why.node = Some("node-1".to_owned());
    of.evidence.outcomes.push(why);
    let told = row(&checklist(&of), "certificate");
    assert_eq!(told, "not recorded: the kubelet's journal of the node would tell; unreachable: no route");
}

#[test]
fn what_began_before_speaks_for_a_row_and_what_came_later_or_elsewhere_does_not() {
    let of = incident(vec![
        of_node("SoftLockup", "node-2", 9),
        of_node("PLEGNotHealthy", "node-1", 9),
        of_node("NodeNotReady", "node-1", 10),
        of_node("MemoryPressure", "node-1", 11),
    ]);
    let list = checklist(&of);
    assert_eq!(row(&list, "runtime"), "for: PLEGNotHealthy");
    assert!(row(&list, "kernel").starts_with("not recorded"), "that was another node");
    assert!(row(&list, "memory").starts_with("not recorded"), "that came after");
    let long_before = incident(vec![of_node("PLEGNotHealthy", "node-1", 2), of_node("NodeNotReady", "node-1", 10)]);
    assert!(row(&checklist(&long_before), "runtime").starts_with("not recorded"), "that was over");
}

#[test]
fn what_a_condition_says_since_before_speaks_against_a_row() {
    let mut of = incident(vec![of_node("NodeNotReady", "node-1", 10)]);
    condition(&mut of, "node-1", "MemoryPressure", "False");
    condition(&mut of, "node-1", "DiskPressure", "True");
    let list = checklist(&of);
    assert!(row(&list, "memory").starts_with("against: MemoryPressure was False"));
    assert!(row(&list, "disk").starts_with("not recorded"));
    // Since the node was marked, which says nothing of the time before.
    let mut early = incident(vec![of_node("NodeNotReady", "node-1", 1)]);
    condition(&mut early, "node-1", "MemoryPressure", "False");
    assert!(row(&checklist(&early), "memory").starts_with("not recorded"));
}

#[test]
fn a_journal_that_came_whole_and_was_written_meanwhile_speaks_against_its_rows() {
    let mut of = incident(vec![of_node("NodeNotReady", "node-1", 10)]);
    of.evidence.activities = vec![journal("kubelet", ["14:10:20", "14:10:30"], true)];
    let list = checklist(&of);
    assert!(row(&list, "kubelet").starts_with("against: the journal of kubelet was written meanwhile"));
    assert!(row(&list, "kernel").starts_with("not recorded"), "that is another journal");
    of.evidence.activities = vec![journal("kubelet", ["14:10:20", "14:10:30"], false)];
    assert!(row(&checklist(&of), "kubelet").starts_with("not recorded"), "what is missing may say it");
}

#[test]
fn a_program_that_is_silent_while_another_writes_stood_still() {
    let mut of = incident(vec![of_node("NodeNotReady", "node-1", 10)]);
    let silent = || journal("kubelet", ["14:09:10", "14:12:00"], true);
    of.evidence.activities = vec![journal("kernel", ["14:10:20", "14:10:30"], true), silent()];
    let told = row(&checklist(&of), "kubelet");
    assert_eq!(told, "for: kubelet wrote nothing for 2 min 50 s, while kernel wrote");
    of.evidence.activities = vec![silent()];
    assert!(row(&checklist(&of), "kubelet").starts_with("not recorded"), "the machine may have stood still");
}

#[test]
fn many_nodes_at_once_point_before_the_api_server_and_one_alone_does_not() {
    let many = incident(vec![of_node("NodeNotReady", "node-1", 10), of_node("NodeNotReady", "node-2", 10)]);
    assert_eq!(row(&checklist(&many), "in-between"), "for: NodeNotReady");
    let mut one = incident(vec![of_node("NodeNotReady", "node-1", 10)]);
    condition(&mut one, "node-2", "Ready", "True");
    assert_eq!(row(&checklist(&one), "in-between"), "against: node-2 stayed ready");
    let mut later = incident(vec![of_node("NodeNotReady", "node-1", 10), of_node("NodeNotReady", "node-2", 20)]);
    condition(&mut later, "node-2", "Ready", "True");
    assert_eq!(row(&checklist(&later), "in-between"), "against: node-2 stayed ready", "that was another time");
}
