//! Objects as the programs' own types write them (tests/lab/gitops), and records of Helm as its driver labels them.

use super::*;
use crate::evidence::config;
use crate::objects::Typed;
use proptest::prelude::*;

const OBJECTS: &str = include_str!("../../../tests/data/gitops/objects.jsonl");
const OLD: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
const NEW: &str = "363a6a8fe6a7f13e05d34c163b0ef02a777da20a";
const BAD: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";

fn time(text: &str) -> DateTime<Utc> {
    format!("2026-11-27T{text}Z").parse().expect("a time")
}

fn place(line: u32) -> Place {
    Place::of_line(line, time("06:30:00"))
}

fn window() -> Window {
    Window { from: time("05:30:00"), to: time("06:30:00") }
}

/// What is told and what was brought, as lines.
fn told(mut found: Findings) -> (Vec<String>, Vec<String>) {
    let deployed = std::mem::take(&mut found.brought).settle(window(), &mut found);
    found.facts.sort();
    let line = |fact: Fact<'_>| {
        let (at, subject) = (fact.at.time.format("%T"), fact.subject);
        match fact.record {
            Record::Change { what, by, .. } => Some(format!("{at} {subject} {what} [{by}]")),
            Record::State { state, message } => Some(format!("{at} {subject} {state}: {message}")),
            _ => None,
        }
    };
    let lines = found.facts.iter().filter_map(line).collect();
    let brought = deployed.iter().map(|one| {
        let (at, source) = (one.at.time.format("%T"), one.source.as_deref().unwrap_or("?"));
        format!("{at} {} {} {source}", one.subject, one.commit.as_deref().unwrap_or(&one.revision))
    });
    (lines, brought.collect())
}

fn read_kind(kind: &str) -> (Vec<String>, Vec<String>) {
    let mut found = Findings::default();
    for (line, number) in OBJECTS.lines().zip(1..) {
        let typed: Typed = serde_json::from_str(line).expect("it says its kind");
        if typed.kind == kind || kind == "GitRepository+Kustomization" && kind.contains(&typed.kind) {
            read(&typed.kind, place(number), window(), line.as_bytes(), &mut found);
        }
    }
    told(found)
}

#[test]
fn the_syncs_of_an_application_are_told_object_by_object() {
    let (lines, brought) = read_kind("Application");
    let app = "Application/argocd/shop";
    let failed =
        "Failed to 9f8e7d6c5b4a39281706f5e4d3c2b1a098765432, tried 3 times: one or more objects failed to apply";
    assert_eq!(lines.len(), 8, "{lines:#?}");
    assert_eq!(lines[0], format!("04:00:00 {app} was synced to {OLD}, by automated sync [automated sync]"));
    assert_eq!(lines[1], format!("06:01:00 {app} was synced to {NEW}, by a person [a person]"));
    assert_eq!(lines[2], format!("06:10:00 {app} a sync to {BAD} was begun, by a person [a person]"));
    let configured = format!("was configured by a sync of {app} to {BAD}, images shop/api:1.8 [argo-cd, a person]");
    assert_eq!(lines[3], format!("06:10:00 Deployment/shop/api {configured}"));
    let pruned = format!("06:10:00 ServiceAccount/shop/old was pruned by a sync of {app} to {BAD} [argo-cd, a person]");
    assert_eq!(lines[4], pruned);
    assert!(lines[5].starts_with(&format!("06:10:12 {app} sync-failed: {failed}")), "{}", lines[5]);
    assert_eq!(lines[6], format!("06:11:40 {app} application-degraded: Deployment/shop/api"));
    assert_eq!(lines[7], format!("06:30:00 {app} out-of-sync: Deployment/shop/cart"));
    let of = |about: &str, commit: &str| format!("{about} {commit} git.example.com/team/shop");
    for one in [of(&format!("06:01:00 {app}"), NEW), of("06:10:00 ConfigMap/shop/settings", BAD)] {
        assert!(brought.contains(&one), "{one} is not in {brought:#?}");
    }
    assert!(!brought.iter().any(|one| one.contains("cart")), "what failed was not brought: {brought:#?}");
}

#[test]
fn nobodys_name_and_no_password_gets_out() {
    let all = ["Application", "Kustomization", "HelmRelease", "GitRepository"].map(read_kind);
    let text = format!("{all:?}");
    assert!(!text.contains("jane") && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_kustomization_tells_what_was_applied_and_what_failed() {
    let (lines, brought) = read_kind("GitRepository+Kustomization");
    let of = "Kustomization/flux-system/shop";
    let expected = [
        format!("03:30:00 {of} manifests of revision main@sha1:{OLD} were applied [kustomize-controller]"),
        format!("06:02:00 {of} manifests of revision main@sha1:{NEW} were applied [kustomize-controller]"),
        format!("06:04:55 GitRepository/flux-system/fleet revision main@sha1:{BAD} was fetched [source-controller]"),
        format!("06:05:00 {of} sync-failed: BuildFailed of revision main@sha1:{BAD}, 3 times"),
    ];
    assert_eq!(lines, expected);
    for about in ["Deployment/shop/web", "ClusterRole/shop:reader"] {
        let one = format!("06:02:00 {about} {NEW} git.example.com/team/fleet");
        assert!(brought.contains(&one), "{one} is not in {brought:#?}");
    }
}

#[test]
fn a_helm_release_of_flux_tells_values_from_charts() {
    let (lines, brought) = read_kind("HelmRelease");
    let of = "HelmRelease/shop/cache";
    let expected = [
        format!("05:00:00 {of} the deployment of version 1 of release shop/cache, chart cache 2.0.0 [helm-controller]"),
        format!(
            "06:01:40 {of} the deployment of version 2 of release shop/cache, values changed, chart cache 2.0.0 did not [helm-controller]"
        ),
        format!(
            "06:03:40 {of} a try of version 3 of release shop/cache, chart cache from 2.0.0 to 2.1.0, and values changed [helm-controller]"
        ),
        format!("06:03:40 {of} release-failed: version 3 of release shop/cache failed, chart cache 2.1.0, failures 1"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(brought.last(), Some(&format!("06:03:40 {of} 2.1.0 cache")));
}

/// The record of a version as the list of Secrets has it, metadata only.
fn secret(version: u32, status: &str, created: &str, written: Option<&str>) -> String {
    let written = written.map(|at| format!(r#","managedFields":[{{"manager":"Helm","time":"2026-11-27T{at}Z","fieldsV1":{{"f:data":{{"f:release":{{}}}}}}}}]"#));
    format!(
        r#"{{"metadata":{{"name":"sh.helm.release.v1.web.v{version}","namespace":"shop","creationTimestamp":"2026-11-27T{created}Z","labels":{{"modifiedAt":"1795758000","name":"web","owner":"helm","status":"{status}","version":"{version}"}}{}}}}}"#,
        written.unwrap_or_default()
    )
}

fn helm(lines: &[String]) -> (Vec<String>, Vec<String>) {
    let mut found = Findings::default();
    for (line, number) in lines.iter().zip(1..) {
        let kind = if line.contains("OWNER") { "ConfigMap" } else { "Secret" };
        config::read(kind, place(number), line.as_bytes(), &mut found);
    }
    told(found)
}

#[test]
fn every_version_of_a_release_is_told_by_its_labels() {
    let (lines, brought) = helm(&[
        secret(1, "superseded", "04:00:00", Some("05:40:08")),
        secret(2, "superseded", "05:40:00", Some("05:40:08")),
        secret(3, "failed", "06:00:00", Some("06:05:01")),
        secret(4, "deployed", "06:10:00", Some("06:10:06")),
    ]);
    let of = "Release/shop/web";
    let expected = [
        format!("04:00:00 {of} version 1 was begun by an install; its status is superseded [helm]"),
        format!("05:40:00 {of} version 2 was begun by an upgrade or a rollback; its status is superseded [helm]"),
        format!("06:00:00 {of} version 3 was begun by an upgrade or a rollback; its status is failed [helm]"),
        format!("06:05:01 {of} release-failed: version 3 is failed, begun by an upgrade or a rollback"),
        format!("06:10:00 {of} version 4 was begun by an upgrade or a rollback; its status is deployed [helm]"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(brought.len(), 4);
}

#[test]
fn a_release_is_stuck_where_it_pends_for_longer_than_helm_waits() {
    let stuck = |created: &str| {
        let (lines, _) = helm(&[secret(1, "deployed", "04:00:00", None), secret(2, "pending-rollback", created, None)]);
        lines.iter().any(|line| line.contains("release-stuck: version 2 is pending-rollback, begun by a rollback"))
    };
    assert!(!stuck("06:26:00"), "it may go on");
    assert!(stuck("06:20:00"));
}

#[test]
fn records_of_helm_2_are_known_by_their_labels_too() {
    let tiller = r#"{"metadata":{"name":"web.v7","namespace":"kube-system","creationTimestamp":"2026-11-27T06:00:00Z","labels":{"MODIFIED_AT":"1795759500","NAME":"web","OWNER":"TILLER","STATUS":"FAILED","VERSION":"7"}}}"#;
    let (lines, _) = helm(&[tiller.to_owned()]);
    assert_eq!(
        lines[0],
        "06:00:00 Release/web version 7 was begun by an upgrade or a rollback; its status is failed [helm]"
    );
    let other = tiller.replace("TILLER", "MAX").replace("web.v7", "x");
    assert_eq!(helm(&[other]).0, [""; 0]);
}

#[test]
fn the_chart_is_read_from_what_a_release_made() {
    let mut found = Findings::default();
    config::read("Secret", place(1), secret(2, "deployed", "06:00:00", None).as_bytes(), &mut found);
    let object = r#"{"metadata":{"name":"web","namespace":"shop","labels":{"helm.sh/chart":"web-1.4.2"},"annotations":{"meta.helm.sh/release-name":"web","meta.helm.sh/release-namespace":"shop"}}}"#;
    config::read("ConfigMap", place(2), object.as_bytes(), &mut found);
    let (_, brought) = told(found);
    for about in ["Release/shop/web", "ConfigMap/shop/web"] {
        assert!(brought.contains(&format!("06:00:00 {about} web-1.4.2 ?")), "{brought:#?}");
    }
}

#[test]
fn a_hook_that_failed_is_told_of_its_release() {
    let job = r#"{"metadata":{"name":"web-migrate","namespace":"shop","annotations":{"helm.sh/hook":"pre-upgrade","helm.sh/hook-weight":"-5"},"labels":{"app.kubernetes.io/instance":"web"}},
        "status":{"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded","message":"Job has reached the specified backoff limit","lastTransitionTime":"2026-11-27T06:03:00Z"}]}}"#;
    let mut found = Findings::default();
    crate::evidence::workloads::read("Job", place(1), job.as_bytes(), &mut found);
    let (lines, _) = told(found);
    let expected = "06:03:00 Release/shop/web hook-failed: hook pre-upgrade of release web failed: Job/shop/web-migrate \
                    BackoffLimitExceeded Job has reached the specified backoff limit";
    assert_eq!(lines, [expected]);
}

#[test]
fn an_id_of_an_inventory_names_its_object() {
    let named = |id: &str| flux::inventoried(id).map(|subject| subject.to_string());
    assert_eq!(named("shop_web_apps_Deployment").as_deref(), Some("Deployment/shop/web"));
    assert_eq!(
        named("_system__node__admin_rbac.authorization.k8s.io_ClusterRole").as_deref(),
        Some("ClusterRole/system:node:admin")
    );
    assert_eq!(named("shop_settings__ConfigMap").as_deref(), Some("ConfigMap/shop/settings"));
    for id in ["", "_", "a_b", "a_b_c", "___"] {
        assert_eq!(named(id), None, "{id}");
    }
}

proptest! {
    #[test]
    fn any_object_is_read(place_of in 0..OBJECTS.len(), with in "[{}\\[\\]\",:a-z0-9]{0,6}", line in 0..4_usize) {
        let mut text = OBJECTS.lines().nth(line).expect("four lines").to_owned();
        let at = (0..=place_of % text.len()).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.insert_str(at, &with);
        let mut found = Findings::default();
        for kind in ["Application", "Kustomization", "HelmRelease", "gitrepositories.source.toolkit.fluxcd.io"] {
            read(kind, place(1), window(), text.as_bytes(), &mut found);
        }
        told(found);
    }

    #[test]
    fn any_id_is_read(id in "[a-z_]{0,12}") {
        let _ = flux::inventoried(&id);
    }
}
