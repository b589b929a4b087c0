//! What somebody sees who uploads and reads: the sentence, the address on stdout, and the exit code.

use super::server::{Failing, Server};
use super::variables;
use crate::made;
use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use std::fs;

fn command(server: &Server) -> Command {
    let mut command = Command::cargo_bin("k8s-forensics").expect("the program");
    command.env_remove("AWS_SESSION_TOKEN").env_remove("AWS_REGION").env_remove("AWS_PROFILE").envs(variables(server));
    command
}

#[test]
fn an_archive_is_uploaded_verified_and_shown_where_it_lies() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let archive = made::sealed(folder.path(), None);
    let url = "s3://incidents/shop/incident.zip";
    let upload =
        || command(&server).args(["upload", archive.to_str().unwrap(), "--to", "s3://incidents/shop/"]).assert();
    upload().success().stdout(format!("{url}\n")).stderr(contains("uploaded s3://incidents/shop/incident.zip"));
    upload().success().stdout(format!("{url}\n")).stderr(contains("is there already"));
    command(&server).args(["verify", url]).assert().success().stdout(contains("sound: "));
    command(&server).args(["show", url, "entries"]).assert().success().stdout(contains(made::SMALL));
    command(&server).args(["split", url, "--size", "1MB"]).assert().code(2).stderr(contains("-o"));
    let report = folder.path().join("report");
    command(&server).args(["analyze", url, "-o", report.to_str().unwrap()]).assert().success();
    assert!(report.join("report.json").exists());
    let reported = command(&server).args(["upload", report.to_str().unwrap(), "--to", "s3://incidents/shop"]).assert();
    reported.success().stdout("s3://incidents/shop/report\n");
    assert!(server.object("shop/report/postmortem.md").is_some());
}

#[test]
fn a_failure_is_one_error_that_says_where_the_archive_is_and_how_to_try_again() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let archive = made::sealed(folder.path(), None);
    let path = archive.to_str().unwrap();
    let again = format!("to try again: k8s-forensics upload {path} --to s3://nothing");
    command(&server)
        .args(["upload", path, "--to", "s3://nothing"])
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains("there is no bucket or folder nothing").and(contains(again)));
    command(&server).args(["upload", path, "--to", "https://x"]).assert().code(2).stderr(contains("s3://BUCKET"));
    command(&server).args(["upload", path, "--to", "s3://x", "--keep", "30m"]).assert().code(2);
}

#[test]
fn an_analysis_whose_store_refuses_midway_writes_no_report() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let bytes = fs::read(made::sealed(folder.path(), None)).unwrap();
    server.with(|store| store.put("incident.zip", &bytes));
    let mut left = 2;
    server.fails(move |_| {
        left -= i32::from(left > 0);
        (left == 0).then_some(Failing::Answers(400, "ExpiredToken"))
    });
    let report = folder.path().join("report");
    command(&server)
        .args(["analyze", "s3://incidents/incident.zip", "-o", report.to_str().unwrap()])
        .assert()
        .code(1)
        .stderr(contains("have expired"));
    assert!(!report.exists());
}
