//! The file that stands beside what was uploaded, `NAME.sha256`: what it is and that it is ours.
//!
//! It has the form of `sha256sum`, which takes it with `-c`. It is written before what it is of, and only where there is
//! none: so of two that upload the same name at the same time one is told.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::{self, Read};

/// What is behind the name.
pub const ENDING: &str = ".sha256";
/// The most bytes of one: some thousands of files.
pub const MOST: u64 = 1 << 20;
/// How the first line of ours begins. sha256sum passes over lines that begin so.
const MARK: &str = "# k8s-forensics ";

/// A file and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// In hexadecimal digits.
    pub sha256: String,
    /// From the folder that the file of sums is in.
    pub name: String,
}

/// The file of sums.
pub fn written(sums: &[Sum]) -> String {
    let mut text = format!("{MARK}{}\n", env!("CARGO_PKG_VERSION"));
    for Sum { sha256, name } in sums {
        let _ = writeln!(text, "{sha256}  {name}");
    }
    text
}

/// What such a file lists; none where it is not one of ours, or not only of `name` and what is in it.
pub fn read(text: &str, name: &str) -> Option<Vec<Sum>> {
    let (first, rest) = text.split_once('\n')?;
    first.strip_prefix(MARK)?;
    let sums: Option<Vec<Sum>> = rest.lines().map(|line| sum(line, name)).collect();
    sums.filter(|sums| !sums.is_empty())
}

fn sum(line: &str, name: &str) -> Option<Sum> {
    let (sha256, listed) = line.split_once("  ")?;
    let is_hash = sha256.len() == 64 && sha256.chars().all(|c| c.is_ascii_hexdigit());
    let is_within = match listed.strip_prefix(name)? {
        "" => true,
        within => within.strip_prefix('/').is_some_and(|file| !file.is_empty() && !file.contains('/') && file != ".."),
    };
    (is_hash && is_within).then(|| Sum { sha256: sha256.to_owned(), name: listed.to_owned() })
}

/// The hash of a file, and how many bytes it has.
pub fn of(file: &mut impl Read) -> io::Result<(String, u64)> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; 1 << 20]);
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(buffer.get(..count).unwrap_or_default());
        bytes += count as u64;
    }
    Ok((hexadecimal(&hash.finalize()), bytes))
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_sums_are_read_and_only_of_their_own_name() {
        // sha256sum </dev/null
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(of(&mut io::empty()).unwrap(), (hash.to_owned(), 0));
        let sums = ["r/a.md", "r/b.json"].map(|name| Sum { sha256: hash.to_owned(), name: name.to_owned() });
        let text = written(&sums);
        assert_eq!(read(&text, "r").unwrap(), sums);
        assert!(read(&text, "other").is_none());
        for foreign in [
            format!("{hash}  r\n"),
            format!("# k8s-forensics 1\n{hash}  r/../secret\n"),
            format!("# k8s-forensics 1\n{hash}  r/a/b\n"),
            format!("# k8s-forensics 1\n{hash}  r/..\n"),
            format!("# k8s-forensics 1\n{hash}  rest\n"),
            "# k8s-forensics 1\n".to_owned(),
            "# k8s-forensics 1\nabc  r\n".to_owned(),
        ] {
            assert!(read(&foreign, "r").is_none(), "{foreign}");
        }
    }
}
