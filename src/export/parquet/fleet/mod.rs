//! Tables of many reports, for engines that read folders: `TABLE/cluster=NAME/day=YYYY-MM-DD/ARCHIVE.parquet`, parted as
//! Apache Hive parts its tables, which Spark, DataFusion and DuckDB read.
//!
//! A report has files of its own only, called by a hash of what it was made from: the next one adds files, and the same
//! one gives the same names and bytes again. Columns of the path are not in the files.

mod archives;
mod edges;
mod factors;
mod signals;

use super::column::{Column, text};
use super::table;
use crate::export::moment::nanoseconds;
use crate::export::read::{Exported, place};
use crate::export::subject::{cluster, context};
use crate::export::{Part, Partitions};
use crate::report::schema::EvidenceRow;
use ::parquet::data_type::ByteArray;
use ::parquet::errors::Result;
use chrono::DateTime;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;

/// The columns that every table begins with.
const OF_ARCHIVE: &str = "
  required binary archive_id (STRING);
  required binary archive (STRING);
  optional binary cluster_uid (STRING);
  required binary tool (STRING);";

/// As Hive, Spark and the others call the partition of rows without a value.
const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";

/// A report, and what its rows are known by among those of others.
struct Fleet<'a> {
    of: &'a Exported,
    archive_id: String,
    /// The value of the partition `cluster`, as a path has it.
    cluster: String,
}

/// All tables of a report. `named` is what the cluster is called: without it by its context, by its UID, or by the archive.
pub fn partitions(of: &Exported, named: Option<&str>) -> io::Result<Partitions> {
    let name = named.or_else(|| context(of)).or_else(|| cluster(of)).unwrap_or(&of.archive.name);
    let fleet = Fleet { of, archive_id: archive_id(of), cluster: escaped(name) };
    let tables = [signals::parts(&fleet), edges::parts(&fleet), factors::parts(&fleet), archives::parts(&fleet)];
    let mut parts = Vec::new();
    for table in tables {
        parts.extend(table.map_err(io::Error::other)?);
    }
    let tables = [signals::NAME, edges::NAME, factors::NAME, archives::NAME];
    let places = tables.iter().map(|table| format!("{table}/cluster={}", fleet.cluster)).collect();
    Ok(Partitions { parts, places, file: fleet.file() })
}

/// 16 hexadecimal digits of the hash of the sealed archive; of one that never was, of what the report says of it.
fn archive_id(of: &Exported) -> String {
    let archive = &of.archive;
    let unsealed = || [&archive.name, &archive.cluster, &archive.from, &archive.to].map(String::as_str).join("\n");
    let hashed = archive.sha256.clone().unwrap_or_else(unsealed);
    Sha256::digest(hashed.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A value in a path: what is no letter, digit, `.`, `-` or `_` is percent-encoded, as Hive does it, and it is undone by
/// whoever reads the path. It names no other folder.
fn escaped(value: &str) -> String {
    let mut escaped = String::new();
    for byte in value.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => escaped.push(char::from(byte)),
            b'.' if !escaped.is_empty() => escaped.push('.'),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    if escaped.is_empty() { NO_VALUE.to_owned() } else { escaped }
}

impl Fleet<'_> {
    fn file(&self) -> String {
        format!("{}.parquet", self.archive_id)
    }

    /// An id of the report as it is known among those of others.
    fn id(&self, id: &str) -> String {
        format!("{}/{id}", self.archive_id)
    }

    /// The files of one table, whose rows are parted by the day of `time`.
    fn parts<Row>(
        &self,
        (name, columns): (&str, &str),
        rows: Vec<Row>,
        time: impl Fn(&Row) -> &str,
        values: impl Fn(&[Row]) -> Vec<Column>,
    ) -> Result<Vec<Part>> {
        let schema = format!("message k8s_forensics_{name} {{{OF_ARCHIVE}{columns}\n}}");
        let mut days: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in rows {
            days.entry(day(time(&row))).or_default().push(row);
        }
        let mut parts = Vec::new();
        for (day, rows) in days {
            let of_archive = |rows: &[Row]| {
                let mut all = self.of_archive(rows.len());
                all.extend(values(rows));
                all
            };
            let bytes = table::file(&schema, &rows, of_archive)?;
            parts.push(Part { path: format!("{name}/cluster={}/day={day}/{}", self.cluster, self.file()), bytes });
        }
        Ok(parts)
    }

    /// The values of [`OF_ARCHIVE`].
    fn of_archive(&self, rows: usize) -> Vec<Column> {
        let always = |value: &str| Column::Required(vec![text(value); rows]);
        vec![
            always(&self.archive_id),
            always(&self.of.archive.name),
            Column::Optional(vec![cluster(self.of).map(text); rows]),
            always(&self.of.tool),
        ]
    }
}

/// The day of a time in UTC, as partitions are called by it.
fn day(time: &str) -> String {
    let time = DateTime::parse_from_rfc3339(time).map(|time| time.to_utc());
    time.map_or_else(|_| NO_VALUE.to_owned(), |time| time.format("%Y-%m-%d").to_string())
}

fn required<Row>(rows: &[Row], value: impl Fn(&Row) -> String) -> Column {
    Column::Required(rows.iter().map(|row| text(&value(row))).collect())
}

/// A text that is not there where it is empty.
fn optional<Row>(rows: &[Row], value: impl Fn(&Row) -> String) -> Column {
    Column::Optional(
        rows.iter().map(|row| Some(value(row)).filter(|value| !value.is_empty()).map(|it| text(&it))).collect(),
    )
}

/// Microseconds since 1970.
fn time<Row>(rows: &[Row], value: impl Fn(&Row) -> Option<&str>) -> Column {
    let micros = |row| value(row).and_then(nanoseconds).and_then(|time| i64::try_from(time / 1_000).ok());
    Column::OptionalLong(rows.iter().map(micros).collect())
}

/// Places of records.
fn records<Row>(rows: &[Row], evidence: impl Fn(&Row) -> &[EvidenceRow]) -> Column {
    let places = |row| -> Vec<ByteArray> { evidence(row).iter().map(|one| text(&place(one))).collect() };
    Column::Repeated(rows.iter().map(places).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use std::io::Write;

    fn report(cluster: &str) -> Exported {
        let report = serde_json::json!({
            "schema": "k8s-forensics.report/1", "tool": "k8s-forensics 0.1.0",
            "archive": {"name": "a.zip", "sha256": "ab", "cluster": cluster, "from": "2026-11-21T08:00:00Z", "to": "2026-11-22T08:00:00Z"},
            "signals": [
                {"id": "s1", "signal": "OOMKill", "subject": "Node/n1", "from": "2026-11-21T23:59:59Z", "to": null, "severity": "error", "labels": {"scope": "node"},
                 "evidence": [{"entry": "kernel.log", "line": 7}]},
                {"id": "s2", "signal": "Evicted", "subject": "Pod/shop/a-1", "from": "2026-11-22T00:00:01Z", "to": null, "severity": "warning"},
                {"id": "s3", "signal": "Evicted", "subject": "Pod/shop/a-2", "from": "no time", "to": null, "severity": "warning"}
            ],
            "edges": [{"from": "s1", "to": "s2", "link": "kill-evicts", "relation": "node-of", "lag_ms": 2000, "grade": "known"}, {"from": "s1", "to": "s9"}],
            "cascades": [{"id": "c1", "first": ["s1"], "signals": ["s1", "s2"], "from": "2026-11-21T23:59:59Z"}],
            "factors": [{"cascade": "c1", "class": "latent", "id": "no-limit", "statement": "no limit"}]
        });
        Exported::read(report.to_string().as_bytes()).expect("a report")
    }

    fn paths(of: &Exported, named: Option<&str>) -> Vec<String> {
        let all = partitions(of, named).expect("tables");
        all.parts.iter().map(|part| part.path.replace(all.file.as_str(), "ID")).collect()
    }

    #[test]
    fn rows_are_parted_by_cluster_and_day() {
        let of = report("version v1, uid u-1, context lab");
        assert_eq!(
            paths(&of, None),
            [
                "signals/cluster=lab/day=2026-11-21/ID",
                "signals/cluster=lab/day=2026-11-22/ID",
                "signals/cluster=lab/day=__HIVE_DEFAULT_PARTITION__/ID",
                "edges/cluster=lab/day=2026-11-22/ID",
                "edges/cluster=lab/day=__HIVE_DEFAULT_PARTITION__/ID",
                "factors/cluster=lab/day=2026-11-21/ID",
                "archives/cluster=lab/day=2026-11-22/ID"
            ]
        );
        let again = partitions(&of, None).expect("tables");
        assert_eq!(again, partitions(&report("version v1, uid u-1, context lab"), None).expect("tables"));
    }

    #[test]
    fn a_name_of_a_cluster_leads_to_no_other_folder() {
        let of = report("uid u-1");
        let first = |named: Option<&str>| paths(&of, named).swap_remove(0);
        assert_eq!(first(None), "signals/cluster=u-1/day=2026-11-21/ID");
        assert_eq!(first(Some("../a:b/c")), "signals/cluster=%2E.%2Fa%3Ab%2Fc/day=2026-11-21/ID");
        assert!(first(Some("")).starts_with("signals/cluster=__HIVE_DEFAULT_PARTITION__/"));
    }

    #[test]
    fn a_reader_finds_the_rows_of_each_table() {
        let all = partitions(&report("uid u-1, context lab"), None).expect("tables");
        let rows = |table: &str| -> Vec<::parquet::record::Row> {
            let part = all.parts.iter().find(|part| part.path.starts_with(table)).expect("a part");
            let mut file = tempfile::tempfile().expect("a file");
            file.write_all(&part.bytes).expect("written");
            let reader = SerializedFileReader::new(file).expect("a file of Parquet");
            reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row")).collect()
        };
        let value = |row: &::parquet::record::Row, name: &str| {
            let field = row.get_column_iter().find(|(known, _)| *known == name).expect("a column").1.clone();
            field.to_string().trim_matches('"').to_owned()
        };
        let edge = rows("edges/").swap_remove(0);
        assert_eq!(
            ["cause", "effect", "effect_subject"].map(|name| value(&edge, name)),
            ["OOMKill", "Evicted", "Pod/shop/a-1"]
        );
        let signal = rows("signals/").swap_remove(0);
        assert_eq!(value(&signal, "id"), format!("{}/s1", value(&signal, "archive_id")));
        assert_eq!(value(&signal, "goes_on"), "true");
        let factor = rows("factors/").swap_remove(0);
        assert_eq!(["factor", "class"].map(|name| value(&factor, name)), ["no-limit", "latent"]);
        assert_eq!(value(&rows("archives/").swap_remove(0), "signals"), "3");
    }
}
