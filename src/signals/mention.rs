//! Objects that a message names: `secret "login"`, `deployments.apps "api"`, `Cluster/shop/orders`.

use crate::model::Subject;
use crate::objects::kinds;
use regex::Regex;
use std::sync::LazyLock;

/// The label with the objects that a record's message names, each as `Kind/namespace/name` or `Kind/name`.
pub const LABEL: &str = "names";

/// So many of one message count.
const MOST: usize = 8;

/// So many bytes of a message are looked through: the API takes no event with a longer note (apimachinery,
/// pkg/apis/core/validation/events.go, NoteLengthLimit).
const LONGEST: usize = 1024;

/// A kind, in one of the ways in which programs write it, and the name that belongs to it: in quotes after it, or behind a
/// slash.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?";
    let kind = r"(?P<kind>[A-Za-z]{2,40})(?:\.[a-z0-9.-]{1,100})?";
    Regex::new(&format!(
        r#"["'](?P<ns3>{name})/(?P<name3>{name})["']|\b{kind}(?:\s+(?:named\s+)?["'](?:(?P<ns>{name})/)?(?P<name>{name})["']|/(?:(?P<ns2>{name})/)?(?P<name2>{name}))"#
    ))
    .ok()
});

/// A kind, and a name without quotes that can be no word: names of pods and what belongs to them have a number behind a
/// hyphen.
static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?P<kind>[A-Za-z]{2,40})\s+(?P<name>[a-z][a-z0-9.]*-[-a-z0-9.]*[0-9](?:[-a-z0-9]*[a-z0-9])?)\b").ok()
});

/// A name, and its kind after it: `'web' of type 'CONFIGMAP'`.
static TYPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"["'](?P<name>[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)["'] of (?:type|kind) ["']?(?P<kind>[A-Za-z]{2,40})"#)
        .ok()
});

/// The objects that a message about `whose` may name, without itself.
pub(super) fn objects(message: &str, whose: &Subject) -> Vec<Subject> {
    let end = (0..=LONGEST.min(message.len())).rev().find(|end| message.is_char_boundary(*end)).unwrap_or_default();
    let Some(pattern) = NAMED.as_ref() else { return Vec::new() };
    let mut found: Vec<Subject> = Vec::new();
    let mut add = |kind: &str, namespace: Option<&str>, name: &str| {
        for object in Subject::referred_to(whose, kind, namespace, name) {
            if object != *whose && !found.contains(&object) {
                found.push(object);
            }
        }
    };
    let text = message.get(..end).unwrap_or_default();
    for named in pattern.captures_iter(text) {
        let either = |names: &[&str]| names.iter().find_map(|group| named.name(group)).map(|text| text.as_str());
        // Controllers name others of the same kind without it, as what one of them waits for: `dependency 'base/db'`.
        let alike = || either(&["ns", "ns3"]).is_some().then(|| whose.kind().to_owned());
        let kind = named.name("kind").and_then(|word| kind(word.as_str(), false)).or_else(alike);
        let (Some(kind), Some(name)) = (kind, either(&["name", "name2", "name3"])) else { continue };
        add(&kind, either(&["ns", "ns2", "ns3"]), name);
    }
    for named in [&BARE, &TYPED].into_iter().flat_map(|pattern| pattern.iter()).flat_map(|one| one.captures_iter(text))
    {
        let kind = named.name("kind").and_then(|word| kind(word.as_str(), true));
        if let (Some(kind), Some(name)) = (kind, named.name("name")) {
            add(&kind, None, name.as_str());
        }
    }
    found.truncate(MOST);
    found
}

/// The kind that a word means: one that is built in, by any of its words, or one of somebody's own, as it is written in
/// objects; without quotes around its name only a built-in one counts.
fn kind(word: &str, is_built_in: bool) -> Option<String> {
    let own = || {
        let mut signs = word.chars();
        let is_camel = signs.next().is_some_and(|sign| sign.is_ascii_uppercase());
        (is_camel && signs.next().is_some_and(|sign| sign.is_ascii_lowercase())).then(|| word.to_owned())
    };
    kinds::built_in(word).map(|named| named.kind).or_else(|| own().filter(|_| !is_built_in))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_in_several_ways() {
        let whose = Subject::namespaced("Cluster", "shop", "orders");
        for (message, named) in [
            (r#"secret "login" not found"#, "Secret/shop/login"),
            (r#"deployments.apps "api" is forbidden"#, "Deployment/shop/api"),
            ("waits for Backup/shop/nightly to end", "Backup/shop/nightly"),
            (r#"Referenced ClusterIssuer "ca" is not ready"#, "ClusterIssuer/ca"),
            (r#"node "n-1" not found"#, "Node/n-1"),
            (r#"could not bind pvc "shop/data-0""#, "PersistentVolumeClaim/shop/data-0"),
            ("dependency 'base/db' is not ready", "Cluster/base/db"),
            (r#"failed to attach volume for pod "db-0""#, "Pod/shop/db-0"),
            ("pvc data-db-0 is being deleted", "PersistentVolumeClaim/shop/data-db-0"),
            ("Changes detected in 'pooler' of type 'CONFIGMAP'", "ConfigMap/shop/pooler"),
            ("pod orders-6c9f7d8b4-x2x2x did not end", "Pod/shop/orders-6c9f7d8b4-x2x2x"),
        ] {
            let found: Vec<String> = objects(message, &whose).iter().map(ToString::to_string).collect();
            assert!(found.iter().any(|one| one == named), "{message}: {found:?}");
            assert!(found.len() <= 2, "{message}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_object_is_none() {
        let whose = Subject::namespaced("Cluster", "shop", "orders");
        for message in [
            "read/write failed",
            r#"Get "https://10.0.0.1/api": EOF"#,
            "Cluster/shop/orders",
            "10/30 are up",
            "and/or",
            "a pod anti-affinity rule",
            "node 3 of 5",
            "no service for 30s",
        ] {
            assert_eq!(objects(message, &whose), [], "{message}");
        }
        let many: String = (0..100).map(|number| format!("pod/p-{number} ")).collect();
        assert_eq!(objects(&many, &whose).len(), MOST);
    }
}
