//! The environment of a container: variables, where their values come from, and whole imported sources.
//!
//! A value is printed only if the pod object itself holds it. References to secrets and config maps are named, never
//! followed.

use k8s_openapi::api::core::v1::{EnvFromSource, EnvVar, EnvVarSource, Pod, ResourceRequirements};

use super::fields::text_of;
use super::resources::container_value;
use super::text::Text;

/// Writes imported sources and variables (kubectl pkg/describe/describe.go, `describeContainerEnvFrom` and
/// `describeContainerEnvVars`).
pub(super) fn environment(
    text: &mut Text,
    (sources, variables): (&[EnvFromSource], &[EnvVar]),
    resources: Option<&ResourceRequirements>,
    pod: &Pod,
) {
    if !sources.is_empty() {
        text.heading(2, "Environment Variables from");
    }
    for source in sources {
        imported(text, source);
    }
    if variables.is_empty() {
        text.field(2, "Environment", "<none>");
    } else {
        text.heading(2, "Environment");
    }
    for variable in variables {
        let name = &variable.name;
        if let Some(source) = &variable.value_from {
            if let Some(origin) = origin(source, resources, pod) {
                text.field(3, name, origin);
            }
            continue;
        }
        for (index, line) in text_of(&variable.value).split('\n').enumerate() {
            if index == 0 {
                text.field(3, name, line);
            } else {
                text.line(3, format_args!("\t{line}"));
            }
        }
    }
}

/// A Go string literal (Go strconv, `Quote`).
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0b' => quoted.push_str("\\v"),
            '\x0c' => quoted.push_str("\\f"),
            _ if c.is_ascii_control() => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn imported(text: &mut Text, source: &EnvFromSource) {
    let (kind, name, optional) = if let Some(map) = &source.config_map_ref {
        ("ConfigMap", map.name.as_str(), map.optional)
    } else if let Some(secret) = &source.secret_ref {
        ("Secret", secret.name.as_str(), secret.optional)
    } else {
        ("", "", None)
    };
    let optional = optional.unwrap_or(false);
    match text_of(&source.prefix) {
        "" => text.line(3, format_args!("{name}\t{kind}\tOptional: {optional}")),
        prefix => text.line(3, format_args!("{name}\t{kind} with prefix '{prefix}'\tOptional: {optional}")),
    }
}

/// Where a value comes from; `None` for sources kubectl 1.34 leaves out.
fn origin(source: &EnvVarSource, resources: Option<&ResourceRequirements>, pod: &Pod) -> Option<String> {
    if let Some(field) = &source.field_ref {
        let version = text_of(&field.api_version);
        let path = &field.field_path;
        let value = field_value(version, path, pod);
        Some(format!("{value} ({version}:{path})"))
    } else if let Some(selector) = &source.resource_field_ref {
        let resource = selector.resource.as_str();
        let mut value = container_value(resources, selector).unwrap_or_default();
        if value == "0" && matches!(resource, "limits.cpu" | "limits.memory") {
            value = "node allocatable".to_owned();
        }
        Some(format!("{value} ({resource})"))
    } else if let Some(key) = &source.secret_key_ref {
        let optional = key.optional.unwrap_or(false);
        Some(format!("<set to the key '{}' in secret '{}'>\tOptional: {optional}", key.key, key.name))
    } else {
        let key = source.config_map_key_ref.as_ref()?;
        let optional = key.optional.unwrap_or(false);
        Some(format!("<set to the key '{}' of config map '{}'>\tOptional: {optional}", key.key, key.name))
    }
}

/// The value of a field reference. kubectl knows only a pod's name and namespace: its client-side scheme has no field
/// conversion for pods, and apimachinery's default (pkg/runtime/conversion.go,
/// `DefaultMetaV1FieldSelectorConversion`) refuses every other path.
fn field_value<'a>(version: &str, path: &str, pod: &'a Pod) -> &'a str {
    if version.matches('/').count() > 1 {
        return "";
    }
    match path {
        "metadata.name" => text_of(&pod.metadata.name),
        "metadata.namespace" => text_of(&pod.metadata.namespace),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_follows_go() {
        assert_eq!(quoted("a\"b\\c\n\x01é"), "\"a\\\"b\\\\c\\n\\x01é\"");
    }
}
