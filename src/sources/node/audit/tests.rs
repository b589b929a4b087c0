//! A log as the lab's API server wrote it, with LAB_AUDIT=full, an etcd that is frozen at its end, and persons among those
//! who ask: `admin` by a certificate, and `jane.doe`, who is impersonated. `projected.jsonl` and `reads.jsonl` beside it are
//! what is kept of it; `K8SF_BLESS=1` writes them anew.

use super::projection::{Projection, Seen};
use crate::model::Window;
use crate::redact::{Key, Redactor, Rules};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

const RAW: &str = include_str!("../../../../tests/data/audit/raw.jsonl");

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
}

fn whole() -> Window {
    Window::new(at("2026-11-27T07:00:00Z"), at("2026-11-27T08:00:00Z"))
}

struct Kept {
    text: String,
    counts: String,
    seen: Seen,
}

impl Kept {
    fn events(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

fn kept(log: &str, window: Window, cap: usize, piece: usize) -> Kept {
    kept_of(&[], log, window, cap, piece)
}

fn kept_of(namespaces: &[&str], log: &str, window: Window, cap: usize, piece: usize) -> Kept {
    let namespaces = namespaces.iter().map(|namespace| (*namespace).to_owned()).collect();
    let redactor = Redactor::new(Rules::built_in().expect("rules"), Key::known([7; 32])).expect("a redactor");
    let (mut projection, mut out) = (Projection::new(redactor, window, namespaces), Vec::new());
    let mut write = |line: &[u8]| -> Result<(), ()> {
        out.extend_from_slice(line);
        Ok(())
    };
    let mut file = projection.file(cap);
    for piece in log.as_bytes().chunks(piece.max(1)) {
        if !file.push(piece, &mut write).expect("no error") {
            break;
        }
    }
    let seen = file.end_of_log(&mut write).expect("no error");
    let counts = projection.counts.lines().flat_map(|line| [line, "\n".to_owned()]).collect();
    Kept { text: String::from_utf8(out).expect("text"), counts, seen }
}

fn is_same(file: &str, text: &str) -> bool {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/audit").join(file);
    if std::env::var_os("K8SF_BLESS").is_some() {
        std::fs::write(&path, text).expect("a file to write");
    }
    std::fs::read_to_string(&path).unwrap_or_default() == text
}

#[test]
fn what_is_kept_of_a_real_log() {
    let kept = kept(RAW, whole(), usize::MAX, 4096);
    assert!(is_same("projected.jsonl", &kept.text) && is_same("reads.jsonl", &kept.counts), "{}", kept.text);
    assert_eq!((kept.seen.unreadable, kept.seen.left_out), (0, 0));
    assert_eq!(kept.seen.levels, BTreeSet::from(["Metadata", "RequestResponse"]));
    for gone in [
        "jane",
        "\"admin\"",
        "sourceIPs",
        "10.88.0",
        "groups",
        "X509SHA256",
        "$Format",
        "managedFields",
        "64Mi",
        "last-applied",
    ] {
        assert!(!kept.text.contains(gone), "{gone}");
    }
    let names: BTreeSet<String> =
        kept.events().iter().filter_map(|event| event["user"]["username"].as_str().map(str::to_owned)).collect();
    assert!(names.iter().all(|name| name.starts_with("system:") || name.starts_with("REDACTED-person-")), "{names:?}");
}

#[test]
fn changes_of_a_config_map_and_a_deployment_are_told() {
    let events = kept(RAW, whole(), usize::MAX, 100).events();
    let of = |resource: &str, name: &str| -> Vec<&Value> {
        let is_of = |event: &&Value| {
            event["stage"] == "ResponseComplete"
                && event["objectRef"]["resource"] == resource
                && event["objectRef"]["name"] == name
        };
        events.iter().filter(is_of).collect()
    };
    let [created, patched] = of("configmaps", "settings").try_into().expect("two writes");
    for write in [created, patched] {
        assert!(write["user"]["username"].as_str().is_some_and(|name| name.starts_with("REDACTED-person-")), "{write}");
        assert_eq!(write["userAgent"], "kubectl/v1.34.4");
    }
    let [before, after] = [created, patched].map(|write| write["responseObject"]["data"].clone());
    assert!(before["LIMIT"].is_string() && before["LIMIT"] != after["LIMIT"] && before["NAME"] == after["NAME"]);
    let images: Vec<&str> = of("deployments", "web")
        .iter()
        .filter_map(|event| event["responseObject"]["spec"]["template"]["spec"]["containers"][0]["image"].as_str())
        .collect();
    assert!(images.first() == Some(&"lab/busybox:1") && images.last() == Some(&"lab/busybox:2"), "{images:?}");
    let secret = of("secrets", "db");
    assert!(secret.len() == 1 && secret[0].get("responseObject").is_none(), "{secret:?}");
}

/// What was kept of the lab's incident memory-cascade, its alerter, the cache beside it and the drained node: the setting
/// went and came back, which its keyed values show without telling it.
#[test]
fn a_setting_that_came_back_is_seen_to_have() {
    const RECORDED: &str = include_str!("../../../../tests/data/audit/memory-cascade.jsonl");
    let events = RECORDED.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let maps: Vec<Value> = events.filter(|event| event["objectRef"]["resource"] == "configmaps").collect();
    let values: Vec<&Value> =
        maps.iter().map(|event| &event["responseObject"]["data"]["history-mb-per-worker"]).collect();
    let [created, changed, taken_back] = values.try_into().expect("three writes");
    assert!(created.is_string() && created != changed && created == taken_back, "{created} {changed} {taken_back}");
    assert!(maps.iter().all(|event| event["user"] == maps[0]["user"]), "one person made all of them");
}

#[test]
fn requests_without_an_end_stay_and_reads_with_one_are_counted() {
    let kept = kept(RAW, whole(), usize::MAX, usize::MAX);
    let events = kept.events();
    let is_read = |event: &&Value| matches!(event["verb"].as_str(), Some("get" | "list" | "watch"));
    let ended = |event: &Value| {
        events.iter().any(|other| other["auditID"] == event["auditID"] && other["stage"] == "ResponseComplete")
    };
    let reads: Vec<&Value> =
        events.iter().filter(is_read).filter(|event| event["objectRef"]["subresource"] != "exec").collect();
    assert!(
        reads.len() > 3 && reads.iter().all(|event| event["stage"] == "RequestReceived" && !ended(event)),
        "{reads:#?}"
    );
    assert!(reads.iter().all(|event| event["verb"] != "watch"));
    assert!(
        kept.counts
            .lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok_and(|count| count["count"].as_u64() > Some(0)))
    );
    assert!(
        kept.counts
            .contains(r#""class":"node","program":"kubelet/v1.34.4","verb":"list","resource":"nodes","code":200"#),
        "{}",
        kept.counts
    );
}

#[test]
fn what_is_outside_of_the_window_only_ends_requests() {
    let until = |to: &str| kept(RAW, Window::new(at("2026-11-27T07:00:00Z"), at(to)), usize::MAX, 4096);
    // The end of a patch came after the window, and of its beginning is known that it had one.
    let all = kept(RAW, whole(), usize::MAX, 4096);
    let first =
        all.events().first().and_then(|event| event["stageTimestamp"].as_str().map(str::to_owned)).expect("an event");
    let early = until(&first);
    assert!(early.seen.lines < all.seen.lines && early.seen.lines > 0);
    assert!(
        early.events().iter().all(|event| event["verb"] != "get" || event["stage"] != "RequestReceived"),
        "{}",
        early.text
    );
}

#[test]
fn of_other_namespaces_nothing_is_told() {
    let events = kept_of(&["audsample"], RAW, whole(), usize::MAX, 4096).events();
    let namespaces: BTreeSet<&str> =
        events.iter().filter_map(|event| event["objectRef"]["namespace"].as_str()).collect();
    assert_eq!(namespaces, BTreeSet::from(["audsample"]));
    assert!(kept_of(&["other"], RAW, whole(), usize::MAX, 4096).seen.lines < 10);
}

#[test]
fn as_it_gets_full_bodies_go_first() {
    let whole = kept(RAW, whole(), usize::MAX, 4096);
    let part = kept(RAW, self::whole(), 30_000, 4096);
    assert!(part.seen.without_bodies > 0 && part.seen.left_out > 0 && part.text.len() < 60_000);
    assert!(part.seen.lacks().iter().any(|lack| lack.contains("left out for size")));
    assert!(whole.text.len() > part.text.len());
}

#[test]
fn what_is_no_event_is_counted() {
    let log = "\n{}\nnot JSON\n2026-11-21T07:00:00Z AUDIT: id=\"5c3b\" ip=\"127.0.0.1\" method=\"GET\" user=\"anna\"\n{\"kind\":\"Event\",\"apiVersion\":\"v1\"}\nhalf a li";
    let kept = kept(log, whole(), usize::MAX, 7);
    assert_eq!((kept.seen.unreadable, kept.text.as_str()), (4, ""));
    let long = format!("{}\n{}", "x".repeat(9 << 20), RAW);
    let kept = self::kept(&long, whole(), usize::MAX, 1 << 16);
    assert_eq!(kept.seen.unreadable, 1);
    assert!(kept.seen.lines > 50);
}

/// An event with a marker in each place where something may be that is not kept.
fn planted(resource: &str, group: &str, verb: &str, body: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"1","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/{resource}/db?token=MARK&fieldManager=helm","verb":"{verb}","user":{{"username":"MARK","uid":"MARK","groups":["MARK"],"extra":{{"k":["MARK"]}}}},"impersonatedUser":{{"username":"MARK","groups":["MARK"]}},"sourceIPs":["MARK"],"userAgent":"helm/v3 (MARK)","objectRef":{{"resource":"{resource}","namespace":"shop","name":"db","apiGroup":"{group}"}},"responseStatus":{{"metadata":{{"x":"MARK"}},"status":"Failure","reason":"Invalid","message":"data: Invalid value: \"MARK\"","details":{{"name":"MARK"}},"code":422}},"requestObject":{body},"responseObject":{body},"requestReceivedTimestamp":"2026-11-27T07:10:00.000000Z","stageTimestamp":"2026-11-27T07:10:00.100000Z","annotations":{{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed by RoleBinding \"MARK\" to User \"MARK\"","patch.webhook.admission.k8s.io/round_0_index_0":"MARK","authentication.k8s.io/x":"MARK"}},"later":"MARK"}}
"#
    )
}

#[test]
fn no_value_is_kept_of_what_may_hold_credentials() {
    let bodies = [
        r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"db","annotations":{"a":"MARK"},"labels":{"b":"MARK"}},"data":{"password":"MARK"},"stringData":{"x":"MARK"}}"#,
        r#"[{"op":"replace","path":"/data/password","value":"MARK"}]"#,
        r#"{"kind":"TokenRequest","spec":{"audiences":["MARK"]},"status":{"token":"MARK"}}"#,
        r#""MARK""#,
        r#"{"kind":"SecretList","items":[{"data":{"k":"MARK"}}]}"#,
    ];
    let kinds = [
        ("secrets", ""),
        ("configmaps", ""),
        ("tokenreviews", "authentication.k8s.io"),
        ("certificatesigningrequests", "certificates.k8s.io"),
        ("databasecredentials", "example.com"),
        ("oauthaccesstokens", "oauth.openshift.io"),
    ];
    for (resource, group) in kinds {
        for verb in ["create", "update", "patch", "delete", "deletecollection"] {
            for body in bodies {
                let kept = kept(&planted(resource, group, verb, body), whole(), usize::MAX, 4096);
                assert!(!kept.text.contains("MARK") && !kept.counts.contains("MARK"), "{}{}", kept.text, kept.counts);
                assert_eq!(kept.seen.unreadable, 0, "{body}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_make_no_difference(piece in 1_usize..5000) {
        let (one, other) = (kept(RAW, whole(), 100_000, piece), kept(RAW, whole(), 100_000, usize::MAX));
        prop_assert_eq!((one.text, one.counts), (other.text, other.counts));
    }

    #[test]
    fn any_change_of_a_line_is_read(at in 0_usize..3000, byte in any::<u8>()) {
        let line = RAW.lines().find(|line| line.contains("responseObject")).expect("a body");
        let mut bytes = line.as_bytes().to_vec();
        let at = at % bytes.len();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let text = format!("{}\n", String::from_utf8_lossy(&bytes));
        let kept = kept(&text, whole(), usize::MAX, 4096);
        prop_assert!(kept.events().len() <= 1);
    }
}
