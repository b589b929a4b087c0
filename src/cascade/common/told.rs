//! What is common, in words.

use super::Common;
use super::attributes::{self, Attribute};
use super::hours::HOUR;
use super::question::{AGE, CHANCE, Finding, Kind, Member, Question};
use crate::model::{Citation, rfc3339};
use crate::signals::Signal;

/// The most undistinguished attributes that a sentence names.
const MOST_NAMED: usize = 3;

/// The most of each side whose records are cited.
const MOST_CITED: usize = 8;

/// A finding of one question, of so many tests of all.
pub fn tell(of: &Question, found: &Finding<'_>, tests: usize, signals: &[Signal]) -> Common {
    let corrected = (found.chance * tests as f64).min(1.0);
    let firsts = of.signals.iter().filter_map(|index| signals.get(*index)?.evidence.first().copied());
    let mut evidence: Vec<Citation> = firsts.take(MOST_CITED).collect();
    let cited = |members: &[Member]| -> Vec<Citation> {
        members.iter().take(MOST_CITED).filter_map(|one| one.record).collect()
    };
    evidence.extend(cited(&of.failing));
    evidence.extend(cited(&of.healthy));
    evidence.dedup();
    let (attribute, value) = found.first.clone();
    let whole = value.clone();
    let keyed = if attribute == attributes::KEY { whole.split_once(' ') } else { None };
    let (attribute, value) = keyed.map_or((attribute, value), |(object, _)| ("config".to_owned(), object.to_owned()));
    Common {
        cascade: of.cascade,
        statement: statement(of, found, tests),
        attribute,
        value,
        key: keyed.map(|(_, key)| key.to_owned()),
        failing: (found.held.0.len(), of.failing.len()),
        healthy: (found.held.1.len(), of.healthy.len()),
        p: in_words(corrected),
        is_proven: corrected <= CHANCE,
        also: found.also.iter().map(|one| (*one).clone()).collect(),
        signals: of.signals.clone(),
        evidence,
    }
}

fn statement(of: &Question, found: &Finding<'_>, tests: usize) -> String {
    let (with, without) = (found.held.0.len(), found.held.1.len());
    let mut said = format!("{with} of {} {} {}", of.failing.len(), of.kind.words(), shared(found.first, of));
    said += &format!(", and {without} of {} {}", of.healthy.len(), of.others);
    if !found.also.is_empty() {
        let named: Vec<String> = found.also.iter().take(MOST_NAMED).map(|one| written(one)).collect();
        let more = found.also.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        said += &format!("; the records cannot tell that apart from {}{more}", named.join(", "));
    }
    let groupings =
        if tests == 1 { "the one grouping that was".to_owned() } else { format!("all {tests} groupings that were") };
    let corrected = (found.chance * tests as f64).min(1.0);
    if corrected <= CHANCE {
        let chance = in_words(corrected);
        return format!(
            "{said}; by chance alone this has a probability of {chance} (Fisher's exact test, corrected for {groupings} tried)"
        );
    }
    let chance = in_words(found.chance);
    let tried = if tests == 1 { "1 was tried".to_owned() } else { format!("{tests} were tried") };
    format!(
        "{said}; so few cases prove nothing: one grouping does so by chance with a probability of {chance}, and {tried}"
    )
}

fn written((attribute, value): &Attribute) -> String {
    format!("{attribute} {value}")
}

/// In words. Where those that failed had never started, of a place that they came to it since the first of them did.
fn shared((attribute, value): &Attribute, of: &Question) -> String {
    let label = || attribute.strip_prefix("node label ").map(|label| format!("nodes of {label}={value}"));
    let place = match attribute.as_str() {
        "node" => Some(value.clone()),
        "zone" => Some(format!("zone {value}")),
        version if attributes::VERSIONS.contains(&version) && of.kind != Kind::Nodes => {
            Some(format!("nodes of {version} {value}"))
        }
        _ => label(),
    };
    if let Some((since, place)) = of.since.zip(place) {
        return format!("came to {place} since {}", rfc3339(since));
    }
    match attribute.as_str() {
        "node" => format!("were on {value}"),
        "zone" => format!("were in zone {value}"),
        "namespace" => format!("were in namespace {value}"),
        "owner" => format!("belonged to {value}"),
        "template" => format!("were made from {value}"),
        "image" => format!("ran {value}"),
        attributes::IMAGE_ID => format!("ran {value}, where the same name means another image too"),
        "config" => format!("read {value}"),
        "volume" => format!("mounted {value}"),
        "container" => format!("were called {value}"),
        attributes::CALLS => format!("asked {value}"),
        attributes::CLASS => format!("mounted a claim of the class {value}"),
        "node made on" if of.kind == Kind::Nodes => format!("were made on {value}"),
        "node made on" => format!("were on nodes made on {value}"),
        AGE => format!("came {value}"),
        HOUR => format!("ended in the hour from {value}"),
        attributes::KEY => match value.split_once(' ') {
            Some((object, key)) => format!("read the key {key} of {object}"),
            None => format!("read {value}"),
        },
        version if attributes::VERSIONS.contains(&version) && of.kind != Kind::Nodes => {
            format!("were on nodes of {version} {value}")
        }
        _ => match attribute.strip_prefix("node label ") {
            Some(label) if of.kind == Kind::Nodes => format!("had the label {label}={value}"),
            Some(label) => format!("were on, or asked for, nodes of {label}={value}"),
            None => format!("had {attribute} {value}"),
        },
    }
}

/// A probability with two digits.
pub fn in_words(chance: f64) -> String {
    if chance >= 0.995 {
        "1".to_owned()
    } else if chance >= 0.01 {
        format!("{chance:.2}")
    } else if chance >= 0.0001 {
        format!("{chance:.4}")
    } else {
        "less than 0.0001".to_owned()
    }
}
