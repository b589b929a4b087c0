//! What of the catalogue makes no sense: names and labels that nothing gives. A rule with such a mistake would never be
//! found, or would speak of nothing, so it is refused when it is loaded.

use super::template::placeholders;
use super::{Catalogue, Rule, SubjectFrom};
use std::collections::BTreeSet;

/// Placeholders that every signal can fill.
const ALWAYS: [&str; 4] = ["subject", "name", "namespace", "node"];

/// The first mistake, if there is one: the rule, and what is wrong with which part of it.
pub(super) fn check(catalogue: &Catalogue) -> Result<(), (&Rule, String)> {
    for rule in &catalogue.rules {
        let found = [labels(catalogue, rule), roles(catalogue, rule), phases(catalogue, rule)];
        found.into_iter().collect::<Result<(), String>>().map_err(|why| (rule, why))?;
    }
    Ok(())
}

/// Everything that speaks of a label speaks of one that the rule's occurrences may carry.
fn labels(catalogue: &Catalogue, rule: &Rule) -> Result<(), String> {
    let given = catalogue.labels_of(&rule.name);
    let texts = std::iter::once(("title", &rule.title));
    let texts = texts.chain(rule.questions.iter().map(|text| ("questions", text)));
    for (part, text) in texts.chain(rule.actions.iter().map(|text| ("actions", text))) {
        for name in placeholders(text).map_err(|why| format!("{part}: {why}"))? {
            if !ALWAYS.contains(&name.as_str()) && !given.contains(&name) {
                return Err(format!("{part}: {{{name}}} is none of {}", listed(&given, &ALWAYS)));
            }
        }
    }
    if let SubjectFrom::Template(template) = &rule.subject {
        for name in placeholders(template).map_err(|why| format!("subject: {why}"))? {
            if !given.contains(&name) {
                return Err(format!("subject: {{{name}}} is no label of it; it has {}", listed(&given, &[])));
            }
        }
    }
    match rule.key.iter().find(|label| !given.contains(*label)) {
        Some(label) => Err(format!("key: {label} is no label of it; it has {}", listed(&given, &[]))),
        None => Ok(()),
    }
}

/// A role that reads a label, or a variant, is of no use without.
fn roles(catalogue: &Catalogue, rule: &Rule) -> Result<(), String> {
    let given = catalogue.labels_of(&rule.name);
    for role in rule.roles.iter() {
        if let Some(label) = role.label().filter(|label| !given.contains(*label)) {
            return Err(format!("roles: {role} reads the label {label}; it has {}", listed(&given, &[])));
        }
        let variant = rule.variant.as_deref().unwrap_or_default();
        if role.variants().is_some_and(|variants| !variants.contains(&variant)) {
            let known = role.variants().unwrap_or_default().join(", ");
            return Err(format!("variant: {role} takes one of {known}, not {variant:?}"));
        }
    }
    Ok(())
}

/// Rules for a start and an end are there, and have no occurrences of their own; a rule without a `look` gets some.
fn phases(catalogue: &Catalogue, rule: &Rule) -> Result<(), String> {
    let phases = [("while_starting", &rule.while_starting), ("while_ending", &rule.while_ending)];
    for (part, name) in phases.iter().filter_map(|(part, name)| Some((part, name.as_ref()?))) {
        match catalogue.rule(name) {
            None => return Err(format!("{part}: no rule is called {name}")),
            Some(other) if !other.looks.is_empty() || other.derive.is_some() => {
                return Err(format!("{part}: {name} has occurrences of its own"));
            }
            Some(_) => {}
        }
    }
    let named = rule.derive.iter().flat_map(|derive| derive.names());
    if let Some(name) = named.into_iter().find(|name| catalogue.rule(name).is_none()) {
        return Err(format!("derive: no rule is called {name}"));
    }
    if rule.while_starting.is_some() != rule.while_ending.is_some() {
        return Err("while_starting, while_ending: one is of no use without the other".to_owned());
    }
    let gets = || catalogue.rules.iter().any(|other| other.takes_over_to(&rule.name));
    match rule.looks.is_empty() && rule.derive.is_none() && !gets() {
        true => Err("look: without one, and without derive, nothing can find it".to_owned()),
        false => Ok(()),
    }
}

fn listed(given: &BTreeSet<String>, more: &[&str]) -> String {
    let all: Vec<&str> = given.iter().map(String::as_str).chain(more.iter().copied()).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "signals:
  - name: DiskFull
    title: \"{subject} has no room left on {device}\"
    severity: error
    roles: [shortage]
    look:
      - event: {any: [NoRoom], text: 'device (?P<device>\\S+) is full'}
        set: {shortage: disk}
    key: [device]
    explanation: It is full.
    source: a test
    examples: {matches: [], near_misses: []}
";

    /// What is said of the rule with `old` replaced.
    fn said(old: &str, new: &str) -> String {
        assert!(RULE.contains(old), "{old}");
        let mut catalogue = Catalogue::built_in().expect("the built-in catalogue");
        let text = RULE.replace(old, new);
        catalogue.add(&[("storage", text.as_str())]).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_mistake_is_told_with_its_family_rule_and_part() {
        assert_eq!(said("DiskFull", "DiskFull"), "");
        for (old, new, part, why) in [
            ("[shortage]", "[shortage, shortige]", "roles", "shortige is no role; there are change, "),
            (
                "shortage: disk",
                "resource: disk",
                "roles",
                "shortage reads the label shortage; it has because, cause, cause_what, cause_whom, container, device",
            ),
            (
                "{device}",
                "{devise}",
                "title",
                "{devise} is none of because, cause, cause_what, cause_whom, container, device, shortage, subject, name",
            ),
            ("{device}", "{device", "title", "a { without its }"),
            (
                "key: [device]",
                "key: [devise]",
                "key",
                "devise is no label of it; it has because, cause, cause_what, cause_whom, container, device",
            ),
            ("key:", "subject: Disk/{devise}\n    key:", "subject", "{devise} is no label of it"),
            ("key:", "subject: disk\n    key:", "subject", "disk is neither about, node, pod, named nor a template"),
            ("key:", "subject: Disk/a/b/c\n    key:", "subject", "Disk/a/b/c has more parts than Kind/namespace/name"),
            ("key:", "questions: ['Why {devise}?']\n    key:", "questions", "{devise} is none of"),
            ("key:", "actions: ['{devise} is emptied']\n    key:", "actions", "{devise} is none of"),
            ("key:", "while_starting: Absent\n    key:", "while_starting", "no rule is called Absent"),
            ("key:", "while_ending: OOMKill\n    key:", "while_ending", "OOMKill has occurrences of its own"),
            ("key:", "while_ending: Unhealthy(ending)\n    key:", "while_starting, while_ending", "one is of no use"),
            (
                "key:",
                "derive: {no-pods: {}}\n    key:",
                "derive",
                "unknown variant `no-pods`, expected one of `no-ready-endpoints`, `silence`",
            ),
            (
                "key:",
                "derive: {no-ready-endpoints: {out: away, for-good: gone}}\n    key:",
                "derive",
                "unknown variant `away`",
            ),
            ("key:", "merge: soon\n    key:", "merge", "expected number"),
            ("[shortage]", "[shortage, alert]", "variant", "alert takes one of pending, firing, not \"\""),
            ("event: {any: [NoRoom], text: ", "running: {text: ", "look", "a running has no text"),
            ("(?P<device>", "(?P<device", "look", "regex parse error"),
        ] {
            let said = said(old, new);
            let expected = format!("signal catalogue storage: rule DiskFull: {part}: {why}");
            assert!(said.starts_with(&expected), "{said}, where expected was {expected}");
        }
        let rule = RULE.strip_prefix("signals:\n").expect("the file's only list");
        let mut catalogue = Catalogue::built_in().expect("the built-in catalogue");
        let twice =
            catalogue.add(&[("storage", format!("{RULE}{rule}").as_str())]).expect_err("one name for two rules");
        assert_eq!(twice.to_string(), "signal catalogue storage: two rules are called DiskFull");
        let variant = said("DiskFull", "DiskFull(root)\n    variant: data");
        assert!(variant.contains("rule DiskFull(root): variant: data, where the name says root"), "{variant}");
        assert!(said("roles:", "rolls:").contains("unknown field `rolls`"));
    }

    #[test]
    fn a_rule_that_nothing_finds_is_refused() {
        let without = ["    look:", "      - event:", "        set:", "    key:", "    roles:"];
        let kept = RULE.lines().filter(|line| !without.iter().any(|part| line.starts_with(part)));
        let text = kept.collect::<Vec<_>>().join("\n").replace(" on {device}", "");
        let mut catalogue = Catalogue::built_in().expect("the built-in catalogue");
        let error = catalogue.add(&[("storage", text.as_str())]).expect_err("nothing finds it");
        assert!(error.to_string().ends_with("look: without one, and without derive, nothing can find it"), "{error}");
    }

    #[test]
    fn labels_come_from_patterns_sets_fields_and_kinds() {
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        let of = |name: &str| catalogue.labels_of(name).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(of("NoReadyEndpoints"), "never_ready pods");
        assert_eq!(
            of("Unhealthy(starting)"),
            "address because cause cause_what cause_whom container pod_uid probe since through"
        );
        assert_eq!(of("ScalingReplicaSet"), "because cause cause_what cause_whom container replicas replicaset");
        assert_eq!(of("no such signal"), "");
    }
}
