//! Analyses any bytes as a loose file. Whatever they are, this ends soon and without a panic.

#![no_main]

use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::inputs::{Input, Inputs};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::built_in().expect("the built-in knowledge"));

fuzz_target!(|bytes: &[u8]| {
    let written = UNIX_EPOCH + Duration::from_secs(1_795_300_000);
    let Ok(input) = Input::from_bytes(bytes.to_vec(), "fuzz", written) else { return };
    let _ = analysis::analyze_inputs(Inputs::from(input), &KNOWLEDGE, 1);
});
