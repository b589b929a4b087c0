//! `expired`: a certificate ran out, as those say who then refused it, each with the time until which it was valid.
//!
//! Who serves it writes nothing down at that moment; a refusal names the webhook whose certificate it was, and both times
//! (Go, crypto/x509/verify.go, `current time … is after …`; Kubernetes documentation, Dynamic Admission Control, Contacting
//! the webhook).

use super::super::phrase::CAUSE;
use super::super::{Labels, Rule, Signal};
use super::made::{Made, Which};
use crate::evidence::Evidence;
use crate::model::{Citation, Clock, End, Moment, Subject};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// Who refused it.
    of: Which,
}

/// How many refused it, the webhook that showed it, and why.
pub const LABELS: [&str; 3] = ["count", WEBHOOK, CAUSE];
pub const KINDS: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

const WEBHOOK: &str = "webhook";
const CAUSED: &str = "certificate-expired";

/// The webhook's configuration, the webhook, and until when its certificate was valid.
type Expired<'a> = (Subject, &'a str, DateTime<Utc>);
/// A refusal, and the record of it that says so.
type Refusal<'a> = (&'a Signal, Citation);

impl Parameters {
    /// The rules that it names.
    pub fn names(&self) -> Vec<&str> {
        self.of.names().collect()
    }
}

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let mut refused: BTreeMap<Expired<'_>, Vec<Refusal<'_>>> = BTreeMap::new();
    let says_so = |signal: &&Signal| parameters.of.has(signal) && signal.values(CAUSE).any(|cause| cause == CAUSED);
    for signal in signals.iter().filter(says_so) {
        let Some(webhook) = signal.label(WEBHOOK) else { continue };
        let Some(known) = evidence.topology.webhook(webhook) else { continue };
        let told = signal.evidence.iter().find_map(|one| Some((valid_until(&evidence.quote(*one).text)?, *one)));
        if let Some((until, citation)) = told {
            refused.entry((known.configuration.clone(), webhook, until)).or_default().push((signal, citation));
        }
    }
    let made = |((subject, webhook, until), told): (Expired<'_>, Vec<Refusal<'_>>)| {
        let last = told.iter().map(|(signal, _)| *signal).max_by_key(|one| one.last_seen())?;
        let is_over = told.iter().all(|(one, _)| one.end != End::Ongoing);
        let labels = [("count", told.len().to_string()), (WEBHOOK, webhook.to_owned()), (CAUSE, CAUSED.to_owned())];
        let made = Made {
            subject,
            node: None,
            from: Moment::to_the_second(until).by(Clock::Component),
            last: last.last_seen(),
            end: if is_over { End::At(last.last_seen()) } else { End::Ongoing },
            count: 1,
            labels: labels.into_iter().collect::<Labels>(),
            evidence: told.iter().map(|(_, citation)| *citation).collect(),
            occurrences: told.iter().filter_map(|(one, _)| one.occurrences.first().copied()).collect(),
            ended_by: last.ended_by,
        };
        Some(made.signal(rule))
    };
    let found: Vec<Signal> = refused.into_iter().filter_map(made).collect();
    signals.extend(found);
}

/// Until when the certificate was valid that a message speaks of.
fn valid_until(text: &str) -> Option<DateTime<Utc>> {
    let (_, rest) = text.split_once("current time ")?;
    let (_, until) = rest.split_once(" is after ")?;
    let until: String = until.chars().take_while(|sign| sign.is_ascii_digit() || "TZ:+-.".contains(*sign)).collect();
    DateTime::parse_from_rfc3339(until.trim_end_matches('.')).ok().map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::valid_until;

    #[test]
    fn a_refusal_says_until_when_the_certificate_was_valid() {
        let said = |text: &str| valid_until(text).map(|time| time.to_rfc3339());
        let text = "x509: certificate has expired or is not yet valid: current time 2026-11-26T15:22:00Z is after 2026-11-26T15:21:41Z";
        assert_eq!(said(text).as_deref(), Some("2026-11-26T15:21:41+00:00"));
        assert_eq!(said(&format!("{text}.")).as_deref(), Some("2026-11-26T15:21:41+00:00"));
        assert_eq!(said("current time 2026-11-26T15:22:00Z is before 2026-11-26T16:21:41Z"), None);
        assert_eq!(said("current time now is after then"), None);
        assert_eq!(said(""), None);
    }
}
