//! Redacts any bytes, whole and in pieces. Whatever they are, both give the same, with as many lines as went in, and
//! what was JSON stays JSON.

#![no_main]

use k8s_forensics::redact::{Key, Redactor, Rules};
use libfuzzer_sys::fuzz_target;
use std::convert::Infallible;
use std::sync::LazyLock;

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    Redactor::new(Rules::built_in().expect("the built-in rules"), Key::known([1; 32])).expect("few anchors")
});

fn redacted(bytes: &[u8], piece: usize) -> Vec<u8> {
    let (mut all, mut stream) = (Vec::new(), REDACTOR.stream());
    let mut out = |piece: &[u8]| -> Result<(), Infallible> {
        all.extend_from_slice(piece);
        Ok(())
    };
    for piece in bytes.chunks(piece) {
        let Ok(()) = stream.push(piece, &mut out);
    }
    let Ok(_) = stream.end(&mut out);
    all
}

fn is_json(line: &[u8]) -> bool {
    line.starts_with(b"{") && serde_json::from_slice::<serde_json::Value>(line).is_ok()
}

fuzz_target!(|bytes: &[u8]| {
    let piece = bytes.first().map_or(1, |first| usize::from(*first) + 1);
    let whole = redacted(bytes, usize::MAX);
    assert_eq!(redacted(bytes, piece), whole);
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines(bytes), lines(&whole));
    if bytes.split(|byte| *byte == b'\n').all(|line| line.is_empty() || is_json(line)) {
        for line in whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            assert!(is_json(line), "{}", String::from_utf8_lossy(line));
        }
    }
});
