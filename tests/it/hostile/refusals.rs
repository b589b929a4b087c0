//! What no archive of ours has and could harm: each is refused as a whole, by its own name.

use super::craft::{Header, Item, header, zip, zip_with};
use k8s_forensics::archive::{Archive, ArchiveError, Hostile, Limits};

fn refused_with(bytes: Vec<u8>, limits: Limits) -> Hostile {
    match Archive::from_bytes_with(bytes, "x.zip", limits) {
        Err(ArchiveError::Hostile { what, .. }) => what,
        Err(other) => panic!("another error: {other}"),
        Ok(archive) => panic!("it opens: {:?}", archive.anomalies()),
    }
}

fn refused(items: &[Item]) -> Hostile {
    refused_with(zip(items), Limits::default())
}

fn named(name: &str) -> Hostile {
    refused(&[Item::stored(name, b"x")])
}

#[test]
fn paths_that_leave_their_folder() {
    assert!(matches!(named("/etc/passwd"), Hostile::AbsolutePath(_)));
    for name in ["a/../../etc/passwd", "a/./b", "..", "a/.."] {
        assert!(matches!(named(name), Hostile::DotComponent(_)), "{name}");
    }
    for name in ["a//b", "a/b//", "", "a//"] {
        assert!(matches!(named(name), Hostile::EmptyComponent(_)), "{name}");
    }
    for name in ["C:/x", "a/C:/x", "a/x:stream"] {
        assert!(matches!(named(name), Hostile::Colon(_)), "{name}");
    }
    for name in ["a\\b", "a/..\\..\\b", "\\\\host\\share"] {
        assert!(matches!(named(name), Hostile::Backslash(_)), "{name}");
    }
    for name in ["a/b\0c", "a/\u{1b}[2J", "a/\u{7f}", "a/\u{202e}gol", "a/\u{200b}", "a/\u{85}", "a/\u{2028}"] {
        assert!(matches!(named(name), Hostile::ControlCharacter(_)), "{name:?}");
    }
    let latin = Item::stored("a/x", b"x").both(|header| header.name = b"a/\xe4".to_vec());
    assert!(matches!(refused(&[latin]), Hostile::NotUtf8(_)));
    // A folder is skipped, but not without a look at its path.
    assert!(matches!(named("a/../b/"), Hostile::DotComponent(_)));
    assert!(matches!(named("b/"), Hostile::OutsideTopFolder { .. }));
}

#[test]
fn paths_outside_the_one_top_folder() {
    for name in ["b/x", "x", "ab/x"] {
        assert!(matches!(named(name), Hostile::OutsideTopFolder { .. }), "{name}");
    }
}

#[test]
fn messages_show_no_control_character() {
    for name in ["a/\u{1b}]0;x\u{7}", "a/\u{202e}x", "a/x\ny"] {
        let told = named(name).to_string();
        assert!(!told.contains(|c: char| c.is_control() || c == '\u{202e}'), "{told:?}");
    }
}

#[test]
fn names_that_are_one_to_some_file_system() {
    let pair = |one: &str, other: &str| refused(&[Item::stored(one, b"x"), Item::stored(other, b"y")]);
    assert!(matches!(pair("a/x", "a/x"), Hostile::Duplicate(_)));
    for (one, other) in [("a/x", "a/X"), ("a/ä", "a/Ä"), ("a/s", "a/\u{17f}"), ("a/k", "a/\u{212a}"), ("a/ß", "a/SS")]
    {
        assert!(matches!(pair(one, other), Hostile::CaseCollision { .. }), "{one} {other}");
    }
}

#[test]
fn files_that_are_no_files() {
    for (mode, kind) in [(0o12, "link"), (0o1, "pipe"), (0o2, "device"), (0o6, "device"), (0o14, "socket")] {
        let mut item = Item::stored("a/x", b"/etc/passwd");
        item.external = (mode << 12 | 0o777) << 16;
        let told = refused(&[item]);
        assert!(matches!(&told, Hostile::SpecialFile { kind: found, .. } if found.contains(kind)), "{told}");
    }
}

/// The bomb of Fifield: one block of data in many entries.
#[test]
fn entries_that_share_bytes() {
    let inner = zip(&[Item::stored("a/y", b"inside")]);
    let outer = Item::stored("a/x", &inner);
    let mut quoted = Item::stored("a/y", b"inside");
    // The header of a/y within the data of a/x, which comes first and has a header of 33 bytes.
    let start = zip(&[]).windows(4).position(|bytes| bytes == b"PK\x01\x02").expect("a directory") as u32;
    let within = inner.windows(33).position(|bytes| bytes.starts_with(b"PK\x03\x04") && bytes.ends_with(b"a/y"));
    quoted.offset = Some(start + 33 + within.expect("the entry") as u32);
    quoted.local = Header { name: b"a/other".to_vec(), ..quoted.local };
    assert!(matches!(refused(&[outer, quoted]), Hostile::Overlap { .. }));

    let mut again = Item::stored("a/z", b"x");
    again.offset = Some(start);
    assert!(matches!(refused(&[Item::stored("a/x", b"x"), again]), Hostile::Overlap { .. }), "one header listed twice");
    let into_directory = Item::stored("a/x", b"x").both(|header| (header.packed, header.size) = (40, 40));
    assert!(matches!(refused(&[into_directory]), Hostile::Overlap { .. }));
}

#[test]
fn more_than_the_limits() {
    let usual = Limits::default();
    let items = || [Item::deflated("a/b/c/x", &[0; 5000]), Item::deflated("a/b/c/y", &[1; 5000])];
    let with = |limits| refused_with(zip(&items()), limits);
    assert!(matches!(with(Limits { entries: 2, ..usual }), Hostile::TooManyEntries { limit: 2 }));
    assert!(matches!(with(Limits { entry_bytes: 4999, ..usual }), Hostile::EntryTooLarge { bytes: 5000, .. }));
    assert!(matches!(with(Limits { total_bytes: 9999, ..usual }), Hostile::TotalTooLarge { limit: 9999 }));
    assert!(matches!(with(Limits { ratio: 100, ..usual }), Hostile::RatioTooHigh { limit: 100, .. }));
    assert!(matches!(with(Limits { path_depth: 3, ..usual }), Hostile::PathTooDeep { depth: 4, .. }));
    assert!(matches!(with(Limits { path_bytes: 18, ..usual }), Hostile::PathTooLong { bytes: 19, .. }));
    assert!(matches!(with(Limits { all_path_bytes: 20, ..usual }), Hostile::PathsTooLong { limit: 20 }));
}

#[test]
fn flat_bombs_are_refused_before_they_are_read() {
    // Deflate packs zeros a thousandfold, which is as far as it goes: more than that is a lie, or another method.
    let bomb = Item::deflated("a/logs/x", &[0; 1 << 20]);
    let lying = bomb.clone().both(|header| header.size = u32::MAX - 1);
    assert!(matches!(refused(&[lying]), Hostile::RatioTooHigh { .. }));
    let limits = Limits { entry_bytes: 1 << 19, ..Default::default() };
    assert!(matches!(refused_with(zip(std::slice::from_ref(&bomb)), limits), Hostile::EntryTooLarge { .. }));
    assert!(Archive::from_bytes(zip(&[bomb]), "x.zip").is_ok(), "a megabyte of zeros is no bomb");
}

#[test]
fn what_cannot_be_unpacked_here() {
    for bit in [0, 6, 13] {
        let item = Item::stored("a/x", b"x").both(|header| header.flags |= 1 << bit);
        assert!(matches!(refused(&[item]), Hostile::Encrypted(_)), "{bit}");
    }
    for method in [1, 9, 12, 14, 93, 99, 0xffff] {
        let item = Item::stored("a/x", b"x").both(|header| header.method = method);
        let told = refused(&[item]);
        assert!(matches!(told, Hostile::UnknownMethod { method: found, .. } if found == method), "{told}");
    }
}

/// The same rules without a directory.
#[test]
fn a_cut_archive_is_refused_for_the_same_reasons() {
    let refused = |item: Item| {
        let mut bytes = zip_with(&[header(), item, Item::stored("a/last", b"x")], |_| {}, |_| Vec::new());
        bytes.truncate(bytes.len() - 30);
        refused_with(bytes, Limits::default())
    };
    assert!(matches!(refused(Item::stored("a/../x", b"x")), Hostile::DotComponent(_)));
    assert!(matches!(refused(Item::stored("b/x", b"x")), Hostile::OutsideTopFolder { .. }));
    assert!(matches!(refused(Item::stored("a/META/archive.json", b"x")), Hostile::CaseCollision { .. }));
    assert!(matches!(refused(Item::stored("a/x", b"x").both(|header| header.flags = 1)), Hostile::Encrypted(_)));
    assert!(matches!(refused(Item::stored("a/x", b"x").both(|h| h.method = 9)), Hostile::UnknownMethod { .. }));
    let bomb = Item::deflated("a/x", &[0; 9000]).both(|header| header.size = 1 << 30);
    assert!(matches!(refused(bomb), Hostile::RatioTooHigh { .. }));
}
