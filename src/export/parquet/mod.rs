//! The timeline as a table in Parquet, for data of many incidents and clusters: a row for each signal, and for each change
//! that is none, with the columns that such tables are parted by, cluster and day, first.

mod column;
mod fleet;
mod table;

pub use fleet::partitions;

use super::moment::nanoseconds;
use super::read::{Exported, place};
use super::rows::{Row, rows};
use super::subject::{Subject, cluster};
use crate::report::schema::SignalRow;
use ::parquet::errors::Result;
use column::{Column, text};
use std::collections::BTreeMap;
use std::io::{self, Write};

const NANOSECONDS_OF_A_DAY: u64 = 86_400_000_000_000;

/// Columns, in their order. They are only ever added, at the end.
const SCHEMA: &str = "
message k8s_forensics_timeline {
  optional binary cluster (STRING);
  optional int32 day (DATE);
  required binary archive (STRING);
  optional binary archive_sha256 (STRING);
  required binary tool (STRING);
  required binary kind (STRING);
  optional binary id (STRING);
  optional binary name (STRING);
  optional binary family (STRING);
  optional binary severity (STRING);
  required binary subject (STRING);
  optional binary subject_kind (STRING);
  optional binary namespace (STRING);
  optional binary subject_name (STRING);
  optional binary node (STRING);
  optional binary cascade (STRING);
  optional int64 from (TIMESTAMP(MICROS,true));
  optional int64 to (TIMESTAMP(MICROS,true));
  required boolean goes_on;
  optional int64 earlier_ms;
  optional int64 uncertainty_ms;
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
  }
}";

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    let bytes = table(of).map_err(io::Error::other)?;
    out.write_all(&bytes)
}

fn table(of: &Exported) -> Result<Vec<u8>> {
    let signals: BTreeMap<&str, &SignalRow> = of.signals.iter().map(|signal| (signal.id.as_str(), signal)).collect();
    let rows = rows(of);
    table::file(SCHEMA, &rows, |part| columns(of, part, &signals))
}

/// A value for each column of [`SCHEMA`], in its order.
fn columns(of: &Exported, rows: &[Row], signals: &BTreeMap<&str, &SignalRow>) -> Vec<Column> {
    let signal = |row: &Row| signals.get(row.id).copied().filter(|_| row.kind == "signal");
    let always = |value: &str| Column::Required(rows.iter().map(|_| text(value)).collect());
    let required = |value: fn(&Row) -> String| Column::Required(rows.iter().map(|row| text(&value(row))).collect());
    let optional = |value: &dyn Fn(&Row) -> String| {
        Column::Optional(
            rows.iter().map(|row| Some(value(row)).filter(|text| !text.is_empty()).map(|it| text(&it))).collect(),
        )
    };
    let time = |value: fn(&Row) -> Option<u64>| {
        Column::OptionalLong(rows.iter().map(|row| value(row).map(|time| (time / 1_000) as i64)).collect())
    };
    let subject = |part: fn(Subject) -> &str| optional(&move |row| part(Subject::read(row.subject)).to_owned());
    let pairs = |take: fn((&String, &String)) -> String| {
        let labels = |row| signal(row).map(|signal| signal.labels.iter().map(|pair| text(&take(pair))).collect());
        Column::Repeated(rows.iter().map(|row| labels(row).unwrap_or_default()).collect())
    };
    let day = |row: &Row| nanoseconds(row.from).map(|time| (time / NANOSECONDS_OF_A_DAY) as i32);
    vec![
        optional(&|_| cluster(of).unwrap_or_default().to_owned()),
        Column::OptionalInt(rows.iter().map(day).collect()),
        always(&of.archive.name),
        optional(&|_| of.archive.sha256.clone().unwrap_or_default()),
        always(&of.tool),
        required(|row| row.kind.to_owned()),
        optional(&|row| row.id.to_owned()),
        optional(&|row| row.name.to_owned()),
        optional(&|row| signal(row).map(|signal| signal.layer.clone()).unwrap_or_default()),
        optional(&|row| row.severity.to_owned()),
        required(|row| row.subject.to_owned()),
        subject(|subject| subject.kind),
        subject(|subject| subject.namespace),
        subject(|subject| subject.name),
        optional(&|row| row.node.to_owned()),
        optional(&|row| row.cascade.to_owned()),
        time(|row| nanoseconds(row.from)),
        time(|row| row.to.and_then(nanoseconds)),
        Column::Bool(rows.iter().map(|row| row.kind == "signal" && row.to.is_none()).collect()),
        Column::OptionalLong(rows.iter().map(|row| row.earlier_ms.map(i64::from)).collect()),
        Column::OptionalLong(rows.iter().map(|row| signal(row).map(|signal| signal.uncertainty_ms.into())).collect()),
        Column::Long(rows.iter().map(|row| i64::try_from(row.count).unwrap_or(i64::MAX)).collect()),
        required(|row| row.title.to_owned()),
        pairs(|(key, _)| key.clone()),
        pairs(|(_, value)| value.clone()),
        Column::Repeated(rows.iter().map(|row| row.evidence.iter().map(|one| text(&place(one))).collect()).collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::RowAccessor;

    #[test]
    fn a_reader_finds_the_rows_that_were_written() {
        let report = serde_json::json!({
            "schema": "k8s-forensics.report/1", "tool": "k8s-forensics 0.1.0",
            "archive": {"name": "a.zip", "cluster": "version v1.34.4, uid u-1, context lab"},
            "signals": [
                {"id": "s1", "signal": "OOMKill", "subject": "Node/n1", "from": "2026-11-21T08:00:53Z", "to": "2026-11-21T08:01:00Z",
                 "severity": "error", "count": 2, "title": "a \u{202e} title", "labels": {"scope": "node"},
                 "evidence": [{"entry": "kernel.log", "line": 7}, {"entry": "kernel.log", "line": 9}]},
                {"id": "s2", "signal": "Evicted", "subject": "Pod/shop/a-1", "from": "no time", "to": null, "severity": "warning",
                 "count": 1, "title": "evicted", "labels": {}, "evidence": []}
            ]
        });
        let exported = Exported::read(report.to_string().as_bytes()).expect("a report");
        let mut file = tempfile::tempfile().expect("a file");
        write(&exported, &mut file).expect("a table");
        let reader = SerializedFileReader::new(file).expect("a file of Parquet");
        let rows: Vec<_> = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row")).collect();
        let named = |name: &str| rows[0].get_column_iter().position(|(known, _)| known == name).expect("a column");
        let of = |signal: &str| {
            rows.iter().find(|row| row.get_string(named("id")).is_ok_and(|id| id == signal)).expect("its row")
        };
        let (kill, evicted) = (of("s1"), of("s2"));
        assert_eq!(kill.get_string(named("subject_name")).map(String::as_str).ok(), Some("n1"));
        assert_eq!(kill.get_list(named("records")).map(|list| list.len()).ok(), Some(2));
        assert!(kill.get_string(named("title")).is_ok_and(|title| !title.contains('\u{202e}')));
        assert!(
            !kill.get_bool(named("goes_on")).expect("a bool") && evicted.get_bool(named("goes_on")).expect("a bool")
        );
        assert_eq!(evicted.get_string(named("namespace")).map(String::as_str).ok(), Some("shop"));
        let day = evicted.get_column_iter().find_map(|(name, value)| (name == "day").then(|| value.clone()));
        assert_eq!(day, Some(::parquet::record::Field::Null), "no time, so no day");
    }
}
