//! One file as the body of a form (RFC 7578).

use super::upload::{Upload, kind_of};
use sha2::{Digest, Sha256};

/// The body, and the value of its `Content-Type`.
pub(super) fn form(field: &str, file: &Upload) -> (Vec<u8>, String) {
    let boundary = boundary(&file.bytes);
    // Names of a report's files hold no quotes; others never come here.
    let name: String = file.name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: {}\r\n\r\n",
        kind_of(&name)
    );
    let mut body = Vec::with_capacity(file.bytes.len() + head.len() + boundary.len() + 8);
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&file.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (body, format!("multipart/form-data; boundary={boundary}"))
}

/// A line that is not in the file: 128 bits of its own hash, which nobody can write into it.
fn boundary(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("k8s-forensics-{digits}")
}
