//! Who wrote a note, where its line says so behind the time: `@jane: text`, `<jane> text`, `Jane Doe: text`.
//!
//! A name is told from the first words of a sentence by its form. Where that leaves a doubt it is taken for a name, as a
//! word too few in a quotation is the lesser harm.

/// The longest name, in characters.
const MOST_CHARS: usize = 60;

/// Words by which people begin what they write, with a colon behind.
const LABELS: &[&str] = &[
    "action",
    "actions",
    "alert",
    "alerts",
    "cause",
    "cluster",
    "comment",
    "confirmed",
    "context",
    "customer",
    "decision",
    "deploy",
    "deployed",
    "detected",
    "detection",
    "done",
    "edit",
    "end",
    "error",
    "errors",
    "escalated",
    "event",
    "finding",
    "fix",
    "fixed",
    "fyi",
    "hypothesis",
    "identified",
    "impact",
    "incident",
    "info",
    "investigating",
    "investigation",
    "issue",
    "link",
    "log",
    "logs",
    "mitigated",
    "mitigation",
    "monitoring",
    "next",
    "note",
    "notes",
    "observation",
    "observed",
    "ok",
    "outcome",
    "output",
    "problem",
    "question",
    "reason",
    "recovered",
    "recovery",
    "resolution",
    "resolved",
    "result",
    "root",
    "rollback",
    "start",
    "started",
    "state",
    "status",
    "steps",
    "summary",
    "symptom",
    "timeline",
    "todo",
    "trigger",
    "update",
    "warning",
    "http",
    "https",
    "kubectl",
    "helm",
    "kubelet",
    "kernel",
    "etcd",
    "containerd",
    "systemd",
    "docker",
    "coredns",
    "events",
    "cc",
    "ping",
    "ack",
    "re",
    "via",
    "ps",
    "nb",
    "tldr",
];

/// The author, and the text without it. In a chat's line everything before the first colon is one.
pub fn split(text: &str, is_chat: bool) -> (Option<&str>, &str) {
    let text = text.trim();
    for (open, close) in [("<@", ">"), ("<", ">"), ("**", "**"), ("__", "__"), ("*", "*"), ("_", "_")] {
        if let Some((name, rest)) = text.strip_prefix(open).and_then(|rest| rest.split_once(close))
            && (open.starts_with('<') && !name.is_empty() || is_name(name.trim_end_matches(':')))
            && name.chars().count() <= MOST_CHARS
            && (open.starts_with('<') || name.ends_with(':') || rest.trim_start().starts_with([':', '-', '–', '—']))
        {
            return (Some(name.trim_end_matches(':')), after(rest));
        }
    }
    if let Some(found) = linked(text).or_else(|| full_name(text)) {
        return found;
    }
    // No table said which cell is whose.
    if let Some((name, rest)) = text.split_once(" | ").filter(|(name, _)| is_name(name)) {
        return (Some(name.trim()), rest.trim_end_matches([' ', '|']));
    }
    let arrow = ["->", "→", "=>"].iter().find_map(|arrow| text.split_once(&format!(" {arrow} ")));
    if let Some((name, rest)) = arrow.filter(|(name, _)| is_name(name) && name.starts_with(char::is_uppercase)) {
        return (Some(name.trim()), rest.trim());
    }
    let handle = text.strip_prefix('@').filter(|rest| rest.starts_with(char::is_alphabetic));
    if let Some(handle) = handle {
        let end = handle.find(|one: char| one.is_whitespace() || ":,".contains(one)).unwrap_or(handle.len());
        let (name, rest) = text.split_at_checked(end + 1).unwrap_or((text, ""));
        return (Some(name.trim_end_matches(['.', '-'])), after(rest));
    }
    let colon = text.char_indices().take(MOST_CHARS).find(|(_, one)| *one == ':').map(|(at, _)| at);
    let Some((name, rest)) = colon.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) else {
        return (None, text);
    };
    let is_one = rest.is_empty() || rest.starts_with(char::is_whitespace);
    match is_one && (is_chat && !name.trim().is_empty() || is_name(name)) {
        true => (Some(name.trim()), rest.trim()),
        false => (None, text),
    }
}

/// `[Jane Doe](…)`, `[@jane](…)`, `[jane](mailto:…)`.
fn linked(text: &str) -> Option<(Option<&str>, &str)> {
    let (name, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (link, rest) = rest.split_once(')')?;
    let is_persons =
        name.starts_with('@') || link.starts_with("mailto:") || link.contains("/team/") || is_full_name(name);
    (is_persons && name.chars().count() <= MOST_CHARS).then(|| (Some(name), after(rest)))
}

/// `Jane Doe — text`, `(Jane Doe) text`: only a name of several words is told from others by this.
fn full_name(text: &str) -> Option<(Option<&str>, &str)> {
    let in_brackets = || text.strip_prefix('(')?.split_once(')');
    let before = |mark| text.split_once(mark);
    let found = in_brackets().or_else(|| before(" — ")).or_else(|| before(" – ")).or_else(|| before(" - "));
    let (name, rest) = found.filter(|(name, rest)| is_full_name(name) && !rest.trim().is_empty())?;
    Some((Some(name.trim()), after(rest)))
}

fn is_full_name(text: &str) -> bool {
    text.split_whitespace().count() > 1 && is_name(text)
}

fn after(rest: &str) -> &str {
    rest.trim_start_matches(|one: char| one.is_whitespace() || ":,-–—".contains(one))
}

/// Small words that stand within a name, between names, or before and behind one.
const BESIDE: &[&str] = &[
    "al", "and", "bin", "da", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "e", "el", "et", "hat",
    "ibn", "la", "le", "oncall", "on-call", "said", "says", "schrieb", "ten", "ter", "the", "to", "und", "van", "von",
    "writes", "wrote", "y", "zu", "zum", "zur",
];

/// What machines and what runs on them is called, with a number behind.
const NUMBERED: &[&str] = &[
    "app",
    "cluster",
    "container",
    "cp",
    "db",
    "disk",
    "eth",
    "etcd",
    "host",
    "master",
    "node",
    "pod",
    "server",
    "sev",
    "step",
    "test",
    "vm",
    "web",
    "worker",
    "zone",
];

/// Whether a text has the form of a name: an address, one word, or several that begin with capital letters, but for what
/// stands within names and between them.
fn is_name(text: &str) -> bool {
    let is_quote = |one: char| "\"'“”„«»".contains(one);
    let text = text.trim();
    if text.chars().count() > MOST_CHARS {
        return false;
    }
    let outer = text.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or(text, |(_, name)| name);
    let inner = outer.strip_suffix(')').and_then(|text| text.split_once(" (")).map_or(outer, |(name, _)| name);
    let inner = inner.strip_suffix('>').and_then(|text| text.split_once(" <")).map_or(inner, |(name, _)| name);
    if inner.contains('@') && !inner.contains(char::is_whitespace) {
        return true;
    }
    let parts = inner.split(|one: char| one.is_whitespace() || "/&+".contains(one));
    let words: Vec<&str> = parts
        .map(|word| word.trim_matches(|one: char| is_quote(one) || !one.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect();
    let is_beside = |word: &&&str| BESIDE.contains(&word.to_lowercase().as_str());
    let names: Vec<&str> = words.iter().filter(|word| !is_beside(word)).copied().collect();
    let names = if names.is_empty() { words.clone() } else { names };
    let is_label = |word: &&str| LABELS.contains(&word.to_lowercase().as_str());
    let begins_large = |word: &&str| !word.starts_with(char::is_lowercase);
    words.len() <= 6
        && (1..=4).contains(&names.len())
        && names.iter().all(|word| is_name_word(word))
        && !names.iter().any(is_label)
        && (words.len() == 1 || names.iter().all(begins_large))
}

/// Whether a word may be a name: letters, or a handle that ends in digits and is no machine's.
fn is_name_word(word: &str) -> bool {
    let letters = word.trim_end_matches(|one: char| one.is_ascii_digit());
    let has_digits = word.bytes().any(|one| one.is_ascii_digit());
    let is_handle = || {
        let is_id = word.len() >= 6 && word.bytes().all(|one| one.is_ascii_uppercase() || one.is_ascii_digit());
        let is_numbered = NUMBERED.contains(&letters.to_lowercase().as_str());
        is_id || letters.chars().count() >= 3 && letters.chars().all(char::is_alphabetic) && !is_numbered
    };
    let is_word = |text: &str| text.chars().all(|one| one.is_alphabetic() || ".,'’-_".contains(one));
    word.starts_with(char::is_alphabetic) && if has_digits { is_handle() } else { is_word(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_by_their_form() {
        for (text, author, rest) in [
            ("@jane: restarted node-2", Some("@jane"), "restarted node-2"),
            ("@jane restarted node-2", Some("@jane"), "restarted node-2"),
            ("<@U024BE7LH> see", Some("U024BE7LH"), "see"),
            ("<bob> kubelet: up", Some("bob"), "kubelet: up"),
            ("**Jane Doe**: x: y", Some("Jane Doe"), "x: y"),
            ("**Jane Doe:** x", Some("Jane Doe"), "x"),
            ("Jane Doe: http://x/y", Some("Jane Doe"), "http://x/y"),
            ("jane.doe@example.org: x", Some("jane.doe@example.org"), "x"),
            ("Kim (SRE): x", Some("Kim (SRE)"), "x"),
            ("on-call: x", Some("on-call"), "x"),
            ("Jane Doe — restarted it", Some("Jane Doe"), "restarted it"),
            ("(Jane Doe) paged", Some("Jane Doe"), "paged"),
            ("[jane](https://x/team/U1) it: y", Some("jane"), "it: y"),
            ("[runbook](https://x) says", None, "[runbook](https://x) says"),
            ("_Bob Roe_: y", Some("Bob Roe"), "y"),
            ("cc: nobody", None, "cc: nobody"),
            ("all pods - back", None, "all pods - back"),
            ("jane | restarted it |", Some("jane"), "restarted it"),
            ("restarted node-2: pods back", None, "restarted node-2: pods back"),
            ("Impact: no answers", None, "Impact: no answers"),
            ("pods back: all", None, "pods back: all"),
            ("**node-2** is down", None, "**node-2** is down"),
            ("see http://x", None, "see http://x"),
            ("jdoe42: a", Some("jdoe42"), "a"),
            ("U024BE: a", Some("U024BE"), "a"),
            ("Ursula von der Leyen: a", Some("Ursula von der Leyen"), "a"),
            ("Carol & Dave: a", Some("Carol & Dave"), "a"),
            ("Hans und Inge: a", Some("Hans und Inge"), "a"),
            ("Friedl/Gundula: a", Some("Friedl/Gundula"), "a"),
            ("the on-call Egon: a", Some("the on-call Egon"), "a"),
            ("Jane Doe <jane@example.org>: a", Some("Jane Doe <jane@example.org>"), "a"),
            ("\"Sven\": a", Some("\"Sven\""), "a"),
            ("Yves 🚒: a", Some("Yves 🚒"), "a"),
            ("Tom wrote: a", Some("Tom wrote"), "a"),
            ("[INFO] Udo: log", Some("[INFO] Udo"), "log"),
            ("Manni -> x", Some("Manni"), "x"),
            ("node2: rebooted", None, "node2: rebooted"),
            ("node-2: rebooted", None, "node-2: rebooted"),
            ("pods -> all back", None, "pods -> all back"),
            ("10:30 works", None, "10:30 works"),
        ] {
            assert_eq!(split(text, false), (author, rest), "{text}");
        }
        assert_eq!(split("jane from ops: x", true), (Some("jane from ops"), "x"));
        assert_eq!(split("no colon here", true), (None, "no colon here"));
    }
}
