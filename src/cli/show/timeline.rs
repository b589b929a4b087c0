//! `show ARCHIVE timeline`, `changes` and `diff OBJECT`: what the analysis found, in order of time, from what is kept of it.

use super::super::asked::{Source, With};
use super::super::failure::Failure;
use super::super::open::Opening;
use super::super::terminal::{self, Colour};
use super::super::{kept, open};
use super::choose::{Form, Output, Scope, When};
use super::sheet::{self, Sheet};
use chrono::{DateTime, Utc};
use k8s_forensics::analysis::compare::{self, FieldDifference};
use k8s_forensics::inputs::Inputs;
use k8s_forensics::objects::kinds;
use k8s_forensics::report::kept::{Kept, KeptChange, KeptLadder};
use k8s_forensics::report::schema::{EvidenceRow, SignalRow};
use k8s_forensics::viewing::{self, Choice, Object};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;

/// Everything that was found, in order of time, with its record
#[derive(clap::Args)]
pub struct Timeline {
    /// Also what is of severity info and of no cascade
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    view: View,
}

/// What was changed, by what, with its record
#[derive(clap::Args)]
pub struct Changes {
    #[command(flatten)]
    view: View,
}

/// The versions of an object, with what differs between each and the one before it
#[derive(clap::Args)]
pub struct Diff {
    /// As deploy/api, or Deployment/shop/api
    #[arg(value_name = "KIND/NAME")]
    object: String,
    /// Its namespace
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    with: With,
}

#[derive(clap::Args)]
struct View {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    when: When,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    with: With,
}

impl View {
    /// The analysis, and what is meant of it.
    fn look(&self, archive: &Opening, tried: &str) -> Result<(Kept, Choice), Failure> {
        let inputs = Inputs::from(archive.open_input()?);
        let choice = self.scope.choice(&self.when, &inputs, tried)?;
        let of = Source { asked: archive.asked(), with: self.with.clone() };
        Ok((kept::analysis(&of)?, choice))
    }
}

pub fn timeline(archive: &Opening, of: &Timeline) -> Result<(), Failure> {
    let (kept, choice) = of.view.look(archive, "show timeline")?;
    let is_meant = |one: &&SignalRow| {
        let is_there =
            choice.takes_subject(&one.subject) || one.node.as_deref().is_some_and(|node| choice.takes_host(node));
        is_there && choice.span().has_written(&one.from)
    };
    let meant: Vec<&SignalRow> = kept.signals.iter().filter(is_meant).collect();
    let mut rows: Vec<&SignalRow> =
        meant.iter().copied().filter(|one| of.all || one.severity != "info" || one.cascade.is_some()).collect();
    // A time in whole seconds has no dot, which comes before its Z.
    rows.sort_by_key(|one| (one.from.parse::<DateTime<Utc>>().ok(), one.from.clone()));
    let hidden = meant.len() - rows.len();
    if hidden > 0 {
        terminal::tell(&format!("note: {hidden} more of severity info and of no cascade; --all shows them"));
    }
    sheet::print(of.view.output.output, &rows, || signals(&rows, of.view.output.output == Form::Wide))
}

fn signals(rows: &[&SignalRow], is_wide: bool) -> Sheet {
    let wide: &[&str] = if is_wide { &["ID", "UNTIL", "RECORD"] } else { &[] };
    let names = ["TIME", "CASCADE"].iter().chain(wide).chain(&["SIGNAL", "SUBJECT", "COUNT", "WHAT WAS SEEN"]).copied();
    let mut sheet = Sheet::new(names);
    for one in rows {
        let mut cells = vec![one.from.clone(), one.cascade.clone().unwrap_or_else(|| "-".to_owned())];
        if is_wide {
            cells.extend([
                one.id.clone(),
                one.to.clone().unwrap_or_else(|| "-".to_owned()),
                record(one.evidence.first()),
            ]);
        }
        cells.extend([one.signal.clone(), one.subject.clone(), one.count.to_string(), one.title.clone()]);
        let colour = match one.severity.as_str() {
            "critical" | "error" => Some(Colour::Red),
            "warning" => Some(Colour::Yellow),
            _ => None,
        };
        sheet.add(&cells, colour);
    }
    sheet
}

fn record(of: Option<&EvidenceRow>) -> String {
    of.map_or_else(|| "-".to_owned(), |row| format!("{}:{}", row.entry, row.line))
}

pub fn changes(archive: &Opening, of: &Changes) -> Result<(), Failure> {
    let (kept, choice) = of.view.look(archive, "show changes")?;
    let is_meant = |one: &&KeptChange| choice.takes_subject(&one.subject) && choice.span().has_written(&one.at);
    let rows: Vec<&KeptChange> = kept.changes.iter().filter(is_meant).collect();
    if rows.is_empty() {
        terminal::tell("note: no change that is meant is known; not every kind of change leaves a record");
    }
    sheet::print(of.view.output.output, &rows, || {
        let mut sheet = Sheet::new(["TIME", "SUBJECT", "BY", "RECORD", "WHAT"]);
        for one in &rows {
            let by = one.by.clone().unwrap_or_else(|| "-".to_owned());
            sheet.add(&[one.at.clone(), one.subject.clone(), by, record(one.evidence.first()), one.what.clone()], None);
        }
        sheet
    })
}

/// The versions of an object, as far as records tell them.
#[derive(Serialize)]
struct Versions {
    object: String,
    /// What was changed of it, in order of time.
    changes: Vec<Value>,
    /// Templates that its controller keeps, in order of revision.
    revisions: Vec<Revision>,
}

/// A version of a template, and in what it differs from the one before it.
#[derive(Serialize)]
struct Revision {
    revision: i64,
    /// The object that holds it.
    held_by: String,
    created: String,
    differs: Vec<FieldDifference>,
}

/// Kinds that hold versions of another's template: where they stand in it, and where the revision does.
const HOLDERS: [(&str, &str, &str); 2] = [
    ("replicasets.apps", "/spec/template", "/metadata/annotations/deployment.kubernetes.io~1revision"),
    ("controllerrevisions.apps", "/data/spec/template", "/revision"),
];

pub fn diff(archive: &Opening, of: &Diff) -> Result<(), Failure> {
    let tried = format!("show diff {}", of.object);
    let wanted = Wanted::read(of, &tried)?;
    open::swapped(&archive.path, std::slice::from_ref(&of.object), "show")?;
    let inputs = Inputs::from(archive.open_input()?);
    let kept = kept::analysis(&Source { asked: archive.asked(), with: of.with.clone() })?;
    let mut all = revisions(&inputs, &wanted, &tried)?;
    let ladders: Vec<&KeptLadder> = kept.revisions.iter().filter(|one| wanted.is(&one.subject)).collect();
    for ladder in ladders {
        let changes: Vec<Value> = ladder.rungs.iter().filter_map(|rung| serde_json::to_value(rung).ok()).collect();
        match all.iter_mut().find(|one| one.object == ladder.subject) {
            Some(known) => known.changes = changes,
            None => all.push(Versions { object: ladder.subject.clone(), changes, revisions: Vec::new() }),
        }
    }
    if all.is_empty() {
        return Err(Failure::environment(tried, "no version of it is recorded but the one that was fetched").hint(
            "`show ARCHIVE changes` lists what is known to have been changed; `show ARCHIVE get` shows an object",
        ));
    }
    match of.output.output {
        Form::Table | Form::Wide => terminal::print_data(&all.iter().map(text).collect::<Vec<_>>().join("\n")),
        form => sheet::print(form, &all, || Sheet::new([])),
    }
}

/// Which object is meant.
struct Wanted {
    kind: String,
    namespace: Option<String>,
    name: String,
}

impl Wanted {
    fn read(of: &Diff, tried: &str) -> Result<Self, Failure> {
        let parts: Vec<&str> = of.object.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, name] => (*kind, of.namespace.clone(), *name),
            [kind, namespace, name] => (*kind, Some((*namespace).to_owned()), *name),
            _ => return Err(Failure::usage(tried, "it names no object").hint("write it as deploy/api -n shop")),
        };
        let kind = kinds::built_in(kind).map_or_else(|| kind.to_owned(), |named| named.kind);
        Ok(Self { kind, namespace, name: name.to_owned() })
    }

    /// Whether a subject as reports write it is meant.
    fn is(&self, subject: &str) -> bool {
        let mut parts = subject.split('/');
        let (kind, rest): (&str, Vec<&str>) = (parts.next().unwrap_or_default(), parts.collect());
        let (namespace, name) = match rest.as_slice() {
            [namespace, name] => (Some(*namespace), *name),
            [name] => (None, *name),
            _ => return false,
        };
        let of_namespace = self.namespace.is_none() || namespace.is_none() || self.namespace.as_deref() == namespace;
        kind == self.kind && name == self.name && of_namespace
    }
}

/// The templates of earlier and later versions, of each object that is meant.
fn revisions(inputs: &Inputs, wanted: &Wanted, tried: &str) -> Result<Vec<Versions>, Failure> {
    let mut found: Vec<Versions> = Vec::new();
    for (plural, template, number) in HOLDERS {
        let all = viewing::objects(inputs, |named| named.plural == plural);
        let (mut all, _) = all.map_err(|error| Failure::environment(tried, error))?;
        all.retain(|one| owner(one).is_some_and(|subject| wanted.is(&subject)));
        let revision = |one: &Object| match one.json.pointer(number) {
            Some(Value::String(text)) => text.parse().unwrap_or_default(),
            other => other.and_then(Value::as_i64).unwrap_or_default(),
        };
        all.sort_by_key(|one| (one.namespace.clone(), revision(one), one.time("/metadata/creationTimestamp")));
        for of_one in all.chunk_by(|a, b| a.namespace == b.namespace) {
            let versions = of_one.iter().enumerate().map(|(place, one)| {
                let before = place.checked_sub(1).and_then(|before| of_one.get(before)?.json.pointer(template));
                let now = one.json.pointer(template).unwrap_or(&Value::Null);
                let differs = before.map(|before| compare::values(now, before)).unwrap_or_default();
                Revision {
                    revision: revision(one),
                    held_by: format!("{}/{}", one.named.kind, one.name),
                    created: one.text("/metadata/creationTimestamp").to_owned(),
                    differs: differs.into_iter().filter(|field| !is_of_holder(&field.field)).collect(),
                }
            });
            let object = of_one.first().and_then(owner).unwrap_or_default();
            found.push(Versions { object, changes: Vec::new(), revisions: versions.collect() });
        }
    }
    Ok(found)
}

/// The label by which a controller tells its versions apart differs in each.
fn is_of_holder(field: &str) -> bool {
    field.ends_with("pod-template-hash") || field.ends_with("controller-revision-hash") || field == "$patch"
}

/// Whose versions an object holds.
fn owner(one: &Object) -> Option<String> {
    let owner = one.list("/metadata/ownerReferences").first()?;
    let (kind, name) = (owner.get("kind")?.as_str()?, owner.get("name")?.as_str()?);
    Some(format!("{kind}/{}/{name}", one.namespace))
}

fn text(of: &Versions) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", terminal::harmless_line(&of.object));
    for change in &of.changes {
        let part = |name: &str| change.get(name).and_then(Value::as_str).unwrap_or_default();
        let by = if part("by").is_empty() { String::new() } else { format!(" (by {})", part("by")) };
        let what =
            if part("what").is_empty() { format!("revision {}", part("revision")) } else { part("what").to_owned() };
        let line = format!("{}  {what}{by}", part("at"));
        let _ = writeln!(text, "  {}", terminal::harmless_line(&line));
        let entry =
            change.pointer("/evidence/0").and_then(|row| serde_json::from_value::<EvidenceRow>(row.clone()).ok());
        let _ = writeln!(text, "      {}", terminal::harmless_line(&record(entry.as_ref())));
    }
    for one in &of.revisions {
        let line = format!("revision {} of {}, held by {}", one.revision, one.created, one.held_by);
        let _ = writeln!(text, "  {}", terminal::harmless_line(&line));
        for field in &one.differs {
            let [now, before] = field.values.each_ref().map(Option::as_deref);
            let _ = writeln!(text, "      {}", terminal::harmless_line(&field.field));
            for (sign, value, colour) in [('-', before, Colour::Red), ('+', now, Colour::Cyan)] {
                let line = value.map(|value| terminal::harmless_line(&format!("{sign} {value}")));
                let _ = line.map(|line| writeln!(text, "        {}", terminal::painted(&line, Some(colour))));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_meant_by_its_kind_name_and_namespace() {
        let wanted = |namespace: Option<&str>| Wanted {
            kind: "Deployment".to_owned(),
            namespace: namespace.map(str::to_owned),
            name: "api".to_owned(),
        };
        assert!(wanted(None).is("Deployment/shop/api") && wanted(Some("shop")).is("Deployment/shop/api"));
        for subject in
            ["Deployment/shop/api-2", "StatefulSet/shop/api", "Deployment/web/api", "Deployment/shop/api/x", ""]
        {
            assert!(!wanted(Some("shop")).is(subject), "{subject}");
        }
    }
}
