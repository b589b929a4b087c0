//! Errors of clusters, in words.

use super::failure::Failure;
use k8s_forensics::archive::ArchiveError;
use k8s_forensics::sources::SourcesError;

/// What was tried, what came back, and what to do next.
pub fn failure(error: SourcesError) -> Failure {
    match error {
        SourcesError::Config(why) => Failure::environment("reading the kubeconfig", why)
            .hint("set KUBECONFIG to a file that kubectl can use, or run this where kubectl works"),
        SourcesError::Context { context, known } => {
            Failure::usage("choosing the context", format!("no context {context} in the kubeconfig"))
                .hint(format!("it has {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }))
        }
        SourcesError::Credentials(why) => Failure::environment("asking the API server", why)
            .hint("log in to the cluster again; `kubectl auth whoami` shows who you are"),
        SourcesError::Certificate(why) => Failure::environment("asking the API server", why).hint(
            "compare the kubeconfig's server and certificate authority with the cluster's, and this machine's clock",
        ),
        SourcesError::Unreachable(why) => Failure::environment("asking the API server", why)
            .hint("collect still writes an archive, which says so; the nodes keep their journals"),
        SourcesError::OtherCluster { .. } => Failure::environment("going on with the archive", error)
            .hint("choose its cluster with --context, or collect this one into an archive of its own"),
        SourcesError::Archive(error @ ArchiveError::Exists { .. }) => {
            Failure::environment("writing the archive", error)
                .hint("choose another name with -o, or replace it with --force")
        }
        SourcesError::Archive(error) => Failure::environment("writing the archive", error)
            .hint("what was written so far stays readable in the file that ends in .partial"),
    }
}
