//! Probes on one line: what is asked, and how patiently.
//!
//! A probe is printed as configured; whether it succeeded is for conditions and events to say.

use k8s_openapi::api::core::v1::{HTTPGetAction, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::fields::text_of;

/// A probe as kubectl words it (kubectl pkg/describe/describe.go, `DescribeProbe`).
pub(super) fn probe(probe: &Probe) -> String {
    let timing = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        probe.initial_delay_seconds.unwrap_or(0),
        probe.timeout_seconds.unwrap_or(0),
        probe.period_seconds.unwrap_or(0),
        probe.success_threshold.unwrap_or(0),
        probe.failure_threshold.unwrap_or(0),
    );
    if let Some(exec) = &probe.exec {
        let command = exec.command.as_deref().unwrap_or_default().join(" ");
        format!("exec [{command}] {timing}")
    } else if let Some(get) = &probe.http_get {
        format!("http-get {} {timing}", url(get))
    } else if let Some(socket) = &probe.tcp_socket {
        let (host, port) = (text_of(&socket.host), port(&socket.port));
        format!("tcp-socket {host}:{port} {timing}")
    } else if let Some(call) = &probe.grpc {
        let service = text_of(&call.service);
        format!("grpc <pod>:{} {service} {timing}", call.port)
    } else {
        format!("unknown {timing}")
    }
}

fn port(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}

/// The address of an HTTP probe, escaped as Go's net/url does it.
fn url(get: &HTTPGetAction) -> String {
    let scheme = text_of(&get.scheme).to_lowercase();
    let (host, port) = (text_of(&get.host), port(&get.port));
    let authority = match (port.is_empty(), host.contains(':')) {
        (true, _) => host.to_owned(),
        (false, true) => format!("[{host}]:{port}"),
        (false, false) => format!("{host}:{port}"),
    };
    let path = text_of(&get.path);
    let path = if path == "*" { path.to_owned() } else { escaped(path, "-_.~$&+,/:;=@") };
    let mut url = String::new();
    if !scheme.is_empty() {
        url = format!("{scheme}:");
    }
    if !authority.is_empty() || (!scheme.is_empty() && !path.is_empty()) {
        url.push_str("//");
        url.push_str(&escaped(&authority, "-_.~!$&'()*+,;=:[]<>\""));
    }
    if !authority.is_empty() && !path.is_empty() && !path.starts_with('/') {
        url.push('/');
    }
    let first_segment = path.split('/').next().unwrap_or_default();
    if url.is_empty() && first_segment.contains(':') {
        url.push_str("./");
    }
    url + &path
}

/// Percent-encodes every byte that is neither alphanumeric nor in `kept`.
fn escaped(text: &str, kept: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || (c.is_ascii() && kept.contains(c)) {
            escaped.push(c);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(value: Value) -> String {
        probe(&serde_json::from_value(value).unwrap_or_default())
    }

    #[test]
    fn probes_are_worded_as_in_the_tests_of_kubectl() {
        // Values from kubectl pkg/describe/describe_test.go, `TestDescribeContainers` and its neighbours.
        let timing = "delay=10s timeout=5s period=20s #success=1 #failure=5";
        let cases = [
            (json!({"exec": {"command": ["arg1", "arg2"]}}), "exec [arg1 arg2]"),
            (
                json!({"httpGet": {"host": "some.host", "port": 80, "path": "some/path", "scheme": "HTTP"}}),
                "http-get http://some.host:80/some/path",
            ),
            (
                json!({"httpGet": {"port": 80, "path": "/x?y=1 é", "scheme": "HTTPS"}}),
                "http-get https://:80/x%3Fy=1%20%C3%A9",
            ),
            (json!({"httpGet": {"host": "::1", "port": "web", "path": "/"}}), "http-get //[::1]:web/"),
            (json!({"tcpSocket": {"host": "tcp.host", "port": "sip"}}), "tcp-socket tcp.host:sip"),
            (json!({"grpc": {"port": 9000}}), "grpc <pod>:9000 "),
            (json!({}), "unknown"),
        ];
        for (mut value, expected) in cases {
            for (key, number) in [
                ("initialDelaySeconds", 10),
                ("timeoutSeconds", 5),
                ("periodSeconds", 20),
                ("successThreshold", 1),
                ("failureThreshold", 5),
            ] {
                value[key] = json!(number);
            }
            assert_eq!(shown(value), format!("{expected} {timing}"));
        }
    }
}
