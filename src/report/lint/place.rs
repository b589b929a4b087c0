//! Where in a text a line stands: within code, in which section, in which table.

use super::code::cells;

/// Headings below which stands what happened when.
const TIMELINES: &[&str] = &["timeline", "full timeline", "timeline of events", "incident timeline"];
/// Headings below which stands what is to be done.
pub const ACTIONS: &[&str] =
    &["actions", "action items", "action points", "follow-ups", "follow-up actions", "corrective actions"];

/// Where the last line that was entered stands.
#[expect(clippy::struct_excessive_bools, reason = "facts about a line that do not depend on each other")]
#[derive(Default)]
pub struct Place {
    fence: Option<(char, usize)>,
    in_timeline: bool,
    in_actions: bool,
    table_line: usize,
    head_has_zone: bool,
    of_records: bool,
    is_item: bool,
}

impl Place {
    /// Moves to `line`, whose words without code are `words`; false where it is a quotation as a whole.
    pub fn enter(&mut self, line: &str, words: &str) -> bool {
        if self.enter_fence(line) {
            return false;
        }
        if let Some(heading) = heading(line) {
            let heading = heading.to_lowercase();
            self.in_timeline = TIMELINES.contains(&heading.as_str());
            self.in_actions = ACTIONS.contains(&heading.as_str());
        }
        self.is_item = is_item(line);
        self.table_line = if line.trim_start().starts_with('|') { self.table_line + 1 } else { 0 };
        if self.table_line == 1 {
            let head = cells(words);
            self.head_has_zone = head.first().is_some_and(|first| first.contains("UTC"));
            self.of_records = head.contains(&"Record") && head.contains(&"Text");
        }
        !(self.of_records && self.table_line > 0)
    }

    /// Whether it is of a code block, or opens or ends one.
    fn enter_fence(&mut self, line: &str) -> bool {
        let bare = line.trim_start();
        let mark = bare.chars().next().filter(|mark| ['`', '~'].contains(mark));
        let run = mark.map_or(0, |mark| bare.chars().take_while(|character| *character == mark).count());
        match (self.fence, mark.filter(|_| run >= 3)) {
            (None, Some(mark)) => self.fence = Some((mark, run)),
            (Some((open, length)), Some(mark)) if mark == open && run >= length => self.fence = None,
            (open, _) => return open.is_some(),
        }
        true
    }

    /// Whether it is a row of a timeline: of its table below the two lines of the head, or of its list.
    pub fn is_of_timeline(&self) -> bool {
        self.is_row() || (self.in_timeline && self.is_item)
    }

    /// Whether it is a row of the table of a timeline.
    pub fn is_row(&self) -> bool {
        self.in_timeline && self.table_line > 2
    }

    pub fn is_of_actions(&self) -> bool {
        self.in_actions
    }

    /// Whether the head of the table says the zone of its times.
    pub fn head_has_zone(&self) -> bool {
        self.head_has_zone
    }
}

/// The words of a heading of any level.
pub fn heading(line: &str) -> Option<&str> {
    let words = line.trim_start_matches('#');
    let level = line.len() - words.len();
    ((1..=6).contains(&level) && words.starts_with(' ')).then(|| words.trim().trim_end_matches(['#', ':']).trim())
}

/// Whether a line is an item of a list.
pub fn is_item(line: &str) -> bool {
    let bare = line.trim_start();
    let number = bare.trim_start_matches(|character: char| character.is_ascii_digit());
    let is_numbered = number.len() < bare.len() && (number.starts_with(". ") || number.starts_with(") "));
    is_numbered || ["- ", "* ", "+ "].iter().any(|mark| bare.starts_with(mark))
}
