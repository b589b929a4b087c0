//! What the archive holds that is named earlier in the command, for a word that is being typed.

use super::words::Words;
use clap_complete::engine::CompletionCandidate;
use k8s_forensics::archive::Limits;
use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::log_templates::{Logs, Source};
use k8s_forensics::objects::kinds::{self, Named};
use k8s_forensics::viewing;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsStr;

/// Of an object what names it.
#[derive(Deserialize)]
struct Headed {
    metadata: Head,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    name: String,
    namespace: String,
}

/// A kind, or behind one and a slash, or as a word of its own, the name of an object of this kind.
pub fn object(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some((inputs, typed)) = inputs().zip(typed.to_str()) else { return Vec::new() };
    let words = Words::typed();
    let all: BTreeSet<String> = match (words.kind(), typed.split_once('/')) {
        (Some(kind), _) => names(&inputs, kind),
        (None, Some((kind, _))) => names(&inputs, kind).into_iter().map(|name| format!("{kind}/{name}")).collect(),
        (None, None) => kinds_of(&inputs),
    };
    all.into_iter().filter(|one| one.starts_with(typed)).map(CompletionCandidate::new).collect()
}

pub fn namespaces() -> Vec<String> {
    let found = inputs().map(|inputs| {
        let mut all: BTreeSet<String> = heads(&inputs, "pods").into_iter().map(|head| head.namespace).collect();
        all.extend(heads(&inputs, "namespaces").into_iter().map(|head| head.name));
        all.remove("");
        all
    });
    found.into_iter().flatten().collect()
}

pub fn nodes() -> Vec<String> {
    inputs().map(|inputs| names(&inputs, "nodes")).into_iter().flatten().collect()
}

pub fn pods() -> Vec<String> {
    inputs().map(|inputs| names(&inputs, "pods")).into_iter().flatten().collect()
}

/// The nodes, units and pods that logs are of.
pub fn logs() -> Vec<String> {
    let Some(inputs) = inputs() else { return Vec::new() };
    let mut all = BTreeSet::new();
    for log in &Logs::of(&inputs).all {
        match &log.source {
            Source::Node { node, unit } => all.extend([node.clone(), unit.clone()]),
            Source::Container { pod, .. } => all.extend([pod.clone()]),
        }
    }
    all.into_iter().collect()
}

/// The queries whose series are there.
pub fn queries() -> Vec<String> {
    inputs().map(|inputs| viewing::ids(&inputs)).into_iter().flatten().map(|(id, _)| id).collect()
}

pub fn entries() -> Vec<String> {
    let Some(input) = input() else { return Vec::new() };
    input.archive().map(|archive| archive.entries().map(ToString::to_string).collect()).unwrap_or_default()
}

/// Opened as it is: what is odd about it is said by the command itself, and one that is encrypted tells nothing.
fn input() -> Option<Input> {
    Input::open(&Words::typed().archive()?, Limits::default(), None).ok()
}

fn inputs() -> Option<Inputs> {
    input().map(Inputs::from)
}

/// The kinds there are: those that are built in by their plural alone, and others with their group.
fn kinds_of(inputs: &Inputs) -> BTreeSet<String> {
    let found = RefCell::new(BTreeSet::new());
    let seen = |named: &Named| {
        let is_built_in = kinds::of_plural(&named.plural) != named.plural;
        let short = named.plural.split_once('.').filter(|_| is_built_in).map(|(short, _)| short);
        found.borrow_mut().insert(short.unwrap_or(&named.plural).to_owned());
        false
    };
    // What cannot be read has no names to offer; the same below.
    let _ = inputs.objects(seen, |_, _, _| ());
    found.into_inner()
}

/// The names of a kind's objects, within the namespace that was named, if any was.
fn names(inputs: &Inputs, kind: &str) -> BTreeSet<String> {
    let words = Words::typed();
    let wanted = words.value_of("-n").or_else(|| words.value_of("--namespace")).filter(|wanted| !wanted.is_empty());
    let is_meant =
        |head: &Head| head.namespace.is_empty() || wanted.as_deref().is_none_or(|wanted| wanted == head.namespace);
    heads(inputs, kind).into_iter().filter(is_meant).map(|head| head.name).collect()
}

fn heads(inputs: &Inputs, kind: &str) -> Vec<Head> {
    let mut all = Vec::new();
    let _ = inputs.objects(
        |named| named.answers_to(kind),
        |_, _, json| all.extend(serde_json::from_slice::<Headed>(json).map(|object| object.metadata)),
    );
    all
}
