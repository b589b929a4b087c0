//! How fast text is redacted, on one core: `cargo bench --bench redaction [-- FOLDER]`.
//!
//! Ordinary logs and objects are made up here; recordings are the archives of `fixtures/` or all files of FOLDER; dense
//! is text in which every line holds a credential. Every figure is the best of several runs, in MB of 10^6 bytes a
//! second of processor time (of the clock where Linux does not tell it), and how many pseudonyms were put in.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use k8s_forensics::redact::{Key, Redactor, Rules};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

const MEGABYTES: usize = 32;
const RUNS: usize = 5;
const PIECE: usize = 64 << 10;

fn main() {
    let redactor = Redactor::new(Rules::built_in().expect("the rules"), Key::known([5; 32])).expect("a redactor");
    let folder = std::env::args().skip(1).find(|arg| !arg.starts_with("--")).map(PathBuf::from);
    let recordings = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"));
    measure(&redactor, "ordinary logs", &repeated(log));
    measure(&redactor, "ordinary objects", &repeated(object));
    measure(&redactor, "recordings", &read(&recordings));
    measure(&redactor, "dense credentials", &repeated(dense));
}

fn measure(redactor: &Redactor, name: &str, text: &[u8]) {
    let (mut best, mut hidden) = (f64::MAX, 0);
    for _ in 0..RUNS {
        let (start, clock) = (processor_seconds(), Instant::now());
        let (mut bytes, mut stream) = (0_usize, redactor.stream());
        let mut out = |piece: &[u8]| -> Result<(), Infallible> {
            bytes += piece.len();
            Ok(())
        };
        for piece in text.chunks(PIECE) {
            let Ok(()) = stream.push(piece, &mut out);
        }
        let Ok(counts) = stream.end(&mut out);
        hidden = counts.values().sum::<u64>();
        let used = start.and_then(|start| Some(processor_seconds()? - start));
        best = best.min(used.unwrap_or_else(|| clock.elapsed().as_secs_f64()));
        assert!(bytes > 0, "{name}: nothing came out");
    }
    let megabytes = text.len() as f64 / 1e6;
    println!("{name:20} {megabytes:7.1} MB {:7.0} MB/s {hidden:8} hidden", megabytes / best);
}

/// Time that this thread had a processor: other programs do not count.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}

fn repeated(line: fn(&mut String, usize)) -> Vec<u8> {
    let mut text = String::new();
    for number in 0.. {
        line(&mut text, number);
        if text.len() >= MEGABYTES * 1_000_000 {
            break;
        }
    }
    text.into_bytes()
}

fn log(text: &mut String, number: usize) {
    let second = number % 60;
    let _ = match number % 5 {
        0 => writeln!(
            text,
            "Nov 21 15:55:{second:02}.042607 node-1 kubelet[812]: I1121 15:55:{second:02}.042607     812 kubelet.go:2187] \"SyncLoop (PLEG): event for pod\" pod=\"shop/api-6dbd5d6458-{number:05}\" event={{\"ID\":\"7d961a94\",\"Type\":\"ContainerStarted\"}}"
        ),
        1 => writeln!(
            text,
            "2026-11-21T15:55:{second:02}.042607808Z time=\"2026-11-21T15:55:{second:02}Z\" level=info msg=\"request served\" method=GET path=/v1/items/{number} status=200 duration=12ms"
        ),
        2 => writeln!(
            text,
            "2026-11-21T15:55:{second:02}.042607808Z {{\"level\":\"info\",\"ts\":1763740514.{number},\"caller\":\"controller/controller.go:110\",\"msg\":\"Reconciling\",\"name\":\"shop-{number}\",\"reconcileID\":\"7d961a94-0b7c-4a56-9a55-1d5b0c1d2e3f\"}}"
        ),
        3 => writeln!(
            text,
            "10.0.{second}.7 - - [21/Nov/2026:15:55:{second:02} +0000] \"GET /api/v1/namespaces/shop/pods?limit=500&resourceVersion=0 HTTP/1.1\" 200 {number} \"-\" \"kube-probe/1.34\""
        ),
        _ => writeln!(
            text,
            "2026-11-21T15:55:{second:02}.042607808Z E1121 15:55:{second:02}.042607       1 reflector.go:205] \"Failed to watch\" err=\"failed to list *v1.Secret: secrets is forbidden\" token cleaner retries in {second}s"
        ),
    };
}

fn object(text: &mut String, number: usize) {
    let _ = writeln!(
        text,
        "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"api-6dbd5d6458-{number:05}\",\"namespace\":\"shop\",\"uid\":\"7d961a94-0b7c-4a56-9a55-1d5b0c1d2e3f\",\"resourceVersion\":\"{number}\",\"labels\":{{\"app\":\"api\",\"pod-template-hash\":\"6dbd5d6458\"}},\"managedFields\":[{{\"manager\":\"kubelet\",\"operation\":\"Update\",\"fieldsV1\":{{\"f:status\":{{\"f:conditions\":{{\"k:{{\\\"type\\\":\\\"Ready\\\"}}\":{{\".\":{{}},\"f:status\":{{}}}}}}}}}}}}]}},\"spec\":{{\"volumes\":[{{\"name\":\"kube-api-access-x7k2p\",\"projected\":{{\"sources\":[{{\"serviceAccountToken\":{{\"expirationSeconds\":3607,\"path\":\"token\"}}}},{{\"configMap\":{{\"name\":\"kube-root-ca.crt\",\"items\":[{{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}}]}}}}]}}}}],\"containers\":[{{\"name\":\"api\",\"image\":\"registry.example.com/shop/api:1.2.{number}\",\"env\":[{{\"name\":\"LOG_LEVEL\",\"value\":\"info\"}},{{\"name\":\"DB_PASSWORD\",\"valueFrom\":{{\"secretKeyRef\":{{\"name\":\"db\",\"key\":\"password\"}}}}}}],\"volumeMounts\":[{{\"name\":\"kube-api-access-x7k2p\",\"readOnly\":true,\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\"}}],\"terminationMessagePath\":\"/dev/termination-log\",\"imagePullPolicy\":\"IfNotPresent\"}}],\"tolerations\":[{{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":300}}]}},\"status\":{{\"phase\":\"Running\",\"podIP\":\"10.0.0.7\",\"startTime\":\"2026-11-21T15:55:14Z\"}}}}"
    );
}

fn dense(text: &mut String, number: usize) {
    let _ = match number % 3 {
        0 => writeln!(text, "2026-11-21T15:55:14.042607808Z login user=bob password=hunter{number} host=db"),
        1 => writeln!(text, "{{\"env\":[{{\"name\":\"DB_PASSWORD\",\"value\":\"hunter{number}\"}}]}}"),
        _ => writeln!(text, "curl -H 'Authorization: Bearer abcdef{number}' postgres://bob:hunter{number}@db/shop"),
    };
}

/// All files of the recordings, as often as it takes.
fn read(folder: &Path) -> Vec<u8> {
    let (mut pending, mut text) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = pending.pop() {
        for item in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = item.path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_none_or(|end| end != "zip") {
                text.extend(std::fs::read(&path).unwrap_or_default());
            }
        }
    }
    assert!(!text.is_empty(), "no file in {}", folder.display());
    let whole = text.len();
    while text.len() < MEGABYTES * 1_000_000 {
        text.extend_from_within(..whole);
    }
    text
}
