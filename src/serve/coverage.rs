//! What the outcomes of an archive tell of a list: whether nothing found means that there was nothing, and what is lacking.

use super::answer::Refusal;
use crate::archive::format::{Outcome, Status};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// How many lacks are told one by one.
const TOLD: usize = 4;

/// The collector of objects.
const SOURCE: &str = "objects";
/// The recorder of their versions.
const RECORDER: &str = "record";

/// What the outcomes of a recording tell of a time, or of its end, as if the objects of then had been collected: those of
/// the last segment that had begun by then.
pub fn of_recording(outcomes: Vec<Outcome>, at: Option<DateTime<Utc>>) -> Vec<Outcome> {
    let mut last: BTreeMap<String, Outcome> = BTreeMap::new();
    for one in outcomes.into_iter().filter(|one| one.source == RECORDER) {
        let is_then = at.is_none_or(|at| one.from.is_some_and(|from| from <= at));
        let is_later = last.get(&one.subject).is_none_or(|known| known.from <= one.from);
        if is_then && is_later {
            last.insert(one.subject.clone(), one);
        }
    }
    let as_collected = |one: Outcome| {
        // It came, whatever was missed of it before or since.
        let status = if one.bytes > 0 && one.status != Status::Denied { Status::Collected } else { one.status };
        Outcome { source: SOURCE.to_owned(), status, at: at.map_or(one.at, |at| at.min(one.at)), ..one }
    };
    last.into_values().map(as_collected).collect()
}

/// Whether a list may be given of a kind, in a namespace or in all, and what to say with it. `found` is how many objects
/// were found there, and how many of the kind in all.
pub fn of(
    outcomes: &[Outcome],
    full: &str,
    namespace: Option<&str>,
    found: (usize, usize),
) -> Result<Vec<String>, Refusal> {
    let of_kind = outcomes.iter().filter(|outcome| outcome.source == SOURCE);
    let of_kind: Vec<(Scope<'_>, &Outcome)> =
        of_kind.filter_map(|outcome| Some((Scope::of(&outcome.subject, full)?, outcome))).collect();
    let is_about = |scope: &Scope<'_>| match (scope, namespace) {
        (Scope::Namespace(one), Some(wanted)) => *one == wanted,
        _ => true,
    };
    let about: Vec<&(Scope<'_>, &Outcome)> = of_kind.iter().filter(|(scope, _)| is_about(scope)).collect();
    let is_lacking = |one: &Outcome| one.status.is_missing() || one.status == Status::Truncated;
    let lacking: Vec<&Outcome> = about.iter().map(|(_, outcome)| *outcome).filter(|one| is_lacking(one)).collect();
    let is_proof = |scope: &Scope<'_>| match scope {
        Scope::Whole => true,
        Scope::Namespace(_) => namespace.is_some(),
        Scope::Some => false,
    };
    let has_proof = about.iter().any(|(scope, _)| is_proof(scope));
    let not_here = |code, reason, why: String| Err(Refusal::new(code, reason, format!("not in this archive: {why}")));
    if found.0 == 0 {
        if let Some(first) = lacking.first() {
            let (code, reason) = if first.status == Status::Denied { (403, "Forbidden") } else { (404, "NotFound") };
            return not_here(code, reason, said(first));
        }
        if !has_proof {
            let of = namespace.map(|namespace| format!(" of namespace {namespace}")).unwrap_or_default();
            return not_here(
                404,
                "NotFound",
                format!("{full}{of} was not collected, so whether there was any is not known"),
            );
        }
        let came = about.iter().any(|(_, one)| one.status == Status::Collected);
        if found.1 == 0 && came {
            return not_here(404, "NotFound", format!("{full} was collected, and what came of it is missing here"));
        }
    }
    let mut warnings: Vec<String> =
        lacking.iter().take(TOLD).map(|one| format!("this is not all: {}", said(one))).collect();
    if lacking.len() > TOLD {
        warnings.push(format!("and {} more lists of {full} that did not come whole", lacking.len() - TOLD));
    }
    if !has_proof && lacking.is_empty() {
        warnings.push(format!("this may not be all: the archive does not say that every one of {full} was collected"));
    }
    Ok(warnings)
}

/// What a list was asked for.
enum Scope<'a> {
    Whole,
    Namespace(&'a str),
    /// Some that a selector chose.
    Some,
}

impl<'a> Scope<'a> {
    /// By how the subject of an outcome names it; none where it is of another kind.
    fn of(subject: &'a str, full: &str) -> Option<Self> {
        let rest = subject.strip_prefix(full)?;
        match rest.strip_prefix(" of namespace ") {
            Some(namespace) => Some(Self::Namespace(namespace)),
            None if rest.is_empty() => Some(Self::Whole),
            None => rest.starts_with(' ').then_some(Self::Some),
        }
    }
}

/// How something came, in a sentence.
fn said(outcome: &Outcome) -> String {
    let why = if outcome.why.is_empty() { String::new() } else { format!(" ({})", outcome.why) };
    format!("{} {} when the archive was collected{why}", outcome.subject, verb(outcome.status))
}

fn verb(status: Status) -> &'static str {
    match status {
        Status::Denied => "was denied",
        Status::Truncated => "was cut",
        Status::Unreachable => "could not be reached",
        Status::Timeout => "took too long",
        Status::Skipped => "was not asked for",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(subject: &str, status: Status) -> Outcome {
        Outcome::new(SOURCE, subject, status, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_recording_tells_what_the_segment_of_the_time_had() {
        let at = |second| DateTime::from_timestamp(second, 0).expect("a time");
        let of = |from, bytes, status| Outcome {
            from: Some(at(from)),
            bytes,
            ..Outcome::new(RECORDER, "pods", status, at(from + 300))
        };
        let all = || vec![of(0, 0, Status::Denied), of(300, 90, Status::Truncated), of(600, 0, Status::Empty)];
        let told = |time: Option<i64>| {
            let told = of_recording(all(), time.map(at));
            told.first().map(|one| (one.status, one.at.timestamp()))
        };
        assert_eq!(told(None), Some((Status::Empty, 900)));
        assert_eq!(told(Some(400)), Some((Status::Collected, 400)), "what was missed when it began is no matter then");
        assert_eq!(told(Some(299)), Some((Status::Denied, 299)));
        assert_eq!(told(Some(-1)), None);
    }

    #[test]
    fn nothing_found_is_said_to_be_nothing_only_where_that_is_known() {
        let code = |outcomes: &[Outcome], namespace, found| {
            super::of(outcomes, "pods", namespace, found).map(|warnings| warnings.len()).map_err(|refusal| refusal.code)
        };
        let whole = [outcome("pods", Status::Collected), outcome("podtemplates", Status::Denied)];
        assert_eq!(code(&whole, Some("shop"), (0, 3)), Ok(0), "there is none in this namespace");
        assert_eq!(code(&whole, None, (0, 0)), Err(404), "it came, and is not here");
        assert_eq!(code(&[outcome("pods", Status::Empty)], None, (0, 0)), Ok(0));
        let of_one =
            [outcome("pods of namespace shop", Status::Collected), outcome("pods of namespace bank", Status::Denied)];
        assert_eq!(code(&of_one, Some("shop"), (3, 3)), Ok(0));
        assert_eq!(code(&of_one, Some("bank"), (0, 3)), Err(403));
        assert_eq!(code(&of_one, Some("other"), (0, 3)), Err(404), "it was not asked for");
        assert_eq!(code(&of_one, None, (3, 3)), Ok(1), "bank is lacking");
        assert_eq!(code(&of_one[..1], None, (3, 3)), Ok(1), "other namespaces were not asked for");
        assert_eq!(code(&[outcome("pods", Status::Timeout)], None, (0, 0)), Err(404));
        assert_eq!(code(&[outcome("pods", Status::Truncated)], None, (2, 2)), Ok(1));
        assert_eq!(code(&[], None, (0, 0)), Err(404));
        assert_eq!(code(&[outcome("pods of nodes", Status::Empty)], None, (0, 0)), Err(404));
    }
}
