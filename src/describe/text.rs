//! Indented, tab-aligned text, laid out the way kubectl's describers lay it out.
//!
//! Callers write lines whose cells are separated by tabs; the layout pads every cell that ends in a tab so that
//! neighbouring lines line up. The writer never wraps, truncates or reorders anything it is given: the only characters
//! it changes are the two terminal controls kubectl neutralises.

use std::fmt::Display;

/// Blank columns kept between a cell and its right neighbour (kubectl pkg/describe/describe.go, `tabbedString`:
/// minwidth 0, tabwidth 8, padding 2, space as the pad character).
const PADDING: usize = 2;

/// The widest cell that others are padded to. kubectl has no such limit; here one name of a megabyte would take as much
/// for each of its neighbours.
const WIDEST: usize = 256;

/// Spaces per indentation level (kubectl pkg/describe/describe.go, `prefixWriter.Write`).
const LEVEL: &str = "  ";

/// Collects lines and aligns their cells.
#[derive(Default)]
pub(super) struct Text {
    pending: String,
    laid_out: String,
    shift: usize,
}

impl Text {
    /// An empty text.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds `content` after the indentation of `level`, without ending the line.
    ///
    /// Indentation is added on every call, even in the middle of a line, because kubectl's prefix writer does so too.
    pub(super) fn put(&mut self, level: usize, content: impl Display) {
        self.pending.push_str(&LEVEL.repeat(level + self.shift));
        self.pending.push_str(&content.to_string().replace('\x1b', "^[").replace('\r', "\\r"));
    }

    /// Adds `content` and ends the line.
    pub(super) fn line(&mut self, level: usize, content: impl Display) {
        self.put(level, content);
        self.pending.push('\n');
    }

    /// Adds a `name:` cell, a value, and ends the line.
    pub(super) fn field(&mut self, level: usize, name: impl Display, value: impl Display) {
        self.line(level, format_args!("{name}:\t{value}"));
    }

    /// Adds several fields at the same level.
    pub(super) fn fields(&mut self, level: usize, rows: &[(&str, &dyn Display)]) {
        for (name, value) in rows {
            self.field(level, name, value);
        }
    }

    /// Adds `title:` on a line of its own.
    pub(super) fn heading(&mut self, level: usize, title: impl Display) {
        self.line(level, format_args!("{title}:"));
    }

    /// Runs `body` with everything it writes moved `by` levels to the right.
    pub(super) fn shifted(&mut self, by: usize, body: impl FnOnce(&mut Self)) {
        self.shift += by;
        body(self);
        self.shift -= by;
    }

    /// Ends all column blocks: what follows is aligned on its own.
    pub(super) fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for section in pending.split_inclusive('\x0c') {
            match section.strip_suffix('\x0c') {
                Some(closed) => {
                    lay_out(closed, &mut self.laid_out);
                    self.laid_out.push('\n');
                }
                None => lay_out(section, &mut self.laid_out),
            }
        }
    }

    /// The aligned text.
    pub(super) fn finish(mut self) -> String {
        self.flush();
        self.laid_out
    }
}

/// Aligns one section, following the rule of Go's text/tabwriter: a cell belongs to a column only if a tab ends it, and
/// a column's width is shared by the unbroken run of lines that have a tab-ended cell at that position.
fn lay_out(section: &str, out: &mut String) {
    let lines: Vec<Vec<&str>> = section.split('\n').map(|line| line.split(['\t', '\x0b']).collect()).collect();
    let widths = column_widths(&lines);
    for (index, (cells, widths)) in lines.iter().zip(&widths).enumerate() {
        if index > 0 {
            out.push('\n');
        }
        for (column, cell) in cells.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths.get(column) {
                let missing = width.saturating_sub(cell.chars().count()).max(PADDING.min(*width));
                out.extend(std::iter::repeat_n(' ', missing));
            }
        }
    }
}

/// For every line, the padded width of each of its tab-ended cells.
fn column_widths(lines: &[Vec<&str>]) -> Vec<Vec<usize>> {
    let mut widths: Vec<Vec<usize>> = lines
        .iter()
        .map(|cells| {
            let ended = cells.len().saturating_sub(1);
            cells.iter().take(ended).map(|cell| cell.chars().count().min(WIDEST) + PADDING).collect()
        })
        .collect();
    let columns = widths.iter().map(Vec::len).max().unwrap_or(0);
    for column in 0..columns {
        for run in widths.chunk_by_mut(|above, below| above.len() > column && below.len() > column) {
            let widest = run.iter().filter_map(|line| line.get(column).copied()).max();
            for cell in run.iter_mut().filter_map(|line| line.get_mut(column)) {
                *cell = widest.unwrap_or(*cell);
            }
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(input: &str) -> String {
        let mut text = Text::new();
        text.put(0, input);
        text.finish()
    }

    #[test]
    fn neighbouring_cells_share_a_width() {
        assert_eq!(aligned("Name:\tx\nNamespace:\ty\n"), "Name:       x\nNamespace:  y\n");
    }

    #[test]
    fn a_line_without_the_cell_ends_the_column_block() {
        assert_eq!(aligned("a:\t1\nplain\nlonger:\t2\n"), "a:  1\nplain\nlonger:  2\n");
    }

    #[test]
    fn one_wide_cell_does_not_widen_all_others_without_end() {
        let text = aligned(&format!("{}\tx\nb\ty\n", "a".repeat(100_000)));
        assert_eq!(text.len(), 100_000 + PADDING + 2 + WIDEST + PADDING + 2);
    }

    #[test]
    fn the_last_cell_of_a_line_is_in_no_column() {
        assert_eq!(aligned("a\tbbbbbbbb\na\tb\tc\nfirst\n"), "a  bbbbbbbb\na  b  c\nfirst\n");
        assert_eq!(aligned("a:\t\nbb:\tx\n"), "a:   \nbb:  x\n");
    }

    #[test]
    fn width_is_counted_in_characters_and_controls_are_escaped() {
        assert_eq!(aligned("é\tx\nab\ty\n"), "é   x\nab  y\n");
        assert_eq!(aligned("\x1b[1m\r\n"), "^[[1m\\r\n");
    }

    #[test]
    fn shifted_text_is_indented_on_every_call() {
        let mut text = Text::new();
        text.shifted(2, |text| {
            text.put(0, "Labels:\t");
            text.line(0, "<none>");
        });
        assert_eq!(text.finish(), "    Labels:      <none>\n");
    }

    #[test]
    fn flush_and_form_feed_end_the_columns() {
        let mut text = Text::new();
        text.field(0, "long name", 1);
        text.flush();
        text.field(0, "n", 2);
        assert_eq!(text.finish(), "long name:  1\nn:  2\n");
        assert_eq!(aligned("aaaa\tb\x0cc\td"), "aaaa  b\nc  d");
    }
}
