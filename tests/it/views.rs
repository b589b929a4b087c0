//! What `show` prints of an archive: records by their number, objects as kubectl has them, events, lines by time, series.

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn tool(folder: &Path, args: &[&str]) -> assert_cmd::assert::Assert {
    Command::new(env!("CARGO_BIN_EXE_k8s-forensics")).current_dir(folder).args(args).assert()
}

fn has(text: &str) -> predicates::str::ContainsPredicate {
    predicate::str::contains(text.to_owned())
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// What `show archive …` prints of a recording, without an analysis that would be kept beside it.
fn shown(name: &str, words: &[&str]) -> String {
    let told = tool(&fixture(name), &[&["show", "archive"], words].concat()).code(0);
    String::from_utf8(told.get_output().stdout.clone()).expect("text")
}

fn json(name: &str, words: &[&str]) -> Value {
    serde_json::from_str(&shown(name, words)).expect("JSON")
}

#[test]
fn a_number_of_the_draft_is_shown_as_its_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = fixture("docker-lockup").join("archive");
    let archive = archive.to_str().expect("a path");
    tool(folder.path(), &["analyze", archive, "-o", "report"]).code(0);
    let draft = fs::read_to_string(folder.path().join("report/postmortem.md")).expect("a draft");
    let report = fs::read_to_string(folder.path().join("report/report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let citations = report["citations"].as_array().expect("a list");
    // Each number that the index of the draft has is that of the report, and most of them stand there.
    let mut seen = 0;
    for one in citations {
        let (id, entry, line) = (one["id"].as_str().unwrap_or(""), one["entry"].as_str().unwrap_or(""), &one["line"]);
        if draft.contains(&format!("\n| {id} | ")) {
            assert!(draft.contains(&format!("\n| {id} | `{entry}:{line}` |")), "{id}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
    let of = &citations[3];
    let place = format!("{}:{}", of["entry"].as_str().unwrap_or(""), of["line"]);
    let words = |words: &[&str]| tool(folder.path(), &[&["show", archive], words].concat());
    words(&["E4", "--fresh", "-C", "1"]).code(0).stdout(predicate::str::starts_with(format!("E4  {place}\n")));
    words(&["record", "E4", "--draft", "report/postmortem.md"]).code(0).stdout(has(&format!("> {}  ", of["line"])));
    words(&["[E4]", "--draft", "report/postmortem.md"]).code(0);
    words(&[&place, "-C", "0"]).code(0).stdout(predicate::function(|text: &str| text.lines().count() == 2));
    words(&["E99999", "--fresh"]).code(1).stderr(has("the draft cites E1 to E"));
    words(&["nodes/node-9/journal/kubelet.log:3"])
        .code(1)
        .stderr(has("hint: there are nodes/node-1/journal/kubelet.log"));
    words(&["nodes/node-1/journal/kubelet.log:99999999"]).code(1).stderr(has("the entry has "));
    words(&["E4", "--context", "many"]).code(2);
}

#[test]
fn arguments_the_wrong_way_round_and_mistakes_get_a_hint() {
    let folder = fixture("docker-lockup");
    tool(&folder, &["show", "E4", "archive"]).code(2).stderr(has("hint: the file comes first: show archive E4"));
    tool(&folder, &["show", "coverage", "archive"]).code(2).stderr(has("show <ARCHIVE> coverage"));
    tool(&folder, &["why", "Node/node-2", "archive"]).code(2).stderr(has("why archive Node/node-2"));
    tool(&folder, &["show", "archive", "evnts"]).code(2).stderr(has("hint: did you mean events?"));
    tool(&folder, &["show", "archive", "quux"]).code(2).stderr(has("a number of the draft as E4"));
    tool(&folder, &["split", "archive", "--size", "abc"]).code(2).stderr(has("write a size as 24MB"));
}

#[test]
fn objects_look_as_with_kubectl() {
    let pods = shown("docker-lockup", &["pods"]);
    let header: Vec<&str> = pods.lines().next().unwrap_or("").split_whitespace().collect();
    assert_eq!(header, ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
    assert!(pods.contains("docs-6fd98c8c75-jnkbq"), "{pods}");
    let on_node = shown("docker-lockup", &["pods", "--node", "node-2", "-o", "wide"]);
    assert!(on_node.lines().skip(1).all(|line| line.ends_with("node-2")) && on_node.lines().count() > 1, "{on_node}");
    let nodes = shown("docker-lockup", &["nodes"]);
    assert!(nodes.starts_with("NAME     STATUS   ROLES    AGE     VERSION\nnode-1   Ready    <none>   "), "{nodes}");
    let both = shown("docker-lockup", &["get", "deploy,svc", "-n", "monitoring"]);
    assert!(both.contains("deployment/prometheus") && both.contains("service/prometheus-operated"), "{both}");
    let one = json("docker-lockup", &["get", "deploy", "prometheus", "-o", "json"]);
    assert_eq!(one["metadata"]["name"], "prometheus");
    assert!(one["metadata"].get("managedFields").is_none());
    let written = ["get", "deploy", "prometheus", "-o", "json", "--show-managed-fields"];
    assert!(json("docker-lockup", &written)["metadata"]["managedFields"].is_array());
    let all = json("docker-lockup", &["get", "pods", "-o", "json"]);
    assert_eq!(all["items"].as_array().map(Vec::len), Some(pods.lines().count() - 1));
    let lines = shown("docker-lockup", &["get", "pods", "-o", "jsonl"]);
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    let yaml = shown("docker-lockup", &["get", "deploy/prometheus", "-o", "yaml"]);
    let yaml: Value = serde_saphyr::from_str(&yaml).expect("YAML");
    assert_eq!(yaml, one);
    let labelled = shown("docker-lockup", &["get", "deploy", "-l", "app.kubernetes.io/name=prometheus"]);
    assert_eq!(labelled.lines().count(), 2, "{labelled}");
    let missing = tool(&fixture("docker-lockup"), &["show", "archive", "get", "deploy", "nothing"]).code(1);
    missing.stderr(has("hint: there are ci/docs"));
    tool(&fixture("docker-lockup"), &["show", "archive", "get", "deploy", "-l", "a b"])
        .code(2)
        .stderr(has("write labels as"));
}

#[test]
fn events_are_in_order_of_time_and_of_what_was_asked() {
    let all = json("docker-lockup", &["events", "-o", "json"]);
    let all = all.as_array().expect("a list");
    let last: Vec<&str> = all.iter().filter_map(|row| row["last"].as_str()).filter_map(|time| time.get(..19)).collect();
    assert!(last.len() > 100 && last.is_sorted());
    let some = json(
        "docker-lockup",
        &["events", "-n", "ci", "--warnings", "--around", "16:03:26", "--within", "30s", "-o", "json"],
    );
    let some = some.as_array().expect("a list");
    assert!(!some.is_empty() && some.len() < all.len());
    assert!(
        some.iter()
            .all(|row| row["type"] == "Warning" && row["object"].as_str().is_some_and(|one| one.contains("/ci/")))
    );
    tool(&fixture("docker-lockup"), &["show", "archive", "events", "--since", "soon"])
        .code(2)
        .stderr(has("write a time as"));
    tool(&fixture("docker-lockup"), &["show", "archive", "events", "--within", "3m"]).code(2);
}

#[test]
fn what_matches_is_cited_so_that_it_can_be_shown() {
    let folder = fixture("docker-lockup");
    let found = shown("docker-lockup", &["grep", "container runtime is down", "--node", "node-2", "-m", "3"]);
    assert_eq!(found.lines().count(), 3, "{found}");
    for line in found.lines() {
        let place = line.split(": ").next().unwrap_or("");
        let record = tool(&folder, &["show", "archive", place, "-C", "0"]).code(0);
        record.stdout(has("container runtime is down"));
    }
    let one = shown("docker-lockup", &["grep", "-i", "CONTAINER RUNTIME IS DOWN", "-m", "1", "-o", "jsonl"]);
    assert!(serde_json::from_str::<Value>(&one).is_ok_and(|hit| hit["line"].is_u64()), "{one}");
    tool(&folder, &["show", "archive", "grep", "("]).code(2).stderr(has("hint: signs as"));
    tool(&folder, &["show", "archive", "grep", "no such words at all"])
        .code(0)
        .stdout("")
        .stderr(has("no line that is meant"));
}

#[test]
fn lines_of_several_logs_are_merged_by_time() {
    let lines = shown("docker-lockup", &["logs", "--merge", "--since", "16:03:20", "-o", "jsonl"]);
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let times: Vec<chrono::DateTime<chrono::Utc>> =
        rows.iter().filter_map(|row| row["time"].as_str()?.parse().ok()).collect();
    assert!(times.len() == rows.len() && rows.len() > 20 && times.is_sorted());
    let sources: std::collections::BTreeSet<&str> = rows.iter().filter_map(|row| row["source"].as_str()).collect();
    assert!(sources.len() > 1 && sources.contains("node-2/kubelet"), "{sources:?}");
    // Each says where it stands.
    let row = &rows[0];
    let place = format!("{}:{}", row["entry"].as_str().unwrap_or(""), row["line"]);
    assert!(shown("docker-lockup", &[&place, "-C", "0"]).contains(row["text"].as_str().unwrap_or("?")));
    let of_unit = shown("docker-lockup", &["logs", "docker", "--since", "15:59"]);
    assert!(of_unit.lines().all(|line| line.contains("/docker")) && !of_unit.is_empty(), "{of_unit}");
    let listed = shown("docker-lockup", &["logs", "--node", "node-1"]);
    assert!(!listed.contains("node-2"), "{listed}");
    tool(&fixture("docker-lockup"), &["show", "archive", "logs", "--merge", "-n", "none"]).code(1);
}

#[test]
fn series_are_drawn_and_given_with_every_sample() {
    let ids = shown("docker-lockup", &["metrics"]);
    assert!(ids.contains("node-load") && ids.contains("container-memory"), "{ids}");
    let drawn = shown("docker-lockup", &["metrics", "node-load"]);
    assert!(drawn.contains(['▁', '█']) && drawn.contains("MIN") && drawn.lines().count() > 1, "{drawn}");
    let data = json("docker-lockup", &["metrics", "container-memory", "-n", "monitoring", "-o", "json"]);
    let data = data.as_array().expect("a list");
    assert!(
        !data.is_empty()
            && data.iter().all(|one| one["labels"]["namespace"] == "monitoring" && one["values"][0][1].is_number())
    );
    let near = tool(&fixture("docker-lockup"), &["show", "archive", "metrics", "container-memry"]).code(1);
    near.stderr(has("hint: there are container-memory"));
}

#[test]
fn the_story_is_shown_from_the_analysis() {
    let rows = json("memory-cascade", &["timeline", "--fresh", "-o", "json"]);
    let rows = rows.as_array().expect("a list");
    let times: Vec<chrono::DateTime<chrono::Utc>> =
        rows.iter().filter_map(|row| row["from"].as_str()?.parse().ok()).collect();
    assert!(times.len() == rows.len() && rows.len() > 10 && times.is_sorted());
    let of_node = json("memory-cascade", &["timeline", "--fresh", "--node", "node-2", "--all", "-o", "json"]);
    assert!(of_node.as_array().is_some_and(|rows| rows.iter().any(|row| row["subject"] == "Node/node-2")));
    let changes = shown("memory-cascade", &["changes", "--fresh"]);
    assert!(changes.starts_with("TIME ") && changes.lines().count() > 1, "{changes}");
    let subject = changes.lines().nth(1).and_then(|line| line.split_whitespace().nth(1)).unwrap_or("").to_owned();
    let versions = shown("memory-cascade", &["diff", &subject, "--fresh"]);
    assert!(versions.starts_with(&subject), "{versions}");
    tool(&fixture("memory-cascade"), &["show", "archive", "diff", "deploy/none", "--fresh"])
        .code(1)
        .stderr(has("hint: "));
    tool(&fixture("memory-cascade"), &["show", "archive", "diff", "none", "--fresh"]).code(2).stderr(has("deploy/api"));
}

#[test]
fn versions_differ_field_by_field() {
    let told = shown("bad-rollout", &["diff", "Deployment/shop/pricing", "--fresh"]);
    assert!(told.contains("revision 1 of ") && told.contains("        - ") && told.contains("        + "), "{told}");
    assert!(!told.contains("pod-template-hash"), "{told}");
}

#[test]
fn a_file_of_objects_is_shown_without_values_of_secrets_and_without_steering() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = r#"{"kind":"List","apiVersion":"v1","items":[
        {"kind":"Secret","apiVersion":"v1","metadata":{"name":"db","namespace":"shop"},"data":{"password":"aHVudGVyMg=="}},
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a\u001b[2J","namespace":"shop"},"status":{"phase":"\u202ePending"}},
        {"kind":"Event","apiVersion":"v1","metadata":{"name":"e","namespace":"shop"},"reason":"\u001b]0;x\u0007","message":"\u009b31m",
         "involvedObject":{"kind":"Pod","namespace":"shop","name":"a"},"lastTimestamp":"2026-11-21T07:00:00Z"}]}"#;
    fs::write(folder.path().join("all.json"), list).expect("a file");
    let acts = ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'];
    for form in ["table", "wide", "json", "yaml", "jsonl"] {
        for words in [&["get", "secret,pod"][..], &["events"], &["pods"]] {
            let words = [&["show", "all.json"][..], words, &["-o", form]].concat();
            let told = tool(folder.path(), &words).code(0);
            let told = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
            assert!(!told.contains(acts) && !told.contains("aHVudGVyMg") && !told.is_empty(), "{words:?}: {told}");
        }
    }
}
