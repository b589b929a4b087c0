//! `serve` beside the cluster: the real kubectl is asked the same on both, and what it prints is compared.
//!
//! `served.yaml` has the commands, and where the two may differ and why. A cluster goes on while it is asked, so kubectl is
//! asked before the archive is collected and after: a line of ours is right if it is one of either, and a line of both must
//! be among ours, in the same order. Ages are masked, and blanks, which are as wide as what stands between them.

use crate::lab::{Lab, lab_shell};
use crate::process::{folder, run, wait_until};
use regex::Regex;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// A custom resource, for which its definition has to be there before.
const GADGET: &str = "{apiVersion: served.example.io/v1, kind: Gadget, metadata: {name: small, namespace: served}, \
                      spec: {size: 3, color: red, states: [{type: Ready, status: 'True'}]}}";

#[derive(Deserialize)]
struct Asked {
    commands: Vec<String>,
    differences: Vec<Difference>,
}

#[derive(Deserialize)]
struct Difference {
    command: String,
    /// The lines that may differ; all where there is none.
    lines: Option<String>,
    why: String,
}

/// Takes away what only this needs.
struct Undo<'a>(&'a Lab);

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        for what in [["namespace", "served"], ["pv", "served"], ["crd", "gadgets.served.example.io"]] {
            let args = [&["delete"][..], &what, &["--wait=false", "--ignore-not-found"]].concat();
            if let Err(why) = self.0.kubectl(&args) {
                eprintln!("live tests: {why}");
            }
        }
    }
}

pub fn is_as_the_cluster_to_kubectl(lab: &Lab) {
    let asked: Asked = serde_saphyr::from_str(include_str!("served.yaml")).expect("commands");
    for difference in &asked.differences {
        assert!(asked.commands.contains(&difference.command), "{} is not asked", difference.command);
    }
    let _undo = Undo(lab);
    let good = |outcome: Result<(), String>| outcome.unwrap_or_else(|why| panic!("{why}"));
    good(lab.apply(include_str!("served-objects.yaml")));
    let is_known = || lab.kubectl(&["get", "gadgets", "-n", "served"]).is_ok();
    good(wait_until("the definition", MINUTE, is_known));
    good(lab.apply(GADGET));
    good(settled(lab));
    let here = folder().join("served");
    let file = here.join("served.zip");
    let admin = lab.home().join("admin.kubeconfig");
    let script = script(&asked.commands);
    let live = |of: &str| printed(&here.join(of), &script, &format!("export KUBECONFIG='{}'", admin.display()));
    let before = live("before");
    let ended = lab.collect(&file, &["--since", "30m", "--force"]);
    assert!(matches!(ended.code, Some(0 | 3)), "{ended}");
    let after = live("after");
    let ours = served(&here.join("ours"), &script, &file);
    let mut wrong = String::new();
    for (number, command) in asked.commands.iter().enumerate() {
        let may_differ: Vec<&Difference> = asked.differences.iter().filter(|one| one.command == *command).collect();
        let all =
            [&before, &after, &ours].map(|texts| masked(texts.get(number).map_or("", String::as_str), &may_differ));
        let [before, after, ours] = &all;
        let more: Vec<&String> = ours.iter().filter(|line| !before.contains(*line) && !after.contains(*line)).collect();
        let less: Vec<&String> = before.iter().filter(|line| after.contains(*line) && !ours.contains(*line)).collect();
        let of_both = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|line| those.contains(line)).cloned().collect()
        };
        if more.is_empty() && less.is_empty() && of_both(ours, after) != of_both(after, ours) {
            wrong.push_str(&format!("kubectl {command}: the lines stand in another order\n"));
        }
        if !more.is_empty() || !less.is_empty() {
            wrong.push_str(&format!("kubectl {command}\n"));
            more.iter().for_each(|line| wrong.push_str(&format!("  - {line}\n")));
            less.iter().for_each(|line| wrong.push_str(&format!("  + {line}\n")));
        }
    }
    wrong.push_str(&printed_by_the_server(&here, &before, &asked.commands, &file));
    for Difference { command, why, .. } in &asked.differences {
        eprintln!("live tests: kubectl {command} may differ: {why}");
    }
    assert!(wrong.is_empty(), "ours with -, the cluster's with +:\n{wrong}");
    let is_whole = |one: &&Difference| one.lines.is_none();
    let other = asked.differences.iter().filter(is_whole).count();
    eprintln!("live tests: {} commands of kubectl print the same, {other} may not", asked.commands.len() - other);
}

/// Without the definition, as with a Role in one namespace, the columns of a custom kind are those that its API server
/// printed when the archive was collected.
fn printed_by_the_server(here: &Path, live: &[String], commands: &[String], file: &Path) -> String {
    let of_gadgets = |command: &&String| command.starts_with("get gadgets -n served") && !command.contains(" -o ");
    let asked: Vec<String> = commands.iter().filter(of_gadgets).cloned().collect();
    assert!(!asked.is_empty(), "gadgets are not asked for");
    let unpacked = here.join("unpacked");
    let _ = fs::remove_dir_all(&unpacked);
    let line = format!("unzip -q '{}' -d '{}'", file.display(), unpacked.display());
    run(&mut lab_shell(&line), "unzip", MINUTE);
    let top = unpacked.join("served");
    let table = fs::read_to_string(top.join("tables/gadgets.served.example.io.jsonl")).unwrap_or_default();
    assert!(table.contains("\"small\""), "the table of gadgets: {table}");
    let definitions = "objects/cluster/customresourcedefinitions.apiextensions.k8s.io.jsonl";
    fs::remove_file(top.join(definitions)).expect("definitions were collected");
    let ours = served(&here.join("printed"), &script(&asked), &top);
    let mut wrong = String::new();
    for (command, ours) in asked.iter().zip(&ours) {
        let of_live = commands.iter().position(|one| one == command).and_then(|number| live.get(number));
        let (ours, live) = (masked(ours, &[]), masked(of_live.map_or("", String::as_str), &[]));
        let lacks: Vec<&String> = live.iter().filter(|line| !ours.contains(line)).collect();
        if !lacks.is_empty() {
            wrong.push_str(&format!("kubectl {command}, without definitions: {lacks:#?} are not in {ours:#?}\n"));
        }
    }
    wrong
}

/// Waits until everything that comes up is up, what fails has failed, and nothing has changed for a while.
fn settled(lab: &Lab) -> Result<(), String> {
    let (mut known, mut since) = (String::new(), Instant::now());
    wait_until("what is asked for to be as it stays", 5 * MINUTE, || {
        let seen = lab.kubectl(&["get", "pods", "-n", "served", "-o", PODS]).unwrap_or_default();
        let others =
            lab.kubectl(&["get", "deploy,sts,ds,job,pvc,endpointslices,hpa,pdb", "-n", "served", "-o", OTHERS]);
        let now = format!("{seen}{}", others.unwrap_or_default());
        if now != known {
            (known, since) = (now, Instant::now());
        }
        is_as_it_stays(&seen) && since.elapsed() >= UNCHANGED
    })
}

/// Name, phase, readiness and restarts.
const PODS: &str = "jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.status.containerStatuses[*].ready} \
                    {.status.containerStatuses[*].restartCount}{\"\\n\"}{end}";
const OTHERS: &str = "jsonpath={range .items[*]}{.metadata.name} {.status} {.endpoints}{\"\\n\"}{end}";
/// A controller or kubelet that has more to say does so sooner.
const UNCHANGED: Duration = Duration::from_secs(15);

/// Whether each pod of `served-objects.yaml` has come to where it stays.
fn is_as_it_stays(pods: &str) -> bool {
    let is = |line: &str| {
        let (name, state) = line.split_once(' ').unwrap_or_default();
        match name.split('-').next().unwrap_or_default() {
            "ends" => state.starts_with("Failed"),
            "once" => state.starts_with("Succeeded"),
            "waits" => state.starts_with("Pending"),
            "restarts" => state == "Running true 1",
            _ => state.starts_with("Running") && !state.contains("false"),
        }
    };
    pods.lines().count() >= 9 && pods.lines().all(is)
}

/// A script that runs each command and keeps what it prints in a file of its number, below the folder it is in.
fn script(commands: &[String]) -> String {
    let line = |(number, command): (usize, &String)| format!("kubectl {command} >{number}.out 2>&1 </dev/null\n");
    commands.iter().enumerate().map(line).collect()
}

fn printed(folder: &Path, script: &str, before: &str) -> Vec<String> {
    let path = prepared(folder, script);
    let line = format!("{before}; cd '{}' && bash '{}'", folder.display(), path.display());
    run(&mut lab_shell(&line), "kubectl on the cluster", 8 * MINUTE);
    texts(folder)
}

fn served(folder: &Path, script: &str, archive: &Path) -> Vec<String> {
    let path = prepared(folder, script);
    let tool = env!("CARGO_BIN_EXE_k8s-forensics");
    let line =
        format!("cd '{}' && '{tool}' serve '{}' -- bash '{}'", folder.display(), archive.display(), path.display());
    run(&mut lab_shell(&line), "kubectl on the archive", 8 * MINUTE);
    texts(folder)
}

fn prepared(folder: &Path, script: &str) -> PathBuf {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("a folder");
    let path = folder.join("all.sh");
    fs::write(&path, script).expect("a file");
    path
}

fn texts(folder: &Path) -> Vec<String> {
    let numbers = 0..fs::read_dir(folder).expect("a folder").count();
    numbers.filter_map(|number| fs::read_to_string(folder.join(format!("{number}.out"))).ok()).collect()
}

/// The lines of what was printed that count, without ages and blanks.
fn masked(text: &str, may_differ: &[&Difference]) -> Vec<String> {
    if may_differ.iter().any(|difference| difference.lines.is_none()) {
        return Vec::new();
    }
    let passed: Vec<Regex> =
        may_differ.iter().filter_map(|one| Some(Regex::new(one.lines.as_deref()?).expect("a pattern"))).collect();
    let age = Regex::new(r"\b(\d+[smhdy]){1,2}\b|<invalid>").expect("a fixed pattern");
    let lines = text.lines().filter(|line| !passed.iter().any(|pattern| pattern.is_match(line)));
    let shown = lines.map(|line| {
        let line = age.replace_all(line, "AGE");
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    // Rules under headings are as wide as these, and a bracket tells nothing.
    shown.filter(|line| line.chars().any(char::is_alphanumeric)).collect()
}
