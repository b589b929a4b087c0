//! What is told of pods, put together.

use super::*;

#[test]
fn a_generated_name_is_of_one_pod_whatever_its_records_have_for_a_uid() {
    let at = |second| DateTime::from_timestamp(second, 0).expect("a time");
    let pods = |owner: &str| {
        let mut pods = Pods::default();
        let pod = pods.entry("shop", "api-7d9c5-x2v8n", "u-1");
        pod.owner = Some(Subject::namespaced(owner, "shop", "api-7d9c5"));
        pod.object = Some(PodObject::default());
        pods.entry("shop", "api-7d9c5-x2v8n", "u-2").seen(at(60));
        pods.into_vec().into_iter().map(|pod| pod.first_seen).collect::<Vec<_>>()
    };
    assert_eq!(pods("ReplicaSet"), [Some(at(60))]);
    assert_eq!(written_twice(), 1, "two objects of one pod");
    assert_eq!(pods("StatefulSet").len(), 2, "its pods have the same names again");
}

/// Events live for an hour, and a series that begins anew counts anew.
#[test]
fn a_start_that_events_tell_of_is_not_the_first_where_there_were_more() {
    let at = |second| DateTime::from_timestamp(second, 0).expect("a time");
    let told = |(by_events, by_status): (u32, u32), first: i64| {
        let mut pods = Pods::default();
        let pod = pods.entry("shop", "api-0", "u-1");
        pod.created = Some(at(0));
        pod.container_started("app", at(first));
        pod.container_starts("app", by_events, 0);
        pod.container_starts("app", 0, by_status);
        let pod = pods.into_vec().remove(0);
        (pod.started.of("app"), pod.restarted.of("app"))
    };
    assert_eq!(told((12, 13), 86_400), (None, Some(at(86_400))));
    assert_eq!(told((13, 13), 86_400), (Some(at(86_400)), None), "it waited for a day");
    assert_eq!(told((12, 13), 20), (Some(at(20)), None), "it was started once more before its status was read");
}

#[test]
fn what_is_said_without_a_uid_goes_to_the_namesake_that_was_there() {
    let at = |second| DateTime::from_timestamp(second, 0);
    let mut pods = Pods::default();
    for (uid, created) in [("u-1", 100), ("u-2", 200)] {
        pods.entry("shop", "api-0", uid).created = at(created);
    }
    let said = pods.entry("shop", "api-0", "");
    said.forced_out = true;
    said.by_node.at(at(150).expect("a time"), None);
    pods.entry("shop", "alone", "").forced_out = true;
    pods.settle(&[]);
    let all = pods.into_vec();
    let forced: Vec<(&str, &str)> =
        all.iter().filter(|pod| pod.forced_out).map(|pod| (pod.name.as_str(), pod.uid.as_str())).collect();
    assert_eq!((all.len(), forced), (3, vec![("alone", ""), ("api-0", "u-1")]));
}

/// How many pods there are where the object of one was written down under two UIDs.
fn written_twice() -> usize {
    let mut pods = Pods::default();
    for uid in ["u-1", "u-2"] {
        let pod = pods.entry("shop", "api-7d9c5-x2v8n", uid);
        pod.owner = Some(Subject::namespaced("ReplicaSet", "shop", "api-7d9c5"));
        pod.object = Some(PodObject::default());
    }
    pods.into_vec().len()
}
