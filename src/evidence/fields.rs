//! Bodies of requests as fields: which of them two versions of an object have alike, and what they say where that may be
//! told.
//!
//! A value is kept as a number that tells two apart, and as text only for fields that people roll out and that hold no
//! credential: images, resources, replicas, schedules, strategies, taints. Of all others, of every ConfigMap and Secret,
//! and of environment, arguments and annotations, only the name is known here.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// A version of an object: its fields by their paths.
pub type Version = BTreeMap<Arc<str>, Field>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    hash: u64,
    /// What it says, where that may be told.
    text: Option<Arc<str>>,
}

/// Fields of one object that are looked at; more have only lists of hundreds of rules.
const MOST_FIELDS: usize = 500;
/// Objects do not nest deeper but for schemas of custom resources.
const MOST_DEPTH: usize = 14;
/// A longer path is of no field that people write.
const MOST_PATH: usize = 400;
/// Longer texts are no value that people compare.
const MOST_TEXT: usize = 160;

/// More paths than all kinds of a cluster have.
const MOST_PATHS: usize = 100_000;

/// Paths that were seen, each kept once.
#[derive(Debug, Default)]
pub struct Paths(HashSet<Arc<str>>);

impl Paths {
    fn shared(&mut self, path: &str) -> Arc<str> {
        if let Some(known) = self.0.get(path) {
            return known.clone();
        }
        let path: Arc<str> = Arc::from(path);
        if self.0.len() < MOST_PATHS {
            self.0.insert(path.clone());
        }
        path
    }
}

/// The fields of an object as far as somebody writes them: without what the API server itself keeps there.
pub fn version(object: &Value, paths: &mut Paths) -> Version {
    let mut found = Found { version: Version::new(), paths };
    let Some(parts) = object.as_object() else { return found.version };
    for (name, value) in parts {
        match (name.as_str(), value) {
            ("apiVersion" | "kind" | "status" | "@type", _) => {}
            ("metadata", Value::Object(metadata)) => {
                for part in ["labels", "annotations", "finalizers"] {
                    if let Some(value) = metadata.get(part) {
                        found.flatten(&format!("metadata.{part}"), value, 1);
                    }
                }
            }
            ("metadata", _) => {}
            (name, value) => found.flatten(name, value, 1),
        }
    }
    found.version.retain(|path, _| !OWN_ANNOTATIONS.iter().any(|own| path.ends_with(own)));
    found.version
}

/// Annotations that programs write with every other field.
const OWN_ANNOTATIONS: [&str; 3] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
];

/// The paths of the fields that a patch names. The operations of a JSON patch (RFC 6902) name them by pointers.
pub fn named(patch: &Value) -> Vec<Arc<str>> {
    if let Some(operations) = patch.as_array() {
        let paths = operations.iter().filter_map(|one| one.get("path")?.as_str());
        let paths = paths.map(|path| path.trim_start_matches('/').replace('/', ".").replace("~1", "/"));
        return paths.filter(|path| !path.starts_with("status")).take(MOST_FIELDS).map(Arc::from).collect();
    }
    version(patch, &mut Paths::default()).into_keys().collect()
}

struct Found<'a> {
    version: Version,
    paths: &'a mut Paths,
}

impl Found<'_> {
    fn flatten(&mut self, path: &str, value: &Value, depth: usize) {
        if self.version.len() >= MOST_FIELDS || path.len() > MOST_PATH {
            return;
        }
        match value {
            Value::Object(parts) if depth < MOST_DEPTH && !parts.is_empty() => {
                for (name, value) in parts {
                    self.flatten(&format!("{path}.{name}"), value, depth + 1);
                }
            }
            Value::Array(items) if depth < MOST_DEPTH && items.iter().all(Value::is_object) && !items.is_empty() => {
                for (place, item) in items.iter().enumerate() {
                    let name = item.as_object().and_then(name_of).map_or_else(|| place.to_string(), str::to_owned);
                    self.flatten(&format!("{path}[{name}]"), item, depth + 1);
                }
            }
            // With the first label or annotation an empty set of them is no more, and nothing else was written.
            value
                if is_empty(value) && ["labels", "annotations", "finalizers"].iter().any(|set| path.ends_with(set)) => {
            }
            value => {
                let text = scalar(value).filter(|text| may_be_told(path) && is_plain(text));
                let field = Field { hash: hash(value), text: text.map(Arc::from) };
                self.version.insert(self.paths.shared(path), field);
            }
        }
    }
}

/// What tells an item of a list from others (the merge keys of the API: name, key of a taint, type of a metric).
fn name_of(item: &Map<String, Value>) -> Option<&str> {
    let name = ["name", "key", "type", "containerPort"].into_iter().find_map(|key| item.get(key)?.as_str())?;
    (name.len() <= 100 && !name.contains(['[', ']'])).then_some(name)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        _ => false,
    }
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    hasher.finish()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= MOST_TEXT && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

/// Fields of a specification whose values may be told, by the end of their path.
const TOLD: [&str; 22] = [
    "activeDeadlineSeconds",
    "backoffLimit",
    "completions",
    "concurrencyPolicy",
    "failurePolicy",
    "image",
    "imagePullPolicy",
    "maxReplicas",
    "maxSurge",
    "maxUnavailable",
    "minAvailable",
    "minReplicas",
    "parallelism",
    "paused",
    "priorityClassName",
    "progressDeadlineSeconds",
    "replicas",
    "schedule",
    "suspend",
    "terminationGracePeriodSeconds",
    "timeoutSeconds",
    "unschedulable",
];
/// Numbers of probes.
const OF_PROBES: [&str; 6] =
    ["failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds", "port"];
/// Whatever is below these.
const TOLD_BELOW: [&str; 5] = ["resources.limits", "resources.requests", "spec.hard", "nodeSelector", "strategy.type"];

fn may_be_told(path: &str) -> bool {
    let of_spec = path.starts_with("spec.") || path.starts_with("webhooks[");
    let is_kept_back = ["env[", "annotations", "args", "command", "data."].iter().any(|part| path.contains(part));
    if !of_spec || is_kept_back {
        return false;
    }
    let last = path.rsplit('.').next().unwrap_or_default();
    let of_probe = path.contains("Probe.") && OF_PROBES.contains(&last);
    let of_taint = path.starts_with("spec.taints[") && matches!(last, "effect" | "key");
    let is_below = TOLD_BELOW.iter().any(|part| {
        path.split_once(part).is_some_and(|(before, after)| {
            before.ends_with('.') || before.is_empty() && (after.is_empty() || after.starts_with('.'))
        })
    });
    TOLD.contains(&last) || of_probe || of_taint || is_below
}

/// What is different in `after`, in words; none where nothing is.
pub fn difference(before: &Version, after: &Version) -> Option<String> {
    let mut parts = Vec::new();
    let mut bare = Vec::new();
    for (path, field) in after {
        match before.get(path) {
            Some(old) if old.hash == field.hash => {}
            Some(old) => match (&old.text, &field.text) {
                (Some(old), Some(new)) => parts.push(format!("{} from {old} to {new}", words(path))),
                _ => bare.push(words(path)),
            },
            None => match &field.text {
                Some(new) => parts.push(format!("{} set to {new}", words(path))),
                None => bare.push(words(path)),
            },
        }
    }
    let gone: Vec<String> = before.keys().filter(|path| !after.contains_key(*path)).map(|path| words(path)).collect();
    if !bare.is_empty() {
        parts.push(format!("{} changed", listed(&bare)));
    }
    if !gone.is_empty() {
        parts.push(format!("{} removed", listed(&gone)));
    }
    let most = 8;
    let more = parts.len().saturating_sub(most);
    parts.truncate(most);
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Fields by name, as many as a sentence bears.
pub fn listed(names: &[String]) -> String {
    const MOST: usize = 6;
    let named = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// A path as a sentence has it: `image of app`, `replicas`, `annotation x`.
pub fn words(path: &str) -> String {
    if let Some((_, rest)) = path.split_once("ontainers[").filter(|(before, _)| before.starts_with("spec.")) {
        return match rest.split_once(']') {
            Some((name, "")) => format!("container {name}"),
            Some((name, field)) => format!("{} of {name}", field.trim_start_matches('.')),
            None => path.to_owned(),
        };
    }
    for part in ["data.", "binaryData.", "stringData."] {
        if let Some(key) = path.strip_prefix(part) {
            return key.to_owned();
        }
    }
    for (part, word) in [("metadata.annotations.", "annotation"), ("metadata.labels.", "label")] {
        if let Some((before, key)) = path.split_once(part) {
            let of_pods = if before.is_empty() { "" } else { " of its pods" };
            return format!("{word} {key}{of_pods}");
        }
    }
    path.strip_prefix("spec.").unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn version(object: &Value) -> Version {
        super::version(object, &mut Paths::default())
    }

    fn deployment(image: &str, memory: &str, secret: &str) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "api", "resourceVersion": secret, "annotations": {"token": secret}, "managedFields": [{"manager": secret}]},
            "spec": {"replicas": 3, "strategy": {"type": "RollingUpdate"}, "template": {"spec": {"containers": [{
                "name": "app", "image": image, "args": ["--password", secret],
                "env": [{"name": "PASSWORD", "value": secret}],
                "livenessProbe": {"httpGet": {"path": "/live", "port": 8080, "httpHeaders": [{"name": "Authorization", "value": secret}]}, "periodSeconds": 10},
                "resources": {"limits": {"memory": memory}},
            }]}}},
            "status": {"replicas": 2, "conditions": [{"message": secret}]},
        })
    }

    #[test]
    fn values_are_told_of_what_people_roll_out_and_only_names_of_the_rest() {
        let before = version(&deployment("shop/api:1", "128Mi", "hunter2"));
        let after = version(&deployment("shop/api:2", "64Mi", "swordfish"));
        assert_eq!(
            difference(&before, &after).as_deref(),
            Some(
                "image of app from shop/api:1 to shop/api:2; resources.limits.memory of app from 128Mi to 64Mi; annotation token, args of app, env[PASSWORD].value of app, livenessProbe.httpGet.httpHeaders[Authorization].value of app changed"
            )
        );
        assert_eq!(difference(&before, &before), None);
        assert!(!format!("{before:?}").contains("hunter2"));
    }

    #[test]
    fn of_a_config_map_and_a_secret_only_the_keys_are_told() {
        let map = |value: &str| {
            version(&json!({"kind": "ConfigMap", "data": {"history-mb-per-worker": value, "replicas": value}}))
        };
        let told = difference(&map("16"), &map("64"));
        assert_eq!(told.as_deref(), Some("history-mb-per-worker, replicas changed"));
        let none = version(&json!({"data": {}}));
        assert_eq!(
            difference(&map("16"), &none).as_deref(),
            Some("data changed; history-mb-per-worker, replicas removed")
        );
    }

    #[test]
    fn a_node_an_autoscaler_and_a_quota_tell_what_they_are_set_to() {
        let of = |before: Value, after: Value| {
            difference(&version(&json!({"spec": before})), &version(&json!({"spec": after})))
        };
        let taint = json!({"unschedulable": true, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]});
        assert_eq!(
            of(json!({"podCIDR": "10.0.0.0/24"}), taint).as_deref(),
            Some(
                "taints[node.kubernetes.io/unschedulable].effect set to NoSchedule; taints[node.kubernetes.io/unschedulable].key set to node.kubernetes.io/unschedulable; unschedulable set to true; podCIDR removed"
            )
        );
        assert_eq!(
            of(json!({"minReplicas": 2, "maxReplicas": 5}), json!({"minReplicas": 2, "maxReplicas": 9})).as_deref(),
            Some("maxReplicas from 5 to 9")
        );
        assert_eq!(
            of(json!({"hard": {"limits.memory": "4Gi"}}), json!({"hard": {"limits.memory": "1Gi"}})).as_deref(),
            Some("hard.limits.memory from 4Gi to 1Gi")
        );
    }

    #[test]
    fn a_patch_names_its_fields() {
        let of = |patch: Value| named(&patch).iter().map(|path| words(path)).collect::<Vec<_>>();
        assert_eq!(of(json!({"data": {"a": "1"}})), ["a"]);
        assert_eq!(
            of(
                json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026"}}}}})
            ),
            ["annotation kubectl.kubernetes.io/restartedAt of its pods"]
        );
        assert_eq!(
            of(json!([{"op": "replace", "path": "/spec/replicas", "value": 0}, {"op": "add", "path": "/status/x"}])),
            ["replicas"]
        );
    }

    proptest! {
        #[test]
        fn no_value_of_data_environment_or_arguments_is_kept(secret in "[a-z]{12,20}", key in "[a-z]{1,5}") {
            let bodies = [
                json!({"data": {key.clone(): secret}}),
                json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "env": [{"name": key, "value": secret}], "args": [secret]}]}}}}),
                json!({"metadata": {"annotations": {"image": secret}}}),
            ];
            for body in bodies {
                let kept = version(&body);
                let all = format!("{kept:?}");
                prop_assert!(!all.contains(&secret));
                let told = difference(&Version::new(), &kept).unwrap_or_default();
                prop_assert!(!told.contains(&secret));
            }
        }
    }
}
