//! The table `edges`: what led to what, with both ends in words, on the day the effect began.

use super::{Fleet, optional, records, required, time};
use crate::export::Part;
use crate::export::parquet::column::Column;
use crate::report::schema::{EdgeRow, SignalRow};
use ::parquet::errors::Result;
use std::collections::BTreeMap;

pub const NAME: &str = "edges";

/// Columns behind those of the archive. They are only ever added, at the end.
const COLUMNS: &str = "
  required binary cause_id (STRING);
  optional binary cause (STRING);
  optional binary cause_subject (STRING);
  optional int64 cause_began_at (TIMESTAMP(MICROS,true));
  required binary effect_id (STRING);
  optional binary effect (STRING);
  optional binary effect_subject (STRING);
  optional int64 effect_began_at (TIMESTAMP(MICROS,true));
  required binary link (STRING);
  required binary relation (STRING);
  required binary grade (STRING);
  required int64 lag_ms;
  required binary why (STRING);
  required group records (LIST) {
    repeated group list {
      required binary element (STRING);
    }
  }";

/// An edge and its ends, as far as the report has them.
struct Ends<'a> {
    edge: &'a EdgeRow,
    cause: Option<&'a SignalRow>,
    effect: Option<&'a SignalRow>,
}

pub fn parts(fleet: &Fleet) -> Result<Vec<Part>> {
    let signals: BTreeMap<&str, &SignalRow> = fleet.of.signals.iter().map(|row| (row.id.as_str(), row)).collect();
    let end = |id: &str| signals.get(id).copied();
    let rows = fleet.of.edges.iter().map(|edge| Ends { edge, cause: end(&edge.from), effect: end(&edge.to) });
    let rows: Vec<Ends> = rows.collect();
    fleet.parts((NAME, COLUMNS), rows, |row| row.effect.map_or("", |effect| &effect.from), |rows| columns(fleet, rows))
}

fn columns(fleet: &Fleet, rows: &[Ends]) -> Vec<Column> {
    let name = |end: Option<&SignalRow>| end.map(|end| end.signal.clone()).unwrap_or_default();
    let subject = |end: Option<&SignalRow>| end.map(|end| end.subject.clone()).unwrap_or_default();
    vec![
        required(rows, |row| fleet.id(&row.edge.from)),
        optional(rows, |row| name(row.cause)),
        optional(rows, |row| subject(row.cause)),
        time(rows, |row| row.cause.map(|end| end.from.as_str())),
        required(rows, |row| fleet.id(&row.edge.to)),
        optional(rows, |row| name(row.effect)),
        optional(rows, |row| subject(row.effect)),
        time(rows, |row| row.effect.map(|end| end.from.as_str())),
        required(rows, |row| row.edge.link.clone()),
        required(rows, |row| row.edge.relation.clone()),
        required(rows, |row| row.edge.grade.clone()),
        Column::Long(rows.iter().map(|row| row.edge.lag_ms).collect()),
        required(rows, |row| row.edge.why.clone()),
        records(rows, |row| &row.edge.evidence),
    ]
}
