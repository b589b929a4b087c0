//! Relations from an object to who asks for it by name: a Service that is looked up, a Job that is waited for, a
//! ConfigMap that is read, a workload that an autoscaler sizes.

use super::{Key, Relation, RelationMatch};
use crate::cascade::{Grade, Scene};
use crate::evidence::{Container, Pod, configuration_of};
use crate::model::{Citation, Subject};
use crate::signals::Signal;
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// From a Service to what looked it up, by the name in the label `looked_up`; the Service may be gone by now.
pub const LOOKED_UP: Relation = Relation {
    name: "looked-up",
    joins: |from, to| from == "Service" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |_, effect| {
        let namespace = effect.subject.namespace().unwrap_or_default();
        effect.values("looked_up").filter_map(|host| service_of(host, namespace)).map(Key::made).collect()
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// The same from a change of a Service by which the names in DNS change: that it was made, which pods it selects and
/// whether also those that are not ready, whether it has an address of its own (documentation, DNS for Services and Pods).
pub const RENAMED: Relation = Relation {
    name: "renamed",
    ties: |_, from, to| {
        if from.label("what").is_some_and(changes_names) {
            RelationMatch::graded(Grade::Known, cited(to))
        } else {
            None
        }
    },
    ..LOOKED_UP
};

/// From a Service that was made to a record that names its address, where containers get variables that are made from its
/// name (documentation, Service, Discovering services).
pub const MAKES_VARIABLES: Relation = Relation {
    name: "makes-variables",
    joins: |from, to| from == "Service" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let namespace = effect.subject.namespace().unwrap_or_default();
        let named = effect.values("address").filter_map(|address| scene.topology.service_named(address, namespace));
        named.map(Key::subject).collect()
    },
    ties: |_, from, to| {
        let is_made = from.label("what").is_some_and(|what| what.starts_with("was created"));
        if is_made { RelationMatch::named_by(to) } else { None }
    },
    grades_differ: false,
};

/// The fields of a Service on which its names depend.
const NAMING: [&str; 4] = ["clusterIP", "publishNotReadyAddresses", "selector", "type"];

/// Whether a change says that it made a Service, or wrote such a field: `selector.app changed`, `spec (type) was written`.
fn changes_names(what: &str) -> bool {
    let is_field = |word: &str| NAMING.contains(&word.split_once('.').map_or(word, |(field, _)| field));
    let mut is_key = false;
    let mut named = what.split([' ', ',', '(', ')']).filter(|word| {
        let is_field = is_field(word) && !is_key;
        is_key = matches!(*word, "annotation" | "label");
        is_field
    });
    what.starts_with("was created") || named.next().is_some()
}

fn cited(effect: &Signal) -> Vec<Citation> {
    effect.evidence.first().copied().into_iter().collect()
}

/// From what took names out of DNS, by its label `record`, to what looked one of them up.
pub const TOOK_NAME: Relation = Relation {
    name: "took-name",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: |_, cause| cause.values("record").map(Key::name).collect(),
    causes: |_, effect| effect.values("looked_up").map(|host| Key::name(host.trim_end_matches('.'))).collect(),
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a namespace to what looked up a Service that was in it.
pub const HOLDS_LOOKED_UP: Relation = Relation {
    name: "holds-looked-up",
    joins: |from, to| from == "Namespace" && to == "Pod",
    as_cause: |_, cause| vec![Key::name(cause.subject.name())],
    causes: |_, effect| {
        let own = effect.subject.namespace().unwrap_or_default();
        let others = effect.values("looked_up").filter_map(|host| host.split('.').nth(1)).filter(|name| *name != own);
        others.map(Key::name).collect()
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a Job to a pod, one of whose init containers has its name as a word of its command, as programs are told for
/// which Job to wait.
pub const AWAITS_JOB: Relation = Relation {
    name: "awaits-job",
    joins: |from, to| from == "Job" && to == "Pod",
    as_cause: |_, cause| cause.subject.namespace().map(Key::name).into_iter().collect(),
    causes: |_, effect| effect.subject.namespace().map(Key::name).into_iter().collect(),
    ties: |scene, from, to| {
        let pods = scene.topology.pods_named(&to.subject);
        let mut waiting = pods.filter(|pod| awaits(scene, pod, from.subject.name()));
        let evidence = waiting.next()?.object.as_ref().map(|object| object.citation).into_iter().collect();
        Some(RelationMatch { grade: None, evidence })
    },
    grades_differ: false,
};

/// From a ConfigMap or Secret to a pod that has it in its files or its environment.
pub const READ_BY_POD: Relation = Relation {
    name: "read-by-pod",
    joins: |from, to| matches!(from, "ConfigMap" | "Secret") && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let read = scene.topology.pods_named(&effect.subject).flat_map(|pod| read_by(scene, pod));
        read.collect::<BTreeSet<_>>().into_iter().map(Key::made).collect()
    },
    ties: |scene, from, to| {
        let mut pods = scene.topology.pods_named(&to.subject);
        let pod = pods.find(|pod| read_by(scene, pod).contains(&from.subject))?;
        let evidence = pod.object.as_ref().map(|object| object.citation).into_iter().collect();
        Some(RelationMatch { grade: None, evidence })
    },
    grades_differ: false,
};

/// From an autoscaler of pods to a workload of its namespace. Which one it sizes only the numbers of both tell, so a link
/// by it asks that those agree.
pub const SIZES: Relation = Relation {
    name: "sizes",
    joins: |from, to| from == "HorizontalPodAutoscaler" && matches!(to, "Deployment" | "ReplicaSet" | "StatefulSet"),
    as_cause: |_, cause| cause.subject.namespace().map(Key::name).into_iter().collect(),
    causes: |_, effect| effect.subject.namespace().map(Key::name).into_iter().collect(),
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From trouble of an autoscaler of pods that lasts to a pod of the workload that it refers to (documentation,
/// HorizontalPodAutoscaler, `scaleTargetRef`).
pub const SCALES: Relation = Relation {
    name: "scales",
    joins: |from, to| from == "HorizontalPodAutoscaler" && to == "Pod",
    as_cause: |scene, cause| scene.topology.referred_to_by(&cause.subject).map(Key::subject).collect(),
    causes: |scene, effect| scene.topology.workload_of(&effect.subject).map(Key::made).into_iter().collect(),
    ties: |_, from, to| {
        let goes_on = from.until().is_none() || from.last_seen() + RETOLD >= to.from.time;
        RelationMatch::when(from.subject.is("HorizontalPodAutoscaler") && goes_on)
    },
    grades_differ: false,
};

/// From a workload, the requests of which for processors were changed, to an autoscaler of its pods: most count in percent
/// of these (documentation, Horizontal Pod Autoscaling, Algorithm details). Which metric it has is not looked at.
pub const SHARE_OF: Relation = Relation {
    name: "share-of",
    joins: |from, to| matches!(from, "Deployment" | "StatefulSet") && to == "HorizontalPodAutoscaler",
    as_cause: |_, cause| {
        let is_resized = cause.label("what").is_some_and(|what| what.contains("resources.requests.cpu"));
        if is_resized { vec![Key::subject(&cause.subject)] } else { Vec::new() }
    },
    causes: |scene, effect| scene.topology.referred_to_by(&effect.subject).map(Key::subject).collect(),
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// What goes on is told again within this: the API server counts what repeats in one event for ten minutes (client-go,
/// tools/record/events_cache.go).
const RETOLD: TimeDelta = TimeDelta::minutes(10);

/// The Service that a host is called by: `NAME`, `NAME.NAMESPACE`, `NAME.NAMESPACE.svc` and what the cluster adds; or the
/// one by which a pod has a name of its own, `POD.NAME.NAMESPACE.svc` (documentation, DNS for Services and Pods).
fn service_of(host: &str, namespace: &str) -> Option<Subject> {
    let words: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let (name, of) = match words.as_slice() {
        [name] => (name, &namespace),
        [name, of] | [name, of, "svc", ..] | [_, name, of, "svc", ..] => (name, of),
        _ => return None,
    };
    (!name.is_empty()).then(|| Subject::namespaced("Service", *of, *name))
}

fn awaits(scene: &Scene<'_>, pod: &Pod, job: &str) -> bool {
    let spec = scene.topology.spec_of(pod);
    let containers = spec.into_iter().flat_map(|spec| &spec.init_containers);
    containers.flat_map(words).any(|word| word == job)
}

/// The words of a command, each without the kind before it (`job/migrate`).
fn words(container: &Container) -> impl Iterator<Item = &str> {
    let texts = container.command.iter().chain(&container.args);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    texts.flat_map(move |text| text.split(move |c: char| !is_of_name(c)))
}

fn read_by(scene: &Scene<'_>, pod: &Pod) -> BTreeSet<Subject> {
    scene.topology.spec_of(pod).map(|spec| configuration_of(spec, &pod.namespace)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_names_the_service_that_it_is_of() {
        let of = |host: &str| service_of(host, "shop").map(|service| service.to_string());
        assert_eq!(of("api"), Some("Service/shop/api".to_owned()));
        assert_eq!(of("api.pay"), Some("Service/pay/api".to_owned()));
        assert_eq!(of("api.pay.svc.cluster.local."), Some("Service/pay/api".to_owned()));
        assert_eq!(of("db-0.db.pay.svc.cluster.local"), Some("Service/pay/db".to_owned()), "a pod of a StatefulSet");
        assert_eq!(of("api.example.com"), None, "a host outside of the cluster");
        assert_eq!(of(""), None);
    }

    #[test]
    fn a_service_has_other_names_by_its_own_fields_only() {
        for what in
            ["was created, by a person with kubectl", "spec (selector) was written by helm", "selector.app changed"]
        {
            assert!(changes_names(what), "{what}");
        }
        for what in ["label type was written", "annotation x.io/aws-load-balancer-type was written", "ports changed"] {
            assert!(!changes_names(what), "{what}");
        }
    }

    #[test]
    fn the_words_of_a_command_are_without_their_kind() {
        let args = ["wait --for=condition=complete job/migrate-42", "migrate"].map(str::to_owned).to_vec();
        let container = Container { args, ..Container::default() };
        let found: Vec<&str> = words(&container).collect();
        assert!(found.contains(&"migrate-42") && found.contains(&"migrate") && !found.contains(&"job/migrate-42"));
    }
}
