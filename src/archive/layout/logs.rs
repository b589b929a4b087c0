//! Paths of container logs: those that the API shows, and the files on nodes that it does not.

use super::{decoded, encoded};

/// A container's log: `current`, or `previous` for the instance before its last restart.
pub fn pod_log(namespace: &str, pod: &str, container: &str, instance: Instance) -> String {
    format!("logs/{}/{}/{}/{}.log", encoded(namespace), encoded(pod), encoded(container), instance.name())
}

/// Which run of a container a log is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instance {
    Current,
    Previous,
}

impl Instance {
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}

/// Whose log an entry is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Container {
    pub namespace: String,
    pub pod: String,
    pub name: String,
}

/// What a [`pod_log`] path is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodLog {
    pub container: Container,
    pub instance: Instance,
}

pub fn parse_pod_log(entry: &str) -> Option<PodLog> {
    let (container, file) = in_container(entry)?;
    let instance = match file {
        "current.log" => Instance::Current,
        "previous.log" => Instance::Previous,
        _ => return None,
    };
    Some(PodLog { container, instance })
}

/// A container's log file on its node that the API does not show: `file` is its name there, without `.log` and `.gz`
/// (`0.20260102-150405`). Of a pod that was not listed, which may have been deleted and its name used again, the path
/// holds the UID.
pub fn log_file(container: &Container, deleted_uid: Option<&str>, file: &str) -> String {
    let Container { namespace, pod, name } = container;
    let folder = deleted_uid.map_or_else(|| "rotated".to_owned(), |uid| format!("deleted/{}", encoded(uid)));
    format!("logs/{}/{}/{}/{folder}/{}.log", encoded(namespace), encoded(pod), encoded(name), encoded(file))
}

/// What a [`log_file`] path is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    pub container: Container,
    pub deleted_uid: Option<String>,
    pub file: String,
}

pub fn parse_log_file(entry: &str) -> Option<LogFile> {
    let (container, rest) = in_container(entry)?;
    let rest = rest.strip_suffix(".log")?;
    let (deleted_uid, file) = match rest.strip_prefix("rotated/") {
        Some(file) => (None, file),
        None => rest.strip_prefix("deleted/")?.split_once('/').map(|(uid, file)| (Some(decoded(uid)), file))?,
    };
    (!file.contains('/')).then(|| LogFile { container, deleted_uid, file: decoded(file) })
}

fn in_container(entry: &str) -> Option<(Container, &str)> {
    let mut parts = entry.strip_prefix("logs/")?.splitn(4, '/');
    let (namespace, pod, name, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some((Container { namespace: decoded(namespace), pod: decoded(pod), name: decoded(name) }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back() {
        let log = parse_pod_log(&pod_log("shop", "api-0", "app", Instance::Previous)).expect("its own path");
        assert_eq!((log.container.pod.as_str(), log.instance), ("api-0", Instance::Previous));
        for uid in [None, Some("4e77ad73-44eb-4aa4-986a-13fcd17312dd"), Some("../x")] {
            let path = log_file(&log.container, uid, "0.20260102-150405");
            let file = parse_log_file(&path).expect("its own path");
            assert_eq!(
                (&file.container, file.deleted_uid.as_deref(), file.file.as_str()),
                (&log.container, uid, "0.20260102-150405")
            );
            assert_eq!(parse_pod_log(&path), None);
        }
        assert_eq!(parse_log_file("logs/a/b/c/deleted/x.log"), None);
    }
}
