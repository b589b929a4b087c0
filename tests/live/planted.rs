//! Credentials planted wherever clusters have them by mistake are nowhere in an archive, nor in what is made from it.

use crate::lab::Lab;
use crate::process::{folder, run, wait_until};
use crate::sealed::{content, open_sealed, text};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

const SPACE: &str = "planted";
/// Before the label, in the configuration of Prometheus.
const LABEL: &str = ", labels: {api_password: ";
const LIMIT: Duration = Duration::from_secs(120);

pub fn are_taken_out(lab: &Lab) {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_nanos();
    let marker = |place: &str| format!("k8sf{place}{now}");
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let _ = lab.kubectl(&["delete", "namespace", SPACE, "--ignore-not-found"]);
    let config = prometheus_config(lab).unwrap_or_else(|why| panic!("{why}"));
    let planted = plant(lab, &marker).unwrap_or_else(|why| panic!("{why}"));
    let file = folder().join("planted.zip");
    let _ = fs::remove_file(&file);
    let ended = lab.collect(&file, &[]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let archive = open_sealed(&file);
    // What they stood in is there: else this proves nothing.
    let has = |entry: &str, part: &str| {
        assert!(text(&archive, entry).contains(part), "{entry} lacks {part}");
    };
    let pods = format!("objects/namespaces/{SPACE}/pods.jsonl");
    ["DB_PASSWORD", "--api-token", "example.com/api-token"].iter().for_each(|part| has(&pods, part));
    let log = format!("logs/{SPACE}/leaky/app/current.log");
    ["login ok password=", "BEGIN RSA PRIVATE KEY", "END RSA PRIVATE KEY", "after it"]
        .iter()
        .for_each(|part| has(&log, part));
    let journals = archive.entries().filter(|entry| entry.ends_with("/journal/kubelet.log"));
    assert!(
        journals.into_iter().any(|entry| text(&archive, entry).contains("asked with token")),
        "no probe in a journal"
    );
    has("metrics/up.json", "api_password");
    let report = folder().join("planted-report");
    let _ = fs::remove_dir_all(&report);
    let mut analyze = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    let analyzed = run(analyze.arg("analyze").arg(&file).arg("-o").arg(&report), "analyze", LIMIT);
    assert_eq!(analyzed.code, Some(0), "{analyzed}");
    let mut places: Vec<(String, Vec<u8>)> =
        archive.entries().map(|entry| (entry.to_owned(), content(&archive, entry))).collect();
    places.extend(files(&report));
    for said in [&ended, &analyzed] {
        places.push(("what was said".to_owned(), format!("{}{}", said.stdout, said.stderr).into_bytes()));
    }
    let found: Vec<String> = planted
        .iter()
        .flat_map(|marker| {
            let holds = |content: &[u8]| content.windows(marker.len()).any(|part| part == marker.as_bytes());
            places
                .iter()
                .filter(move |(_, content)| holds(content))
                .map(move |(place, _)| format!("{marker} in {place}"))
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");
    lab.kubectl(&["delete", "namespace", SPACE, "--wait=false"]).unwrap_or_else(|why| panic!("{why}"));
    configure_prometheus(lab, &config).unwrap_or_else(|why| panic!("{why}"));
}

/// Plants a credential in each place, waits until all are where a collect finds them, and gives them.
fn plant(lab: &Lab, marker: &dyn Fn(&str) -> String) -> Result<Vec<String>, String> {
    let places = ["secret", "map", "env", "arg", "note", "log", "pem", "journal", "label"];
    let [secret, map, env, arg, note, log, pem, journal, label] = places.map(marker);
    lab.kubectl(&["create", "namespace", SPACE])?;
    lab.apply(&format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: leaky, namespace: {SPACE}}}\nstringData: {{password: {secret}}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: leaky, namespace: {SPACE}}}\ndata: {{db.password: {map}}}\n"
    ))?;
    let body = format!("MIIEowIBAAKCAQEA{pem}");
    let say = format!(
        "echo login ok password={log}; echo -----BEGIN RSA PRIVATE KEY-----; echo {body}; echo {body}; \
         echo -----END RSA PRIVATE KEY-----; echo after it; sleep 3600"
    );
    lab.apply(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: leaky\n  namespace: {SPACE}\n  annotations: {{example.com/api-token: {note}}}\n\
         spec:\n  terminationGracePeriodSeconds: 1\n  containers:\n    - name: app\n      image: lab/busybox:1\n      \
         command: [sh, -c, \"{say}\", app, --api-token={arg}]\n      env: [{{name: DB_PASSWORD, value: {env}}}]\n      \
         readinessProbe: {{periodSeconds: 1, exec: {{command: [sh, -c, \"echo asked with token={journal}; exit 1\"]}}}}\n"
    ))?;
    label_series(lab, &label)?;
    let said = |args: &[&str], part: &str| lab.kubectl(args).is_ok_and(|text| text.contains(part));
    wait_until("the planted log", LIMIT, || said(&["-n", SPACE, "logs", "leaky"], "after it"))?;
    let probed = "/api/v1/nodes/node-1/proxy/logs/?query=kubelet";
    let other = probed.replace("node-1", "node-2");
    wait_until("the planted probe in a journal", LIMIT, || {
        [probed, &other].iter().any(|path| said(&["get", "--raw", path], &journal))
    })?;
    Ok(vec![secret, map, env, arg, note, log, pem, journal, label])
}

/// Gives a label with the credential to what Prometheus has of itself, and waits until it does.
fn label_series(lab: &Lab, label: &str) -> Result<(), String> {
    let own = "[{targets: [127.0.0.1:9090]}]";
    let with = format!("[{{targets: [127.0.0.1:9090]{LABEL}{label}}}}}]");
    configure_prometheus(lab, &prometheus_config(lab)?.replace(own, &with))?;
    lab.kubectl(&["-n", "monitoring", "rollout", "restart", "deployment/prometheus"])?;
    lab.kubectl(&["-n", "monitoring", "rollout", "status", "deployment/prometheus", "--timeout", "200s"])?;
    // Points of a range stand at whole seconds: what was scraped just now is in none yet.
    let query =
        "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy/api/v1/query?query=up%20offset%205s";
    wait_until("the label in Prometheus", LIMIT, || {
        lab.kubectl(&["get", "--raw", query]).is_ok_and(|answer| answer.contains(label))
    })
}

fn prometheus_config(lab: &Lab) -> Result<String, String> {
    let path = "jsonpath={.data.prometheus\\.yaml}";
    let config = lab.kubectl(&["-n", "monitoring", "get", "configmap", "monitoring", "-o", path])?;
    // Of a run before this one that failed.
    let planted = config.split_once(LABEL).and_then(|(_, rest)| rest.split_once('}'));
    Ok(match planted {
        Some((label, _)) => config.replace(&format!("{LABEL}{label}}}"), ""),
        None => config,
    })
}

fn configure_prometheus(lab: &Lab, config: &str) -> Result<(), String> {
    let patch = serde_json::json!({ "data": { "prometheus.yaml": config } }).to_string();
    lab.kubectl(&["-n", "monitoring", "patch", "configmap", "monitoring", "--type", "merge", "-p", &patch]).map(drop)
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).expect("a report").map(|file| file.expect("a file").path());
    files.map(|file| (file.display().to_string(), fs::read(&file).expect("a file"))).collect()
}
