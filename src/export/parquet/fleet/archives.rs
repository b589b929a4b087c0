//! The table `archives`: one row for each, on the day its window ended, so that one in which nothing was found is known.

use super::{Fleet, optional, time};
use crate::export::Part;
use crate::export::parquet::column::Column;
use crate::export::read::Exported;
use ::parquet::errors::Result;

pub const NAME: &str = "archives";

/// Columns behind those of the archive. They are only ever added, at the end.
const COLUMNS: &str = "
  optional binary archive_sha256 (STRING);
  optional int64 window_from (TIMESTAMP(MICROS,true));
  optional int64 window_to (TIMESTAMP(MICROS,true));
  required int64 signals;
  required int64 edges;
  required int64 cascades;
  required int64 factors;
  required int64 not_collected;";

pub fn parts(fleet: &Fleet) -> Result<Vec<Part>> {
    fleet.parts((NAME, COLUMNS), vec![fleet.of], |of| &of.archive.to, columns)
}

fn columns(rows: &[&Exported]) -> Vec<Column> {
    let count = |of: fn(&Exported) -> usize| {
        Column::Long(rows.iter().map(|row| i64::try_from(of(row)).unwrap_or(i64::MAX)).collect())
    };
    vec![
        optional(rows, |of| of.archive.sha256.clone().unwrap_or_default()),
        time(rows, |of| Some(&of.archive.from)),
        time(rows, |of| Some(&of.archive.to)),
        count(|of| of.signals.len()),
        count(|of| of.edges.len()),
        count(|of| of.cascades.len()),
        count(|of| of.factors.len()),
        count(|of| of.coverage.iter().filter(|row| row.status != "collected").count()),
    ]
}
