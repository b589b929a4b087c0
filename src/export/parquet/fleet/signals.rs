//! The table `signals`: a row for each, on the day it began.

use super::{Fleet, optional, records, required, time};
use crate::export::Part;
use crate::export::parquet::column::{Column, text};
use crate::export::subject::Subject;
use crate::report::schema::SignalRow;
use ::parquet::errors::Result;

pub const NAME: &str = "signals";

/// Columns behind those of the archive. They are only ever added, at the end.
const COLUMNS: &str = "
  required binary id (STRING);
  required binary signal (STRING);
  optional binary family (STRING);
  optional binary severity (STRING);
  required binary subject (STRING);
  optional binary subject_kind (STRING);
  optional binary namespace (STRING);
  optional binary subject_name (STRING);
  optional binary node (STRING);
  optional binary cascade (STRING);
  optional int64 began_at (TIMESTAMP(MICROS,true));
  optional int64 ended_at (TIMESTAMP(MICROS,true));
  required boolean goes_on;
  required int64 earlier_ms;
  required int64 uncertainty_ms;
  required int64 count;
  required binary title (STRING);
  required group labels (MAP) {
    repeated group key_value {
      required binary key (STRING);
      required binary value (STRING);
    }
  }
  required group records (LIST) {
    repeated group list {
      required binary element (STRING);
    }
  }";

pub fn parts(fleet: &Fleet) -> Result<Vec<Part>> {
    let rows: Vec<&SignalRow> = fleet.of.signals.iter().collect();
    fleet.parts((NAME, COLUMNS), rows, |row| &row.from, |rows| columns(fleet, rows))
}

fn columns(fleet: &Fleet, rows: &[&SignalRow]) -> Vec<Column> {
    let subject = |part: fn(Subject) -> &str| optional(rows, move |row| part(Subject::read(&row.subject)).to_owned());
    let pairs = |take: fn((&String, &String)) -> String| {
        Column::Repeated(rows.iter().map(|row| row.labels.iter().map(|pair| text(&take(pair))).collect()).collect())
    };
    vec![
        required(rows, |row| fleet.id(&row.id)),
        required(rows, |row| row.signal.clone()),
        optional(rows, |row| row.layer.clone()),
        optional(rows, |row| row.severity.clone()),
        required(rows, |row| row.subject.clone()),
        subject(|subject| subject.kind),
        subject(|subject| subject.namespace),
        subject(|subject| subject.name),
        optional(rows, |row| row.node.clone().unwrap_or_default()),
        optional(rows, |row| row.cascade.as_deref().map(|id| fleet.id(id)).unwrap_or_default()),
        time(rows, |row| Some(&row.from)),
        time(rows, |row| row.to.as_deref()),
        Column::Bool(rows.iter().map(|row| row.to.is_none()).collect()),
        Column::Long(rows.iter().map(|row| row.earlier_ms.into()).collect()),
        Column::Long(rows.iter().map(|row| row.uncertainty_ms.into()).collect()),
        Column::Long(rows.iter().map(|row| i64::try_from(row.count).unwrap_or(i64::MAX)).collect()),
        required(rows, |row| row.title.clone()),
        pairs(|(key, _)| key.clone()),
        pairs(|(_, value)| value.clone()),
        records(rows, |row| &row.evidence),
    ]
}
