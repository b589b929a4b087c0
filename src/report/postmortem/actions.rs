//! Candidates for action items: for each condition found, a state that can be checked to be reached.

use super::factors::of_class;
use super::{SENTENCE_CHARS, Size};
use crate::report::markdown::Markdown;
use crate::report::schema::FactorRow;
use crate::report::view::View;

pub struct Action {
    pub state: String,
    pub origin: String,
}

const LIMITS: &str =
    "Every container named has a memory request and a memory limit, and a policy refuses those without";
const BUDGET: &str = "A PodDisruptionBudget covers the workload, and a drain in a test respects it";
const REPLICAS: &str = "The workload runs at least two replicas on different nodes, shown by ending one node in a test";
const SPREAD: &str = "Topology spread or anti-affinity keeps these workloads apart, shown by where their pods run";
const LIVENESS: &str =
    "The liveness probe asks the process itself and nothing behind it; a test without its dependency shows no restart";
const PROBE: &str = "The probe's delay and threshold fit the start time measured under load, with room to spare";
const RESERVED: &str =
    "Nodes reserve memory for the system and have eviction thresholds, shown by the kubelet's configuration";
const PRIORITY: &str = "The workload's priority class keeps it when the node is short, shown by its spec";
const MONITORING: &str = "Monitoring stays up when any one node is lost, shown by ending that node in a test";
const ALERT: &str = "An alert fires within an agreed time when the first sign of this incident is reproduced in a test";
const WEBHOOK: &str = "The system's own pods start while the webhook is down, shown in a test";
const CHANGE: &str = "A change of this kind is tried in a test environment before production, shown by the pipeline";

/// Words of a factor's statement, in lower case between spaces, and the state that answers it; the first that fits.
const STATES: &[(&str, &str)] = &[
    ("limitrange", LIMITS),
    ("memory limit", LIMITS),
    ("limits", LIMITS),
    ("without limit", LIMITS),
    ("poddisruptionbudget", BUDGET),
    ("disruption budget", BUDGET),
    ("one replica", REPLICAS),
    ("single replica", REPLICAS),
    ("only replica", REPLICAS),
    ("1 replica", REPLICAS),
    ("same node", SPREAD),
    ("anti affinity", SPREAD),
    ("liveness", LIVENESS),
    ("readiness", PROBE),
    ("startup probe", PROBE),
    ("eviction threshold", RESERVED),
    ("eviction thresholds", RESERVED),
    ("reserved", RESERVED),
    ("priority", PRIORITY),
    ("prometheus", MONITORING),
    ("grafana", MONITORING),
    ("monitoring", MONITORING),
    ("alert", ALERT),
    ("alerts", ALERT),
    ("webhook", WEBHOOK),
];

/// Factor classes that something can be built against, the most useful first, with the state for statements that no
/// words of [`STATES`] fit.
const CLASSES: [(&str, &str, &str); 6] = [
    ("latent", "Latent", "To fill in: how a test would show that this no longer holds"),
    ("detection", "Detection", ALERT),
    ("amplifier", "Amplifier", "In a test, the same course of events no longer grows at this step"),
    ("propagation", "Propagation", "In a test, the same failure stays with the workload it begins in"),
    ("trigger", "Trigger", CHANGE),
    ("response", "Response", "A runbook for this first sign exists and was walked through in a rehearsal"),
];

pub fn list(view: &View, size: Size) -> Vec<Action> {
    let mut actions = Vec::new();
    for (class, name, otherwise) in CLASSES {
        // What began with no change is not mended by testing changes.
        let is_change = |factor: &FactorRow| {
            factor.signals.iter().filter_map(|id| view.signal(id)).any(|signal| signal.layer == "change")
        };
        for factor in of_class(view, class).filter(|factor| class != "trigger" || is_change(factor)) {
            let statement = factor.statement.trim_end_matches('.');
            let origin = Markdown::new().say(name).say(": ").prose(statement, SENTENCE_CHARS);
            let state = if class == "trigger" { otherwise } else { state(statement).unwrap_or(otherwise) };
            actions.push(Action { state: state.to_owned(), origin: origin.cell() });
        }
    }
    for missing in &view.coverage.missing {
        let source = Markdown::new().code(missing.source, 60);
        let state = match missing.status {
            "expired" | "absent" => source.say(" is stored before it is gone, shown by an archive that has it"),
            _ => {
                Markdown::new().say("In a rehearsal, ").then(&source).say(" comes whole from every node and namespace")
            }
        };
        let origin = Markdown::new().say("Coverage: ").code(missing.source, 60).say(", ").prose(missing.status, 40);
        actions.push(Action { state: state.cell(), origin: origin.cell() });
    }
    actions.truncate(size.items);
    if actions.is_empty() {
        let state = "To fill in: a state that can be checked".to_owned();
        actions.push(Action { state, origin: "no factor was found in the records".to_owned() });
    }
    actions
}

fn state(statement: &str) -> Option<&'static str> {
    let lower = statement.to_lowercase();
    let words: Vec<&str> =
        lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words = format!(" {} ", words.join(" "));
    STATES.iter().find(|(sought, _)| words.contains(&format!(" {sought} "))).map(|(_, state)| *state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_answer_whole_words() {
        assert_eq!(state("Deployment/x runs a single replica."), Some(REPLICAS));
        assert_eq!(state("No memory limit on Deployment/platform/alerter"), Some(LIMITS));
        assert_eq!(state("Deployment/platform/alerter was changed"), None);
    }
}
