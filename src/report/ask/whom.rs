//! Which signals are meant by what somebody typed: an id, a subject, the end of one, or either with a signal's name.

use super::Graph;
use crate::signals::nearest;
use std::collections::BTreeSet;

/// The signals that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom {
    /// The subject that they are all about, or the id that was asked for.
    pub subject: String,
    /// In order of time; at least one.
    pub signals: Vec<usize>,
}

/// Nothing is meant, or more than one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// What is most like it.
    Unknown(Vec<String>),
    /// All that it may be; the first few of them, and how many there are.
    Ambiguous(Vec<String>, usize),
}

/// As many names as are listed where one is not clear.
const MOST_NAMED: usize = 12;

/// Finds what is meant: `s12`, `Node/node-1`, `pod/shop/api-0`, `pod/api-0`, `api-0`, each but the first also with the name
/// of a signal behind a space or a colon.
pub fn find(graph: &Graph<'_>, words: &str) -> Result<Whom, NotFound> {
    let words = words.trim();
    let id = words.to_lowercase();
    if let Some(index) = graph.place(&id) {
        return Ok(Whom { subject: id, signals: vec![index] });
    }
    if let Some((subject, name)) = with_name(graph, words) {
        let found = of_subject(graph, subject)?;
        let named = |index: &usize| graph.signal(*index).is_some_and(|one| is_called(&one.signal, name));
        let signals: Vec<usize> = found.signals.iter().copied().filter(named).collect();
        if signals.is_empty() {
            let of = |index: &usize| graph.signal(*index).map(|one| format!("{} {}", one.subject, one.signal));
            let has: BTreeSet<String> = found.signals.iter().filter_map(of).collect();
            return Err(NotFound::Unknown(has.into_iter().take(MOST_NAMED).collect()));
        }
        return Ok(Whom { signals, ..found });
    }
    of_subject(graph, words)
}

/// Subject and signal, where the last word is a signal that the report has.
fn with_name<'w>(graph: &Graph<'_>, words: &'w str) -> Option<(&'w str, &'w str)> {
    let parts = words.rsplit_once(' ').or_else(|| words.rsplit_once(':'))?;
    let is_known = graph.kept.signals.iter().any(|one| is_called(&one.signal, parts.1));
    is_known.then_some((parts.0.trim_end_matches(':'), parts.1))
}

/// With or without its qualifier.
fn is_called(signal: &str, name: &str) -> bool {
    let base = signal.split_once('(').map_or(signal, |(base, _)| base);
    signal.eq_ignore_ascii_case(name) || base.eq_ignore_ascii_case(name)
}

fn of_subject(graph: &Graph<'_>, words: &str) -> Result<Whom, NotFound> {
    let subjects: BTreeSet<&str> = graph.kept.signals.iter().map(|one| one.subject.as_str()).collect();
    // The closest of several ways to understand it.
    let ways: [&dyn Fn(&str) -> bool; 4] = [
        &|subject| subject == words,
        &|subject| subject.eq_ignore_ascii_case(words),
        &|subject| is_end_of(subject, words),
        &|subject| is_named(subject, words),
    ];
    for way in ways {
        let meant: Vec<&str> = subjects.iter().copied().filter(|subject| way(subject)).collect();
        // A pod and its containers are one thing here.
        let whole: BTreeSet<String> = meant.iter().map(|subject| whole_of(subject)).collect();
        match (meant.as_slice(), whole.len()) {
            ([], _) => {}
            ([one], _) => return Ok(signals_of(graph, one)),
            (_, 1) => return Ok(signals_of(graph, whole.first().map_or("", String::as_str))),
            (several, _) => {
                let names = several.iter().take(MOST_NAMED).map(|one| (*one).to_owned()).collect();
                return Err(NotFound::Ambiguous(names, several.len()));
            }
        }
    }
    let whole = pod_without_signals(graph, words);
    if !whole.is_empty() {
        return Ok(Whom { subject: words.to_owned(), signals: whole });
    }
    let like = nearest(words, subjects.into_iter()).into_iter().map(str::to_owned).collect();
    Err(NotFound::Unknown(like))
}

/// `pod/api-0` of `Pod/shop/api-0`: the kind, and the last of its names.
fn is_end_of(subject: &str, words: &str) -> bool {
    let (Some((kind, names)), Some((asked, name))) = (subject.split_once('/'), words.split_once('/')) else {
        return false;
    };
    let ends = |names: &str| names.eq_ignore_ascii_case(name) || ends_with_part(names, name);
    kind.eq_ignore_ascii_case(asked) && ends(names) || ends_with_part(subject, words)
}

/// `api-0` of `Pod/shop/api-0`.
fn is_named(subject: &str, words: &str) -> bool {
    subject.rsplit('/').next().is_some_and(|name| name == words)
        || subject.strip_prefix("Container/").and_then(|rest| rest.split('/').nth(1)).is_some_and(|pod| pod == words)
}

fn ends_with_part(text: &str, end: &str) -> bool {
    text.strip_suffix(end).is_some_and(|before| before.ends_with('/'))
}

/// The pod of a container; anything else as it is.
fn whole_of(subject: &str) -> String {
    let pod = subject.strip_prefix("Container/").and_then(|rest| rest.rsplit_once('/')).map(|(pod, _)| pod);
    pod.map_or_else(|| subject.to_owned(), |pod| format!("Pod/{pod}"))
}

fn signals_of(graph: &Graph<'_>, subject: &str) -> Whom {
    let is_pod = subject.starts_with("Pod/");
    let is_meant = |one: &str| one == subject || (is_pod && whole_of(one) == subject);
    let signals = graph.kept.signals.iter().enumerate().filter(|(_, one)| is_meant(&one.subject));
    Whom { subject: subject.to_owned(), signals: signals.map(|(index, _)| index).collect() }
}

/// The signals of the containers of a pod that has none itself.
fn pod_without_signals(graph: &Graph<'_>, words: &str) -> Vec<usize> {
    let all = graph.kept.signals.iter().enumerate();
    all.filter(|(_, one)| one.subject.starts_with("Container/") && whole_of(&one.subject).eq_ignore_ascii_case(words))
        .map(|(index, _)| index)
        .collect()
}
