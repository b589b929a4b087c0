//! Tables that are not read, and why, as far as their beginning tells.

use crate::inputs::columns::{CheckColumns, NoteColumns};
use crate::inputs::kind::WhyUnread;

/// How many lines are looked at.
const LINES: usize = 20;

/// Why a table that begins like this is not read; none where it is no table.
pub fn table(start: &[u8]) -> Option<WhyUnread> {
    match () {
        () if CheckColumns::of(start).is_some() => Some(WhyUnread::LikeCheck),
        () if NoteColumns::of(start).is_some() => Some(WhyUnread::LikeNotes),
        () => is_table_of_values(&String::from_utf8_lossy(start)).then_some(WhyUnread::Values),
    }
}

/// Most lines have several parts between commas, semicolons or tabs.
fn is_table_of_values(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(LINES).collect();
    let has_parts = |line: &&&str| {
        let parts = [',', ';', '\t'].map(|separator| line.matches(separator).count());
        parts.iter().any(|count| *count >= 2) && !line.contains(['{', '}', '"'])
    };
    lines.len() > 1 && lines.iter().filter(has_parts).count() * 2 > lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::format::Start;
    use crate::inputs::formats::loose::kind;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_beginning_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..120), path in "[a-z0-9_./-]{0,20}",
            begin in "(\\[ {0,3}1\\.0\\] |2026-11-21T07:00:00[,.Z]|NAME  READY  |Name:  |\\{\"Events\":\\[\\{|[a-z,;\t\n]{0,40})") {
            let text = [begin.as_bytes(), &bytes].concat();
            table(&text);
            kind(&path, &Start::of_bytes(&text));
        }
    }

    #[test]
    fn tables_of_values_are_told_from_text() {
        let cases = [
            ("", None),
            ("time,outcome\n2026-11-21T07:00:00Z,ok\n", Some(WhyUnread::LikeCheck)),
            ("time,author,text\n2026-11-21T07:00:00Z,jane,x\n", Some(WhyUnread::LikeNotes)),
            // What loops around kubectl top write.
            (
                "idx,0,LOG_TIME,2023-04-23T19:40:08,2023-04-23T14:40:08\nNAME,CPU(cores),CPU%,MEMORY(bytes),MEMORY%,\nkind-worker,53m,0%,385Mi,4%,\n",
                Some(WhyUnread::Values),
            ),
            ("we saw it, and waited, and went home\nthen it was back\nall of it\n", None),
        ];
        for (text, expected) in cases {
            assert_eq!(table(text.as_bytes()), expected, "{text}");
        }
    }
}
