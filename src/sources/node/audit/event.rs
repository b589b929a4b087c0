//! One line of an audit log, taken apart, and what of it is written again.
//!
//! The form is that of k8s.io/apiserver, pkg/apis/audit/v1/types.go, `Event`. What is not named here is not kept: addresses,
//! groups, what an authenticator added, the words of an authorizer, and whatever later versions add.

use super::actor;
use super::body::{self, Extent};
use super::uri;
use crate::logline::user_agent;
use crate::objects::user::Class;
use crate::redact::Redactor;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::cell::Cell;
use std::collections::BTreeMap;

/// An event as it was written. Fields that it has not are empty, which is never written again.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    kind: String,
    api_version: String,
    #[serde(default)]
    pub level: String,
    #[serde(rename = "auditID")]
    pub id: String,
    pub stage: String,
    #[serde(rename = "requestURI", default)]
    uri: String,
    pub verb: String,
    #[serde(default)]
    user: User,
    #[serde(default)]
    impersonated_user: Option<User>,
    #[serde(default)]
    user_agent: String,
    #[serde(default)]
    pub object_ref: Option<ObjectRef>,
    #[serde(default)]
    response_status: Option<ResponseStatus>,
    #[serde(borrow, default)]
    request_object: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response_object: Option<&'a RawValue>,
    pub request_received_timestamp: DateTime<Utc>,
    pub stage_timestamp: DateTime<Utc>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    username: String,
}

/// What was asked for.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectRef {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    uid: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_group: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    api_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    resource_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subresource: String,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct ResponseStatus {
    #[serde(skip_serializing_if = "String::is_empty")]
    status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    code: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Username {
    username: String,
}

/// An event as it is kept.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    kind: &'static str,
    api_version: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    level: String,
    #[serde(rename = "auditID")]
    id: String,
    stage: String,
    #[serde(rename = "requestURI")]
    uri: String,
    verb: String,
    user: Username,
    #[serde(skip_serializing_if = "Option::is_none")]
    impersonated_user: Option<Username>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_ref: Option<ObjectRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_status: Option<ResponseStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_object: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_object: Option<Box<RawValue>>,
    request_received_timestamp: String,
    stage_timestamp: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl<'a> Event<'a> {
    /// Reads a line; nothing of what is no event.
    pub fn read(line: &'a [u8]) -> Option<Self> {
        let event: Self = serde_json::from_slice(line).ok()?;
        (event.kind == "Event" && event.api_version.starts_with("audit.k8s.io/")).then_some(event)
    }

    /// Empty for what is in none.
    pub fn namespace(&self) -> &str {
        self.object_ref.as_ref().map_or("", |of| &of.namespace)
    }

    pub fn code(&self) -> i64 {
        self.response_status.as_ref().map_or(0, |status| status.code)
    }

    pub fn took_ms(&self) -> i64 {
        (self.stage_timestamp - self.request_received_timestamp).num_milliseconds().max(0)
    }

    fn of(&self) -> (&str, &str, &str) {
        let of = self.object_ref.as_ref();
        of.map_or(("", "", ""), |of| (of.api_group.as_str(), of.resource.as_str(), of.subresource.as_str()))
    }

    /// Whether it changes nothing: a read, a question that is answered and not stored, or the renewal of a lease.
    pub fn is_only_counted(&self) -> bool {
        let (group, resource, _) = self.of();
        match self.verb.as_str() {
            // Of a pod's exec and the like, which begin with a get, see `is_acting`.
            "get" | "list" | "watch" | "head" | "options" => !self.is_acting(),
            "create" => matches!(group, "authorization.k8s.io" | "authentication.k8s.io"),
            "update" | "patch" => (group, resource) == ("coordination.k8s.io", "leases"),
            _ => false,
        }
    }

    /// Whether something is run in a container, or spoken to through one.
    fn is_acting(&self) -> bool {
        matches!(self.of().2, "exec" | "attach" | "portforward")
    }

    /// Whether it may go on for as long as anybody listens (kubernetes, pkg/controlplane/apiserver/config.go,
    /// `BasicLongRunningRequestCheck`).
    pub fn is_long_running(&self) -> bool {
        self.verb == "watch" || matches!(self.of().2, "log" | "proxy") || self.is_acting()
    }

    pub fn class(&self) -> Class {
        Class::of(self.asker())
    }

    /// Who asked in the end.
    fn asker(&self) -> &str {
        self.impersonated_user.as_ref().map_or(&self.user.username, |user| &user.username)
    }

    /// The name of a program, which there are not many of.
    pub fn program_user(&self) -> &str {
        match self.class() {
            Class::ServiceAccount | Class::ControlPlane => self.asker(),
            Class::Node | Class::Anonymous | Class::Person => "",
        }
    }

    /// Name and version of it, unless that tells of who used it.
    fn told_program(&self) -> Option<&str> {
        let users = std::iter::once(&self.user).chain(&self.impersonated_user).map(|user| user.username.as_str());
        user_agent::program(&self.user_agent, &users.collect::<Vec<_>>())
    }

    pub fn program(&self) -> String {
        self.told_program().unwrap_or_default().to_owned()
    }

    /// `deployments.apps/scale`, or the beginning of a path that is of no resource.
    pub fn on(&self) -> String {
        match self.of() {
            (_, "", _) => {
                let path = self.uri.split('?').next().unwrap_or_default();
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                let first = path.split('/').nth(1).filter(|first| first.len() < 40 && first.bytes().all(is_plain));
                format!("/{}", first.unwrap_or("…"))
            }
            (group, resource, subresource) => {
                let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                let subresource = if subresource.is_empty() { String::new() } else { format!("/{subresource}") };
                format!("{resource}{group}{subresource}")
            }
        }
    }

    /// What of it is kept; values that are hidden are counted.
    pub fn kept(self, redactor: &Redactor, hidden_values: &Cell<u64>) -> Kept {
        let user_agent = self.told_program().map(str::to_owned);
        let (group, resource, subresource) = self.of();
        let is_write = !self.is_only_counted() && !self.is_acting() && self.verb != "deletecollection";
        let extent = if is_write { Extent::of(group, resource, subresource) } else { Extent::Nothing };
        let persons: Vec<&str> =
            std::iter::once(&self.user).chain(&self.impersonated_user).map(|user| user.username.as_str()).collect();
        let of = body::Of { group, resource, extent, persons: &persons, redactor, hidden: hidden_values };
        let hidden = self.object_ref.as_ref().filter(|of| body::has_telling_names(&of.api_group));
        let (request_object, response_object) = (
            self.request_object.and_then(|object| body::kept(object, &of)),
            self.response_object.and_then(|object| body::kept(object, &of)),
        );
        let uri = uri::kept(&self.uri, subresource, hidden.map(|of| of.name.as_str()));
        let response_status = self
            .response_status
            .as_ref()
            .map(|status| ResponseStatus { message: message(status, extent, &persons, redactor), ..status.clone() });
        let impersonated_user = self.impersonated_user.as_ref().map(|user| Username {
            username: match Class::of(&user.username) {
                Class::Person => Class::Person.name().to_owned(),
                _ => user.username.clone(),
            },
        });
        let name = |of: &ObjectRef| match hidden {
            Some(_) => String::new(),
            None if matches!(of.resource.as_str(), "users" | "groups") => String::new(),
            None => of.name.clone(),
        };
        Kept {
            kind: "Event",
            api_version: "audit.k8s.io/v1",
            uri,
            user: Username { username: actor::kept(&self.user.username, redactor) },
            impersonated_user,
            user_agent,
            object_ref: self.object_ref.as_ref().map(|of| ObjectRef { name: name(of), ..of.clone() }),
            response_status,
            request_object,
            response_object,
            request_received_timestamp: micros(self.request_received_timestamp),
            stage_timestamp: micros(self.stage_timestamp),
            annotations: annotations(self.annotations.unwrap_or_default(), &persons, redactor),
            level: self.level,
            id: self.id,
            stage: self.stage,
            verb: self.verb,
        }
    }
}

impl Kept {
    /// As a line, with its end.
    pub fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// The same without bodies, and whether it had any.
    pub fn without_bodies(self) -> (Self, bool) {
        let had_any = self.request_object.is_some() || self.response_object.is_some();
        (Self { request_object: None, response_object: None, ..self }, had_any)
    }
}

/// As the API server writes times.
fn micros(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// What an answer says. Of an object that was not valid (400, 422) it may repeat what is in it.
fn message(status: &ResponseStatus, extent: Extent, persons: &[&str], redactor: &Redactor) -> String {
    let repeats = matches!(status.code, 400 | 422) && extent != Extent::Whole;
    if repeats && !status.message.starts_with("admission webhook ") {
        return String::new();
    }
    actor::without_persons(&status.message, persons, redactor)
}

/// What the API server notes beside a request (kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations).
/// Why somebody was allowed names persons and roles; patches of webhooks hold values, so of them it stays that there was one.
fn annotations(all: BTreeMap<String, String>, persons: &[&str], redactor: &Redactor) -> BTreeMap<String, String> {
    const KEPT: [&str; 8] = [
        "apiserver.latency.k8s.io/",
        "failed-open.mutating.webhook.admission.k8s.io/",
        "failed-open.validating.webhook.admission.k8s.io/",
        "failed-open.validation.webhook.admission.k8s.io/",
        "k8s.io/",
        "mutation.webhook.admission.k8s.io/",
        "pod-security.kubernetes.io/",
        "validation.policy.admission.k8s.io/",
    ];
    const DECISION: &str = "authorization.k8s.io/decision";
    let kept = |(key, value): (String, String)| match () {
        () if key == DECISION || KEPT.iter().any(|prefix| key.starts_with(prefix)) => {
            Some((key, actor::without_persons(&value, persons, redactor)))
        }
        () if key.starts_with("patch.webhook.admission.k8s.io/") => Some((key, String::new())),
        () => None,
    };
    all.into_iter().filter_map(kept).collect()
}
