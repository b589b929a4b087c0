//! What a subject's written form says: its kind, its namespace, and the workload behind a generated pod name.

/// `Pod` of `Pod/shop/api-0`.
pub fn kind_of(subject: &str) -> &str {
    subject.split('/').next().unwrap_or(subject)
}

/// `shop` of `Pod/shop/api-0`; none for what has no namespace.
pub fn namespace_of(subject: &str) -> Option<&str> {
    let mut parts = subject.split('/');
    let namespace = parts.nth(1)?;
    parts.next().map(|_| namespace)
}

/// The subject with what controllers add to a pod's name taken off: `Pod/shop/api-*` of `Pod/shop/api-7d9f8b6c5-x2k4p`.
///
/// Read from the name alone, so it is good for grouping and sorting, never for a claim.
pub fn workload_of(subject: &str) -> String {
    let mut parts: Vec<&str> = subject.split('/').collect();
    let kind = kind_of(subject);
    if kind == "Container" && parts.len() == 4 {
        parts.pop();
    }
    let is_pod = matches!(kind, "Pod" | "Container") && parts.len() == 3;
    match parts.last() {
        Some(name) if is_pod => match without_suffix(name) {
            Some(workload) => {
                let place = parts.get(..parts.len() - 1).unwrap_or_default().join("/");
                format!("{place}/{workload}-*")
            }
            None => parts.join("/"),
        },
        _ => parts.join("/"),
    }
}

fn without_suffix(name: &str) -> Option<&str> {
    let (rest, last) = name.rsplit_once('-')?;
    if last.chars().all(|digit| digit.is_ascii_digit()) {
        return Some(rest);
    }
    if last.len() != 5 || !is_generated(last) {
        return None;
    }
    match rest.rsplit_once('-') {
        Some((workload, hash)) if (6..=10).contains(&hash.len()) && is_generated(hash) => Some(workload),
        _ => Some(rest),
    }
}

/// Kubernetes generates names from letters and digits that form no words.
fn is_generated(part: &str) -> bool {
    part.chars().all(|character| "bcdfghjklmnpqrstvwxz2456789".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_behind_names() {
        let cases = [
            ("Pod/shop/api-7d9f8b6c5-x2k4p", "Pod/shop/api-*"),
            ("Pod/shop/database-0", "Pod/shop/database-*"),
            ("Pod/shop/agent-x2k4p", "Pod/shop/agent-*"),
            ("Pod/shop/web-front", "Pod/shop/web-front"),
            ("Container/shop/api-7d9f8b6c5-x2k4p/app", "Container/shop/api-*"),
            ("Node/node-1", "Node/node-1"),
            ("Cluster", "Cluster"),
        ];
        for (subject, workload) in cases {
            assert_eq!(workload_of(subject), workload);
        }
    }

    #[test]
    fn namespaces() {
        assert_eq!(namespace_of("Pod/shop/api"), Some("shop"));
        assert_eq!(namespace_of("Node/node-1"), None);
        assert_eq!(kind_of("Cluster"), "Cluster");
    }
}
