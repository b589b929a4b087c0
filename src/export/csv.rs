//! The timeline as a table: one row for each signal, and for each change that is none.

use super::read::Exported;
use super::rows::rows;
use super::sheet::Sheet;
use std::io::{self, Write};

/// Columns, in their order. They are only ever added, at the end.
const HEAD: [&str; 13] = [
    "from",
    "to",
    "kind",
    "id",
    "severity",
    "name",
    "subject",
    "node",
    "cascade",
    "count",
    "earlier_ms",
    "title",
    "records",
];

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::begin(out, &HEAD)?;
    for row in rows(of) {
        let text = |text: &str| text.to_owned();
        sheet.row(&[
            text(row.from),
            text(row.to.unwrap_or_default()),
            text(row.kind),
            text(row.id),
            text(row.severity),
            text(row.name),
            text(row.subject),
            text(row.node),
            text(row.cascade),
            row.count.to_string(),
            row.earlier_ms.map(|bound| bound.to_string()).unwrap_or_default(),
            text(row.title),
            row.places().collect::<Vec<_>>().join(" "),
        ])?;
    }
    sheet.end()
}
