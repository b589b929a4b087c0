//! Who is there: version, identity and clock of the API server, before anything is planned.
//!
//! A server that does not answer is no error here: the archive then says so for every item. Credentials that are
//! refused and certificates that do not fit are errors, because nobody wants an archive of those.

use super::item::Closing;
use crate::archive::format::{ClockReading, ClusterId, Status};
use crate::sources::SourcesError;
use crate::sources::permissions::Attributes;
use crate::sources::wire::api::{Api, Deadlines, Problem};
use crate::sources::wire::status::CERTIFICATE;
use serde::Deserialize;
use std::time::Duration;

/// Both questions together stay below this many seconds twice, so that a dead server costs less than 15.
const LOOK: Deadlines = Deadlines::brief(Duration::from_secs(6));
const LIMIT: usize = 1024 * 1024;

/// Whose UID is the cluster's, as it is never made anew.
const IDENTITY: &str = "/api/v1/namespaces/kube-system";

/// As clock readings name the API server.
pub const API_SERVER: &str = "API server";

/// What was found out.
#[derive(Debug, Default)]
pub struct Found {
    pub cluster: ClusterId,
    pub clocks: Vec<ClockReading>,
    /// Why nothing can be asked.
    pub closing: Option<Closing>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Version {
    git_version: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    uid: Option<String>,
}

/// Looks at the API server.
pub async fn look(api: &Api, context: Option<String>) -> Result<Found, SourcesError> {
    let mut found = Found { cluster: ClusterId { context, ..ClusterId::default() }, ..Found::default() };
    // A Kubernetes API server always has both; where neither is, something else answers.
    let mut strange = 0;
    match api.get("/version", None, LOOK).await {
        Ok(answer) => {
            found.clocks.extend(answer.clock.reading(API_SERVER));
            let body = answer.bytes(LIMIT).await.unwrap_or_default();
            found.cluster.version = serde_json::from_slice::<Version>(&body).unwrap_or_default().git_version;
            strange += u8::from(found.cluster.version.is_none());
        }
        Err(problem) => {
            strange += u8::from(problem.status == Status::Absent);
            found.closing = refused(problem)?;
        }
    }
    // Who may not see it need not ask; the server is then known by its version alone.
    if found.closing.is_none() && api.require(&Attributes::of_get(IDENTITY)).await.is_ok() {
        match api.get(IDENTITY, None, LOOK).await {
            Ok(answer) => {
                let body = answer.bytes(LIMIT).await.unwrap_or_default();
                found.cluster.uid = serde_json::from_slice::<Named>(&body).unwrap_or_default().metadata.uid;
                strange += u8::from(found.cluster.uid.is_none());
            }
            Err(problem) => {
                strange += u8::from(problem.status == Status::Absent);
                found.closing = refused(problem)?;
            }
        }
    }
    if strange > 1 {
        let why = "what answers at the kubeconfig's server is no Kubernetes API server";
        return Err(SourcesError::Config(why.to_owned()));
    }
    Ok(found)
}

/// Sorts a problem: an error of the one who asks, a server that is not there, or nothing to worry about yet.
fn refused(problem: Problem) -> Result<Option<Closing>, SourcesError> {
    match (problem.status, problem.code) {
        (Status::Denied, None) if problem.why.starts_with(CERTIFICATE) => Err(SourcesError::Certificate(problem.why)),
        (Status::Denied, None | Some(401)) => Err(SourcesError::Credentials(problem.why)),
        // What the API server calls whoever brings no credentials.
        (Status::Denied, _) if problem.why.contains("\"system:anonymous\"") => {
            let why = "the kubeconfig gives no credentials, and the API server answers no one who is anonymous";
            Err(SourcesError::Credentials(why.to_owned()))
        }
        _ if problem.is_silence() => {
            let why = format!("the API server does not answer: {}", problem.why);
            Ok(Some(Closing::new(Status::Unreachable, why)))
        }
        // Forbidden, busy or ill: each item finds out for itself.
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_sorted() {
        let with = |status, code| Problem { code, ..Problem::new(status, "x") };
        assert!(matches!(refused(with(Status::Denied, Some(401))), Err(SourcesError::Credentials(_))));
        assert!(matches!(refused(with(Status::Denied, Some(403))), Ok(None)));
        assert!(matches!(refused(with(Status::Unreachable, Some(503))), Ok(None)));
        let closing = refused(with(Status::Timeout, None)).expect("no error").expect("a reason");
        assert_eq!(closing.status, Status::Unreachable);
        let nobody = r#"namespaces "kube-system" is forbidden: User "system:anonymous" cannot get resource"#;
        let nobody = Problem { code: Some(403), ..Problem::new(Status::Denied, nobody) };
        assert!(matches!(refused(nobody), Err(SourcesError::Credentials(_))));
        let certificate = Problem::new(Status::Denied, format!("{CERTIFICATE}: expired"));
        assert!(matches!(refused(certificate), Err(SourcesError::Certificate(_))));
    }
}
