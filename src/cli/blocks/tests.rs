//! What a later draft leaves of an earlier one, and what it takes.

use super::*;
use proptest::prelude::*;

const FIRST: &str = "# It broke\n\nA draft.\n\n## Summary\n\nOne. [E1]\n\n## Impact\n\n| a |\n|---|\n| 1 |\n\n## Appendix\n\n## Odd\n\nx\n";
const SECOND: &str = "# It broke twice\n\nA draft.\n\n## Summary\n\nTwo. [E1]\n\n## Causes\n\n- a\n\n## Impact\n\n| a |\n|---|\n| 1 |\n\n## Appendix\n\ny\n";

fn with_mark(draft: &str) -> String {
    format!("{}\n{MARK}{} -->\n", marked(draft), hash(draft))
}

fn known() -> BTreeSet<&'static str> {
    ["opening", "summary", "impact", "appendix"].into()
}

fn others(text: &str) -> String {
    parts(text).unwrap().iter().map(|part| if let Part::Other(text) = part { *text } else { "" }).collect()
}

#[test]
fn parts_are_the_text() {
    let text = with_mark(FIRST);
    assert_eq!(names(&text), ["opening", "summary", "impact", "appendix"]);
    let again: String = parts(&text)
        .unwrap()
        .iter()
        .map(|part| match part {
            Part::Other(text) | Part::Mark(text) => (*text).to_owned(),
            Part::Title { line, mark, .. } => format!("{line}{mark}"),
            Part::Block { whole, .. } => (*whole).to_owned(),
        })
        .collect();
    assert_eq!(again, text);
    assert!(text.starts_with("# It broke\n<!--k8s"), "{text}");
}

#[test]
fn what_people_wrote_between_the_blocks_stays_and_the_blocks_are_new() {
    let old = with_mark(FIRST)
        .replace("## Summary\n", "## What happened\n\nCarts were empty.\n")
        .replace("## Appendix\n", "## Our own section\n\nText.\n\n## Appendix\n");
    let merged = merge(&old, &with_mark(SECOND), &known()).unwrap();
    for text in
        ["# It broke twice\n", "## What happened\n\nCarts were empty.\n", "Two.", "## Our own section\n\nText.\n"]
    {
        assert!(merged.text.contains(text), "{text}: {}", merged.text);
    }
    assert!(!merged.text.contains("One.") && merged.set_aside.is_empty());
    // A section that is new stands before the one that it precedes.
    let causes = merged.text.find("## Causes\n").unwrap();
    assert!(merged.text.find("Two.").unwrap() < causes && causes < merged.text.find("## Impact").unwrap());
    assert_eq!(merged.text.matches("## Causes").count(), 1);
    // And a second time there is nothing to do.
    let again = merge(&merged.text, &with_mark(SECOND), &known()).unwrap();
    assert_eq!(again, Merged { text: merged.text, set_aside: Vec::new() });
}

#[test]
fn what_people_changed_in_a_block_is_named_where_the_block_is_new() {
    let old = with_mark(FIRST).replace("One.", "One, we think.").replace("| 1 |", "| 1, of 3 |");
    let merged = merge(&old, &with_mark(SECOND), &known()).unwrap();
    assert_eq!(merged.set_aside, ["summary"]);
    assert!(merged.text.contains("Two.") && !merged.text.contains("we think"));
    assert!(merged.text.contains("| 1, of 3 |"), "there is nothing new to say there");
    let title = with_mark(FIRST).replace("# It broke\n", "# Carts were empty\n");
    assert!(merge(&title, &with_mark(SECOND), &known()).unwrap().text.starts_with("# Carts were empty\n"));
}

#[test]
fn what_was_taken_out_stays_out_and_what_has_nothing_to_say_says_so() {
    let text = with_mark(FIRST);
    let (before, rest) = text.split_once("## Impact").unwrap();
    let (_, appendix) = rest.split_once("## Appendix").unwrap();
    let old = format!("{before}## Appendix{appendix}");
    let merged = merge(&old, &with_mark(SECOND), &known()).unwrap();
    assert!(!merged.text.contains("## Impact") && merged.text.contains("## Causes"));
    let back = merge(&with_mark(SECOND), &text, &["causes"].into()).unwrap();
    assert!(back.text.contains("## Causes\n") && back.text.contains(NOTHING) && !back.text.contains("- a\n"));
}

#[test]
fn a_text_without_its_comments_is_none_of_ours() {
    let text = with_mark(FIRST);
    let end = comment(&["end", "summary"]);
    for broken in [
        text.replace(&end, ""),
        format!("{text}{text}"),
        text.replace(&end, &comment(&["end", "impact"])),
        FIRST.to_owned(),
        marked(FIRST),
        String::new(),
    ] {
        assert_eq!(merge(&broken, &text, &known()), None, "{broken}");
    }
}

#[test]
fn line_ends_of_another_editor_stay() {
    let old = with_mark(FIRST).replace('\n', "\r\n").replace("## Summary\r\n", "## Summary\r\n\r\nCarts.\r\n");
    let merged = merge(&old, &with_mark(SECOND), &known()).unwrap();
    assert!(merged.text.contains("## Summary\r\n\r\nCarts.\r\n") && merged.text.contains("Two. [E1]\r\n"));
    assert!(merged.set_aside.is_empty());
}

proptest! {
    /// Whatever is written outside of the blocks is there afterwards, byte for byte.
    #[test]
    fn no_edit_outside_of_the_blocks_is_lost(edits in prop::collection::vec((any::<prop::sample::Index>(), "[^\\r]{0,40}"), 1..6)) {
        let mut text = with_mark(FIRST);
        for (place, words) in edits {
            prop_assume!(!words.contains("k8s-forensics"));
            let mut ends = Vec::new();
            let mut at = 0;
            for part in parts(&text).unwrap() {
                let length = match part {
                    Part::Other(text) => {
                        ends.extend(text.char_indices().map(|(within, _)| at + within));
                        text.len()
                    }
                    Part::Mark(text) => text.len(),
                    Part::Title { line, mark, .. } => line.len() + mark.len(),
                    Part::Block { whole, .. } => whole.len(),
                };
                at += length;
            }
            // A whole line, so that no comment ends up behind other words.
            let at = *place.get(&ends);
            let at = text.get(..at).unwrap_or_default().rfind('\n').map_or(0, |end| end + 1);
            if !ends.contains(&at) {
                continue;
            }
            text.insert_str(at, &format!("{words}\n"));
        }
        let second = FIRST.replace("One.", "Two.").replace("| 1 |", "| 2 |");
        let merged = merge(&text, &with_mark(&second), &known()).unwrap();
        prop_assert_eq!(others(&merged.text), others(&text));
        prop_assert!(merged.text.contains("Two.") && merged.text.contains("| 2 |"));
        prop_assert!(merged.set_aside.is_empty());
    }

    /// Whatever is changed in a block is named.
    #[test]
    fn every_edit_in_a_block_is_named(words in "[a-z ]{0,20}[a-z]") {
        let text = with_mark(FIRST).replace("One.", &format!("One. {words}"));
        let merged = merge(&text, &with_mark(SECOND), &known()).unwrap();
        prop_assert_eq!(merged.set_aside, ["summary"]);
    }
}
