//! The chart in a real cluster, installed by Helm from an image of this binary: a real Alertmanager's alert starts a Job
//! whose archive and draft are there, and a collection that is killed leaves an archive that opens.

use crate::lab::{Lab, lab_shell, script, start};
use crate::leaks::Undo;
use crate::process::{folder, run, wait_until};
use k8s_forensics::archive::Archive;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
const TOKEN: &str = "lab-alertmanager-token";
const PAGER: &str = "pager";

/// A release in a namespace of its own, and the folder of this machine that its claim is.
struct Release {
    space: &'static str,
    archives: PathBuf,
}

impl Release {
    /// What is left of it, to be removed.
    fn undo<'a>(&self, lab: &'a Lab) -> Undo<'a> {
        let of = |kind: &str, name: String| vec![kind.to_owned(), name];
        let [role, of_recorder] = ["collect", "recorder"].map(|who| format!("{}-k8s-forensics-{who}", self.space));
        let objects = vec![
            of("namespace", self.space.to_owned()),
            of("namespace", PAGER.to_owned()),
            of("persistentvolume", self.space.to_owned()),
            of("persistentvolume", format!("{}-recording", self.space)),
            of("clusterrole", of_recorder.clone()),
            of("clusterrolebinding", of_recorder),
            of("clusterrole", role.clone()),
            of("clusterrolebinding", role),
        ];
        Undo { lab, files: Vec::new(), objects }
    }

    fn install(&self, lab: &Lab, options: &[&str]) -> Result<(), String> {
        load_image(lab)?;
        let _ = fs::remove_dir_all(&self.archives);
        fs::create_dir_all(&self.archives).map_err(|error| error.to_string())?;
        run(Command::new("chown").arg("65532:65532").arg(&self.archives), "chown", MINUTE).ok()?;
        lab.apply(&before(self.space, &self.archives))?;
        let helm = run(&mut script("helm.sh"), "helm.sh", 15 * MINUTE).ok()?;
        let mut command = Command::new(helm.trim());
        command.env("KUBECONFIG", lab.home().join("admin.kubeconfig")).env("HOME", folder());
        command.args(["install", self.space]).arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/chart"));
        command.args(["-n", self.space, "--wait", "--timeout", "3m", "--set", "storage.existingClaim=archives"]);
        run(command.args(options), "helm install", 4 * MINUTE).ok().map(drop)
    }

    /// Starts a collection as a person does, and gives the path of its archive.
    fn collect_now(&self, lab: &Lab, name: &str) -> Result<(), String> {
        let from = format!("--from=cronjob/{}-k8s-forensics", self.space);
        lab.kubectl(&["-n", self.space, "create", "job", &from, name]).map(drop)
    }

    /// What its volume holds whose names begin and end so.
    fn made(&self, beginning: &str, ending: &str) -> Option<PathBuf> {
        let all = fs::read_dir(&self.archives).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut all = all.filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(beginning) && name.ends_with(ending)
        });
        all.next()
    }

    /// A claim for the recorder, on a volume beside that of the archives.
    fn claim_for_recorder(&self, lab: &Lab) -> Result<(), String> {
        let recording = self.archives.with_extension("recording");
        let _ = fs::remove_dir_all(&recording);
        fs::create_dir_all(&recording).map_err(|error| error.to_string())?;
        run(Command::new("chown").arg("65532:65532").arg(&recording), "chown", MINUTE).ok()?;
        let name = format!("{}-recording", self.space);
        lab.apply(&volume(self.space, (&name, "recording"), &recording).join("\n---\n"))
    }

    fn jobs(&self, lab: &Lab) -> Vec<Value> {
        lab.items(&["-n", self.space, "jobs"]).unwrap_or_default()
    }
}

/// A namespace that refuses pods that are not restricted, a claim, and the secret that Alertmanager sends.
fn before(space: &str, archives: &Path) -> String {
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let documents = [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space, "labels": labels}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k8s-forensics-on-alert", "namespace": space},
            "stringData": {"token": TOKEN}}),
    ];
    let [namespace, secret] = documents.map(|document| document.to_string());
    let [of_archives, claim] = volume(space, (space, "archives"), archives);
    [namespace, of_archives, claim, secret].join("\n---\n")
}

/// A volume on this machine, and the claim that has it.
fn volume(space: &str, (name, claim): (&str, &str), path: &Path) -> [String; 2] {
    let size = json!({"storage": "1Gi"});
    [
        json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
            "capacity": size, "accessModes": ["ReadWriteOnce"], "storageClassName": "",
            "hostPath": {"path": path}, "claimRef": {"namespace": space, "name": claim},
        }}),
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim, "namespace": space}, "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": name, "resources": {"requests": size},
        }}),
    ]
    .map(|document| document.to_string())
}

/// Makes an image of this binary and loads it into the runtime of each node.
fn load_image(lab: &Lab) -> Result<(), String> {
    let (binary, image) = (folder().join("in-image"), folder().join("image.tar"));
    fs::create_dir_all(folder()).map_err(|error| error.to_string())?;
    run(Command::new("strip").arg("-o").arg(&binary).arg(env!("CARGO_BIN_EXE_k8s-forensics")), "strip", 2 * MINUTE)
        .ok()?;
    let mut make = Command::new("python3");
    make.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/image.py")).arg(&image);
    make.args([env!("CARGO_PKG_VERSION"), &format!("amd64={}", binary.display())]);
    run(&mut make, "image.py", 5 * MINUTE).ok()?;
    for node in fs::read_dir(lab.home().join("nodes")).map_err(|error| error.to_string())?.flatten() {
        let socket = node.path().join("run/containerd.sock");
        let line = format!("ctr -a {} -n k8s.io images import {}", socket.display(), image.display());
        run(&mut lab_shell(&line), "ctr images import", 3 * MINUTE).ok()?;
    }
    Ok(())
}

pub fn collects_when_an_alert_fires(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let release = Release { space: "evidence", archives: lab.home().join("evidence") };
    let _undo = release.undo(lab);
    collected_on_alert(lab, &release).unwrap_or_else(|why| panic!("{why}\n{}", said(lab, &release)));
}

fn collected_on_alert(lab: &Lab, release: &Release) -> Result<(), String> {
    release.install(lab, &["--set", "onAlert.enabled=true", "--set", "onAlert.before=15m"])?;
    may_what_it_needs(lab, release)?;
    let pager = start_alertmanager(lab, release)?;
    let since = chrono::Utc::now() - chrono::TimeDelta::minutes(2);
    // One that nobody looks for, at the same time.
    let began = Instant::now();
    send(&pager, &json!([alert("Ticket", "ticket", since), alert("KubeNodeNotReady", "page", since)]))?;
    let draft = || Some(release.made("evidence-k8s-forensics-alert-", "-report")?.join("postmortem.md"));
    wait_until("a draft", 5 * MINUTE, || draft().is_some_and(|draft| draft.is_file()))?;
    eprintln!("live tests: {:.1} s from the alert to the draft", began.elapsed().as_secs_f32());
    wait_until("the Job to be complete", MINUTE, || {
        let jobs = release.jobs(lab);
        jobs.len() == 1 && jobs.iter().all(|job| job["status"]["succeeded"] == 1)
    })?;
    let archive = release.made("evidence-k8s-forensics-alert-", ".zip").ok_or("no archive")?;
    start(&lab.kubeconfig(), &["verify", &archive.to_string_lossy()]).wait(MINUTE).ok()?;
    let header = Archive::open(&archive).and_then(|archive| archive.header()).map_err(|error| error.to_string())?;
    let header = serde_json::to_value(header).map_err(|error| error.to_string())?.to_string();
    let from = (since - chrono::TimeDelta::minutes(15)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    if !header.contains(from.trim_end_matches('Z')) {
        return Err(format!("its window does not begin at {from}: {header}"));
    }
    asked_for_nothing_else(lab, release)
}

/// What happened in the release's namespace, for whoever reads the failure.
fn said(lab: &Lab, release: &Release) -> String {
    let logs = format!("--selector=app.kubernetes.io/instance={}", release.space);
    let told = [
        lab.kubectl(&["-n", release.space, "get", "all", "-o", "wide"]),
        lab.kubectl(&["-n", release.space, "get", "events"]),
        lab.kubectl(&["-n", release.space, "logs", "--all-containers", "--prefix", "--tail=40", &logs]),
    ];
    told.map(|one| one.unwrap_or_else(|why| why)).join("\n")
}

/// Whether the account of collections is denied what the chart leaves out, and nothing else.
fn may_what_it_needs(lab: &Lab, release: &Release) -> Result<(), String> {
    let kubeconfig = lab.kubeconfig_of(release.space, &format!("{}-k8s-forensics-collect", release.space))?;
    let planned = start(&kubeconfig, &["plan", "--json"]).wait(2 * MINUTE);
    let plan: Value = serde_json::from_str(&planned.stdout).map_err(|error| format!("{error}: {planned}"))?;
    let checked = plan["permissions"].as_array().ok_or_else(|| format!("no permissions: {plan}"))?;
    let denied = checked.iter().filter(|one| one.to_string().contains("\"denied\"")).map(Value::to_string);
    let others: Vec<String> =
        denied.filter(|one| !one.contains("\"secrets\"") && !one.contains("\"configmaps\"")).collect();
    if others.is_empty() { Ok(()) } else { Err(format!("denied beside what is left out: {others:#?}")) }
}

/// Runs the Alertmanager of this machine in a pod, with the webhook as its receiver, and gives its address.
fn start_alertmanager(lab: &Lab, release: &Release) -> Result<String, String> {
    let service = format!("{}-k8s-forensics-on-alert", release.space);
    let address =
        lab.kubectl(&["-n", release.space, "get", "service", &service, "-o", "jsonpath={.spec.clusterIP}"])?;
    let webhook = json!({"url": format!("http://{}:8080/alerts", address.trim()), "http_config": {"authorization": {"credentials": TOKEN}}});
    let config = json!({
        "route": {"receiver": "evidence", "group_by": ["alertname"], "group_wait": "1s", "group_interval": "5s"},
        "receivers": [{"name": "evidence", "webhook_configs": [webhook]}],
    });
    let of_host = |name: &str, path: &str| json!({"name": name, "hostPath": {"path": path}});
    let mount = |name: &str, path: &str| json!({"name": name, "mountPath": path});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": PAGER, "namespace": PAGER}, "spec": {
        "containers": [{
            "name": "alertmanager", "image": "lab/busybox:1",
            "command": ["/usr/bin/prometheus-alertmanager", "--config.file=/config/config.yaml", "--storage.path=/data", "--cluster.listen-address="],
            "readinessProbe": {"httpGet": {"path": "/-/ready", "port": 9093}, "periodSeconds": 1},
            "volumeMounts": [mount("config", "/config"), mount("data", "/data"), mount("usr", "/usr"), mount("lib", "/lib"), mount("lib64", "/lib64")],
        }],
        "volumes": [{"name": "config", "configMap": {"name": PAGER}}, {"name": "data", "emptyDir": {}},
            of_host("usr", "/usr"), of_host("lib", "/usr/lib"), of_host("lib64", "/usr/lib64")],
    }});
    let documents = [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PAGER}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": PAGER, "namespace": PAGER}, "data": {"config.yaml": config.to_string()}}),
        pod,
    ];
    lab.apply(&documents.map(|document| document.to_string()).join("\n---\n"))?;
    lab.kubectl(&["-n", PAGER, "wait", "--for=condition=Ready", &format!("pod/{PAGER}"), "--timeout=90s"])?;
    let address = lab.kubectl(&["-n", PAGER, "get", "pod", PAGER, "-o", "jsonpath={.status.podIP}"])?;
    Ok(format!("{}:9093", address.trim()))
}

fn alert(name: &str, severity: &str, since: chrono::DateTime<chrono::Utc>) -> Value {
    json!({"labels": {"alertname": name, "severity": severity, "node": "node-1"}, "startsAt": since.to_rfc3339()})
}

/// Tells Alertmanager of alerts, as Prometheus does.
fn send(address: &str, alerts: &Value) -> Result<(), String> {
    let body = alerts.to_string();
    let mut stream = TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
    let head = format!(
        "POST /api/v2/alerts HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n"
    );
    let mut answer = String::new();
    let asked = stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    asked.and_then(|()| stream.read_to_string(&mut answer)).map_err(|error| error.to_string())?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(format!("Alertmanager refused the alerts: {answer}")) }
}

/// Whether the receiver's account did nothing but list and create Jobs in its namespace, by the API server's audit log.
fn asked_for_nothing_else(lab: &Lab, release: &Release) -> Result<(), String> {
    let user = format!("system:serviceaccount:{0}:{0}-k8s-forensics-on-alert", release.space);
    let text = fs::read_to_string(lab.home().join("log/audit.log")).map_err(|error| error.to_string())?;
    let requests = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let did: BTreeSet<String> = requests
        .filter(|request| request["user"]["username"] == user.as_str())
        .map(|request| {
            let of = &request["objectRef"];
            [&request["verb"], &of["apiGroup"], &of["resource"], &of["namespace"]].map(word).join(" ")
        })
        .collect();
    let expected = ["create batch jobs", "list batch jobs"].map(|one| format!("{one} {}", release.space));
    if did == BTreeSet::from(expected) { Ok(()) } else { Err(format!("the receiver's account did {did:?}")) }
}

pub fn collects_what_was_recorded(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let release = Release { space: "flight", archives: lab.home().join("flight") };
    let _undo = release.undo(lab);
    recorded(lab, &release).unwrap_or_else(|why| panic!("{why}\n{}", said(lab, &release)));
}

fn recorded(lab: &Lab, release: &Release) -> Result<(), String> {
    let claim = "recorder.storage.existingClaim=recording";
    let install = || release.install(lab, &["--set", "recorder.enabled=true", "--set", claim]);
    // The namespace has to be there before the claim is, and Helm waits for the recorder, which waits for the claim.
    lab.kubectl(&["create", "namespace", release.space])?;
    release.claim_for_recorder(lab)?;
    install()?;
    let pods = lab.items(&["-n", release.space, "pods", "-l", "app.kubernetes.io/component=recorder"])?;
    let name = |pod: &Value| pod["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let first = pods.first().map(name).ok_or("no recorder")?;
    // Another goes on with the recording, and tells that the first is gone.
    lab.kubectl(&["-n", release.space, "delete", "pod", &first])?;
    let deployment = format!("deployment/{}-k8s-forensics-recorder", release.space);
    lab.kubectl(&["-n", release.space, "rollout", "status", &deployment, "--timeout=90s"])?;
    release.collect_now(lab, "whole")?;
    wait_until("a whole archive", 5 * MINUTE, || release.made("whole-", ".zip").is_some())?;
    let archive = release.made("whole-", ".zip").ok_or("no archive")?;
    let args = ["show", &archive.to_string_lossy(), "diff", &format!("pod/{first}"), "-n", release.space];
    let versions = start(&lab.kubeconfig(), &args).wait(MINUTE).ok()?;
    if versions.contains("deleted") { Ok(()) } else { Err(format!("it is not told that {first} went: {versions}")) }
}

pub fn archives_open_whenever_a_pod_is_killed(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let release = Release { space: "killed", archives: lab.home().join("killed") };
    let _undo = release.undo(lab);
    killed(lab, &release).unwrap_or_else(|why| panic!("{why}\n{}", said(lab, &release)));
}

fn killed(lab: &Lab, release: &Release) -> Result<(), String> {
    release.install(lab, &["--set", "run.backoffLimit=0"])?;
    release.collect_now(lab, "whole")?;
    wait_until("a whole archive", 5 * MINUTE, || release.made("whole-", ".zip").is_some())?;
    let size = |path: &Path| fs::metadata(path).map_or(0, |data| data.len());
    let whole = size(&release.made("whole-", ".zip").ok_or("no archive")?);
    let (mut cut, mut sealed, mut empty) = (0, 0, 0);
    for tenth in 0..10 {
        let name = format!("kill-{tenth}");
        release.collect_now(lab, &name)?;
        let beginning = format!("{name}-");
        let partial = || release.made(&beginning, ".zip.partial");
        let is_there = || release.made(&beginning, ".zip").is_some();
        wait_until("the moment", 3 * MINUTE, || {
            is_there() || partial().is_some_and(|partial| size(&partial) >= whole * tenth / 10)
        })?;
        kill_collector(&beginning)?;
        let failed = || {
            release.jobs(lab).iter().any(|job| {
                job["metadata"]["name"] == name
                    && job["status"]["active"].is_null()
                    && !job["status"]["conditions"].is_null()
            })
        };
        wait_until("the Job to end", 3 * MINUTE, failed)?;
        match partial() {
            None => sealed += 1,
            // The first record is not written yet.
            Some(partial) if size(&partial) < 1500 => empty += 1,
            Some(partial) => {
                let report = folder().join(format!("{name}-report"));
                let args = ["analyze", &partial.to_string_lossy(), "-o", &report.to_string_lossy(), "--force"];
                start(&lab.kubeconfig(), &args).wait(2 * MINUTE).ok()?;
                cut += 1;
            }
        }
    }
    eprintln!(
        "live tests: of 10 kills {cut} left an archive that was cut and opens, {sealed} one that was sealed, {empty} came before its first entry; a whole one has {whole} bytes"
    );
    if cut > 0 { Ok(()) } else { Err("no kill came while an archive was written".to_owned()) }
}

/// Kills, at once, the program that writes an archive whose name begins so; it may have ended.
fn kill_collector(beginning: &str) -> Result<(), String> {
    let output = format!("--output=/archives/{beginning}");
    let processes = fs::read_dir("/proc").map_err(|error| error.to_string())?.flatten();
    for process in processes {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let args: Vec<String> =
            command.split(|byte| *byte == 0).map(|arg| String::from_utf8_lossy(arg).into_owned()).collect();
        if args.first().is_some_and(|program| program.ends_with("k8s-forensics"))
            && args.iter().any(|arg| arg.starts_with(&output))
        {
            let id = process.file_name().to_string_lossy().into_owned();
            run(Command::new("kill").args(["-KILL", &id]), "kill", MINUTE).ok()?;
        }
    }
    Ok(())
}
