//! What differs between two pod templates: every field, by its path, with what was there before and after where that is
//! no value that may be a credential.
//!
//! Items of a list are told apart by their name where they have one, so that `containers[app].image` is one field
//! whatever stands before it.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Fields of one template by their paths, scalars as they are written.
pub type Fields = BTreeMap<String, String>;

/// So many fields are named in one sentence.
const MOST_NAMED: usize = 12;
/// Longer values are cut.
const LONGEST: usize = 100;
/// More than any template has.
const MOST_FIELDS: usize = 5_000;
/// Longer texts are cut.
const MOST_LINES: usize = 400;
/// Deeper than any template.
const DEEPEST: u8 = 40;

/// Set by `kubectl rollout restart` (kubectl, pkg/polymorphichelpers/objectrestarter.go).
const RESTARTED: &str = "annotations[kubectl.kubernetes.io/restartedAt]";

const ONLY_RESTARTED: &str = "its pods were restarted (rollout restart); nothing else in the template changed";
const NOTHING_CHANGED: &str = "rolled out anew; nothing in the template changed";

/// Whether what a rollout changed, in the words of this room, is nothing: then its pods differ by what they read.
pub fn is_of_nothing(difference: &str) -> bool {
    [ONLY_RESTARTED, NOTHING_CHANGED].contains(&difference)
}

/// All fields of a template, of its specification and metadata.
pub fn fields(template: &Value) -> Fields {
    let mut all = Fields::new();
    for part in ["metadata", "spec"] {
        if let Some(value) = template.get(part) {
            gather(value, String::new(), 0, &mut all);
        }
    }
    // Which revision it is stands in its labels (pkg/controller/deployment/util), and differs always.
    all.remove("labels[pod-template-hash]");
    all.remove("creationTimestamp");
    all
}

fn gather(value: &Value, path: String, depth: u8, all: &mut Fields) {
    if depth > DEEPEST || all.len() >= MOST_FIELDS {
        return;
    }
    match value {
        Value::Object(members) => {
            let is_map = path.ends_with("labels") || path.ends_with("annotations") || path.ends_with("nodeSelector");
            for (name, below) in members {
                let name = cut(name);
                let path = match path.as_str() {
                    "" => name,
                    _ if is_map => format!("{path}[{name}]"),
                    _ => format!("{path}.{name}"),
                };
                gather(below, path, depth + 1, all);
            }
            if members.is_empty() {
                all.insert(path, "{}".to_owned());
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                let key = key(item).map_or_else(|| place.to_string(), cut);
                gather(item, format!("{path}[{key}]"), depth + 1, all);
            }
        }
        Value::String(text) => _ = all.insert(path, text.clone()),
        Value::Null => {}
        other => _ = all.insert(path, other.to_string()),
    }
}

/// What an item of a list is known by (the merge keys of the API, staging/src/k8s.io/api/core/v1/types.go).
fn key(item: &Value) -> Option<&str> {
    ["name", "mountPath", "topologyKey", "ip"].iter().find_map(|key| item.get(key)?.as_str())
}

/// A template as text: a line for each field that is shown, in order of path, with its value where that is shown too.
pub fn lines(fields: &Fields) -> Vec<String> {
    let line = |(path, value): (&String, &String)| match shown(path) {
        (path, true) => format!("{path}: {}", cut(value)),
        (path, false) => format!("{path}: (not shown)"),
    };
    let mut lines: Vec<String> = fields.iter().map(line).collect();
    lines.dedup();
    lines.truncate(MOST_LINES);
    lines
}

/// What a rollout changed, in words.
pub fn difference(before: &Fields, after: &Fields) -> String {
    let mut parts = whole_items(before, after);
    let apart: BTreeSet<String> = parts.iter().map(|(item, _)| item.clone()).collect();
    let is_apart = |path: &str| item(path).is_some_and(|item| apart.contains(&item));
    let mut is_restart = false;
    let mut changed: BTreeMap<String, Option<(String, String)>> = BTreeMap::new();
    for path in before.keys().chain(after.keys()).filter(|path| !is_apart(path)) {
        let (old, new) = (before.get(path), after.get(path));
        // What is set to nothing is not set, as `resources: {}`; but a selector of nothing selects all.
        let is_set = |value: &&String| value.as_str() != "{}" || path.ends_with("elector");
        if old.filter(is_set) == new.filter(is_set) {
            continue;
        }
        if path == RESTARTED {
            is_restart = true;
            continue;
        }
        let (shown, is_value) = shown(path);
        let value = |value: Option<&String>| value.map_or("none".to_owned(), |value| cut(value));
        changed.insert(shown, is_value.then(|| (value(old), value(new))));
    }
    let said = |(path, values): (String, Option<(String, String)>)| match values {
        Some((old, new)) => format!("{} from {old} to {new}", of_container(&path)),
        None => format!("{} changed", of_container(&path)),
    };
    let mut said: Vec<String> = changed.into_iter().map(said).collect();
    // The image is what people look for first.
    said.sort_by_key(|one| !one.starts_with("image of "));
    said.extend(parts.drain(..).map(|(item, what)| format!("{item} {what}")));
    match (said.as_slice(), is_restart) {
        ([], true) => ONLY_RESTARTED.to_owned(),
        ([], false) => NOTHING_CHANGED.to_owned(),
        (all, _) => {
            let more = all.len().saturating_sub(MOST_NAMED);
            let some = all.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join("; ");
            let more = if more == 0 { String::new() } else { format!("; and {more} more fields") };
            format!("rolled out anew: {some}{more}")
        }
    }
}

/// Items of lists that only one of two templates has, as a container or a volume, and whether they were added.
fn whole_items(before: &Fields, after: &Fields) -> Vec<(String, &'static str)> {
    let items = |fields: &Fields| fields.keys().filter_map(|path| item(path)).collect::<BTreeSet<_>>();
    let (old, new) = (items(before), items(after));
    let added = new.difference(&old).map(|item| (item.clone(), "added"));
    let removed = old.difference(&new).map(|item| (item.clone(), "removed"));
    added.chain(removed).collect()
}

/// The container or volume that a path leads into.
fn item(path: &str) -> Option<String> {
    let lists = ["containers[", "initContainers[", "volumes["];
    lists.iter().any(|list| path.starts_with(list)).then(|| path.split_inclusive(']').next().map(str::to_owned))?
}

/// The path under which a field is told, and whether its values are: of environments, commands, annotations and headers
/// only that they changed.
fn shown(path: &str) -> (String, bool) {
    for hiding in [".command[", ".args[", ".exec.command[", ".httpHeaders["] {
        if let Some(at) = path.find(hiding) {
            let end = at + hiding.len() - 1;
            return (path.get(..end).unwrap_or(path).to_owned(), false);
        }
    }
    if let Some((container, rest)) = path.split_once(".env[") {
        // What a variable is taken from is a name; what it is set to is not shown.
        let name = rest.split(']').next().unwrap_or_default();
        let is_reference = rest.contains(".valueFrom.");
        let shown = if is_reference { path.to_owned() } else { format!("{container}.env[{name}]") };
        return (shown, is_reference);
    }
    (path.to_owned(), !path.starts_with("annotations["))
}

/// `containers[app].image` as people say it: `image of app`.
fn of_container(path: &str) -> String {
    let rest = path.strip_prefix("containers[");
    match rest.and_then(|rest| rest.split_once("].")) {
        Some((name, field)) => format!("{field} of {name}"),
        None => path.to_owned(),
    }
}

fn cut(text: &str) -> String {
    let clean: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.len() < text.len() { format!("{clean}…") } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn template(change: impl FnOnce(&mut Value)) -> Value {
        let mut template = json!({"metadata": {"labels": {"app": "api", "pod-template-hash": "1"}, "creationTimestamp": null}, "spec": {
            "containers": [
                {"name": "app", "image": "shop/api:1", "args": ["--token=hunter2"], "env": [{"name": "LEVEL", "value": "info"},
                    {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "a"}}}],
                 "resources": {"limits": {"memory": "64Mi"}}, "ports": [{"containerPort": 80}],
                 "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 10}}],
            "volumes": [{"name": "data", "emptyDir": {}}], "serviceAccountName": "api",
            "tolerations": [{"key": "a", "operator": "Exists"}], "securityContext": {}}});
        change(&mut template);
        template
    }

    fn told(change: impl FnOnce(&mut Value)) -> String {
        difference(&fields(&template(|_| ())), &fields(&template(change)))
    }

    #[test]
    fn every_field_is_told_with_what_it_was_and_is() {
        let container = "/spec/containers/0";
        let set = |path: &str, value: Value| {
            let path = path.to_owned();
            told(move |template| *template.pointer_mut(&path).expect("a field") = value)
        };
        for (path, value, expected) in [
            ("/image", json!("shop/api:2"), "image of app from shop/api:1 to shop/api:2"),
            ("/resources/limits/memory", json!("128Mi"), "resources.limits.memory of app from 64Mi to 128Mi"),
            ("/readinessProbe/periodSeconds", json!(1), "readinessProbe.periodSeconds of app from 10 to 1"),
            ("/ports/0/containerPort", json!(8080), "ports[0].containerPort of app from 80 to 8080"),
            ("/env/0/value", json!("debug"), "env[LEVEL] of app changed"),
            ("/args/0", json!("--token=other"), "args of app changed"),
            ("/env/1/valueFrom/secretKeyRef/key", json!("b"), "env[KEY].valueFrom.secretKeyRef.key of app from a to b"),
        ] {
            assert_eq!(set(&format!("{container}{path}"), value), format!("rolled out anew: {expected}"));
        }
        let account = set("/spec/serviceAccountName", json!("other"));
        assert_eq!(account, "rolled out anew: serviceAccountName from api to other");
        let security = set("/spec/securityContext", json!({"runAsUser": 7}));
        assert_eq!(security, "rolled out anew: securityContext.runAsUser from none to 7");
        assert_eq!(set("/metadata/labels/app", json!("b")), "rolled out anew: labels[app] from api to b");
    }

    #[test]
    fn what_comes_and_goes_whole_is_told_whole() {
        let added = told(|template| {
            let containers = template["spec"]["containers"].as_array_mut().expect("a list");
            containers.insert(0, json!({"name": "proxy", "image": "proxy:1", "env": [{"name": "A", "value": "b"}]}));
        });
        assert_eq!(added, "rolled out anew: containers[proxy] added");
        let removed = told(|template| template["spec"]["volumes"] = json!([]));
        assert_eq!(removed, "rolled out anew: volumes[data] removed");
    }

    #[test]
    fn a_restart_and_a_renumbering_are_no_change_of_the_template() {
        let restarted = told(|template| {
            template["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/restartedAt": "2026-11-27T06:00:00Z"});
            template["metadata"]["labels"]["pod-template-hash"] = json!("2");
        });
        assert_eq!(restarted, "its pods were restarted (rollout restart); nothing else in the template changed");
        assert_eq!(told(|_| ()), "rolled out anew; nothing in the template changed");
        let annotated = told(|template| template["metadata"]["annotations"] = json!({"checksum/config": "3f9a"}));
        assert_eq!(annotated, "rolled out anew: annotations[checksum/config] changed");
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            "[a-z\\]\\[.]{0,9}".prop_map(Value::from),
            Just(Value::Null)
        ];
        leaf.prop_recursive(5, 40, 4, |inner| {
            let name = prop_oneof![
                Just("env".to_owned()),
                Just("containers".to_owned()),
                Just("name".to_owned()),
                "[a-z.\\[\\]]{0,5}"
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(name, inner, 0..4).prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_two_templates_are_compared(a in json_value(), b in json_value()) {
            let of = |spec: &Value| fields(&json!({"spec": spec}));
            let said = difference(&of(&a), &of(&b));
            prop_assert!(said.len() < 20_000);
            prop_assert_eq!(difference(&of(&a), &of(&a)), "rolled out anew; nothing in the template changed");
        }

        #[test]
        fn no_value_of_an_environment_is_shown(value in "[a-zA-Z0-9]{9,20}") {
            let said = told(|template| {
                template["spec"]["containers"][0]["env"][0]["value"] = json!(value);
                template["spec"]["containers"][0]["args"][0] = json!(value);
                template["spec"]["containers"][0]["command"] = json!([value]);
            });
            prop_assert!(!said.contains(&value));
        }
    }
}
