//! By which name the program was called: its own, or as a plugin of kubectl, which finds plugins by the names of files.

use std::path::Path;
use std::sync::OnceLock;

/// What a file is called through which kubectl finds the plugin (Kubernetes documentation, Extend kubectl with plugins).
const PLUGIN: &str = "kubectl-forensics";
/// What kubectl runs to complete what is typed behind the plugin's name (k8s.io/kubectl v0.34.4,
/// pkg/cmd/plugin/plugin_completion.go).
#[cfg(feature = "shells")]
const COMPLETER: &str = "kubectl_complete-forensics";

/// How a person types it.
pub fn name() -> &'static str {
    static NAME: OnceLock<&str> = OnceLock::new();
    NAME.get_or_init(|| match stem().as_deref() {
        Some(PLUGIN) => "kubectl forensics",
        _ => "k8s-forensics",
    })
}

/// Whether kubectl asks how what is typed goes on.
#[cfg(feature = "shells")]
pub fn is_kubectls_completer() -> bool {
    stem().as_deref() == Some(COMPLETER)
}

/// The name of the file, which on some systems ends in .exe.
fn stem() -> Option<String> {
    let called = std::env::args_os().next()?;
    let file = Path::new(&called).file_name()?.to_str()?;
    Some(file.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(file).to_owned())
}
