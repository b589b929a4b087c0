//! What objects of policy say of pods: which may be taken away on purpose, which comes first where there is no room,
//! and which get limits that they do not give themselves; what roles their ServiceAccounts have; what admission policies
//! compare requests with; and of which kinds all objects came, so that one that is not there was not there.

use super::absence::WholeLists;
use crate::model::{Citation, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// What was read of them.
#[derive(Debug, Default)]
pub struct Settings {
    /// PodDisruptionBudgets with the labels of the pods that each is about.
    pub budgets: BTreeMap<Subject, Budget>,
    /// PriorityClasses by their names.
    pub priorities: BTreeMap<String, Priority>,
    /// Namespaces with a LimitRange.
    pub limit_ranges: BTreeSet<String>,
    /// RoleBindings and ClusterRoleBindings, with what each grants to which ServiceAccounts.
    pub grants: BTreeMap<Subject, Grant>,
    /// What admission policies are given as parameters, by the name of the policy.
    pub parameters: BTreeMap<String, Parameters>,
    /// The lists that came whole.
    pub whole: WholeLists,
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    pub selector: BTreeMap<String, String>,
    /// It also selects by expressions, which are not read: it may be about any pod of its namespace.
    pub has_expressions: bool,
}

/// What a binding of roles says.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The Role or ClusterRole.
    pub role: Option<Subject>,
    /// ServiceAccounts, as `system:serviceaccount:NAMESPACE:NAME`.
    pub accounts: BTreeSet<String>,
    pub citation: Citation,
}

/// What an admission policy compares requests with, beside what it says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// The kind of its parameters, as the policy says (`paramKind`).
    pub kind: Option<String>,
    /// The objects that its bindings name (`paramRef`): namespace and name. Without a namespace it is that of the request.
    /// What a binding selects by labels is not among them.
    pub objects: BTreeSet<(Option<String>, String)>,
}

/// A PriorityClass.
#[derive(Clone, Debug)]
pub struct Priority {
    pub value: i64,
    pub citation: Citation,
}

impl Settings {
    pub fn absorb(&mut self, other: Self) {
        self.budgets.extend(other.budgets);
        self.priorities.extend(other.priorities);
        self.limit_ranges.extend(other.limit_ranges);
        self.grants.extend(other.grants);
        for (policy, Parameters { kind, objects }) in other.parameters {
            let known = self.parameters.entry(policy).or_default();
            known.kind = known.kind.take().or(kind);
            known.objects.extend(objects);
        }
    }
}

/// The plurals of the kinds that say so.
pub const PLURALS: [&str; 7] =
    [BUDGETS, PRIORITIES, LIMIT_RANGES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS, ADMISSION_POLICIES, ADMISSION_BINDINGS];
pub const BUDGETS: &str = "poddisruptionbudgets.policy";
pub const PRIORITIES: &str = "priorityclasses.scheduling.k8s.io";
pub const LIMIT_RANGES: &str = "limitranges";
pub const ROLE_BINDINGS: &str = "rolebindings.rbac.authorization.k8s.io";
pub const CLUSTER_ROLE_BINDINGS: &str = "clusterrolebindings.rbac.authorization.k8s.io";
pub const ADMISSION_POLICIES: &str = "validatingadmissionpolicies.admissionregistration.k8s.io";
pub const ADMISSION_BINDINGS: &str = "validatingadmissionpolicybindings.admissionregistration.k8s.io";
