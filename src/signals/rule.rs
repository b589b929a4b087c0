//! A rule of the catalogue as it is written, and as it is understood.

use super::derived::Derive;
use super::labels::{Labels, SINCE};
use super::look::{Look, WrittenLook};
use super::origin::Origin;
use super::phrase;
use super::role::{Role, Roles};
use super::shape::{Bound, SeriesLook};
use super::written_example::{WrittenExample, WrittenExamples};
use crate::evidence::Fact;
use crate::model::Severity;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// An entry of `catalogue/FAMILY.yaml` as written. See CONTRIBUTING for the form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRule {
    pub name: String,
    /// One sentence; `{label}` stands for a label of the signal, and `{subject}`, `{name}`, `{node}` for what they say.
    pub title: String,
    pub severity: Severity,
    /// What the program does with it: names of [`Role`]s.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Which of several of its kind it is, as `memory` of pressures; of a name like `Unhealthy(readiness)`, what stands
    /// in the parentheses.
    #[serde(default)]
    pub variant: Option<String>,
    /// Where to look: any of these.
    #[serde(default)]
    pub look: Vec<WrittenLook>,
    /// The kind of [`Derive`] that makes it from other signals, with its parameters.
    #[serde(default)]
    pub derive: Option<serde_json::Value>,
    /// `about` (the record's own subject), `node`, `pod` (the one whose UID the label `pod_uid` holds, or whose control
    /// group the label `cgroup`, else the record's own), or a subject with labels: `Alert/{alertname}`.
    #[serde(default)]
    pub subject: Option<String>,
    /// Labels that tell occurrences on one subject apart.
    #[serde(default)]
    pub key: Vec<String>,
    /// Occurrences further apart than this are signals of their own.
    #[serde(default)]
    pub merge: Option<String>,
    /// What ends the state. A rule with `ends` is a state, one without is an occurrence.
    #[serde(default)]
    pub ends: Vec<WrittenLook>,
    /// How long after its true onset such a thing is noticed at most.
    #[serde(default)]
    pub noticed_after: Option<String>,
    /// The rule, without a `look`, that takes over occurrences of a container's first start, before it was well once.
    #[serde(default)]
    pub while_starting: Option<String>,
    /// The rule, without a `look`, that takes over occurrences of a pod that is ended on purpose.
    #[serde(default)]
    pub while_ending: Option<String>,
    /// Words by which the scheduler's note counts a node in this state among those that would not take a pod.
    #[serde(default)]
    pub obstacles: Vec<String>,
    pub explanation: String,
    /// When it misleads.
    #[serde(default)]
    pub false_alarms: String,
    /// Document, KEP or code that the explanation rests on.
    pub source: String,
    #[serde(default)]
    pub questions: Vec<String>,
    /// Why it leads to nothing and follows from nothing, of a signal that is in no link.
    #[serde(default)]
    pub leads_nowhere: Option<String>,
    /// States that can be checked to be reached, which would keep it from coming again; placeholders as in `questions`.
    #[serde(default)]
    pub actions: Vec<String>,
    pub examples: WrittenExamples,
}

impl WrittenRule {
    /// What of it is looked for in events and in the state of objects; nothing where that is nothing.
    pub(super) fn of_states(mut self) -> Option<Self> {
        self.look.retain(WrittenLook::is_of_state);
        self.ends.clear();
        (!self.look.is_empty()).then_some(self)
    }
}

/// A rule ready to be tried on facts.
#[derive(Debug)]
pub struct Rule {
    pub name: String,
    pub family: String,
    pub title: String,
    pub severity: Severity,
    pub roles: Roles,
    pub variant: Option<String>,
    /// Words of the scheduler's note that may mean a node in this state.
    pub obstacles: Vec<String>,
    pub explanation: String,
    /// When it misleads.
    pub false_alarms: String,
    pub source: String,
    pub questions: Vec<String>,
    pub actions: Vec<String>,
    pub leads_nowhere: Option<String>,
    pub(super) looks: Vec<Look>,
    pub(super) ends: Vec<Look>,
    pub(super) derive: Option<Derive>,
    pub subject: SubjectFrom,
    pub(super) key: Vec<String>,
    pub(super) merge: Duration,
    pub(super) noticed_after: Duration,
    pub(super) while_starting: Option<String>,
    pub(super) while_ending: Option<String>,
    pub(super) examples: WrittenExamples,
}

/// Occurrences closer than this are one signal, unless the rule says otherwise.
const MERGE: Duration = Duration::from_secs(300);

/// How a rule finds its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectFrom {
    /// The record's own.
    About,
    /// The node it happened on.
    Node,
    /// The pod whose UID the label `pod_uid` holds, or whose control group the label `cgroup`; the record's own subject
    /// where there is neither.
    Pod,
    /// The node, the pod or the ReplicaSet that the record names (labels `node_named`; `pod_namespace` and `pod_named`;
    /// `rs_namespace` and `rs_named`), as controllers write of others in their own logs; the record's own where it names none.
    Named,
    /// `Kind/{label}` or `Kind/{label}/{label}`.
    Template(String),
}

impl Rule {
    /// Understands what is written. The error names the part.
    pub(super) fn new(family: &str, written: WrittenRule) -> Result<Self, String> {
        named(&written.name)?;
        let WrittenRule { title, explanation, source, .. } = &written;
        filled([("title", title), ("explanation", explanation), ("source", source)])?;
        if written.leads_nowhere.as_ref().is_some_and(|why| why.trim().is_empty()) {
            return Err("leads_nowhere: is empty".to_owned());
        }
        let name = written.name;
        let broken = |part: &str, why: String| format!("{part}: {why}");
        let looks = |part: &'static str, written: Vec<WrittenLook>| -> Result<Vec<Look>, String> {
            written.into_iter().map(|look| Look::new(look).map_err(|why| broken(part, why))).collect()
        };
        let duration = |part: &'static str, text: Option<String>, default: Duration| match text {
            Some(text) => humantime::parse_duration(&text).map_err(|error| broken(part, error.to_string())),
            None => Ok(default),
        };
        let subject = match written.subject.as_deref() {
            None | Some("about") => SubjectFrom::About,
            Some("node") => SubjectFrom::Node,
            Some("pod") => SubjectFrom::Pod,
            Some("named") => SubjectFrom::Named,
            Some(template) if template.split('/').count() > 3 => {
                return Err(broken("subject", format!("{template} has more parts than Kind/namespace/name")));
            }
            Some(template) if template.contains('/') => SubjectFrom::Template(template.to_owned()),
            Some(other) => {
                return Err(broken("subject", format!("{other} is neither about, node, pod, named nor a template")));
            }
        };
        let roles: Result<Roles, String> = written.roles.iter().map(|name| role(name)).collect();
        Ok(Self {
            family: family.to_owned(),
            roles: roles.map_err(|why| broken("roles", why))?,
            variant: variant(&name, written.variant).map_err(|why| broken("variant", why))?,
            derive: written
                .derive
                .map(serde_json::from_value)
                .transpose()
                .map_err(|e| broken("derive", e.to_string()))?,
            obstacles: written.obstacles,
            actions: written.actions,
            looks: looks("look", written.look)?,
            ends: looks("ends", written.ends)?,
            merge: duration("merge", written.merge, MERGE)?,
            noticed_after: duration("noticed_after", written.noticed_after, Duration::ZERO)?,
            while_starting: written.while_starting,
            while_ending: written.while_ending,
            title: written.title,
            severity: written.severity,
            explanation: written.explanation,
            false_alarms: written.false_alarms,
            source: written.source,
            questions: written.questions,
            leads_nowhere: written.leads_nowhere,
            subject,
            key: written.key,
            examples: written.examples,
            name,
        })
    }

    /// Without what it says to people, and without its examples.
    pub(super) fn without_words(self) -> Self {
        let empty = String::new;
        Self {
            title: empty(),
            explanation: empty(),
            false_alarms: empty(),
            source: empty(),
            questions: Vec::new(),
            actions: Vec::new(),
            examples: WrittenExamples::default(),
            ..self
        }
    }

    /// The labels that a record gives to a signal of this rule; none where it is no such record.
    pub fn captures(&self, fact: &Fact<'_>) -> Option<Labels> {
        self.looks.iter().find_map(|look| look.matches(fact)).map(|labels| labels.into_labels())
    }

    /// The labels that its occurrences may get from what it looks at, and those that the program adds.
    pub(super) fn labels(&self) -> BTreeSet<&str> {
        let mut labels: BTreeSet<&str> = self.looks.iter().flat_map(|look| look.labels()).collect();
        labels.extend(self.while_starting.as_ref().map(|_| SINCE));
        if self.looks.iter().any(Look::has_message) {
            labels.extend(phrase::LABELS);
        }
        if let Some(derive) = &self.derive {
            derive.labels().iter().for_each(|label| _ = labels.insert(label));
        }
        labels
    }

    /// The kinds of subject that its signals may be about. Where neither subject nor looks tell, the examples do.
    pub fn kinds(&self) -> BTreeSet<&str> {
        let examples = || {
            let about = self.examples.matches.iter().filter_map(WrittenExample::about);
            about.filter_map(|subject| subject.split('/').next())
        };
        match &self.subject {
            SubjectFrom::Node => BTreeSet::from(["Node"]),
            SubjectFrom::Pod => BTreeSet::from(["Pod"]),
            SubjectFrom::Template(template) => template.split('/').take(1).collect(),
            SubjectFrom::About | SubjectFrom::Named => {
                if let Some(derive) = self.derive.as_ref().filter(|_| self.looks.is_empty()) {
                    return derive.kinds().into_iter().collect();
                }
                let looks: Option<Vec<Vec<&str>>> = self.looks.iter().map(Look::kinds).collect();
                match looks {
                    Some(kinds) if !kinds.is_empty() => kinds.into_iter().flatten().collect(),
                    _ => self.looks.iter().filter_map(Look::kinds).flatten().chain(examples()).collect(),
                }
            }
        }
    }

    /// Whether occurrences of this rule may go to the one called so.
    pub(super) fn takes_over_to(&self, name: &str) -> bool {
        self.while_starting.iter().chain(&self.while_ending).any(|other| other == name)
    }

    /// Whether it is seen in what shows a state as long as it lasts, and not in records of single moments.
    pub(super) fn is_as_long_as_shown(&self) -> bool {
        !self.looks.is_empty() && self.looks.iter().all(Look::shows_while_it_lasts)
    }

    /// Where it looks at series.
    pub(super) fn series_looks(&self) -> impl Iterator<Item = &SeriesLook> {
        self.looks.iter().chain(&self.ends).filter_map(Look::series)
    }

    /// The values of series between which it is seen.
    pub fn bounds(&self) -> impl Iterator<Item = Bound> {
        self.looks.iter().filter_map(Look::series).filter_map(SeriesLook::bound)
    }

    /// Where it is looked for, in words.
    pub fn found_in(&self) -> Vec<String> {
        self.looks.iter().map(ToString::to_string).collect()
    }

    /// What ends it, in words.
    pub fn ended_by(&self) -> Vec<String> {
        self.ends.iter().map(ToString::to_string).collect()
    }

    /// Records that it must match, in words, and where their forms come from.
    pub fn examples(&self) -> impl Iterator<Item = (String, Option<&Origin>)> {
        self.examples.matches.iter().map(|example| (example.text(), example.origin.as_ref()))
    }

    /// Whether it is a state that lasts until something ends it.
    pub fn is_state(&self) -> bool {
        !self.ends.is_empty()
    }
}

fn role(name: &str) -> Result<Role, String> {
    Role::named(name).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("{name} is no role; there are {}", known.join(", "))
    })
}

/// The variant as written, or as the name says it.
/// Whether texts say something; the error names the part that does not.
pub(crate) fn filled<const N: usize>(parts: [(&str, &String); N]) -> Result<(), String> {
    match parts.into_iter().find(|(_, text)| text.trim().is_empty()) {
        Some((part, _)) => Err(format!("{part}: is empty")),
        None => Ok(()),
    }
}

/// Whether it can be a name: a word of letters and digits, and perhaps a variant in parentheses.
fn named(name: &str) -> Result<(), String> {
    let (word, variant) = match name.split_once('(') {
        None => (name, "x"),
        Some((word, rest)) => (word, rest.strip_suffix(')').unwrap_or_default()),
    };
    let is_word = |text: &str, more: &[char]| {
        !text.is_empty() && text.chars().all(|sign| sign.is_ascii_alphanumeric() || more.contains(&sign))
    };
    match is_word(word, &[]) && is_word(variant, &['-']) {
        true => Ok(()),
        false => Err(format!("name: {name:?} is neither a Word nor a Word(variant)")),
    }
}

fn variant(name: &str, written: Option<String>) -> Result<Option<String>, String> {
    let named = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    match (named, written) {
        (Some(named), Some(written)) if named != written => Err(format!("{written}, where the name says {named}")),
        (named, written) => Ok(written.or_else(|| named.map(str::to_owned))),
    }
}
