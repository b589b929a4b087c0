//! `collect --audit` on the lab, whose API server writes every stage of every request (LAB_AUDIT=full): who changed what is
//! told, and no value and no person in any byte.

use crate::access::spellings;
use crate::lab::{Lab, MendLater};
use crate::leaks::{Undo, entries, holding, now};
use crate::process::{folder, wait_until};
use crate::sealed::{open_sealed, text};
use k8s_forensics::archive::format::Status;
use k8s_forensics::archive::{Archive, layout};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

const SPACE: &str = "changed";
const LIMIT: Duration = Duration::from_secs(120);
/// Where the API server's log is on node-1, below its /var/log.
const LOG: &str = "nodes/node-1/var-log/kube-apiserver";
/// A person, who may do what is done here.
const PERSON: &str = "mirabelle.muster@example.com";

/// What the collector kept of the log, all files of it, from a time on.
fn events(archive: &Archive, since: &str) -> Vec<Value> {
    let of_log = archive.entries().filter(|entry| layout::parse_audit(entry).is_some());
    let lines = of_log.flat_map(|entry| text(archive, entry).lines().map(str::to_owned).collect::<Vec<_>>());
    let all = lines.map(|line| serde_json::from_str::<Value>(&line).expect("JSON"));
    all.filter(|event| event["stageTimestamp"].as_str() > Some(since)).collect()
}

/// The writes of an object that ended well.
fn writes<'a>(events: &'a [Value], resource: &str, name: &str) -> Vec<&'a Value> {
    let is_of = |event: &&Value| {
        let of = &event["objectRef"];
        event["stage"] == "ResponseComplete"
            && of["resource"] == resource
            && of["name"] == name
            && of["namespace"] == SPACE
    };
    events.iter().filter(is_of).collect()
}

fn collected(lab: &Lab, name: &str, args: &[&str]) -> (Archive, String) {
    let file = folder().join(name);
    // From a run before this one.
    let _ = fs::remove_file(&file);
    let ended = lab.collect(&file, &[&["--audit", "--since", "3h"], args].concat());
    assert_eq!(ended.code, Some(0), "{ended}");
    (open_sealed(&file), format!("{}{}", ended.stdout, ended.stderr))
}

/// Makes objects with markers as a person, changes them, and is refused.
fn change(lab: &Lab, [secret, map, argument]: [&str; 3]) -> Result<(), String> {
    lab.kubectl(&["create", "namespace", SPACE])?;
    lab.kubectl(&["-n", SPACE, "create", "rolebinding", "editors", "--clusterrole=edit", "--group=editors"])?;
    let person = ["--as", PERSON, "--as-group", "editors", "-n", SPACE];
    let as_person = |args: &[&str]| lab.kubectl(&[&person, args].concat());
    as_person(&["create", "secret", "generic", "db", &format!("--from-literal=password={secret}")])?;
    as_person(&[
        "create",
        "configmap",
        "settings",
        &format!("--from-literal=LIMIT={map}"),
        "--from-literal=NAME=shop",
    ])?;
    let web = ["create", "deployment", "web", "--image=lab/busybox:1", "--", "sh", "-c", "sleep 3600"];
    as_person(&web)?;
    lab.kubectl(&["-n", SPACE, "rollout", "status", "deployment/web", "--timeout=200s"])?;
    as_person(&[
        "patch",
        "configmap",
        "settings",
        "--type=merge",
        "-p",
        &format!(r#"{{"data":{{"LIMIT":"{map}2"}}}}"#),
    ])?;
    as_person(&[
        "patch",
        "secret",
        "db",
        "--type=json",
        "-p",
        &format!(r#"[{{"op":"add","path":"/stringData","value":{{"more":"{secret}"}}}}]"#),
    ])?;
    as_person(&["exec", "deploy/web", "--", "echo", argument])?;
    as_person(&["set", "image", "deployment/web", "busybox=lab/busybox:2"])?;
    match as_person(&["-n", "kube-system", "delete", "configmap", "extension-apiserver-authentication"]) {
        Ok(_) => Err("a person may delete anything".to_owned()),
        Err(_) => Ok(()),
    }
}

/// The first lines of the log as a file that was rotated away and packed, and one of long ago.
fn rotate(lab: &Lab) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let log = fs::read(lab.home().join(LOG).join("audit.log")).map_err(failed)?;
    let first: Vec<u8> = log.split_inclusive(|byte| *byte == b'\n').take(200).flatten().copied().collect();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&first).map_err(failed)?;
    let packed = packer.finish().map_err(failed)?;
    let name = |time: chrono::DateTime<chrono::Utc>| format!("audit-{}.log.gz", time.format("%Y-%m-%dT%H-%M-%S%.3f"));
    let time = chrono::Utc::now();
    let names = [name(time), name(time - chrono::TimeDelta::days(2))];
    let files: Vec<PathBuf> = names.iter().map(|name| lab.home().join(LOG).join(name)).collect();
    files.iter().try_for_each(|file| fs::write(file, &packed)).map_err(failed)?;
    Ok(files)
}

pub fn tells_who_changed_what(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let markers = ["secret", "map", "argument"].map(|place| format!("k8sfchange{place}{}", now()));
    let mut undo = Undo { lab, files: Vec::new(), objects: vec![vec!["namespace".into(), SPACE.into()]] };
    let _ = lab.kubectl(&["delete", "namespace", SPACE, "--ignore-not-found"]);
    let began = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    change(lab, markers.each_ref().map(String::as_str)).unwrap_or_else(|why| panic!("{why}"));
    undo.files = rotate(lab).unwrap_or_else(|why| panic!("{why}"));
    let raw = fs::read_to_string(lab.home().join(LOG).join("audit.log")).expect("the API server's log");
    assert!(
        raw.contains(PERSON) && spellings(&markers[1]).iter().any(|form| raw.contains(form.as_str())),
        "it proves nothing"
    );
    for redaction in [&["--redact", "off", "--yes", "--only", "audit"][..], &[]] {
        let (archive, said) = collected(lab, "changes.zip", redaction);
        let mut places = entries(&archive);
        places.push(("what was said".to_owned(), said.into_bytes()));
        let found = holding(&places, &[markers[0].clone(), markers[1].clone(), markers[2].clone()]);
        assert!(found.is_empty(), "{found:#?}");
        let of_log: Vec<(String, Vec<u8>)> =
            places.into_iter().filter(|(place, _)| place.starts_with("controlplane/audit/")).collect();
        let persons = [PERSON, "\"username\":\"admin\"", "lab-collector", "lab-metrics"].map(str::to_owned);
        let found = holding(&of_log, &persons);
        assert!(found.is_empty(), "{found:#?}");
        assert_eq!(of_log.len(), 3, "two files and counts");
        check_changes(&archive, &began);
        check_files(&archive);
    }
}

fn check_changes(archive: &Archive, began: &str) {
    let events = events(archive, began);
    let [created, patched] = <[&Value; 2]>::try_from(writes(&events, "configmaps", "settings")).expect("two writes");
    assert!(created["stageTimestamp"].as_str() < patched["stageTimestamp"].as_str());
    for write in [created, patched] {
        assert_eq!(write["impersonatedUser"]["username"], "person", "{write}");
        assert_eq!(write["userAgent"], "kubectl/v1.34.4");
        let keys: Vec<&String> = write["responseObject"]["data"].as_object().expect("keys").keys().collect();
        assert_eq!(keys, ["LIMIT", "NAME"]);
    }
    assert_ne!(created["responseObject"]["data"]["LIMIT"], patched["responseObject"]["data"]["LIMIT"]);
    assert_eq!(created["responseObject"]["data"]["NAME"], patched["responseObject"]["data"]["NAME"]);
    let image = |event: &&Value| event["responseObject"]["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    let images: Vec<Value> = writes(&events, "deployments", "web").iter().map(image).collect();
    assert!(images.first().is_some_and(|image| image == "lab/busybox:1"), "{images:?}");
    assert!(images.last().is_some_and(|image| image == "lab/busybox:2"), "{images:?}");
    let by_controller = writes(&events, "deployments", "web")
        .into_iter()
        .any(|event| event["user"]["username"] == "system:serviceaccount:kube-system:deployment-controller");
    assert!(by_controller, "no write of the Deployment's controller");
    assert_eq!(writes(&events, "secrets", "db").len(), 2);
    let refused = events.iter().find(|event| event["objectRef"]["name"] == "extension-apiserver-authentication");
    let status = refused.map(|event| event["responseStatus"]["code"].clone());
    assert!(
        events.iter().any(|event| event["responseStatus"]["code"] == 403 && event["verb"] == "delete"),
        "{status:?}"
    );
}

fn check_files(archive: &Archive) {
    let outcomes = archive.outcomes();
    let outcomes: Vec<_> = outcomes.iter().filter(|outcome| outcome.source == "audit").collect();
    let live =
        outcomes.iter().find(|outcome| outcome.subject == "Node/node-1 audit log file audit.log").expect("the log");
    assert_eq!(live.status, Status::Collected);
    assert!(live.why.starts_with("level Metadata and RequestResponse, "), "{live:?}");
    // The file of two days ago was not read, and node-2 has none.
    let rotated = outcomes.iter().filter(|outcome| outcome.subject.ends_with(".log.gz")).count();
    let none = outcomes.iter().find(|outcome| outcome.subject == "Node/node-2 audit log").expect("node-2");
    assert_eq!((rotated, none.status), (1, Status::Absent), "{outcomes:#?}");
    let reads = text(archive, &layout::audit_reads("node-1"));
    let counts: Vec<Value> = reads.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let is_kubelets =
        |count: &&Value| count["class"] == "node" && count["verb"] == "get" && count["resource"] == "nodes";
    assert!(counts.iter().any(|count| is_kubelets(&count)), "{reads}");
    assert!(counts.iter().all(|count| count["count"].as_u64() > Some(0)));
}

/// While etcd does not answer, requests begin and do not end.
pub fn has_requests_that_never_ended(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let _mend = MendLater(lab);
    let began = chrono::Utc::now();
    lab.control("freeze", "etcd").unwrap_or_else(|why| panic!("{why}"));
    std::thread::sleep(Duration::from_secs(8));
    let log = lab.home().join(LOG).join("audit.log");
    // As it was found in the outage, whose end would end the requests too.
    let frozen = fs::read(&log).expect("the API server's log");
    lab.control("thaw", "etcd").unwrap_or_else(|why| panic!("{why}"));
    wait_until("the API server", LIMIT, || lab.kubectl(&["get", "--raw", "/readyz"]).is_ok())
        .unwrap_or_else(|why| panic!("{why}"));
    let usual = lab.home().join("nodes/node-2/var-log/kubernetes/audit");
    fs::create_dir_all(&usual).expect("the lab needs root");
    fs::write(usual.join("audit.log"), &frozen).expect("the lab needs root");
    let _undo = Undo { lab, files: vec![usual.join("audit.log")], objects: Vec::new() };
    let (archive, _) = collected(lab, "unfinished.zip", &["--only", "audit"]);
    let lines = text(&archive, &layout::audit("node-2", "audit.log"));
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let ended = |event: &Value| {
        events.iter().any(|other| other["auditID"] == event["auditID"] && other["stage"] != "RequestReceived")
    };
    let is_after = |event: &Value| {
        let time = event["requestReceivedTimestamp"]
            .as_str()
            .and_then(|time| time.parse::<chrono::DateTime<chrono::Utc>>().ok());
        time.is_some_and(|time| time > began)
    };
    let unfinished: Vec<&Value> = events.iter().filter(|event| is_after(event) && !ended(event)).collect();
    let verbs: std::collections::BTreeSet<&str> =
        unfinished.iter().filter_map(|event| event["verb"].as_str()).collect();
    assert!(
        unfinished.len() > 3 && verbs.contains("update") && !verbs.contains("watch"),
        "{verbs:?} {}",
        unfinished.len()
    );
    assert!(unfinished.iter().all(|event| event["stage"] == "RequestReceived"));
}

/// Without `--audit` nothing of it comes, and `plan` says so and how to get it.
pub fn is_taken_only_where_it_was_asked_for(lab: &Lab) {
    let plan = |args: &[&str]| {
        let ended = crate::lab::start(&lab.kubeconfig(), &[&["plan"], args].concat()).wait(LIMIT);
        assert_eq!(ended.code, Some(0), "{ended}");
        ended.stdout
    };
    assert!(plan(&[]).contains("audit logs of API servers are left out; collect --audit takes them"));
    assert!(plan(&["--audit"]).contains("audit log: no API server is in a pod of kube-system"));
    let file = folder().join("no-audit.zip");
    let _ = fs::remove_file(&file);
    let ended = lab.collect(&file, &["--since", "5m", "--only", "control-plane"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let archive = open_sealed(&file);
    assert!(archive.entries().all(|entry| !entry.starts_with("controlplane/audit/")));
    assert!(archive.outcomes().iter().all(|outcome| outcome.source != "audit"));
}
