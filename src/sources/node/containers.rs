//! Which containers a pod has, and which of their logs there can be.

use crate::archive::format::Status;
use crate::archive::layout::Instance;
use crate::objects::{ContainerState, ContainerStatus, Pod};

/// A container of a pod, with its status where it has one.
#[derive(Debug)]
pub struct Container<'a> {
    pub name: &'a str,
    sort: &'static str,
    status: Option<&'a ContainerStatus>,
}

/// Where a node has the log of a container that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFile {
    pub node: String,
    /// Below /var/log/pods.
    pub folder: String,
    pub container: String,
    pub restarts: u32,
}

/// Whether there can be a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Yes,
    /// It is known without asking that there is none.
    Never(Status, String),
    /// There never was such an instance: nothing to plan.
    No,
}

/// Init containers, containers, ephemeral containers of a pod.
pub fn of(pod: &Pod) -> Vec<Container<'_>> {
    let (spec, status) = (&pod.spec, &pod.status);
    let sorts = [
        ("init container", &spec.init_containers, &status.init_container_statuses),
        ("container", &spec.containers, &status.container_statuses),
        ("ephemeral container", &spec.ephemeral_containers, &status.ephemeral_container_statuses),
    ];
    let mut all = Vec::new();
    for (sort, containers, statuses) in sorts {
        all.extend(containers.iter().map(|container| Container {
            name: &container.name,
            sort,
            status: statuses.iter().find(|status| status.name == container.name),
        }));
    }
    all
}

impl<'a> Container<'a> {
    /// As outcomes name it: `init container copy`.
    pub fn called(&self) -> String {
        format!("{} {}", self.sort, self.name)
    }

    /// What became of it, where that is known.
    pub fn status(&self) -> Option<&'a ContainerStatus> {
        self.status
    }

    /// The file that it writes its log to, if it is running.
    pub fn now_written(&self, pod: &Pod) -> Option<NodeFile> {
        let status = self.status.filter(|status| status.state.running.is_some())?;
        let (namespace, name, uid) = (&pod.metadata.namespace, &pod.metadata.name, pod.uids().next()?);
        Some(NodeFile {
            node: pod.node()?.to_owned(),
            folder: format!("{namespace}_{name}_{uid}"),
            container: self.name.to_owned(),
            restarts: u32::try_from(status.restart_count).ok()?,
        })
    }

    /// Whether to ask for the log of `instance`.
    pub fn is_worth_asking(&self, pod: &Pod, instance: Instance) -> Asked {
        let had_previous =
            self.status.is_some_and(|status| status.restart_count > 0 || status.last_state.terminated.is_some());
        match instance {
            Instance::Previous if had_previous => Asked::Yes,
            Instance::Previous => Asked::No,
            Instance::Current if had_previous => Asked::Yes,
            Instance::Current => self.first_instance(pod),
        }
    }

    fn first_instance(&self, pod: &Pod) -> Asked {
        let never = |why: String| Asked::Never(Status::Absent, why);
        if pod.node().is_none() {
            return never("the pod was never put on a node".to_owned());
        }
        let Some(status) = self.status else {
            let why = match pod.status.reason.as_str() {
                "" => "it never started".to_owned(),
                reason => format!("it never started; the pod was ended: {reason}"),
            };
            return never(why);
        };
        let ContainerState { waiting, running, terminated } = &status.state;
        if running.is_some() || terminated.is_some() || !status.container_id.is_empty() {
            return Asked::Yes;
        }
        match waiting.as_ref().map(|waiting| waiting.reason.as_str()).filter(|reason| !reason.is_empty()) {
            Some(reason) => never(format!("it never started: {reason}")),
            None => never("it never started".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pod: &str) -> Vec<(String, Asked, Asked)> {
        let pod: Pod = serde_json::from_str(pod).expect("a pod");
        let asked = |container: Container<'_>| {
            let (current, previous) = (
                container.is_worth_asking(&pod, Instance::Current),
                container.is_worth_asking(&pod, Instance::Previous),
            );
            (container.called(), current, previous)
        };
        of(&pod).into_iter().map(asked).collect()
    }

    fn never(why: &str) -> Asked {
        Asked::Never(Status::Absent, why.to_owned())
    }

    #[test]
    fn every_sort_of_container() {
        let pod = r#"{"metadata":{"name":"api-0","namespace":"shop"},
            "spec":{"nodeName":"node-1","initContainers":[{"name":"copy"}],"containers":[{"name":"app"},{"name":"side"}],"ephemeralContainers":[{"name":"debug"}]},
            "status":{
              "initContainerStatuses":[{"name":"copy","containerID":"containerd://1","restartCount":0,"state":{"terminated":{"reason":"Completed"}},"lastState":{}}],
              "containerStatuses":[
                {"name":"app","containerID":"containerd://2","restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"reason":"OOMKilled"}}},
                {"name":"side","restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff"}},"lastState":{}}],
              "ephemeralContainerStatuses":[{"name":"debug","containerID":"containerd://3","restartCount":0,"state":{"running":{"startedAt":"2026-11-21T07:12:31Z"}},"lastState":{}}]}}"#;
        assert_eq!(
            check(pod),
            [
                ("init container copy".to_owned(), Asked::Yes, Asked::No),
                ("container app".to_owned(), Asked::Yes, Asked::Yes),
                ("container side".to_owned(), never("it never started: ImagePullBackOff"), Asked::No),
                ("ephemeral container debug".to_owned(), Asked::Yes, Asked::No),
            ]
        );
    }

    #[test]
    fn running_containers_have_a_file() {
        let file = |pod: &str| {
            let pod: Pod = serde_json::from_str(pod).expect("a pod");
            let files: Vec<Option<NodeFile>> = of(&pod).iter().map(|container| container.now_written(&pod)).collect();
            files.into_iter().map(|file| file.map(|file| (file.folder, file.restarts))).collect::<Vec<_>>()
        };
        let pod = |meta: &str| {
            format!(
                r#"{{"metadata":{{"name":"etcd","namespace":"kube-system",{meta}}},"spec":{{"nodeName":"node-1","containers":[{{"name":"etcd"}},{{"name":"side"}},{{"name":"new"}}]}},
                "status":{{"containerStatuses":[{{"name":"etcd","restartCount":2,"state":{{"running":{{}}}}}},{{"name":"side","restartCount":1,"state":{{"waiting":{{"reason":"CrashLoopBackOff"}}}}}}]}}}}"#
            )
        };
        let only = |uid: &str| vec![Some((format!("kube-system_etcd_{uid}"), 2)), None, None];
        assert_eq!(file(&pod(r#""uid":"one""#)), only("one"));
        assert_eq!(
            file(&pod(r#""uid":"mirror","annotations":{"kubernetes.io/config.hash":"static"}"#)),
            only("static")
        );
        assert_eq!(file(&pod(r#""annotations":{}"#)), [None, None, None]);
    }

    #[test]
    fn pods_that_never_ran() {
        let pending =
            r#"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"app"}]},"status":{"phase":"Pending"}}"#;
        assert_eq!(check(pending)[0].1, never("the pod was never put on a node"));
        let evicted = r#"{"metadata":{"name":"a"},"spec":{"nodeName":"n","containers":[{"name":"app"}]},"status":{"phase":"Failed","reason":"Evicted"}}"#;
        assert_eq!(check(evicted)[0].1, never("it never started; the pod was ended: Evicted"));
    }
}
