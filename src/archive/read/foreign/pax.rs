//! Pax headers of a tar: records `LENGTH KEY=VALUE\n` (POSIX.1-2001, pax, "pax Extended Header"), of which few say
//! anything that is wanted here.

/// What a pax header says of the entry behind it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pax {
    pub path: Option<Vec<u8>>,
    pub size: Option<u64>,
    /// Seconds since 1970.
    pub written: Option<u64>,
    /// GNU tar's forms of files with holes, whose data are not as they lie.
    pub is_sparse: bool,
}

/// None of what is no pax header.
pub fn read(mut bytes: &[u8]) -> Option<Pax> {
    let mut pax = Pax::default();
    while !bytes.is_empty() {
        let blank = memchr::memchr(b' ', bytes.get(..bytes.len().min(20))?)?;
        let length: usize = std::str::from_utf8(bytes.get(..blank)?).ok()?.parse().ok()?;
        let (record, rest) = bytes.split_at_checked(length)?;
        let record = record.get(blank + 1..)?.strip_suffix(b"\n")?;
        let (key, value) = record.split_at_checked(memchr::memchr(b'=', record)?)?;
        let value = value.get(1..)?;
        let number = || std::str::from_utf8(value).ok()?.split('.').next()?.parse().ok();
        match key {
            b"path" => pax.path = Some(value.to_vec()),
            b"size" => pax.size = Some(number()?),
            b"mtime" => pax.written = number(),
            _ => pax.is_sparse |= key.starts_with(b"GNU.sparse."),
        }
        bytes = rest;
    }
    Some(pax)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_are_read_by_their_length() {
        let pax = read(b"12 path=a/b\n11 size=17\n25 mtime=1795244313.5182\n").expect("a header");
        assert_eq!((pax.path.as_deref(), pax.size, pax.written), (Some(&b"a/b"[..]), Some(17), Some(1_795_244_313)));
        // A value may hold what looks like a record.
        let inner = read(b"36 SCHILY.xattr.user.x=\n12 path=x/y\n").expect("a header");
        assert_eq!(inner, Pax::default());
        assert!(read(b"22 GNU.sparse.major=1\n").is_some_and(|pax| pax.is_sparse));
        for broken in [&b"99 path=a\n"[..], b"x path=a\n", b"9 path=a", b"8 path=a\n", b"0 a=b\n", b"11 size=xx\n"] {
            assert_eq!(read(broken), None, "{}", String::from_utf8_lossy(broken));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "([0-9]{1,2} [a-z]{1,4}=\n?){0,4}") {
            read(&bytes);
            read(text.as_bytes());
        }
    }
}
