//! Whether a line says of itself that it is a warning or an error, in the forms that programs of a cluster write.
//!
//! Told from the line alone: klog's letter (k8s.io/klog), a level in JSON (zap, zerolog, logrus, pino, Serilog), in
//! logfmt, in capital letters or brackets near its start, etcd's old `E |`, the first words of a panic or a traceback.
//! A line of a request is as bad as how it ended (`access`).
//! A line without any level is an error where it repeats one of the system (errno, Go's net and crypto packages).
//! Kernel and systemd name no level in journalctl's short form; their own words for failures are listed here.

use super::{access, fields, klog};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// How bad a line calls itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineSeverity {
    Warning,
    Error,
    Fatal,
}

/// Who wrote a line: it decides which words mean trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    Kernel,
    Program,
    /// Either: each line says whose it is.
    Any,
}

/// Without one of these, or one of [`SYSTEM_ERRORS`], no line of a program can be a warning or worse.
const SUSPICIOUS: [&str; 40] = [
    "alert",
    "crit",
    "emerg",
    "err",
    "exception",
    "fail",
    "fatal",
    "panic",
    "segmentation fault",
    "severe",
    "traceback",
    "exited, code=",
    "abort",
    "warn",
    " e0",
    " e1",
    " f0",
    " f1",
    " w0",
    " w1",
    "msg=\"e0",
    "msg=\"e1",
    "msg=\"f0",
    "msg=\"f1",
    "msg=\"w0",
    "msg=\"w1",
    " e |",
    " c |",
    " w |",
    "\"level\":4",
    "\"level\":5",
    "\"level\":6",
    "\"response_code\":5",
    "\"response_code\":\"5",
    "\"status\":5",
    "\"status\":\"5",
    "\"statuscode\":5",
    "\"downstreamstatus\":5",
    " is down, reason: ",
    "has no server available!",
];

/// What the kernel prints when something is wrong (its sources: mm/oom_kill.c, kernel/watchdog.c, kernel/hung_task.c,
/// kernel/rcu, block/blk-core.c, fs/ext4/super.c, net/netfilter/nf_conntrack_core.c, net/sunrpc/clnt.c, and others).
const KERNEL_TROUBLE: [&str; 29] = [
    "bug:",
    "blocked for more than",
    "call trace",
    "corrupt",
    "cut here",
    "dropping packet",
    "error",
    "fail",
    "general protection",
    "hung",
    "i/o",
    "killed process",
    "kill process",
    "link is down",
    "lockup",
    "mce:",
    "machine check",
    "not responding",
    "oops",
    "out of memory",
    "panic",
    "read-only",
    "segfault",
    "stall",
    "table full",
    "timed out",
    "timeout",
    "unable to handle",
    "xid",
];

/// Errors of the system as programs print them (errno(3), getaddrinfo(3); Go's net, context and crypto/x509).
const SYSTEM_ERRORS: [&str; 24] = [
    "address already in use",
    "bad certificate",
    "broken pipe",
    "cannot allocate memory",
    "certificate has expired",
    "connection refused",
    "connection reset",
    "connection timed out",
    "deadline exceeded",
    "disk quota exceeded",
    "eai_again",
    "econnrefused",
    "econnreset",
    "enotfound",
    "etimedout",
    "i/o timeout",
    "input/output error",
    "no route to host",
    "no space left",
    "no such host",
    "permission denied",
    "read-only file system",
    "too many open files",
    "x509:",
];

static SYSTEM_ERROR: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| any_of(SYSTEM_ERRORS));
static KERNEL_SUSPECTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| any_of(markers(Writer::Kernel)));

fn any_of(words: impl IntoIterator<Item = &'static str>) -> Option<AhoCorasick> {
    AhoCorasickBuilder::new().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(words).ok()
}

/// A level as a word of its own near the start of a line. Small letters count only where brackets, an equals sign or
/// a colon make a level of them.
static LEVEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        \b(?:level|lvl|severity)="?(?P<field>[A-Za-z]+)
        | (?:^|[\s\[<|(]|\x1b\[[0-9;]*m)(?P<capital>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|SEVERE|CRIT|CRITICAL|ALERT|EMERG|FATAL|PANIC)(?:[\]>|):\s\x1b]|$)
        | [\[<](?P<bracket>trace|debug|info|notice|warn|warning|error|err|crit|critical|alert|emerg|fatal|panic)[\]>]
        | ^(?P<start>(?i:error|fatal|panic|fatal\ error|critical|exception|uncaught\ exception|unhandled\ exception))\b[^:=]{0,40}:
        | ^(?P<first>Traceback\ \(most\ recent\ call\ last\)|Exception\ in\ thread|Unhandled\ exception|goroutine\ \d+\ \[running\]|fatal\ error|Segmentation\ fault|thread\ '[^']*'\ (?:\(\d+\)\ )?panicked\ at|\(node:\d+\)\ UnhandledPromiseRejection)
        | \([A-Z]\w*(?:Error|Exception)\)\s*$
        | ^\S+\ \S+\ (?P<old>[CEWNID])\ \|\ "#,
    )
    .ok()
});

/// Of systemd, of any unit (systemd, src/core/service.c and job.c); of HAProxy, whose level syslog keeps to itself
/// (haproxy 2.8, src/server.c and src/proxy.c).
static UNIT_FAILED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"Failed with result '|Main process exited, code=(?:killed|dumped|exited, status=[1-9])|^Failed to start |Start request repeated too quickly|^(?:Backup )?Server \S+ is DOWN, reason: |^(?:backend|proxy) \S+ has no server available!").ok()
});

/// Where a level stands, if it does.
const HEAD_BYTES: usize = 160;

/// Words, in whatever case, without one of which a line of `writer` is less than a warning.
pub fn markers(writer: Writer) -> impl Iterator<Item = &'static str> {
    let (kernel, program): (&[&str], [&[&str]; 3]) = match writer {
        Writer::Kernel => (&KERNEL_TROUBLE, [&[]; 3]),
        Writer::Program => (&[], [&SUSPICIOUS, &SYSTEM_ERRORS, &access::MARKERS]),
        Writer::Any => (&KERNEL_TROUBLE, [&SUSPICIOUS, &SYSTEM_ERRORS, &access::MARKERS]),
    };
    kernel.iter().chain(program.into_iter().flatten()).copied()
}

/// The severity of a kernel message, which names none itself.
pub fn of_kernel(message: &str) -> Option<LineSeverity> {
    let found = KERNEL_SUSPECTS.as_ref().is_some_and(|finder| finder.is_match(message));
    found.then(|| if message.contains("panic") { LineSeverity::Fatal } else { LineSeverity::Error })
}

/// The severity of a program's message, without the header that its journal or runtime put before it; none where it
/// calls itself less than a warning, or nothing.
pub fn of_program(message: &str) -> Option<LineSeverity> {
    if let Some(letter) = klog::level(message.as_bytes()) {
        return level(letter.encode_utf8(&mut [0; 4]));
    }
    // k0s passes on what its programs print, each line as one that is no worse than information.
    let passed_on = head(message).split_once(" msg=\"").and_then(|(_, inner)| klog::level(inner.as_bytes()));
    if let Some(letter) = passed_on {
        return level(letter.encode_utf8(&mut [0; 4]));
    }
    if message.starts_with('{')
        && let Some(severity) = of_json(message)
    {
        return severity;
    }
    if let Some(ending) = access::ending(message) {
        let level_before =
            || LEVEL.as_ref().and_then(|pattern| pattern.captures(ending.before)).and_then(|at| named(&at));
        return if ending.failed { Some(LineSeverity::Error) } else { level_before() };
    }
    if UNIT_FAILED.as_ref().is_some_and(|pattern| pattern.is_match(message)) {
        return Some(LineSeverity::Error);
    }
    let Some(found) = LEVEL.as_ref().and_then(|pattern| pattern.captures(head(message))) else {
        let repeats = SYSTEM_ERROR.as_ref().is_some_and(|finder| finder.is_match(message));
        return repeats.then_some(LineSeverity::Error);
    };
    named(&found)
}

/// The level that [`LEVEL`] found.
fn named(found: &regex::Captures<'_>) -> Option<LineSeverity> {
    let named = ["field", "capital", "bracket", "start", "old"].iter().find_map(|name| found.name(name));
    named.map_or(Some(LineSeverity::Error), |named| level(named.as_str()))
}

fn head(message: &str) -> &str {
    let end = (0..=HEAD_BYTES.min(message.len())).rev().find(|at| message.is_char_boundary(*at)).unwrap_or_default();
    message.get(..end).unwrap_or_default()
}

/// What a level's name, in whatever case, amounts to.
fn level(name: &str) -> Option<LineSeverity> {
    match name.to_ascii_lowercase().as_str() {
        "w" | "warn" | "warning" => Some(LineSeverity::Warning),
        "e" | "err" | "error" | "eror" | "severe" | "exception" | "uncaught exception" | "unhandled exception" => {
            Some(LineSeverity::Error)
        }
        "c" | "f" | "crit" | "critical" | "alert" | "emerg" | "emergency" | "fatal" | "panic" | "dpanic"
        | "fatal error" => Some(LineSeverity::Fatal),
        _ => None,
    }
}

/// The fields that tell how a request ended: of Envoy and Istio, of nginx as people set it up, of
/// Traefik, of what logs with pino.
const STATUS: [&str; 4] = ["status", "response_code", "DownstreamStatus", "statusCode"];
/// Fields by which Kubernetes' own JSON, which has no level, tells errors (component-base/logs/json).
const OF_KUBERNETES: [&str; 3] = ["err", "v", "caller"];

/// The severity of a line of JSON; none where it is no JSON.
fn of_json(message: &str) -> Option<Option<LineSeverity>> {
    let is_wanted =
        |name: &str| [&fields::LEVEL[..], &STATUS, &OF_KUBERNETES].iter().any(|names| names.contains(&name));
    let found = fields::json(message, is_wanted)?;
    let value =
        |names: &[&str]| fields::place(&found, names).and_then(|place| found.get(place)).map(|(_, value)| value);
    let has = |name: &str| value(&[name]).is_some_and(|value| !value.is_null());
    Some(match value(&fields::LEVEL) {
        Some(Value::String(name)) => level(name),
        // bunyan and pino count: 50 is error, 60 fatal.
        Some(Value::Number(number)) => match number.as_u64() {
            Some(40..50) => Some(LineSeverity::Warning),
            Some(50..60) => Some(LineSeverity::Error),
            Some(60..100) => Some(LineSeverity::Fatal),
            _ => None,
        },
        _ if value(&STATUS).is_some_and(is_failure) => Some(LineSeverity::Error),
        // An error has `err` and no `v`.
        _ => (has("err") && !has("v") && has("caller")).then_some(LineSeverity::Error),
    })
}

/// A status with which a server says that it failed.
fn is_failure(status: &Value) -> bool {
    let status = status.as_u64().or_else(|| status.as_str()?.parse().ok());
    status.is_some_and(|status| (500..600).contains(&status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use LineSeverity::{Error, Fatal, Warning};

    #[test]
    fn programs_name_their_level() {
        let lines = [
            ("E1121 06:58:33.501922      74 kubelet.go:64] \"Failed\" err=\"x\"", Some(Error)),
            ("I1121 06:58:33.501922      74 kubelet.go:64] \"no error here\"", None),
            ("F1121 06:58:33.501922      74 server.go:64] leaderelection lost", Some(Fatal)),
            (r#"{"level":"error","msg":"x"}"#, Some(Error)),
            (r#"{"severity":"INFO","msg":"error"}"#, None),
            (r#"{"level":50,"msg":"x"}"#, Some(Error)),
            (r#"{"ts":1.0,"caller":"k/k.go:1","msg":"x","err":"y"}"#, Some(Error)),
            (r#"{"ts":1.0,"caller":"k/k.go:1","msg":"x","v":0,"err":"y"}"#, None),
            ("time=\"2026-11-20T09:00:00Z\" level=error msg=\"x\"", Some(Error)),
            ("time=\"2026-11-20T09:00:00Z\" level=info msg=\"no ERROR\"", None),
            (
                r#"time="2026-11-20T09:00:00Z" level=info msg="E1120 09:00:00.5  7 a.go:1] x" component=kubelet"#,
                Some(Error),
            ),
            ("[ERROR] plugin/errors: 2 db. A: read udp: i/o timeout", Some(Error)),
            ("2026-11-20 09:00:00,1 ERROR main: x", Some(Error)),
            ("2026/11/20 09:00:00 [error] 7#7: *1 connect() failed", Some(Error)),
            ("2026-11-20 09:00:00 INFO there was an ERROR before", None),
            ("2026-11-20 09:42:29.1 E | etcdserver: no space", Some(Error)),
            ("Traceback (most recent call last):", Some(Error)),
            ("panic: runtime error: index out of range", Some(Fatal)),
            ("error: no data", Some(Error)),
            ("k3s.service: Main process exited, code=exited, status=255/n/a", Some(Error)),
            ("W1121 06:58:33.501922      74 kubelet.go:64] \"slow\"", Some(Warning)),
            (r#"{"level":"warn","msg":"apply request took too long"}"#, Some(Warning)),
            ("getaddrinfo EAI_AGAIN db.example.net", Some(Error)),
            ("dial tcp: lookup db on 10.96.0.10:53: read udp 10.1.1.1:5->10.96.0.10:53: i/o timeout", Some(Error)),
            ("level=info msg=\"connection refused, will retry\"", None),
            (r#"INFO:     10.0.0.9:5 - "GET / HTTP/1.1" 500 Internal Server Error"#, Some(Error)),
            (r#"10.0.0.9 - - [21/Nov/2026:03:15:00 +0000] "GET /?q= ERROR HTTP/1.1" 200 5 "-" "fatal""#, None),
            (r#"WARNING: 10.0.0.9:5 - "GET /favicon.ico HTTP/1.1" 404 Not Found"#, Some(Warning)),
            (r#"{"start_time":"2026-11-21T03:15:00.1Z","response_code":503,"response_flags":"UF"}"#, Some(Error)),
            (r#"{"time":"2026-11-21T03:15:00Z","status":"502","request":"GET / HTTP/1.1"}"#, Some(Error)),
            (r#"{"level":"info","status":500,"msg":"x"}"#, None),
            ("Server shop/api-1 is DOWN, reason: Layer4 timeout, check duration: 2002ms.", Some(Error)),
            ("[WARNING]  (8) : Server shop/api-1 is DOWN, reason: Layer4 timeout", Some(Warning)),
            ("backend shop has no server available!", Some(Error)),
            ("\x1b[31mERROR\x1b[0m cannot reach ledger", Some(Error)),
            ("[Nest] 1  - 11/21/2026, 3:15:00 AM  \x1b[31m  ERROR\x1b[39m [ExceptionsHandler] boom", Some(Error)),
            ("\x1b[32mINFO\x1b[0m no ERROR", None),
            ("thread 'main' panicked at src/main.rs:4:5:", Some(Error)),
            ("thread 'tokio-runtime-worker' (17) panicked at src/main.rs:4:5:", Some(Error)),
            ("Segmentation fault (core dumped)", Some(Error)),
            ("(node:1) UnhandledPromiseRejectionWarning: TypeError: x is undefined", Some(Error)),
            ("app.rb:4:in `pay': undefined method `x' for nil:NilClass (NoMethodError)", Some(Error)),
            (r#"{"time":1,"statusCode":500,"msg":"request completed"}"#, Some(Error)),
            ("[ALERT]    (8) : backend 'shop' has no server available!", Some(Fatal)),
            ("Server shop/api-1 is UP, reason: Layer4 check passed", None),
            ("2019-03-08 10:15:02.123456 W | etcdserver: read-only range request took too long", Some(Warning)),
            ("the errors of yesterday are gone", None),
            ("", None),
        ];
        for (line, severity) in lines {
            assert_eq!(of_program(line), severity, "{line}");
            let marked = format!(" {line}").to_ascii_lowercase();
            assert!(severity.is_none() || markers(Writer::Program).any(|word| marked.contains(word)), "{line}");
        }
    }

    #[test]
    fn the_kernel_has_words_for_trouble() {
        assert_eq!(of_kernel("nf_conntrack: nf_conntrack: table full, dropping packet"), Some(Error));
        assert_eq!(of_kernel("INFO: task mysqld:1 blocked for more than 120 seconds."), Some(Error));
        assert_eq!(of_kernel("Kernel panic - not syncing: x"), Some(Fatal));
        assert_eq!(of_kernel("eth0: renamed from veth1"), None);
        assert_eq!(of_kernel("EXT4-fs (sdb1): Remounting filesystem read-only"), Some(Error));
    }
}
