//! Templates of made-up lines, whatever they are and however they are cut. How well lines are grouped is measured in
//! `accuracy.rs`.

use super::*;
use crate::archive::Block;
use crate::inputs::Surrounding;
use crate::logline::trace::SURROUNDINGS;
use proptest::prelude::*;

mod accuracy;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn origin(form: Form) -> Origin<'static> {
    let onset = Some(time("2026-11-21T16:00:30Z"));
    Origin { entry: 0, form, program: "docker", until: time("2026-11-21T17:00:00Z"), onset }
}

/// What was mined: templates, lines of more kinds than are told apart and those within traces, and the pace.
type Found = (Vec<Template>, u64, u64, Pace);

/// Mines a text that is cut into blocks of so many lines.
fn mined(form: Form, text: &[u8], lines: usize) -> Found {
    let (mut all, mut number, mut before) = (Miner::default(), 1, None);
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let each: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let mut surrounding = Surrounding::new(SURROUNDINGS);
    let mut parts = Vec::new();
    for chunk in each.chunks(lines) {
        surrounding.push(Batch::Lines(Block::new(number, [&chunk.join(&b"\n"[..])[..], b"\n"].concat())));
        number += chunk.len() as u64;
        parts.extend(std::iter::from_fn(|| surrounding.next(false)));
    }
    parts.extend(std::iter::from_fn(|| surrounding.next(true)));
    for part in &parts {
        let mut miner = Miner::default();
        miner.block(origin(form), part, &before);
        let Batch::Lines(block) = &part.batch else { continue };
        before = last_of(origin(form), block).or(before);
        all.absorb(miner);
    }
    let (pace, continued) = (all.pace.clone(), all.continued());
    let (templates, rest) = all.templates();
    (templates, rest, continued, pace)
}

#[test]
fn a_trace_is_one_template_whatever_its_form_and_cuts() {
    // Python 3.12 and OpenJDK 21.
    let traces = [
        (
            "Traceback (most recent call last):\n  File \"/a.py\", line 3, in f\n    g()\nsocket.timeout: timed out",
            "socket.timeout: timed out",
        ),
        (
            "java.lang.Error: lost\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: gone\n\t... 2 more",
            "Error: lost: Caused by: IOException: gone",
        ),
    ];
    for (trace, said) in traces {
        for (form, header) in [
            (Form::Stamped, "2026-11-21T16:00:00.5Z "),
            (Form::Runtime, "2026-11-21T16:00:00.5Z stderr F "),
            (Form::Journal, "Nov 21 16:00:00.5 n docker[7]: "),
            (Form::Plain { ahead_s: 0 }, ""),
        ] {
            let text: String = [trace, "well again"]
                .repeat(9)
                .iter()
                .flat_map(|one| one.lines())
                .map(|line| format!("{header}{line}\n"))
                .collect();
            let (templates, _, continued, pace) = mined(form, text.as_bytes(), 100);
            let mut found: Vec<_> = templates.iter().map(|one| (one.text.as_str(), one.count, one.severity)).collect();
            found.sort_unstable_by_key(|one| one.0.len());
            assert_eq!(found, [("well again", 9, None), (said, 9, Some(LineSeverity::Error))], "{form:?}");
            assert_eq!((continued, pace.lines), (9 * (trace.lines().count() as u64 - 1), text.lines().count() as u64));
            for lines in [1, 2, 3, 5] {
                assert_eq!(mined(form, text.as_bytes(), lines).0, templates, "{form:?} in blocks of {lines}");
            }
        }
    }
}

#[test]
fn lines_of_a_kind_are_one_template() {
    let text = "Nov 21 16:00:00.1 n dockerd[7]: time=\"2026-11-21T16:00:00.1Z\" level=error msg=\"lost \\\"ab\\\"\" id=1\n\
                Nov 21 16:00:00.2 n dockerd[7]: time=\"2026-11-21T16:00:00.2Z\" level=error msg=\"lost \\\"cd\\\"\" id=2\n\
                Nov 21 16:00:40.0 n dockerd[7]: time=\"2026-11-21T16:00:40.0Z\" level=error msg=\"lost \\\"ef\\\"\" id=3\n\
                    goes on 4\n\
                Nov 21 16:00:41.0 n dockerd[7]: well again\n";
    let (templates, rest, _, pace) = mined(Form::Journal, text.as_bytes(), 100);
    let found: Vec<_> = templates.iter().map(|one| (one.text.as_str(), one.count)).collect();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [("goes on <*>", 1), ("lost \"<*>\" id=<*>", 3), ("well again", 1)]);
    let lost = templates.iter().find(|one| one.count == 3).expect("it is there");
    assert_eq!((lost.lines, lost.seconds, lost.example.line), ([2, 1], [1, 1], 1));
    assert_eq!((lost.program.as_str(), lost.severity), ("dockerd", Some(LineSeverity::Error)));
    let goes_on = templates.iter().find(|one| one.text == "goes on <*>").expect("it is there");
    assert_eq!((goes_on.program.as_str(), goes_on.first), ("dockerd", Some(time("2026-11-21T16:00:40Z"))));
    assert_eq!((rest, pace.lines), (0, 5));
    let silence = pace.silence.expect("there is one");
    assert_eq!((silence.from, silence.line), (time("2026-11-21T16:00:00.2Z"), 2));
}

#[test]
fn a_log_of_ever_new_words_is_bounded_and_counted() {
    let mut text = String::new();
    for number in 0..200_000_u32 {
        let word =
            |seed: u32| -> String { (0..5).map(|at| char::from(b'a' + (seed >> (4 * at) & 15) as u8)).collect() };
        text.push_str(&format!("{} {} said\n", word(number / 40), word(number)));
    }
    let (templates, rest, _, _) = mined(Form::Plain { ahead_s: 0 }, text.as_bytes(), 1000);
    assert!(templates.len() <= 50_000, "{}", templates.len());
    assert!(rest > 0);
    assert_eq!(templates.iter().map(|one| one.count).sum::<u64>() + rest, 200_000);
}

/// Lines of many forms, whole and broken.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        "Nov 21 16:0[01]:[0-5][0-9].[0-9] n (kubelet|systemd)\\[7\\]: (gone|came) [a-c]{1,2} (\"[a-z ]\"|[0-9]{1,3})",
        "Nov 21 16:0[01]:[0-5][0-9] n kubelet: [IWE]1121 16:00:00.1 1 (a|b).go:[12]\\] \"(gone|came)\" [a-b]=[a-z]",
        "Nov 21 16:00:[0-5][0-9] n docker: time=\"x\" level=(info|error) msg=\"[a-b] [a-b] (c|d)\" id=[0-9]",
        "    goes on [a-c]",
        "Nov 21 16:00:[0-5][0-9] n docker: (Traceback \\(most recent call last\\):|  File \"a\", line 1|ValueError: [ab]|)",
        "Nov 21 16:00:[0-5][0-9] n docker: (panic: [ab]|goroutine 1 \\[running\\]:|main.main\\(\\)|    at [ab]|a.Error: [ab])",
        "[\"\\\\{}\\[\\]=a/ 0\\PC]{0,30}",
    ];
    let bytes = prop_oneof![9 => line.prop_map(String::into_bytes), 1 => proptest::collection::vec(any::<u8>(), 0..30)];
    proptest::collection::vec(bytes, 1..60).prop_map(|lines| lines.join(&b'\n'))
}

proptest! {
    #[test]
    fn no_line_is_lost_and_cuts_do_not_show(text in lines(), cut in 1_usize..20) {
        let whole = mined(Form::Journal, &text, usize::MAX);
        prop_assert_eq!(whole.0.iter().map(|one| one.count).sum::<u64>() + whole.1 + whole.2, whole.3.lines);
        prop_assert_eq!(mined(Form::Journal, &text, cut), whole);
    }

    #[test]
    fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..400), cut in 1_usize..9) {
        for form in [Form::Journal, Form::Stamped, Form::Runtime, Form::Plain { ahead_s: 0 }] {
            let (templates, rest, continued, pace) = mined(form, &text, cut);
            prop_assert_eq!(templates.iter().map(|one| one.count).sum::<u64>() + rest + continued, pace.lines);
        }
    }
}
