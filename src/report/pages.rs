//! The catalogue as pages of docs/: a list of all signals, a page for each family and for each signal, and the links.
//!
//! They are texts only: a test writes them, and holds what is committed to them.

use super::explained::{self, ExplainedSignal, link_row, sentence};
use crate::cascade::Links;
use crate::signals::{Catalogue, Phrase};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How a page comes about, which stands on those that lead to the others.
const MADE: &str = "`K8SF_BLESS=1 cargo test --test it pages`";

/// A page of docs/.
#[derive(Debug)]
pub struct Page {
    /// Below docs/, as `signals/pod/OOMKilled.md`.
    pub path: String,
    pub text: String,
}

/// Every page that is written from the catalogue, and what SUMMARY.md has of those of signals, a line each.
pub fn pages(catalogue: &Catalogue, links: &Links) -> (Vec<Page>, String) {
    let all = explained::signals(catalogue, links);
    let places: BTreeMap<&str, String> = all.iter().map(|one| (one.name.as_str(), place(one))).collect();
    let mut pages = vec![
        Page { path: "signals.md".to_owned(), text: list(catalogue, &all) },
        Page { path: "links.md".to_owned(), text: links_page(links, &places) },
    ];
    let mut summary = String::new();
    for family in catalogue.families() {
        let of_family: Vec<&ExplainedSignal> = all.iter().filter(|one| one.family == family).collect();
        pages.push(Page { path: format!("signals/{family}.md"), text: family_page(family, &of_family) });
        let _ = writeln!(summary, "  - [{family}](signals/{family}.md)");
        for one in &of_family {
            let named = |name: &str| to(name, &places, "../../");
            let text = unmarked(&one.linking("#", &named));
            let up = format!("\nFamily: [{family}](../{family}.md). All: [signals](../../signals.md).\n");
            pages.push(Page { path: place(one), text: text + &up });
            let _ = writeln!(summary, "    - [{}]({})", one.name, place(one));
        }
    }
    (pages, summary)
}

/// Where the page of a signal stands: a name like `Unhealthy(readiness)` goes without its parentheses.
fn place(one: &ExplainedSignal) -> String {
    format!("signals/{}/{}.md", one.family, one.name.replace('(', "-").replace(')', ""))
}

/// The name of a signal as a link, from a page that is `up` from docs/.
fn to(name: &str, places: &BTreeMap<&str, String>, up: &str) -> String {
    places.get(name).map_or_else(|| name.to_owned(), |place| format!("[{name}]({up}{place})"))
}

fn line(one: &ExplainedSignal, up: &str) -> String {
    format!("- [{}]({up}{}) ({}): {}\n", one.name, place(one), one.severity, unmarked(&sentence(&one.title)))
}

fn list(catalogue: &Catalogue, all: &[ExplainedSignal]) -> String {
    let mut text = format!(
        "# Signals\n\nWhat `analyze` knows: {} signals, and {} phrases that it looks for in their messages. Each has a page: \
         what it means, when it misleads, its source, where it is found, what it may follow and lead to, examples. \
         `k8s-forensics signals NAME` shows the same in a terminal. How to add your own: [rules.md](rules.md). Why one may \
         lead to another: [links.md](links.md). These pages are written from the catalogue by {MADE} and checked by \
         every test run.\n",
        all.len(),
        catalogue.phrases.iter().count()
    );
    for family in catalogue.families() {
        let _ = writeln!(text, "\n## {family}\n");
        all.iter().filter(|one| one.family == family).for_each(|one| text.push_str(&line(one, "")));
    }
    let _ = writeln!(text, "\n## Phrases\n\nWhat messages say of the cause, whichever record they stand in.\n");
    catalogue.phrases.iter().for_each(|phrase| text.push_str(&phrase_line(phrase)));
    text
}

fn family_page(family: &str, of_family: &[&ExplainedSignal]) -> String {
    let count = of_family.len();
    let many = if count == 1 { "signal" } else { "signals" };
    let mut text = format!("# Signals of the family {family}\n\n{count} {many} of [all](../signals.md).\n\n");
    of_family.iter().for_each(|one| text.push_str(&line(one, "../")));
    text
}

fn phrase_line(phrase: &Phrase) -> String {
    let examples: Vec<String> =
        phrase.examples().iter().map(|text| format!("  - `{}`", text.replace('`', "'"))).collect();
    let (name, says, source) = (phrase.name(), unmarked(&phrase.says()), unmarked(&sentence(phrase.source())));
    format!("- `{name}`: {says}. Source: {source}\n{}\n", examples.join("\n"))
}

fn links_page(links: &Links, places: &BTreeMap<&str, String>) -> String {
    let mut text = format!(
        "# Links\n\nWhy one signal may lead to another: {} links, each with the mechanism and where it is known from. This \
         page is written from the catalogue by {MADE} and checked by every test run. The signals: \
         [signals.md](signals.md).\n",
        links.links.len()
    );
    let mut family = "";
    for link in &links.links {
        if link.family != family {
            family = &link.family;
            let _ = writeln!(text, "\n## {family}");
        }
        let _ = write!(text, "\n{}", unmarked(&link_row(link).linking(&|name| to(name, places, ""))));
    }
    text
}

/// What stands outside of code, without what would be taken for a tag of HTML.
fn unmarked(text: &str) -> String {
    let mut parts = text.split('`');
    let mut all = parts.next().unwrap_or_default().replace('<', "&lt;");
    for (number, part) in parts.enumerate() {
        all.push('`');
        match number % 2 {
            0 => all.push_str(part),
            _ => all.push_str(&part.replace('<', "&lt;")),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::unmarked;

    #[test]
    fn only_code_keeps_what_looks_like_a_tag() {
        assert_eq!(unmarked("a <b> is `<b>` and <c>"), "a &lt;b> is `<b>` and &lt;c>");
        assert_eq!(unmarked("nothing"), "nothing");
    }
}
