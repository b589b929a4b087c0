//! What is allowed here, for clients that ask before they show anything: reading, and nothing else. Nothing is stored.

use super::answer::{Answer, Refusal};
use super::ask::Ask;
use super::protobuf;
use serde_json::{Value, json};

const READING: [&str; 3] = ["get", "list", "watch"];

/// Said where something is not allowed.
const READ_ONLY: &str = "an archive can only be read";

/// Answers one of the [`REVIEWS`](super::discovery::REVIEWS).
pub fn answer(ask: &Ask, plural: &str) -> Result<Answer, Refusal> {
    let spec = match protobuf::message(&ask.body) {
        Some(review) => json!({"resourceAttributes": {"verb": verb(review).unwrap_or_default()}}),
        None => {
            let review: Value =
                serde_json::from_slice(&ask.body).map_err(|_| Refusal::bad("the review cannot be read"))?;
            review.get("spec").cloned().unwrap_or_default()
        }
    };
    if plural == "selfsubjectrulesreviews" {
        let rules = json!([{"verbs": READING, "apiGroups": ["*"], "resources": ["*"]}]);
        return Ok(Answer::json(&json!({
            "kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}, "spec": {},
            "status": {"resourceRules": rules, "nonResourceRules": [], "incomplete": false},
        })));
    }
    let of = spec.get("resourceAttributes").or_else(|| spec.get("nonResourceAttributes"));
    let verb = of.and_then(|of| of.get("verb")).and_then(Value::as_str).unwrap_or_default();
    let is_allowed = READING.contains(&verb);
    let reason = if is_allowed { "" } else { READ_ONLY };
    Ok(Answer::json(&json!({
        "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}, "spec": spec,
        "status": {"allowed": is_allowed, "reason": reason},
    })))
}

/// The verb of a SelfSubjectAccessReview (api/authorization/v1/generated.proto): `spec` is its field 2, whose field 1 is of
/// resources and 2 of paths; the verb is field 2 of either.
fn verb(review: &[u8]) -> Option<&str> {
    let spec = protobuf::field(review, 2)?;
    let of = protobuf::field(spec, 1).or_else(|| protobuf::field(spec, 2))?;
    std::str::from_utf8(protobuf::field(of, 2)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(body: &[u8]) -> Option<bool> {
        let mut ask = Ask::new("POST", "/", "");
        ask.body = body.to_vec();
        let mut text = Vec::new();
        (answer(&ask, "selfsubjectaccessreviews").ok()?.body)(&mut text).expect("memory");
        serde_json::from_slice::<Value>(&text).expect("JSON").pointer("/status/allowed")?.as_bool()
    }

    #[test]
    fn reading_is_allowed_and_nothing_else_whichever_way_it_is_asked() {
        let json = |verb: &str| format!(r#"{{"spec":{{"resourceAttributes":{{"verb":"{verb}","resource":"pods"}}}}}}"#);
        assert_eq!(
            (is_allowed(json("get").as_bytes()), is_allowed(json("delete").as_bytes())),
            (Some(true), Some(false))
        );
        // What kubectl 1.34 sends: an envelope, in it a spec with the attributes `{namespace: "a", verb: "list"}`.
        let attributes = [&[0x0a, 1][..], b"a", &[0x12, 4], b"list"].concat();
        let spec = [&[0x0a, attributes.len() as u8][..], &attributes].concat();
        let review = [&[0x0a, 0, 0x12, spec.len() as u8][..], &spec].concat();
        let whole = [&b"k8s\0"[..], &[0x0a, 0, 0x12, review.len() as u8], &review].concat();
        assert_eq!(is_allowed(&whole), Some(true));
        assert_eq!((is_allowed(b"k8s\0\x12\xff"), is_allowed(b"")), (Some(false), None));
    }
}
