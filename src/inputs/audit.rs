//! API audit logs: the forms in which they are handed on, and how one is known by what stands in it.
//!
//! kube-apiserver writes one Event a line, or posts an EventList (k8s.io/apiserver, pkg/apis/audit/v1/types.go,
//! plugin/pkg/audit/log and webhook). Providers wrap them: Cloud Logging writes an entry of its own with a
//! `protoPayload` (google/cloud/audit/audit_log.proto), CloudWatch keeps each Event as the text of a `message`, and
//! exports it behind a time, Azure as the text of `properties.log` or, in Log Analytics, as the columns of the tables
//! AKSAudit and AKSAuditAdmin or the column `log_s` of AzureDiagnostics. What an event says is for its reader.

use super::batch::Batch;
use super::kind::AuditForm;
use super::records;
use crate::archive::{Archive, ArchiveError};
use crate::logline::stamp;
use chrono::{DateTime, Utc};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// The form of an audit log by how it begins; none of what is none.
pub fn form(start: &[u8]) -> Option<AuditForm> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if text.starts_with(b"[") {
        return is_of_audit(text).then_some(AuditForm::Array);
    }
    if let Some(found) = LIST.as_ref()?.captures(text).and_then(|found| found.get(1)) {
        let key = KEYS.into_iter().find(|key| key.as_bytes() == found.as_bytes())?;
        return is_of_audit(text).then_some(AuditForm::Under(key));
    }
    text.split(|byte| *byte == b'\n').take(FIRST_LINES).find_map(|line| {
        let line = line.trim_ascii();
        let stamped = line.iter().position(|byte| *byte == b' ').and_then(|at| line.split_at_checked(at));
        match stamped {
            _ if !is_of_audit(line) => None,
            _ if line.starts_with(b"{") => Some(AuditForm::Lines),
            Some((time, rest)) if stamp::rfc3339(time).is_some() && rest.trim_ascii_start().starts_with(b"{") => {
                Some(AuditForm::Stamped)
            }
            _ => None,
        }
    })
}

/// A file that was cut out of another may begin within a line.
const FIRST_LINES: usize = 3;

/// What the list of an answer is called: in an EventList, by CloudWatch, by an Event Hub.
const KEYS: [&str; 3] = ["items", "events", "records"];

/// An object up to its list, with nothing but short fields before it.
static LIST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let field = r#""[^"]*"\s*:\s*(?:"[^"]*"|null|true|false|[0-9.]+|\{\s*\})"#;
    Regex::new(&format!(r#"^\{{\s*(?:{field}\s*,\s*)*"(items|events|records)"\s*:\s*\["#)).ok()
});

/// What only an event of an audit log has, whatever is around it: the group and the ID, as they are or in a text; an
/// entry of Cloud Logging for Kubernetes; a row of Log Analytics.
static SIGNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"audit\.k8s\.io/v[^}]{0,200}?auditID|auditID[^}]{0,500}?audit\.k8s\.io/v"#,
        r#"|auditID\\*"\s*:\s*\\*"[^"\\]+\\*"\s*,\s*\\*"stage\\*"\s*:"#,
        r#"|"methodName"\s*:\s*"io\.k8s\.|"serviceName"\s*:\s*"k8s\.io""#,
        r#"|"AuditId"\s*:\s*"[^"]"#,
    ))
    .ok()
});

fn is_of_audit(text: &[u8]) -> bool {
    SIGNS.as_ref().is_some_and(|signs| signs.is_match(text))
}

/// Streams the events of an entry to `each`, in what is around them; a batch that is given back is used again.
pub fn read(
    files: &Archive,
    entry: &str,
    form: AuditForm,
    each: impl FnMut(Batch) -> Option<Batch>,
) -> Result<(), ArchiveError> {
    match form {
        AuditForm::Lines | AuditForm::Stamped | AuditForm::Counts => records::lines(files, entry, each),
        AuditForm::Array => records::of_list(files, entry, "", each),
        AuditForm::Under(key) => records::of_list(files, entry, key, each),
    }
}

/// Times that an event bears, also in a text and in the names of providers.
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = "(?:stageTimestamp|requestReceivedTimestamp|StageReceivedTime|RequestReceivedTime|timestamp)";
    Regex::new(&format!(r#"{name}\\*"\s*:\s*\\*"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9:.]{{8,18}}Z)"#)).ok()
});

/// The first and the last time of an entry's events.
pub fn span(files: &Archive, entry: &str, form: AuditForm) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let mut span: Option<(DateTime<Utc>, DateTime<Utc>)> = None;
    // What cannot be read shows when it is read as evidence.
    let _ = read(files, entry, form, |batch| {
        for (_, record) in batch.records() {
            let found = TIME.as_ref().into_iter().flat_map(|time| time.captures_iter(record));
            for at in found.filter_map(|found| stamp::rfc3339(found.get(1)?.as_bytes())) {
                span = Some(span.map_or((at, at), |(from, to)| (from.min(at), to.max(at))));
            }
        }
        Some(batch)
    });
    span
}

/// The event of a line that bears a time before it.
pub fn without_stamp(line: &[u8]) -> &[u8] {
    let at = line.iter().position(|byte| *byte == b'{').unwrap_or_default();
    line.get(at..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::UNIX_EPOCH;

    /// As kube-apiserver v1.31 writes it.
    const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"2052d577-3391-4fe7-9fe2-4d6c8cbe398f","stage":"ResponseComplete","requestURI":"/api/v1/test","verb":"list","user":{"username":"system:apiserver"},"userAgent":"kube-apiserver/v1.31.5 (linux/amd64) kubernetes/test","objectRef":{"resource":"resourcequotas","namespace":"test","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2025-03-18T08:58:34.940093Z","stageTimestamp":"2025-03-18T08:58:34.950093Z"}"#;

    fn in_text() -> String {
        serde_json::Value::from(EVENT).to_string()
    }

    /// Each form with an event in it, as its makers write it.
    fn forms() -> Vec<(AuditForm, String)> {
        let google = r#"{"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"io.k8s.core.v1.pods.list","serviceName":"k8s.io"},"timestamp":"2025-03-18T08:58:34.940093Z"}"#;
        let azure = format!(
            r#"{{ "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read", "category": "kube-audit-admin", "properties": {{"log":{}, "stream":"stdout"}}}}"#,
            in_text()
        );
        let row = r#"{"AuditId":"2052d577","Stage":"ResponseComplete","RequestReceivedTime":"2025-03-18T08:58:34.940093Z","Verb":"list"}"#;
        vec![
            (AuditForm::Lines, format!("{EVENT}\n{EVENT}\n")),
            (AuditForm::Lines, format!("dded\"}}}}\n{EVENT}\n")),
            (AuditForm::Lines, EVENT.replace("audit.k8s.io/v1", "audit.k8s.io/v1beta1")),
            (AuditForm::Stamped, format!("2025-03-18T08:58:35.000Z {EVENT}\n")),
            (
                AuditForm::Under("items"),
                format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{EVENT}]}}"#),
            ),
            (
                AuditForm::Under("events"),
                format!(
                    "{{\n    \"events\": [\n        {{\n            \"logStreamName\": \"kube-apiserver-audit-7197\",\n            \"timestamp\": 1742288314940,\n            \"message\": {}\n        }}\n    ]\n}}\n",
                    in_text()
                ),
            ),
            (AuditForm::Lines, google.to_owned()),
            (AuditForm::Array, format!("[\n  {google}\n]\n")),
            (AuditForm::Lines, azure),
            (AuditForm::Array, format!("[{row}]")),
            (AuditForm::Array, format!(r#"[{{"log_s":{},"Category":"kube-audit"}}]"#, in_text())),
        ]
    }

    #[test]
    fn each_form_is_known_by_how_it_begins() {
        for (wanted, text) in forms() {
            assert_eq!(form(text.as_bytes()), Some(wanted), "{text}");
        }
        for other in [
            r#"{"kind":"Event","apiVersion":"v1","metadata":{"name":"a"},"reason":"Scheduled"}"#,
            r#"{"apiVersion":"v1","items":[{"apiVersion":"v1","kind":"Pod"}],"kind":"List"}"#,
            "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n",
            r#"{"kind":"Policy","apiVersion":"audit.k8s.io/v1","rules":[{"level":"Metadata"}]}"#,
            r#"[{"protoPayload":{"methodName":"compute.instances.preempted","serviceName":"compute.googleapis.com"}}]"#,
            "I1121 06:58:33.501922 1 flags.go:64] FLAG: --audit-webhook-version=\"audit.k8s.io/v1\"",
            "",
        ] {
            assert_eq!(form(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn the_span_is_that_of_the_events_in_every_form() {
        for (known, text) in forms() {
            let files = Archive::text_from_bytes(text.clone().into_bytes(), "audit.log", UNIX_EPOCH).expect("a file");
            let (from, to) = span(&files, "audit.log", known).expect("times");
            assert_eq!(from.timestamp(), 1_742_288_314, "{text}");
            assert!(to >= from);
        }
        assert_eq!(without_stamp(b"2025-03-18T08:58:35.000Z {\"a\":1}"), b"{\"a\":1}");
        assert_eq!(without_stamp(b"no object"), b"no object");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in "[\\[{}\\]\",:a-z\\\\ \n]{0,80}(auditID|audit.k8s.io/v1|\"items\":\\[)?[\"{}\n]{0,8}") {
            form(text.as_bytes());
            without_stamp(text.as_bytes());
        }
    }
}
