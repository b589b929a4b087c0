//! Names of fields as people read them: `podIP` is `Pod IP`.

/// Parts that are written in capitals (kubectl pkg/describe/describe.go, `smartLabelFor`).
const ACRONYMS: &[&str] = &["API", "GUID", "OSB", "UID", "URL"];

/// The words of a field's name, each with a capital; the name itself where it has more than letters and hyphens
/// (kubectl pkg/describe/describe.go, `smartLabelFor`).
pub(super) fn of(field: &str) -> String {
    if field.chars().any(|c| !c.is_alphabetic() && c != '-') {
        return field.to_owned();
    }
    let words: Vec<String> = words(field).iter().map(|word| titled(word)).collect();
    words.join(" ")
}

fn titled(word: &str) -> String {
    let capitals = word.to_uppercase();
    if ACRONYMS.contains(&capitals.as_str()) {
        return capitals;
    }
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Runs of small letters, of capitals and of others; the last of several capitals begins the word of small letters
/// behind it (github.com/fatih/camelcase, `Split`).
fn words(field: &str) -> Vec<String> {
    let class = |c: char| if c.is_lowercase() { 0 } else { 1 + u8::from(!c.is_uppercase()) };
    let mut runs: Vec<(u8, String)> = Vec::new();
    for c in field.chars() {
        match runs.last_mut() {
            Some((of_run, run)) if *of_run == class(c) => run.push(c),
            Some((1, run)) if class(c) == 0 => {
                let first: String = run.pop().into_iter().chain([c]).collect();
                runs.push((0, first));
            }
            _ => runs.push((class(c), c.to_string())),
        }
    }
    runs.into_iter().map(|(_, run)| run).filter(|run| !run.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_their_humps() {
        let table = [
            ("observedGeneration", "Observed Generation"),
            ("apiVersion", "API Version"),
            ("PDFLoader", "PDF Loader"),
            ("clusterIPs", "Cluster I Ps"),
            ("uid", "UID"),
            ("foo-bar", "Foo - Bar"),
            ("x509", "x509"),
            ("", ""),
            ("X", "X"),
        ];
        for (field, expected) in table {
            assert_eq!(of(field), expected);
        }
    }
}
