//! Rows of `report.json` on what those that failed have in common.

use super::Analyzed;
use super::common_schema::{AttributeRow, CommonRow};
use super::names::{cascade_id, signal_id};
use super::quotes::Rows;

pub fn rows(of: &Analyzed, rows: &Rows<'_>) -> Vec<CommonRow> {
    let row = |one: &crate::cascade::Common| CommonRow {
        cascade: one.cascade.map(cascade_id),
        statement: one.statement.clone(),
        attribute: one.attribute.clone(),
        value: one.value.clone(),
        key: one.key.clone(),
        failing: one.failing.into(),
        healthy: one.healthy.into(),
        p: one.p.clone(),
        proven: one.is_proven,
        also: one.also.iter().cloned().map(|(attribute, value)| AttributeRow { attribute, value }).collect(),
        signals: one.signals.iter().copied().map(signal_id).collect(),
        evidence: rows.of_statement(&one.evidence),
    };
    of.common.iter().map(row).collect()
}
