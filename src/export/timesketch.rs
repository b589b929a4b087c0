//! The timeline as JSON lines that Timesketch imports: `message`, `datetime` and `timestamp_desc` are what it demands
//! (timesketch.org, "Import from JSON or CSV"); all else becomes an attribute of the event.

use super::jsonl::line;
use super::read::Exported;
use super::rows::rows;
use serde_json::json;
use std::io::{self, Write};

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    for row in rows(of) {
        let said = if row.kind == "signal" { "First seen" } else { "Changed" };
        let event = json!({
            "message": format!("{}: {}", row.subject, row.title),
            "datetime": row.from,
            "timestamp_desc": said,
            "until": row.to,
            "data_type": format!("kubernetes:{}", row.kind),
            "signal_id": row.id,
            "signal": row.name,
            "severity": row.severity,
            "subject": row.subject,
            "node": row.node,
            "cascade": row.cascade,
            "count": row.count,
            "earlier_ms": row.earlier_ms,
            "records": row.places().collect::<Vec<_>>(),
        });
        line(&event, out)?;
    }
    Ok(())
}
