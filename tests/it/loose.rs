//! Loose files, as people save them: lists, journals and logs, one or a folder of them.

use crate::inputs::{agree, analyzed, events, found, report};
use crate::made;
use k8s_forensics::archive::Limits;
use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::report::schema::Report;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// A folder of files that somebody saved: events, the journal of a kubelet and of a kernel, a log, and a note.
#[test]
fn loose_files_are_read_together_and_what_is_none_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let loose = folder.path().join("saved");
    fs::create_dir(&loose).expect("a folder");
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/memory-cascade/archive");
    let list = json!({"apiVersion": "v1", "items": events("memory-cascade"), "kind": "List"});
    fs::write(loose.join("events.json"), serde_json::to_string_pretty(&list).expect("JSON")).expect("a file");
    fs::write(loose.join("notes.txt"), "we restarted it\n").expect("a file");
    fs::write(loose.join("blank"), "").expect("a file");
    let log = loose.join("pods/shop_api-0_4e77ad73/app/0.log");
    fs::create_dir_all(log.parent().expect("a folder")).expect("a folder");
    fs::write(&log, "2026-11-21T08:05:14.1Z stderr F panic: runtime error: out of memory\n").expect("a file");
    let mut journal = Vec::new();
    for unit in ["kernel", "kubelet"] {
        let path = loose.join(format!("{unit}.log"));
        let text = fs::read(archive.join(format!("nodes/node-1/journal/{unit}.log"))).expect("a journal");
        journal.extend(text.iter().copied());
        fs::write(&path, text).expect("a file");
        written(&path, 3 * 365);
    }
    // Of two units: each line says whose it is, and what stands in their own files stays cited there.
    fs::write(loose.join("all.log"), journal).expect("a file");
    let report = report(std::slice::from_ref(&loose));
    let [row] = report.inputs.as_slice() else { panic!("{:?}", report.inputs) };
    assert_eq!((row.name.as_str(), row.format.as_str(), row.read, row.not_read), ("saved", "loose files", 5, 2));
    let row = |status: &str| report.coverage.iter().find(|row| row.source == "files" && row.status == status);
    assert_eq!(row("not-read").expect("a row").subject, "2 items");
    assert!(row("collected").is_some());
    let cited = |file: &str| report.signals.iter().any(|signal| signal.evidence.iter().any(|row| &*row.entry == file));
    assert!(cited("kernel.log") && cited("kubelet.log") && cited("events.json"), "{:?}", found(&report));
    assert!(!cited("all.log"), "{:?}", found(&report));
    // The year is that of the dated records, though the files were written in another.
    assert!(report.archive.from.starts_with("2026-11-21T"), "{}", report.archive.from);
    assert!(report.archive.to.starts_with("2026-11-21T"), "{}", report.archive.to);
    // The same beside an archive: each knows its input.
    let both = report_of_both(&loose, &archive);
    assert!(both.signals.len() >= report.signals.len());
}

/// No collector took credentials out of what somebody saved, so the reader does: in a line of a log, and in an event.
#[test]
fn no_credential_of_a_loose_file_gets_into_a_report() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let folder = tempfile::tempdir().expect("a folder");
    let loose = folder.path().join("saved");
    let log = loose.join("pods/shop_api-0_4e77ad73/app/0.log");
    fs::create_dir_all(log.parent().expect("a folder")).expect("a folder");
    let line = |number: u32| format!("2026-11-21T08:05:14.{number}Z stderr F ERROR: cannot pull with token {token}\n");
    fs::write(&log, format!("{}{}", line(1), line(2))).expect("a file");
    let event = json!({"kind": "Event", "apiVersion": "v1", "metadata": {"namespace": "shop", "name": "api-0.1"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "api-0"}, "reason": "FailedMount", "type": "Warning",
        "message": format!("MountVolume.SetUp failed for volume \"git\" : password={token}"),
        "firstTimestamp": "2026-11-21T08:05:14Z", "lastTimestamp": "2026-11-21T08:05:14Z", "count": 1});
    fs::write(loose.join("events.json"), json!({"apiVersion": "v1", "items": [event], "kind": "List"}).to_string())
        .expect("a file");
    let written = folder.path().join("report");
    let run = assert_cmd::Command::cargo_bin("k8s-forensics")
        .expect("the binary")
        .arg("analyze")
        .arg(&loose)
        .arg("-o")
        .arg(&written)
        .output()
        .expect("a run");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut texts = vec![run.stdout, run.stderr];
    for file in ["postmortem.md", "timeline.html", "report.json"] {
        texts.push(fs::read(written.join(file)).expect("a file"));
    }
    let texts: Vec<String> = texts.into_iter().map(|text| String::from_utf8_lossy(&text).into_owned()).collect();
    assert!(texts.iter().all(|text| !text.contains(&token)));
    assert!(texts.iter().any(|text| text.contains("cannot pull with token REDACTED-")), "{}", texts.concat());
    assert!(texts.iter().any(|text| text.contains("MountVolume.SetUp failed")));
}

/// Makes a file one that was last written some days after the recordings.
fn written(path: &Path, days: u64) {
    let at = UNIX_EPOCH + Duration::from_secs(made::at().timestamp().unsigned_abs() + days * 86_400);
    fs::File::options().write(true).open(path).and_then(|file| file.set_modified(at)).expect("a time");
}

fn report_of_both(loose: &Path, archive: &Path) -> Report {
    written(&loose.join("kernel.log"), 1);
    let both = report(&[archive.to_owned(), loose.join("kernel.log")]);
    let names: Vec<&str> = both.inputs.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["archive", "kernel.log"]);
    // What the archive said already stays cited there.
    assert!(both.signals.iter().flat_map(|signal| &signal.evidence).all(|row| row.entry.starts_with("archive/")));
    both
}

/// klog's own form, as a kubelet writes it to a file, once it says whose it is.
#[test]
fn a_kubelets_own_log_needs_the_name_of_its_node() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kubelet.log");
    let line = "E1121 07:01:02.000000      74 kubelet.go:2421] \"Skipping pod synchronization\" err=\"PLEG is not healthy: pleg was last seen active 3m5s ago; threshold is 3m0s\"\n";
    let own =
        "I1121 07:00:00.000000      74 kubelet_node_status.go:75] \"Attempting to register node\" node=\"node-7\"\n";
    fs::write(&path, line).expect("a file");
    let refused = Input::open(&path, Limits::default(), None).map(Inputs::from).map(analyzed).expect("it is opened");
    assert!(refused.signals.is_empty() && refused.inputs[0].not_read == 1);
    fs::write(&path, format!("{own}{line}")).expect("a file");
    let report = report(&[path]);
    let subjects: Vec<&str> = report.signals.iter().map(|signal| signal.subject.as_str()).collect();
    assert!(subjects.contains(&"Node/node-7"), "{:?}", found(&report));
}

/// Journals whose machine calls itself otherwise than its node tell the same of the same node.
#[test]
fn a_node_is_one_whatever_its_machine_calls_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/memory-cascade/archive");
    let events = json!({"apiVersion": "v1", "items": events("memory-cascade"), "kind": "List"}).to_string();
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}, "status": {
        "addresses": [{"type": "InternalIP", "address": "10.9.0.1"}, {"type": "Hostname", "address": "ip-10-9-0-1.internal"}]}});
    let of_host = |host: &str| {
        let loose = folder.path().join(host);
        fs::create_dir(&loose).expect("a folder");
        fs::write(loose.join("events.json"), &events).expect("a file");
        fs::write(loose.join("nodes.json"), node.to_string()).expect("a file");
        for unit in ["kernel", "kubelet"] {
            let text = fs::read_to_string(archive.join(format!("nodes/node-1/journal/{unit}.log"))).expect("a journal");
            fs::write(loose.join(format!("{unit}.log")), text.replace(" node-1 ", &format!(" {host} ")))
                .expect("a file");
        }
        report(&[loose])
    };
    let known = of_host("node-1");
    assert!(found(&known).iter().any(|one| one.starts_with("OOMKill Node/node-1 ")), "{:?}", found(&known));
    agree(&known, &of_host("ip-10-9-0-1"), "a short host name");
}

#[test]
fn a_list_that_breaks_off_is_read_so_far_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("events.json");
    let list = json!({"apiVersion": "v1", "items": events("memory-cascade"), "kind": "List"});
    let text = serde_json::to_string_pretty(&list).expect("JSON");
    fs::write(&path, &text.as_bytes()[..text.len() * 2 / 3]).expect("a file");
    let report = report(&[path]);
    assert!(!report.signals.is_empty());
    let broken = report.coverage.iter().find(|row| row.source == "archive").expect("a row");
    assert!(broken.subject.starts_with("events.json: 1") && broken.why.contains("EOF"), "{broken:?}");
}

/// Lines of containerd that bear their own times tell the zone of a journal's stamps.
#[test]
fn the_zone_of_a_journal_is_that_of_times_in_its_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("node.log");
    let lines = "Nov 21 08:00:00.100000 node-7 containerd[9]: time=\"2026-11-21T07:00:00.099123456Z\" level=info msg=\"StopContainer\"\n\
        Nov 21 08:01:02.000000 node-7 kernel: Out of memory: Killed process 4711 (java)\n";
    fs::write(&path, lines).expect("a file");
    let report = report(std::slice::from_ref(&path));
    let kill = report.signals.iter().find(|signal| signal.signal == "SystemOOM").expect("a kill");
    assert_eq!((kill.from.as_str(), kill.subject.as_str()), ("2026-11-21T07:01:02Z", "Node/node-7"));
    let note = report.coverage.iter().find(|row| row.source == "files").expect("a row");
    assert!(note.why.contains("UTC+01:00"), "{note:?}");
    fs::write(&path, lines.replace("07:00:00.099123456Z", "08:00:00.099123456Z")).expect("a file");
    let report = self::report(std::slice::from_ref(&path));
    assert!(report.signals.iter().any(|signal| signal.from == "2026-11-21T08:01:02Z"));
    assert!(report.coverage.iter().all(|row| !row.why.contains("zone")));
}
