//! Reads any bytes as a loose file of any name: a table or a description of kubectl, an answer of a Prometheus, what a
//! cloud did, a log, messages of a kernel. Whatever they are, this ends soon and without a panic.

#![no_main]

use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::inputs::{Input, Inputs};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::built_in().expect("the built-in knowledge"));

/// What a file of a form begins with.
const BEGINNINGS: [&str; 11] = [
    "",
    "LAST SEEN   TYPE   REASON   OBJECT   MESSAGE\n",
    "NAME   READY   STATUS   RESTARTS   AGE   IP   NODE\n",
    "NAME   STATUS   ROLES   AGE   VERSION\n",
    "Name:  a\nNamespace:  b\nQoS Class:  c\nNode:  d\n",
    "Name:  a\nSystem Info:\nConditions:\n",
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[",
    "{\"Activities\":[{\"ActivityId\":",
    "[{\"kind\":\"compute#operation\",",
    "[    1.000000] Linux version\n",
    "2026-11-21T07:00:00Z error: x\n",
];

/// What a file may be called.
const NAMES: [&str; 3] = ["saved.txt", "dmesg-node-1", "shop/web-0/app.log"];

fuzz_target!(|bytes: &[u8]| {
    let first = usize::from(bytes.first().copied().unwrap_or_default());
    let beginning = BEGINNINGS.get(first).copied().unwrap_or_default();
    let name = NAMES.get(first % NAMES.len()).copied().unwrap_or_default();
    let written = UNIX_EPOCH + Duration::from_secs(1_795_244_400);
    let Ok(input) = Input::from_bytes([beginning.as_bytes(), bytes].concat(), name, written) else { return };
    if let Ok(analyzed) = analysis::analyze_inputs(Inputs::from(input), &KNOWLEDGE, 1) {
        k8s_forensics::report::postmortem::write(&analyzed);
    }
});
