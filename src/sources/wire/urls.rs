//! Takes out of URLs what may be a credential: the user information and everything from the `?` or `#` on.

use serde_json::Value;

/// `url` without what may be a credential; `None` if there is nothing such in it. A path stays, whatever it holds.
pub fn without_credentials(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("//")?;
    let path_at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(path_at)?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let clean = format!("{scheme}//{host}{path}");
    (clean != url).then_some(clean)
}

/// Cleans the string `value`, and gives how many were cleaned: none or one.
pub fn clean(value: &mut Value) -> u64 {
    match value.as_str().and_then(without_credentials) {
        Some(clean) => {
            *value = Value::String(clean);
            1
        }
        None => 0,
    }
}

/// A webhook configuration whose `clientConfig.url` are clean, and how many were not; `None` if all are.
///
/// The API server admits no such URL (k8s.io/apiserver v0.34.4, pkg/util/webhook/validation.go, `ValidateWebhookURL`),
/// but objects that are older than that check stay.
pub fn clean_webhooks(object: &str) -> Option<(String, u64)> {
    let mut value: Value = serde_json::from_str(object).ok()?;
    let webhooks = value.get_mut("webhooks").and_then(Value::as_array_mut)?;
    let urls = webhooks.iter_mut().filter_map(|webhook| webhook.pointer_mut("/clientConfig/url"));
    let count = urls.map(clean).sum();
    (count > 0).then(|| (value.to_string(), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_and_the_rest_stays() {
        let clean = |url| without_credentials(url);
        assert_eq!(clean("https://user:MARKER@host:8443/a/b"), Some("https://host:8443/a/b".into()));
        assert_eq!(clean("https://host/a?token=MARKER#x"), Some("https://host/a".into()));
        assert_eq!(clean("https://a@b:MARKER@host?x@y"), Some("https://host".into()));
        assert_eq!(clean("https://host/a@b"), None);
        assert_eq!((clean("https://host:1/"), clean(""), clean("no URL")), (None, None, None));
    }

    #[test]
    fn webhooks_lose_credentials() {
        let with = r#"{"webhooks":[{"clientConfig":{"url":"https://u:MARKER@h/x","caBundle":"QQ=="}},{"clientConfig":{"service":{}}}]}"#;
        let (clean, count) = clean_webhooks(with).expect("one to clean");
        assert!(count == 1 && !clean.contains("MARKER") && clean.contains("https://h/x"), "{clean}");
        assert_eq!(clean_webhooks(&clean), None);
        assert_eq!((clean_webhooks("{}"), clean_webhooks(r#"{"webhooks":null}"#)), (None, None));
    }
}
