//! Columns of text: a line of names, and rows whose cells begin below them.
//!
//! kubectl writes them with Go's text/tabwriter: cells begin in the same place in every row and are two blanks or more
//! apart (cli-runtime, pkg/printers/tabwriter.go). An empty cell is blank, so cells are told by where they begin. Rows
//! that came later, as a watch prints them, may be wider: those are told by their number.

/// The names of columns, and where each begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    starts: Vec<usize>,
}

/// More columns than any table has.
const MOST: usize = 40;

impl Columns {
    /// Those of a line of names; none where it has fewer than two.
    pub fn of(line: &str) -> Option<Self> {
        let pieces = pieces(line);
        let is_table = (2..=MOST).contains(&pieces.len());
        is_table.then(|| Self {
            names: pieces.iter().map(|piece| piece.text.trim_end().to_owned()).collect(),
            starts: pieces.iter().map(|piece| piece.start).collect(),
        })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Where the first of `names` stands among the columns.
    pub fn position(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|known| known == name))
    }

    /// The cells of a row, one for each column, empty ones too; none where it is not a row of these columns.
    pub fn cells<'a>(&self, line: &'a str) -> Option<Vec<&'a str>> {
        let pieces = pieces(line);
        let mut cells = vec![""; self.starts.len()];
        let mut placed: Vec<(usize, usize)> = Vec::new();
        for piece in &pieces {
            if let Ok(column) = self.starts.binary_search(&piece.start) {
                placed.push((column, piece.byte));
            }
        }
        // Blanks in a text may part it; then the last column still stands where it should.
        let is_last = placed.last().is_some_and(|(column, _)| column + 1 == self.starts.len());
        let is_aligned = placed.len() > 1 && (is_last || placed.len() == pieces.len());
        if !is_aligned {
            if pieces.len() < self.starts.len() {
                return None;
            }
            // Whatever is too many belongs to the last, which is text.
            placed = pieces.iter().take(self.starts.len()).map(|piece| piece.byte).enumerate().collect();
        }
        let ends = placed.iter().skip(1).map(|(_, byte)| *byte).chain([line.len()]);
        for ((column, from), to) in placed.iter().zip(ends) {
            if let (Some(cell), Some(text)) = (cells.get_mut(*column), line.get(*from..to)) {
                *cell = text.trim();
            }
        }
        Some(cells)
    }
}

/// A run of text without two blanks together.
struct Piece<'a> {
    /// Where it begins, in characters: those are what tabwriter counts.
    start: usize,
    byte: usize,
    text: &'a str,
}

fn pieces(line: &str) -> Vec<Piece<'_>> {
    let line = line.trim_end();
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let (mut blanks, mut begun) = (2_usize, None);
    let mut end = |begun: Option<(usize, usize)>, to: usize| {
        if let Some((start, byte)) = begun {
            pieces.push(Piece { start, byte, text: line.get(byte..to).unwrap_or_default() });
        }
    };
    for (start, (byte, character)) in line.char_indices().enumerate() {
        match character {
            ' ' => blanks += 1,
            '\t' => blanks += 2,
            _ => {
                if blanks >= 2 {
                    end(begun.take(), byte);
                    begun = Some((start, byte));
                }
                blanks = 0;
            }
        }
    }
    end(begun, line.len());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_stand_below_their_names() {
        let columns =
            Columns::of("LAST SEEN   TYPE      REASON   OBJECT      SUBOBJECT          MESSAGE").expect("names");
        assert_eq!(
            columns.names().collect::<Vec<_>>(),
            ["LAST SEEN", "TYPE", "REASON", "OBJECT", "SUBOBJECT", "MESSAGE"]
        );
        let empty = "5m          Normal    Killing  pod/web-0                      Stopping  x";
        assert_eq!(columns.cells(empty).expect("a row"), ["5m", "Normal", "Killing", "pod/web-0", "", "Stopping  x"]);
        // A row of a watch, wider than what was printed before it.
        let wide = "5m          Warning   FailedScheduling   pod/web-0   spec.containers{a}   text  of it";
        let expected = ["5m", "Warning", "FailedScheduling", "pod/web-0", "spec.containers{a}", "text  of it"];
        assert_eq!(columns.cells(wide).expect("a row"), expected);
        assert_eq!(columns.cells("error: one blank parts no cells"), None);
        assert_eq!(columns.cells(""), None);
    }

    #[test]
    fn characters_count_and_not_bytes() {
        let columns = Columns::of("NAME    WHAT").expect("names");
        assert_eq!(columns.cells("grün    läuft").expect("a row"), ["grün", "läuft"]);
    }

    proptest! {
        #[test]
        fn any_lines_are_survived(names in "\\PC{0,60}", row in "\\PC{0,60}") {
            if let Some(columns) = Columns::of(&names) {
                columns.cells(&row);
                prop_assert_eq!(columns.cells(&names).map(|cells| cells.len()), Some(columns.names().count()));
            }
        }
    }
}
