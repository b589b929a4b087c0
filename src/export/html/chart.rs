//! The chart of the draft on paper: Mermaid needs a script to be drawn, so each arrow is a row.

use super::words::escaped;
use std::collections::{BTreeMap, BTreeSet};

/// What the draft's chart says, as a table; what it is not understood in stands as it is.
pub fn write(text: &str) -> String {
    let mut boxes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut arrows = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some((id, label)) = labelled(line) {
            boxes.insert(id, label.split("<br/>").collect());
        } else if let Some(arrow) = arrow(line) {
            arrows.push(arrow);
        }
    }
    let ends: BTreeSet<&str> = arrows.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    if arrows.is_empty() || !ends.iter().all(|end| boxes.contains_key(end)) {
        return format!("<pre>{}</pre>\n", escaped(text));
    }
    let cell = |id: &str| {
        let lines = boxes.get(id).map(Vec::as_slice).unwrap_or_default();
        lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>")
    };
    let row = |(from, to, words): &(&str, &str, &str)| {
        format!("<tr><td>{}</td><td>{} →</td><td>{}</td></tr>\n", cell(from), escaped(words), cell(to))
    };
    let rows: String = arrows.iter().map(row).collect();
    format!(
        "<table class=\"chart\">\n<thead>\n<tr><th>What</th><th>Link</th><th>What came of it</th></tr>\n</thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n"
    )
}

/// `n1["label"]`, in any of the brackets that a box has.
fn labelled(line: &str) -> Option<(&str, &str)> {
    let (id, rest) = line.split_once(|bracket: char| "[({".contains(bracket))?;
    let (_, label) = rest.split_once('"')?;
    let (label, _) = label.rsplit_once('"')?;
    is_id(id).then_some((id, label))
}

/// `n1 --> n2` or `n1 -.->|words| n2`.
fn arrow(line: &str) -> Option<(&str, &str, &str)> {
    let (from, rest) = line.split_once(' ')?;
    let (before, to) = rest.rsplit_once(' ')?;
    let words = before.split_once('|').map_or("", |(_, words)| words.trim_end_matches('|'));
    let words = match words.trim_matches('"') {
        "" if before.starts_with("-.") => "came before",
        "" => "led to",
        words => words,
    };
    (before.contains("->") && is_id(from) && is_id(to)).then_some((from, to, words))
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_are_rows() {
        let chart = "flowchart TD\nn0[\"A<br/>Pod/x\"]\nn1[\"B & C\"]\nn0 -.->|\"after 2 s\"| n1";
        let written = write(chart);
        assert!(written.contains("<td>A<br>Pod/x</td><td>after 2 s →</td><td>B &amp; C</td>"), "{written}");
        let other = "sequenceDiagram\nA->>B: <b>";
        assert_eq!(write(other), "<pre>sequenceDiagram\nA-&gt;&gt;B: &lt;b&gt;</pre>\n");
    }
}
