//! The actions as a Markdown checklist.

use super::action_items::action_items;
use super::read::Exported;
use crate::report::markdown::Markdown;
use std::io::{self, Write};

/// The longest state and the longest reason, in characters.
const MOST_CHARS: usize = 600;
/// Records that an item names.
const MOST_RECORDS: usize = 4;

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    let items = action_items(of);
    for item in &items {
        let line = Markdown::new().code(&item.id, 20).say(" ").prose(item.state, MOST_CHARS).stop();
        let line = line.say(" Why (").prose(item.class, 40).say("): ").prose(item.statement, MOST_CHARS).stop();
        writeln!(out, "- [ ] {line}")?;
        let places = item.records.iter().take(MOST_RECORDS).map(|place| Markdown::new().code(place, 200));
        let places: Vec<Markdown> = places.collect();
        if !places.is_empty() {
            writeln!(out, "  Records: {}", Markdown::list(&places))?;
        }
    }
    if items.is_empty() {
        writeln!(out, "No action follows from the records.")?;
    }
    Ok(())
}
