//! A journal in the export form (systemd, docs/JOURNAL_EXPORT_FORMATS.md): a field a line, `NAME=VALUE`, or, where the
//! value is no plain text, the name alone, eight bytes with its length, the value and a line break. A blank line ends an
//! entry.

use super::fields::Fields;
use std::io::{self, BufRead, Read};

/// Bytes of a line or a value that are kept.
const VALUE_BYTES: u64 = 1 << 20;

/// Whether a file begins so.
pub fn is_form(start: &[u8]) -> bool {
    let names: [&[u8]; 2] = [b"__CURSOR=", b"__REALTIME_TIMESTAMP="];
    names.iter().any(|name| start.starts_with(name)) && memchr::memmem::find(start, b"__REALTIME_TIMESTAMP=").is_some()
}

/// Gives each entry to `each`; none where what stands there is no entry. `each` returns whether to go on.
pub fn each(reader: &mut dyn BufRead, mut each: impl FnMut(Option<Fields>) -> bool) -> io::Result<()> {
    let (mut fields, mut is_begun, mut is_broken) = (Fields::default(), false, false);
    let mut line = Vec::new();
    loop {
        let is_line = next_line(reader, &mut line)?;
        if line.is_empty() {
            if is_begun {
                let entry = std::mem::take(&mut fields);
                if !each((entry.is_entry() && !is_broken).then_some(entry)) {
                    return Ok(());
                }
            }
            (is_begun, is_broken) = (false, false);
            if !is_line {
                return Ok(());
            }
            continue;
        }
        is_begun = true;
        match memchr::memchr(b'=', &line).and_then(|at| line.split_at_checked(at)) {
            Some((name, value)) => fields.set(name, value.get(1..).unwrap_or_default()),
            None if is_name(&line) => is_broken |= !binary(reader, &line, &mut fields)?,
            None => is_broken = true,
        }
    }
}

/// Reads a line without its break; what is too long of one is passed over. Returns whether there was one.
fn next_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    reader.take(VALUE_BYTES).read_until(b'\n', line)?;
    let is_line = !line.is_empty();
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() as u64 >= VALUE_BYTES {
        reader.skip_until(b'\n')?;
    }
    Ok(is_line)
}

/// Reads the value behind a name; false where the file ends within it.
fn binary(reader: &mut dyn BufRead, name: &[u8], fields: &mut Fields) -> io::Result<bool> {
    let mut start = Vec::new();
    reader.take(8).read_to_end(&mut start)?;
    let Ok(length) = start.try_into().map(u64::from_le_bytes) else { return Ok(false) };
    let mut value = Vec::new();
    reader.take(length.min(VALUE_BYTES)).read_to_end(&mut value)?;
    let left = length.saturating_sub(VALUE_BYTES);
    let skipped = io::copy(&mut reader.take(left), &mut io::sink())?;
    let mut end = Vec::new();
    reader.take(1).read_to_end(&mut end)?;
    fields.set(name, &value);
    Ok(value.len() as u64 == length.min(VALUE_BYTES) && skipped == left && end == b"\n")
}

fn is_name(line: &[u8]) -> bool {
    line.len() <= 64 && line.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(mut bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let told = each(&mut bytes, |entry| {
            found.push(entry.and_then(|entry| entry.line("n")).unwrap_or_else(|| "-".to_owned()).trim_end().to_owned());
            true
        });
        told.expect("memory");
        found
    }

    fn binary_field(name: &str, value: &[u8]) -> Vec<u8> {
        [name.as_bytes(), b"\n", &(value.len() as u64).to_le_bytes(), value, b"\n"].concat()
    }

    #[test]
    fn fields_are_read_as_text_and_by_length() {
        let text = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1513184439575903\nSYSLOG_IDENTIFIER=dockerd\nMESSAGE=a=b\n\n";
        let binary = [&b"__REALTIME_TIMESTAMP=1513184439575904\n"[..], &binary_field("MESSAGE", b"x\n\ny=1")].concat();
        let both =
            [&text[..], &binary, b"\n\n", b"MESSAGE=no time\n\n", b"__REALTIME_TIMESTAMP=1\nnot a field\n"].concat();
        assert!(is_form(&both));
        let expected = [
            "2017-12-13T17:00:39.575903+00:00 n dockerd: a=b",
            "2017-12-13T17:00:39.575904+00:00 n unknown: x  y=1",
            "-",
            "-",
        ];
        assert_eq!(lines(&both), expected);
    }

    #[test]
    fn a_length_that_lies_costs_its_entry() {
        let lie = [&b"__REALTIME_TIMESTAMP=1\nMESSAGE\n"[..], &u64::MAX.to_le_bytes(), b"x\n\n"].concat();
        assert_eq!(lines(&lie), ["-"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..60), cut in 0_usize..60) {
            lines(&bytes);
            let whole = [&b"__REALTIME_TIMESTAMP=1\n"[..], &binary_field("MESSAGE", &bytes), b"\n"].concat();
            lines(whole.get(..cut).unwrap_or(&whole));
        }
    }
}
