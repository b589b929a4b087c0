//! Which kinds are asked for as tables, and what is kept of what comes.

use super::discovery::served;
use super::*;

fn table(columns: &str, rows: &str) -> Reply {
    let head = r#""kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{}"#;
    ok(format!(r#"{{{head},"columnDefinitions":[{columns}],"rows":[{rows}]}}"#))
}

fn handle(_: usize, path: &str) -> Reply {
    let columns = r#"{"name":"Name","type":"string"},{"name":"Url","type":"string"}"#;
    let plain = r#"{"name":"Name","type":"string"},{"name":"Age","type":"date"}"#;
    let row = |name: &str, cell: &str| {
        format!(
            r#"{{"cells":["{name}","{cell}"],"object":{{"kind":"PartialObjectMetadata","metadata":{{"name":"{name}","namespace":"shop","managedFields":[1]}}}}}}"#
        )
    };
    match path.split('?').next().unwrap_or_default() {
        "/apis" => served(&[
            ("apps", "v1", "deployments"),
            ("example.com", "v2", "widgets databasecredentials plains olds"),
            ("helm.toolkit.fluxcd.io", "v2", "helmreleases"),
        ]),
        "/apis/example.com/v2/widgets" => {
            table(columns, &[row("a", "https://u:hunter2hunter2@db.example.com/x"), row("b", "none")].join(","))
        }
        "/apis/example.com/v2/plains" => table(plain, &row("p", "5d")),
        "/apis/example.com/v2/olds" => list("OldList", r#"{"metadata":{"name":"o"},"spec":{"secret":"kept-nowhere"}}"#),
        _ => healthy(path),
    }
}

#[tokio::test]
async fn custom_kinds_are_kept_as_their_server_prints_them() {
    let url = serve(handle).await;
    let folder = tempfile::tempdir().expect("a folder");
    let sources = vec![&objects::SOURCE, &crate::sources::cluster::tables::SOURCE];
    let rules = crate::redact::Rules::built_in().expect("rules");
    let redactor = crate::redact::Redactor::new(rules, crate::redact::Key::known([7; 32])).expect("a redactor");
    let options = Options { sources, redactor: Some(redactor), ..options(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let status = |subject: &str| {
        let mut all = ran.outcomes.iter().filter(|one| one.source == "tables" && one.subject == subject);
        all.next().map(|outcome| outcome.status)
    };
    assert_eq!(status("widgets.example.com"), Some(Status::Collected));
    assert_eq!(status("plains.example.com"), Some(Status::Empty), "name and age need no table");
    assert_eq!(status("olds.example.com"), Some(Status::Absent), "it sent objects, and nothing of them is kept");
    for left_out in ["deployments.apps", "databasecredentials.example.com", "helmreleases.helm.toolkit.fluxcd.io"] {
        assert_eq!(status(left_out), None, "{left_out}");
    }
    let text = ran.text("tables/widgets.example.com.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with(r#"{"columnDefinitions":[{"name":"Name""#), "{text}");
    assert_eq!(lines[2], r#"{"namespace":"shop","name":"b","cells":["b","none"]}"#);
    assert!(!text.contains("managedFields") && !text.contains("hunter2hunter2"), "{text}");
}
