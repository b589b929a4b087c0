//! ResourceQuotas of which a resource is used up.

use super::Record;
use super::conditions::Owner;
use super::findings::{Findings, Place};
use crate::model::Subject;
use crate::objects::{Meta, or_default};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Quota {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    #[serde(deserialize_with = "or_default")]
    hard: BTreeMap<String, Value>,
    #[serde(deserialize_with = "or_default")]
    used: BTreeMap<String, Value>,
}

/// Reads one quota: one fact for each resource that is used up. Whoever reads its status says where it cannot be read.
pub fn read(place: Place, line: &[u8], found: &mut Findings) {
    let Ok(Quota { metadata: meta, status }) = serde_json::from_slice(line) else { return };
    let subject = Subject::of_object("ResourceQuota", &meta.namespace, &meta.name);
    let owner = Owner { place, subject: &subject, node: None, created: meta.creation_timestamp };
    for (resource, hard) in &status.hard {
        let Some(used) = status.used.get(resource).map(said) else { continue };
        let hard = said(hard);
        // A quota of nothing forbids something: it is never used up.
        let is_used_up = quantity(&hard).zip(quantity(&used)).is_some_and(|(hard, used)| hard > 0.0 && used >= hard);
        if is_used_up {
            let message = format!("{resource} {used} of {hard}");
            let record = Record::State { state: "quota-used-up", message: &message };
            owner.add(place.since(owner.created), record, &format!("{subject} used {message}"), found);
        }
    }
}

fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A quantity as a number (apimachinery, pkg/api/resource/quantity.go).
pub fn quantity(text: &str) -> Option<f64> {
    const SUFFIXES: [(&str, f64); 15] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let suffix = SUFFIXES.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)));
    let (number, factor) = suffix.unwrap_or((text, 1.0));
    let amount = number.parse::<f64>().ok()? * factor;
    amount.is_finite().then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_quantity_is_a_number_or_none(text in r"[0-9.eE+-]{0,30}(Ki|Mi|E|P|m|n|inf|nan)?|\PC{0,12}") {
            prop_assert!(quantity(&text).is_none_or(f64::is_finite));
        }

        #[test]
        fn any_status_is_read(hard in r"\PC{0,20}", used in r"\PC{0,20}") {
            let line = serde_json::json!({"metadata": {"name": "q"}, "status": {"hard": {"a": hard}, "used": {"a": used}}});
            read(Place::of_line(1, chrono::DateTime::UNIX_EPOCH), line.to_string().as_bytes(), &mut Findings::default());
        }
    }

    #[test]
    fn only_what_is_used_up_is_told() {
        // Form of core/v1 ResourceQuota (Kubernetes API reference, v1.34; the usage is written by pkg/quota/v1).
        let line = br#"{"metadata":{"name":"compute","namespace":"shop"},"status":{"hard":{"pods":"10","limits.memory":"4Gi","requests.cpu":"2","services.nodeports":"0","odd":{"a":1}},
            "used":{"pods":"10","limits.memory":"4096Mi","requests.cpu":"1500m","services.nodeports":"0","odd":"x"}}}"#;
        let mut found = Findings::default();
        read(Place::of_line(1, chrono::DateTime::UNIX_EPOCH), line, &mut found);
        let told: Vec<&str> = found
            .facts
            .iter()
            .filter_map(|fact| match fact.record {
                Record::State { message, .. } => Some(message),
                _ => None,
            })
            .collect();
        assert_eq!(told, ["limits.memory 4096Mi of 4Gi", "pods 10 of 10"]);
        assert_eq!(
            (quantity("1500m"), quantity("2"), quantity("1e3"), quantity("inf"), quantity("")),
            (Some(1.5), Some(2.0), Some(1000.0), None, None)
        );
    }
}
