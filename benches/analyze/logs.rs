//! Journals and container logs of any size, in the forms that programs of a cluster write. Of a thousand lines, ten
//! are matched by rules and ten are errors that no rule knows; some more have words of errors and are none.

use crate::lines::{Form, Speaker, clock};
use crate::made::{Entry, Random};
use k8s_forensics::archive::{Content, layout};
use std::fmt::Write as _;

/// How the megabytes of one node are shared out: sixteen, of which seven and a half are journals.
const JOURNALS: [(&str, Form, f64); 3] =
    [("kubelet", Form::Kubelet, 5.0), ("containerd", Form::Containerd, 2.0), ("kernel", Form::Kernel, 0.5)];
const CONTAINERS: [(&str, Form, f64); 4] = [
    ("etcd", Form::Json, 2.5),
    ("ledger", Form::Logfmt, 2.0),
    ("proxy", Form::Access, 2.0),
    ("orders", Form::Plain, 2.0),
];
const OF_NODE: f64 = 16.0;
/// Seconds that a log covers.
const SPAN: u64 = 3600;

/// As many nodes as have `bytes` of logs together.
pub fn nodes(bytes: u64) -> Vec<Entry<'static>> {
    let nodes = (bytes as f64 / OF_NODE / 1e6).round().max(1.0) as u64;
    let share = bytes as f64 / nodes as f64 / OF_NODE / 1e6;
    (0..nodes).flat_map(|node| of_node(node, share)).collect()
}

fn of_node(node: u64, share: f64) -> Vec<Entry<'static>> {
    let name = format!("node-{node:03}");
    let size = |megabytes: f64| (megabytes * share * 1e6) as usize;
    let mut entries = Vec::new();
    for (unit, form, megabytes) in JOURNALS {
        let (path, host, bytes) = (layout::journal(&name, unit), name.clone(), size(megabytes));
        entries.push(Entry::new(path, Content::Log, move |write| {
            let header = |text: &mut String, micros| journal_header(text, micros, (&host, unit));
            lines((node, bytes), &[form], &header, write);
        }));
    }
    for (container, form, megabytes) in CONTAINERS {
        let namespace = if container == "etcd" { "kube-system" } else { "shop" };
        let bytes = size(megabytes);
        let path = layout::pod_log(namespace, &format!("{container}-{name}"), container, layout::Instance::Current);
        entries.push(Entry::new(path, Content::ContainerLog, move |write| {
            lines((node, bytes), &[form], &log_header, write);
        }));
    }
    entries
}

/// All of it in the log of one container.
pub fn one_entry(bytes: u64) -> Vec<Entry<'static>> {
    let path = layout::pod_log("kube-system", "etcd-node-000", "etcd", layout::Instance::Current);
    let forms = [Form::Kubelet, Form::Kubelet, Form::Containerd, Form::Json, Form::Logfmt, Form::Access, Form::Plain];
    let size = usize::try_from(bytes).expect("a size");
    vec![Entry::new(path, Content::Log, move |write| lines((0, size), &forms, &log_header, write))]
}

/// A log of which a rule matches every line; a line has 75 bytes.
pub fn all_matched(bytes: u64) -> Vec<Entry<'static>> {
    let (name, container) = ("kube-controller-manager-node-000", "kube-controller-manager");
    let path = layout::pod_log("kube-system", name, container, layout::Instance::Current);
    vec![Entry::new(path, Content::Log, move |write| {
        let mut random = Random::new(64);
        let (mut text, mut written) = (String::new(), 0);
        let mean = SPAN * 1_000_000 * 75 / bytes;
        let mut micros = 0;
        while written < bytes {
            text.clear();
            micros += 1 + random.below(mean.max(1) * 2);
            log_header(&mut text, micros);
            let _ = writeln!(text, "F1121 {:>9} 1 server.go:285] leaderelection lost", random.below(100_000_000));
            written += text.len() as u64;
            write(&text);
        }
    })]
}

/// Lines of about `size` bytes, of the `forms` in turn, spread over [`SPAN`]; `header` writes what stands before each.
fn lines((node, size): (u64, usize), forms: &[Form], header: &dyn Fn(&mut String, u64), write: &mut dyn FnMut(&str)) {
    let mut speaker = Speaker::new(node, forms.len() as u64);
    let (mut text, mut written, mut micros) = (String::with_capacity(1 << 17), 0, 0);
    // About 200 bytes a line.
    let mean = (SPAN * 1_000_000 / (size as u64 / 200).max(1)).max(1);
    for form in forms.iter().cycle() {
        micros += 1 + speaker.random.below(2 * mean);
        header(&mut text, micros);
        speaker.line(&mut text, *form, micros);
        if text.len() > 1 << 16 || written + text.len() >= size {
            written += text.len();
            write(&text);
            text.clear();
        }
        if written >= size {
            return;
        }
    }
}

/// `Nov 21 06:58:33.518248 node-1 kubelet[914]: `, as journalctl's short-precise form.
fn journal_header(text: &mut String, micros: u64, (host, unit): (&str, &str)) {
    let process = if unit == "kernel" { "" } else { "[914]" };
    let _ = write!(text, "Nov 21 {} {host} {unit}{process}: ", clock(micros));
}

/// The kubelet's stamp of a container's line.
fn log_header(text: &mut String, micros: u64) {
    let _ = write!(text, "2026-11-21T{}417Z ", clock(micros));
}
