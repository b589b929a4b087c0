//! The names below /var/log/pods: whose logs they are, and which of them the API does not show.
//!
//! A pod's folder is `NAMESPACE_NAME_UID` (pkg/kubelet/kuberuntime/helpers.go, `BuildPodLogsDirectory`), where a static
//! pod has the hash of its configuration in place of the UID that its mirror has in the API. In a container's folder,
//! `N.log` is the log of its instance after N restarts, and `N.log.20260102-150405[.gz]` what was rotated away from it at
//! that time, in the zone of the node (pkg/kubelet/logs/container_log_manager.go). `.tmp` is being packed.

use super::file_server::Listed;
use crate::archive::layout::Container;
use crate::model::Window;
use crate::objects::Pod;
use crate::sources::run::inventory::Objects;
use chrono::{NaiveDateTime, TimeDelta};
use std::collections::{BTreeMap, BTreeSet};

/// The zone farthest behind UTC: by so much later than its name says a file may have been rotated.
const FARTHEST_BEHIND: TimeDelta = TimeDelta::hours(12);

/// A pod's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFolder {
    pub name: String,
    pub namespace: String,
    pub pod: String,
    pub uid: String,
}

impl PodFolder {
    /// Names of namespaces, pods and UIDs have no underscore.
    pub fn read(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('_').collect();
        let [namespace, pod, uid] = parts.as_slice() else { return None };
        let is_whole = !namespace.is_empty() && !pod.is_empty() && !uid.is_empty();
        is_whole.then(|| Self {
            name: name.to_owned(),
            namespace: (*namespace).to_owned(),
            pod: (*pod).to_owned(),
            uid: (*uid).to_owned(),
        })
    }

    pub fn container(&self, name: &str) -> Container {
        Container { namespace: self.namespace.clone(), pod: self.pod.clone(), name: name.to_owned() }
    }
}

/// A file in a container's folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogName {
    /// How often the container had been restarted.
    pub restarts: u32,
    /// When it was rotated, by the node's clock and in its zone; the file that is written to has none.
    pub rotated: Option<NaiveDateTime>,
    /// As it is called in the folder.
    pub file: String,
}

impl LogName {
    pub fn read(file: &str) -> Option<Self> {
        let (restarts, rest) = file.split_once(".log")?;
        let rest = rest.strip_suffix(".gz").unwrap_or(rest);
        let rotated = match rest.strip_prefix('.') {
            Some(stamp) => Some(NaiveDateTime::parse_from_str(stamp, "%Y%m%d-%H%M%S").ok()?),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { restarts: restarts.parse().ok()?, rotated, file: file.to_owned() })
    }

    pub fn is_packed(&self) -> bool {
        self.file.ends_with(".gz")
    }

    /// As it is called in the archive: `0.20260102-150405`.
    pub fn archived(&self) -> String {
        self.file.trim_end_matches(".gz").replacen(".log", "", 1)
    }

    fn reaches(&self, window: Window) -> bool {
        let latest = |rotated: NaiveDateTime| rotated.and_utc() + FARTHEST_BEHIND;
        self.rotated.is_none_or(|rotated| latest(rotated) >= window.from)
    }
}

/// The files of a container's folder that may reach into `window`, the latest first. What is packed already is not
/// taken twice.
pub fn names(listed: &[Listed], window: Window) -> Vec<LogName> {
    let files: BTreeSet<&str> = listed.iter().filter_map(Listed::file).collect();
    let is_packed_too = |name: &LogName| files.contains(format!("{}.gz", name.file).as_str());
    let read = files.iter().filter_map(|file| LogName::read(file));
    let mut names: Vec<LogName> = read.filter(|name| !is_packed_too(name) && name.reaches(window)).collect();
    let age = |name: &LogName| (name.restarts, name.rotated.is_none(), name.rotated);
    names.sort_by_key(|name| std::cmp::Reverse(age(name)));
    names
}

/// Of the files of a listed pod's container, those that the API does not show: it shows what the present instance and
/// the one before write to, or wrote to last.
pub fn not_shown(mut names: Vec<LogName>) -> Vec<LogName> {
    let instances: BTreeSet<u32> = names.iter().map(|name| name.restarts).collect();
    let shown: Vec<u32> = instances.into_iter().rev().take(2).collect();
    names.retain(|name| name.rotated.is_some() || !shown.contains(&name.restarts));
    names
}

/// The names of the containers of listed pods, by the UID that a pod's folder has.
pub fn containers(pods: &Objects) -> BTreeMap<String, Vec<String>> {
    let mut containers = BTreeMap::new();
    for pod in pods.iter().filter_map(|pod| serde_json::from_str::<Pod>(&pod.ok()?).ok()) {
        let spec = &pod.spec;
        let all = [&spec.init_containers, &spec.containers, &spec.ephemeral_containers].into_iter().flatten();
        let names: Vec<String> = all.map(|container| container.name.clone()).collect();
        containers.extend(pod.uids().map(|uid| (uid.to_owned(), names.clone())));
    }
    containers
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn window() -> Window {
        let to = DateTime::parse_from_rfc3339("2026-11-21T16:00:00Z").expect("a time").to_utc();
        Window::new(to - TimeDelta::hours(2), to)
    }

    fn check(files: &[&str], shown: &[&str], hidden: &[&str]) {
        let listed: Vec<Listed> = files.iter().map(|file| Listed::File((*file).to_owned())).collect();
        let names = names(&listed, window());
        let called = |names: &[LogName]| names.iter().map(LogName::archived).collect::<Vec<_>>();
        assert_eq!(called(&names), shown);
        assert_eq!(called(&not_shown(names)), hidden);
    }

    #[test]
    fn files_of_a_container() {
        check(&["0.log"], &["0"], &[]);
        check(
            &[
                "0.log",
                "0.log.20261121-150000",
                "0.log.20261121-140000.gz",
                "0.log.20261121-130000.tmp",
                "x.log",
                "0.logs",
            ],
            &["0", "0.20261121-150000", "0.20261121-140000"],
            &["0.20261121-150000", "0.20261121-140000"],
        );
        check(
            &["9.log", "10.log", "8.log", "8.log.20261121-150000"],
            &["10", "9", "8", "8.20261121-150000"],
            &["8", "8.20261121-150000"],
        );
        // Packed, and the file that it was packed from is not removed yet.
        check(
            &["0.log", "0.log.20261121-150000", "0.log.20261121-150000.gz"],
            &["0", "0.20261121-150000"],
            &["0.20261121-150000"],
        );
    }

    #[test]
    fn what_was_rotated_before_the_window_in_any_zone_is_left() {
        check(&["0.log.20261121-020001", "0.log.20261121-015959"], &["0.20261121-020001"], &["0.20261121-020001"]);
    }

    #[test]
    fn folders_of_pods() {
        let folder = PodFolder::read("default_done_4e77ad73-44eb-4aa4-986a-13fcd17312dd").expect("a folder");
        assert_eq!((folder.namespace.as_str(), folder.pod.as_str()), ("default", "done"));
        for name in ["journal", "a_b", "a_b_c_d", "_b_c", ""] {
            assert_eq!(PodFolder::read(name), None, "{name}");
        }
    }

    #[test]
    fn static_pods_are_known_by_their_hash() {
        let pods = [
            r#"{"metadata":{"uid":"mirror","annotations":{"kubernetes.io/config.hash":"static"}},"spec":{"containers":[{"name":"app"}]}}"#,
            r#"{"metadata":{"uid":"plain"},"spec":{"initContainers":[{"name":"copy"}],"containers":[{"name":"app"}]}}"#,
            "no pod",
        ];
        let of = |uid: &str, names: &[&str]| (uid.to_owned(), names.iter().map(|name| (*name).to_owned()).collect());
        let expected = [of("mirror", &["app"]), of("static", &["app"]), of("plain", &["copy", "app"])];
        assert_eq!(containers(&Objects::of(pods)), BTreeMap::from(expected));
    }

    proptest! {
        #[test]
        fn any_names_are_read(files in proptest::collection::vec("([0-9]{0,3}|x)(.log)?(.2026[0-9]{4}-[0-9]{6})?(.gz|.tmp)?|.{0,12}", 0..9)) {
            let listed: Vec<Listed> = files.iter().map(|file| Listed::File(file.clone())).collect();
            let names = names(&listed, window());
            prop_assert!(names.iter().all(|name| files.contains(&name.file)));
            PodFolder::read(&files.concat());
        }
    }
}
