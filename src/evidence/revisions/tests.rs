//! Revisions in the forms of the API: made one after the other, brought back, brought back twice.

use super::*;
use crate::evidence::{Fact, events, workloads};

fn time(text: &str) -> DateTime<Utc> {
    format!("2026-11-27T{text}Z").parse().expect("a time")
}

fn set(name: &str, created: &str, (number, earlier): (u64, &str), image: &str) -> String {
    let history = if earlier.is_empty() { String::new() } else { format!(r#","{EARLIER}":"{earlier}""#) };
    format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"shop","creationTimestamp":"2026-11-27T{created}Z","annotations":{{"{NUMBER}":"{number}"{history}}},
        "ownerReferences":[{{"kind":"Deployment","name":"api","controller":true}}]}},"spec":{{"replicas":0,"template":{{"metadata":{{"labels":{{"pod-template-hash":"{name}"}}}},
        "spec":{{"containers":[{{"name":"app","image":"shop/api:{image}"}}]}}}}}}}}"#
    )
    .replace('\n', "")
}

/// A ControllerRevision as the API server lists it; `written` is when its number was.
fn revision(name: &str, created: &str, (number, written): (u64, &str), image: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"shop","creationTimestamp":"2026-11-27T{created}Z","labels":{{"controller-revision-hash":"{name}"}},
        "managedFields":[{{"manager":"kube-controller-manager","operation":"Update","time":"2026-11-27T{written}Z","fieldsV1":{{"f:revision":{{}}}}}}],
        "ownerReferences":[{{"kind":"StatefulSet","name":"db","controller":true}}]}},"revision":{number},
        "data":{{"spec":{{"template":{{"$patch":"replace","spec":{{"containers":[{{"name":"db","image":"db:{image}"}}]}}}}}}}}}}"#
    )
    .replace('\n', "")
}

/// What is told of objects and events, read in the given order.
fn told(objects: &[String], more: &[&str]) -> Vec<String> {
    let mut found = Findings::default();
    let place = |line| Place::of_line(line, time("12:00:00"));
    for (line, number) in objects.iter().zip(1..) {
        match line.contains("StatefulSet") {
            true => read(place(number), line.as_bytes(), &mut found),
            false => workloads::read("ReplicaSet", place(number), line.as_bytes(), &mut found),
        }
    }
    for (line, number) in more.iter().zip(100..) {
        match line.contains("managedFields") {
            true => workloads::read("Deployment", place(number), line.as_bytes(), &mut found),
            false => events::read(place(number), line.as_bytes(), &mut found),
        }
    }
    compare(&mut found, |wanted, each| {
        for (entry, lines) in wanted {
            for line in lines {
                let text = objects.get(*line as usize - 1).expect("a line that was read");
                each(*entry, *line, text.as_bytes());
            }
        }
    });
    found.facts.sort();
    let line = |fact: Fact<'_>| match fact.record {
        Record::Change { what, known: Known::Whole, .. } => {
            let back = fact.at.earlier_ms / 1000;
            let since = if back == 0 { String::new() } else { format!(" or up to {back} s before") };
            Some(format!("{}{since} {what}", fact.at.time.format("%T")))
        }
        _ => None,
    };
    found.facts.iter().filter_map(line).collect()
}

#[test]
fn revisions_that_follow_each_other_are_compared() {
    let sets = [
        set("api-b", "10:00:00", (2, ""), "2"),
        set("api-a", "09:00:00", (1, ""), "1"),
        set("api-c", "11:00:00", (3, ""), "2"),
    ];
    assert_eq!(
        told(&sets, &[]),
        [
            "10:00:00 rolled out anew: image of app from shop/api:1 to shop/api:2",
            "11:00:00 rolled out anew; nothing in the template changed"
        ]
    );
    assert_eq!(told(sets.get(..1).expect("one"), &[]), [""; 0], "one alone was not changed");
}

#[test]
fn a_rollback_is_a_change_at_the_time_that_records_tell() {
    let sets = [set("api-a", "09:00:00", (3, "1"), "1"), set("api-b", "10:00:00", (2, ""), "2")];
    let out = "10:00:00 rolled out anew: image of app from shop/api:1 to shop/api:2";
    let back = "rolled back to revision 1, as revision 3: image of app from shop/api:2 to shop/api:1";
    assert_eq!(told(&sets, &[]), [out, &format!("12:00:00 or up to 7200 s before {back}")]);
    let event = r#"{"metadata":{"uid":"e1"},"reason":"ScalingReplicaSet","type":"Normal","count":2,"message":"Scaled up replica set api-a from 0 to 1","involvedObject":{"kind":"Deployment","namespace":"shop","name":"api"},
        "firstTimestamp":"2026-11-27T09:00:00Z","lastTimestamp":"2026-11-27T11:30:00Z"}"#;
    assert_eq!(told(&sets, &[event]), [out, &format!("11:30:00 {back}")]);
    let written = r#"{"metadata":{"name":"api","namespace":"shop","creationTimestamp":"2026-11-27T09:00:00Z","managedFields":[{"manager":"kubectl","operation":"Update","time":"2026-11-27T11:29:59Z","fieldsV1":{"f:spec":{"f:template":{}}}}]}}"#;
    assert_eq!(told(&sets, &[event, written]), [out, &format!("11:29:59 {back}")]);
}

#[test]
fn each_of_several_rollbacks_has_its_turn() {
    let sets = [set("api-a", "09:00:00", (5, "1,3"), "1"), set("api-b", "10:00:00", (4, "2"), "2")];
    let what: Vec<String> =
        told(&sets, &[]).into_iter().map(|line| line.split(':').nth(2).unwrap_or_default().to_owned()).collect();
    assert_eq!(what.len(), 4, "{what:?}");
    assert!(what.iter().any(|line| line.ends_with("rolled back to revision 2, as revision 4")), "{what:?}");
}

/// An event that was counted four times says when the first and the last were: the last belongs to the last return.
#[test]
fn returns_that_an_event_only_counts_are_not_dated_to_its_last_time() {
    let sets = [set("api-a", "09:00:00", (5, "1,3"), "1"), set("api-b", "10:00:00", (6, "2,4"), "2")];
    let event = r#"{"metadata":{"uid":"e1"},"reason":"ScalingReplicaSet","type":"Normal","count":3,"message":"Scaled up replica set api-b to 1","involvedObject":{"kind":"Deployment","namespace":"shop","name":"api"},
        "firstTimestamp":"2026-11-27T10:00:00Z","lastTimestamp":"2026-11-27T11:30:00Z"}"#;
    let told = told(&sets, &[event]);
    let of = |what: &str| told.iter().find(|line| line.contains(what)).cloned().unwrap_or_default();
    assert!(of("as revision 6").starts_with("11:30:00 rolled back"), "{told:?}");
    assert!(of("as revision 4").starts_with("11:30:00 or up to 5400 s before"), "{told:?}");
}

#[test]
fn a_statefulset_is_rolled_back_when_its_revision_is_renumbered() {
    let revisions = [
        revision("db-1", "09:00:00", (4, "11:00:00"), "1"),
        revision("db-2", "10:00:00", (2, "10:00:00"), "2"),
        revision("db-3", "10:30:00", (3, "10:30:00"), "3"),
    ];
    assert_eq!(
        told(&revisions, &[]),
        [
            "10:00:00 rolled out anew: image of db from db:1 to db:2",
            "10:30:00 rolled out anew: image of db from db:2 to db:3",
            "11:00:00 rolled back to an earlier revision, as revision 4: image of db from db:3 to db:1"
        ]
    );
}

#[test]
fn nothing_is_said_of_templates_that_did_not_come_again() {
    let sets = [set("api-a", "09:00:00", (1, ""), "1"), set("api-b", "10:00:00", (2, ""), "2")];
    let mut found = Findings::default();
    for (line, number) in sets.iter().zip(1..) {
        workloads::read("ReplicaSet", Place::of_line(number, time("12:00:00")), line.as_bytes(), &mut found);
    }
    compare(&mut found, |_, each| each(EntryId(0), 1, b"not the line"));
    let what: Vec<_> = found.facts.iter().filter(|fact| fact.record.kind() == "change").collect();
    assert!(matches!(what[..], [Fact { record: Record::Change { what: "rolled out anew", .. }, .. }]), "{what:?}");
}
