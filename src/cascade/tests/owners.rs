//! What goes with its definition, owner or namespace, who was killed for what it kept, and what ends share a word.

use super::Story;

/// The links of a story's edges, each with the subjects of its ends.
fn edges(given: &str, signals: &str) -> Vec<String> {
    let story = Story::new(&format!("{{given: {{{given}}}, signals: [{signals}]}}"));
    let subject = |index: usize| story.signals.get(index).map(|signal| signal.subject.to_string()).unwrap_or_default();
    let edges = story.analysis().edges;
    edges.iter().map(|edge| format!("{} > {}: {}", subject(edge.from), subject(edge.to), edge.link)).collect()
}

const TWO: &str = "pods: [
    {pod: Pod/pay/api-0, owner: StatefulSet/pay/api, node: n-1, uid: u-1},
    {pod: Pod/shop/web-0, owner: StatefulSet/shop/web, node: n-1, uid: u-2}]";

#[test]
fn a_namespace_takes_its_own_pods_and_names() {
    let deleted = "{at: 0s, signal: NamespaceDeleted, subject: Namespace/pay}";
    let of = |other: &str| edges(TWO, &format!("{deleted}, {other}"));
    assert_eq!(
        of("{at: 2s, signal: Killing(stopping), subject: Pod/pay/api-0}"),
        ["Namespace/pay > Pod/pay/api-0: deleted-namespace-takes-its-pods"]
    );
    assert_eq!(
        of("{at: 9s, signal: NoSuchHost, subject: Pod/shop/web-0, labels: {looked_up: api.pay.svc}}"),
        ["Namespace/pay > Pod/shop/web-0: deleted-namespace-takes-its-names"]
    );
    for other in [
        "{at: 2s, signal: Killing(stopping), subject: Pod/shop/web-0}",
        "{at: 9s, signal: NoSuchHost, subject: Pod/shop/web-0, labels: {looked_up: api.shop.svc}}",
        "{at: 9s, signal: NoSuchHost, subject: Pod/shop/web-0, labels: {looked_up: api}}",
    ] {
        assert_eq!(of(other), Vec::<String>::new(), "{other}");
    }
}

#[test]
fn who_kept_what_nobody_took_is_killed_and_nobody_beside_it() {
    let of = |pod: &str| {
        let kept = format!("{{at: 0s, signal: DeliveryFailed, subject: {pod}}}");
        edges(
            TWO,
            &format!(
                "{kept}, {{at: 3m, signal: OOMKill, subject: Node/n-1, labels: {{scope: container, victim_uid: u_2}}}}"
            ),
        )
    };
    assert_eq!(of("Pod/shop/web-0"), ["Pod/shop/web-0 > Node/n-1: what-is-kept-fills-memory"]);
    assert_eq!(of("Pod/pay/api-0"), Vec::<String>::new(), "another pod of the node was killed");
}

#[test]
fn an_image_that_was_deleted_is_missed_by_who_wants_that_image() {
    let of = |image: &str| {
        edges(
            TWO,
            &format!(
                "{{at: 0s, signal: ImageRemoved, subject: Node/n-1, labels: {{image: 'pause:3.9'}}}},
                 {{at: 20m, signal: FailedCreatePodSandBox, subject: Pod/shop/web-0{image}}}"
            ),
        )
    };
    assert_eq!(of(", labels: {image: 'pause:3.9'}"), ["Node/n-1 > Pod/shop/web-0: deleted-image-starts-no-sandbox"]);
    for other in [", labels: {image: 'pause:3.8'}", ""] {
        assert_eq!(of(other), Vec::<String>::new(), "nothing says that it wanted that image: {other:?}");
    }
}

#[test]
fn a_network_service_that_goes_down_with_its_node_cuts_nobody_off() {
    let stopped = "{at: 0s, signal: NetworkServiceRestarted, subject: Node/n-1, labels: {unit: systemd-networkd}}";
    let failed = "{at: 6s, signal: Unhealthy(readiness), subject: Pod/shop/web-0}";
    let cut = "Node/n-1 > Pod/shop/web-0: restarted-network-cuts-pods-off";
    assert_eq!(edges(TWO, &format!("{stopped}, {failed}")), [cut]);
    let down = "{at: 0s, signal: NodeShutdown, subject: Node/n-1}";
    let found = edges(TWO, &format!("{stopped}, {down}, {failed}"));
    assert!(!found.iter().any(|edge| edge == cut), "{found:?}");
}
