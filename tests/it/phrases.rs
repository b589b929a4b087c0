//! What messages say of the cause stands in titles, labels and one finding for all its subjects.

use crate::fixture;
use k8s_forensics::analysis::{self, Analyzed};
use k8s_forensics::archive::Archive;
use k8s_forensics::report::postmortem;
use std::path::Path;

fn analyzed(fixture: &str) -> Analyzed {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture).join("archive");
    let archive = Archive::open(&path).expect("a readable archive");
    analysis::analyze(&archive, fixture::knowledge(), 2).expect("an analysis")
}

#[test]
fn the_same_cause_of_many_is_one_finding_with_its_subjects_counted() {
    let analyzed = analyzed("reports/cni-no-address");
    let report = analyzed.report();
    let cause = report.named_causes.iter().find(|one| one.phrase == "no-address-left").expect("the cause");
    let pods: Vec<&str> = cause.subjects.iter().map(String::as_str).filter(|one| one.starts_with("Pod/")).collect();
    assert_eq!(pods, ["Pod/pay/pay-6f-aaaaa", "Pod/pay/pay-6f-bbbbb", "Pod/pay/pay-6f-ccccc"]);
    assert_eq!(cause.from, "2026-11-20T09:00:10Z");
    let draft = postmortem::write(&analyzed);
    let line = draft.lines().find(|line| line.starts_with("- no address was left for a pod: said of "));
    let line = line.unwrap_or_else(|| panic!("no line in {draft}"));
    assert!(
        line.contains("3 Pods") && line.contains("failed to assign an IP address") && line.contains("[E"),
        "{line}"
    );
}

#[test]
fn titles_tell_each_cause_in_the_order_in_which_it_was_said() {
    let analyzed = analyzed("reports/sandbox-name-reserved");
    let said = "no answer came in time; the name was still taken by an earlier attempt";
    let title = analyzed.signals.iter().map(|signal| signal.title.as_str()).find(|title| title.ends_with(said));
    assert!(title.is_some(), "{:#?}", analyzed.signals.iter().map(|signal| &signal.title).collect::<Vec<_>>());
}

#[test]
fn whoever_was_asked_is_a_label() {
    let report = analyzed("bad-rollout").report();
    let pull =
        report.signals.iter().find(|signal| signal.labels.get("cause").is_some_and(|one| one == "name-server-silent"));
    let pull = pull.expect("a pull that the name server did not answer");
    assert_eq!(pull.labels["cause_whom"], "registry-1.docker.io");
}
