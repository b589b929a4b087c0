//! Which Services a pod is configured to call, by the words of its configuration.

use super::super::pod_object::containers;
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
        let hosts = container.env.iter().filter(|env| names_a_host(&env.name));
        called.extend(hosts.filter_map(|env| names.of_host(env.value.trim(), namespace)).cloned());
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
        let begins_url = before.ends_with("//");
        let is_named = begins_url || before.ends_with('@') || starts_with_port(after);
        let is_host = is_named && !(begins_url && is_a_login(after));
        called.extend(names.of_word(word, namespace, is_host).cloned());
        rest = after;
    }
}

/// Whether what stands behind `//` was the name of a user: `postgres://orders@db/orders` (RFC 3986, section 3.2.1).
fn is_a_login(after: &str) -> bool {
    let authority = after.split(|sign: char| matches!(sign, '/' | '?' | '#') || sign.is_whitespace()).next();
    authority.is_some_and(|rest| rest.contains('@'))
}

/// Whether a port follows: `db:5432`, `nc -z db 5432` (nc(1)), `/dev/tcp/db/5432` (bash(1), REDIRECTION).
fn starts_with_port(after: &str) -> bool {
    if after.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return true;
    }
    let Some(rest) = after.strip_prefix([' ', '/']) else { return false };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at(digits);
    let ends = rest.is_empty() || rest.starts_with([' ', ';', '&', '|', ')', '<', '>', '\'', '"', '\n']);
    (2..=5).contains(&number.len()) && ends
}

/// The last words of variables that hold a host and nothing else, as images and charts document theirs
/// (`DB_HOST`, `REDIS_HOSTNAME`, `PGHOST`, `KAFKA_SERVER`).
const HOST_WORDS: [&str; 7] = ["ADDR", "ADDRESS", "ENDPOINT", "HOST", "HOSTNAME", "SERVER", "SERVICE"];

/// Whether a variable says by its name that its value is a host.
fn names_a_host(variable: &str) -> bool {
    let last = variable.rsplit(['_', '.', '-']).next().unwrap_or_default().to_ascii_uppercase();
    HOST_WORDS.contains(&last.as_str()) || last == "PGHOST"
}

pub(super) fn texts(container: &Container) -> Vec<String> {
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
        assert_eq!(called("postgres://app:secret@cache-main:5432/x", "shop"), 1);
        assert_eq!(called("postgres://cache-main@db.example/x", "shop"), 0, "a user, and no host");
        assert_eq!(called("postgres://cache-main:12@db.example/x", "shop"), 0, "a user, and no host");
    }

    #[test]
    fn a_port_behind_it_makes_a_word_a_host() {
        assert_eq!(called("until nc -z cache-main 6379; do sleep 2; done", "shop"), 1);
        assert_eq!(called("</dev/tcp/cache-main/6379", "shop"), 1);
        assert_eq!(called("echo cache-main 7 times", "shop"), 0);
        assert_eq!(called("cache-main 6379th", "shop"), 0);
    }

    #[test]
    fn a_variable_may_be_called_a_host() {
        assert!(names_a_host("DB_HOST") && names_a_host("PGHOST") && names_a_host("redis.hostname"));
        assert!(!names_a_host("GHOST") && !names_a_host("HOST_NOTE") && !names_a_host("DB_NAME"));
        let pod = |name: &str, value: &str| -> PodSpec {
            let env = serde_json::json!([{"name": name, "value": value}]);
            serde_json::from_value(serde_json::json!({"containers": [{"name": "a", "env": env}]})).expect("a pod")
        };
        let called = |name, value| called_by(&names(), &pod(name, value), "shop").len();
        assert_eq!(called("CACHE_HOST", "cache-main"), 1);
        assert_eq!(called("CACHE_HOST", "cache-main:6379"), 1);
        assert_eq!(called("CACHE_HOST", "cache-main is great"), 0);
        assert_eq!(called("CACHE_NAME", "cache-main"), 0);
    }

    #[test]
    fn a_bare_word_is_no_host() {
        assert_eq!(called("echo cache-main is great", "shop"), 0);
        assert_eq!(called("redis://cache-main:6379/0", "other"), 0);
        assert_eq!(called("$CACHE_MAIN_SERVICE_HOST", "other"), 0);
    }
}
