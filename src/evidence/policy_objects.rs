//! Reads PodDisruptionBudgets, PriorityClasses, LimitRanges, bindings of roles, and what admission policies take as
//! parameters.

use super::findings::{Findings, Place};
use super::settings::{
    ADMISSION_BINDINGS, ADMISSION_POLICIES, BUDGETS, Budget, CLUSTER_ROLE_BINDINGS, Grant, LIMIT_RANGES, PLURALS,
    PRIORITIES, Priority, ROLE_BINDINGS,
};
use crate::model::Subject;
use crate::objects::{Meta, Reference, or_default};
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

/// A RoleBinding or ClusterRoleBinding.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Binding {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    role_ref: Reference,
    #[serde(deserialize_with = "or_default")]
    subjects: Vec<Reference>,
}

/// A ValidatingAdmissionPolicy or a binding of one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Admission {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: AdmissionSpec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AdmissionSpec {
    /// Of a policy: the kind of its parameters.
    #[serde(deserialize_with = "or_default")]
    param_kind: Reference,
    /// Of a binding: the policy.
    #[serde(deserialize_with = "or_default")]
    policy_name: String,
    /// Of a binding: the parameters.
    #[serde(deserialize_with = "or_default")]
    param_ref: Reference,
}

/// Whether a kind is read here.
pub fn is_one(plural: &str) -> bool {
    PLURALS.contains(&plural)
}

/// Reads one object (policy/v1, scheduling.k8s.io/v1, core/v1, rbac.authorization.k8s.io/v1,
/// admissionregistration.k8s.io/v1). Whoever reads its status says where it cannot be read.
pub fn read(plural: &str, place: Place, line: &[u8], found: &mut Findings) {
    match plural {
        ROLE_BINDINGS => return read_binding("RoleBinding", place, line, found),
        CLUSTER_ROLE_BINDINGS => return read_binding("ClusterRoleBinding", place, line, found),
        ADMISSION_POLICIES | ADMISSION_BINDINGS => return read_admission(line, found),
        _ => {}
    }
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

/// Reads who has a role by a binding. A Role is of the binding's namespace, a ClusterRole of none (API reference, RoleRef).
fn read_binding(kind: &str, place: Place, line: &[u8], found: &mut Findings) {
    let Ok(Binding { metadata: meta, role_ref, subjects }) = serde_json::from_slice(line) else { return };
    let role = match role_ref.kind.as_str() {
        "Role" => Some(Subject::of_object("Role", &meta.namespace, &role_ref.name)),
        "ClusterRole" => Some(Subject::cluster("ClusterRole", &role_ref.name)),
        _ => None,
    };
    let accounts = subjects.into_iter().filter(|one| one.kind == "ServiceAccount");
    let accounts = accounts.map(|one| format!("system:serviceaccount:{}:{}", one.namespace, one.name)).collect();
    let subject = Subject::of_object(kind, &meta.namespace, &meta.name);
    let citation = found.cite(place, &format!("{subject} grants {} {}", role_ref.kind, role_ref.name));
    found.settings.grants.insert(subject, Grant { role, accounts, citation });
}

fn read_admission(line: &[u8], found: &mut Findings) {
    let Ok(Admission { metadata, spec }) = serde_json::from_slice(line) else { return };
    let AdmissionSpec { param_kind, policy_name, param_ref } = spec;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let policy = given(policy_name).unwrap_or(metadata.name);
    if let Some(kind) = given(param_kind.kind) {
        found.settings.parameters.entry(policy).or_default().kind = Some(kind);
    } else if let Some(name) = given(param_ref.name) {
        found.settings.parameters.entry(policy).or_default().objects.insert((given(param_ref.namespace), name));
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

    #[test]
    fn bindings_say_who_has_a_role() {
        let mut found = Findings::default();
        let place = Place::of_line(1, chrono::DateTime::UNIX_EPOCH);
        let binding = br#"{"metadata":{"name":"b","namespace":"shop"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"reader"},"subjects":[{"kind":"ServiceAccount","name":"api","namespace":"shop"},{"kind":"Group","name":"team"}]}"#;
        read(ROLE_BINDINGS, place, binding, &mut found);
        let known = &found.settings.grants[&Subject::namespaced("RoleBinding", "shop", "b")];
        assert_eq!(known.role, Some(Subject::namespaced("Role", "shop", "reader")));
        assert!(known.accounts.iter().eq(["system:serviceaccount:shop:api"]));
    }

    #[test]
    fn what_a_policy_is_given_is_named_by_its_bindings() {
        // Forms of admissionregistration.k8s.io/v1 (documentation, Validating Admission Policy, Parameter resources).
        let mut found = Findings::default();
        let place = Place::of_line(1, chrono::DateTime::UNIX_EPOCH);
        let policy =
            br#"{"metadata":{"name":"registries"},"spec":{"paramKind":{"apiVersion":"v1","kind":"ConfigMap"}}}"#;
        let one = br#"{"metadata":{"name":"prod"},"spec":{"policyName":"registries","paramRef":{"name":"allowed","namespace":"platform"}}}"#;
        let other = br#"{"metadata":{"name":"test"},"spec":{"policyName":"registries","paramRef":{"name":"own"}}}"#;
        let without = br#"{"metadata":{"name":"plain"},"spec":{"policyName":"plain","paramRef":null}}"#;
        read(ADMISSION_BINDINGS, place, one, &mut found);
        read(ADMISSION_POLICIES, place, policy, &mut found);
        read(ADMISSION_BINDINGS, place, other, &mut found);
        read(ADMISSION_BINDINGS, place, without, &mut found);
        let known = &found.settings.parameters["registries"];
        assert_eq!(known.kind.as_deref(), Some("ConfigMap"));
        let named = [(None, "own".to_owned()), (Some("platform".to_owned()), "allowed".to_owned())];
        assert!(known.objects.iter().eq(&named));
        assert_eq!(found.settings.parameters.len(), 1);
    }
}
