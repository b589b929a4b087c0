//! Reads any bytes as a journal in each form that is no text: JSON lines, the export form, a file of journald. Whatever
//! they are, nothing panics, and what they become is lines.

#![no_main]

use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::model::EntryId;
use libfuzzer_sys::fuzz_target;
use std::time::UNIX_EPOCH;

const STARTS: [&[u8]; 4] = [b"", b"{\"__REALTIME_TIMESTAMP\":\"1795244313518248\",", b"__REALTIME_TIMESTAMP=1795244313518248\n", b"LPKSHHRH"];

fuzz_target!(|bytes: &[u8]| {
    for start in STARTS {
        let Ok(input) = Input::from_bytes([start, bytes].concat(), "fuzz", UNIX_EPOCH) else { continue };
        let inputs = Inputs::from(input);
        for id in 0..inputs.len() {
            let entry = inputs.entry(EntryId(id as u32)).expect("each has an entry");
            let _ = entry.batches(Some);
        }
    }
});
