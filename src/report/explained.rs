//! The catalogue explained: what each signal means, where it is looked for, when it misleads, and what it is linked to.

use crate::cascade::{Ends, Link, Links};
use crate::signals::{Catalogue, Rule};
use serde::Serialize;
use std::fmt::Write;

/// A signal of the catalogue, for readers.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedSignal {
    pub name: String,
    pub family: String,
    pub severity: String,
    /// One sentence, with labels in braces.
    pub title: String,
    pub explanation: String,
    /// When it misleads.
    pub false_alarms: String,
    pub source: String,
    pub roles: Vec<String>,
    /// Kinds of subjects that it is about.
    pub about: Vec<String>,
    pub labels: Vec<String>,
    /// Where it is looked for, in words.
    pub found_in: Vec<String>,
    /// What ends it, in words; nothing where it is an occurrence, or nothing tells of its end.
    pub ended_by: Vec<String>,
    pub questions: Vec<String>,
    pub actions: Vec<String>,
    /// Why it is in no link.
    pub leads_nowhere: Option<String>,
    pub examples: Vec<ExampleRow>,
    /// Links to what it may lead to.
    pub leads_to: Vec<LinkRow>,
    /// Links from what may lead to it.
    pub follows: Vec<LinkRow>,
}

/// A record that a rule must match.
#[derive(Clone, Debug, Serialize)]
pub struct ExampleRow {
    pub text: String,
    /// Where its form comes from.
    pub origin: Option<String>,
    /// Whether a cluster showed it to this project.
    pub recorded: bool,
}

/// Why one signal may lead to another.
#[derive(Clone, Debug, Serialize)]
pub struct LinkRow {
    pub id: String,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub relation: String,
    pub grade: String,
    /// Seconds from onset to onset, least and most.
    pub lag_s: (i64, i64),
    pub why: String,
    pub source: String,
}

/// Every signal, in the order of the catalogue.
pub fn signals(catalogue: &Catalogue, links: &Links) -> Vec<ExplainedSignal> {
    catalogue.rules.iter().map(|rule| signal(catalogue, links, rule)).collect()
}

/// One signal.
pub fn signal(catalogue: &Catalogue, links: &Links, rule: &Rule) -> ExplainedSignal {
    let of = |end: fn(&Link) -> &Ends| -> Vec<LinkRow> {
        links.links.iter().filter(|link| end(link).have(rule)).map(link_row).collect()
    };
    let examples = rule.examples().map(|(text, origin)| ExampleRow {
        text,
        origin: origin.map(ToString::to_string),
        recorded: origin.is_some_and(|origin| origin.is_recorded()),
    });
    ExplainedSignal {
        name: rule.name.clone(),
        family: rule.family.clone(),
        severity: rule.severity.to_string(),
        title: rule.title.clone(),
        explanation: rule.explanation.clone(),
        false_alarms: rule.false_alarms.clone(),
        source: rule.source.clone(),
        roles: rule.roles.iter().map(|role| role.to_string()).collect(),
        about: rule.kinds().into_iter().map(str::to_owned).collect(),
        labels: catalogue.labels_of(&rule.name).into_iter().collect(),
        found_in: rule.found_in(),
        ended_by: rule.ended_by(),
        questions: rule.questions.clone(),
        actions: rule.actions.clone(),
        leads_nowhere: rule.leads_nowhere.clone(),
        examples: examples.collect(),
        leads_to: of(|link| &link.from),
        follows: of(|link| &link.to),
    }
}

pub(super) fn link_row(link: &Link) -> LinkRow {
    LinkRow {
        id: link.id.clone(),
        from: link.from.words(),
        to: link.to.words(),
        relation: link.relation.name.to_owned(),
        grade: link.grade.name().to_owned(),
        lag_s: (link.lag.0.num_seconds(), link.lag.1.num_seconds()),
        why: link.why.clone(),
        source: link.source.clone(),
    }
}

impl ExplainedSignal {
    /// A section in Markdown, under a heading of the level that `heading` has, as `###`.
    pub fn markdown(&self, heading: &str) -> String {
        self.linking(heading, &str::to_owned)
    }

    /// The same, with other signals named as `named` has them.
    pub(super) fn linking(&self, heading: &str, named: &dyn Fn(&str) -> String) -> String {
        let mut text =
            format!("{heading} {}\n\n**{}**, {}. {}\n", self.name, self.severity, self.family, sentence(&self.title));
        let paragraphs = [
            ("", self.explanation.as_str()),
            ("Misleads: ", &self.false_alarms),
            ("Source: ", &self.source),
            ("In no link: ", self.leads_nowhere.as_deref().unwrap_or_default()),
        ];
        for (before, paragraph) in paragraphs.iter().filter(|(_, paragraph)| !paragraph.is_empty()) {
            let _ = writeln!(text, "\n{before}{}", sentence(paragraph));
        }
        let lists = [
            ("Found in", &self.found_in),
            ("Ends with", &self.ended_by),
            ("Asks", &self.questions),
            ("Would keep it away", &self.actions),
        ];
        for (what, items) in lists.iter().filter(|(_, items)| !items.is_empty()) {
            let _ = writeln!(text, "\n{what}:\n");
            items.iter().for_each(|item| _ = writeln!(text, "- {item}"));
        }
        self.facts(&mut text);
        self.linked(&mut text, named);
        self.shown(&mut text);
        text
    }

    fn facts(&self, text: &mut String) {
        let lists = [("About", &self.about), ("Roles", &self.roles), ("Labels", &self.labels)];
        let told: Vec<String> = lists
            .iter()
            .filter(|(_, items)| !items.is_empty())
            .map(|(what, items)| format!("{what}: {}.", items.join(", ")))
            .collect();
        if !told.is_empty() {
            let _ = writeln!(text, "\n{}", told.join(" "));
        }
    }

    fn linked(&self, text: &mut String, named: &dyn Fn(&str) -> String) {
        if self.leads_to.is_empty() && self.follows.is_empty() {
            return;
        }
        let _ = writeln!(text, "\nLinks:\n");
        for link in &self.follows {
            let from = all_named(&link.from, named);
            let _ = writeln!(text, "- follows {from}: {} (`{}`, {})", link.why, link.id, link.grade);
        }
        for link in &self.leads_to {
            let to = all_named(&link.to, named);
            let _ = writeln!(text, "- leads to {to}: {} (`{}`, {})", link.why, link.id, link.grade);
        }
    }

    fn shown(&self, text: &mut String) {
        if self.examples.is_empty() {
            return;
        }
        let _ = writeln!(text, "\nExamples:\n");
        for example in &self.examples {
            let origin = example.origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
            let _ = writeln!(text, "- `{}`{origin}", example.text.replace('`', "'"));
        }
    }
}

impl LinkRow {
    /// A section in Markdown, with signals named as `named` has them.
    pub(super) fn linking(&self, named: &dyn Fn(&str) -> String) -> String {
        let (least, most) = self.lag_s;
        format!(
            "### {}\n\n{} to {}, {} ({}), after {least} to {most} s.\n\n{}\n\nSource: {}\n",
            self.id,
            all_named(&self.from, named),
            all_named(&self.to, named),
            self.relation,
            self.grade,
            sentence(&self.why),
            sentence(&self.source)
        )
    }
}

/// Names of signals, as they are shown.
fn all_named(signals: &[String], named: &dyn Fn(&str) -> String) -> String {
    signals.iter().map(|signal| named(signal)).collect::<Vec<_>>().join(", ")
}

/// With a stop at its end.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{text}{end}")
}
