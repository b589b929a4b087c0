//! Tables for spreadsheets: RFC 4180, in which no cell is a formula.

use crate::report::safe;
use ::csv::{Terminator, Writer, WriterBuilder};
use std::io::{self, Write};

/// A table that is being written.
pub struct Sheet<'a>(Writer<&'a mut dyn Write>);

impl<'a> Sheet<'a> {
    /// Begins one with the names of its columns.
    pub fn begin(out: &'a mut dyn Write, head: &[&str]) -> io::Result<Self> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        writer.write_record(head)?;
        Ok(Self(writer))
    }

    /// Writes a row.
    pub fn row(&mut self, cells: &[String]) -> io::Result<()> {
        self.0.write_record(cells.iter().map(|cell| inert(cell)))?;
        Ok(())
    }

    pub fn end(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A cell on one line that no spreadsheet runs: one that begins as a formula does stands behind an apostrophe (OWASP, "CSV
/// injection").
fn inert(cell: &str) -> String {
    let cell = safe::clean(cell, usize::MAX);
    if cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(cells: &[&str]) -> String {
        let mut out: Vec<u8> = Vec::new();
        let mut sheet = Sheet::begin(&mut out, &["a", "b"]).expect("memory");
        sheet.row(&cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>()).expect("memory");
        sheet.end().expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn cells_are_quoted_and_no_formula() {
        assert_eq!(written(&["x,y", "say \"no\""]), "a,b\r\n\"x,y\",\"say \"\"no\"\"\"\r\n");
        assert_eq!(written(&["=1+1", "\t@SUM(A1)"]), "a,b\r\n'=1+1,'@SUM(A1)\r\n");
    }

    proptest! {
        #[test]
        fn any_cell_comes_back_as_one(text in any::<String>()) {
            let table = written(&[&text, "end"]);
            let mut reader = ::csv::Reader::from_reader(table.as_bytes());
            let rows: Vec<::csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("a table");
            prop_assert_eq!(rows.len(), 1);
            prop_assert_eq!(&rows[0][1], "end");
            prop_assert!(!rows[0][0].starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
