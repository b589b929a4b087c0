//! Paths of what is kept of the audit log of an API server.

use super::{decoded, encoded};

const FOLDER: &str = "controlplane/audit/";
/// What is no file of the log, whatever that is called.
const READS: &str = "reads";

/// What is kept of a file of the audit log of the API server on a node; `file` is its name there, and not `reads`.
pub fn audit(node: &str, file: &str) -> String {
    format!("{FOLDER}{}/{}.jsonl", encoded(node), encoded(file))
}

/// The node and file of an [`audit`] path.
pub fn parse_audit(entry: &str) -> Option<(String, String)> {
    parse(entry).filter(|(_, file)| file != READS)
}

/// Counts of the requests of a node's API server that change nothing.
pub fn audit_reads(node: &str) -> String {
    audit(node, READS)
}

/// The node of an [`audit_reads`] path.
pub fn parse_audit_reads(entry: &str) -> Option<String> {
    parse(entry).filter(|(_, file)| file == READS).map(|(node, _)| node)
}

fn parse(entry: &str) -> Option<(String, String)> {
    let (node, file) = entry.strip_prefix(FOLDER)?.split_once('/')?;
    let file = file.strip_suffix(".jsonl").filter(|file| !file.contains('/'))?;
    Some((decoded(node), decoded(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back() {
        for node in ["cp-1", "../x", "N"] {
            let entry = audit(node, "audit-2026-11-21t07-12-31.123.log");
            assert_eq!(parse_audit(&entry), Some((node.to_owned(), "audit-2026-11-21t07-12-31.123.log".to_owned())));
            assert_eq!((parse_audit_reads(&entry), parse_audit(&audit_reads(node))), (None, None));
            assert_eq!(parse_audit_reads(&audit_reads(node)), Some(node.to_owned()));
        }
        assert_eq!(parse_audit("controlplane/livez.txt"), None);
    }
}
