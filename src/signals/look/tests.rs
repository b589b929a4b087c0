//! What looks take for theirs.

use super::super::Catalogue;

const RULES: &str = r#"
signals:
  - name: Elected
    title: "a leader was elected ({subject})"
    severity: info
    look:
      - event: {any: [LeaderElection], text: 'became leader', name: [kube-controller-manager]}
        set: {program: kube-controller-manager}
    explanation: One took the lead.
    source: a test
    leads_nowhere: "It is a test."
    examples:
      matches:
        - {event: LeaderElection, about: Lease/kube-system/kube-controller-manager, text: a became leader}
      near_misses:
        - {event: LeaderElection, about: Lease/kube-system/kube-scheduler, text: a became leader}
"#;

/// A rule may ask for the name of what a record is about.
#[test]
fn a_look_takes_subjects_of_the_names_that_it_says() {
    let mut catalogue = Catalogue::built_in().expect("the built-in catalogue");
    catalogue.add(&[("names", RULES)]).expect("rules");
    let rule = catalogue.rule("Elected").expect("the rule");
    assert_eq!(crate::signals::example::check(&catalogue, rule), Vec::<String>::new());
}
