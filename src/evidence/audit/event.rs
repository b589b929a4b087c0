//! One event of an audit log, taken out of whatever a provider put around it.
//!
//! Fields: k8s.io/apiserver, pkg/apis/audit/v1/types.go. Cloud Logging tells a request by an entry of its own, whose
//! method is `io.k8s.GROUP.VERSION.RESOURCE.VERB` and whose status is a code of gRPC (google/cloud/audit/audit_log.proto,
//! google/rpc/code.proto). Log Analytics has the fields as columns (Azure Monitor reference, AKSAudit), and prints those
//! that are objects as texts.

use crate::objects::{Time, lenient_time, or_default};
use chrono::{DateTime, Utc};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How far a request had come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Stage {
    RequestReceived,
    ResponseStarted,
    Panic,
    #[default]
    #[serde(other)]
    ResponseComplete,
}

/// What an API server wrote down of a request. Users, addresses and bodies are as they stand there: nothing of them may
/// get out but through [`actor`](super::actor) and [`fields`](super::fields).
#[derive(Debug, Default)]
pub struct Event {
    /// The same for all stages of a request.
    pub id: u128,
    pub stage: Stage,
    pub verb: String,
    pub user: String,
    /// Whom the user acted as.
    pub impersonated: String,
    pub agent: String,
    pub object: ObjectRef,
    /// Of HTTP; 0 where it is not told.
    pub code: u16,
    pub message: String,
    pub request: Option<Box<RawValue>>,
    pub response: Option<Box<RawValue>>,
    pub received: DateTime<Utc>,
    pub at: DateTime<Utc>,
    /// Only the time of the end is told.
    pub has_one_time: bool,
    /// It was tried and not done (`dryRun=All`).
    pub is_dry: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectRef {
    #[serde(deserialize_with = "or_default")]
    pub resource: String,
    #[serde(deserialize_with = "or_default")]
    pub namespace: String,
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub api_group: String,
    #[serde(deserialize_with = "or_default")]
    pub subresource: String,
}

impl ObjectRef {
    /// As layouts and kinds name it: `deployments.apps`.
    pub fn plural(&self) -> String {
        if self.api_group.is_empty() { self.resource.clone() } else { format!("{}.{}", self.resource, self.api_group) }
    }
}

/// Reads the event of a line or an item. None where it is of something else, as a provider's file may hold.
pub fn read(json: &[u8]) -> Result<Option<Event>, serde_json::Error> {
    let line: Line = serde_json::from_slice(json)?;
    let inner = [line.message.as_deref(), line.log_s.as_deref(), line.properties.log.as_deref()];
    if let Some(text) = inner.into_iter().flatten().find(|text| text.trim_start().starts_with('{')) {
        return serde_json::from_str::<Line>(text).map(Line::event);
    }
    Ok(line.event())
}

/// An event, or what is around one.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    #[serde(alias = "AuditId", rename = "auditID", deserialize_with = "or_default")]
    audit_id: String,
    #[serde(alias = "Stage")]
    stage: Option<Stage>,
    #[serde(alias = "RequestUri", rename = "requestURI", deserialize_with = "or_default")]
    uri: String,
    #[serde(alias = "Verb", deserialize_with = "or_default")]
    verb: String,
    #[serde(alias = "User", deserialize_with = "nested")]
    user: User,
    #[serde(deserialize_with = "nested")]
    impersonated_user: User,
    #[serde(alias = "UserAgent", deserialize_with = "or_default")]
    user_agent: String,
    #[serde(alias = "ObjectRef", deserialize_with = "nested")]
    object_ref: ObjectRef,
    #[serde(alias = "ResponseStatus", deserialize_with = "nested")]
    response_status: Status,
    #[serde(alias = "RequestObject")]
    request_object: Option<Box<RawValue>>,
    #[serde(alias = "ResponseObject")]
    response_object: Option<Box<RawValue>>,
    #[serde(alias = "RequestReceivedTime", deserialize_with = "lenient_time")]
    request_received_timestamp: Time,
    #[serde(alias = "StageReceivedTime", deserialize_with = "lenient_time")]
    stage_timestamp: Time,
    // Around an event: CloudWatch, Azure, Cloud Logging.
    message: Option<String>,
    #[serde(rename = "log_s")]
    log_s: Option<String>,
    #[serde(deserialize_with = "or_default")]
    properties: Properties,
    proto_payload: Option<Google>,
    #[serde(deserialize_with = "lenient_time")]
    timestamp: Time,
    #[serde(deserialize_with = "or_default")]
    labels: GoogleLabels,
    #[serde(deserialize_with = "or_default")]
    operation: Operation,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    #[serde(deserialize_with = "or_default")]
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    code: Option<u16>,
    #[serde(deserialize_with = "or_default")]
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Properties {
    log: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Google {
    service_name: String,
    method_name: String,
    resource_name: String,
    authentication_info: AuthenticationInfo,
    request_metadata: RequestMetadata,
    status: Status,
    request: Option<Box<RawValue>>,
    response: Option<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AuthenticationInfo {
    #[serde(deserialize_with = "or_default")]
    principal_email: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestMetadata {
    #[serde(deserialize_with = "or_default")]
    caller_supplied_user_agent: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GoogleLabels {
    #[serde(rename = "command.gke.io/dryRun", deserialize_with = "or_default")]
    dry_run: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Operation {
    #[serde(deserialize_with = "or_default")]
    id: String,
}

/// An object, or the text of one.
fn nested<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    let Some(raw) = Option::<Box<RawValue>>::deserialize(deserializer)? else { return Ok(T::default()) };
    let text = text_of(&raw).map_err(D::Error::custom)?;
    match text.trim() {
        "" | "null" => Ok(T::default()),
        text => serde_json::from_str(text).map_err(D::Error::custom),
    }
}

/// JSON as it stands there, or as a text has it.
fn text_of(raw: &RawValue) -> Result<std::borrow::Cow<'_, str>, serde_json::Error> {
    match raw.get().starts_with('"') {
        true => serde_json::from_str::<String>(raw.get()).map(Into::into),
        false => Ok(raw.get().into()),
    }
}

/// A body; none where it is a word that stands for one that was too large.
pub fn body(raw: Option<&RawValue>) -> Option<serde_json::Value> {
    let value = serde_json::from_str(&text_of(raw?).ok()?).ok()?;
    matches!(value, serde_json::Value::Object(_)).then_some(value)
}

impl Line {
    fn event(mut self) -> Option<Event> {
        if let Some(google) = self.proto_payload.take() {
            return self.of_google(google);
        }
        let at = self.stage_timestamp.or(self.request_received_timestamp)?;
        let is_event = !self.audit_id.is_empty() && self.stage.is_some();
        is_event.then(|| Event {
            id: number_of(&self.audit_id),
            stage: self.stage.unwrap_or_default(),
            verb: self.verb,
            user: self.user.username,
            impersonated: self.impersonated_user.username,
            agent: self.user_agent,
            object: self.object_ref,
            code: self.response_status.code.unwrap_or_default(),
            message: self.response_status.message,
            request: self.request_object,
            response: self.response_object,
            received: self.request_received_timestamp.unwrap_or(at),
            at,
            has_one_time: self.request_received_timestamp.is_none() || self.stage_timestamp.is_none(),
            is_dry: self.uri.contains("dryRun=All"),
        })
    }

    /// An entry of Cloud Logging. Of a request that lasts there are two, which bear the same ID.
    fn of_google(self, google: Google) -> Option<Event> {
        let of_kubernetes = google.service_name == "k8s.io" || google.method_name.starts_with("io.k8s.");
        let (_, verb) = google.method_name.rsplit_once('.').filter(|_| of_kubernetes)?;
        let at = self.timestamp?;
        Some(Event {
            id: number_of(&self.operation.id),
            stage: Stage::ResponseComplete,
            verb: verb.to_owned(),
            user: google.authentication_info.principal_email,
            impersonated: String::new(),
            agent: google.request_metadata.caller_supplied_user_agent,
            object: resource_named(&google.resource_name),
            code: http_code(google.status.code.unwrap_or_default()),
            message: google.status.message,
            request: google.request,
            response: google.response,
            received: at,
            at,
            has_one_time: true,
            is_dry: !self.labels.dry_run.is_empty(),
        })
    }
}

/// The object of a path `GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME/SUBRESOURCE`, where the group of the core API
/// is `core`.
fn resource_named(path: &str) -> ObjectRef {
    let mut parts = path.split('/');
    let group = parts.next().filter(|group| *group != "core").unwrap_or_default().to_owned();
    let rest: Vec<&str> = parts.skip(1).collect();
    let (namespace, rest) = match rest.as_slice() {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        rest => ("", rest),
    };
    let part = |at: usize| rest.get(at).copied().unwrap_or_default().to_owned();
    ObjectRef {
        resource: part(0),
        namespace: namespace.to_owned(),
        name: part(1),
        api_group: group,
        subresource: part(2),
    }
}

/// The code of HTTP for one of gRPC (google/rpc/code.proto). A larger one is of HTTP already.
fn http_code(code: u16) -> u16 {
    match code {
        0 => 200,
        1 => 499,
        3 | 9 | 11 => 400,
        4 => 504,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        2 | 13 | 15 => 500,
        code => code,
    }
}

/// A number for an ID, which a client may have chosen; two of the same number are as rare as two of the same UUID.
fn number_of(id: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As kube-apiserver v1.28 wrote it (issue tracker of kube-vip), shortened.
    const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"527a905d-11be-49be-b5e5-8d3782755303","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/default/pods?limit=500","verb":"list","user":{"username":"system:serviceaccount:default:web","uid":"0e8cb972","groups":["system:authenticated"]},"sourceIPs":["30.1.2.5"],"userAgent":"kubectl/v1.28.5 (linux/amd64) kubernetes/506050d","objectRef":{"resource":"pods","namespace":"default","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2024-04-08T02:45:08.234193Z","stageTimestamp":"2024-04-08T02:45:08.246530Z"}"#;

    fn one(json: &str) -> Event {
        read(json.as_bytes()).expect("JSON").expect("an event")
    }

    #[test]
    fn an_event_is_the_same_in_every_wrapping() {
        let text = serde_json::Value::from(EVENT).to_string();
        let columns = r#"{"AuditId":"527a905d-11be-49be-b5e5-8d3782755303","Stage":"ResponseComplete","Verb":"list","User":"{\"username\":\"system:serviceaccount:default:web\"}","UserAgent":"kubectl/v1.28.5 (linux/amd64) kubernetes/506050d","ObjectRef":{"resource":"pods","namespace":"default"},"ResponseStatus":"{\"code\":200}","RequestObject":"skipped-too-big-size-object","RequestReceivedTime":"2024-04-08T02:45:08.234193Z","StageReceivedTime":"2024-04-08T02:45:08.246530Z"}"#;
        let wrapped = [
            EVENT.to_owned(),
            format!(
                r#"{{"logStreamName":"kube-apiserver-audit-1","timestamp":1712544308246,"message":{text},"eventId":"3"}}"#
            ),
            format!(
                r#"{{"category":"kube-audit","time":"2024-04-08T02:45:09Z","properties":{{"log":{text},"stream":"stdout"}}}}"#
            ),
            format!(r#"{{"TimeGenerated":"2024-04-08T02:45:09Z","log_s":{text}}}"#),
            columns.to_owned(),
        ];
        for json in wrapped {
            let event = one(&json);
            assert_eq!((event.id, event.verb.as_str(), event.code), (one(EVENT).id, "list", 200), "{json}");
            assert_eq!(event.user, "system:serviceaccount:default:web");
            assert_eq!(
                event.object,
                ObjectRef { resource: "pods".into(), namespace: "default".into(), ..ObjectRef::default() }
            );
            assert_eq!((event.at - event.received).num_microseconds(), Some(12_337));
            assert!(body(event.request.as_deref()).is_none());
        }
    }

    #[test]
    fn cloud_logging_tells_a_request_by_its_method() {
        // The form of gcloud logging read --format=json, from the tests of log processors.
        let event = one(
            r#"{"insertId":"dc7605e6","labels":{"authorization.k8s.io/decision":"allow"},"operation":{"first":true,"id":"dc7605e6-1e19","producer":"k8s.io"},"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","authenticationInfo":{"principalEmail":"somebody@example.com"},"methodName":"io.k8s.core.v1.pods.exec.create","requestMetadata":{"callerIp":"35.238.150.117","callerSuppliedUserAgent":"kubectl/v1.18.6 (linux/amd64) kubernetes/dff82dc"},"resourceName":"core/v1/namespaces/opa/pods/opa-57998cf7c5-bjkfk/exec","serviceName":"k8s.io","status":{"code":7,"message":"Forbidden"}},"timestamp":"2020-04-24T06:29:54.304506Z"}"#,
        );
        let object = |namespace: &str, name: &str, resource: &str, group: &str, subresource: &str| ObjectRef {
            resource: resource.into(),
            namespace: namespace.into(),
            name: name.into(),
            api_group: group.into(),
            subresource: subresource.into(),
        };
        assert_eq!(event.object, object("opa", "opa-57998cf7c5-bjkfk", "pods", "", "exec"));
        assert_eq!((event.verb.as_str(), event.code, event.has_one_time), ("create", 403, true));
        assert_eq!(
            resource_named("apps/v1/namespaces/shop/deployments/api"),
            object("shop", "api", "deployments", "apps", "")
        );
        assert_eq!(resource_named("core/v1/namespaces/shop"), object("", "shop", "namespaces", "", ""));
        assert_eq!(resource_named("core/v1/nodes/n-1/proxy/metrics"), object("", "n-1", "nodes", "", "proxy"));
        assert_eq!(resource_named("").resource, "");
    }

    #[test]
    fn what_is_no_event_is_passed_over() {
        for json in [
            "{}",
            r#"{"protoPayload":{"serviceName":"compute.googleapis.com","methodName":"v1.compute.instances.delete"},"timestamp":"2020-04-24T06:29:54Z"}"#,
            r#"{"category":"kube-scheduler","properties":{"log":"I1121 06:58:33 scheduled"}}"#,
            r#"{"kind":"Event","apiVersion":"v1","message":"Scheduled"}"#,
        ] {
            assert!(read(json.as_bytes()).expect("JSON").is_none(), "{json}");
        }
        assert!(read(EVENT.get(..300).expect("a part").as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_json_is_survived(text in "\\{(\"(auditID|stage|user|message|protoPayload|objectRef)\":(\"[^\"]{0,9}\"|\\{\\}|null|3),?){0,6}\\}") {
            let _ = read(text.as_bytes());
        }
    }
}
