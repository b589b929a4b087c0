//! Traces as programs print them, among other lines and cut anywhere.

use super::*;
use proptest::prelude::*;

/// Lines as they are.
struct Bare;

impl Printing for Bare {
    fn printed<'a>(&self, line: &'a [u8]) -> Cow<'a, str> {
        String::from_utf8_lossy(line)
    }
}

/// The traces of a text that is cut into blocks of so many lines: the number of each head, of the lines behind it, what
/// it says and the line that tells most.
fn traces(text: &str, lines: usize) -> Vec<(usize, usize, String, Option<String>)> {
    let each: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut found, mut number) = (Vec::new(), 0);
    let mut open: Option<usize> = None;
    for block in each.chunks(lines) {
        let joined = block.concat();
        let [before, after] =
            [each.get(..number), each.get(number + block.len()..)].map(|all| all.unwrap_or_default().concat());
        let text = Surrounded { before: before.as_bytes(), block: joined.as_bytes(), after: after.as_bytes() };
        let mut traces = Traces::new(text, &Bare);
        let mut place = 0;
        for line in block {
            let says = line.trim_end_matches('\n');
            if traces.covers(place) {
                let last = open.expect("a trace that covers a line has a head");
                let entry: &mut (usize, usize, String, Option<String>) = &mut found[last];
                entry.1 += 1;
            } else {
                open = None;
                if let Some(trace) = traces.begins(place, says, is_grave(says)) {
                    let telling = trace.telling.map(|(_, line)| String::from_utf8_lossy(line).into_owned());
                    open = Some(found.len());
                    found.push((number, 0, trace.message, telling));
                }
            }
            number += 1;
            place += line.len();
        }
    }
    found
}

fn check(text: &str, head: usize, behind: usize, message: &str, telling: Option<&str>) {
    let text = format!("{text}\nready to serve\n");
    let expected = vec![(head, behind, message.to_owned(), telling.map(str::to_owned))];
    for lines in [usize::MAX, 1, 2, 3] {
        assert_eq!(traces(&text, lines.min(1000)), expected, "in blocks of {lines}:\n{text}");
    }
}

#[test]
fn python() {
    // Python 3.12: a script, and logging.exception of another.
    let trace = "Traceback (most recent call last):\n  File \"/app/pay.py\", line 7, in <module>\n    charge()\n    ~~~~~~^^\n  File \"/app/pay.py\", line 3, in charge\n    raise ValueError(\"no card\")\nValueError: no card";
    check(trace, 0, 6, "ValueError: no card", Some("ValueError: no card"));
    let logged = format!("2026-11-21 03:15:00,123 ERROR pay: charge failed\n{trace}");
    let message = "2026-11-21 03:15:00,123 ERROR pay: charge failed: ValueError: no card";
    check(&logged, 0, 7, message, Some("ValueError: no card"));
    let chained = format!(
        "{trace}\n\nDuring handling of the above exception, another exception occurred:\n\n{}",
        trace.replace("ValueError: no card", "socket.gaierror: [Errno -2] Name or service not known")
    );
    let last = "socket.gaierror: [Errno -2] Name or service not known";
    check(&chained, 0, 16, last, Some(last));
    // Two in a row are two.
    let twice = traces(&format!("{trace}\n{trace}\n"), 2);
    assert_eq!(twice.iter().map(|one| (one.0, one.1)).collect::<Vec<_>>(), [(0, 6), (7, 6)]);
}

#[test]
fn java() {
    // OpenJDK 21; Logback 1.5, pattern with %n%ex.
    let trace = "java.lang.IllegalStateException: no card\n\tat shop.Pay.charge(Pay.java:7)\n\tat shop.Pay.main(Pay.java:3)\nCaused by: java.io.IOException: gateway\n\tat shop.Pay.call(Pay.java:20)\n\t... 2 more\nCaused by: java.net.ConnectException: Connection refused\n\t... 5 more";
    let said = "java.lang.IllegalStateException: no card: Caused by: java.net.ConnectException: Connection refused";
    let cause = Some("Caused by: java.net.ConnectException: Connection refused");
    check(trace, 0, 7, said, cause);
    check(
        &format!("Exception in thread \"main\" {trace}"),
        0,
        7,
        &format!("Exception in thread \"main\" {said}"),
        cause,
    );
    let logged = format!("03:15:00.123 [http-1] ERROR shop.Pay -- charge failed\n{trace}");
    check(&logged, 0, 8, &format!("03:15:00.123 [http-1] ERROR shop.Pay -- charge failed: {said}"), cause);
    // What a logger calls information is no error.
    assert_eq!(traces(&logged.replace("ERROR", "INFO "), 3).iter().map(|one| one.0).collect::<Vec<_>>(), [1]);
}

#[test]
fn go() {
    // Go 1.23; klog's runtime.HandleCrash prints the same behind a line of its own.
    let trace = "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x45f5c4]\n\ngoroutine 1 [running]:\nmain.(*T).charge(0x0, {0x4b8a2c, 0x3})\n\t/app/pay.go:7 +0x1d\nmain.main()\n\t/app/main.go:3 +0x20\n\ngoroutine 18 [select]:\ncreated by main.main in goroutine 1\n\t/app/main.go:2 +0x9\nexit status 2";
    check(trace, 0, 12, "panic: runtime error: invalid memory address or nil pointer dereference", None);
    check(
        &trace.replace("panic: ", "fatal error: "),
        0,
        12,
        "fatal error: runtime error: invalid memory address or nil pointer dereference",
        None,
    );
}

#[test]
fn node_and_net() {
    // Node.js 20; .NET 8.
    let node =
        "TypeError: card is undefined\n    at charge (/app/pay.js:7:11)\n    at Object.<anonymous> (/app/pay.js:9:1)";
    check(
        &format!("/app/pay.js:7\n  card.x\n       ^\n\n{node}\n\nNode.js v20.11.0"),
        4,
        3,
        "TypeError: card is undefined",
        None,
    );
    let net = "Unhandled exception. System.InvalidOperationException: no card\n ---> System.Net.Sockets.SocketException (111): Connection refused\n   at Shop.Pay.Call() in /app/Pay.cs:line 20\n   --- End of inner exception stack trace ---\n   at Program.<Main>$(String[] args) in /app/Program.cs:line 3";
    let inner = "---> System.Net.Sockets.SocketException (111): Connection refused";
    check(
        net,
        0,
        4,
        &format!("Unhandled exception. System.InvalidOperationException: no card: {inner}"),
        Some(&format!(" {inner}")),
    );
}

#[test]
fn what_is_no_trace() {
    for text in [
        "error: bad file\n  hint: see the manual\n",
        "Traceback (most recent call last):\nnothing behind it\n",
        "panic: x\n\nready\n",
        "INFO at rest\n    at last a line\n",
        "java.lang.Error: alone\nnext\n",
        "    at nowhere\n    at all\n",
        "",
    ] {
        assert_eq!(traces(text, 100), [], "{text}");
    }
}

#[test]
fn a_trace_without_end_is_bounded() {
    let text = format!("panic: deep\n\ngoroutine 1 [running]:\n{}", "main.f()\n\t/app/f.go:1 +0x1\n".repeat(5_000));
    let found = traces(&text, 1_000);
    assert_eq!(found.iter().map(|one| (one.0, one.1)).collect::<Vec<_>>(), [(0, MOST_LINES)]);
    let text = format!("java.lang.Error: x\n\tat a.b(c)\n\t{}\n\tat a.b(c)\n", "y".repeat(MOST_LINE));
    assert_eq!(traces(&text, 1).iter().map(|one| one.1).collect::<Vec<_>>(), [1]);
}

/// Lines of which traces are made, in any order.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("Traceback (most recent call last):"),
        Just("  File \"/a.py\", line 1, in f"),
        Just("ValueError: x"),
        Just("During handling of the above exception, another exception occurred:"),
        Just(""),
        Just("ERROR it failed"),
        Just("INFO all is well"),
        Just("java.lang.Error: x"),
        Just("\tat a.B.c(B.java:1)"),
        Just("Caused by: java.io.IOException: y"),
        Just("panic: x"),
        Just("goroutine 1 [running]:"),
        Just("main.main()"),
    ];
    proptest::collection::vec(line, 1..40).prop_map(|lines| lines.join("\n") + "\n")
}

proptest! {
    #[test]
    fn cuts_do_not_show(text in lines(), cut in 1_usize..9) {
        prop_assert_eq!(traces(&text, cut), traces(&text, 1000));
    }

    #[test]
    fn any_text_is_survived(text in "([ \t\nA-Za-z.:()\\[\\]\"]|Traceback \\(most recent call last\\):\n|panic: |\\PC){0,80}", cut in 1_usize..4) {
        prop_assert_eq!(traces(&text, cut), traces(&text, 1000));
    }
}
