//! `record` on a cluster: what kubectl shows is what the recording ends with, a kill costs little, what is gone is known, and
//! what kubectl showed then is shown of then.

use crate::lab::{Lab, start};
use crate::leaks::Undo;
use crate::process::{Running, folder, wait_until};
use chrono::{DateTime, Utc};
use k8s_forensics::archive::format::{Outcome, Status};
use k8s_forensics::archive::history::History;
use k8s_forensics::archive::{Archive, layout, segments};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
const SPACE: &str = "recorded";
const MARKER: &str = "MARKER-OF-WHAT-IS-IN-IT";

fn recording() -> PathBuf {
    folder().join("recording")
}

fn record(lab: &Lab) -> Running {
    start(&lab.home().join("admin.kubeconfig"), &["record", "recording"])
}

/// The last archive.
fn last() -> Option<Archive> {
    let last = segments(&recording()).ok().and_then(|mut all| all.pop());
    last.and_then(|segment| Archive::open(&segment.path).ok())
}

/// The objects of a kind in the namespace that the last archive ends with.
fn recorded(plural: &str) -> Vec<Value> {
    recorded_in(SPACE, plural)
}

fn recorded_in(namespace: &str, plural: &str) -> Vec<Value> {
    let Some(archive) = last() else { return Vec::new() };
    let mut history = History::default();
    let _ = archive.lines(&layout::history(Some(namespace), plural), |_, line| {
        let _ = history.take(line);
        true
    });
    history.objects().map(|(_, object)| object.clone()).collect()
}

/// Names and versions.
fn versions(objects: &[Value]) -> Vec<String> {
    let name = |one: &Value| format!("{} {}", one["metadata"]["name"], one["metadata"]["resourceVersion"]);
    let mut versions: Vec<String> = objects.iter().map(name).collect();
    versions.sort();
    versions
}

/// Waits until what is recorded is what kubectl shows.
fn wait_until_equal(lab: &Lab, plural: &str) -> Result<(), String> {
    wait_until(&format!("the same {plural} as kubectl shows"), MINUTE, || {
        let shown = lab.items(&[plural, "-n", SPACE]).unwrap_or_default();
        versions(&shown) == versions(&recorded(plural))
    })
}

fn tell(lab: &Lab) -> Result<(), String> {
    let run = |args: &[&str]| lab.kubectl(&[&["-n", SPACE], args].concat()).map(drop);
    let literal = format!("--from-literal=key={MARKER}");
    run(&["create", "configmap", "rules", &literal])?;
    run(&["create", "secret", "generic", "db", &literal])?;
    run(&["create", "quota", "space", "--hard=pods=20"])?;
    run(&["create", "deployment", "api", "--image=lab/busybox:1", "--replicas=2", "--", "sleep", "3600"])?;
    run(&["rollout", "status", "deployment/api", "--timeout=60s"])
}

/// A settled cluster without a recording, and with a namespace of our own, which goes with what is given.
fn begun(lab: &Lab) -> Undo<'_> {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let _ = fs::remove_dir_all(recording());
    let space = vec!["namespace".to_owned(), SPACE.to_owned()];
    let undo = Undo { lab, files: Vec::new(), objects: vec![space] };
    // That of a test before may be on its way out.
    let created = || lab.kubectl(&["create", "namespace", SPACE]).is_ok();
    wait_until("the namespace", 3 * MINUTE, created).unwrap_or_else(|why| panic!("{why}"));
    undo
}

pub fn knows_what_is_gone(lab: &Lab) {
    let _undo = begun(lab);
    let recorder = record(lab);
    tell(lab).and_then(|()| wait_until_equal(lab, "pods")).unwrap_or_else(|why| panic!("{why}"));
    has_every_kind();
    // Killed without a word before.
    drop(recorder);
    assert_eq!(recorded("pods").len(), 2, "what is left is an archive");
    lab.kubectl(&["-n", SPACE, "scale", "deployment/api", "--replicas=0"]).unwrap_or_else(|why| panic!("{why}"));
    lab.kubectl(&["-n", SPACE, "delete", "quota", "space"]).unwrap_or_else(|why| panic!("{why}"));
    let recorder = record(lab);
    let gone = wait_until("the pods to go", 2 * MINUTE, || {
        recorded("pods").is_empty() && !recorded("deployments.apps").is_empty()
    });
    gone.and_then(|()| wait_until_equal(lab, "deployments.apps")).unwrap_or_else(|why| panic!("{why}"));
    recorder.signal("TERM");
    let ended = recorder.wait(MINUTE);
    assert_eq!(ended.code, Some(0), "{ended}");
    let all = segments(&recording()).expect("a folder");
    assert!(all.len() >= 2 && all.iter().all(|segment| segment.name.is_sealed), "{all:?}");
    for segment in &all {
        let archive = Archive::open(&segment.path).expect("an archive");
        for entry in archive.entries() {
            let text = archive.read(entry, u64::MAX).expect("an entry");
            assert!(!String::from_utf8_lossy(&text).contains(MARKER), "{entry}");
        }
    }
    tells_what_was_changed(lab);
}

/// The API server has every kind that is asked for, and lets it be seen. Leases of nodes are left out, and the lock of the
/// scheduler is there without the times of its renewals.
fn has_every_kind() {
    let outcomes = || last().map(|archive| archive.outcomes()).unwrap_or_default();
    let has_come = |status| matches!(status, Status::Collected | Status::Empty | Status::Truncated);
    let mut all = outcomes();
    // Of logs of an incident before some have expired already, as their own outcomes say.
    all.retain(|one| one.source == "record");
    // The lab has none of the custom kinds, and measures no usage.
    let is_not_served = |why: &str| why == "the cluster does not serve it";
    let is_well = |one: &Outcome| has_come(one.status) || is_not_served(&one.why);
    assert!(all.len() > 25 && all.iter().all(is_well), "{all:#?}");
    assert_eq!(all.iter().filter(|one| is_not_served(&one.why)).count(), 11, "{all:#?}");
    let leases = recorded_in("kube-system", "leases.coordination.k8s.io");
    let scheduler = leases.iter().find(|lease| lease["metadata"]["name"] == "kube-scheduler");
    let spec = scheduler.map(|lease| &lease["spec"]).expect("the lock of the scheduler");
    assert!(spec["holderIdentity"].is_string() && spec["renewTime"].is_null(), "{spec}");
    assert!(recorded_in("kube-node-lease", "leases.coordination.k8s.io").is_empty());
}

fn tells_what_was_changed(lab: &Lab) {
    let ended = start(&lab.kubeconfig(), &["analyze", "recording", "-o", "recorded-report"]).wait(MINUTE);
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = fs::read_to_string(folder().join("recorded-report/report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let changes = report["changes"].as_array().cloned().unwrap_or_default();
    let is_scaled =
        |change: &Value| change["what"].as_str().is_some_and(|what| what.starts_with("replicas from 2 to 0"));
    assert!(changes.iter().any(is_scaled), "{changes:#?}");
    let is_unbound = |change: &Value| {
        let says = |field: &str, words: &str| change[field].as_str().is_some_and(|text| text.contains(words));
        says("subject", "ResourceQuota/recorded/space") && says("what", "was deleted")
    };
    assert!(changes.iter().any(is_unbound), "{changes:#?}");
}

/// What kubectl showed of the pods at a moment around which nothing changed for longer than a recorder is late.
struct Moment {
    at: DateTime<Utc>,
    pods: Vec<String>,
}

/// How long nothing changes around a moment.
const STEADY: Duration = Duration::from_secs(3);

fn moment(lab: &Lab) -> Result<Moment, String> {
    let shown = || lab.kubectl(&["-n", SPACE, "get", "pods", "--no-headers"]).map(|text| rows(&text, 0));
    let mut since = (Instant::now(), Utc::now(), shown()?);
    wait_until("pods that stay as they are", 3 * MINUTE, || {
        let now = shown().unwrap_or_default();
        if now != since.2 {
            since = (Instant::now(), Utc::now(), now);
        }
        since.0.elapsed() > STEADY
    })?;
    let (_, from, pods) = since;
    Ok(Moment { at: from + (Utc::now() - from) / 2, pods })
}

/// Name, readiness, status and restarts of each row, behind so many columns.
fn rows(table: &str, behind: usize) -> Vec<String> {
    let row = |line: &str| line.split_whitespace().skip(behind).take(4).collect::<Vec<_>>().join(" ");
    let mut rows: Vec<String> = table.lines().map(row).collect();
    rows.sort();
    rows
}

/// Pods come and go; what `kubectl get pods` printed at ten moments is what is shown of each of them later.
pub fn shows_what_there_was(lab: &Lab) {
    let _undo = begun(lab);
    let mut recorder = record(lab);
    let mut moments = Vec::new();
    tell(lab).and_then(|()| wait_until_equal(lab, "pods")).unwrap_or_else(|why| panic!("{why}"));
    for (step, replicas) in [2, 3, 1, 4, 2, 1, 3, 0, 2, 1].into_iter().enumerate() {
        let scale = lab.kubectl(&["-n", SPACE, "scale", "deployment/api", &format!("--replicas={replicas}")]);
        let seen = scale.and_then(|_| moment(lab)).unwrap_or_else(|why| panic!("{why}"));
        moments.push(seen);
        if step == 4 {
            // Another run goes on, and the moments before it stay.
            drop(recorder);
            recorder = record(lab);
            wait_until_equal(lab, "pods").unwrap_or_else(|why| panic!("{why}"));
        }
    }
    recorder.signal("TERM");
    let ended = recorder.wait(MINUTE);
    assert_eq!(ended.code, Some(0), "{ended}");
    let kinds: std::collections::BTreeSet<&Vec<String>> = moments.iter().map(|moment| &moment.pods).collect();
    assert!(kinds.len() > 5, "pods came and went: {kinds:?}");
    for Moment { at, pods } in &moments {
        let args = ["show", "recording", "pods", "-n", SPACE, "--at", &at.to_rfc3339()];
        let ended = start(&lab.kubeconfig(), &args).wait(MINUTE);
        let shown = ended.stdout.split_once('\n').map(|(_, rest)| rows(rest, 1)).unwrap_or_default();
        assert_eq!(&shown, pods, "at {at}: {ended}");
    }
}

/// A pod is deleted while it is recorded; an archive that is collected meanwhile tells of it when the recording is gone.
pub fn is_taken_into_an_archive(lab: &Lab) {
    let _undo = begun(lab);
    let recorder = record(lab);
    tell(lab).and_then(|()| wait_until_equal(lab, "pods")).unwrap_or_else(|why| panic!("{why}"));
    let before = moment(lab).unwrap_or_else(|why| panic!("{why}"));
    let gone = recorded("pods").remove(0);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (name, uid) = (text(&gone["metadata"]["name"]), gone["metadata"]["uid"].clone());
    lab.kubectl(&["-n", SPACE, "delete", "pod", &name]).unwrap_or_else(|why| panic!("{why}"));
    lab.kubectl(&["-n", SPACE, "delete", "quota", "space"]).unwrap_or_else(|why| panic!("{why}"));
    let is_written = || {
        let there = recorded("pods");
        there.len() == 2
            && there.iter().all(|pod| pod["metadata"]["uid"] != uid)
            && recorded("resourcequotas").is_empty()
    };
    wait_until("the pod to go", 2 * MINUTE, is_written).unwrap_or_else(|why| panic!("{why}"));
    let after = moment(lab).unwrap_or_else(|why| panic!("{why}"));
    let file = folder().join("recorded.zip");
    let _ = fs::remove_file(&file);
    // The recorder writes meanwhile.
    let ended = lab.collect(&file, &["--since", "10m", "--recording", "recording", "--no-look"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    drop(recorder);
    fs::remove_dir_all(recording()).expect("a folder");
    let run = |args: &[&str]| {
        let ended = start(&lab.kubeconfig(), args).wait(MINUTE);
        assert_eq!(ended.code, Some(0), "{ended}");
        ended.stdout
    };
    run(&["verify", "recorded.zip"]);
    for Moment { at, pods } in [before, after] {
        let shown = run(&["show", "recorded.zip", "pods", "-n", SPACE, "--at", &at.to_rfc3339()]);
        assert_eq!(shown.split_once('\n').map(|(_, rest)| rows(rest, 1)), Some(pods), "at {at}");
    }
    let versions = run(&["show", "recorded.zip", "diff", &format!("pod/{name}"), "-n", SPACE]);
    assert!(versions.contains("deleted"), "{versions}");
    run(&["analyze", "recorded.zip", "-o", "recorded-zip-report", "--force"]);
    let report = fs::read_to_string(folder().join("recorded-zip-report/report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let changes = report["changes"].as_array().cloned().unwrap_or_default();
    let is_unbound = |one: &Value| {
        text(&one["subject"]).contains("ResourceQuota/recorded/space") && text(&one["what"]).contains("was deleted")
    };
    assert!(changes.iter().any(is_unbound), "{changes:#?}");
    let coverage = report["coverage"].as_array().cloned().unwrap_or_default();
    // Items that ended alike are one row.
    let begins = |row: &Value| row["source"] == "record" && text(&row["why"]).contains("the recording begins at");
    assert!(coverage.iter().any(begins), "{coverage:#?}");
}

/// What the pod says before it fails.
const LAST_WORDS: &str = "panic: cannot open the ledger";

/// The logs of a container that are in any segment.
fn logs_of(pod: &str) -> Vec<String> {
    let all = segments(&recording()).unwrap_or_default();
    let archives = all.iter().filter_map(|segment| Archive::open(&segment.path).ok());
    let of_pod = |entry: &&str| layout::parse_pod_log(entry).is_some_and(|log| log.container.pod == pod);
    let texts = archives.flat_map(|archive| {
        let entries: Vec<String> = archive.entries().filter(of_pod).map(str::to_owned).collect();
        entries.into_iter().filter_map(move |entry| archive.read(&entry, u64::MAX).ok()).collect::<Vec<_>>()
    });
    texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect()
}

/// A pod fails and is deleted within seconds; what it said last is told when nobody has it any more.
pub fn takes_the_last_words_of_what_fails(lab: &Lab) {
    let _undo = begun(lab);
    let recorder = record(lab);
    wait_until_equal(lab, "pods").unwrap_or_else(|why| panic!("{why}"));
    let program = format!("echo password={MARKER}; sleep 1; echo '{LAST_WORDS}'; exit 3");
    let run = ["-n", SPACE, "run", "ledger", "--image=lab/busybox:1", "--command", "--", "sh", "-c", &program];
    lab.kubectl(&run).unwrap_or_else(|why| panic!("{why}"));
    let has_failed = || {
        let pods = lab.items(&["pods", "-n", SPACE]).unwrap_or_default();
        pods.iter().any(|pod| pod["status"]["containerStatuses"][0]["restartCount"].as_u64() >= Some(1))
    };
    wait_until("the pod to fail", MINUTE, has_failed).unwrap_or_else(|why| panic!("{why}"));
    lab.kubectl(&["-n", SPACE, "delete", "pod", "ledger", "--grace-period=1"]).unwrap_or_else(|why| panic!("{why}"));
    let has_words = || logs_of("ledger").iter().any(|text| text.contains(LAST_WORDS));
    wait_until("its last words", Duration::from_secs(10), has_words).unwrap_or_else(|why| panic!("{why}"));
    let file = folder().join("last-words.zip");
    let _ = fs::remove_file(&file);
    let ended = lab.collect(&file, &["--since", "10m", "--recording", "recording", "--no-look"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    recorder.signal("TERM");
    let ended = recorder.wait(MINUTE);
    assert_eq!(ended.code, Some(0), "{ended}");
    let logs = logs_of("ledger").concat();
    let lines: std::collections::BTreeSet<&str> = logs.lines().collect();
    assert_eq!(lines.len(), logs.lines().count(), "no line twice: {logs}");
    assert!(!logs.contains(MARKER) && logs.contains("password=REDACTED"), "{logs}");
    for input in ["recording", "last-words.zip"] {
        let run = |args: &[&str]| {
            let ended = start(&lab.kubeconfig(), args).wait(MINUTE);
            assert_eq!(ended.code, Some(0), "{ended}");
            ended.stdout
        };
        let shown = run(&["show", input, "logs", "ledger", "--merge"]);
        assert!(shown.contains(LAST_WORDS), "{input}: {shown}");
        run(&["analyze", input, "-o", "last-words-report", "--force"]);
        let report = fs::read_to_string(folder().join("last-words-report/report.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let signals = report["signals"].as_array().cloned().unwrap_or_default();
        let cites = |signal: &Value| {
            let cited = signal["evidence"].as_array().cloned().unwrap_or_default();
            cited.iter().any(|one| {
                one["entry"].as_str().is_some_and(|entry| entry.contains("/ledger/ledger/"))
                    && one["text"].as_str().is_some_and(|text| text.contains(LAST_WORDS))
            })
        };
        assert!(signals.iter().any(cites), "{input}: {signals:#?}");
    }
}
