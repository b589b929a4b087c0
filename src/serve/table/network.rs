//! Cells of Services, what is behind them and before them, and of nodes' addresses.

use super::plain;
use crate::viewing::Object;
use serde_json::Value;
use std::collections::BTreeSet;

/// How many of a list are named.
const NAMED: usize = 3;

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The first of them, and how many more.
fn first_of(all: &[String], none: &str) -> String {
    match (all.len(), all.get(..NAMED)) {
        (0, _) => none.to_owned(),
        (count, Some(first)) if count > NAMED => format!("{} + {} more...", first.join(","), count - NAMED),
        _ => all.join(","),
    }
}

pub fn endpoints(one: &Object) -> String {
    let mut all = Vec::new();
    for subset in one.list("/subsets") {
        let addresses = || list(subset, "addresses").iter().map(|address| text(address, "ip").to_owned());
        let ports = list(subset, "ports");
        if ports.is_empty() {
            all.extend(addresses());
        }
        for port in ports {
            let port = plain(port.get("port"));
            all.extend(
                addresses().map(|ip| if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }),
            );
        }
    }
    if one.list("/subsets").is_empty() { "<none>".to_owned() } else { first_of(&all, "") }
}

pub fn slice_ports(one: &Object) -> String {
    let port = |port: &Value| match (port.get("port"), port.get("name")) {
        (Some(number), _) if !number.is_null() => plain(Some(number)),
        (_, Some(name)) if !name.is_null() => plain(Some(name)),
        _ => "*".to_owned(),
    };
    first_of(&one.list("/ports").iter().map(port).collect::<Vec<_>>(), "<unset>")
}

pub fn slice_endpoints(one: &Object) -> String {
    let addresses = one.list("/endpoints").iter().flat_map(|endpoint| list(endpoint, "addresses"));
    first_of(&addresses.map(|address| plain(Some(address))).collect::<Vec<_>>(), "<unset>")
}

/// What a balancer gave.
pub fn balancer(one: &Object) -> String {
    let all = one.list("/status/loadBalancer/ingress").iter();
    let named = all.map(|entry| Some(text(entry, "ip")).filter(|ip| !ip.is_empty()).unwrap_or(text(entry, "hostname")));
    named.filter(|name| !name.is_empty()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(",")
}

pub fn service_address(one: &Object) -> String {
    let own = one.list("/spec/externalIPs").iter().map(|ip| plain(Some(ip))).collect::<Vec<_>>().join(",");
    let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
    match one.text("/spec/type") {
        "ClusterIP" | "NodePort" => or(own, "<none>"),
        "LoadBalancer" => match (balancer(one), own) {
            (given, own) if given.is_empty() || own.is_empty() => or(format!("{given}{own}"), "<pending>"),
            (given, own) => format!("{given},{own}"),
        },
        "ExternalName" => one.text("/spec/externalName").to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

pub fn hosts(one: &Object) -> String {
    let rules = one.list("/spec/rules");
    let named = rules.iter().map(|rule| text(rule, "host")).filter(|host| !host.is_empty());
    let named: Vec<&str> = named.take(NAMED).collect();
    match named.is_empty() {
        true => "*".to_owned(),
        false if rules.len() > NAMED && named.len() == NAMED => {
            format!("{} + {} more...", named.join(","), rules.len() - NAMED)
        }
        false => named.join(","),
    }
}

pub fn ingress_ports(one: &Object) -> String {
    if one.list("/spec/tls").is_empty() { "80" } else { "80, 443" }.to_owned()
}

pub fn class_parameters(one: &Object) -> String {
    let Some(parameters) = one.json.pointer("/spec/parameters").filter(|found| !found.is_null()) else {
        return "<none>".to_owned();
    };
    let group = Some(text(parameters, "apiGroup")).filter(|group| !group.is_empty());
    let group = group.map(|group| format!(".{group}")).unwrap_or_default();
    format!("{}{group}/{}", text(parameters, "kind"), text(parameters, "name"))
}

pub fn parent(one: &Object) -> String {
    let Some(parent) = one.json.pointer("/spec/parentRef").filter(|found| !found.is_null()) else {
        return "<none>".to_owned();
    };
    let mut shown = text(parent, "resource").to_owned();
    if !text(parent, "group").is_empty() {
        shown = format!("{shown}.{}", text(parent, "group"));
    }
    shown = shown.to_lowercase();
    if !text(parent, "namespace").is_empty() {
        shown = format!("{shown}/{}", text(parent, "namespace"));
    }
    format!("{shown}/{}", text(parent, "name"))
}

pub fn cidrs(one: &Object) -> String {
    one.list("/spec/cidrs").iter().map(|one| plain(Some(one))).collect::<Vec<_>>().join(",")
}

pub fn api_service(one: &Object) -> String {
    match (one.text("/spec/service/namespace"), one.text("/spec/service/name")) {
        (_, "") => "Local".to_owned(),
        (namespace, name) => format!("{namespace}/{name}"),
    }
}

fn address(one: &Object, kind: &str) -> String {
    let mut all = one.list("/status/addresses").iter();
    let found = all.find(|address| text(address, "type") == kind);
    found.map_or_else(|| "<none>".to_owned(), |found| text(found, "address").to_owned())
}

pub fn internal_ip(one: &Object) -> String {
    address(one, "InternalIP")
}

pub fn external_ip(one: &Object) -> String {
    address(one, "ExternalIP")
}
