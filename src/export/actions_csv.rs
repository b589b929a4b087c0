//! The actions as a CSV that Jira imports. It demands a summary, of at most 255 characters, and lets whoever imports say
//! which column is what (Atlassian support, "Import data from a CSV file").

use super::action_items::action_items;
use super::read::Exported;
use super::sheet::Sheet;
use crate::report::safe;
use std::io::{self, Write};

const HEAD: [&str; 6] = ["Summary", "Description", "Labels", "Labels", "External ID", "Records"];
const MOST_SUMMARY: usize = 250;
/// Half of what a description holds.
const MOST_DESCRIPTION: usize = 16_000;

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::begin(out, &HEAD)?;
    for item in action_items(of) {
        let description = format!("State to reach: {} Why: {} ({})", item.state, item.statement, item.id);
        sheet.row(&[
            safe::clean(item.state, MOST_SUMMARY),
            plain(&safe::clean(&description, MOST_DESCRIPTION)),
            "k8s-forensics".to_owned(),
            // A label has no blanks.
            item.class.split_whitespace().collect(),
            item.id,
            item.records.join(" "),
        ])?;
    }
    sheet.end()
}

/// A description, which Jira reads as its notation, without what opens anything in it.
fn plain(text: &str) -> String {
    let marks = |character| match character {
        '{' => '(',
        '}' => ')',
        '[' => '(',
        ']' => ')',
        '!' | '|' | '\\' => '/',
        _ => character,
    };
    text.chars().map(marks).collect()
}
