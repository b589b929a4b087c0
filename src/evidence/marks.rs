//! What programs wrote on a pod with a domain of their own, as operators and policies do with what they made or changed:
//! `strimzi.io/cluster: orders`, `policies.kyverno.io/last-applied-patches: "rule.use-mirror.kyverno.io: replaced …"`
//! (documentation, Labels and Selectors, Syntax and character set: the prefix of a key is the domain of who writes it).

use crate::objects::{Meta, kinds};

/// As many words are kept of one pod.
const MOST: usize = 48;

/// Longer values are documents: the last applied configuration, patches of whole objects.
const LONGEST: usize = 1024;

/// Shorter words are no names that would tell anything.
const LEAST: usize = 3;

/// The words of the labels and annotations whose domain is not one of Kubernetes itself, in order, each once.
pub fn of(meta: &Meta) -> Vec<String> {
    let is_own = |key: &str| key.split_once('/').is_some_and(|(domain, _)| !is_of_kubernetes(domain));
    let written = meta.labels.iter().chain(&meta.annotations);
    let values = written.filter(|(key, value)| is_own(key) && value.len() <= LONGEST).map(|(_, value)| value);
    let mut found: Vec<String> = values.flat_map(|value| words(value)).map(str::to_owned).collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(MOST);
    found.shrink_to_fit();
    found
}

/// Whether objects of a kind are somebody's own, and none of Kubernetes itself.
pub fn is_own_kind(kind: &str) -> bool {
    kinds::built_in(kind).is_none()
}

fn is_of_kubernetes(domain: &str) -> bool {
    ["kubernetes.io", "k8s.io"]
        .iter()
        .any(|own| domain.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Names of objects have no other signs than these (documentation, Object Names and IDs); a dot parts a rule and its
/// policy.
fn words(value: &str) -> impl Iterator<Item = &str> {
    let is_of_name = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
    value.split(move |sign| !is_of_name(sign)).filter(|word| word.len() >= LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_kept_by_its_words() {
        let meta = r#"{
            "name": "a-1",
            "labels": {"app": "web", "app.kubernetes.io/part-of": "shop", "strimzi.io/cluster": "orders"},
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{\"kind\":\"Pod\"}",
                "policies.kyverno.io/last-applied-patches": "redirect.use-mirror.kyverno.io: replaced /spec"
            }
        }"#;
        let meta: Meta = serde_json::from_str(meta).expect("metadata");
        assert_eq!(of(&meta), ["kyverno", "orders", "redirect", "replaced", "spec", "use-mirror"]);
    }

    #[test]
    fn documents_and_crowds_are_left_out() {
        let meta = |value: String| -> Meta {
            serde_json::from_value(serde_json::json!({"name": "a", "annotations": {"own.example/patch": value}}))
                .expect("metadata")
        };
        assert_eq!(of(&meta("word ".repeat(LONGEST))), Vec::<String>::new());
        let many: String = (0..200).map(|number| format!("n{number:02} ")).collect();
        assert_eq!(of(&meta(many)).len(), MOST);
    }
}
