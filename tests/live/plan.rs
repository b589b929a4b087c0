//! What `plan` says beforehand, held against what `collect` meets: users who may do everything, something and nothing.

use crate::access::requests;
use crate::lab::{Lab, start, start_collect};
use crate::process::{Ended, folder};
use crate::sealed::open_sealed;
use k8s_forensics::archive::format::{Outcome, Status};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Where the users are, whose every request is in the audit log: see tests/lab/audit-policy.yaml.
const HOME: &str = "k8sf-plan";
const NAMESPACE: &str = "monitoring";
const LIMIT: Duration = Duration::from_secs(120);

/// A user who may see what `view` grants, which is neither nodes nor secrets, and two who may do nothing yet.
const USERS: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: k8sf-plan}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: viewer, namespace: k8sf-plan}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: resident, namespace: k8sf-plan}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: nobody, namespace: k8sf-plan}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: granted, namespace: k8sf-plan}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: k8sf-plan-viewer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: viewer, namespace: k8sf-plan}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: k8sf-plan-resident, namespace: monitoring}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: k8s-forensics}
subjects: [{kind: ServiceAccount, name: resident, namespace: k8sf-plan}]
";

/// Of cluster-admin, view, a Role in one namespace, and nothing: whatever collect is denied, plan has said, and nothing
/// comes that it said is denied; and the API server refuses no request.
pub fn predicts_what_is_denied(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    lab.apply(USERS).unwrap_or_else(|why| panic!("{why}"));
    grant(lab, &["-n", NAMESPACE]);
    let of_namespace: &[&str] = &["-n", NAMESPACE, "--since", "10m"];
    let all: &[&str] = &["--since", "10m"];
    let cases = [
        ("administrator", lab.kubeconfig(), all),
        ("viewer", user(lab, "viewer"), all),
        ("viewer of one namespace", user(lab, "viewer"), of_namespace),
        ("resident", user(lab, "resident"), of_namespace),
        ("resident who asks for all", user(lab, "resident"), all),
        ("nobody", user(lab, "nobody"), all),
    ];
    let mut wrong = Vec::new();
    for (case, kubeconfig, args) in cases {
        let before = requests(lab).len();
        let (planned, plan) = planned(&kubeconfig, args);
        let between = requests(lab).len();
        let (collected, outcomes) = collected(&kubeconfig, args);
        wrong.extend(compared(&plan, &outcomes).into_iter().map(|why| format!("{case}: {why}")));
        let all = requests(lab);
        let refused = all.iter().skip(before).filter(|request| request["responseStatus"]["code"] == 403);
        wrong.extend(refused.map(|request| format!("{case}: refused: {}", request["requestURI"])));
        // Of what takes longer, the log has the beginning as well.
        let own = all.iter().skip(between).filter(|request| request["stage"] == "ResponseComplete").count();
        if own < 50 {
            wrong.push(format!("{case}: only {own} requests are in the audit log, so this proves nothing"));
        }
        let expected = if case == "administrator" { 0 } else { 3 };
        if planned.code != Some(expected) || collected.code != Some(expected) {
            wrong.push(format!("{case}: {planned}\n{collected}"));
        }
        say_how_near(case, &plan, (own, &collected, &outcomes));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Who has nothing but the roles that plan prints collects everything.
pub fn prints_a_role_that_is_enough(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    lab.apply(USERS).unwrap_or_else(|why| panic!("{why}"));
    let roles = grant(lab, &[]);
    let binding = |kind: &str, metadata: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}Binding\nmetadata: {{{metadata}}}\nroleRef: \
             {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: k8s-forensics}}\nsubjects: [{{kind: \
             ServiceAccount, name: granted, namespace: {HOME}}}]\n---\n"
        )
    };
    let bindings: String = roles
        .iter()
        .map(|role| match role["metadata"]["namespace"].as_str() {
            None => binding("ClusterRole", "name: k8sf-plan-granted"),
            Some(namespace) => binding("Role", &format!("name: k8sf-plan-granted, namespace: {namespace}")),
        })
        .collect();
    lab.apply(&bindings).unwrap_or_else(|why| panic!("{why}"));
    let kubeconfig = user(lab, "granted");
    let (planned, _) = planned(&kubeconfig, &["--since", "10m"]);
    assert_eq!(planned.code, Some(0), "{planned}");
    let (collected, outcomes) = collected(&kubeconfig, &["--since", "10m"]);
    assert_eq!(collected.code, Some(0), "{collected}");
    assert!(outcomes.len() > 100, "only {} items, so this proves nothing", outcomes.len());
}

/// Applies the roles that plan prints for the administrator's cluster, and gives them.
fn grant(lab: &Lab, args: &[&str]) -> Vec<Value> {
    let printed = start(&lab.kubeconfig(), &[&["plan", "--rbac"], args].concat()).wait(LIMIT);
    assert_eq!(printed.code, Some(0), "{printed}");
    lab.apply(&printed.stdout).unwrap_or_else(|why| panic!("{why}\n{printed}"));
    serde_saphyr::from_multiple(&printed.stdout).expect("YAML")
}

fn user(lab: &Lab, account: &str) -> std::path::PathBuf {
    lab.kubeconfig_of(HOME, account).unwrap_or_else(|why| panic!("{why}"))
}

fn planned(kubeconfig: &Path, args: &[&str]) -> (Ended, Value) {
    let ended = start(kubeconfig, &[&["plan", "--json"], args].concat()).wait(LIMIT);
    let plan = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended}"));
    (ended, plan)
}

fn collected(kubeconfig: &Path, args: &[&str]) -> (Ended, Vec<Outcome>) {
    let file = folder().join("planned.zip");
    // From a run before this one.
    let _ = fs::remove_file(&file);
    let ended = start_collect(kubeconfig, &file, args).wait(LIMIT);
    assert!(file.exists(), "{ended}");
    let outcomes = open_sealed(&file).outcomes();
    (ended, outcomes)
}

/// Where plan and outcomes differ.
fn compared(plan: &Value, outcomes: &[Outcome]) -> Vec<String> {
    let permissions = plan["permissions"].as_array().expect("a list");
    let mut wrong = Vec::new();
    for outcome in outcomes {
        let of_source = permissions.iter().filter(|permission| {
            permission["sources"].as_array().is_some_and(|sources| sources.contains(&outcome.source.as_str().into()))
        });
        let own: Vec<&Value> = match outcome.source.as_str() {
            "objects" => of_source.filter(|permission| is_list_of(permission, &outcome.subject)).collect(),
            "control-plane" => of_source.filter(|permission| is_path_of(permission, &outcome.subject)).collect(),
            _ => of_source.collect(),
        };
        let denied = own.iter().filter(|permission| permission["verdict"] == "denied").count();
        let gets = own.iter().filter(|permission| permission["verb"] == "get");
        let (mut none, mut any) = (true, false);
        gets.for_each(|permission| (none, any) = (none && permission["verdict"] == "denied", true));
        let is_foretold = match outcome.status {
            Status::Denied => denied > 0,
            Status::Collected | Status::Truncated => denied < own.len().max(1) && !(any && none),
            _ => true,
        };
        if !is_foretold {
            wrong.push(format!("{} {} {:?}: {} {own:?}", outcome.source, outcome.subject, outcome.status, outcome.why));
        }
    }
    wrong
}

/// Whether `permission` is on the list that outcomes name `subject`, as `leases.coordination.k8s.io of namespace shop`.
fn is_list_of(permission: &Value, subject: &str) -> bool {
    let (kind, namespace) = match subject.split_once(" of ") {
        Some((kind, "nodes")) => (kind, "default"),
        Some((kind, place)) => (kind, place.trim_start_matches("namespace ")),
        None => (subject, ""),
    };
    let (plural, group) = kind.split_once('.').unwrap_or((kind, ""));
    let text = |field: &str| permission[field].as_str().unwrap_or_default();
    text("verb") == "list" && text("resource") == plural && text("group") == group && text("namespace") == namespace
}

/// Whether `permission` is on the path that outcomes name `subject`, as `API server /livez?verbose`.
fn is_path_of(permission: &Value, subject: &str) -> bool {
    let path = subject.trim_start_matches("API server ").split('?').next();
    permission["path"].as_str() == path
}

/// For whoever wants to know how good the estimate is.
fn say_how_near(case: &str, plan: &Value, (requests, collected, outcomes): (usize, &Ended, &[Outcome])) {
    let bytes: u64 = outcomes.iter().map(|outcome| outcome.bytes).sum();
    let estimate = &plan["estimate"];
    eprintln!(
        "{case}: estimated {} requests, {} bytes, {} ms; were {requests} requests, {bytes} bytes, {} ms",
        estimate["requests"],
        estimate["bytes"],
        estimate["tookMs"],
        collected.took.as_millis()
    );
}
