//! `signals`: what was seen, by whom it was seen of, by name, by how bad it is, and by time.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, members, schema, taken};
use crate::report::schema::SignalRow;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub const ASK: Ask = Ask {
    name: "signals",
    title: "What was seen",
    about: "The signals of the analysis in order of time, each with its records: what was wrong or changed, with whom, from \
            when to when, and of which cascade it is.",
    schema: schema::<Wanted>,
    answer,
};

#[derive(Deserialize, JsonSchema)]
struct Wanted {
    /// A part of the subject, as `Node/node-1` or `shop/`
    subject: Option<String>,
    /// A part of the signal's name, as `OOM`
    signal: Option<String>,
    /// The cascade, as `c1`
    cascade: Option<String>,
    /// How bad at least
    severity: Option<Least>,
    /// Not over before this time, as 2026-11-21T16:01:26Z
    since: Option<DateTime<Utc>>,
    /// Begun before this time
    until: Option<DateTime<Utc>>,
    #[serde(flatten)]
    range: Range,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Least {
    Info,
    Warning,
    Error,
    Fatal,
}

impl Least {
    fn takes(self, severity: &str) -> bool {
        let names = ["info", "warning", "error", "fatal"];
        names.iter().position(|name| *name == severity).is_none_or(|rank| rank >= self as usize)
    }
}

fn answer(of: &Incident, arguments: Map<String, Value>) -> Answer {
    let wanted: Wanted = taken(arguments)?;
    let found: Vec<&SignalRow> = of.kept.signals.iter().filter(|one| wanted.takes(one)).collect();
    Ok(members(list(found.into_iter().map(|one| of.signal(one, RECORDS)), wanted.range)))
}

const RECORDS: usize = 2;

impl Wanted {
    fn takes(&self, one: &SignalRow) -> bool {
        let holds = |part: &Option<String>, whole: &str| {
            part.as_deref().is_none_or(|part| whole.to_lowercase().contains(&part.to_lowercase()))
        };
        let at = |text: &str| text.parse::<DateTime<Utc>>().ok();
        let is_over = |since: DateTime<Utc>| one.to.as_deref().and_then(at).is_some_and(|to| to < since);
        let is_later = |until: DateTime<Utc>| at(&one.from).is_some_and(|from| from >= until);
        holds(&self.subject, &one.subject)
            && holds(&self.signal, &one.signal)
            && self.cascade.as_ref().is_none_or(|cascade| one.cascade.as_ref() == Some(cascade))
            && self.severity.is_none_or(|least| least.takes(&one.severity))
            && !self.since.is_some_and(is_over)
            && !self.until.is_some_and(is_later)
    }
}

impl Incident {
    /// A signal with its first records.
    pub(in super::super) fn signal(&self, one: &SignalRow, records: usize) -> Value {
        json!({"id": one.id, "signal": one.signal, "subject": one.subject, "says": one.title, "from": one.from,
               "earlier_ms": one.earlier_ms, "to": one.to, "count": one.count, "severity": one.severity,
               "cascade": one.cascade, "node": one.node, "records": self.records(&one.evidence, records)})
    }
}
