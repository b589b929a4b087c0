//! A table as a file of Parquet: columns one after the other, by the crate parquet, without arrow.

use super::column::Column;
use ::parquet::basic::{Compression, GzipLevel};
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// Rows that are written together, and are in memory so long.
const ROWS: usize = 100_000;

/// The bytes of a file with `rows`; `columns` gives of some of them a value for each column of `schema`, in its order.
pub fn file<Row>(schema: &str, rows: &[Row], columns: impl Fn(&[Row]) -> Vec<Column>) -> Result<Vec<u8>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::GZIP(GzipLevel::default()))
        .set_created_by("k8s-forensics".to_owned())
        .build();
    let schema = Arc::new(parse_message_type(schema)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    for part in rows.chunks(ROWS) {
        let mut group = writer.next_row_group()?;
        for column in columns(part) {
            let mut writer = group.next_column()?.ok_or_else(|| ParquetError::General("no such column".to_owned()))?;
            column.write(writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
    }
    writer.into_inner()
}
