//! One history of several segments: what it tells, and that it tells no more than they do.

use super::*;
use crate::archive::history::{History, difference};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::sync::atomic::AtomicBool;

const PODS: &str = "history/namespaces/shop/pods.jsonl";
const EVENTS: &str = "history/namespaces/shop/events.jsonl";
const LIMITS: Limits = Limits { bytes: 1 << 20, state: 1 << 20 };

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000 + second, 0).expect("a time")
}

fn line(second: i64, kind: &str, uid: &str, (name, what): (&str, Value)) -> Value {
    let mut line = json!({"at": at(second), "type": kind, "uid": uid});
    line[name] = what;
    line
}

fn whole(second: i64, kind: &str, uid: &str, n: u32) -> Value {
    line(second, kind, uid, ("object", json!({"n": n})))
}

/// Writes a segment, which is a folder still, with one outcome of pods.
fn segment(folder: &Path, (from, to): (i64, i64), status: &str, entries: &[(&str, &[Value])]) -> PathBuf {
    let path = folder.join(layout::open_segment(&layout::segment(at(from), 1)));
    let write = |entry: &str, text: String| {
        let path = path.join(entry);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let header = json!({"format": {"major": 1, "minor": 2}, "tool": "", "cluster": {"uid": "u"}, "options": {}, "clocks": [],
        "from": at(from), "to": at(to), "started_at": at(from)});
    write(layout::ARCHIVE, header.to_string());
    let outcome = json!({"source": "record", "subject": "pods", "status": status, "at": at(to), "took_ms": 1});
    write(&layout::outcomes_part(1), format!("{outcome}\n"));
    for (entry, lines) in entries {
        write(entry, lines.iter().map(|line| format!("{line}\n")).collect());
    }
    path
}

fn merged_by(
    recording: &Recording,
    entry: &str,
    times: (i64, i64),
    limits: Limits,
) -> Result<(Vec<Value>, Merged), MergeError> {
    let mut lines = Vec::new();
    let merged =
        recording.merge(entry, (at(times.0), at(times.1)), (limits, &AtomicBool::new(false)), &mut |line| {
            assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            lines.push(serde_json::from_slice(line).expect("JSON"));
            Ok(())
        })?;
    Ok((lines, merged))
}

fn merged(folder: &Path, entry: &str, times: (i64, i64)) -> (Vec<Value>, Merged) {
    let recording = Recording::open(folder, at(times.0), Some("u")).expect("a folder");
    merged_by(&recording, entry, times, LIMITS).expect("within limits")
}

/// Type, UID, second, and the second from which on it may have been.
fn told(lines: &[Value]) -> Vec<String> {
    let second = |time: &Value| {
        let time = DateTime::parse_from_rfc3339(time.as_str()?).expect("a time");
        Some((time.to_utc() - at(0)).num_seconds())
    };
    let one = |line: &Value| {
        let from = second(&line["from"]).map(|from| format!("{from}..")).unwrap_or_default();
        let (kind, uid) = (line["type"].as_str().expect("a type"), line["uid"].as_str().unwrap_or("-"));
        format!("{kind} {uid} {from}{}", second(&line["at"]).expect("a time"))
    };
    lines.iter().map(one).collect()
}

#[test]
fn what_is_of_before_stands_whole_and_segments_that_follow_tell_what_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let patch = |n: u32| ("patch", json!({"n": n}));
    segment(folder.path(), (-300, 0), "collected", &[(PODS, &[whole(-300, "SYNC", "too-old", 1)])]);
    let event = |second, uid| whole(second, "ADDED", uid, 1);
    segment(
        folder.path(),
        (0, 300),
        "collected",
        &[
            (
                PODS,
                &[
                    whole(0, "SYNC", "a", 1),
                    whole(0, "SYNC", "b", 1),
                    line(50, "MODIFIED", "a", patch(2)),
                    json!({"at": at(70), "type": "DELETED", "uid": "b"}),
                    json!({"at": at(80), "type": "GAP", "from": at(75), "why": "of before"}),
                    json!({"at": at(110), "type": "GAP", "from": at(95), "why": "the watch broke"}),
                    line(120, "MODIFIED", "a", patch(3)),
                    whole(130, "ADDED", "c", 1),
                    line(140, "MODIFIED", "unknown", patch(1)),
                ],
            ),
            (EVENTS, &[event(90, "early"), event(100, "on-time"), event(101, "late")]),
        ],
    );
    segment(
        folder.path(),
        (300, 600),
        "collected",
        &[(PODS, &[whole(300, "SYNC", "a", 3), whole(300, "SYNC", "c", 1), line(400, "MODIFIED", "c", patch(2))])],
    );
    let (lines, tells) = merged(folder.path(), PODS, (100, 610));
    assert_eq!(told(&lines), ["SYNC a 100", "GAP - 95..110", "MODIFIED a 120", "ADDED c 130", "MODIFIED c 400"]);
    assert_eq!((&lines[0]["object"], &lines[2]["patch"]), (&json!({"n": 2}), &json!({"n": 3})));
    assert_eq!((tells.unseen.len(), tells.unseen[0].why.as_str()), (1, "the watch broke"));
    assert_eq!(tells.bytes, lines.iter().map(|line| line.to_string().len() as u64 + 1).sum::<u64>());
    assert_eq!(told(&merged(folder.path(), EVENTS, (100, 610)).0), ["ADDED late 101"]);
    // Nothing came of it since: what is there is told, and nothing of what is not.
    assert_eq!(told(&merged(folder.path(), PODS, (500, 610)).0), ["SYNC a 500", "SYNC c 500"]);
    // By the clock of whoever asks the recorder fell silent.
    let (lines, tells) = merged(folder.path(), PODS, (500, 900));
    assert_eq!(told(&lines).last().map(String::as_str), Some("GAP - 600..900"));
    assert_eq!(tells.unseen.len(), 1);
}

#[test]
fn a_segment_that_cannot_be_read_is_a_gap_and_the_next_tells_what_became_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = [whole(0, "SYNC", "a", 1), whole(0, "SYNC", "b", 1), whole(0, "SYNC", "c", 1)];
    segment(folder.path(), (0, 100), "collected", &[(PODS, &all)]);
    fs::write(folder.path().join("segment-20261118T120000Z.zip"), "no archive").expect("a file");
    assert_eq!(layout::segment(at(3200), 1), "segment-20261118T120000Z");
    let next = [whole(6000, "SYNC", "a", 1), whole(6000, "SYNC", "b", 2), whole(6000, "SYNC", "d", 1)];
    segment(folder.path(), (6000, 6100), "collected", &[(PODS, &next)]);
    let recording = Recording::open(folder.path(), at(10), None).expect("a folder");
    let unread: Vec<_> = recording.unread().collect();
    assert!(unread.len() == 1 && !unread[0].is_of_another && unread[0].why.contains("not a zip"), "{unread:?}");
    let (lines, _) = merged_by(&recording, PODS, (10, 6100), LIMITS).expect("within limits");
    assert_eq!(
        told(&lines),
        [
            "SYNC a 10",
            "SYNC b 10",
            "SYNC c 10",
            "GAP - 100..6000",
            "MODIFIED b 100..6000",
            "SYNC d 6000",
            "DELETED c 100..6000",
        ]
    );
    // Of a segment that was ended while it was being begun nobody can tell that something is not in it.
    segment(folder.path(), (6000, 6100), "skipped", &[(PODS, &next)]);
    assert!(!told(&merged(folder.path(), PODS, (10, 6100)).0).iter().any(|line| line.contains("DELETED")));
    // Where there was none at all there is no history.
    let path = segment(folder.path(), (6000, 6100), "empty", &[]);
    fs::remove_dir_all(path.join("history")).expect("a folder");
    let gone = told(&merged(folder.path(), PODS, (10, 6100)).0);
    assert_eq!(gone.iter().filter(|line| line.contains("DELETED")).count(), 3, "{gone:?}");
}

#[test]
fn what_goes_while_it_is_read_is_read_nevertheless() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = segment(folder.path(), (0, 300), "collected", &[(PODS, &[whole(0, "SYNC", "a", 1)])]);
    let open = segment(folder.path(), (300, 600), "collected", &[(PODS, &[whole(300, "SYNC", "a", 2)])]);
    let seal = |path: &Path| {
        let sealed = path.with_extension("zip");
        let options = crate::archive::RewriteOptions {
            path: &sealed,
            replace: true,
            tool: "",
            began_at: at(0),
            key: None,
            recipients: None,
        };
        crate::archive::seal(&Archive::open(path).expect("an archive"), &options).expect("a disk");
        fs::remove_dir_all(path).expect("a folder");
        sealed
    };
    let first = seal(&first);
    let recording = Recording::open(folder.path(), at(10), None).expect("a folder");
    let before = merged_by(&recording, PODS, (10, 600), LIMITS).expect("within limits").0;
    assert_eq!(told(&before), ["SYNC a 10", "MODIFIED a 300..300"]);
    seal(&open);
    fs::remove_file(first).expect("a file");
    assert_eq!(merged_by(&recording, PODS, (10, 600), LIMITS).expect("within limits").0, before);
}

#[test]
fn limits_hold_and_what_is_of_another_cluster_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = segment(folder.path(), (0, 300), "collected", &[(PODS, &[whole(0, "SYNC", "a", 1)])]);
    let recording = Recording::open(folder.path(), at(10), None).expect("a folder");
    let of = |limits| merged_by(&recording, PODS, (10, 300), limits);
    assert!(matches!(of(Limits { bytes: 10, ..LIMITS }), Err(MergeError::TooLarge(10))));
    assert!(matches!(of(Limits { state: 10, ..LIMITS }), Err(MergeError::TooManyObjects(10))));
    let ended = recording.merge(PODS, (at(0), at(1)), (LIMITS, &AtomicBool::new(true)), &mut |_| Ok(()));
    assert!(matches!(ended, Err(MergeError::Ended)));
    let other = Recording::open(folder.path(), at(10), Some("another")).expect("a folder");
    assert!(other.span().is_none() && other.unread().all(|unread| unread.is_of_another));
    // A line that is being written is none yet; in the midst of others it is damage.
    fs::write(
        path.join(PODS),
        format!("{}\nno line\n{}\n{{\"at\":\"20", whole(0, "SYNC", "a", 1), whole(9, "ADDED", "b", 1)),
    )
    .expect("a file");
    let (lines, tells) = merged(folder.path(), PODS, (10, 300));
    assert_eq!((told(&lines).len(), tells.refused), (2, 1));
}

/// What becomes of an object: it gets a number, or goes.
type Step = (usize, Option<u32>);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever becomes of objects, however it is cut into segments and wherever the window begins: at each later time the
    /// one history tells what was there, as the segments do.
    #[test]
    fn one_history_tells_what_the_segments_tell(
        steps in prop::collection::vec((0..4_usize, prop::option::weighted(0.7, 0..5_u32)), 0..40),
        cuts in prop::collection::btree_set(1..40_i64, 0..5),
        from in -1..40_i64,
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let truth = write(folder.path(), &steps, &cuts.into_iter().collect::<Vec<_>>());
        let (lines, tells) = merged(folder.path(), PODS, (from, 41));
        prop_assert_eq!(tells.refused, 0);
        let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_string().into_bytes()).collect();
        for time in from.max(0)..41 {
            let history = History::at(at(time), lines.iter().map(Vec::as_slice));
            let found: BTreeMap<String, Value> =
                history.objects().map(|(uid, object)| (uid.to_owned(), object.clone())).collect();
            prop_assert_eq!(&found, &truth[usize::try_from(time).expect("a second")], "at {}", time);
        }
    }

    #[test]
    fn no_lines_do_harm(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = segment(folder.path(), (0, 300), "collected", &[(PODS, &[])]);
        fs::write(path.join(PODS), lines.join(&b'\n')).expect("a file");
        prop_assert!(merged(folder.path(), PODS, (10, 300)).0.is_empty());
    }
}

/// Writes what a recorder would of `steps`, one a second, with segments that begin at `cuts`. Gives what there was at each
/// second.
fn write(folder: &Path, steps: &[Step], cuts: &[i64]) -> Vec<BTreeMap<String, Value>> {
    let (mut state, mut truth) = (BTreeMap::<String, Value>::new(), Vec::new());
    let (mut begin, mut lines) = (0, Vec::new());
    for second in 0..41_i64 {
        if cuts.contains(&second) {
            segment(folder, (begin, second), "collected", &[(PODS, &lines)]);
            begin = second;
            lines = state.iter().map(|(uid, object)| line(second, "SYNC", uid, ("object", object.clone()))).collect();
        }
        let step = usize::try_from(second).ok().and_then(|second| steps.get(second));
        if let Some((uid, number)) = step.map(|(uid, number)| (format!("u{uid}"), *number)) {
            match (state.get(&uid).cloned(), number) {
                (None, None) => {}
                (Some(_), None) => {
                    state.remove(&uid);
                    lines.push(json!({"at": at(second), "type": "DELETED", "uid": uid}));
                }
                (before, Some(n)) => {
                    let after = json!({"n": n, "at": second / 9});
                    let new = match &before {
                        None => Some(line(second, "ADDED", &uid, ("object", after.clone()))),
                        Some(before) => {
                            difference(before, &after).map(|patch| line(second, "MODIFIED", &uid, ("patch", patch)))
                        }
                    };
                    lines.extend(new);
                    state.insert(uid, after);
                }
            }
        }
        truth.push(state.clone());
    }
    segment(folder, (begin, 41), "collected", &[(PODS, &lines)]);
    truth
}
