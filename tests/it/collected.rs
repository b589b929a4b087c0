//! `docs/collected-data.md` and `docs/rbac.yaml` say what the table of collectors says. To write them anew after a
//! change of the table: `K8SF_BLESS=1 cargo test --test it`.

use k8s_forensics::sources::kinds::{self, Rule};
use k8s_forensics::sources::{
    self, ALL, ALWAYS, CLUSTER_SCOPED, Grant, On, Permission, Profile, Size, other_units, range_queries,
};
use k8s_openapi::api::rbac::v1::{ClusterRole, Role};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

const INTRODUCTION: &str = "# What is collected

<!-- Written from the table of collectors by `K8SF_BLESS=1 cargo test --test it`: change the table, not this. -->

Each of these can be chosen with `--only` and left out with `--skip`. All only read. Capitals in a path stand for names. [rbac.yaml](rbac.yaml) grants exactly what is listed here, which is every kind of Kubernetes itself; it says how to add the cluster's own. What is not granted is `denied` in `meta/outcomes.jsonl`, and costs nothing else. [rbac-namespace.yaml](rbac-namespace.yaml) is what of it a Role in one namespace can grant, for `-n NAMESPACE`.

`--profile` chooses how thorough a run is; `--only` and `--skip` choose collectors whatever the profile.

{profiles}
Besides, every run asks who it talks to, by these permissions:

";

const ROLE: &str = "# What a Role in one namespace can grant of rbac.yaml, for `k8s-forensics collect -n NAMESPACE`.
#
#   kubectl apply -n NAMESPACE -f rbac-namespace.yaml
#   kubectl create rolebinding k8s-forensics -n NAMESPACE --role=k8s-forensics --user=NAME
#
# Objects, events, logs and descriptions of the namespace's pods come; what is of nodes or of the cluster does not, and
# the archive says so of each item. The exit code is 3.
#
# Lines grant more than is used where rbac.yaml says so. Written as that is: change the table, not this.
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: k8s-forensics
rules:
";

const RBAC: &str = "# The permissions of all collectors, and no other: get and list, nothing that writes.
#
#   kubectl apply -f rbac.yaml
#   kubectl create clusterrolebinding k8s-forensics --clusterrole=k8s-forensics --user=NAME
#
# Behind each line stand the collectors that need it; without it, they say so in the archive and the others go on.
#
# `k8s-forensics plan` says which of it whoever asks has in a cluster, and `plan --rbac` prints a role like this one for
# that cluster, its custom resources and the options that are given.
#
# The kinds are those of Kubernetes itself. Custom resources are collected too, and their groups are the cluster's own:
# `kubectl api-resources --verbs=list -o name` names every kind. For each group that is to come, add a rule:
#
#   - apiGroups: [example.com]
#     resources: ['*']
#     verbs: [list]
#
# Without it its kinds are `denied` in the archive, one outcome each. A '*' for the group covers all groups there will
# ever be; custom resources may hold anything, and what is made for credentials is known by name only
# (collected-data.md, Kinds).
#
# Five of these lines grant more than is used. Whoever gets them can:
#
# - secrets, configmaps (list): read their values. RBAC knows no right to metadata alone, which is all that is asked
#   for here. Without these two lines the archive lacks names and times of both.
# - nodes/proxy (get): read everything that a kubelet serves, all logs in /var/log among it, and run commands in every
#   container. A kubelet judges a request by its HTTP method and takes all paths without a subresource of their own for
#   nodes/proxy (kubernetes v1.34.4, pkg/kubelet/server/auth.go, GetRequestAttributes); exec, attach and port-forward
#   can be asked for with GET, which is how a websocket begins (pkg/kubelet/server/server.go), and so need no create.
#   Since 1.33 the kubelet knows finer rights (KEP-2862, https://kep.k8s.io/2862; final in 1.36:
#   https://kubernetes.io/blog/2026/04/24/kubernetes-v1-36-fine-grained-kubelet-authorization-ga/). They help those who
#   ask it directly: here the API server asks it, and judges the caller by nodes/proxy alone.
# - pods/proxy, services/proxy (get): ask every pod and Service for any path with GET.
#
# Give them for the time of an incident only, to whom might as well be an administrator.
#
# Written from the table of collectors by K8SF_BLESS=1 cargo test --test it: change the table, not this.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: k8s-forensics
rules:
";

#[test]
fn the_documents_say_what_the_table_says() {
    let documents = [
        ("docs/collected-data.md", collected_data()),
        ("docs/rbac.yaml", rbac()),
        ("docs/rbac-namespace.yaml", role()),
        ("deploy/chart/files/rules.yaml", chart_rules()),
    ];
    let wrong: Vec<&str> =
        documents.into_iter().filter(|(file, text)| !is_same(file, text)).map(|(file, _)| file).collect();
    assert!(wrong.is_empty(), "not what the table says; K8SF_BLESS=1 writes them anew: {wrong:?}");
}

#[test]
fn every_collector_is_in_both() {
    let (data, rbac) = (collected_data(), rbac());
    for source in ALL {
        assert!(data.contains(&format!("\n## {}: {}\n", source.id, source.title)), "{}", source.id);
        for path in source.paths {
            assert!(data.contains(path), "{path}");
        }
        let is_asked_for = rbac.lines().any(|line| comment(line).contains(&source.id));
        assert_eq!(is_asked_for, !source.permissions.is_empty(), "{}", source.id);
    }
}

/// As a cluster reads the role: nothing in it but get and list, and every permission of every collector.
#[test]
fn the_role_grants_what_is_needed_and_only_reads() {
    let typed: ClusterRole = serde_saphyr::from_str(&rbac()).expect("a ClusterRole");
    assert_eq!(typed.metadata.name.as_deref(), Some("k8s-forensics"));
    let role: serde_json::Value = serde_saphyr::from_str(&rbac()).expect("YAML");
    let words = |value: &serde_json::Value| -> BTreeSet<String> {
        let words = value.as_array().into_iter().flatten().filter_map(|word| word.as_str());
        words.map(str::to_owned).collect()
    };
    let rules = role["rules"].as_array().expect("rules");
    for rule in rules {
        assert!(words(&rule["verbs"]).iter().all(|verb| verb == "get" || verb == "list"), "{rule}");
    }
    let grants = |field: &str, word: &str, group: Option<&str>, verb: &str| {
        rules.iter().any(|rule| {
            let is_of_group = group.is_none_or(|group| words(&rule["apiGroups"]).contains(group));
            is_of_group && words(&rule[field]).contains(word) && words(&rule["verbs"]).contains(verb)
        })
    };
    for (permission, _) in permissions() {
        for verb in permission.verbs {
            match permission.on {
                On::Urls(paths) => assert!(paths.iter().all(|path| grants("nonResourceURLs", path, None, verb))),
                On::Resources { group, plurals } => {
                    assert!(plurals.split(',').all(|plural| grants("resources", plural, Some(group), verb)));
                }
            }
        }
    }
}

/// As a cluster reads it: in a Role, rules of paths and of what has no namespace are refused or grant nothing.
#[test]
fn the_role_of_a_namespace_grants_what_it_can() {
    let typed: Role = serde_saphyr::from_str(&role()).expect("a Role");
    let whole: ClusterRole = serde_saphyr::from_str(&rbac()).expect("a ClusterRole");
    let named = |rules: Option<Vec<k8s_openapi::api::rbac::v1::PolicyRule>>| -> BTreeSet<(String, String, String)> {
        let rules = rules.into_iter().flatten();
        rules
            .flat_map(|rule| {
                assert!(rule.api_groups.is_some() != rule.non_resource_urls.is_some());
                let group = rule.api_groups.unwrap_or_default().concat();
                let verbs = rule.verbs.join(",");
                let resources = rule.resources.unwrap_or_default().into_iter();
                resources.map(move |resource| (group.clone(), resource, verbs.clone())).collect::<Vec<_>>()
            })
            .collect()
    };
    assert!(typed.rules.iter().flatten().all(|rule| rule.non_resource_urls.is_none()));
    let mut expected = named(whole.rules);
    expected.retain(|(_, resource, _)| !CLUSTER_SCOPED.contains(&resource.as_str()));
    assert_eq!(named(typed.rules), expected);
    assert!(expected.iter().any(|(_, resource, _)| resource == "pods/log"));
}

fn is_same(file: &str, text: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("K8SF_BLESS").is_some() {
        std::fs::write(&path, text).expect("a file to write");
    }
    std::fs::read_to_string(&path).unwrap_or_default() == text
}

/// Every permission, and who needs it.
fn permissions() -> impl Iterator<Item = (&'static Permission, &'static str)> {
    let of_sources = ALL.iter().flat_map(|source| source.permissions.iter().map(|one| (one, source.id)));
    ALWAYS.iter().map(|one| (one, "every run")).chain(of_sources)
}

/// What stands behind the `#` of a line, word by word.
fn comment(line: &str) -> Vec<&str> {
    line.split_once(" # ").map(|(_, comment)| comment.split(", ").collect()).unwrap_or_default()
}

fn collected_data() -> String {
    let mut text = INTRODUCTION.replace("{profiles}", &profiles());
    text.push_str(&needs(ALWAYS));
    for source in ALL {
        let _ = writeln!(text, "\n## {}: {}\n", source.id, source.title);
        let _ = writeln!(text, "Why: {}.\n", source.why);
        let paths: Vec<String> = source.paths.iter().map(|path| format!("`{path}`")).collect();
        let _ = writeln!(text, "- Entries: {}", paths.join(", "));
        let cap = match source.cap {
            u64::MAX => "none".to_owned(),
            bytes => format!("{} MiB an entry", bytes / (1024 * 1024)),
        };
        let _ = writeln!(text, "- Cap: {cap}");
        let (idle, whole) = (source.deadlines.idle.as_secs(), source.deadlines.whole.as_secs());
        // A recorder's folder is read, and nobody is asked.
        let is_asked = !source.asks_nobody();
        if is_asked {
            let _ = writeln!(text, "- One question: {whole} s, of which {idle} s in silence");
        }
        let profiles = Profile::ALL.into_iter().filter(|profile| profile.has(source)).map(Profile::name);
        let profiles = match source.is_on_request() {
            true => format!("none, only with `--{}`", source.id),
            false => profiles.collect::<Vec<_>>().join(", "),
        };
        let with = if is_asked { "" } else { ", with `--recording DIR` or `K8S_FORENSICS_RECORDING`" };
        let _ = writeln!(text, "- Profiles: {profiles}{with}");
        text.push_str(&needs(source.permissions));
    }
    text.push_str(&kinds_treated_otherwise());
    text.push_str(&other_units_found());
    text.push_str(
        "\n## Queries\n\nWhat every Prometheus is asked over the incident window; the entry is `metrics/ID.json`.\n\n",
    );
    text.push_str("| ID | PromQL | shows |\n|---|---|---|\n");
    for query in range_queries() {
        let _ = writeln!(text, "| {} | `{}` | {} |", query.id, cell(&query.promql), cell(&query.why));
    }
    text
}

/// What each profile is.
fn profiles() -> String {
    let mut text = "| profile | ends after | caps | archive | without |\n|---|---|---|---|---|\n".to_owned();
    for profile in Profile::ALL {
        let deadline = match profile.deadline().as_secs() {
            seconds @ 0..60 => format!("{seconds} s"),
            seconds => format!("{} min", seconds / 60),
        };
        let size = if profile.size() == Size::Any { "of any size" } else { "1 MB a node, at least 100 MB" };
        let without: Vec<&str> = ALL.iter().filter(|source| !profile.has(source)).map(|source| source.id).collect();
        let without = if without.is_empty() { "nothing".to_owned() } else { without.join(", ") };
        let caps = match profile.cap(1) {
            1 => "as below".to_owned(),
            times => format!("{times} times those below"),
        };
        let _ = writeln!(text, "| {} | {deadline} | {caps} | {size} | {without} |", profile.name());
    }
    text
}

fn kinds_treated_otherwise() -> String {
    let mut text = "\n## Kinds\n\nEvery kind that the API server says can be listed is, custom resources too, in the \
        version that its group prefers. Custom resources are stored as they are, but for the last-applied \
        annotation and its like, and values that [redaction.md](redaction.md) takes out by kind.\n\nOnly the metadata is asked for of kinds "
        .to_owned();
    let words: Vec<String> = kinds::CREDENTIAL_WORDS.iter().map(|word| format!("`{word}`")).collect();
    let _ = writeln!(text, "with one of these words in their plural: {}; and of:\n", words.join(", "));
    text.push_str(&table(kinds::METADATA_ONLY));
    text.push_str("\nThese have such a word, hold no values, and come whole:\n\n");
    text.push_str(&table(kinds::HARMLESS));
    text.push_str("\nThese are not asked for:\n\n");
    text.push_str(&table(kinds::LEFT_OUT));
    text
}

fn other_units_found() -> String {
    let mut text =
        "\n## Units\n\nBeside the units of kubelet and container runtime, whose journals are asked for, these \
        are taken where a node's journal files are read and have something of them within the window.\n\n\
        | units | why |\n|---|---|\n"
            .to_owned();
    for (units, why) in other_units() {
        let units: Vec<String> = units.iter().map(|unit| format!("`{unit}`")).collect();
        let _ = writeln!(text, "| {} | {why} |", units.join(", "));
    }
    text
}

fn table(rules: &[Rule]) -> String {
    let mut text = "| kind | why |\n|---|---|\n".to_owned();
    for Rule { group, plural, why } in rules {
        let kind = if group.is_empty() { (*plural).to_owned() } else { format!("{plural}.{group}") };
        let _ = writeln!(text, "| `{kind}` | {} |", cell(why));
    }
    text
}

/// A `|` ends a cell, between backticks too.
fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', " ")
}

fn needs(permissions: &[Permission]) -> String {
    let mut text = String::new();
    for permission in permissions {
        let verbs = permission.verbs.join(", ");
        let _ = match permission.on {
            On::Urls(paths) => writeln!(text, "- Needs {verbs} on the URLs {}", paths.join(", ")),
            On::Resources { group: "", plurals } => writeln!(text, "- Needs {verbs} on {}", plurals.replace(',', ", ")),
            On::Resources { group, plurals } => {
                writeln!(text, "- Needs {verbs} on {} of {group}", plurals.replace(',', ", "))
            }
        };
    }
    text
}

fn rbac() -> String {
    RBAC.to_owned() + &rules(|_| true)
}

/// The same rules as a list, from which the chart makes its role.
fn chart_rules() -> String {
    let rules = rules(|_| true);
    let outdented = rules.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line)));
    "# What collect needs, from the table of collectors; K8SF_BLESS=1 cargo test --test it writes it.\n".to_owned()
        + &outdented.collect::<String>()
}

fn role() -> String {
    ROLE.to_owned() + &rules(|name| !name.starts_with('/') && !CLUSTER_SCOPED.contains(&name))
}

/// The rules that grant those of the resources and paths that are `wanted`, each with who needs it.
fn rules(wanted: fn(&str) -> bool) -> String {
    sources::rules(permissions().flat_map(|(permission, user)| {
        let (group, names): (_, Vec<&str>) = match permission.on {
            On::Urls(paths) => (None, paths.to_vec()),
            On::Resources { group, plurals } => (Some(group), plurals.split(',').collect()),
        };
        let grants = names.into_iter().flat_map(move |name| permission.verbs.iter().map(move |verb| (name, verb)));
        grants
            .filter(|(name, _)| wanted(name))
            .map(|(name, verb)| Grant { group, name, verb, user })
            .collect::<Vec<_>>()
    }))
}

/// What is asked for and looked at by no rule is a load on a cluster in trouble for nothing.
#[test]
fn every_query_is_for_a_signal() {
    // The counter of restarts is read where facts are made (`evidence/series/restarts.rs`).
    const FACTS: [&str; 1] = ["container-restarts"];
    let catalogue = &crate::fixture::knowledge().catalogue;
    let (looked_at, asked) = (catalogue.queries(), range_queries());
    let is_for_nothing = |id: &&str| !looked_at.contains(id) && !FACTS.contains(id);
    let for_nothing: Vec<&str> = asked.iter().map(|query| query.id.as_str()).filter(is_for_nothing).collect();
    assert!(for_nothing.is_empty(), "{for_nothing:?} are asked and looked at by no rule");
}
