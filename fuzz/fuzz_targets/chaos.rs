//! Reads any bytes as objects of Litmus or Chaos Mesh, JSON or YAML, beside an archive of nothing. Whatever they are, this
//! ends soon and without a panic.

#![no_main]

use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::inputs::{Input, Inputs};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::built_in().expect("the built-in knowledge"));

const EVENTS: &str = r#"{"apiVersion":"v1","items":[{"apiVersion":"v1","kind":"Event","metadata":{"name":"a","namespace":"ci"},"involvedObject":{"kind":"Pod","namespace":"ci","name":"a-1-b","uid":"u"},"reason":"Scheduled","message":"Successfully assigned ci/a-1-b to node-1","firstTimestamp":"2026-11-21T16:00:00Z"}],"kind":"List"}"#;

fuzz_target!(|bytes: &[u8]| {
    // They are known by a word that they hold.
    let text = match bytes.first() {
        Some(b'{') => [bytes, b" \n \"chaos-mesh.org/v1\" \"litmuschaos.io/v1\""].concat(),
        _ => [b"# chaos-mesh.org/v1 apiVersion:\n".as_slice(), bytes].concat(),
    };
    let check = Input::check_from_bytes(bytes.to_vec(), "fuzz").or_else(|_| Input::check_from_bytes(text, "fuzz"));
    let Ok(check) = check else { return };
    let Ok(events) = Input::from_bytes(EVENTS.as_bytes(), "events", UNIX_EPOCH) else { return };
    let Ok(inputs) = Inputs::new(events, vec![check]) else { return };
    if let Ok(analyzed) = analysis::analyze_inputs(inputs, &KNOWLEDGE, 1) {
        k8s_forensics::report::postmortem::write(&analyzed);
    }
});
