//! What controllers add to a name: it tells nothing, and what is left is the name that somebody gave.

/// Of which generated suffixes are made (k8s.io/apimachinery v0.34.4, pkg/util/rand: no vowels, no 0, 1 and 3).
const ALPHABET: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The name somebody gave to what became `name`, an object of `kind`: without what ReplicaSets, Jobs of CronJobs and
/// pods have behind it.
pub fn given<'a>(kind: &str, name: &'a str) -> &'a str {
    match kind {
        "Pod" => {
            let Some(owner) = without(name, is_suffix) else { return name };
            without(owner, is_hash).or_else(|| without(owner, is_minute)).unwrap_or(owner)
        }
        "ReplicaSet" | "ControllerRevision" => without(name, is_hash).unwrap_or(name),
        "Job" => without(name, is_minute).unwrap_or(name),
        _ => name,
    }
}

/// Whether `rest`, which stands behind an owner's name and a dash, was generated.
pub fn is_generated(rest: &str) -> bool {
    !rest.is_empty() && rest.split('-').all(|part| is_suffix(part) || is_hash(part) || is_number(part))
}

fn without(name: &str, is_added: fn(&str) -> bool) -> Option<&str> {
    name.rsplit_once('-').filter(|(rest, last)| !rest.is_empty() && is_added(last)).map(|(rest, _)| rest)
}

/// Five letters, as of a pod; words of five letters without a vowel are few.
fn is_suffix(part: &str) -> bool {
    part.len() == 5 && part.chars().all(|c| ALPHABET.contains(c))
}

/// The hash of a pod template.
fn is_hash(part: &str) -> bool {
    (6..=10).contains(&part.len())
        && part.chars().all(|c| ALPHABET.contains(c) || c.is_ascii_hexdigit())
        && part.contains(|c: char| c.is_ascii_digit())
}

/// Minutes since 1970, as of a CronJob's Jobs.
fn is_minute(part: &str) -> bool {
    part.len() == 8 && is_number(part)
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_somebody_gave() {
        let cases = [
            ("Pod", "web-84dbdb574f-s7llp", "web"),
            ("Pod", "shop-web-84dbdb574f-s7llp", "shop-web"),
            ("Pod", "agent-x7k2p", "agent"),
            ("Pod", "backup-29395620-x7k2p", "backup"),
            ("Pod", "db-0", "db-0"),
            ("Pod", "web-frontend", "web-frontend"),
            ("ReplicaSet", "web-84dbdb574f", "web"),
            ("Job", "backup-29395620", "backup"),
            ("Deployment", "web-84dbdb574f", "web-84dbdb574f"),
        ];
        for (kind, name, expected) in cases {
            assert_eq!(given(kind, name), expected, "{kind} {name}");
        }
    }

    #[test]
    fn what_stands_behind_an_owner() {
        assert!(is_generated("84dbdb574f-s7llp") && is_generated("0") && is_generated("29395620"));
        assert!(!is_generated("frontend") && !is_generated("") && !is_generated("canary-0x"));
    }
}
