//! Which names there are, and which words are none: read from objects, series and paths before anything is replaced.

use super::generated::{given, is_generated};
use super::replace::Replacer;
use super::{Class, public};
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The shortest name that is replaced: of one letter or two there are too many.
const SHORTEST: usize = 3;
/// How deep an object is looked into.
const DEPTH: usize = 24;

/// Lists of things whose `name` is not one of the cluster: a field's, a port's, a variable's.
const OTHER_NAMES: &[&str] = &["conditions", "env", "httpHeaders", "ports", "volumeDevices", "volumeMounts", "volumes"];

/// A label of a series.
static PAIR: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""(?P<label>[a-z_]+)":"(?P<value>[^"\\]{1,253})""#).ok());
/// How a kubelet's structured lines name pods (k8s.io/klog, `KObj`).
static POD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"pod="(?P<namespace>[a-z0-9-]+)/(?P<pod>[a-z0-9.-]+)""#).ok());

/// Names and words found so far.
#[derive(Debug, Default)]
pub struct Gathered {
    names: BTreeMap<String, Class>,
    /// Words of messages and fields. A name that is one of them cannot be told from it.
    words: BTreeSet<String>,
}

impl Gathered {
    /// Nothing so far, but `words`, which stay what they are: those that rules look for.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words = words.into_iter().chain(public::WORDS.iter().copied());
        Self { names: BTreeMap::new(), words: words.map(str::to_owned).collect() }
    }

    /// Takes a name that is known to be of `class`.
    pub fn name(&mut self, class: Class, name: &str) {
        let is_long = name.len() >= SHORTEST && name.contains(|c: char| c.is_ascii_alphabetic());
        let is_plain = name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        if is_long && is_plain && !public::is_name(name) && !public::is_host(name) {
            let known = self.names.entry(name.to_owned()).or_insert(class);
            *known = class.min(*known);
        }
    }

    /// Takes the name of an object of `kind`, which may have been generated.
    pub fn object_name(&mut self, kind: &str, name: &str) {
        let class = match kind {
            "Namespace" => Class::Namespace,
            "Node" => Class::Node,
            _ => Class::Name,
        };
        let is_named_by_others = matches!(
            kind,
            "APIService" | "CustomResourceDefinition" | "Event" | "FlowSchema" | "PriorityLevelConfiguration"
        );
        if !is_named_by_others {
            self.name(class, given(kind, name));
        }
    }

    /// Takes what an object has of names, one of `plural` (`pods`, `replicasets.apps`). What cannot be read has none.
    pub fn object(&mut self, plural: &str, json: &str) {
        let Ok(value) = serde_json::from_str::<Value>(json) else { return };
        let kind = match plural {
            "apiservices.apiregistration.k8s.io" => "APIService",
            "customresourcedefinitions.apiextensions.k8s.io" => "CustomResourceDefinition",
            "events" | "events.events.k8s.io" => "Event",
            "flowschemas.flowcontrol.apiserver.k8s.io" => "FlowSchema",
            "jobs.batch" => "Job",
            "namespaces" => "Namespace",
            "nodes" => "Node",
            "pods" => "Pod",
            "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io" => "PriorityLevelConfiguration",
            "replicasets.apps" => "ReplicaSet",
            _ => "",
        };
        if let Some(name) = value.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Value::as_str) {
            self.object_name(kind, name);
        }
        self.value(&value, "", DEPTH);
    }

    /// Takes what an event of the API server's audit log has of names: objects in it may be gone from everywhere else.
    pub fn audit(&mut self, json: &str) {
        let Ok(event) = serde_json::from_str::<Value>(json) else { return };
        if let Some(user) = event.pointer("/user/username").and_then(Value::as_str) {
            match user.split(':').collect::<Vec<_>>().as_slice() {
                ["system", "node", node] => self.name(Class::Node, node),
                ["system", "serviceaccount", namespace, name] => {
                    self.name(Class::Namespace, namespace);
                    self.name(Class::Name, name);
                }
                _ => {}
            }
        }
        let of = |field: &str| event.get("objectRef").and_then(|of| of.get(field)).and_then(Value::as_str);
        let kind = match of("resource").unwrap_or_default() {
            "nodes" => "Node",
            "namespaces" => "Namespace",
            "pods" => "Pod",
            "replicasets" => "ReplicaSet",
            "events" => "Event",
            "apiservices" => "APIService",
            "customresourcedefinitions" => "CustomResourceDefinition",
            "flowschemas" => "FlowSchema",
            "prioritylevelconfigurations" => "PriorityLevelConfiguration",
            _ => "",
        };
        of("namespace").into_iter().for_each(|namespace| self.name(Class::Namespace, namespace));
        of("name").into_iter().for_each(|name| self.object_name(kind, name));
        for body in ["requestObject", "responseObject"].into_iter().filter_map(|body| event.get(body)) {
            self.value(body, "", DEPTH);
        }
    }

    /// Takes what series have of names: a piece of JSON that need not be whole.
    pub fn series(&mut self, text: &str) {
        for found in PAIR.as_ref().into_iter().flat_map(|pair| pair.captures_iter(text)) {
            let (Some(label), Some(value)) = (found.name("label"), found.name("value")) else { continue };
            self.word(label.as_str());
            self.field(label.as_str(), value.as_str());
        }
    }

    /// Takes the pods that a kubelet names, which may be gone from everywhere else.
    pub fn journal(&mut self, text: &str) {
        for found in POD.as_ref().into_iter().flat_map(|pod| pod.captures_iter(text)) {
            let (Some(namespace), Some(pod)) = (found.name("namespace"), found.name("pod")) else { continue };
            self.name(Class::Namespace, namespace.as_str());
            self.object_name("Pod", pod.as_str());
        }
    }

    /// `of` is the field that the value is of.
    fn value(&mut self, value: &Value, of: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.value(item, of, depth)),
            Value::Object(fields) if matches!(of, "labels" | "matchLabels" | "nodeSelector" | "selector") => {
                fields.iter().for_each(|(key, value)| self.label(key, value));
            }
            // Keys that somebody chose are no words of Kubernetes, and values may be anything.
            Value::Object(_) if matches!(of, "annotations" | "binaryData" | "data" | "stringData") => {}
            Value::Object(fields) => self.fields(fields, of, depth),
            _ => {}
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, of: &str, depth: usize) {
        let text = |field: &str| fields.get(field).and_then(Value::as_str);
        let is_reference = matches!(of, "involvedObject" | "regarding" | "related" | "ownerReferences" | "claimRef");
        let kind = text("kind").unwrap_or_default();
        for (field, value) in fields {
            self.word(field);
            match (field.as_str(), value.as_str()) {
                ("name", Some(name)) if is_reference || of == "scaleTargetRef" => self.object_name(kind, name),
                // That of an object is known from where it is listed.
                ("name", Some(_)) if of == "metadata" || OTHER_NAMES.contains(&of) => {}
                ("name", Some(name)) if !name.contains('/') => self.name(Class::Name, name),
                (field, Some(text)) => self.field(field, text),
                ("names", None) if of == "images" => {
                    let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                    names.for_each(|name| self.name(Class::Image, name));
                }
                _ => self.value(value, field, depth),
            }
        }
        if let ("addresses", Some("Hostname" | "InternalDNS" | "ExternalDNS"), Some(host)) =
            (of, text("type"), text("address"))
        {
            self.name(Class::Node, host);
        }
    }

    /// A field whose name says what its text is.
    fn field(&mut self, field: &str, text: &str) {
        match field {
            "namespace" | "exported_namespace" => self.name(Class::Namespace, text),
            "nodeName" | "node" => self.name(Class::Node, text),
            "host" if !text.contains(['/', ':']) => self.name(Class::Node, text),
            "externalName" | "loadBalancerClass" => self.name(Class::Host, text),
            "hostname" => self.object_name("Pod", text),
            "image" | "imageID" => self.name(Class::Image, text.trim_start_matches("docker-pullable://")),
            "pod" | "exported_pod" => self.object_name("Pod", text),
            "container" | "exported_container" | "claimName" | "secretName" | "serviceAccountName" | "serviceName"
            | "volumeName" | "deployment" | "daemonset" | "statefulset" | "service" | "job_name" => {
                self.name(Class::Name, text);
            }
            "replicaset" => self.object_name("ReplicaSet", text),
            "providerID" => {
                let last = text.rsplit('/').next().unwrap_or_default();
                self.name(Class::Node, last);
            }
            _ => {}
        }
    }

    /// A label's value is a name that somebody gave, unless the label is one of Kubernetes.
    fn label(&mut self, key: &str, value: &Value) {
        let domain = key.split_once('/').map(|(domain, _)| domain);
        match (domain, value.as_str()) {
            (_, Some(value)) if key == "kubernetes.io/hostname" => self.name(Class::Node, value),
            (_, Some(value)) if key == "kubernetes.io/metadata.name" => self.name(Class::Namespace, value),
            (Some("app.kubernetes.io"), Some(value)) => self.name(Class::Name, value),
            (Some(domain), _) if public::is_host(domain) => {}
            (None, _) if matches!(key, "pod-template-hash" | "controller-revision-hash" | "controller-uid") => {}
            (_, Some(value)) => self.name(Class::Name, given("Pod", value)),
            _ => {}
        }
    }

    /// Notes a word that is no name.
    pub fn word(&mut self, word: &str) {
        if word.bytes().all(|byte| byte.is_ascii_lowercase()) && !self.words.contains(word) {
            self.words.insert(word.to_owned());
        }
    }

    /// Ends the gathering. `hash` gives at least 16 hexadecimal digits for a text, by a key that only the archive's
    /// owner had.
    pub fn replacer(mut self, hash: impl Fn(&str) -> String + Send + Sync + 'static) -> Replacer {
        let words = &self.words;
        self.names.retain(|name, _| !words.contains(name));
        let all: BTreeSet<String> = self.names.keys().cloned().collect();
        // What is made of another name and what was generated is replaced with that name.
        let is_made_of_others = |name: &str| {
            name.match_indices('-').any(|(at, _)| {
                let (before, after) = name.split_at(at);
                (all.contains(before) || public::is_name(before)) && is_generated(after.trim_start_matches('-'))
            })
        };
        self.names.retain(|name, class| *class != Class::Name || !is_made_of_others(name));
        Replacer::new(self.names, Box::new(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of `text` in a cluster of these objects.
    fn check(objects: &[&str], text: &str) -> String {
        let mut gathered = Gathered::new(["liveness"]);
        objects.iter().for_each(|object| {
            let plural = [("Pod", "pods"), ("Node", "nodes")]
                .into_iter()
                .find(|(kind, _)| object.contains(&format!("{{\"kind\":\"{kind}\"")));
            gathered.object(plural.map_or("deployments.apps", |(_, plural)| plural), object);
        });
        let replacer = gathered.replacer(|text| {
            let sum = text
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            format!("{sum:016x}")
        });
        let (once, _) = replacer.text(text);
        // Digits tell nothing here but that there are some.
        let pseudonym =
            regex::Regex::new("(?i)(namespace|node|name|image|host|mail|user)[-_][0-9a-f]{10}").expect("a pattern");
        pseudonym.replace_all(&once, "$1-X").into_owned()
    }

    #[test]
    fn names_in_the_audit_log_are_found_where_nothing_else_has_them() {
        let mut gathered = Gathered::new([]);
        gathered.audit(r#"{"kind":"Event","user":{"username":"system:serviceaccount:acme-cd:deployer"},"objectRef":{"resource":"pods","namespace":"wiped","name":"orders-84dbdb574f-s7llp"},"responseObject":{"kind":"Pod","metadata":{"name":"orders-84dbdb574f-s7llp"},"spec":{"nodeName":"worker-a7"}}}"#);
        gathered.audit("no event");
        let names: Vec<&str> = gathered.names.keys().map(String::as_str).collect();
        for name in ["acme-cd", "deployer", "wiped", "orders", "worker-a7"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
    }

    const DEPLOYMENT: &str = r#"{"kind":"Deployment","metadata":{"name":"web","namespace":"shop","labels":{"team":"payments","tier":"liveness"}},"spec":{"template":{"spec":{"containers":[{"name":"app","image":"registry.acme.com/shop/web:1.2","ports":[{"name":"http"}],"env":[{"name":"PATH_TO"}]}]}}}}"#;
    const POD: &str = r#"{"kind":"Pod","metadata":{"name":"web-84dbdb574f-s7llp","namespace":"shop","ownerReferences":[{"kind":"ReplicaSet","name":"web-84dbdb574f"}]},"spec":{"nodeName":"node-1"}}"#;
    const NODE: &str = r#"{"kind":"Node","metadata":{"name":"node-1"},"status":{"addresses":[{"type":"InternalIP","address":"10.88.0.11"},{"type":"Hostname","address":"ip-10-88-0-11"}]}}"#;

    #[test]
    fn names_are_replaced_wherever_they_stand() {
        let all = [DEPLOYMENT, POD, NODE];
        let cases = [
            ("pod shop/web-84dbdb574f-s7llp on node-1", "pod namespace-X/name-X-84dbdb574f-s7llp on node-X"),
            ("Container app failed liveness probe", "Container name-X failed liveness probe"),
            ("Pulling image \"registry.acme.com/shop/web:1.2\"", "Pulling image \"image-X\""),
            ("owned by payments, port http, PATH_TO", "owned by name-X, port http, PATH_TO"),
            ("node-10 webs cobweb app2", "node-10 webs cobweb app2"),
            (r#"{"msg":"a\nweb\tapp"}"#, r#"{"msg":"a\nname-X\tname-X"}"#),
            ("etcd-node-1 in kube-system", "etcd-node-X in kube-system"),
            ("http://web.shop.svc.cluster.local:80/", "http://name-X.namespace-X.svc.cluster.local:80/"),
            ("host ip-10-88-0-11 up", "host node-X up"),
            ("wget $WEB_SERVICE_HOST:$WEBS_SERVICE_PORT", "wget $NAME-X_SERVICE_HOST:$WEBS_SERVICE_PORT"),
        ];
        for (text, expected) in cases {
            assert_eq!(check(&all, text), expected);
        }
    }

    #[test]
    fn hosts_addresses_and_people_are_known_by_their_form() {
        let cases = [
            ("mail bob.b@acme.com now", "mail mail-X@host.invalid now"),
            ("dial tcp: lookup db.eu.acme.com: no such host", "dial tcp: lookup host-X.invalid: no such host"),
            (r#"User "alice" cannot"#, r#"User "user-X" cannot"#),
            (r#"{"m":"User \"alice\" cannot"}"#, r#"{"m":"User \"user-X\" cannot"}"#),
            (r#"User "system:node:x" cannot"#, r#"User "system:node:x" cannot"#),
            (
                "from registry.k8s.io/pause by server.go:12 at 15:55:14",
                "from registry.k8s.io/pause by server.go:12 at 15:55:14",
            ),
            ("127.0.0.1:80 [::1]:80 0.0.0.0 v1.34.4", "127.0.0.1:80 [::1]:80 0.0.0.0 v1.34.4"),
        ];
        for (text, expected) in cases {
            assert_eq!(check(&[], text), expected);
        }
        for text in ["10.88.0.11:10250", "[2001:db8::7]:10250", "10.88.0.0/16"] {
            let replaced = check(&[], text);
            assert!(!replaced.contains("10.88") && !replaced.contains("2001"), "{replaced}");
            let (_, end) = text.split_at(text.rfind(['/', ']', ':']).expect("an end"));
            assert!(replaced.ends_with(end), "{replaced}");
        }
    }

    #[test]
    fn what_cannot_be_read_has_no_names() {
        let deep = format!("{}{}", r#"{"name":"#.repeat(100), "}".repeat(100));
        for json in ["", "[", "7", "\"x\"", deep.as_str(), r#"{"kind":7,"metadata":{"name":{}}}"#] {
            assert_eq!(check(&[json], "web"), "web");
        }
    }
}
