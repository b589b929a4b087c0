//! What a kubeconfig and a cluster have, for a word that is being typed.

#[cfg(feature = "live")]
use super::words::Words;
#[cfg(feature = "live")]
use k8s_forensics::sources::{self, ActingAs, RequestLimiter, Target};

/// The contexts of the kubeconfig.
#[cfg(feature = "live")]
pub fn contexts() -> Vec<String> {
    sources::contexts(&target())
}

/// The namespaces of the cluster that is meant, if it tells them soon.
#[cfg(feature = "live")]
pub fn namespaces() -> Vec<String> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Vec::new() };
    let named = runtime.block_on(async {
        match sources::connect(target(), RequestLimiter::default()).await {
            Ok(connection) => sources::namespaces(&connection).await,
            Err(_) => Vec::new(),
        }
    });
    // What still waits for an answer is not waited for.
    runtime.shutdown_background();
    named
}

#[cfg(feature = "live")]
fn target() -> Target {
    let words = Words::typed();
    Target {
        context: words.value_of("--context"),
        kubeconfig: words.value_of("--kubeconfig").map(Into::into),
        acting_as: ActingAs { user: words.value_of("--as"), ..ActingAs::default() },
    }
}

#[cfg(not(feature = "live"))]
pub fn contexts() -> Vec<String> {
    Vec::new()
}

#[cfg(not(feature = "live"))]
pub fn namespaces() -> Vec<String> {
    Vec::new()
}
