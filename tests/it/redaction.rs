//! What redaction promises of any text: pieces do not matter, lines stay lines, JSON stays JSON, and what is redacted
//! stays as it is.

use crate::redaction_corpus::{planted_at, redactor};
use k8s_forensics::redact::{Key, Redactor, Rules};
use proptest::prelude::*;
use std::convert::Infallible;

fn streamed(redactor: &Redactor, text: &[u8], pieces: &[usize]) -> Vec<u8> {
    let (mut bytes, mut stream, mut rest) = (Vec::new(), redactor.stream(), text);
    let mut out = |piece: &[u8]| -> Result<(), Infallible> {
        bytes.extend_from_slice(piece);
        Ok(())
    };
    let mut sizes = pieces.iter().cycle();
    while !rest.is_empty() {
        let size = sizes.next().copied().unwrap_or(rest.len()).clamp(1, rest.len());
        let (piece, after) = rest.split_at(size);
        let Ok(()) = stream.push(piece, &mut out);
        rest = after;
    }
    let Ok(_) = stream.end(&mut out);
    bytes
}

/// Pieces of what secrets stand in, in any order.
fn fragment() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "password",
        "DB_PASSWORD",
        "token",
        "\"",
        "\\\"",
        "\\\\\\\"",
        "'",
        ":",
        "=",
        ": ",
        " ",
        "\n",
        "\\n",
        "\\\\n",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"name\":\"DB_PASSWORD\"",
        "\"value\":",
        "name: API_TOKEN",
        "  value: ",
        "|",
        "- ",
        "--password",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "MIIEabcdefgh12345678",
        "eyJhbGciOiJSUzI1NiJ9",
        ".",
        "eyJhIjoxMjM0fQ",
        "://",
        "bob:hunter2@db",
        "kind: Secret",
        "\"kind\":\"Secret\"",
        "\"data\":{",
        "data:",
        "Authorization: Bearer ",
        "hunter2",
        "AKIAABCDEFGHIJKLMNOP",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "last-applied-configuration",
        "2026-11-21T15:55:14.042607808Z ",
        "Cookie: a=b",
        "é",
        "\\u0026",
        "\\",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "[ -~]{0,12}", 1 => "\\PC{0,4}"]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..40).prop_map(|all| all.concat())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        text().prop_map(serde_json::Value::String),
        any::<u32>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
        Just(serde_json::Value::Bool(true)),
    ];
    let leaf = leaf.prop_recursive(3, 24, 5, |inner| {
        let key = prop_oneof![fragment(), text()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::Array),
            prop::collection::btree_map(key, inner.clone(), 0..5).prop_map(|map| map.into_iter().collect()),
            inner.prop_map(|value| serde_json::Value::String(value.to_string())),
        ]
    });
    leaf.boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn pieces_do_not_matter(text in text(), pieces in prop::collection::vec(1_usize..50, 1..6)) {
        let redactor = redactor();
        prop_assert_eq!(streamed(&redactor, text.as_bytes(), &pieces), redactor.text(&text).into_bytes());
    }

    #[test]
    fn lines_stay(text in text()) {
        let out = redactor().text(&text);
        prop_assert_eq!(out.matches('\n').count(), text.matches('\n').count());
    }

    #[test]
    fn json_stays_json(values in prop::collection::vec(json(), 1..4)) {
        let redactor = redactor();
        let text: String = values.iter().map(|value| format!("{value}\n")).collect();
        let out = redactor.text(&text);
        prop_assert_eq!(out.lines().count(), values.len());
        for line in out.lines() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{:?} became {:?}", text, out);
        }
    }

    #[test]
    fn redacting_again_changes_nothing(secret in "[ -~]{1,40}|[!-/:-@a0]{1,4}", place in any::<prop::sample::Index>()) {
        let redactor = redactor();
        let text = planted_at(place.index(usize::MAX), &secret);
        let once = redactor.text(&text);
        prop_assert_eq!(redactor.text(&once), once, "of {:?}", text);
    }

    #[test]
    fn any_bytes_pass(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        streamed(&redactor(), &bytes, &[7]);
    }
}

/// Text of megabytes without a line break, with secrets where windows meet.
#[test]
fn windows_meet_without_a_seam() {
    let redactor = redactor();
    for filler in ["x", "ab cd ", "{\"a\":\"b\"},", "\\", "\"", "line\n"] {
        for start in [(7 << 17) - 20, 7 << 17, (1 << 20) - 9, 1 << 20, 13 << 17] {
            let mut text = filler.repeat(start / filler.len());
            text.push_str(" {\"name\":\"DB_PASSWORD\",\"value\":\"hunter2hunter2\"} password=hunter2hunter2 ");
            text.push_str(&filler.repeat((3 << 19) / filler.len()));
            let whole = streamed(&redactor, text.as_bytes(), &[usize::MAX]);
            assert_eq!(streamed(&redactor, text.as_bytes(), &[4093, 65_537, 1]), whole, "{filler:?} {start}");
            let whole = String::from_utf8(whole).expect("text");
            let after = whole.split("password=").nth(1).unwrap_or_default();
            assert!(after.starts_with("REDACTED-"), "{filler:?} {start}: {:?}", after.get(..40));
        }
    }
}

#[test]
fn a_value_without_an_end_is_dropped_in_bounded_memory() {
    let redactor = redactor();
    let text = format!("{{\"password\":\"{}\",\"user\":\"bob\"}}\n", "s3cret\\\"".repeat(1 << 19));
    let out = String::from_utf8(streamed(&redactor, text.as_bytes(), &[8191])).expect("text");
    assert!(out.len() < 100, "{}", out.len());
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(value["user"], "bob");
}

/// Objects that were packed into an annotation are as large as objects.
#[test]
fn a_long_token_is_hidden_to_its_end() {
    let redactor = redactor();
    for (before, piece, after) in [
        ("{\"objectset.rio.cattle.io/applied\":\"H4sIAAAA", "k8sF", "\",\"x\":\"y\"}\n"),
        ("{\"kapp.k14s.io/original\":\"{", "\\\"k8sF\\\":7,", "}\",\"x\":\"y\"}\n"),
    ] {
        for (ahead, length) in [(0, 3000), (0, 300_000), (900_000, 300_000), (0, 3_000_000)] {
            let text = format!("{}{before}{}{after}", " ".repeat(ahead), piece.repeat(length / piece.len()));
            let out = String::from_utf8(streamed(&redactor, text.as_bytes(), &[65_537])).expect("text");
            assert!(
                !out.contains("k8sF") && out.trim_start().len() < 120,
                "{ahead} {length}: {:.200}",
                out.trim_start()
            );
            assert!(out.ends_with("\",\"x\":\"y\"}\n"), "{ahead} {length}: {:.200}", out.trim_start());
        }
    }
}

#[test]
fn counts_say_which_rule_and_how_often() {
    let (redactor, mut stream) = (redactor(), redactor().stream());
    let mut out = |_: &[u8]| -> Result<(), Infallible> { Ok(()) };
    let Ok(()) = stream.push(b"password=hunter2 user=bob\nPASSWORD=hunter3\ngot AKIAABCDEFGHIJKLMNOP\n", &mut out);
    let Ok(counts) = stream.end(&mut out);
    let counts: Vec<String> = counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    assert_eq!(counts, ["aws 1", "password 2"]);
    assert_ne!(redactor.text("password=hunter2"), "password=hunter2");
}

#[test]
fn one_secret_has_one_pseudonym_wherever_it_stands() {
    let redactor = redactor();
    let out = redactor
        .text(concat!(r#"{"password":"a&b\"c"} {"x":"{\"password\":\"a&b\\\"c\"}"} {"password":"a\u0026b\"c"}"#, "\n"));
    let names: std::collections::BTreeSet<&str> =
        out.split("REDACTED-").skip(1).filter_map(|part| part.get(..21)).collect();
    assert_eq!(names.len(), 1, "{out}");
}

#[test]
fn users_add_rules_with_examples() {
    let own = "rules:\n- id: badge\n  why: Badges of the company.\n  anchors: [BADGE-]\n  pattern: '^BADGE-[0-9]{6}'\n  hides: ['by «BADGE-123456» today']\n  keeps: ['BADGE-x']\n- id: floor\n  why: Codes of doors.\n  keys: {sure: [door code]}\n  hides: ['DOOR_CODE=«a1b2»']\n  keeps: ['door_code_ttl=5s']\n";
    let rules = std::sync::Arc::new(Rules::read("own.yaml", own).expect("rules"));
    assert_eq!(rules.try_examples().expect("a redactor"), []);
    let redactor = Redactor::new(rules, Key::random().expect("a key")).expect("a redactor");
    assert!(redactor.text("doorCode: a1b2").starts_with("doorCode: REDACTED-floor-"));

    let wrong = own.replace("'BADGE-x'", "'BADGE-654321'");
    let wrong =
        std::sync::Arc::new(Rules::read("own.yaml", &wrong).expect("rules")).try_examples().expect("a redactor");
    assert!(wrong.len() == 1 && wrong[0].rule == "badge" && wrong[0].why.contains("must stay"), "{wrong:?}");
}

#[test]
fn rules_that_make_no_sense_are_refused_by_name() {
    let cases = [
        ("rules:\n- {id: Bad Id, why: x, keys: {sure: [a]}}", "the id \"Bad Id\""),
        ("rules:\n- {id: a, why: x, anchors: [abc], pattern: '('}", "rule a: its pattern cannot be used"),
        ("rules:\n- {id: a, why: x, anchors: [abc], pattern: 'x*'}", "rule a: its pattern matches nothing at all"),
        ("rules:\n- {id: a, why: x, anchors: [a], pattern: 'x'}", "rule a: the anchor \"a\""),
        ("rules:\n- {id: a, why: x}", "rule a: either keys"),
        ("rules:\n- {id: jwt, why: x, keys: {sure: [a]}}", "two rules are called jwt"),
        ("rules:\n- {id: a, why: x, keis: {}}", "keis"),
    ];
    for (text, expected) in cases {
        let error = Rules::read("own.yaml", text).map(|_| ()).expect_err("an error").to_string();
        assert!(error.starts_with("redaction rules own.yaml: ") && error.contains(expected), "{error}");
    }
}

const JWT: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJrdWJlcm5ldGVzIiwic3ViIjoic3lzdGVtIn0.c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXI";

/// Wherever a line break cuts a token in two, with what a log puts before the second line.
#[test]
fn a_token_cut_by_a_line_break_is_hidden() {
    let redactor = redactor();
    for head in ["", "2026-11-21T15:55:14.042607808Z ", "Nov 21 15:55:14.042607 node-1 app[812]: ", "    "] {
        // Before that not even the algorithm is told.
        for cut in 20..JWT.len() {
            let (first, second) = JWT.split_at(cut);
            let out = redactor.text(&format!("{head}got {first}\n{head}{second}\n{head}and went on\n"));
            assert!(out.ends_with(&format!("\n{head}\n{head}and went on\n")), "{cut}: {out}");
            assert!(out.contains("got REDACTED-jwt-"), "{cut}: {out}");
        }
    }
    let (first, second) = JWT.split_at(70);
    let out = redactor.text(&format!("{{\"x\":\"a {first}\\n{second}\\nand more\"}}"));
    assert!(out.ends_with("\\n\\nand more\"}") && !out.contains(second.get(..20).expect("ASCII")), "{out}");
}

#[test]
fn base64_in_columns_is_hidden_whole() {
    let redactor = redactor();
    let lines = |width: usize| {
        let all = "c2VjcmV0IGtleSBvZiBhIGNsaWVudCwgbG9uZ2VyIHRoYW4gb25lIGxpbmUg".repeat(5);
        let lines: Vec<String> =
            all.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        lines
    };
    for width in [64, 76] {
        for head in ["      ", "2026-11-21T15:55:14.042607808Z   "] {
            let text = format!("{head}client-key-data: {}\n{head}name: bob\n", lines(width).join(&format!("\n{head}")));
            let out = redactor.text(&text);
            assert!(!out.contains("IGtleSBv") && !out.contains("bG9uZ2V"), "{out}");
            assert!(
                out.contains("client-key-data: REDACTED-") && out.ends_with(&format!("{head}name: bob\n")),
                "{out}"
            );
        }
    }
}

#[test]
fn a_key_in_base64_is_told_from_a_certificate() {
    let redactor = redactor();
    let key = "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVBCi0tLS0tRU5E";
    let certificate = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM1ekNDQWMrZ0F3SUJBZ0lCQURBTkJna3Foa2lHOXcw";
    let out = redactor.text(&format!("{{\"a\":\"{key}\",\"b\":\"{certificate}\"}}"));
    assert!(out.contains("\"a\":\"REDACTED-private-key-") && out.contains(certificate), "{out}");
}

/// Text made to be slow: the time grows with its length, not with its square.
#[test]
fn hostile_text_takes_no_longer_than_its_length() {
    let redactor = redactor();
    for piece in [
        "\"kind\":\"Secret\",",
        "{\"kind\":\"Secret\",\"data\":",
        "kind: Secret\\n",
        "kind: Secret\n",
        "password=",
        "\"value\":\"x\",\"name\":\"token\",",
        "-----BEGIN PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.",
        "://a:",
        "curl ",
        "password: |\n  ",
        "LS0tLS1CRUdJTi",
        "msg=\\\"token: \\\"",
        "secret='",
        "token",
    ] {
        let text = piece.repeat((1 << 17) / piece.len());
        let start = std::time::Instant::now();
        streamed(&redactor, text.as_bytes(), &[1 << 16]);
        assert!(start.elapsed().as_secs() < 20, "{piece:?} took {:?} for 128 KiB", start.elapsed());
    }
}

/// A value too short for a credential, of which a part is hidden, is longer the second time.
#[test]
fn a_pseudonym_behind_a_mark_stays() {
    let redactor = redactor();
    let once = redactor.text(r#"{"Proxy-Authorization":["Bearer =a"]}"#);
    assert!(once.contains("=REDACTED-token-"), "{once}");
    assert_eq!(redactor.text(&once), once);
}
