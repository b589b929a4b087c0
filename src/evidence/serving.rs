//! Which Service answers for an API, or for a webhook that admits objects, and what happens without its answer.

use super::findings::{Findings, Place, Webhook};
use crate::model::Subject;
use crate::objects::{Meta, or_default};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct ServiceReference {
    #[serde(deserialize_with = "or_default")]
    namespace: String,
    #[serde(deserialize_with = "or_default")]
    name: String,
}

impl ServiceReference {
    fn subject(&self) -> Option<Subject> {
        let is_whole = !self.namespace.is_empty() && !self.name.is_empty();
        is_whole.then(|| Subject::namespaced("Service", &self.namespace, &self.name))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ApiService {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: ApiServiceSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ApiServiceSpec {
    /// None for what the API server answers itself.
    service: Option<ServiceReference>,
}

/// Reads one APIService. Whoever reads its status says where it cannot be read.
pub fn read_api_service(_: Place, line: &[u8], found: &mut Findings) {
    let Ok(object) = serde_json::from_slice::<ApiService>(line) else { return };
    if let Some(service) = object.spec.service.and_then(|service| service.subject()) {
        found.served.insert(Subject::cluster("APIService", object.metadata.name), service);
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Configuration {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    webhooks: Vec<WebhookObject>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WebhookObject {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    failure_policy: String,
    timeout_seconds: Option<i64>,
    #[serde(deserialize_with = "or_default")]
    client_config: ClientConfig,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ClientConfig {
    /// None where it is asked by a URL.
    service: Option<ServiceReference>,
}

/// Reads one configuration of webhooks, which is of `kind`: validating or mutating.
pub fn read_webhooks(kind: &str, place: Place, line: &[u8], found: &mut Findings) {
    let Ok(object) = serde_json::from_slice::<Configuration>(line) else { return };
    let configuration = Subject::cluster(kind, object.metadata.name);
    for webhook in object.webhooks {
        let WebhookObject { name, failure_policy, timeout_seconds, client_config } = webhook;
        // admissionregistration.k8s.io/v1 sets these where the object does not; v1beta1 set Ignore and 30.
        let policy = if failure_policy.is_empty() { "Fail".to_owned() } else { failure_policy };
        let timeout_s = timeout_seconds.unwrap_or(10);
        let service = client_config.service.and_then(|service| service.subject());
        let asked = service.as_ref().map(|service| format!(" {service}")).unwrap_or_default();
        let text = format!("{configuration} webhook {name} failurePolicy {policy} timeoutSeconds {timeout_s}{asked}");
        let citation = found.cite(place, &text);
        // Configurations of both kinds may have one of a name: the stricter one is what can stand in the way.
        if found.webhooks.get(&name).is_some_and(|known| known.policy == "Fail") {
            continue;
        }
        let webhook = Webhook { configuration: configuration.clone(), policy, timeout_s, service, citation };
        found.webhooks.insert(name, webhook);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_says_who_answers_and_what_happens_without() {
        // Form of admissionregistration.k8s.io/v1 and apiregistration.k8s.io/v1 (Kubernetes API reference, v1.34).
        let line = br#"{"metadata":{"name":"guard"},"webhooks":[{"name":"pods.guard.example","failurePolicy":"Fail","timeoutSeconds":5,
            "clientConfig":{"service":{"namespace":"guard","name":"policy","port":443},"caBundle":"AA=="}},
            {"name":"far.guard.example","failurePolicy":"Ignore","clientConfig":{"url":"https://guard.example/x"}},{"name":null}]}"#;
        let mut found = Findings::default();
        let place = Place::of_line(1, chrono::DateTime::UNIX_EPOCH);
        read_webhooks("ValidatingWebhookConfiguration", place, line, &mut found);
        let of = |name: &str| found.webhooks.get(name).expect("a webhook");
        assert_eq!(of("pods.guard.example").service, Some(Subject::namespaced("Service", "guard", "policy")));
        assert_eq!((of("pods.guard.example").policy.as_str(), of("pods.guard.example").timeout_s), ("Fail", 5));
        assert_eq!((of("far.guard.example").policy.as_str(), &of("far.guard.example").service), ("Ignore", &None));
        let line = br#"{"metadata":{"name":"v1beta1.metrics.k8s.io"},"spec":{"service":{"namespace":"kube-system","name":"metrics-server"}}}"#;
        read_api_service(place, line, &mut found);
        read_api_service(place, br#"{"metadata":{"name":"v1.apps"},"spec":{"group":"apps"}}"#, &mut found);
        let expected = (
            Subject::cluster("APIService", "v1beta1.metrics.k8s.io"),
            Subject::namespaced("Service", "kube-system", "metrics-server"),
        );
        assert_eq!(found.served.into_iter().collect::<Vec<_>>(), [expected]);
    }
}
