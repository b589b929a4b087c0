//! What shells and kubectl ask: completions by real shells where they are, manual pages, and the name of a plugin.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const BINARY: &str = env!("CARGO_BIN_EXE_k8s-forensics");

/// Two contexts, and no cluster behind them.
#[cfg(feature = "live")]
const CONTEXTS: &str = r#"
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
contexts: [{name: production, context: {cluster: c, user: u}}, {name: staging, context: {cluster: c, user: u}}]
current-context: production
"#;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).join("archive")
}

fn printed(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The words that bash offers for the last of `words`, by the script that it is given.
fn in_bash(words: &[&str], env: &[(&str, &Path)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script");
    fs::write(&script, printed(Command::new(BINARY).args(["completions", "bash"]))).expect("a script");
    let ask = r#"source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9
        _clap_complete_k8s_forensics "$1" "${!#}" "" && printf '%s\n' "${COMPREPLY[@]}""#;
    let path = format!("{}:/usr/bin:/bin", Path::new(BINARY).parent().expect("a folder").display());
    let mut bash = Command::new("bash");
    bash.arg("-c").arg(ask).arg("bash").arg(&script).arg("k8s-forensics").args(words).env("PATH", path);
    bash.envs(env.iter().copied());
    // Options may always follow, and are offered besides.
    let options = words.last().is_some_and(|word| word.starts_with('-'));
    let all = printed(&mut bash);
    let offered = all.lines().filter(|word| !word.is_empty() && word.starts_with('-') == options);
    offered.map(str::to_owned).collect()
}

#[test]
fn bash_offers_commands_and_what_an_archive_holds() {
    let offered = |words: &[&str]| in_bash(words, &[]);
    assert_eq!(offered(&["ana"]), ["analyze"]);
    assert_eq!(offered(&["show", "--"]).iter().filter(|word| *word == "--limit").count(), 1);
    let archive = fixture("memory-cascade");
    let archive = archive.to_str().expect("a path");
    assert!(offered(&["show", archive, "tim"]).contains(&"timeline".to_owned()));
    let kinds = offered(&["show", archive, "get", "po"]);
    assert!(kinds.contains(&"pods".to_owned()), "{kinds:?}");
    let nodes = offered(&["show", archive, "get", "nodes", ""]);
    assert!(!nodes.is_empty() && nodes == offered(&["show", archive, "nodes", ""]), "{nodes:?}");
    assert_eq!(nodes, offered(&["show", archive, "events", "--node", ""]));
    let behind = offered(&["show", archive, "describe", "node/"]);
    assert_eq!(behind, nodes.iter().map(|node| format!("node/{node}")).collect::<Vec<_>>());
    let namespaces = offered(&["show", archive, "pods", "-n", ""]);
    let pods_of = |namespace: &str| offered(&["show", archive, "get", "-n", namespace, "pods", ""]);
    let all = offered(&["show", archive, "pods", ""]);
    let inside = namespaces.iter().map(|namespace| pods_of(namespace)).find(|pods| !pods.is_empty());
    let inside = inside.expect("pods of a namespace");
    assert!(namespaces.len() > 1 && inside.len() < all.len(), "{namespaces:?} {inside:?}");
    assert!(inside.iter().all(|pod| all.contains(pod)));
    assert!(offered(&["show", "no-such-archive", "get", ""]).is_empty());
    assert!(offered(&["signals", "OOM"]).contains(&"OOMKill".to_owned()));
}

#[cfg(feature = "live")]
#[test]
fn bash_offers_contexts_and_gives_up_on_a_cluster_that_does_not_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config");
    fs::write(&config, CONTEXTS).expect("a kubeconfig");
    let offered = |words: &[&str]| in_bash(words, &[("KUBECONFIG", &config)]);
    assert_eq!(offered(&["collect", "--context", ""]), ["production", "staging"]);
    assert_eq!(offered(&["collect", "--context", "st"]), ["staging"]);
    assert_eq!(offered(&["plan", "--profile", "q"]), ["quick"]);
    assert!(offered(&["collect", "--namespace", ""]).is_empty());
    let named = [&["collect", "--kubeconfig", config.to_str().expect("a path"), "--context", "pr"][..]].concat();
    assert_eq!(in_bash(&named, &[("KUBECONFIG", Path::new("/nonexistent"))]), ["production"]);
}

#[test]
fn every_shell_is_given_a_script_that_asks_the_program() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(Command::new(BINARY).args(["completions", shell]));
        assert!(script.contains("K8S_FORENSICS_COMPLETE") && script.contains("k8s-forensics"), "{shell}: {script}");
        assert!(!script.contains(BINARY), "{shell} is told a path of this machine: {script}");
    }
}

#[test]
fn fish_offers_the_same() {
    let script = "k8s-forensics completions fish | source; complete -C 'k8s-forensics ana'";
    let path = format!("{}:/usr/bin:/bin", Path::new(BINARY).parent().expect("a folder").display());
    match Command::new("fish").args(["-N", "-c", script]).env("PATH", path).output() {
        Ok(output) => assert!(String::from_utf8_lossy(&output.stdout).starts_with("analyze"), "{output:?}"),
        Err(_) => eprintln!("fish is not here, so what it offers was not tried: tests/packages.sh does"),
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().expect("a folder");
    printed(Command::new(BINARY).arg("man").arg(folder.path()));
    let page = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert!(page("k8s-forensics.1").contains("k8s\\-forensics\\-analyze(1)"), "{}", page("k8s-forensics.1"));
    for name in ["analyze", "completions", "show", "show-get", "verify"] {
        assert!(page(&format!("k8s-forensics-{name}.1")).contains(".SH SYNOPSIS"), "{name}");
    }
    assert!(!folder.path().join("k8s-forensics-man.1").exists(), "what only packages need");
    let missing = folder.path().join("none");
    let refused = Command::new(BINARY).arg("man").arg(missing).output().expect("it runs");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("hint: give a folder that is there"));
}

/// The program under another name, as a plugin's files are.
#[cfg(unix)]
fn called(name: &str, args: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join(name);
    std::os::unix::fs::symlink(BINARY, &link).expect("a link");
    let output = Command::new(link).args(args).output().expect("it runs");
    [output.stdout, output.stderr].map(|said| String::from_utf8(said).expect("text")).concat()
}

#[cfg(unix)]
#[test]
fn a_plugin_calls_itself_as_people_type_it() {
    assert!(called("kubectl-forensics", &["show", "--help"]).contains("Usage: kubectl forensics show "));
    assert!(called("kubectl-forensics", &["show"]).contains("Usage: kubectl forensics show "));
    assert!(called("kubectl-forensics", &["signals"]).contains("`kubectl forensics signals NAME` explains one"));
    assert!(called("k8s-forensics", &["show"]).contains("Usage: k8s-forensics show "));
}

#[cfg(unix)]
#[test]
fn kubectl_is_answered_as_cobra_answers() {
    let said = called("kubectl_complete-forensics", &["ana"]);
    assert!(said.starts_with("analyze\t"), "{said}");
    assert!(said.ends_with("\n:4\n"), "{said}");
    let archive = fixture("memory-cascade");
    let archive = archive.to_str().expect("a path");
    assert!(called("kubectl_complete-forensics", &["show", archive, "get", "po"]).contains("pods\n"));
    // A folder is gone into, so no blank is put behind it.
    let parent = archive.strip_suffix("archive").expect("a folder");
    assert!(called("kubectl_complete-forensics", &["show", &format!("{parent}arch")]).ends_with("archive/\n:6\n"));
}
