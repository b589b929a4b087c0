//! Field groups that pods and nodes share: labels, annotations, taints, tolerations and label selectors.
//!
//! Everything is printed as recorded. Secrets that hide in an annotation are printed too: redaction happens before the
//! objects reach this module.

use std::collections::BTreeMap;
use std::fmt::Display;

use k8s_openapi::api::core::v1::{SeccompProfile, Taint, Toleration};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use super::text::Text;

/// Longest annotation kept on one line, in bytes (kubectl pkg/describe/describe.go, `maxAnnotationLen`).
pub(super) const LONGEST_LINE: usize = 140;

/// The one annotation kubectl never shows (k8s.io/api/core/v1, `LastAppliedConfigAnnotation`).
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A string map of the API, such as labels.
pub(super) type Strings = BTreeMap<String, String>;

/// The text of an optional field, empty if absent.
pub(super) fn text_of(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

/// Writes a field only if it says something.
pub(super) fn set_field(text: &mut Text, level: usize, name: impl Display, value: &Option<String>) {
    match text_of(value) {
        "" => {}
        value => text.field(level, name, value),
    }
}

/// Writes a seccomp profile; containers indent the name of a local profile one level deeper than its type.
pub(super) fn seccomp(text: &mut Text, profile: &SeccompProfile, level: usize, local_level: usize) {
    text.field(level, "SeccompProfile", &profile.type_);
    if profile.type_ == "Localhost" {
        let local = text_of(&profile.localhost_profile);
        text.field(local_level, "LocalhostProfile", local);
    }
}

/// Writes a title and one item per line, or `<none>`.
pub(super) fn listing(text: &mut Text, title: &str, items: impl IntoIterator<Item = impl Display>) {
    text.put(0, format_args!("{title}:\t"));
    let mut first = true;
    for item in items {
        if !first {
            // Two writes, because each of them is indented when the text is shifted.
            text.put(0, "");
            text.put(0, "\t");
        }
        text.line(0, item);
        first = false;
    }
    if first {
        text.line(0, "<none>");
    }
}

/// Writes a map as `key=value` lines (kubectl pkg/describe/describe.go, `printLabelsMultiline`).
pub(super) fn labels(text: &mut Text, title: &str, labels: Option<&Strings>) {
    let items = labels.into_iter().flatten();
    listing(text, title, items.map(|(key, value)| format!("{key}={value}")));
}

/// Writes annotations; long or multi-line values go below their key, shortened line by line
/// (kubectl pkg/describe/describe.go, `printAnnotationsMultiline`).
pub(super) fn annotations(text: &mut Text, annotations: Option<&Strings>) {
    text.put(0, "Annotations:\t");
    let shown = annotations.into_iter().flatten().filter(|(key, _)| *key != LAST_APPLIED);
    let mut first = true;
    for (key, value) in shown {
        if !first {
            text.put(0, "\t");
        }
        first = false;
        let value = value.strip_suffix('\n').unwrap_or(value);
        if value.len() + key.len() + 2 > LONGEST_LINE || value.contains('\n') {
            text.heading(0, key);
            for line in value.split('\n') {
                text.line(0, format_args!("\t  {}", shortened(line, LONGEST_LINE - 2)));
            }
        } else {
            text.line(0, format_args!("{key}: {value}"));
        }
    }
    if first {
        text.line(0, "<none>");
    }
}

/// The first `longest` bytes and an ellipsis; a character cut in half becomes the replacement character.
pub(super) fn shortened(line: &str, longest: usize) -> String {
    match line.as_bytes().get(..longest) {
        Some(kept) if kept.len() < line.len() => {
            format!("{}...", String::from_utf8_lossy(kept))
        }
        _ => line.to_owned(),
    }
}

/// Writes taints by effect and key (kubectl pkg/describe/describe.go, `printTaintsMultilineWithIndent`).
pub(super) fn taints(text: &mut Text, taints: Option<&Vec<Taint>>) {
    let mut sorted: Vec<&Taint> = taints.into_iter().flatten().collect();
    sorted.sort_by_cached_key(|taint| format!("{},{}", taint.effect, taint.key));
    listing(text, "Taints", sorted.into_iter().map(taint));
}

/// Writes tolerations by key (kubectl pkg/describe/describe.go, `printTolerationsMultilineWithIndent`).
pub(super) fn tolerations(text: &mut Text, tolerations: Option<&Vec<Toleration>>) {
    let mut sorted: Vec<&Toleration> = tolerations.into_iter().flatten().collect();
    sorted.sort_by(|left, right| text_of(&left.key).cmp(text_of(&right.key)));
    listing(text, "Tolerations", sorted.into_iter().map(toleration));
}

/// A selector in the notation of `kubectl -l` (apimachinery pkg/apis/meta/v1/helpers.go, `FormatLabelSelector`).
pub(super) fn selector(selector: &LabelSelector) -> String {
    let equalities = selector.match_labels.iter().flatten();
    let expressions = selector.match_expressions.iter().flatten();
    let parts: Option<Vec<(&str, String)>> = equalities
        .map(|(key, value)| Some((key.as_str(), format!("{key}={value}"))))
        .chain(expressions.map(|expression| Some((expression.key.as_str(), requirement(expression)?))))
        .collect();
    let Some(mut parts) = parts else {
        return "<error>".to_owned();
    };
    if parts.is_empty() {
        return "<none>".to_owned();
    }
    parts.sort_by(|left, right| left.0.cmp(right.0));
    let parts: Vec<String> = parts.into_iter().map(|(_, part)| part).collect();
    parts.join(",")
}

/// One requirement, or `None` where the API would have refused it.
fn requirement(requirement: &LabelSelectorRequirement) -> Option<String> {
    let key = &requirement.key;
    let mut values: Vec<&str> = requirement.values.iter().flatten().map(String::as_str).collect();
    values.sort_unstable();
    match (requirement.operator.as_str(), values.is_empty()) {
        ("In", false) => Some(format!("{key} in ({})", values.join(","))),
        ("NotIn", false) => Some(format!("{key} notin ({})", values.join(","))),
        ("Exists", true) => Some(key.clone()),
        ("DoesNotExist", true) => Some(format!("!{key}")),
        _ => None,
    }
}

/// A taint as `key=value:effect` (k8s.io/api/core/v1/taint.go, `ToString`).
fn taint(taint: &Taint) -> String {
    let (key, value, effect) = (&taint.key, text_of(&taint.value), &taint.effect);
    match (value.is_empty(), effect.is_empty()) {
        (true, true) => key.clone(),
        (true, false) => format!("{key}:{effect}"),
        (false, _) => format!("{key}={value}:{effect}"),
    }
}

/// A toleration as `key=value:effect op=Exists for 300s`, each part only if it says something.
fn toleration(toleration: &Toleration) -> String {
    let (key, value) = (text_of(&toleration.key), text_of(&toleration.value));
    let effect = text_of(&toleration.effect);
    let mut shown = key.to_owned();
    if !value.is_empty() {
        shown.push_str(&format!("={value}"));
    }
    if !effect.is_empty() {
        shown.push_str(&format!(":{effect}"));
    }
    if text_of(&toleration.operator) == "Exists" && value.is_empty() {
        let everything = key.is_empty() && effect.is_empty();
        shown.push_str(if everything { "op=Exists" } else { " op=Exists" });
    }
    if let Some(seconds) = toleration.toleration_seconds {
        shown.push_str(&format!(" for {seconds}s"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_annotations_move_below_their_key() {
        let map = Strings::from([
            ("a".to_owned(), "x\n".to_owned()),
            ("b".to_owned(), "one\ntwo".to_owned()),
            ("c".to_owned(), "y".repeat(200)),
            (LAST_APPLIED.to_owned(), "{}".to_owned()),
        ]);
        let mut text = Text::new();
        annotations(&mut text, Some(&map));
        let expected = format!(
            "Annotations:  a: x\n{0}b:\n{0}  one\n{0}  two\n{0}c:\n{0}  {1}...\n",
            " ".repeat(14),
            "y".repeat(138)
        );
        assert_eq!(text.finish(), expected);
    }

    #[test]
    fn tolerations_say_only_what_is_set() {
        let tolerant = |value| -> String { toleration(&serde_json::from_value(value).unwrap_or_default()) };
        assert_eq!(tolerant(json!({"operator": "Exists"})), "op=Exists");
        assert_eq!(tolerant(json!({"operator": "Exists", "effect": "NoExecute"})), ":NoExecute op=Exists");
        assert_eq!(
            tolerant(json!({"key": "k", "value": "v", "effect": "NoSchedule", "tolerationSeconds": 5})),
            "k=v:NoSchedule for 5s"
        );
    }

    #[test]
    fn selectors_are_sorted_by_key() {
        let value = json!({"matchLabels": {"b": "1"}, "matchExpressions": [
            {"key": "c", "operator": "NotIn", "values": ["y", "x"]},
            {"key": "a", "operator": "Exists"}, {"key": "d", "operator": "DoesNotExist"}]});
        let parsed: LabelSelector = serde_json::from_value(value).unwrap_or_default();
        assert_eq!(selector(&parsed), "a,b=1,c notin (x,y),!d");
        assert_eq!(selector(&LabelSelector::default()), "<none>");
        let wrong = json!({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]});
        let wrong: LabelSelector = serde_json::from_value(wrong).unwrap_or_default();
        assert_eq!(selector(&wrong), "<error>");
    }
}
