//! Lines of the API server's audit log, wherever they stand: with bodies of requests and answers in them they hold the
//! values of Secrets, so no log is kept with them.
//!
//! `--audit-log-path` may name a file that a node's own programs write to, or be `-` for the standard output, and whoever
//! gathers logs may put them into others. Each line is an object of the group audit.k8s.io, and says so
//! (k8s.io/apiserver, pkg/apis/audit/v1/types.go); what is left of one that was cut is known by the names of its last
//! fields. An API server that says with which version of that group it was started says nothing of a request.

use aho_corasick::{AhoCorasick, Match};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The group, fields that nothing else has, and the form of old API servers (`--audit-log-format=legacy`).
const SIGNS: [&str; 4] = ["audit.k8s.io", "requestReceivedTimestamp", "stageTimestamp", "AUDIT: id="];
/// Fields with a body. Programs may have fields of these names, but not in lines that are so long.
const BODIES: [&str; 2] = ["requestObject", "responseObject"];
const LONG: usize = 64 * 1024;
/// The longest sign, and what has to stand around it.
pub const REACH: usize = 64;

static SIGN: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(SIGNS).ok());
static BODY: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(BODIES).ok());

/// Whether a line, or a piece of one, is of an audit log.
pub fn is_of(line: &[u8]) -> bool {
    let line = without_zeros(line);
    let signs = SIGN.as_ref().into_iter().flat_map(|sign| sign.find_iter(line.as_ref()));
    let is_sign = |found: &Match| found.pattern().as_usize() > 0 || names(&line, *found) == Some(Named::Object);
    let has_body = || BODY.as_ref().is_some_and(|body| body.is_match(line.as_ref()));
    signs.into_iter().any(|found| is_sign(&found)) || (line.len() > LONG && has_body())
}

/// Whether a line names the group and a version of it, and no flag does: where nobody tells of audit logs in sentences,
/// it is of one, however it was cut.
pub fn is_named_in(line: &[u8]) -> bool {
    let line = without_zeros(line);
    let signs = SIGN.as_ref().into_iter().flat_map(|sign| sign.find_iter(line.as_ref()));
    signs.into_iter().any(|found| found.pattern().as_usize() == 0 && names(&line, found).is_some())
}

/// How a line names the group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// As the value of a field, or where a line was cut before it.
    Object,
    /// In a sentence, such as that of an API server that does not know a version.
    Words,
}

/// How the group is named there; not at all without a version, or as a flag's value.
fn names(line: &[u8], found: Match) -> Option<Named> {
    let after = line.get(found.end()..).unwrap_or_default();
    let escapes = after.iter().take_while(|byte| **byte == b'\\').count();
    let after = after.get(escapes..).unwrap_or_default();
    let has_version = [b"/".as_slice(), b"u002f", b"u002F"].iter().any(|slash| after.starts_with(slash));
    let before = line.get(..found.start()).unwrap_or_default();
    let quotes = before.iter().rev().take_while(|byte| matches!(byte, b'"' | b'\'' | b'\\')).count();
    let before = before.get(..before.len() - quotes).unwrap_or_default();
    let is_flag = [b"-version=".as_slice(), b"-version "].iter().any(|flag| before.ends_with(flag));
    (has_version && !is_flag).then_some(())?;
    Some(match before.trim_ascii_end().last() {
        None | Some(b':' | b'=' | b'>' | b'{' | b',') => Named::Object,
        Some(_) => Named::Words,
    })
}

/// UTF-16 has a zero beside each letter.
fn without_zeros(line: &[u8]) -> Cow<'_, [u8]> {
    match memchr::memchr(0, line) {
        Some(_) => line.iter().copied().filter(|byte| *byte != 0).collect(),
        None => line.into(),
    }
}

/// What a piece of a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Other,
    /// A line of an audit log, or the beginning of one.
    Begins,
    /// It goes on with what came before.
    GoesOn,
}

/// Follows the lines of a log, where what is very long comes in pieces.
#[derive(Debug, Default)]
pub struct Follower {
    /// The piece before was of an audit log, and its line goes on.
    in_line: bool,
    /// The end of the piece before, if its line goes on.
    end: Vec<u8>,
    /// Who wrote a line that ended before its object did, and how long it was. Journald and syslog split what is too long
    /// for them, into lines of one length but for the last, which has signs of its own.
    split: Option<(Vec<u8>, usize)>,
}

impl Follower {
    pub fn look(&mut self, piece: &[u8]) -> Found {
        let is_end = piece.ends_with(b"\n");
        if std::mem::take(&mut self.in_line) {
            self.in_line = !is_end;
            return Found::GoesOn;
        }
        let mut seam = std::mem::take(&mut self.end);
        let is_within = !seam.is_empty();
        seam.extend_from_slice(piece.get(..REACH).unwrap_or(piece));
        let found = if is_of(piece) || (is_within && is_of(&seam)) {
            self.split = split(piece);
            Found::Begins
        } else if self.is_split(piece) {
            Found::GoesOn
        } else {
            Found::Other
        };
        if !is_end && found == Found::Other {
            self.end = piece.get(piece.len().saturating_sub(REACH)..).unwrap_or_default().to_vec();
        }
        self.in_line = !is_end && found != Found::Other;
        found
    }

    /// Whether `piece` goes on with a line that was split.
    fn is_split(&mut self, piece: &[u8]) -> bool {
        const ROUGHLY: usize = 64;
        let Some((writer, length)) = &self.split else { return false };
        if program(piece) != writer {
            return false;
        }
        let goes_on = piece.len() + ROUGHLY >= *length;
        if !goes_on {
            self.split = None;
        }
        goes_on
    }
}

/// Who wrote a line of an audit log that ends before its object does, and its length.
fn split(line: &[u8]) -> Option<(Vec<u8>, usize)> {
    const SHORTEST: usize = 900;
    let is_open = line.len() > SHORTEST && !line.trim_ascii_end().ends_with(b"}");
    let writer = program(line);
    (is_open && !writer.is_empty()).then(|| (writer.to_vec(), line.len()))
}

/// Who wrote a line, as a journal and syslog have it before the message: `k3s[812]`; nobody if that is not said.
fn program(line: &[u8]) -> &[u8] {
    let head = line.get(..160).unwrap_or(line);
    let Some(end) = memchr::memmem::find(head, b": ") else { return b"" };
    let head = head.get(..end).unwrap_or_default();
    let word = head.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let is_program = word.len() < head.len()
        && word.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'{' | b'}' | b'\\' | b','));
    if is_program { word } else { b"" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"1","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/secrets/db","verb":"get","responseObject":{"kind":"Secret","data":{"k":"bWFya2Vy"}},"requestReceivedTimestamp":"2026-11-21T07:00:00.000000Z","stageTimestamp":"2026-11-21T07:00:00.100000Z"}"#;

    #[test]
    fn lines_of_an_audit_log_are_known_in_every_form() {
        let quoted = serde_json::to_string(EVENT).expect("JSON");
        let twice = serde_json::to_string(&quoted).expect("JSON");
        let utf16: Vec<u8> = EVENT.bytes().flat_map(|byte| [byte, 0]).collect();
        let (_, tail) = EVENT.split_at(EVENT.find("bWFy").expect("a body"));
        let (head, _) = EVENT.split_at(60);
        let lines: Vec<Vec<u8>> = vec![
            EVENT.into(),
            format!("2026-11-21T07:00:00Z stdout F {EVENT}").into(),
            format!("Nov 21 07:00:00 node-1 k3s[812]: {EVENT}").into(),
            format!("{{\"log\":{quoted},\"stream\":\"stdout\"}}").into(),
            format!("{{\"message\":{twice}}}").into(),
            EVENT.replace("audit.k8s.io/v1", "audit.k8s.io\\/v1").into(),
            EVENT.replace("audit.k8s.io/v1", "audit.k8s.io\\u002fv1").into(),
            EVENT.replace("audit.k8s.io/v1", "audit.k8s.io/v1beta1").into(),
            r#"{"apiVersion":"audit.k8s.io/v1","items":[],"kind":"EventList"}"#.into(),
            utf16,
            tail.into(),
            head.into(),
            r#"n":"audit.k8s.io/v1","level":"Request""#.into(),
            r#"2026-11-21T07:00:00.0Z AUDIT: id="5c3b8227" stage="RequestReceived" ip="127.0.0.1" method="GET" user="admin""#.into(),
            format!("{{\"responseObject\":\"{}\"}}", "x".repeat(LONG)).into(),
        ];
        for line in lines {
            assert!(is_of(&line), "{}", String::from_utf8_lossy(&line));
        }
    }

    #[test]
    fn other_lines_are_not() {
        for line in [
            "type=SYSCALL msg=audit(1795244400.123:42): arch=c000003e syscall=59 success=yes",
            "node=node-1 type=USER_CMD msg=audit(1795244400.123:42): pid=1 cmd=6C73 exe=\"/usr/bin/sudo\"",
            r#"I1121 07:00:00.123456       1 flags.go:64] FLAG: --audit-log-version="audit.k8s.io/v1""#,
            r#"{"command":["kube-apiserver","--audit-webhook-version=audit.k8s.io/v1"]}"#,
            "reason audit.k8s.io is not a group of this server",
            r#"E1121 07:00:00.1 1 run.go:72] "command failed" err="no kind \"Policy\" is registered for version \"audit.k8s.io/v1beta1\" in scheme""#,
            r#"{"level":"info","requestObject":"shop","responseObject":"y"}"#,
            r#"I1121 07:00:00.123456 1 httplog.go:134] "HTTP" verb="GET" URI="/readyz" audit-ID="5c3b" resp=200"#,
            "",
        ] {
            assert!(!is_of(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn sentences_name_it_and_flags_do_not() {
        assert!(is_named_in(b"is registered for version \"audit.k8s.io/v1beta1\" in scheme"));
        let utf16: Vec<u8> = "audit.k8s.io/v1".bytes().flat_map(|byte| [byte, 0]).collect();
        assert!(is_named_in(&utf16));
        assert!(!is_named_in(b"FLAG: --audit-log-version=\"audit.k8s.io/v1\"") && !is_named_in(b"audit.k8s.io"));
    }

    fn look(pieces: &[String]) -> Vec<Found> {
        let mut follower = Follower::default();
        pieces.iter().map(|piece| follower.look(piece.as_bytes())).collect()
    }

    #[test]
    fn pieces_of_a_line_share_its_fate() {
        use Found::{Begins, GoesOn, Other};
        let pieces = ["a", "b", "c\n", "{\"apiVersion\":\"audit.k8s.io/v1", "secret", "s\n", "d\n"].map(str::to_owned);
        assert_eq!(look(&pieces), [Other, Other, Other, Begins, GoesOn, GoesOn, Other]);
        let (first, second) = EVENT.split_at(EVENT.find("s.io/v1").expect("a group"));
        assert_eq!(look(&[first.to_owned(), second.get(..40).unwrap_or_default().to_owned()]), [Other, Begins]);
    }

    #[test]
    fn lines_that_were_split_are_followed() {
        use Found::{Begins, GoesOn, Other};
        let head = "Nov 21 07:00:00 node-1 k3s[812]: ";
        let body = "a2V5\":\"c2VjcmV0\",".repeat(100);
        let part = |text: &str| format!("{head}{text}\n");
        let first = part(&format!("{}{body}", EVENT.get(..80).unwrap_or_default()));
        let last = part("c2VjcmV0\"}},\"stageTimestamp\":\"2026-11-21T07:00:00Z\"}");
        let same = part(&format!("{body}{}", "x".repeat(80)));
        let other = "Nov 21 07:00:00 node-1 kernel: a\n".to_owned();
        let after = part("I1121 07:00:00.1 812 a.go:1] x");
        assert_eq!(
            look(&[first.clone(), other, same.clone(), last, after.clone()]),
            [Begins, Other, GoesOn, Begins, Other]
        );
        // It was cut off, and nothing goes on with it.
        assert_eq!(look(&[first, after, same.clone()]), [Begins, Other, Other]);
        assert_eq!(look(&[part(EVENT), same]), [Begins, Other]);
    }
}
