//! Who sent a request, as a kind of actor: a person is "a person", and no more of one gets out.
//!
//! Users that begin with `system:` are Kubernetes' own (documentation, Using RBAC Authorization, Referring to subjects);
//! every other name is somebody's, or that of a program that somebody gave a certificate or an account of a cloud.

use crate::logline::user_agent;
use crate::model::Subject;
use crate::objects::user::Class;

/// Who sent requests, and with what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor {
    /// In words: `a person`, `node n-1`, `ServiceAccount shop/deployer`, `the deployment-controller`.
    pub who: String,
    /// The program's name alone, without version and machine.
    pub program: String,
    pub kind: ActorKind,
    /// What a statement about its requests is about.
    pub client: Subject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorKind {
    Person,
    /// An account that somebody gave to what deploys: what it writes is what a person has decided.
    Robot,
    /// A part of Kubernetes: what it writes follows from what others wrote.
    Kubernetes,
    /// Any other program: an operator, a pipeline.
    Program,
}

/// Controllers of kube-controller-manager that use accounts of their own
/// (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go, v1.34), but for those that say so in their name.
const CONTROLLERS: [&str; 6] = [
    "horizontal-pod-autoscaler",
    "generic-garbage-collector",
    "pod-garbage-collector",
    "persistent-volume-binder",
    "root-ca-cert-publisher",
    "legacy-service-account-token-cleaner",
];

impl Actor {
    /// Of a user, whom it acted as, and what it called itself.
    pub fn of(user: &str, impersonated: &str, agent: &str) -> Self {
        let program = user_agent::name(agent, &[user, impersonated]).unwrap_or_default().to_owned();
        let one = named(user);
        let (who, kind, client) = if impersonated.is_empty() { one } else { acting(one, named(impersonated)) };
        let client = client.unwrap_or_else(|| {
            let name = if program.is_empty() { "unnamed" } else { &program };
            Subject::cluster(CLIENT, name)
        });
        Self { who, program, kind, client }
    }

    /// By what counts of our own archive say: a class, and the user where that is a program.
    pub fn counted(class: &str, user: &str, agent: &str) -> Self {
        let program = user_agent::name(agent, &[]).unwrap_or_default().to_owned();
        match class {
            "node" if user.is_empty() => {
                let client = Subject::cluster(CLIENT, if program.is_empty() { "kubelet" } else { &program });
                Self { who: "the nodes".to_owned(), program, kind: ActorKind::Kubernetes, client }
            }
            "anonymous" => Self::of("system:anonymous", "", agent),
            "control-plane" | "serviceaccount" | "node" => Self::of(user, "", agent),
            _ => Self::of(class, "", agent),
        }
    }

    /// As a sentence has it behind `by`: a person with the program they used.
    pub fn in_words(&self) -> String {
        match self.kind {
            ActorKind::Person if !self.program.is_empty() => format!("{} with {}", self.who, self.program),
            _ => self.who.clone(),
        }
    }
}

/// The kind of subject that a program is which is no object of the cluster.
const CLIENT: &str = "Client";

/// Who somebody is in words, of which kind, and the subject, where the name tells it.
type Who = (String, ActorKind, Option<Subject>);

/// Somebody who acts as another.
fn acting((who, kind, client): Who, (other, other_kind, _): Who) -> Who {
    match (kind, other_kind) {
        (ActorKind::Person, ActorKind::Person) => (who, kind, client),
        (_, ActorKind::Person) => (format!("{other} by way of {who}"), other_kind, client),
        _ => (format!("{who} as {other}"), kind, client),
    }
}

fn named(user: &str) -> Who {
    if let Some(own) = user.strip_prefix("system:") {
        return named_by_kubernetes(own, Class::of(user));
    }
    let unnamed = |who: &str, kind| (who.to_owned(), kind, None);
    match user {
        "" => unnamed("somebody unknown", ActorKind::Program),
        // How Google and Amazon call accounts of programs.
        _ if user.ends_with(".gserviceaccount.com") => unnamed("an account of the cloud", ActorKind::Program),
        _ if user.strip_prefix("eks:").is_some_and(is_program) => client(user, ActorKind::Program),
        _ if is_robot(user) => unnamed("a robot account", ActorKind::Robot),
        _ => unnamed("a person", ActorKind::Person),
    }
}

/// Whether a name says by one of its words that a program bears it. Names are free, so only words that no name of a person
/// has on its own count. The domain of an address is the firm's, and a service that somebody logs in by (`github:jane`) is
/// no program that acts.
fn is_robot(user: &str) -> bool {
    let (name, is_address) = user.split_once('@').map_or((user, false), |(name, _)| (name, true));
    // Two letters may be somebody's initials.
    let may_be = |robot: &&&str| !is_address || robot.len() > 2;
    let mut words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| ROBOTS.iter().filter(may_be).any(|robot| word.eq_ignore_ascii_case(robot)))
}

/// Words in names of accounts that programs have: what the account is for, and the programs that deploy.
const ROBOTS: [&str; 16] = [
    "actions",
    "argocd",
    "automation",
    "bot",
    "cd",
    "ci",
    "deployer",
    "flux",
    "jenkins",
    "pipeline",
    "robot",
    "runner",
    "spinnaker",
    "svc",
    "teamcity",
    "terraform",
];

fn client(name: &str, kind: ActorKind) -> Who {
    (name.to_owned(), kind, Some(Subject::cluster(CLIENT, name)))
}

fn named_by_kubernetes(own: &str, class: Class) -> Who {
    let unnamed = |who: &str, kind| (who.to_owned(), kind, None);
    match (class, own) {
        (Class::Node, _) => {
            let node = own.strip_prefix("node:").unwrap_or(own);
            (format!("node {node}"), ActorKind::Kubernetes, Some(Subject::node(node)))
        }
        (Class::ServiceAccount, _) => {
            let rest = own.strip_prefix("serviceaccount:").and_then(|rest| rest.split_once(':'));
            let (namespace, name) = rest.unwrap_or_default();
            let is_controller = name.ends_with("-controller") || CONTROLLERS.contains(&name);
            if namespace == "kube-system" && is_controller {
                return (format!("the {name}"), ActorKind::Kubernetes, Some(Subject::cluster(CLIENT, name)));
            }
            let subject = Subject::namespaced("ServiceAccount", namespace, name);
            (format!("ServiceAccount {namespace}/{name}"), ActorKind::Program, Some(subject))
        }
        (_, "apiserver") => {
            let client = Subject::cluster(CLIENT, "kube-apiserver");
            ("the API server itself".to_owned(), ActorKind::Kubernetes, Some(client))
        }
        (Class::Anonymous, _) | (_, "unauthenticated") => unnamed("an anonymous client", ActorKind::Program),
        (Class::ControlPlane, _) => client(own, ActorKind::Kubernetes),
        // The certificate that installers give to whoever administers (OpenShift, k3s).
        (_, "admin" | "masters") => unnamed("a person", ActorKind::Person),
        _ if own.starts_with("bootstrap:") => unnamed("a node that joins", ActorKind::Kubernetes),
        _ if is_program(own) => client(own, ActorKind::Program),
        // Whoever makes a certificate may call somebody so.
        _ => unnamed("a system account", ActorKind::Program),
    }
}

/// Whether a name is one that only programs have, by how it ends: `gcp-controller-manager`, `eks:node-manager`.
fn is_program(name: &str) -> bool {
    const ENDS: [&str; 9] =
        ["agent", "autoscaler", "bootstrapper", "controller", "manager", "migrator", "operator", "proxy", "scheduler"];
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= 63 && name.bytes().all(is_plain) && name.rsplit_once('-').is_some_and(|(_, end)| ENDS.contains(&end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_person_is_a_person_and_a_controller_has_a_name() {
        let said = |user: &str| Actor::of(user, "", "kubectl/v1.34.1 (linux/amd64) kubernetes/93248f9").in_words();
        for person in
            ["kubernetes-admin", "jane.doe@example.com", "arn:aws:iam::111122223333:user/jane", "system:admin"]
        {
            assert_eq!(said(person), "a person with kubectl", "{person}");
        }
        for person in ["jane@firm.ci", "github:jane", "abbot", "cicero", "cd@firm.example"] {
            assert_eq!(said(person), "a person with kubectl", "{person}");
        }
        for robot in ["shop-ci", "arn:aws:sts::1:assumed-role/github-actions/run", "deploy-bot@example.com", "Jenkins"]
        {
            assert_eq!(said(robot), "a robot account", "{robot}");
        }
        for (user, words) in [
            ("system:node:node-1", "node node-1"),
            ("system:serviceaccount:kube-system:replicaset-controller", "the replicaset-controller"),
            ("system:serviceaccount:kube-system:horizontal-pod-autoscaler", "the horizontal-pod-autoscaler"),
            ("system:serviceaccount:kube-system:cilium", "ServiceAccount kube-system/cilium"),
            (
                "system:serviceaccount:argocd:argocd-application-controller",
                "ServiceAccount argocd/argocd-application-controller",
            ),
            ("system:apiserver", "the API server itself"),
            ("system:kube-scheduler", "kube-scheduler"),
            ("system:bootstrap:abcdef", "a node that joins"),
            ("system:gcp-controller-manager", "gcp-controller-manager"),
            ("range-gke-node@detection-range.iam.gserviceaccount.com", "an account of the cloud"),
            ("eks:node-manager", "eks:node-manager"),
            ("", "somebody unknown"),
        ] {
            assert_eq!(said(user), words);
        }
    }

    #[test]
    fn whoever_acts_as_another_is_told_by_kind() {
        let said = |user: &str, other: &str| Actor::of(user, other, "kubectl/v1.34.1").in_words();
        assert_eq!(said("jane", "system:serviceaccount:shop:ci"), "a person as ServiceAccount shop/ci with kubectl");
        assert_eq!(
            said("system:serviceaccount:rancher:proxy", "jane"),
            "a person by way of ServiceAccount rancher/proxy with kubectl"
        );
        assert_eq!(said("jane", "joe"), "a person with kubectl");
    }

    #[test]
    fn counts_tell_a_class_and_a_program() {
        let said = |class: &str, user: &str| Actor::counted(class, user, "kubectl/v1.34.4").in_words();
        assert_eq!(said("person", ""), "a person with kubectl");
        assert_eq!(said("node", ""), "the nodes");
        assert_eq!(said("anonymous", ""), "an anonymous client");
        assert_eq!(said("serviceaccount", "system:serviceaccount:ops:operator"), "ServiceAccount ops/operator");
        assert_eq!(said("control-plane", "system:kube-scheduler"), "kube-scheduler");
        assert_eq!(said("control-plane", ""), "somebody unknown");
    }

    #[test]
    fn nobody_is_taken_for_a_program() {
        for user in
            ["system:jane.doe", "system:node:Jane", "eks:jane", "system:jane", "system:serviceaccount:shop:Jane Roe"]
        {
            let actor = Actor::of(user, "", "kubectl/v1.34.1");
            let said = format!("{} {}", actor.in_words(), actor.client);
            assert!(!said.to_lowercase().contains("jane"), "{user}: {said}");
        }
    }

    proptest! {
        #[test]
        fn no_name_of_a_person_gets_out(user in "[a-z]{6,12}(\\.[a-z]{6,9})?@[a-z]{6,8}\\.com", agent in ".{0,30}") {
            let actor = Actor::of(&user, "", &format!("{user} {agent}"));
            prop_assert_eq!(actor.who, "a person");
            let name = user.split(['@', '.']).next().expect("a part");
            prop_assert!(!actor.program.contains(name));
        }
    }
}
