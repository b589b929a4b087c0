//! Stack traces in logs of containers: each is one error, with one time and what tells most of it, whatever the size of
//! blocks and the number of threads.

use crate::fixture;
use k8s_forensics::analysis;
use k8s_forensics::archive::Limits;
use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::report::schema::Report;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// What Python 3.12, OpenJDK 21, Go 1.23, Node.js 20 and .NET 8 print, and the words that are left of each.
const TRACES: [(&str, &str); 5] = [
    (
        "Traceback (most recent call last):\n  File \"/app/pay.py\", line 7, in <module>\n    charge()\n  File \"/app/pay.py\", line 3, in charge\n    raise GatewayError(\"no card\")\nGatewayError: no card",
        "GatewayError: no card",
    ),
    (
        "java.lang.IllegalStateException: no basket\n\tat shop.Pay.charge(Pay.java:7)\nCaused by: java.net.ConnectException: Connection refused\n\tat shop.Pay.call(Pay.java:20)\n\t... 2 more",
        "java.lang.IllegalStateException: no basket: Caused by: java.net.ConnectException: Connection refused",
    ),
    (
        "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.charge(...)\n\t/app/pay.go:7 +0x1d\nmain.main()\n\t/app/main.go:3 +0x20\nexit status 2",
        "panic: assignment to entry in nil map",
    ),
    (
        "TypeError: card is undefined\n    at charge (/app/pay.js:7:11)\n    at Object.<anonymous> (/app/pay.js:9:1)",
        "TypeError: card is undefined",
    ),
    (
        "Unhandled exception. System.InvalidOperationException: no card\n ---> System.TimeoutException: The operation has timed out.\n   at Shop.Pay.Call() in /app/Pay.cs:line 20\n   --- End of inner exception stack trace ---\n   at Program.<Main>$(String[] args) in /app/Program.cs:line 3",
        "Unhandled exception. System.InvalidOperationException: no card: ---> System.TimeoutException: The operation has timed out.",
    ),
];

/// The log of a container, each line with its own stamp as a runtime writes it, that has each trace so often.
fn log(times: usize, is_docker: bool) -> String {
    let (mut text, mut number) = (String::new(), 0_u64);
    let mut print = |line: &str| {
        number += 1;
        let time =
            format!("2026-11-21T07:{:02}:{:02}.{:06}Z", number / 600_000 % 60, number / 10_000 % 60, number % 10_000);
        let _ = match is_docker {
            true => {
                writeln!(text, "{}", serde_json::json!({"log": format!("{line}\n"), "stream": "stderr", "time": time}))
            }
            false => writeln!(text, "{time} stderr F {line}"),
        };
    };
    for round in 0..times {
        for (at, (trace, _)) in TRACES.iter().enumerate() {
            (0..(round + at) % 7).for_each(|_| print("GET /pay took 3 ms"));
            trace.lines().for_each(&mut print);
            print("ready");
        }
    }
    text
}

fn report(folder: &Path, block: u64, threads: usize) -> Report {
    let mut limits = Limits::default();
    assert!(limits.set("line-bytes", block));
    let inputs = Inputs::from(Input::open(folder, limits, None).expect("loose files"));
    analysis::analyze_inputs(inputs, fixture::knowledge(), threads).expect("an analysis").report()
}

#[test]
fn a_trace_is_one_error_wherever_blocks_are_cut() {
    const TIMES: usize = 40;
    for is_docker in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop_api-0_4e77ad73/app");
        fs::create_dir_all(&path).expect("a folder");
        fs::write(path.join("0.log"), log(TIMES, is_docker)).expect("a file");
        let whole = report(folder.path(), 1 << 20, 1);
        let said: Vec<(&str, u64)> = whole.not_understood.iter().map(|one| (one.words.as_str(), one.count)).collect();
        // That a program does not survive an error is a signal, and as often one.
        let is_known = |words: &str| words.starts_with("panic: ");
        let unknown = TRACES.iter().filter(|(_, words)| !is_known(words));
        let mut expected: Vec<(String, u64)> =
            unknown.map(|(_, words)| (format!("app: {words}"), TIMES as u64)).collect();
        let crashed = whole.signals.iter().filter(|one| one.signal == "ProgramCrashed").map(|one| one.count);
        assert_eq!(crashed.sum::<u64>(), TIMES as u64);
        expected.sort();
        let mut sorted: Vec<(String, u64)> = said.iter().map(|(words, count)| ((*words).to_owned(), *count)).collect();
        sorted.sort();
        assert_eq!(sorted, expected);
        let text = serde_json::to_string(&whole).expect("a report in JSON");
        for (block, threads) in [(1 << 20, 7), (300, 1), (300, 7), (1_000, 2), (20_000, 2)] {
            let other = serde_json::to_string(&report(folder.path(), block, threads)).expect("a report in JSON");
            assert!(other == text, "blocks of {block} bytes on {threads} threads differ");
        }
    }
}
