//! `collect` of several clusters at once: what becomes of one is said, and is the end of no other.

use assert_cmd::Command;
use k8s_forensics::archive::Archive;
use std::fs;
use std::path::Path;

/// Two API servers that refuse every connection, two contexts of the first, and one whose key is missing.
const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
current-context: dark
clusters:
- {name: one, cluster: {server: 'http://127.0.0.1:1'}}
- {name: two, cluster: {server: 'http://127.0.0.1:2'}}
- {name: three, cluster: {server: 'https://127.0.0.1:3'}}
users:
- {name: keyless, user: {client-certificate: /nonexistent/cert, client-key: /nonexistent/key}}
contexts:
- {name: again, context: {cluster: one}}
- {name: dark, context: {cluster: one}}
- {name: 'far/off', context: {cluster: two}}
- {name: keyless, context: {cluster: three, user: keyless}}
";

fn collect(folder: &Path, arguments: &[&str]) -> (i32, Vec<String>, String) {
    fs::write(folder.join("config"), KUBECONFIG).expect("a kubeconfig");
    let mut command = Command::cargo_bin("k8s-forensics").expect("the program");
    command.current_dir(folder).env("KUBECONFIG", folder.join("config")).arg("collect").args(arguments);
    let output = command.output().expect("an end");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let paths = text(&output.stdout).lines().map(str::to_owned).collect();
    (output.status.code().expect("a code"), paths, text(&output.stderr))
}

#[test]
fn one_that_fails_is_the_end_of_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let contexts = ["--context", "keyless", "--context", "dark", "--context", "far/off", "--context", "dark"];
    let (code, paths, said) = collect(folder.path(), &contexts);
    assert_eq!(code, 4, "{said}");
    let [dark, far] = paths.as_slice() else { panic!("{paths:?} {said}") };
    assert!(dark.starts_with("forensics-dark-") && far.starts_with("forensics-far-off-"), "{paths:?}");
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    assert!(last.iter().any(|line| line.contains("keyless") && line.contains("see its error above")), "{said}");
    assert!(last.iter().any(|line| line.contains("far/off") && line.contains("not read")), "{said}");
    let headers: Vec<_> = paths
        .iter()
        .map(|path| Archive::open(&folder.path().join(path)).and_then(|archive| archive.header()).expect("a header"))
        .collect();
    let [one, other] = headers.as_slice() else { panic!("two headers") };
    assert_eq!((one.from, one.to), (other.from, other.to), "one window");
    let run = |number: &str, of: &k8s_forensics::archive::format::Header| {
        let together = of.options.get("side-by-side").cloned().unwrap_or_default();
        together.strip_prefix(number).map(str::to_owned).expect("its number")
    };
    assert_eq!(run("2 of 3, ", one), run("3 of 3, ", other), "one run");
    assert_eq!(other.options.get("context").map(String::as_str), Some("far/off"));
}

#[test]
fn of_all_contexts_each_server_is_asked_once() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("archives")).expect("a folder");
    let (code, paths, said) = collect(folder.path(), &["--all-contexts", "--redact", "strict", "-o", "archives"]);
    assert_eq!((code, paths.len()), (4, 2), "{said}");
    assert!(said.contains("note: again is not asked, as it leads to the same API server as dark"), "{said}");
    assert!(paths.iter().all(|path| path.starts_with("archives/forensics-cluster-")), "{paths:?}");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let both = ["--context", "dark", "--context", "far/off"];
    let refused = |more: &[&str]| {
        let (code, paths, said) = collect(folder.path(), &[&both, more].concat());
        assert_eq!((code, paths.len()), (2, 0), "{said}");
        said
    };
    assert!(refused(&["--context", "none"]).contains("no context none in the kubeconfig"));
    assert!(refused(&["-o", "-"]).contains("there is an archive for each"));
    assert!(refused(&["-o", "no-such-folder"]).contains("mkdir -p no-such-folder"));
    #[cfg(feature = "stores")]
    assert!(refused(&["--to", "file:///nowhere"]).contains("upload ARCHIVE --to file:///nowhere"));
    assert!(refused(&["--prometheus", "http://127.0.0.1:9"]).contains("in the archives of all"));
    let archives = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(archives, 1, "the kubeconfig alone");
}
