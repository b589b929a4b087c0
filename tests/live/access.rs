//! What `collect` may touch: nothing without access, no secret ever, and nothing but reads.

use crate::lab::{Lab, start_collect};
use crate::process::folder;
use crate::sealed::{content, objects, open_sealed};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// Without working access there is one sentence on what is wrong, and no file.
pub fn says_what_is_wrong_with_the_access(lab: &Lab) {
    let good = fs::read_to_string(lab.kubeconfig()).expect("up.sh wrote it");
    assert!(good.contains("token: token-collector"), "unknown kubeconfig");
    let (no_file, whole) = (folder().join("no-such-kubeconfig"), written("whole", &good));
    let cases: [(&str, PathBuf, &[&str]); 6] = [
        ("no such kubeconfig", no_file, &[]),
        ("no such context", whole.clone(), &["--context", "no-such-context"]),
        ("a kubeconfig that is none", written("no-yaml", "}{"), &[]),
        ("no credentials", written("no-token", &good.replace("token: token-collector", "{}")), &[]),
        ("credentials nobody knows", written("bad-token", &good.replace("token-collector", "token-nobody")), &[]),
        (
            "a window that ends before it begins",
            whole,
            &["--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"],
        ),
    ];
    let mut wrong = Vec::new();
    for (case, kubeconfig, args) in cases {
        let out = folder().join("access");
        // It may not be there.
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).expect("the tests' folder can be written to");
        let ended = start_collect(&kubeconfig, &out.join("archive.zip"), args).wait(Duration::from_secs(60));
        let errors = ended.stderr.lines().filter(|line| line.starts_with("error:")).count();
        let files = fs::read_dir(&out).expect("it was just made").count();
        if !matches!(ended.code, Some(1 | 2)) || errors != 1 || files != 0 {
            wrong.push(format!("{case}: {errors} error lines, {files} files left, {ended}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn written(name: &str, kubeconfig: &str) -> PathBuf {
    let file = folder().join(format!("{name}.kubeconfig"));
    fs::write(&file, kubeconfig).expect("the tests' folder can be written to");
    file
}

/// Values of Secrets and ConfigMaps, made in every way that leaves a copy, are nowhere in an archive.
pub fn keeps_secrets_out(lab: &Lab) {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_nanos();
    let marker = |place: &str| format!("k8sf-{place}-{now}");
    let places = ["literal", "applied-data", "applied-string", "configmap"];
    let [literal, data, string, map] = places.map(marker);
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    // It is only there if a run before this one was killed.
    let _ = lab.kubectl(&["delete", "namespace", "vault", "--ignore-not-found"]);
    let made = (|| {
        lab.kubectl(&["create", "namespace", "vault"])?;
        lab.kubectl(&[
            "-n",
            "vault",
            "create",
            "secret",
            "generic",
            "by-hand",
            &format!("--from-literal=password={literal}"),
        ])?;
        lab.apply(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: applied, namespace: vault}}\ndata: {{password: {}}}\nstringData: {{other: {string}}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: vault}}\ndata: {{url: \"https://user:{map}@db\"}}\n",
            base64(data.as_bytes())
        ))?;
        let applied = lab.kubectl(&["-n", "vault", "get", "secret", "applied", "-o", "yaml"])?;
        if applied.contains(&string) {
            Ok(())
        } else {
            Err("kubectl apply left no copy, so this proves nothing".to_owned())
        }
    })();
    made.unwrap_or_else(|why| panic!("{why}"));
    let file = folder().join("secrets.zip");
    // From a run before this one.
    let _ = fs::remove_file(&file);
    let ended = lab.collect(&file, &[]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let archive = open_sealed(&file);
    let named =
        |plural: &str, name: &str| objects(&archive, plural).iter().any(|object| object["metadata"]["name"] == name);
    assert!(named("configmaps", "settings"), "the ConfigMap is not in the archive at all, so this proves nothing");
    let forms: Vec<String> = [literal, data, string, map].iter().flat_map(|marker| spellings(marker)).collect();
    let found = archive.entries().flat_map(|entry| {
        let content = content(&archive, entry);
        let here = forms.iter().filter(move |form| contains(&content, form.as_bytes()));
        here.map(move |form| format!("{form} in {entry}")).collect::<Vec<_>>()
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(!forms.iter().any(|form| ended.stderr.contains(form) || ended.stdout.contains(form)), "{ended}");
    lab.kubectl(&["delete", "namespace", "vault", "--wait=false"]).unwrap_or_else(|why| panic!("{why}"));
}

/// A text plain, and in base64 wherever it stands in a longer text.
pub fn spellings(text: &str) -> Vec<String> {
    let inside = |before: usize| {
        let encoded = base64(format!("{}{text}", "x".repeat(before)).as_bytes());
        let first = [0, 2, 3].get(before).copied().unwrap_or_default();
        // The last characters depend on what follows.
        let end = (before + text.len()) * 8 / 6;
        encoded.chars().take(end).skip(first).collect()
    };
    vec![text.to_owned(), inside(0), inside(1), inside(2)]
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * place)) as usize & 63).copied().unwrap_or_default();
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

fn contains(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

/// The audit log has every request of the user that all tests collect as: they read, and nothing else.
pub fn only_reads(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let file = folder().join("audited.zip");
    // From a run before this one.
    let _ = fs::remove_file(&file);
    let ended = lab.collect(&file, &["--since", "10m"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let mut reads = 0;
    let mut others = BTreeMap::new();
    for request in requests(lab) {
        if is_read(&request) {
            reads += 1;
        } else {
            others.insert(format!("{} {}", request["verb"], request["requestURI"]), request);
        }
    }
    assert!(others.is_empty(), "{others:#?}");
    assert!(reads > 50, "only {reads} requests are in the audit log, so this proves nothing");
}

/// The requests that our binary made so far, the oldest first.
pub fn requests(lab: &Lab) -> Vec<Value> {
    let audit_log = lab.home().join("log/audit.log");
    let text = fs::read_to_string(&audit_log).unwrap_or_else(|error| panic!("{}: {error}", audit_log.display()));
    let requests = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_ours = |request: &Value| {
        let name = request["user"]["username"].as_str().unwrap_or_default();
        name == "lab-collector" || name.starts_with("system:serviceaccount:k8sf-plan:")
    };
    requests.filter(is_ours).collect()
}

/// Reads of what does not act: a websocket to `exec` is a `get` as well, of a pod and of a node's kubelet. The one
/// `create` is that of a SelfSubjectAccessReview, which is answered and not stored.
fn is_read(request: &Value) -> bool {
    if request["verb"] == "create" {
        let of = &request["objectRef"];
        return of["resource"] == "selfsubjectaccessreviews" && of["apiGroup"] == "authorization.k8s.io";
    }
    const ACTING: [&str; 3] = ["exec", "attach", "portforward"];
    const OF_KUBELET: [&str; 4] = ["/proxy/run/", "/proxy/exec/", "/proxy/attach/", "/proxy/portForward/"];
    let subresource = request["objectRef"]["subresource"].as_str().unwrap_or_default();
    let uri = request["requestURI"].as_str().unwrap_or_default();
    let acts = ACTING.contains(&subresource) || OF_KUBELET.iter().any(|path| uri.contains(path));
    matches!(request["verb"].as_str(), Some("get" | "list" | "watch")) && !acts
}
