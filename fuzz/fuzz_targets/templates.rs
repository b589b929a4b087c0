//! Mines any bytes as lines of every form. Whatever they are and however they are cut, each line is counted once, and
//! the templates are the same.

#![no_main]

use k8s_forensics::archive::Block;
use k8s_forensics::inputs::{Batch, Surrounding};
use k8s_forensics::log_templates::{Form, Miner, Origin, Template, last_of};
use k8s_forensics::logline::trace::SURROUNDINGS;
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
    let (mut surrounding, mut parts) = (Surrounding::new(SURROUNDINGS), Vec::new());
    for chunk in each.chunks(lines) {
        surrounding.push(Batch::Lines(Block::new(number, [&chunk.join(&b"\n"[..])[..], b"\n"].concat())));
        number += chunk.len() as u64;
        parts.extend(std::iter::from_fn(|| surrounding.next(false)));
    }
    parts.extend(std::iter::from_fn(|| surrounding.next(true)));
    for part in &parts {
        let mut miner = Miner::default();
        miner.block(origin, part, &before);
        let Batch::Lines(block) = &part.batch else { continue };
        before = last_of(origin, block).or(before);
        all.absorb(miner);
    }
    let continued = all.continued();
    let (templates, rest) = all.templates();
    assert_eq!(templates.iter().map(|one| one.count).sum::<u64>() + rest + continued, each.len() as u64);
    templates
}
