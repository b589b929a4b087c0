//! Needs as roles that a cluster applies: nothing but what is needed, each line with who needs it.

use super::needs::{CLEANUP, NODE_PODS, Needs};
use super::{Attributes, OnResource, warnings};
use crate::sources::{CLUSTER_SCOPED, Options};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What the roles and their bindings are called.
const NAME: &str = "k8s-forensics";

/// A verb on a resource or on a path, and who needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant<'a> {
    /// None for a path that is no resource; empty for the core group.
    pub group: Option<&'a str>,
    /// The plural, with its subresource behind a slash, or the path.
    pub name: &'a str,
    pub verb: &'a str,
    pub user: &'a str,
}

/// Names, each with who needs it.
type Named<'a> = Vec<(&'a str, BTreeSet<&'a str>)>;

/// Rules that grant `grants`, as the value of `rules:`. What takes the same verbs in the same group is one rule.
pub fn rules<'a>(grants: impl IntoIterator<Item = Grant<'a>>) -> String {
    let mut named: BTreeMap<(Option<&str>, &str), [BTreeSet<&str>; 2]> = BTreeMap::new();
    for Grant { group, name, verb, user } in grants {
        let [verbs, users] = named.entry((group, name)).or_default();
        verbs.insert(verb);
        users.insert(user);
    }
    // By group and verbs, what the rule is on.
    let mut rules: BTreeMap<(Option<&str>, BTreeSet<&str>), Named<'_>> = BTreeMap::new();
    for ((group, name), [verbs, users]) in named {
        rules.entry((group, verbs)).or_default().push((name, users));
    }
    let mut text = String::new();
    for ((group, verbs), names) in rules {
        match group {
            Some(group) => {
                let _ = writeln!(text, "  - apiGroups: [\"{group}\"]\n    resources:");
            }
            None => text.push_str("  - nonResourceURLs:\n"),
        }
        for (name, users) in names {
            let _ = writeln!(text, "      - {} # {}", scalar(name), joined(users));
        }
        let _ = writeln!(text, "    verbs: [{}]", joined(verbs));
    }
    text
}

fn joined(words: BTreeSet<&str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// `text` as a scalar of YAML that is a string, whatever version reads it.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["false", "n", "no", "null", "off", "on", "true", "y", "yes"];
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'*');
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '/');
    match begins && text.bytes().all(is_plain) && !WORDS.contains(&text) {
        true => text.to_owned(),
        // JSON is YAML.
        false => serde_json::Value::from(text).to_string(),
    }
}

/// `needs` as a ClusterRole, and as Roles where a namespace is enough; as Roles alone where namespaces were asked for.
pub fn manifest(needs: &Needs, options: &Options) -> String {
    let (cluster, spaces, left_out) = parted(needs, options);
    let mut documents = Vec::new();
    if !cluster.is_empty() {
        documents.push(document("ClusterRole", None, &cluster));
    }
    documents.extend(spaces.iter().map(|(namespace, own)| document("Role", Some(namespace), own)));
    let mut bindings = Vec::new();
    if !cluster.is_empty() {
        bindings.push(format!("kubectl create clusterrolebinding {NAME} --clusterrole={NAME} --user=NAME"));
    }
    let bind = |namespace: &&str| format!("kubectl create rolebinding {NAME} -n {namespace} --role={NAME} --user=NAME");
    bindings.extend(spaces.keys().map(bind));
    head(needs, &bindings, &left_out) + &documents.join("---\n")
}

type Granted<'a> = Vec<(&'a OnResource, &'a BTreeSet<&'static str>)>;

/// What a role grants, by what is in it.
#[derive(Default)]
struct Own<'a> {
    resources: Granted<'a>,
    paths: Vec<(&'a str, &'a BTreeSet<&'static str>)>,
}

impl Own<'_> {
    fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.paths.is_empty()
    }
}

/// What belongs into the ClusterRole, what into the Role of each namespace, and what into none.
fn parted<'a>(needs: &'a Needs, options: &Options) -> (Own<'a>, BTreeMap<&'a str, Own<'a>>, Vec<&'a Attributes>) {
    let (mut cluster, mut spaces, mut left_out) = (Own::default(), BTreeMap::<&str, Own<'_>>::new(), Vec::new());
    let is_bounded = !options.namespaces.is_empty();
    for (attributes, users) in &needs.0 {
        match place(attributes, users, options) {
            Some(namespace) => {
                let Attributes::Resource(on) = attributes else { continue };
                // The ClusterRole may grant it already.
                if !needs.0.contains_key(&Attributes::Resource(on.in_namespace(""))) {
                    spaces.entry(namespace).or_default().resources.push((on, users));
                }
            }
            None if is_bounded => left_out.push(attributes),
            None => match attributes {
                Attributes::Resource(on) => cluster.resources.push((on, users)),
                Attributes::Url { path } => cluster.paths.push((path, users)),
            },
        }
    }
    (cluster, spaces, left_out)
}

/// The namespace whose Role may grant it: where namespaces were asked for, those, and the one that pods are made in.
fn place<'a>(attributes: &'a Attributes, users: &BTreeSet<&'static str>, options: &Options) -> Option<&'a str> {
    let Attributes::Resource(on) = attributes else { return None };
    let is_of_cluster = on.namespace.is_empty() || CLUSTER_SCOPED.contains(&on.of_rule().as_str());
    let is_given = options.namespaces.is_empty() || options.namespaces.contains(&on.namespace);
    let is_for_pods = users.contains(NODE_PODS) || users.contains(CLEANUP);
    (!is_of_cluster && (is_given || is_for_pods)).then_some(&on.namespace)
}

fn document(kind: &str, namespace: Option<&str>, own: &Own<'_>) -> String {
    let mut text = format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {NAME}\n");
    if let Some(namespace) = namespace {
        let _ = writeln!(text, "  namespace: {}", scalar(namespace));
    }
    text.push_str("rules:\n");
    let names: Vec<String> = own.resources.iter().map(|(on, _)| on.of_rule()).collect();
    let resources = own.resources.iter().zip(&names).flat_map(|((on, users), name)| {
        users.iter().map(move |user| Grant { group: Some(&on.group), name, verb: &on.verb, user })
    });
    let paths = own
        .paths
        .iter()
        .flat_map(|(path, users)| users.iter().map(move |user| Grant { group: None, name: path, verb: "get", user }));
    text + &rules(resources.chain(paths))
}

fn head(needs: &Needs, bindings: &[String], left_out: &[&Attributes]) -> String {
    let writes = needs.0.values().any(|users| users.contains(NODE_PODS));
    let what = if writes { "get and list, and for --allow-pods Jobs" } else { "get and list, nothing that writes" };
    let mut lines = vec![
        format!("What k8s-forensics collect needs in this cluster, with the same options: {what}."),
        String::new(),
        "  k8s-forensics plan --rbac | kubectl apply -f -".to_owned(),
    ];
    lines.extend(bindings.iter().map(|binding| format!("  {binding}")));
    let warnings = warnings(needs.0.keys().filter(|attributes| !left_out.contains(attributes)));
    if !warnings.is_empty() {
        lines.extend([String::new(), "Some of it grants more than is used:".to_owned()]);
        lines.extend(warnings.into_iter().flat_map(|warning| wrapped(&format!("- {warning}"), "  ")));
    }
    if !left_out.is_empty() {
        let why = "A Role in these namespaces cannot grant what is of the cluster or of other namespaces. It is left \
            out here, and denied in the archive; without -n this is a ClusterRole that grants it:";
        lines.extend(std::iter::once(String::new()).chain(wrapped(why, "")));
        lines.extend(summed_up(left_out).iter().flat_map(|line| wrapped(&format!("- {line}"), "  ")));
    }
    let comment = |line: String| if line.is_empty() { "#\n".to_owned() } else { format!("# {line}\n") };
    lines.into_iter().map(comment).collect()
}

/// A line for each verb, and for each namespace.
fn summed_up(all: &[&Attributes]) -> Vec<String> {
    let mut lines: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for attributes in all {
        let (at, name) = match attributes {
            Attributes::Resource(on) => ((on.verb.as_str(), on.namespace.as_str()), on.called()),
            Attributes::Url { path } => (("get", ""), path.clone()),
        };
        lines.entry(at).or_default().push(name);
    }
    let line = |((verb, namespace), names): ((&str, &str), Vec<String>)| {
        let place = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
        format!("{verb} {}{place}", names.join(", "))
    };
    lines.into_iter().map(line).collect()
}

/// `text` in lines of at most 100 characters where its words allow that, all but the first after `indent`.
fn wrapped(text: &str, indent: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let is_full = lines.last().is_some_and(|line| !line.is_empty() && line.len() + word.len() >= 100);
        if is_full {
            lines.push(indent.to_owned());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_strings_whatever_they_look_like() {
        for (name, expected) in
            [("pods/log", "pods/log"), ("/api/*", "/api/*"), ("on", "\"on\""), ("1e3", "\"1e3\""), ("*", "\"*\"")]
        {
            assert_eq!(scalar(name), expected);
        }
    }

    #[test]
    fn what_takes_the_same_verbs_is_one_rule() {
        let grant = |name, verb, user| Grant { group: Some(""), name, verb, user };
        let text = rules([
            grant("pods", "list", "objects"),
            grant("nodes", "list", "objects"),
            grant("namespaces", "list", "objects"),
            grant("namespaces", "get", "every run"),
            grant("pods", "list", "describes"),
            Grant { group: None, name: "/livez", verb: "get", user: "control-plane" },
        ]);
        let expected = "  - nonResourceURLs:\n      - /livez # control-plane\n    verbs: [get]\n  - apiGroups: [\"\"]\n    \
            resources:\n      - namespaces # every run, objects\n    verbs: [get, list]\n  - apiGroups: [\"\"]\n    \
            resources:\n      - nodes # objects\n      - pods # describes, objects\n    verbs: [list]\n";
        assert_eq!(text, expected);
    }
}
