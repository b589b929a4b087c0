//! Mines any bytes as lines of every form. Whatever they are and however they are cut, each line is counted once, and
//! the templates are the same.

#![no_main]

use k8s_forensics::archive::Block;
use k8s_forensics::log_templates::{Form, Miner, Origin, Template, last_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for form in [Form::Journal, Form::Stamped, Form::Runtime, Form::Plain { ahead_s: 0 }] {
        let whole = mined(form, bytes, usize::MAX);
        assert_eq!(whole, mined(form, bytes, 3));
    }
});

/// The templates of all lines, in blocks of so many.
fn mined(form: Form, bytes: &[u8], lines: usize) -> Vec<Template> {
    let until = "2026-11-21T17:00:00Z".parse().expect("a time");
    let onset = "2026-11-21T16:00:00Z".parse().ok();
    let origin = Origin { entry: 0, form, program: "p", until, onset };
    let each: Vec<&[u8]> = bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|byte| *byte == b'\n').collect();
    let (mut all, mut number, mut before) = (Miner::default(), 1, None);
    for chunk in each.chunks(lines) {
        let block = Block::new(number, [&chunk.join(&b"\n"[..])[..], b"\n"].concat());
        let mut part = Miner::default();
        part.block(origin, &block, &before);
        before = last_of(origin, &block).or(before);
        number += chunk.len() as u64;
        all.absorb(part);
    }
    let (templates, rest) = all.templates();
    assert_eq!(templates.iter().map(|one| one.count).sum::<u64>() + rest, each.len() as u64);
    templates
}
