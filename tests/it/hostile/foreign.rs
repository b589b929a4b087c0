//! Tars, zips of others and packed files that lie, are cut, or come to too much: what is against a rule costs the entry
//! it is about, and only what exceeds the limits of the whole is refused as a whole.

use super::craft::{Item, zip_with};
use k8s_forensics::archive::{Archive, ArchiveError, Condition, Hostile, Limits};
use k8s_forensics::inputs::{Input, Inputs};
use proptest::prelude::*;
use std::io::Write;
use std::time::UNIX_EPOCH;

fn opened_within(bytes: &[u8], limits: Limits) -> Result<Archive, ArchiveError> {
    Archive::any_from_bytes(bytes.to_vec(), "x", UNIX_EPOCH, limits)
}

fn opened(bytes: &[u8]) -> Archive {
    opened_within(bytes, Limits::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(bytes: &[u8], limits: Limits) -> Hostile {
    match opened_within(bytes, limits) {
        Err(ArchiveError::Hostile { what, .. }) => what,
        Err(other) => panic!("another error: {other}"),
        Ok(archive) => panic!("it opens: {:?}", archive.anomalies()),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = xz2::write::XzEncoder::new(Vec::new(), 0);
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

/// A header whose fields `change` sets as bytes, and its data, filled up.
fn block(name: &[u8], kind: u8, data: &[u8], change: impl Fn(&mut [u8; 512])) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name);
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
    header[136..148].copy_from_slice(b"15302101331\0");
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar  \0");
    change(&mut header);
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = [&header[..], data].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &[u8], data: &[u8]) -> Vec<u8> {
    block(name, b'0', data, |_| {})
}

fn tar(blocks: &[Vec<u8>]) -> Vec<u8> {
    [blocks.concat(), vec![0; 1024]].concat()
}

fn read(archive: &Archive) -> Vec<(String, Vec<u8>)> {
    let all = archive.entries().map(|entry| (entry.to_owned(), archive.read(entry, u64::MAX).unwrap_or_default()));
    all.collect()
}

/// Opens it, and gives what is read and what is told.
fn found(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let archive = opened(bytes);
    let told = archive.anomalies().iter().map(|one| one.what.clone()).collect();
    (archive.entries().map(str::to_owned).collect(), told)
}

#[test]
fn paths_that_leave_their_folder_are_passed_over() {
    let bad: [&[u8]; 7] =
        [b"../x", b"a/../../x", b"/etc/passwd", b"a/\x1b[2J", b"a/\xe2\x80\xaegol", b"caf\xe9", b".."];
    let all: Vec<Vec<u8>> = bad.iter().map(|name| file(name, b"x")).chain([file(b"./a//b", b"good")]).collect();
    let (entries, told) = found(&tar(&all));
    assert_eq!((entries, told.len()), (vec!["a/b".to_owned()], bad.len()), "{told:?}");
    let items: Vec<Item> = bad
        .iter()
        .map(|name| Item::stored("x", b"x").both(|header| header.name = name.to_vec()))
        .chain([Item::stored("a:b\\c", b"good"), Item::stored("flat", b"x")])
        .collect();
    let (entries, told) = found(&zip_with(&items, |_| {}, |_| Vec::new()));
    assert_eq!((entries, told.len()), (vec!["a:b\\c".to_owned(), "flat".to_owned()], bad.len()), "{told:?}");
    for what in told {
        assert!(!what.contains(|sign: char| sign.is_control() || sign == '\u{202e}'), "{what:?}");
    }
}

#[test]
fn what_is_no_file_is_passed_over_and_the_next_is_read() {
    let sparse = block(b"s", b'S', &[b'x'; 700], |header| header[482] = 1);
    // Its map goes on in a block of its own.
    let sparse = [&sparse[..512], &[0; 512], &sparse[512..]].concat();
    let kinds: Vec<Vec<u8>> =
        [b'1', b'2', b'3', b'4', b'6', b'V', b'M', b'?'].iter().map(|kind| block(b"k", *kind, b"", |_| {})).collect();
    let pax_sparse = block(b"p", b'x', b"22 GNU.sparse.major=1\n", |_| {});
    let all = [kinds.concat(), sparse, pax_sparse, file(b"holes", b"x"), file(b"last", b"x")];
    let (entries, told) = found(&tar(&all));
    assert_eq!((entries, told.len()), (vec!["last".to_owned()], 10), "{told:?}");
    let mut link = Item::stored("link", b"/etc/passwd");
    link.external = 0o120_777 << 16;
    let packed = Item::stored("bzip2", b"x").both(|header| header.method = 12);
    let locked = Item::stored("locked", b"x").both(|header| header.flags = 1);
    let (entries, told) = found(&zip_with(&[link, packed, locked, Item::stored("last", b"x")], |_| {}, |_| Vec::new()));
    assert_eq!((entries, told.len()), (vec!["last".to_owned()], 3), "{told:?}");
}

#[test]
fn sizes_that_lie() {
    let sized = |field: &'static [u8; 12]| {
        let lie = block(b"lie", b'0', b"x", |header| header[124..136].copy_from_slice(field));
        tar(&[file(b"first", b"x"), lie, file(b"behind", b"x")])
    };
    // Base 256: minus one, and all bits.
    for field in [b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"] {
        assert!(matches!(refused(&sized(field), Limits::default()), Hostile::EntryTooLarge { .. }));
    }
    for field in [b"77777777777\0", b"-0000000001\0", b"00000z00000\0"] {
        let archive = opened(&sized(field));
        assert_eq!(archive.entries().collect::<Vec<_>>(), ["first"]);
        assert!(matches!(archive.condition(), Condition::Cut { finished: 1, .. }));
    }
}

#[test]
fn headers_that_are_too_large() {
    let huge = block(b"h", b'x', b"", |header| header[124..136].copy_from_slice(b"77777777777\0"));
    let archive = opened(&tar(&[file(b"first", b"x"), huge, file(b"behind", b"x")]));
    assert_eq!(archive.entries().collect::<Vec<_>>(), ["first"]);
    let pax = block(b"h", b'x', &vec![b'x'; 2 << 20], |_| {});
    let long = block(b"l", b'L', &[b'n'; 5000], |_| {});
    let all = [pax, file(b"of-pax", b"x"), long, file(b"of-long", b"x"), file(b"last", b"x")];
    let (entries, told) = found(&tar(&all));
    assert_eq!((entries, told.len()), (vec!["last".to_owned()], 2), "{told:?}");
}

#[test]
fn too_many_entries_and_too_many_headers() {
    let few = Limits { entries: 10, ..Limits::default() };
    let many: Vec<Vec<u8>> = (0..20).map(|number| file(format!("f{number}").as_bytes(), b"")).collect();
    assert!(matches!(refused(&tar(&many), few), Hostile::TooManyEntries { limit: 10 }));
    let folders: Vec<Vec<u8>> = (0..60).map(|_| block(b"d/", b'5', b"", |_| {})).collect();
    assert!(matches!(refused(&tar(&folders), few), Hostile::TooManyEntries { limit: 10 }));
    let items: Vec<Item> = (0..20).map(|number| Item::stored(&format!("f{number}"), b"")).collect();
    assert!(matches!(refused(&zip_with(&items, |_| {}, |_| Vec::new()), few), Hostile::TooManyEntries { .. }));
}

#[test]
fn bombs() {
    let zeros = vec![0_u8; 4 << 20];
    let small = Limits { total_bytes: 1 << 20, ..Limits::default() };
    let bomb = tar(&[file(b"zeros", &zeros)]);
    for packed in [gzip(&bomb), xz(&bomb)] {
        assert!(matches!(refused(&packed, small), Hostile::TotalTooLarge { .. }));
    }
    assert!(matches!(refused(&bomb, small), Hostile::TotalTooLarge { .. }));
    let steep = Limits { ratio: 10, ..Limits::default() };
    assert!(matches!(refused(&gzip(&bomb), steep), Hostile::RatioTooHigh { .. }));
    let one = Limits { entry_bytes: 1 << 20, ..Limits::default() };
    assert!(matches!(refused(&bomb, one), Hostile::EntryTooLarge { .. }));
}

#[test]
fn bombs_within_cost_their_entry_alone() {
    let zeros = vec![0_u8; 4 << 20];
    let small = Limits { total_bytes: 2 << 20, ..Limits::default() };
    let inner = gzip(&tar(&[file(b"zeros", &zeros)]));
    let many: Vec<Vec<u8>> = (0..30).map(|number| file(format!("b{number}.gz").as_bytes(), &gzip(&zeros))).collect();
    let all = [vec![file(b"a", b"good\n"), file(b"bomb.tgz", &inner)], many].concat();
    let archive = opened_within(&tar(&all), small).expect("it opens");
    assert_eq!(archive.read("a", 100).expect("a text"), b"good\n");
    assert_eq!((archive.entries().count(), archive.anomalies().len()), (32, 31), "{:?}", archive.anomalies());
    // Containers in containers in containers are not opened.
    let deep = (0..20).fold(tar(&[file(b"x", b"x")]), |inner, _| tar(&[file(b"x.tar.gz", &gzip(&inner))]));
    assert_eq!(opened(&deep).entries().collect::<Vec<_>>(), ["x.tar.gz/x.tar.gz"]);
}

#[test]
fn a_cut_at_any_byte_gives_what_is_whole() {
    let all = [
        file(b"a", b"one\n"),
        block(b"l", b'L', b"long/name", |_| {}),
        file(b"b", &[b'y'; 600]),
        file(b"c.gz", &gzip(b"z")),
    ];
    let whole = tar(&all);
    let content = read(&opened(&whole));
    assert_eq!(content.len(), 3);
    for cut in 0..whole.len() {
        let Ok(archive) = opened_within(whole.get(..cut).expect("a part"), Limits::default()) else { continue };
        if archive.is_plain() {
            continue;
        }
        assert!(read(&archive).iter().all(|entry| content.contains(entry)), "{cut}");
        assert!(cut >= whole.len() - 512 || matches!(archive.condition(), Condition::Cut { .. }), "{cut}");
    }
    let packed = gzip(&whole);
    for cut in 0..packed.len() {
        let Ok(archive) = opened_within(packed.get(..cut).expect("a part"), Limits::default()) else { continue };
        assert!(archive.is_plain() || read(&archive).iter().all(|entry| content.contains(entry)), "{cut}");
        assert!(cut < 20 || !archive.anomalies().is_empty(), "{cut}");
    }
    let zip = zip_with(&[Item::deflated("a", b"one\n"), Item::stored("b", b"two\n")], |_| {}, |_| Vec::new());
    for cut in 0..zip.len() {
        if let Ok(archive) = opened_within(zip.get(..cut).expect("a part"), Limits::default()) {
            assert!(read(&archive).iter().all(|(_, text)| text == b"one\n" || text == b"two\n"), "{cut}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_is_survived(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), packing in 0..4) {
        let inner = zip_with(&[Item::deflated("x", b"x")], |_| {}, |_| Vec::new());
        let journal = b"{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":\"x\"}\n";
        let plain = tar(&[file(b"n/x.zip", &inner), file(b"a.gz", &gzip(b"one\n")), file(b"j", journal)]);
        let mut bytes = match packing {
            0 => gzip(&plain),
            1 => xz(&plain),
            2 => inner,
            _ => plain,
        };
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(archive) = opened_within(&bytes, Limits::default()) {
            read(&archive);
        }
        let _ = Input::from_bytes(bytes, "x", UNIX_EPOCH).map(Inputs::from);
    }
}
