//! Reads any text as a file of signals, and as one of links. Whatever it is, this ends soon and without a panic,
//! also where its patterns are compiled together with the built-in ones.

#![no_main]

use k8s_forensics::analysis::{Knowledge, RuleFile};
use libfuzzer_sys::fuzz_target;

/// Larger files are slow to no purpose: each run compiles the patterns of the text.
const MOST: usize = 16 << 10;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.len() > MOST {
        return;
    }
    for path in ["signals/fuzz.yaml", "links/fuzz.yaml"] {
        let files = [RuleFile { path, text }];
        if let Ok(knowledge) = Knowledge::with_rules(&files) {
            let _ = knowledge.lacking(&files);
            let _ = knowledge.catalogue.interest();
        }
    }
});
