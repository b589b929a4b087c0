//! Runs of outside checks, kept in the archive with what was collected.

use super::*;

const RUNS: &str = "from,to,outcome,error\n2026-11-21T16:00:00Z,2026-11-21T16:00:05Z,failed,password=hunter2hunter2\n";

fn with_checks(folder: &tempfile::TempDir) -> Options {
    let redactor = Some(crate::redact::Redactor::anonymous().expect("the built-in rules"));
    let checks = vec![CheckFile { name: "Runs.csv".to_owned(), bytes: RUNS.as_bytes().into() }];
    Options { checks, redactor, ..options(folder) }
}

#[tokio::test]
async fn they_are_in_the_archive_without_credentials() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = with_checks(&folder);
    let ran = run_with(&serve(|_, path: &str| healthy(path)).await, options, folder, std::future::pending()).await;
    let kept = ran.of("checks", "Runs.csv");
    assert_eq!((kept.status, kept.entry.as_deref()), (Status::Collected, Some("checks/%52uns.csv")));
    assert_eq!(ran.text("checks/%52uns.csv"), RUNS.replace("hunter2hunter2", "REDACTED-password"));
}

#[tokio::test]
async fn they_are_there_where_nothing_else_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { deadline: Duration::from_secs(2), ..with_checks(&folder) };
    let ran = run_with(&serve(|_, _: &str| Reply::Hang).await, options, folder, std::future::pending()).await;
    assert_eq!(ran.of("checks", "Runs.csv").status, Status::Collected);
}
