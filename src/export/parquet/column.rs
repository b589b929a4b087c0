//! The values of a column, as Parquet has them: those that are there, and at which level each row has how many (Dremel,
//! Melnik et al. 2010).

use crate::report::safe;
use ::parquet::column::writer::{ColumnWriter, ColumnWriterImpl};
use ::parquet::data_type::{ByteArray, DataType};
use ::parquet::errors::{ParquetError, Result};

/// A value for each row.
pub enum Column {
    Required(Vec<ByteArray>),
    Optional(Vec<Option<ByteArray>>),
    /// Any number for each row, in a group that is always there.
    Repeated(Vec<Vec<ByteArray>>),
    Bool(Vec<bool>),
    Long(Vec<i64>),
    OptionalLong(Vec<Option<i64>>),
    OptionalInt(Vec<Option<i32>>),
}

impl Column {
    pub fn write(self, into: &mut ColumnWriter) -> Result<()> {
        match (self, into) {
            (Self::Required(values), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                writer.write_batch(&values, None, None)?;
            }
            (Self::Optional(values), ColumnWriter::ByteArrayColumnWriter(writer)) => optional(values, writer)?,
            (Self::Repeated(rows), ColumnWriter::ByteArrayColumnWriter(writer)) => repeated(rows, writer)?,
            (Self::Bool(values), ColumnWriter::BoolColumnWriter(writer)) => {
                writer.write_batch(&values, None, None)?;
            }
            (Self::Long(values), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(&values, None, None)?;
            }
            (Self::OptionalLong(values), ColumnWriter::Int64ColumnWriter(writer)) => optional(values, writer)?,
            (Self::OptionalInt(values), ColumnWriter::Int32ColumnWriter(writer)) => optional(values, writer)?,
            _ => return Err(ParquetError::General("a column is of another type than its schema".to_owned())),
        }
        Ok(())
    }
}

fn optional<T: DataType>(values: Vec<Option<T::T>>, writer: &mut ColumnWriterImpl<'_, T>) -> Result<()> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    writer.write_batch(&values, Some(&levels), None)?;
    Ok(())
}

fn repeated<T: DataType>(rows: Vec<Vec<T::T>>, writer: &mut ColumnWriterImpl<'_, T>) -> Result<()> {
    let mut there = Vec::new();
    let mut again = Vec::new();
    for row in &rows {
        // A row without a value is one place at which there is none.
        there.extend(if row.is_empty() { vec![0] } else { vec![1; row.len()] });
        again.extend((0..row.len().max(1)).map(|number| i16::from(number > 0)));
    }
    let values: Vec<T::T> = rows.into_iter().flatten().collect();
    writer.write_batch(&values, Some(&there), Some(&again))?;
    Ok(())
}

/// Text on one line, in which nothing acts.
pub fn text(text: &str) -> ByteArray {
    ByteArray::from(safe::clean(text, usize::MAX).into_bytes())
}
