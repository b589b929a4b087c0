//! The configuration that a kubelet runs with, as it told it itself: what it keeps back, and when it evicts.

use super::findings::{Findings, KubeletConfig, Place};
use crate::objects::or_default;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What /configz answers (kubelet v1.34, pkg/kubelet/server; KubeletConfiguration v1beta1).
#[derive(Deserialize)]
struct Configz {
    kubeletconfig: Configuration,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Configuration {
    #[serde(deserialize_with = "or_default")]
    eviction_hard: Amounts,
    #[serde(deserialize_with = "or_default")]
    system_reserved: Amounts,
    #[serde(deserialize_with = "or_default")]
    kube_reserved: Amounts,
    #[serde(deserialize_with = "or_default")]
    runtime_request_timeout: Option<String>,
    #[serde(deserialize_with = "or_default")]
    eviction_pressure_transition_period: Option<String>,
}

/// Amounts by name; before Kubernetes 1.10 in one text, as `memory.available<100Mi,nodefs.available<10%`
/// (componentconfig/v1alpha1).
#[derive(Deserialize)]
#[serde(untagged)]
enum Amounts {
    Map(BTreeMap<String, String>),
    Text(String),
}

impl Default for Amounts {
    fn default() -> Self {
        Self::Map(BTreeMap::new())
    }
}

impl Amounts {
    fn get(&self, name: &str) -> Option<String> {
        match self {
            Self::Map(amounts) => amounts.get(name).cloned(),
            Self::Text(text) => {
                let mut pairs = text.rsplit(',').filter_map(|pair| pair.split_once(['<', '=']));
                pairs.find(|(key, _)| key.trim() == name).map(|(_, amount)| amount.trim().to_owned())
            }
        }
    }
}

/// Reads the answer of the kubelet of `node`.
pub fn read(node: &str, bytes: &[u8], place: Place, found: &mut Findings) {
    let Configz { kubeletconfig: configuration } = match serde_json::from_slice(bytes) {
        Ok(configz) => configz,
        Err(error) => return found.unreadable(place, error),
    };
    let Configuration { eviction_hard, system_reserved, kube_reserved, .. } = &configuration;
    let fields = [("systemReserved", system_reserved), ("kubeReserved", kube_reserved)];
    let reserved = fields.into_iter().filter_map(|(field, reserved)| Some((field, reserved.get("memory")?)));
    let (fields, reserved_memory): (Vec<&str>, Vec<String>) = reserved.unzip();
    let evicts_below = eviction_hard.get("memory.available");
    let (runtime_timeout, pressure_lasts) =
        (configuration.runtime_request_timeout, configuration.eviction_pressure_transition_period);
    let mut text = format!(
        "evictionHard memory.available {}, memory in {}: {}",
        evicts_below.as_deref().unwrap_or("none"),
        if fields.is_empty() { "systemReserved and kubeReserved".to_owned() } else { fields.join(" and ") },
        if reserved_memory.is_empty() { "none".to_owned() } else { reserved_memory.join(" and ") },
    );
    let times = [("runtimeRequestTimeout", &runtime_timeout), ("evictionPressureTransitionPeriod", &pressure_lasts)];
    for (name, time) in times.into_iter().filter_map(|(name, time)| Some((name, time.as_ref()?))) {
        text.push_str(&format!(", {name} {time}"));
    }
    let citation = found.cite(place, &text);
    let config = KubeletConfig { evicts_below, reserved_memory, runtime_timeout, pressure_lasts, citation };
    found.kubelets.insert(node.to_owned(), config);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kubelet_keeps_back_is_read() {
        // As a kubelet v1.34 answers, recorded in fixtures/node-freeze.
        let of = |reserved: &str| {
            let mut found = Findings::default();
            let line = format!(
                r#"{{"kubeletconfig":{{"evictionHard":{{"memory.available":"100Mi","nodefs.available":"1%"}},"systemReserved":{reserved},"kubeReserved":null}}}}"#
            );
            read("node-1", line.as_bytes(), Place::of_line(1, chrono::DateTime::UNIX_EPOCH), &mut found);
            let read = found.kubelets.remove("node-1").expect("a configuration");
            (read.evicts_below, read.reserved_memory)
        };
        assert_eq!(of(r#""cpu=100m,memory=1Gi""#), (Some("100Mi".to_owned()), vec!["1Gi".to_owned()]));
        assert_eq!(of(r#"{"memory":"1Gi"}"#), (Some("100Mi".to_owned()), vec!["1Gi".to_owned()]));
        assert_eq!(of(r#"{"cpu":"1"}"#), (Some("100Mi".to_owned()), Vec::new()));
        let mut found = Findings::default();
        read("node-1", b"404 page not found", Place::of_line(1, chrono::DateTime::UNIX_EPOCH), &mut found);
        assert_eq!((found.unreadable.len(), found.kubelets.len()), (1, 0));
    }

    #[test]
    fn amounts_of_before_1_10_are_one_text() {
        // Of a kubelet v1.8.
        let line =
            r#"{"kubeletconfig":{"evictionHard":"memory.available<100Mi,nodefs.available<10%","systemReserved":null}}"#;
        let mut found = Findings::default();
        read("node-1", line.as_bytes(), Place::of_line(1, chrono::DateTime::UNIX_EPOCH), &mut found);
        assert_eq!(found.kubelets.remove("node-1").and_then(|read| read.evicts_below).as_deref(), Some("100Mi"));
    }
}
