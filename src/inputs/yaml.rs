//! A List as YAML, as `kubectl get -o yaml` prints it. YAML cannot be read piece by piece, so its size is limited.

use super::batch::Item;
use serde_json::Value;
use std::io;

/// The largest file that is read: some ten thousand events. It takes about ten times as much memory.
pub const MOST_BYTES: u64 = 16 << 20;

/// The items of a list, each with the line it begins on; the first line for all where that is not plain.
pub fn items(text: &[u8]) -> io::Result<Vec<Item>> {
    if text.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(format!("YAML of more than {MOST_BYTES} bytes; the same as JSON may be longer")));
    }
    let text = std::str::from_utf8(text).map_err(io::Error::other)?;
    let list: Value = serde_saphyr::from_str(text).map_err(|error| io::Error::other(error.to_string()))?;
    let items = match list {
        Value::Object(mut fields) => match fields.remove("items") {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    // kubectl does not indent the items, and what belongs to one is indented.
    let begins = text.lines().zip(1..).filter(|(line, _)| line.starts_with("- ")).map(|(_, number)| number);
    let begins: Vec<u64> = begins.collect();
    let are_known = begins.len() == items.len();
    let line = |index: usize| begins.get(index).copied().filter(|_| are_known).unwrap_or(1);
    let items = items.iter().enumerate().map(|(index, item)| Item { line: line(index), json: item.to_string().into() });
    Ok(items.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<u64> {
        items(text.as_bytes()).expect("a list").iter().map(|item| item.line).collect()
    }

    #[test]
    fn items_begin_where_kubectl_puts_them() {
        let text = "apiVersion: v1\nitems:\n- kind: Event\n  message: |\n    - no item\n- kind: Event\nkind: List\n";
        assert_eq!(lines(text), [3, 6]);
        assert_eq!(lines("items:\n  - a: 1\n  - b: 2\n"), [1, 1]);
        assert!(lines("kind: List\n").is_empty());
    }

    #[test]
    fn what_is_no_yaml_and_what_grows_without_bound_are_errors() {
        assert!(items(b"a: [").is_err() && items(&[0xff]).is_err());
        let mut bomb = "a0: &a0 [x]\n".to_owned();
        for level in 1..40 {
            let below = format!("*a{},", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(',')));
        }
        assert!(items(bomb.as_bytes()).is_err());
    }
}
