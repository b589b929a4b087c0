//! Signals that no file here names: what a report does with one goes by its roles.

use super::{builders, page};
use crate::model::{Moment, Severity, Subject};
use crate::report::view::{Part, View};
use crate::report::{Analyzed, postmortem, timeline};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;

/// The incident of `builders::node_crash` with a signal more, which came after its onset.
fn with(roles: &[Role], variant: Option<&str>, subject: Subject) -> Analyzed {
    let mut of = builders::node_crash();
    let pattern = builders::signal("Rebooted", subject);
    let from = Moment::exact(of.analysis.cascades[0].from + TimeDelta::minutes(1));
    of.signals.push(Signal {
        name: "NeverSeenBefore".to_owned(),
        family: "made".to_owned(),
        severity: Severity::Error,
        roles: roles.iter().copied().collect(),
        variant: variant.map(str::to_owned),
        title: "something new happened".to_owned(),
        from,
        ..pattern
    });
    let last = of.signals.len() - 1;
    of.analysis.cascades[0].signals.push(last);
    of
}

fn impact(of: &Analyzed) -> String {
    let draft = postmortem::write(of);
    draft
        .split("### All of the impact")
        .nth(1)
        .and_then(|rest| rest.split("\n### ").next())
        .expect("the impact")
        .to_owned()
}

#[test]
fn harm_is_counted_by_roles() {
    let pod = || Subject::pod("shop", "new-0");
    for (roles, variant, subject, words) in [
        (&[Role::NodeUnready], None, Subject::node("node-9"), "nodes were not ready: `Node/node-1` and `Node/node-9`"),
        (&[Role::Pressure], None, Subject::node("node-9"), "node was under pressure: `Node/node-9`"),
        (&[Role::Shortage], None, Subject::node("node-9"), "node was under pressure: `Node/node-9`"),
        (
            &[Role::CannotReport],
            None,
            Subject::node("node-9"),
            "nodes could not report to the API server: `Node/node-1` and `Node/node-9`",
        ),
        (&[Role::MemoryKill], None, pod(), "was ended: `Pod/shop/new-0`"),
        (&[Role::Evicted], None, pod(), "was evicted: `Pod/shop/new-0`"),
        (&[Role::SchedulingFailure], None, pod(), "waited for a node: `Pod/shop/new-0`"),
        (&[Role::PodRefused], None, pod(), "was refused by its node: `Pod/shop/new-0`"),
        (&[Role::NotStarted], None, pod(), "could not start: `Pod/shop/new-0`"),
        (&[Role::Stuck], None, pod(), "was to be deleted and did not go: `Pod/shop/new-0`"),
        (&[Role::ProbeFailure, Role::Unready], Some("readiness"), pod(), "was not ready: `Pod/shop/new-0`"),
        (
            &[Role::ServiceLost],
            None,
            Subject::namespaced("Endpoints", "shop", "new"),
            "had no ready endpoint: `Endpoints/shop/new`",
        ),
        (&[Role::Gone], None, pod(), "was ended: `Pod/shop/new-0`"),
    ] as [(&[Role], _, _, _); 13]
    {
        let impact = impact(&with(roles, variant, subject));
        assert!(impact.contains(words), "{roles:?}: {impact}");
    }
    let unsaid = impact(&with(&[Role::ProbeFailure], Some("startup"), pod()));
    assert!(!unsaid.contains("Pod/shop/new-0"), "a probe that failed took nothing out: {unsaid}");
    assert!(!impact(&with(&[Role::Detection], None, Subject::cluster("Probe", "a"))).contains("NeverSeenBefore"));
}

/// Alerts that were pending were looked for by a name that no signal had.
#[test]
fn alerts_are_known_by_role_and_variant() {
    let roles = [Role::Detection, Role::Alert];
    for (variant, row) in [("pending", "First alert pending"), ("firing", "First alert firing")] {
        let mut of = with(&roles, Some(variant), Subject::cluster("Alert", "New"));
        of.signals.retain(|signal| !signal.has(Role::Alert) || signal.name == "NeverSeenBefore");
        let draft = postmortem::write(&of);
        let line = draft.lines().find(|line| line.contains(row)).expect("a row");
        assert!(line.contains("something new happened | [E"), "{line}");
        // It is one of the cascade, so it stands there.
        let chart = page::unpacked(&timeline::write(&of), "chart-data");
        let is_new = |lane: &serde_json::Value| lane["kind"] == "Alert" && lane["name"] == "New";
        assert!(chart["lanes"].as_array().is_some_and(|lanes| lanes.iter().any(is_new)), "{variant}");
    }
}

#[test]
fn changes_are_known_by_role() {
    let of = with(&[Role::Change], None, Subject::namespaced("Gadget", "shop", "new"));
    let view = View::new(&of);
    let change = view.changes_after().next().expect("a change");
    assert_eq!((change.what, change.part), ("something new happened", Part::Member));
    let chart = page::unpacked(&timeline::write(&of), "chart-data");
    let is_new = |mark: &&serde_json::Value| mark["of"] == "Gadget/shop/new";
    let mark = chart["marks"].as_array().and_then(|marks| marks.iter().find(is_new)).expect("a mark");
    assert_eq!((mark["role"].as_str(), mark["what"].as_str()), (Some("change"), Some("something new happened")));
    let of = with(&[], None, Subject::namespaced("Gadget", "shop", "new"));
    assert_eq!(View::new(&of).changes.len(), 0);
}
