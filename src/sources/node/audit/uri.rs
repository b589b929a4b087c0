//! What is kept of the address of a request: its path, and of its parameters those that say how objects were asked for.
//!
//! What runs in a container (`exec`, `attach`, `portforward`) stands in parameters, and what is asked of a pod or a Service
//! by `proxy` in the path behind it: both may hold credentials.

use percent_encoding::percent_decode_str;

/// Parameters that stay (kubernetes.io/docs/reference/generated/kubernetes-api, "ListOptions", "PatchOptions",
/// "DeleteOptions", "PodLogOptions"). `continue` may hold the name of an object, and is long.
const KEPT: [&str; 22] = [
    "allowWatchBookmarks",
    "container",
    "dryRun",
    "fieldManager",
    "fieldSelector",
    "fieldValidation",
    "follow",
    "force",
    "gracePeriodSeconds",
    "labelSelector",
    "limit",
    "limitBytes",
    "orphanDependents",
    "previous",
    "propagationPolicy",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "sinceSeconds",
    "tailLines",
    "timeoutSeconds",
    "watch",
];
/// Subresources whose parameters are not kept at all.
const SPOKEN_TO: [&str; 4] = ["exec", "attach", "portforward", "proxy"];

/// The address of a request on a subresource, which is empty for none, without what may be a credential; `hidden` is a
/// name that must not stand in it.
pub fn kept(uri: &str, subresource: &str, hidden: Option<&str>) -> String {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let is_spoken_to = SPOKEN_TO.contains(&subresource);
    let path = if is_spoken_to { up_to(path, subresource) } else { path };
    let path = match hidden.filter(|name| !name.is_empty()) {
        Some(name) => path.split('/').map(|part| if part == name { "-" } else { part }).collect::<Vec<_>>().join("/"),
        None => path.to_owned(),
    };
    let is_kept = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default();
        !is_spoken_to && KEPT.contains(&name)
    };
    let query: Vec<String> = query.split('&').filter(is_kept).filter_map(plain).collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// A parameter without its escapes, `fieldSelector=spec.nodeName=a`: what looks for names later must see where they begin.
/// Nothing of one that would not be one parameter then.
fn plain(parameter: &str) -> Option<String> {
    let plain = percent_decode_str(parameter).decode_utf8().ok()?;
    let is_plain = |c: char| c.is_ascii_graphic() && !"&#%\"\\".contains(c);
    plain.chars().all(is_plain).then(|| plain.into_owned())
}

/// The path up to the subresource, but for a kubelet's: what it is asked stands there, as `/pods` and `/logs/…`.
fn up_to<'a>(path: &'a str, subresource: &str) -> &'a str {
    const BEFORE: usize = 5;
    let parts: Vec<&str> = path.split('/').collect();
    if parts.get(3) == Some(&"nodes") {
        return path;
    }
    let at = parts.iter().skip(BEFORE).position(|part| *part == subresource);
    let length =
        |at: usize| parts.iter().take(BEFORE + at + 1).map(|part| part.len() + 1).sum::<usize>().saturating_sub(1);
    at.and_then(|at| path.get(..length(at))).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_stay_and_parameters_that_tell_nothing_of_values() {
        let cases = [
            (
                "",
                "/api/v1/namespaces/shop/pods?limit=500&resourceVersion=0",
                "/api/v1/namespaces/shop/pods?limit=500&resourceVersion=0",
            ),
            (
                "exec",
                "/api/v1/namespaces/shop/pods/web-1/exec?command=mysql&command=-pmarker&container=app&stdout=true",
                "/api/v1/namespaces/shop/pods/web-1/exec",
            ),
            (
                "proxy",
                "/api/v1/namespaces/shop/pods/web-1/proxy/login/marker?token=marker",
                "/api/v1/namespaces/shop/pods/web-1/proxy",
            ),
            (
                "proxy",
                "/api/v1/nodes/node-1/proxy/logs/audit.log?token=marker",
                "/api/v1/nodes/node-1/proxy/logs/audit.log",
            ),
            ("", "/apis?timeout=32s&access_token=marker", "/apis"),
            ("", "/api/v1/pods?continue=marker&labelSelector=app%3Dweb", "/api/v1/pods?labelSelector=app=web"),
            ("", "/readyz?verbose", "/readyz"),
            ("", "/apis/apps/v1/namespaces/proxy/deployments", "/apis/apps/v1/namespaces/proxy/deployments"),
            ("proxy", "/api/v1/namespaces/proxy/pods/a/proxy/x", "/api/v1/namespaces/proxy/pods/a/proxy"),
        ];
        for (subresource, uri, expected) in cases {
            assert_eq!(kept(uri, subresource, None), expected, "{uri}");
        }
        assert_eq!(
            kept("/apis/oauth.openshift.io/v1/oauthaccesstokens/sha256~marker", "", Some("sha256~marker")),
            "/apis/oauth.openshift.io/v1/oauthaccesstokens/-"
        );
    }

    proptest! {
        #[test]
        fn any_address_is_read(uri in "(/|\\?|&|=|proxy|nodes|é|[a-z]){0,30}") {
            let kept = kept(&uri, "proxy", Some("a"));
            prop_assert!(kept.len() <= uri.len());
        }
    }
}
