//! The draft in the forms of tickets, pages and messages, over every recording.

use crate::export::is_given_whole_to_every_tool;
use crate::fixture::{self, Family};
use assert_cmd::Command;
use k8s_forensics::analysis::Analyzed;
use k8s_forensics::report::hosts::{self, Host};
use k8s_forensics::report::postmortem;
use std::collections::BTreeSet;
use std::path::Path;

fn host(name: &str) -> &'static Host {
    Host::named(name).expect("a host")
}

#[test]
fn every_recording_fits_every_host_and_is_given_whole_to_every_tool() {
    let fixtures = fixture::all();
    assert!(fixtures.len() > 50, "{}", fixtures.len());
    fixture::on_threads(fixtures, |fixture| {
        let (recording, of) = (&fixture.folder, &fixture.analyzed);
        for host in hosts::ALL {
            let name = format!("{} for {}", recording.display(), host.name);
            let written = host.write(of);
            assert!(written.len() <= host.limit / 2, "{name}: {} bytes", written.len());
            assert!(written.contains("room for edits"), "{name} does not say what it is cut to");
            assert!(!written.contains("<details>") && !written.contains("flowchart TD") || host.file.ends_with(".md"));
            let is_the_same = fixture.family == Family::Reports || written == host.write(of);
            assert!(is_the_same, "{name}: not the same again");
        }
        is_a_page(&host("confluence").write(of));
        has_its_records(recording, of);
        is_given_whole_to_every_tool(recording, of);
    });
}

/// What Confluence takes: XML without a root.
fn is_a_page(page: &str) {
    let page = format!("<page xmlns:ac=\"urn:ac\">{page}</page>");
    let mut reader = quick_xml::Reader::from_str(&page);
    let mut headings = 0;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}")) {
            quick_xml::events::Event::Start(tag) => headings += usize::from(tag.name().as_ref() == "h2"),
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert!(headings > 4, "{headings} headings");
}

/// Whatever is cited in a ticket of Jira stands in it, under the number that it has in the draft.
fn has_its_records(recording: &Path, of: &Analyzed) {
    let jira = host("jira").write(of).replace("\\[", "[").replace("\\]", "]");
    let numbers = |text: &str| -> BTreeSet<usize> {
        let cited = text.split('[').skip(1).filter_map(|part| part.split(']').next());
        let all = cited.flat_map(|part| part.split(", ")).filter_map(|one| one.strip_prefix('E')?.parse().ok());
        all.collect()
    };
    let (page, records) = jira.split_once("h2. Appendix").unwrap_or((&jira, ""));
    for number in numbers(page) {
        // The first line says what [E1] is.
        let row = format!("|E{number}|");
        assert!(records.contains(&row) || numbers(page).len() == 1, "{}: {row}", recording.display());
    }
    let draft = postmortem::write(of);
    let (draft, _) = draft.split_once("## Appendix").expect("an appendix");
    assert_eq!(numbers(draft), numbers(page), "{}", recording.display());
}

#[test]
fn the_command_writes_what_was_asked_for_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/memory-cascade/archive");
    let run = |more: &[&str]| {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
        tool.current_dir(folder.path()).arg("analyze").arg(&archive).args(["-o", "report"]).args(more).assert()
    };
    run(&["--for", "jira,slack", "--for", "jira"]).code(0);
    let mut names: Vec<String> = std::fs::read_dir(folder.path().join("report"))
        .expect("a folder")
        .map(|item| item.expect("an item").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let wanted = ["postmortem.jira.txt", "postmortem.md", "postmortem.slack.txt", "report.json", "timeline.html"];
    assert_eq!(names, wanted);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            |name: &str| std::fs::metadata(folder.path().join("report").join(name)).expect(name).permissions().mode();
        assert!(names.iter().all(|name| mode(name) & 0o777 == 0o600));
    }
    let refused = run(&["--for", "bugzilla"]).code(2);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("confluence, gitea, github, gitlab, jira, slack"), "{said}");
}
