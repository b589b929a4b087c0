//! The API server's audit log leaked once where a node's own programs write, and must not again: markers stand in the bodies
//! that it has, and are in no byte of an archive.

use crate::access::spellings;
use crate::lab::Lab;
use crate::leaks::{Undo, entries, holding, now};
use crate::process::{folder, wait_until};
use crate::sealed::{open_sealed, text};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// The audit policy has bodies of what is done to Secrets and ConfigMaps here.
const AUDITED: &str = "audited";
const LIMIT: Duration = Duration::from_secs(120);

pub fn the_api_servers_audit_log_is_nowhere(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let [secret, map, pod] = ["secret", "map", "pod"].map(|place| format!("k8sfaudit{place}{}", now()));
    let mut undo = Undo { lab, files: Vec::new(), objects: vec![vec!["namespace".into(), AUDITED.into()]] };
    let _ = lab.kubectl(&["delete", "namespace", AUDITED, "--ignore-not-found"]);
    let lines = audited(lab, [&secret, &map]).unwrap_or_else(|why| panic!("{why}"));
    undo.files = plant_files(lab, &lines).unwrap_or_else(|why| panic!("{why}"));
    plant_pod(lab, &pod).unwrap_or_else(|why| panic!("{why}"));
    let file = folder().join("audited-bodies.zip");
    let _ = fs::remove_file(&file);
    // Without redaction, which would find some of it otherwise.
    let ended = lab.collect(&file, &["--redact", "off", "--yes"]);
    // The file that is packed is not taken.
    assert_eq!(ended.code, Some(3), "{ended}");
    let archive = open_sealed(&file);
    let mut places = entries(&archive);
    places.push(("what was said".to_owned(), format!("{}{}", ended.stdout, ended.stderr).into_bytes()));
    let found = holding(&places, &[secret, map]);
    assert!(found.is_empty(), "{found:#?}");
    // The pod's specification has its own marker, its log has none.
    let log = format!("logs/{AUDITED}/auditor/app/current.log");
    assert!(text(&archive, &log).contains("after it") && !text(&archive, &log).contains("audit.k8s.io"));
    let auditd = text(&archive, "nodes/node-1/var-log/audit/audit.log");
    assert_eq!(auditd.matches("type=SYSCALL msg=audit(").count(), 2, "{auditd}");
    let syslog = text(&archive, "nodes/node-1/var-log/syslog");
    assert!(syslog.contains("app: before") && syslog.contains("app: after"), "{syslog}");
    let said = |subject: &str| {
        let outcomes = archive.outcomes();
        let outcome = outcomes.iter().find(|outcome| outcome.subject == subject);
        outcome.unwrap_or_else(|| panic!("no outcome of {subject}")).why.clone()
    };
    for subject in [
        "Node/node-1 file audit/audit.log",
        "Node/node-1 file syslog",
        "Node/node-1 file docker.log",
        &format!("Pod/{AUDITED}/auditor container app, current"),
    ] {
        assert!(said(subject).contains("of the API server's audit log left out"), "{subject}: {}", said(subject));
    }
    assert_eq!(said("Node/node-1 file messages"), "it is packed, and no plain file");
}

/// Makes a Secret and a ConfigMap with markers, and gives the lines that the API server wrote about them.
fn audited(lab: &Lab, [secret, map]: [&str; 2]) -> Result<Vec<String>, String> {
    lab.kubectl(&["create", "namespace", AUDITED])?;
    lab.apply(&format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: {AUDITED}}}\nstringData: {{note: {secret}}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: db, namespace: {AUDITED}}}\ndata: {{note: {map}}}\n"
    ))?;
    lab.kubectl(&["-n", AUDITED, "get", "secret,configmap", "db", "-o", "yaml"])?;
    let mut lines = Vec::new();
    wait_until("the bodies in the audit log", LIMIT, || {
        let log = fs::read(lab.home().join("log/audit.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let of_it = log.lines().filter(|line| line.contains(AUDITED) && line.contains("responseObject"));
        lines = of_it.map(str::to_owned).collect();
        [secret, map].iter().all(|marker| {
            let forms = spellings(marker);
            lines.iter().any(|line| forms.iter().any(|form| line.contains(form.as_str())))
        })
    })?;
    Ok(lines)
}

/// Writes the lines where a node's programs write: as they are, wrapped, torn and packed.
fn plant_files(lab: &Lab, lines: &[String]) -> Result<Vec<PathBuf>, String> {
    let time = chrono::Utc::now();
    let syscall =
        format!("type=SYSCALL msg=audit({}.123:42): arch=c000003e syscall=59 success=yes\n", time.timestamp());
    let stamp = time.format("%b %e %H:%M:%S");
    let all: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let wrapped: String = lines.iter().map(|line| format!("{stamp} node-1 kube-apiserver[7]: {line}\n")).collect();
    let docker: String = lines
        .iter()
        .map(|line| format!("{}\n", json!({"log": format!("{line}\n"), "stream": "stdout", "time": time.to_rfc3339()})))
        .collect();
    // A file that was cut within the body, so that its first line says nothing of what it is.
    let torn: String = lines
        .iter()
        .filter_map(|line| line.split_once("\"responseObject\""))
        .map(|(_, end)| format!("{end}\n"))
        .collect();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut packer, all.as_bytes()).map_err(|error| error.to_string())?;
    let packed = packer.finish().map_err(|error| error.to_string())?;
    let files = [
        ("audit/audit.log", format!("{torn}{syscall}{all}{syscall}").into_bytes()),
        (
            "syslog",
            format!("{torn}{stamp} node-1 app: before\n{wrapped}{torn}{stamp} node-1 app: after\n").into_bytes(),
        ),
        ("docker.log", docker.into_bytes()),
        ("messages", packed),
        ("kube-apiserver-audit.log", all.clone().into_bytes()),
        ("kubernetes/audit/audit.log", all.clone().into_bytes()),
        ("kube-audit/audit.log", all.into_bytes()),
    ];
    let mut written = Vec::new();
    for (name, content) in files {
        let path = var_log(lab, 1).join(name);
        fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(|error| error.to_string())?;
        fs::write(&path, content).map_err(|error| format!("{}: {error}", path.display()))?;
        written.push(path);
    }
    Ok(written)
}

/// A container that prints such a line, as an API server does with `--audit-log-path=-`.
fn plant_pod(lab: &Lab, marker: &str) -> Result<(), String> {
    let line = format!(
        "{{\\\"kind\\\":\\\"Event\\\",\\\"apiVersion\\\":\\\"audit.k8s.io/v1\\\",\\\"responseObject\\\":{{\\\"a\\\":\\\"{marker}\\\"}}}}"
    );
    lab.apply(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: auditor, namespace: {AUDITED}}}\nspec:\n  terminationGracePeriodSeconds: 1\n  \
         containers:\n    - name: app\n      image: lab/busybox:1\n      command: [sh, -c, \"echo before it; echo '{line}'; echo after it; sleep 3600\"]\n"
    ))?;
    wait_until("the planted line", LIMIT, || {
        lab.kubectl(&["-n", AUDITED, "logs", "auditor"]).is_ok_and(|log| log.contains("after it"))
    })
}

/// The log folder of a node, as the machine of the lab sees it.
fn var_log(lab: &Lab, node: u32) -> PathBuf {
    lab.home().join(format!("nodes/node-{node}/var-log"))
}
