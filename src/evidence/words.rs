//! The words of a message: what is left when names, numbers and identifiers are taken out.
//!
//! Two messages that say the same of two pods have the same words, so that they can be counted together.

/// Stands for what was taken out.
const GAP: char = '…';

/// The longest text of words that is kept; what differs only after that is taken for the same.
const MOST_CHARS: usize = 160;

/// The words of `text`. `names` are names of objects that it may contain, as that of its own subject.
pub fn words(text: &str, names: &[&str]) -> String {
    let mut out = String::new();
    let mut rest = text.trim();
    while !rest.is_empty() && out.chars().count() < MOST_CHARS {
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        match token {
            "" => {}
            token if is_name(token, names) => gap(&mut out),
            token => out.push_str(token),
        }
        let mut others = after.chars();
        if let Some(other) = others.next() {
            let blank = other.is_whitespace();
            if !(blank && out.ends_with(' ')) {
                out.push(if blank { ' ' } else { other });
            }
        }
        rest = others.as_str();
    }
    if !rest.trim().is_empty() && !out.ends_with(GAP) {
        out.push(GAP);
    }
    out.trim_end().to_owned()
}

/// Names, addresses, paths and numbers with their units hang together by these.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '+')
}

/// Several in a row are one, whatever stands between them.
fn gap(out: &mut String) {
    let before = out.trim_end_matches([' ', ',', ';', '=', '(', ')', '-', '"']);
    match before.ends_with(GAP) {
        true => out.truncate(before.len()),
        false => out.push(GAP),
    }
}

fn is_name(token: &str, names: &[&str]) -> bool {
    let bare = token.trim_end_matches([':', '.', '/']);
    let known = |name: &&str| !name.is_empty() && bare.split(['/', ':', '_', '@']).any(|part| part == *name);
    bare.chars().any(|c| c.is_numeric()) || names.iter().any(known) || is_generated(bare)
}

/// Ends as Kubernetes generates names: five characters of an alphabet without vowels (apimachinery, util/rand).
fn is_generated(token: &str) -> bool {
    let Some((_, last)) = token.rsplit_once('-') else { return false };
    last.len() == 5 && last.chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_only_in_names_has_the_same_words() {
        let one = words("error killing pod web-7d9f8-x2k4p: rpc error after 2m0.1s on node-1", &["node-1"]);
        let two = words("error killing pod api-66b-bbbbb: rpc error after 31s on alpha", &["alpha"]);
        assert_eq!((one.as_str(), one == two), ("error killing pod … rpc error after … on …", true));
    }

    #[test]
    fn words_stay_as_they_are() {
        assert_eq!(words("  disk   is\tfull: /var/lib", &[]), "disk is full: /var/lib");
        assert_eq!(words("pod \"shop/web\" is gone", &["web"]), "pod \"…\" is gone");
        assert!(words(&"word ".repeat(500), &[]).chars().count() <= MOST_CHARS + 5);
    }
}
