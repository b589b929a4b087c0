//! Inputs of several clusters: a report for each, in a folder of its own, and what crosses them beside these.

use super::exit::Exit;
use super::failure::Failure;
use super::private::Unnamed;
use super::report_files::Written;
use super::terminal;
use k8s_forensics::analysis::Analyzed;
use k8s_forensics::clusters::{self, Account, page};
use k8s_forensics::inputs::Inputs;
use k8s_forensics::report;
use std::path::Path;

const MARKDOWN: &str = "clusters.md";
const JSON: &str = "clusters.json";

/// Analyses the inputs of each cluster, one cluster after the other, and writes the reports into `folder`; prints what crosses
/// them, as JSON where that is wanted.
pub fn run(
    inputs: impl Iterator<Item = Inputs>,
    analyze: impl Fn(Inputs) -> Result<Analyzed, Failure>,
    deliver: impl Fn(&Analyzed, &Path) -> Result<Written, Failure>,
    (folder, json): (&Path, bool),
) -> Result<Exit, Failure> {
    let (mut accounts, mut folders): (Vec<Account>, Vec<String>) = Default::default();
    for inputs in inputs {
        let header = inputs.header();
        let name = header.cluster.context.unwrap_or_else(|| inputs.first_name().to_owned());
        let name = unused(&name, |name| accounts.iter().any(|account| account.name == name));
        let own = unused(&file_name(&name), |name| folders.iter().any(|folder| folder == name));
        let analyzed = analyze(inputs)?;
        deliver(&analyzed, &folder.join(&own))?.tell();
        // What is not kept of it here is given back before the next.
        accounts.push(Account::new(name, &analyzed));
        folders.push(own);
    }
    let report = page::report(&accounts, &folders, clusters::find(&accounts));
    let markdown =
        page::markdown(&report).map_err(|error| Failure::environment("write what crosses clusters", error))?;
    let mut plain = Vec::new();
    report::json::write_value(&report, &mut plain)
        .map_err(|error| Failure::environment("write what crosses clusters", error))?;
    for (name, text) in [(MARKDOWN, markdown.as_bytes()), (JSON, plain.as_slice())] {
        let path = folder.join(name);
        let written = Unnamed::beside(&path).and_then(|mut file| file.fill(text).and_then(|()| file.replace(&path)));
        written.map_err(|error| Failure::environment(format!("write {}", path.display()), error))?;
        terminal::tell(&format!("wrote {}", path.display()));
    }
    let printed = match json {
        true => terminal::print_written(|out| out.write_all(&plain)),
        false => terminal::print_data(&page::terminal(&report, terminal::width())),
    };
    printed.map(|()| Exit::Whole)
}

/// The name, with a number behind it where it is used.
fn unused(name: &str, is_used: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u32..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_used(name)).unwrap_or_default()
}

/// A context's name as part of a file's name: those of cloud providers hold slashes and colons.
pub fn file_name(context: &str) -> String {
    let name: String = context
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect();
    // Of `.` and `..` nothing else would be left than the way to another folder.
    if name.bytes().all(|byte| byte == b'.') { name.replace('.', "-") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_no_other_folder() {
        assert_eq!(file_name("arn:aws:eks:eu-west-1:1:cluster/shop"), "arn-aws-eks-eu-west-1-1-cluster-shop");
        assert_eq!((file_name(".."), file_name("../a")), ("--".to_owned(), "..-a".to_owned()));
    }

    #[test]
    fn no_two_have_one_name() {
        let used = ["a", "a-2"];
        assert_eq!(unused("a", |name| used.contains(&name)), "a-3");
        assert_eq!(unused("b", |name| used.contains(&name)), "b");
    }
}
