//! Events in order of time.

use super::choice::Choice;
use crate::archive::ArchiveError;
use crate::inputs::Inputs;
use crate::model::rfc3339;
use crate::objects::Event;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// When it was last seen; RFC 3339, empty where nothing says so.
    pub last: String,
    /// When it was first seen.
    pub first: String,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: String,
    pub reason: String,
    /// As `Pod/shop/api-0`.
    pub object: String,
    pub count: u64,
    pub message: String,
    /// The program that reports.
    pub source: String,
    /// The entry that it stands in.
    pub entry: String,
}

/// The events that are meant, in order of the time at which they were last seen; of one that was fetched twice, what was
/// last known.
pub fn events(inputs: &Inputs, choice: &Choice) -> Result<Vec<EventRow>, ArchiveError> {
    type Seen = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);
    let mut all: BTreeMap<(String, String, String), (Seen, EventRow)> = BTreeMap::new();
    inputs.objects(
        |named| named.kind == "Event",
        |entry, _, json| {
            let Ok(event) = serde_json::from_slice::<Event>(json) else { return };
            let about = &event.involved_object;
            let is_meant =
                choice.takes(&about.kind, &about.namespace, &about.name) || choice.takes_host(&event.source.host);
            let seen = times(&event);
            let (first, last) = (seen.0.or(seen.1), seen.1.or(seen.0));
            let is_then = match (first, last) {
                (Some(first), Some(last)) => choice.span().overlaps(first, last),
                _ => choice.span().is_open(),
            };
            if !(is_meant && is_then) {
                return;
            }
            let key = (event.metadata.namespace.clone(), event.metadata.name.clone(), event.metadata.uid.clone());
            let row = row(event, (first, last), inputs.shown(entry.id));
            match all.get(&key) {
                // Of two without a name nothing tells that they are one.
                Some((known, _)) if !key.1.is_empty() && known.1 >= last => {}
                _ if key.1.is_empty() => {
                    drop(all.insert((key.0, row.message.clone(), row.last.clone()), ((first, last), row)))
                }
                _ => drop(all.insert(key, ((first, last), row))),
            }
        },
    )?;
    let mut rows: Vec<(Seen, EventRow)> = all.into_values().collect();
    rows.sort_by(|(a, one), (b, other)| {
        (a.1, a.0, &one.object, &one.reason).cmp(&(b.1, b.0, &other.object, &other.reason))
    });
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// When an event was first and last seen, by whichever field says so.
fn times(event: &Event) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let first = event.first_timestamp.or(event.event_time);
    let last = event.series.last_observed_time.or(event.last_timestamp).or(event.event_time);
    (first, last.or(event.metadata.creation_timestamp))
}

fn row(event: Event, (first, last): (Option<DateTime<Utc>>, Option<DateTime<Utc>>), entry: &str) -> EventRow {
    let written = |time: Option<DateTime<Utc>>| time.map(rfc3339).unwrap_or_default();
    let about = event.involved_object;
    let object = match about.namespace.as_str() {
        "" => format!("{}/{}", about.kind, about.name),
        namespace => format!("{}/{namespace}/{}", about.kind, about.name),
    };
    let source = if event.source.component.is_empty() { event.reporting_component } else { event.source.component };
    EventRow {
        last: written(last),
        first: written(first),
        kind: event.kind,
        reason: event.reason,
        object,
        count: event.series.count.max(event.count).max(1),
        message: event.message,
        source,
        entry: entry.to_owned(),
    }
}
