//! Words by which people name a role instead of a person, those of programs that write into a channel, and words of the
//! trade that are no name of anybody.

/// The words of a role, and what a report calls it; the first that fits counts.
const ROLES: &[(&[&str], &str)] = &[
    (&["incident", "commander"], "incident commander"),
    (&["incident", "manager"], "incident manager"),
    (&["communications", "lead"], "communications lead"),
    (&["comms", "lead"], "communications lead"),
    (&["operations", "lead"], "operations lead"),
    (&["ops", "lead"], "operations lead"),
    (&["on", "call"], "on-call"),
    (&["oncall"], "on-call"),
    (&["sre"], "SRE"),
    (&["sres"], "SRE"),
    (&["scribe"], "scribe"),
    (&["responder"], "responder"),
    (&["operator"], "operator"),
    (&["administrator"], "administrator"),
    (&["admin"], "administrator"),
    (&["developer"], "developer"),
    (&["engineer"], "engineer"),
    (&["dba"], "DBA"),
    (&["support"], "support"),
    (&["bot"], "a program"),
    (&["slackbot"], "a program"),
    (&["alertmanager"], "a program"),
    (&["prometheus"], "a program"),
    (&["grafana"], "a program"),
    (&["pagerduty"], "a program"),
    (&["opsgenie"], "a program"),
    (&["argocd"], "a program"),
    (&["jenkins"], "a program"),
    (&["github"], "a program"),
    (&["gitlab"], "a program"),
];

/// Words of the trade: a handle may have them, and a text speaks of what they mean.
const TRADE: &[&str] = &[
    "alert",
    "alerts",
    "and",
    "api",
    "app",
    "backend",
    "cluster",
    "data",
    "db",
    "deploy",
    "frontend",
    "incident",
    "infra",
    "k8s",
    "kube",
    "kubernetes",
    "lead",
    "network",
    "node",
    "of",
    "ops",
    "platform",
    "pod",
    "prod",
    "root",
    "security",
    "service",
    "staging",
    "storage",
    "system",
    "team",
    "test",
    "the",
    "user",
    "web",
];

/// Accounts of machines, which are no person's.
const ACCOUNTS: &[&str] =
    &["root", "git", "admin", "core", "ubuntu", "debian", "centos", "ec2-user", "azureuser", "k8s"];

/// What the role is called that these words name.
pub fn of(words: &[String]) -> Option<&'static str> {
    let names =
        |role: &[&str]| words.windows(role.len()).any(|some| some.iter().zip(role).all(|(one, word)| one == word));
    ROLES.iter().find(|(role, _)| names(role)).map(|(_, label)| *label)
}

/// Whether a word says what somebody does, or is one of the trade, and so is no name.
pub fn is_word(word: &str) -> bool {
    TRADE.contains(&word) || ROLES.iter().any(|(role, _)| role.contains(&word))
}

/// Whether it is an account of a machine.
pub fn is_account(name: &str) -> bool {
    ACCOUNTS.contains(&name)
}
