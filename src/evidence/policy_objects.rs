//! Reads PodDisruptionBudgets, PriorityClasses and LimitRanges.

use super::findings::{Findings, Place};
use super::settings::{BUDGETS, Budget, LIMIT_RANGES, PLURALS, PRIORITIES, Priority};
use crate::model::Subject;
use crate::objects::{Meta, or_default};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: BudgetSpec,
    /// Of a PriorityClass.
    #[serde(deserialize_with = "or_default")]
    value: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BudgetSpec {
    #[serde(deserialize_with = "or_default")]
    selector: Selector,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Selector {
    #[serde(deserialize_with = "or_default")]
    match_labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    match_expressions: Vec<Value>,
}

/// Whether a kind is read here.
pub fn is_one(plural: &str) -> bool {
    PLURALS.contains(&plural)
}

/// Reads one object (policy/v1, scheduling.k8s.io/v1, core/v1). Whoever reads its status says where it cannot be read.
pub fn read(plural: &str, place: Place, line: &[u8], found: &mut Findings) {
    let Ok(Object { metadata: meta, spec, value }) = serde_json::from_slice(line) else { return };
    match plural {
        BUDGETS => {
            let subject = Subject::of_object("PodDisruptionBudget", &meta.namespace, &meta.name);
            let Selector { match_labels: selector, match_expressions } = spec.selector;
            let budget = Budget { selector, has_expressions: !match_expressions.is_empty() };
            found.settings.budgets.insert(subject, budget);
        }
        PRIORITIES => {
            let citation = found.cite(place, &format!("PriorityClass/{} value {value}", meta.name));
            found.settings.priorities.insert(meta.name, Priority { value, citation });
        }
        LIMIT_RANGES => _ = found.settings.limit_ranges.insert(meta.namespace),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_priorities_and_limit_ranges_are_read() {
        // Forms of policy/v1, scheduling.k8s.io/v1 and core/v1 (Kubernetes API reference, v1.34).
        let mut found = Findings::default();
        let place = Place::of_line(1, chrono::DateTime::UNIX_EPOCH);
        let budget = br#"{"metadata":{"name":"web","namespace":"shop"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"a","operator":"Exists"}]}}}"#;
        read(BUDGETS, place, budget, &mut found);
        read(PRIORITIES, place, br#"{"metadata":{"name":"low"},"value":-100}"#, &mut found);
        read(LIMIT_RANGES, place, br#"{"metadata":{"name":"l","namespace":"shop"},"spec":{"limits":[]}}"#, &mut found);
        read(BUDGETS, place, b"{", &mut found);
        let known = &found.settings.budgets[&Subject::namespaced("PodDisruptionBudget", "shop", "web")];
        assert_eq!((known.selector.get("app").map(String::as_str), known.has_expressions), (Some("web"), true));
        assert_eq!(found.settings.priorities["low"].value, -100);
        assert!(found.settings.limit_ranges.contains("shop"));
    }
}
