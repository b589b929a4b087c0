//! The table `factors`: what contributed, on the day its cascade began.

use super::{Fleet, optional, records, required, time};
use crate::export::Part;
use crate::export::parquet::column::Column;
use crate::export::read::Factor;
use crate::report::schema::CascadeRow;
use ::parquet::errors::Result;
use std::collections::BTreeMap;

pub const NAME: &str = "factors";

/// Columns behind those of the archive. They are only ever added, at the end.
const COLUMNS: &str = "
  required binary factor (STRING);
  required binary class (STRING);
  required binary statement (STRING);
  optional binary remedy (STRING);
  optional binary cascade (STRING);
  optional int64 began_at (TIMESTAMP(MICROS,true));
  required group records (LIST) {
    repeated group list {
      required binary element (STRING);
    }
  }";

pub fn parts(fleet: &Fleet) -> Result<Vec<Part>> {
    let of = fleet.of;
    let cascades: BTreeMap<&str, &CascadeRow> = of.cascades.iter().map(|row| (row.id.as_str(), row)).collect();
    // One of no cascade is of the whole window.
    let began = |row: &&Factor| cascades.get(row.cascade.as_str()).map_or(of.archive.from.as_str(), |one| &one.from);
    let rows: Vec<(&Factor, &str)> = of.factors.iter().map(|row| (row, began(&row))).collect();
    fleet.parts((NAME, COLUMNS), rows, |(_, began)| began, |rows| columns(fleet, rows))
}

fn columns(fleet: &Fleet, rows: &[(&Factor, &str)]) -> Vec<Column> {
    vec![
        required(rows, |(row, _)| row.id.clone()),
        required(rows, |(row, _)| row.class.clone()),
        required(rows, |(row, _)| row.statement.clone()),
        optional(rows, |(row, _)| row.remedy.clone().unwrap_or_default()),
        optional(rows, |(row, _)| {
            Some(&row.cascade).filter(|id| !id.is_empty()).map(|id| fleet.id(id)).unwrap_or_default()
        }),
        time(rows, |(_, began)| Some(began)),
        records(rows, |(row, _)| &row.evidence),
    ]
}
