//! Analyses any bytes as an audit log: as they are, and as the bodies and texts of events that are well formed. Whatever
//! they are, this ends soon and without a panic.

#![no_main]

use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::inputs::{Input, Inputs};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::built_in().expect("the built-in knowledge"));

/// An event up to what the bytes say.
const HEAD: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"527a905d","stage":"ResponseComplete","requestURI":"/apis","verb":"patch","user":{"username":"system:node:a"},"objectRef":{"resource":"deployments","apiGroup":"apps","namespace":"a","name":"a"},"requestReceivedTimestamp":"2026-11-27T10:00:00.100000Z","stageTimestamp":"2026-11-27T10:00:00.200000Z""#;

fuzz_target!(|bytes: &[u8]| {
    analyse(bytes.to_vec());
    let text = String::from_utf8_lossy(bytes);
    let mut log = String::new();
    for line in text.lines() {
        log.push_str(HEAD);
        log.push_str(",\"responseObject\":");
        log.push_str(line);
        log.push_str("}\n");
    }
    let message = serde_json::Value::from(text.as_ref());
    log.push_str(&format!("{HEAD},\"responseStatus\":{{\"code\":500,\"message\":{message}}}}}\n"));
    analyse(log.into_bytes());
});

fn analyse(bytes: Vec<u8>) {
    let Ok(input) = Input::from_bytes(bytes, "audit.log", UNIX_EPOCH) else { return };
    let _ = analysis::analyze_inputs(Inputs::from(input), &KNOWLEDGE, 1);
}
