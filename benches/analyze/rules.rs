//! Further rules for the catalogue, as a team would add them: each looks for words of its own, in lines that resemble
//! those of the logs and hardly ever are what it wants.

use crate::made::Random;
use std::fmt::Write as _;

const VERBS: [&str; 8] = [
    "Failed to",
    "could not",
    "timed out while trying to",
    "refused to",
    "gave up to",
    "cannot",
    "unable to",
    "error while",
];
const DEEDS: [&str; 10] =
    ["attach", "bind", "renew", "resolve", "schedule", "mount", "sync", "verify", "decode", "replicate"];
const THINGS: [&str; 10] =
    ["volume", "certificate", "lease", "endpoint", "snapshot", "webhook", "route", "quota", "sandbox", "checkpoint"];
const UNITS: [&str; 3] = ["kubelet", "containerd", "kernel"];

/// A catalogue file (YAML) with `count` rules.
pub fn file(count: usize) -> String {
    let mut random = Random::new(500);
    let mut text = "signals:\n".to_owned();
    for number in 0..count {
        let words = format!("{} {} the {}", random.one_of(&VERBS), random.one_of(&DEEDS), random.one_of(&THINGS));
        let code = format!("{}{number:03}", random.one_of(&["EVOL", "ENET", "ECRT", "ESTO"]));
        let look = match number % 5 {
            0 | 1 => format!(
                "journal: {{any: [{}], text: '{words} (?P<what>\\S+): .*{code}'}}",
                UNITS.get(number % UNITS.len()).copied().unwrap_or_default()
            ),
            2 | 3 => format!("log: {{text: '(?:{words}|{code}) (?:of|in) (?P<what>[a-z0-9.-]+)'}}"),
            _ => format!("event: {{any: [{code}Failed], text: '{words} (?P<what>\\S+)'}}"),
        };
        let _ = write!(
            text,
            "  - name: Bench{number}\n    title: \"{{subject}}: {words}\"\n    severity: warning\n    look:\n      - {look}\n    explanation: Made up for a measurement.\n    source: benches/analyze/rules.rs\n    examples: {{matches: [], near_misses: []}}\n"
        );
    }
    text
}
