//! One SelfSubjectAccessReview: whether we are allowed something, by whoever decides that in the cluster, webhooks too.
//!
//! Its other kind, SelfSubjectRulesReview, lists the rules of who can list them, which webhooks cannot: it says itself
//! that it is incomplete (`incomplete` of `SubjectRulesReviewStatus`), so nothing is denied by it.

use super::Attributes;
use crate::archive::format::Status;
use crate::sources::wire::api::{Api, Problem};
use crate::sources::wire::status::quoted;
use serde::{Deserialize, Serialize};

/// What a review says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase", tag = "verdict", content = "why")]
pub enum Verdict {
    Allowed,
    /// With the reason that was given; none is, where no rule of RBAC allows it.
    Denied(String),
    /// There was no review, or whoever decides could not be asked.
    Unknown(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    status: Option<Told>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Told {
    allowed: bool,
    denied: bool,
    reason: String,
    evaluation_error: String,
}

/// Asks for the review of `attributes`.
///
/// # Errors
/// There is no such review here, or none now.
pub async fn ask(api: &Api, attributes: &Attributes) -> Result<Verdict, Problem> {
    let failed = |why: String| Problem::new(Status::Failed, why);
    let review = serde_json::to_vec(&attributes.review()).map_err(|error| failed(error.to_string()))?;
    read(&api.review(&review).await?).map_err(failed)
}

fn read(body: &[u8]) -> Result<Verdict, String> {
    let none = || format!("the answer is no review: {}", quoted(body));
    let told = serde_json::from_slice::<Wire>(body).ok().and_then(|wire| wire.status).ok_or_else(none)?;
    let Told { allowed, denied, reason, evaluation_error } = told;
    Ok(match () {
        () if allowed => Verdict::Allowed,
        // An authorizer that could not decide may do so when the request itself comes. What RBAC could not read, as a
        // binding to a role that is gone, is a reason and no error (k8s.io/kubernetes v1.34.4,
        // plugin/pkg/auth/authorizer/rbac/rbac.go).
        () if !denied && !evaluation_error.is_empty() => Verdict::Unknown(quoted(evaluation_error.as_bytes())),
        () => Verdict::Denied(quoted(reason.as_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reviews_are_read() {
        let cases = [
            (r#"{"status":{"allowed":true,"reason":"RBAC: allowed by x"}}"#, Ok(Verdict::Allowed)),
            (r#"{"status":{"allowed":false}}"#, Ok(Verdict::Denied(String::new()))),
            (
                r#"{"status":{"allowed":false,"reason":"RBAC: clusterrole \"x\" not found"}}"#,
                Ok(Verdict::Denied("RBAC: clusterrole \"x\" not found".into())),
            ),
            (
                r#"{"status":{"allowed":false,"evaluationError":"webhook timed out"}}"#,
                Ok(Verdict::Unknown("webhook timed out".into())),
            ),
            (
                r#"{"status":{"denied":true,"reason":"no","evaluationError":"another failed"}}"#,
                Ok(Verdict::Denied("no".into())),
            ),
            (r#"{"kind":"List"}"#, Err(r#"the answer is no review: {"kind":"List"}"#.to_owned())),
            ("<html>", Err("the answer is no review: <html>".to_owned())),
        ];
        for (body, expected) in cases {
            assert_eq!(read(body.as_bytes()), expected, "{body}");
        }
    }
}
