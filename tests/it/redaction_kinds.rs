//! Values that are taken out by the kind of object they stand in: nothing of them is left whatever form they come in,
//! keys stay, and what changed is still seen to have changed.

use crate::made;
use crate::redaction_corpus::redactor;
use k8s_forensics::archive::format::{Redactions, Status};
use k8s_forensics::archive::{Archive, ArchiveWriter, Content, EntryBuilder, Target, layout};
use k8s_forensics::redact::{Redactor, Rules, Stream};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::path::{Path, PathBuf};

const APPLICATIONS: &str = "applications.argoproj.io";
const RELEASES: &str = "helmreleases.helm.toolkit.fluxcd.io";
const MARKER: &str = "mirabelle";

fn through(mut stream: Stream, text: &[u8], pieces: &[usize]) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    let mut out = |piece: &[u8]| -> Result<(), Infallible> {
        bytes.extend_from_slice(piece);
        Ok(())
    };
    for size in pieces.iter().cycle() {
        let (piece, after) = rest.split_at((*size).clamp(1, rest.len().max(1)).min(rest.len()));
        let Ok(()) = stream.push(piece, &mut out);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let Ok(_) = stream.end(&mut out);
    bytes
}

/// What is left of an object of `kind`, of which nothing may be the marker.
fn cleaned(kind: &str, line: &str) -> String {
    let out = redactor().text_of(kind, line);
    assert!(!out.contains(MARKER), "{line} became {out}");
    out
}

/// Every place where an Application has a source.
fn application(source: &Value) -> Value {
    let sources = json!([source]);
    let operation = json!({"sync": {"source": source, "sources": sources, "revision": "abc"}});
    json!({
        "metadata": {"name": "shop", "namespace": "argocd"},
        "spec": {"source": source, "sources": sources, "project": "default"},
        "operation": operation,
        "status": {
            "sync": {"comparedTo": {"source": source, "sources": sources}, "status": "Synced"},
            "history": [{"id": 1, "source": source}, {"id": 2, "sources": sources}],
            "operationState": {
                "operation": operation,
                "syncResult": {"source": source, "sources": sources, "revision": "abc"}
            }
        }
    })
}

#[test]
fn hostile_forms_of_values_leave_nothing() {
    let deep = (0..50).fold(json!(MARKER), |inner, _| json!({"a": [inner]}));
    let forms = [
        json!({"values": format!("password: {MARKER}\n").repeat(20_000)}),
        json!({"values": {"a": MARKER}}),
        json!({"values": [[MARKER], {"a": MARKER}]}),
        json!({"valuesObject": deep}),
        json!({"valuesObject": MARKER}),
        json!({"parameters": {"name": MARKER}}),
        json!({"parameters": MARKER}),
        json!({"parameters": [MARKER, [MARKER], {"name": {"x": MARKER}, "value": MARKER}]}),
        json!({"fileParameters": [{"name": "f", "path": MARKER}]}),
        json!({"of the future": {"x": [{"y": MARKER}]}}),
        json!({"values": format!("<a>{MARKER}</a>")}),
        json!({"values": format!("${{A}}{MARKER}")}),
        json!({"values": format!("{{{{ .a }}}} {MARKER}")}),
        json!({"values": format!("REDACTED-password-0123456789ab {MARKER}")}),
        json!({"values": format!("\\u0022 \" \\\" {MARKER} \n\t\u{1}")}),
    ];
    for form in forms {
        let source = json!({"chart": "shop", "helm": form, "targetRevision": "1.2.3"});
        let out = cleaned(APPLICATIONS, &application(&source).to_string());
        let object: Value = serde_json::from_str(&out).expect("JSON stays JSON");
        assert_eq!(object["spec"]["source"]["chart"], "shop");
        assert_eq!(object["status"]["history"][0]["source"]["targetRevision"], "1.2.3");
        let keys: Vec<&String> = form.as_object().expect("an object").keys().collect();
        let left: Vec<&String> = object["spec"]["source"]["helm"].as_object().expect("an object").keys().collect();
        assert_eq!(left, keys);
    }
    // The source may be a list, or no object at all; a key may be escaped, or come twice.
    for line in [
        format!(r#"{{"spec":{{"source":[{{"helm":{{"values":"{MARKER}"}}}}]}}}}"#),
        format!(r#"{{"spec":{{"source":{{"he\u006cm":{{"values":"{MARKER}"}}}}}}}}"#),
        format!(r#"{{"spec":{{"source":{{"helm":{{"values":"a","values":"{MARKER}"}}}}}}}}"#),
        format!(r#"{{"spec": {{ "source" :	{{"helm" : [ "{MARKER}" , 7 ] }} }} }}"#),
        format!(r#"{{"spec":{{"source":{{"helm":"{MARKER}"}}}}}}"#),
    ] {
        cleaned(APPLICATIONS, &line);
    }
}

/// What stays of one kind of values, the name of a parameter or of an environment, is no exception inside of another.
#[test]
fn what_stays_of_one_value_does_not_reach_into_another() {
    let inner = [
        json!({"env": [{"name": MARKER, "valueFrom": {"x": MARKER}}]}),
        json!({"helm": {"releaseName": MARKER, "parameters": [{"name": MARKER}]}}),
        json!({"plugin": {"name": MARKER}, "info": [{"name": MARKER}]}),
        json!({"kustomize": {"patches": [{"target": {"kind": MARKER}}]}}),
    ];
    for inner in &inner {
        let source = json!({"helm": {"valuesObject": inner}, "plugin": {"env": [{"name": "A", "value": inner}]}});
        cleaned(APPLICATIONS, &application(&source).to_string());
        cleaned(RELEASES, &json!({"spec": {"values": {"a": inner, "patches": [{"target": MARKER}]}}}).to_string());
        cleaned("things.example.com", &json!({"spec": {"valuesObject": inner}}).to_string());
        cleaned("controllerrevisions.apps", &json!({"data": {"env": [{"name": "A", "value": inner}]}}).to_string());
    }
}

#[test]
fn numbers_go_and_what_says_nothing_stays() {
    let out = cleaned(
        RELEASES,
        r#"{"spec":{"values":{"pin":123456,"rate":-1.5e3,"on":true,"none":null,"empty":"","list":[]}}}"#,
    );
    let values = serde_json::from_str::<Value>(&out).expect("JSON")["spec"]["values"].clone();
    for key in ["pin", "rate"] {
        assert!(values[key].as_str().is_some_and(|value| value.starts_with("REDACTED-by-kind-")), "{out}");
    }
    assert_eq!(
        (&values["on"], &values["none"], &values["empty"], &values["list"]),
        (&json!(true), &json!(null), &json!(""), &json!([]))
    );
}

#[test]
fn a_value_that_changed_is_seen_to_have_changed() {
    let redactor = redactor();
    let values = |image: &str| {
        let line = json!({"spec": {"values": {"image": image, "greeting": "hello"}}}).to_string();
        let out: Value = serde_json::from_str(&redactor.text_of(RELEASES, &line)).expect("JSON");
        out["spec"]["values"].clone()
    };
    let (one, same, other) = (values("web:1"), values("web:1"), values("web:2"));
    assert_eq!(one, same);
    assert_ne!(one["image"], other["image"]);
    assert_eq!(one["greeting"], other["greeting"]);
}

#[test]
fn what_is_no_json_is_not_let_through() {
    for line in [
        MARKER.to_owned(),
        format!(r#"{{"spec":{{"source":{{"helm":{{"values":"{MARKER}"#),
        format!(r#"{{"spec":{{"source":{{"helm":{{"values":{MARKER}}}}}}}}}"#),
        format!(r#"{{"spec":{{"source":{{"helm" "values":"{MARKER}"}}}}}}"#),
        format!(r#"{{"a":1}} {{"spec":{{"source":{{"helm":{{"values":"{MARKER}"}}}}}}}}"#),
        format!(r#"{{"a":1}}}}{MARKER}"#),
        format!(r#"{{'spec':{{'helm':'{MARKER}'}}}}"#),
        format!("{}\"{MARKER}\"", "[".repeat(20_000)),
        format!("{}1{} {MARKER}", r#"{"a":"#.repeat(20_000), "}".repeat(20_000)),
    ] {
        cleaned(APPLICATIONS, &line);
    }
    // What comes after it is read again.
    let out = cleaned(
        APPLICATIONS,
        &format!("[{MARKER}\n{{\"spec\":{{\"project\":\"a\",\"source\":{{\"helm\":\"{MARKER}\"}}}}}}\n"),
    );
    assert!(out.lines().nth(1).is_some_and(|line| line.starts_with(r#"{"spec":{"project":"a","#)), "{out}");
}

#[test]
fn a_line_that_is_too_large_goes_whole() {
    let line = format!(r#"{{"x":"{}","spec":{{"source":{{"helm":"{MARKER}"}}}}}}"#, "a".repeat(17 << 20));
    let text = format!("{line}\n{{\"kind\":\"b\"}}\n");
    let whole = through(redactor().stream_of(APPLICATIONS), text.as_bytes(), &[usize::MAX]);
    let parts = through(redactor().stream_of(APPLICATIONS), text.as_bytes(), &[(1 << 20) + 7]);
    assert_eq!(whole, parts);
    let out = String::from_utf8(whole).expect("text");
    assert!(
        out.starts_with("\"REDACTED-by-kind-") && out.ends_with("\"\n{\"kind\":\"b\"}\n") && out.len() < 100,
        "{out:.200}"
    );
}

/// As hostile as can be and still JSON: the time grows with the length alone.
#[test]
fn hostile_objects_take_no_longer_than_their_length() {
    let nested = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for line in [
        nested(r#"{"env":"#, "}", 9_000),
        nested(r#"{"helm":{"parameters":["#, "]}}", 3_000),
        nested("[", "]", 9_000),
        format!("{{{}\"a\":1}}", "\"helm\":{\"values\":7},".repeat(100_000)),
        format!("[{}1]", "\"\\u0041\",".repeat(200_000)),
    ] {
        let start = std::time::Instant::now();
        for kind in [APPLICATIONS, "things.example.com"] {
            through(redactor().stream_of(kind), line.as_bytes(), &[1 << 16]);
        }
        assert!(start.elapsed().as_secs() < 20, "{:.60} took {:?} for {} bytes", line, start.elapsed(), line.len());
    }
}

/// JSON of any form, with keys that mean something to the table.
fn any_object() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "spec",
        "source",
        "sources",
        "helm",
        "values",
        "parameters",
        "name",
        "value",
        "env",
        "valueFrom",
        "plugin",
        "kustomize",
        "patches",
        "target",
        "info",
        "status",
        "é\"\\",
    ]);
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[\"\\\\\n{}\\[\\],: a]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Everything but what is in the place of strings and numbers.
fn skeleton(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(skeleton).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), skeleton(value))).collect(),
        Value::String(_) | Value::Number(_) => json!("x"),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn objects_keep_their_form(objects in prop::collection::vec(any_object(), 1..4), pieces in prop::collection::vec(1_usize..50, 1..6)) {
        let text: String = objects.iter().map(|object| format!("{object}\n")).collect();
        for kind in [APPLICATIONS, "things.example.com", "controllerrevisions.apps"] {
            let out = redactor().text_of(kind, &text);
            prop_assert_eq!(through(redactor().stream_of(kind), text.as_bytes(), &pieces), out.as_bytes());
            prop_assert_eq!(redactor().text_of(kind, &out), out.clone(), "redacted again");
            prop_assert_eq!(out.lines().count(), objects.len());
            for (line, object) in out.lines().zip(&objects) {
                let left: Value = serde_json::from_str(line).expect("JSON stays JSON");
                prop_assert_eq!(skeleton(&left), skeleton(object));
            }
        }
    }

    #[test]
    fn any_bytes_pass(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let out = through(redactor().stream_of(APPLICATIONS), &bytes, &[7]);
        let breaks = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count();
        prop_assert_eq!(breaks(&out), breaks(&bytes));
    }

    #[test]
    fn no_value_of_helm_is_left_whatever_it_is(value in any_object()) {
        let source = json!({"helm": {"valuesObject": value}});
        let marked = |value: &Value| {
            fn mark(value: &Value) -> Value {
                match value {
                    Value::Array(items) => items.iter().map(mark).collect(),
                    Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), mark(value))).collect(),
                    Value::Bool(_) | Value::Null => value.clone(),
                    other => json!(format!("{MARKER} {other}")),
                }
            }
            mark(value)
        };
        cleaned(APPLICATIONS, &application(&marked(&source)).to_string());
    }
}

#[test]
fn users_add_kinds_with_examples() {
    let own = "kinds:\n- groups: [acme.com]\n  kinds: {Shop: shops}\n  why: Codes of doors.\n  values: [spec.doors]\n  but: ['spec.doors[].name']\n  hides: ['{\"spec\":{\"doors\":[{\"name\":\"a\",\"code\":\"«b»\"}]}}']\n  keeps: ['{\"spec\":{\"size\":1}}']\n";
    let rules = std::sync::Arc::new(Rules::read("own.yaml", own).expect("rules"));
    assert_eq!(rules.try_examples().expect("a redactor"), []);
    let key = k8s_forensics::redact::Key::random().expect("a key");
    let redactor = Redactor::new(rules, key).expect("a redactor");
    let line = r#"{"spec":{"doors":[{"code":"1a","name":"north"}]}}"#;
    assert!(redactor.text_of("shops.acme.com", line).contains(r#""code":"REDACTED-by-kind-"#));
    assert_eq!(redactor.text_of("shops.other.com", line), line);
    let cases = [
        (own.replace("[spec.doors]", "['a..b']"), "a..b"),
        (own.replace("[acme.com]", "[]"), "need groups, kinds and values"),
        (own.replace("{Shop: shops}", "{Shop: 'sh ops'}"), "must be of words"),
        ("{}".to_owned(), "neither rules nor kinds"),
        ("rules:\n- {id: by-kind, why: x, keys: {sure: [a]}}".to_owned(), "two rules are called by-kind"),
    ];
    for (text, expected) in cases {
        let error = Rules::read("own.yaml", &text).map(drop).expect_err("an error").to_string();
        assert!(error.contains(expected), "{error}");
    }
    let wrong = std::sync::Arc::new(Rules::read("own.yaml", &own.replace("spec.doors]", "spec.none]")).expect("rules"));
    let wrong = wrong.try_examples().expect("a redactor");
    assert!(wrong.len() == 1 && wrong[0].rule == "Shop", "{wrong:?}");
}

#[test]
fn every_kind_of_the_table_is_documented() {
    let page = include_str!("../../docs/redaction.md");
    let rules = Rules::built_in().expect("the rules");
    let lacks: Vec<String> = rules
        .kinds()
        .filter(|row| row.group != "*")
        .filter(|row| !page.contains(row.group) || (row.kind != "*" && !page.contains(row.kind)))
        .map(|row| format!("{} {}: {}", row.group, row.kind, row.why))
        .collect();
    assert!(lacks.is_empty(), "docs/redaction.md lacks {lacks:#?}");
    assert!(rules.kinds().count() > 40);
}

/// An archive of somebody who took nothing out, as an older version did of such kinds.
fn unredacted(folder: &Path) -> PathBuf {
    let source = json!({"helm": {"releaseName": "shop", "values": format!("greeting: {MARKER}"), "valuesObject": {"greeting": [MARKER]}}});
    let mut app = application(&source);
    app["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": format!("{}\n", application(&source))});
    let revision = json!({"metadata": {"name": "web-1"}, "data": {"spec": {"template": {"spec": {"containers": [{"name": "web", "env": [{"name": "GREETING", "value": MARKER}]}]}}}}});
    // A namespace that is called as a field is, and one that is a host.
    let space = json!({"metadata": {"name": "helm"}});
    let path = folder.join("whole.zip");
    let mut writer = ArchiveWriter::create(&path, Target::new("whole", made::at(), folder), false).expect("a file");
    let entries = [
        (layout::ARCHIVE.to_owned(), serde_json::to_string(&made::header()).expect("JSON")),
        (layout::objects(Some("argocd"), APPLICATIONS), format!("{app}\n{app}\n")),
        (layout::objects(Some("shop"), "controllerrevisions.apps"), format!("{revision}\n")),
        (layout::objects(None, "namespaces"), format!("{space}\n")),
    ];
    for (entry, text) in &entries {
        let entry =
            EntryBuilder::whole(writer.target(), entry.as_str(), Content::Json, text.as_bytes()).expect("an entry");
        writer.append(entry).expect("a disk");
    }
    for (entry, text) in &entries {
        let outcome = made::outcome(entry, Status::Collected, Some(entry), text.len() as u64);
        writer.outcome(&outcome).expect("a disk");
    }
    writer.seal(None).expect("a disk").path
}

#[test]
fn an_archive_is_redacted_by_kind_afterwards() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = unredacted(folder.path());
    for strict in [false, true] {
        let path = folder.path().join(format!("shared-{strict}.zip"));
        let mut tool = assert_cmd::Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
        tool.arg("redact").arg(&whole).arg("-o").arg(&path).args(strict.then_some("--strict")).assert().success();
        let archive = Archive::open(&path).expect("a readable archive");
        let (mut all, mut redacted) = (String::new(), 0);
        for entry in archive.entries() {
            let text = String::from_utf8_lossy(&archive.read(entry, u64::MAX).expect("a sound entry")).into_owned();
            assert!(!text.contains(MARKER), "{strict} {entry}: {text}");
            if entry == layout::REDACTIONS {
                let counts: Redactions = serde_json::from_str(&text).expect("redactions");
                redacted = counts.redactions.iter().filter(|one| one.rule == "by-kind").map(|one| one.count).sum();
            }
            all.push_str(&text);
        }
        // Two objects of twelve sources with two values each, and a variable.
        assert_eq!(redacted, 2 * 12 * 2 + 1, "strict: {strict}");
        for key in
            [r#""valuesObject":{"greeting":["REDACTED-by-kind-"#, r#""name":"GREETING","value":"REDACTED-by-kind-"#]
        {
            assert!(all.contains(key), "{key}");
        }
    }
}
