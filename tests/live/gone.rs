//! Logs that the API does not show any more: rotated away, or of a pod that is deleted.

use crate::lab::Lab;
use crate::process::{folder, wait_until};
use crate::sealed::{open_sealed, text};
use k8s_forensics::archive::Archive;
use k8s_forensics::archive::layout::{self, Container, Instance};
use std::collections::BTreeSet;
use std::time::Duration;

/// How many lines the loud pod prints at a time: 11 MB of log file, more than the 10 MiB that kubelets rotate at.
const BURST: usize = 240_000;
/// The last line it prints, after two such bursts were rotated away.
const LAST: usize = 2 * BURST + 1;

fn container(pod: &str) -> Container {
    Container { namespace: "gone".into(), pod: pod.into(), name: pod.into() }
}

pub fn has_rotated_logs_and_those_of_deleted_pods(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    // It is only there if a run before this one was killed.
    let _ = lab.kubectl(&["delete", "namespace", "gone", "--ignore-not-found"]);
    let made = (|| {
        lab.kubectl(&["create", "namespace", "gone"])?;
        let run = |name: &str, shell: &str| {
            lab.kubectl(&[
                "-n",
                "gone",
                "run",
                name,
                "--image",
                "lab/busybox:1",
                "--restart",
                "Never",
                "--",
                "sh",
                "-c",
                shell,
            ])
        };
        let bursts =
            format!("seq 1 {BURST}; sleep 25; seq {} {}; sleep 25; echo {LAST}; sleep 600", BURST + 1, 2 * BURST);
        run("loud", &bursts)?;
        run("brief", "trap '' TERM; echo last words of brief; sleep 600")?;
        wait_until("two rotations of a log", Duration::from_secs(180), || {
            let last = lab.kubectl(&["-n", "gone", "logs", "loud", "--tail", "1"]);
            rotated(lab) == Some(2) && last.is_ok_and(|line| line.trim() == LAST.to_string())
        })?;
        wait_until("the words of brief", Duration::from_secs(60), || {
            lab.kubectl(&["-n", "gone", "logs", "brief"]).is_ok_and(|log| log.contains("last words"))
        })?;
        // By force, so that it leaves the API before its container ends, and its log with that.
        lab.kubectl(&["-n", "gone", "delete", "pod", "brief", "--force", "--grace-period", "0"])
    })();
    made.unwrap_or_else(|why: String| panic!("{why}"));
    let file = folder().join("gone.zip");
    // From a run before this one.
    let _ = std::fs::remove_file(&file);
    let ended = lab.collect(&file, &["--since", "10m", "--namespace", "gone"]);
    lab.kubectl(&["delete", "namespace", "gone", "--wait=false"]).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(ended.code, Some(0), "{ended}");
    let archive = open_sealed(&file);
    every_line_is_there_once(&archive);
    let deleted = archive.entries().filter_map(|entry| Some((entry, layout::parse_log_file(entry)?)));
    let brief: Vec<&str> = deleted
        .filter(|(_, file)| file.container == container("brief") && file.deleted_uid.is_some())
        .map(|(entry, _)| entry)
        .collect();
    let [entry] = brief.as_slice() else { panic!("not one log of the deleted pod: {brief:?}\n{ended}") };
    assert!(text(&archive, entry).ends_with(" last words of brief\n"), "{}", text(&archive, entry));
}

/// How many rotated files the loud pod has.
fn rotated(lab: &Lab) -> Option<usize> {
    let pods = lab.items(&["-n", "gone", "pods"]).ok()?;
    let pod = pods.iter().find(|pod| pod["metadata"]["name"] == "loud")?;
    let (node, uid) = (pod["spec"]["nodeName"].as_str()?, pod["metadata"]["uid"].as_str()?);
    let folder = format!("/api/v1/nodes/{node}/proxy/logs/pods/gone_loud_{uid}/loud/");
    let names = lab.kubectl(&["get", "--raw", &folder]).ok()?;
    Some(names.matches("<a href=\"0.log.").count())
}

fn every_line_is_there_once(archive: &Archive) {
    let of_loud = |entry: &&str| layout::parse_log_file(entry).is_some_and(|file| file.container == container("loud"));
    let mut entries: Vec<String> = archive.entries().filter(of_loud).map(str::to_owned).collect();
    assert_eq!(entries.len(), 2, "{entries:?}");
    entries.push(layout::pod_log("gone", "loud", "loud", Instance::Current));
    let logs: String = entries.iter().map(|entry| text(archive, entry)).collect();
    let numbers: Vec<usize> = logs
        .lines()
        .map(|line| {
            line.rsplit_once(' ').and_then(|(_, number)| number.parse().ok()).unwrap_or_else(|| panic!("{line}"))
        })
        .collect();
    assert_eq!(numbers.len(), LAST);
    let different: BTreeSet<usize> = numbers.into_iter().collect();
    assert_eq!((different.len(), different.first(), different.last()), (LAST, Some(&1), Some(&LAST)));
}
