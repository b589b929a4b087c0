//! Which answer belongs to which path.

use super::answer::{Answer, Refusal};
use super::ask::Ask;
use super::discovery::{self, AUTHORIZATION, REVIEWS};
use super::resource::Resource;
use super::store::Store;
use super::{list, logs, openapi, parts, reviews};
use std::sync::Arc;

/// Said to whoever would change something.
const READ_ONLY: &str = "this is an archive of a cluster: it can be read, and nothing in it can be changed";

/// Answers one request.
pub fn answer(store: &Arc<Store>, ask: &Ask) -> Answer {
    routed(store, ask).unwrap_or_else(Answer::from)
}

fn routed(store: &Arc<Store>, ask: &Ask) -> Result<Answer, Refusal> {
    let path: Vec<&str> = ask.path.iter().map(String::as_str).collect();
    if let ("POST", ["apis", AUTHORIZATION, "v1", plural]) = (ask.method.as_str(), path.as_slice())
        && REVIEWS.iter().any(|(known, _)| known == plural)
    {
        return reviews::answer(ask, plural);
    }
    if !matches!(ask.method.as_str(), "GET" | "HEAD") {
        return Err(Refusal::new(405, "MethodNotAllowed", READ_ONLY));
    }
    match path.as_slice() {
        [] => Ok(Answer::json(&serde_json::json!({"paths": ["/api", "/apis", "/version"]}))),
        ["version"] => Ok(discovery::version(store)),
        ["healthz" | "livez" | "readyz", ..] => Ok(Answer::text(200, "text/plain", b"ok".to_vec())),
        ["openapi", "v3"] => Ok(openapi::index(store)),
        ["openapi", "v3", "api", version] => openapi::document(store, "", version),
        ["openapi", "v3", "apis", group, version] => openapi::document(store, group, version),
        ["api"] => Ok(discovery::core(store, ask)),
        ["apis"] => Ok(discovery::groups(store, ask)),
        ["apis", group] => discovery::group(store, group),
        ["api", version] => discovery::kinds(store, "", version),
        ["apis", group, version] => discovery::kinds(store, group, version),
        ["api", version, rest @ ..] => objects(store, ask, ("", version), rest),
        ["apis", group, version, rest @ ..] => objects(store, ask, (group, version), rest),
        _ => Err(Refusal::no_path()),
    }
}

/// What stands below a version of a group.
fn objects(store: &Arc<Store>, ask: &Ask, of: (&str, &str), path: &[&str]) -> Result<Answer, Refusal> {
    let kind = |plural: &str| store.resource(of.0, of.1, plural).ok_or_else(|| unknown(of.0, plural));
    match path {
        ["namespaces", namespace, plural, rest @ ..] if kind(plural).is_ok() || !rest.is_empty() => {
            let resource = kind(plural)?;
            match rest {
                [] => many(store, ask, resource, Some(namespace)),
                [name] => list::get(store, ask, resource, namespace, name),
                [name, "log"] if resource.full() == "pods" => logs::get(store, ask, namespace, name),
                [name, part] => parts::get(store, ask, resource, (namespace, name), part),
                _ => Err(Refusal::no_path()),
            }
        }
        [plural] => many(store, ask, kind(plural)?, None),
        [plural, name] => list::get(store, ask, kind(plural)?, "", name),
        [plural, name, part] => parts::get(store, ask, kind(plural)?, ("", name), part),
        _ => Err(Refusal::no_path()),
    }
}

fn many(store: &Store, ask: &Ask, of: &Resource, namespace: Option<&str>) -> Result<Answer, Refusal> {
    match ask.is("watch") {
        true => list::watch(store, ask, of, namespace),
        false => list::list(store, ask, of, namespace),
    }
}

/// A kind that this cluster did not name.
fn unknown(group: &str, plural: &str) -> Refusal {
    let of = if group.is_empty() { String::new() } else { format!(".{group}") };
    let message = format!(
        "the server could not find the requested resource: the archive knows no kind {plural}{of} in this version"
    );
    Refusal::new(404, "NotFound", message)
}
