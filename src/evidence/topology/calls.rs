//! Which Services a pod is configured to call, by the words of its configuration.

use super::super::known_pods::containers;
use super::service_names::ServiceNames;
use crate::model::Subject;
use crate::objects::{Container, PodSpec};
use std::collections::BTreeSet;

pub(super) fn called_by(names: &ServiceNames, spec: &PodSpec, namespace: &str) -> BTreeSet<Subject> {
    let mut called = BTreeSet::new();
    for container in containers(spec) {
        for text in texts(container) {
            in_text(names, &text, namespace, &mut called);
        }
    }
    called
}

fn in_text(names: &ServiceNames, text: &str, namespace: &str, called: &mut BTreeSet<Subject>) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        // A bare word is a host name only where a URL or a port says so.
        let is_host = before.ends_with("//") || before.ends_with('@') || starts_with_port(after);
        called.extend(names.of_word(word, namespace, is_host).cloned());
        rest = after;
    }
}

fn starts_with_port(after: &str) -> bool {
    after.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn texts(container: &Container) -> Vec<String> {
    let mut texts: Vec<String> = container.command.iter().chain(&container.args).cloned().collect();
    texts.extend(container.env.iter().map(|env| env.value.clone()));
    for probe in [&container.liveness_probe, &container.readiness_probe].into_iter().flatten() {
        collect_strings(probe, &mut texts);
    }
    texts
}

fn collect_strings(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => texts.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_strings(item, texts)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| collect_strings(field, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::findings::Service;
    use super::*;
    use std::collections::BTreeMap;

    fn names() -> ServiceNames {
        let service = Service { addresses: vec!["10.96.0.182".into()], ..Service::default() };
        ServiceNames::new(&BTreeMap::from([(Subject::namespaced("Service", "shop", "cache-main"), service)]))
    }

    fn called(text: &str, namespace: &str) -> usize {
        let mut called = BTreeSet::new();
        in_text(&names(), text, namespace, &mut called);
        called.len()
    }

    #[test]
    fn configuration_names_services_in_several_ways() {
        assert_eq!(called("nc -w 1 $CACHE_MAIN_SERVICE_HOST 6379", "shop"), 1);
        assert_eq!(called("redis://cache-main:6379/0", "shop"), 1);
        assert_eq!(called("http://cache-main.shop.svc.cluster.local/x", "other"), 1);
        assert_eq!(called("10.96.0.182", "other"), 1);
    }

    #[test]
    fn a_bare_word_is_no_host() {
        assert_eq!(called("echo cache-main is great", "shop"), 0);
        assert_eq!(called("redis://cache-main:6379/0", "other"), 0);
        assert_eq!(called("$CACHE_MAIN_SERVICE_HOST", "other"), 0);
    }
}
