//! Which cluster is meant, and as whom it is asked: flags with the names and the meaning that kubectl gives them.

use super::cluster;
use super::failure::Failure;
use k8s_forensics::sources::{self, ActingAs, Connection, KnownContext, RequestLimiter, Target};
use std::path::PathBuf;
use std::time::Duration;

/// As good as no limit: what asks has a deadline of its own.
const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(clap::Args)]
pub struct ClusterChoice {
    /// The kubeconfig context to use; collect takes several
    #[arg(long, value_name = "CONTEXT")]
    context: Vec<String>,
    /// The kubeconfig to use [default: as kubectl: what KUBECONFIG names, else ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Ask as this user, as kubectl --as does
    #[arg(long = "as", value_name = "USER")]
    user: Option<String>,
    /// Ask as one of this group; may be repeated
    #[arg(long = "as-group", value_name = "GROUP", requires = "user")]
    groups: Vec<String>,
    /// Ask as the user with this UID
    #[arg(long = "as-uid", value_name = "UID", requires = "user")]
    uid: Option<String>,
    /// How long one request may take as a whole, as 30s; 0 for as long as it takes. The same as --timeout item=30s
    #[arg(long, value_name = "DURATION", value_parser = request_timeout)]
    request_timeout: Option<Duration>,
}

/// A length of time as kubectl reads it: a number alone is one of seconds, and none is no limit.
fn request_timeout(text: &str) -> Result<Duration, String> {
    let length = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 30s or 2m"))?,
    };
    Ok(if length.is_zero() { FOREVER } else { length })
}

impl ClusterChoice {
    /// How long one request may take, if that was said.
    pub fn request_timeout(&self) -> Option<Duration> {
        self.request_timeout
    }

    /// A way to the one cluster that is meant; nothing has been asked yet.
    pub async fn connect(&self, limiter: RequestLimiter) -> Result<Connection, Failure> {
        if self.context.len() > 1 {
            let failed = Failure::usage("choosing the context", "several are named, and this asks one cluster");
            return Err(failed.hint("collect asks several, side by side"));
        }
        self.connect_to(self.context.first().cloned(), limiter).await
    }

    /// A way to the cluster of a context.
    pub async fn connect_to(&self, context: Option<String>, limiter: RequestLimiter) -> Result<Connection, Failure> {
        sources::connect(self.target(context), limiter).await.map_err(cluster::failure)
    }

    /// The contexts that were named.
    pub fn contexts(&self) -> &[String] {
        &self.context
    }

    /// Those of the kubeconfig, the current one first.
    pub fn known_contexts(&self) -> Result<Vec<KnownContext>, Failure> {
        sources::known_contexts(&self.target(None)).map_err(cluster::failure)
    }

    fn target(&self, context: Option<String>) -> Target {
        let acting_as = ActingAs { user: self.user.clone(), groups: self.groups.clone(), uid: self.uid.clone() };
        Target { context, kubeconfig: self.kubeconfig.clone(), acting_as }
    }

    /// As given, for the archive's header, which names no person.
    pub fn given(&self) -> [(&'static str, Option<String>); 2] {
        let another = self.user.as_ref().map(|_| "another user".to_owned());
        [("context", self.context.first().cloned()), ("as", another)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_as_kubectl_reads_it() {
        assert_eq!(request_timeout("30"), Ok(Duration::from_secs(30)));
        assert_eq!(request_timeout("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(request_timeout("0"), Ok(FOREVER));
        assert!(request_timeout("soon").is_err());
    }
}
