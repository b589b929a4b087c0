//! A line of Markdown without what is quoted in it.

/// The line with each code span and address replaced by a mark, as CommonMark pairs backticks.
pub fn without_code(line: &str) -> String {
    let mut words = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let (before, from_fence) = rest.split_at(start);
        words.push_str(before);
        let fence = from_fence.len() - from_fence.trim_start_matches('`').len();
        let body = from_fence.get(fence..).unwrap_or_default();
        match closing(body, fence) {
            Some(end) => {
                words.push('·');
                rest = body.get(end..).unwrap_or_default();
            }
            None => {
                words.push_str(from_fence.get(..fence).unwrap_or_default());
                rest = body;
            }
        }
    }
    words.push_str(rest);
    without_addresses(words)
}

/// The end of the first run of exactly `fence` backticks.
fn closing(body: &str, fence: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(start) = body.get(at..)?.find('`') {
        let run = body.get(at + start..)?.chars().take_while(|character| *character == '`').count();
        at += start + run;
        if run == fence {
            return Some(at);
        }
    }
    None
}

/// The words without addresses of pages: nobody chose the words in them.
fn without_addresses(words: String) -> String {
    if !words.contains("://") {
        return words;
    }
    let is_address = |word: &&str| word.contains("http://") || word.contains("https://");
    let shown = words.split(' ').map(|word| if is_address(&word) { "·" } else { word });
    shown.collect::<Vec<_>>().join(" ")
}

/// The cells of a row of a table whose code was taken out; a bar behind a backslash is a bar.
pub fn cells(words: &str) -> Vec<&str> {
    let row = words.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = row.strip_suffix('|').filter(|rest| !rest.ends_with('\\')).unwrap_or(row);
    let mut cells = Vec::new();
    let (mut from, mut before) = (0, ' ');
    for (at, character) in row.char_indices() {
        if character == '|' && before != '\\' {
            cells.push(row.get(from..at).unwrap_or_default().trim());
            from = at + 1;
        }
        before = character;
    }
    cells.push(row.get(from..).unwrap_or_default().trim());
    cells
}
