//! Archives that lie or are damaged: they open, what is wrong is named, and no content is what it was not.

use super::craft::{Item, header, zip, zip_with, zip64};
use k8s_forensics::archive::{Archive, ArchiveError, Condition, Limits, layout};

#[track_caller]
fn opened(bytes: Vec<u8>) -> Archive {
    Archive::from_bytes(bytes, "x.zip").unwrap_or_else(|error| panic!("{error}"))
}

/// What is wrong with the whole and with each entry, a line each.
fn told(archive: &Archive) -> Vec<String> {
    let line = |entry: &Option<String>, what: &str| format!("{}: {what}", entry.as_deref().unwrap_or("-"));
    archive.anomalies().iter().map(|anomaly| line(&anomaly.entry, &anomaly.what)).collect()
}

#[track_caller]
fn tells(bytes: Vec<u8>, wanted: &str) -> Archive {
    let archive = opened(bytes);
    let told = told(&archive);
    assert!(told.iter().any(|line| line.contains(wanted)), "{wanted}: {told:#?}");
    archive
}

#[track_caller]
fn fails(archive: &Archive, entry: &str, wanted: &str) {
    let error = archive.read(entry, u64::MAX).expect_err("it should not be readable").to_string();
    assert!(error.contains(wanted), "{wanted}: {error}");
}

fn reads(archive: &Archive, entry: &str, content: &[u8]) -> bool {
    archive.read(entry, u64::MAX).is_ok_and(|found| found == content)
}

#[test]
fn sound_archives_have_no_anomalies() {
    let archive = opened(zip(&[Item::deflated("a/x", b"xyz"), Item::stored("a/y", b""), Item::stored("a/d/", b"")]));
    assert_eq!(told(&archive), [""; 0]);
    assert_eq!(archive.condition(), &Condition::Unsealed);
    assert!(archive.entries().eq(["meta/archive.json", "x", "y"]), "a folder is no entry");
    assert!(reads(&archive, "x", b"xyz") && reads(&archive, "y", b""));
    let manifest = Item::stored("a/meta/manifest.json", b"{}");
    assert_eq!(opened(zip(&[manifest])).condition(), &Condition::Sealed);
}

#[test]
fn lying_sizes_are_errors_of_the_entry() {
    let long = b"some text that is longer than one says";
    for make in [Item::deflated, Item::stored] {
        let more = make("a/x", long).both(|header| header.size += 1);
        fails(&opened(zip(&[more])), "x", "fewer than");
        let fewer = make("a/x", long).both(|header| header.size -= 1);
        fails(&opened(zip(&[fewer])), "x", "");
        let none = make("a/x", long).both(|header| header.size = 0);
        fails(&opened(zip(&[none])), "x", "");
    }
    let mut padded = Item::deflated("a/x", long);
    padded.data.push(0);
    fails(&opened(zip(&[padded.both(|header| header.packed += 1)])), "x", "go on behind their end");
    let mut short = Item::deflated("a/x", long);
    short.data.pop();
    fails(&opened(zip(&[short.both(|header| header.packed -= 1)])), "x", "");
    let crc = Item::deflated("a/x", long).both(|header| header.crc ^= 1);
    fails(&opened(zip(&[crc])), "x", "CRC");
    let mut damaged = Item::deflated("a/x", long);
    damaged.data[5] ^= 0x55;
    fails(&opened(zip(&[damaged, Item::stored("a/y", b"y")])), "x", "");
}

#[test]
fn headers_that_disagree_are_named_with_the_field() {
    type Change = fn(&mut super::craft::Header);
    let changes: [(&str, Change); 9] = [
        ("version needed", |header| header.version ^= 1),
        ("flags", |header| header.flags ^= 1 << 4),
        ("flags", |header| header.flags ^= 1),
        ("time", |header| header.time ^= 1),
        ("date", |header| header.date ^= 1),
        ("CRC", |header| header.crc ^= 1),
        ("packed size", |header| header.packed -= 1),
        ("size", |header| header.size ^= 1),
        ("method", |header| header.method ^= 1),
    ];
    for (field, change) in changes {
        let item = || Item::deflated("a/x", b"text");
        let archive = tells(zip(&[item().local(change), Item::stored("a/y", b"y")]), field);
        assert!(reads(&archive, "x", b"text"), "by the directory: {field}");
        let archive = tells(zip(&[item().central(change), Item::stored("a/y", b"y")]), field);
        let is_read = reads(&archive, "x", b"text");
        assert_eq!(is_read, matches!(field, "version needed" | "flags" | "time" | "date"), "{field}");
        assert!(reads(&archive, "y", b"y"));
    }
}

#[test]
fn an_entry_of_two_names_or_none_is_left_out() {
    let two = Item::deflated("a/x", b"text").local(|header| header.name = b"a/z".to_vec());
    let archive = tells(zip(&[two]), "name, so it is left out");
    assert!(archive.entries().eq(["meta/archive.json"]));
    // One header alone refuses nothing.
    let leaving = Item::deflated("a/x", b"text").central(|header| header.name = b"/..".to_vec());
    assert!(tells(zip(&[leaving]), "name").entries().eq(["meta/archive.json"]));
    let mut lost = Item::deflated("a/x", b"text");
    lost.offset = Some(7);
    let archive = tells(zip(&[lost]), "its own header is not at byte 7");
    assert!(archive.entries().eq(["meta/archive.json"]));
    let long = Item::deflated("a/x", b"text").central(|header| header.packed += 10);
    let archive = tells(zip(&[long, Item::stored("a/y", b"y")]), "left out");
    assert!(archive.entries().eq(["meta/archive.json", "y"]));
}

#[test]
fn bytes_that_belong_to_nothing_are_named() {
    let mut between = Item::stored("a/x", b"x");
    between.behind = b"between".to_vec();
    tells(zip(&[between]), "7 bytes from byte");
    let sound = || zip(&[Item::stored("a/x", b"x")]);
    let before = [b"before".to_vec(), sound()].concat();
    assert!(reads(&tells(before, "6 bytes from byte 0"), "x", b"x"));
    let behind = [sound(), b"behind".to_vec()].concat();
    assert!(reads(&tells(behind, "6 bytes behind the end"), "x", b"x"));
    let comment = zip_with(&[header()], |end| end.comment = b"hi".to_vec(), |_| Vec::new());
    tells(comment, "comment of 2 bytes");
    let zeros = [sound(), vec![0; 100_000]].concat();
    assert!(reads(&tells(zeros, "100000 bytes behind"), "x", b"x"));
}

#[test]
fn lying_end_records_are_named() {
    let items = [header(), Item::stored("a/x", b"x")];
    let with = |change: fn(&mut super::craft::End)| zip_with(&items, change, |_| Vec::new());
    for (change, wanted) in [
        ((|end| end.entries = 1) as fn(&mut super::craft::End), "counts 1 entries, and the directory has 2"),
        (|end| end.entries = 3, "counts 3 entries"),
        (|end| end.entries = 60_000, "counts 60000 entries"),
        (|end| end.bytes += 1, "another size"),
        (|end| end.bytes = 0, "another size"),
        (|end| end.offset += 1, "elsewhere"),
        (|end| end.disk = 1, "several disks"),
    ] {
        let archive = tells(with(change), wanted);
        assert!(reads(&archive, "x", b"x"), "{wanted}");
    }
    let both = with(|end| (end.bytes, end.offset) = (1, 1));
    assert!(matches!(tells(both, "own headers").condition(), Condition::Cut { finished: 2, .. }));
}

#[test]
fn lying_zip64_records_are_named() {
    let items = [header(), Item::stored("a/x", b"x")];
    let narrow = |end: &mut super::craft::End| (end.entries, end.bytes, end.offset) = (0xffff, u32::MAX, u32::MAX);
    let (count, bytes, offset) = (2, 0, 0);
    let wide = |count: u64, bytes: u64, offset: u64, at: u64| {
        move |end: &super::craft::End| {
            let (size, start) = (u64::from(end.bytes), u64::from(end.offset));
            zip64(count, size + bytes, start + offset, size + start + at)
        }
    };
    assert_eq!(told(&opened(zip_with(&items, narrow, wide(count, bytes, offset, 0)))), [""; 0]);
    assert_eq!(told(&opened(zip_with(&items, |_| {}, wide(count, bytes, offset, 0)))), [""; 0]);
    for (made, wanted) in [
        (zip_with(&items, narrow, wide(u64::MAX, bytes, offset, 0)), "counts 18446744073709551615 entries"),
        (zip_with(&items, narrow, wide(count, 1 << 40, offset, 0)), "another size"),
        (zip_with(&items, narrow, wide(count, bytes, 1 << 40, 0)), "elsewhere"),
        (zip_with(&items, narrow, wide(count, bytes, offset, 1 << 40)), "elsewhere"),
        (zip_with(&items, |_| {}, wide(count, 5, offset, 0)), "disagree"),
        (zip_with(&items, narrow, |_| Vec::new()), "own headers"),
    ] {
        assert!(reads(&tells(made, wanted), "x", b"x"), "{wanted}");
    }
    // Sizes said to be in an extra field that is not there, or too short.
    let nowhere = Item::stored("a/x", b"x").central(|header| header.size = u32::MAX);
    tells(zip(&[nowhere]), "extra field");
    let huge = [&[1, 0, 8, 0][..], &u64::MAX.to_le_bytes()].concat();
    let lying = Item::stored("a/x", b"x").central(|h| (h.size, h.extra) = (u32::MAX, huge.clone()));
    fails(&tells(zip(&[lying]), "size"), "x", "declares 18446744073709551615 bytes");
}

#[test]
fn odd_attributes_are_named() {
    let mut odd = Item::stored("a/y", b"y");
    odd.external = 0o100777 << 16;
    let archive = tells(zip(&[Item::stored("a/x", b"x"), odd]), "y: its attributes");
    assert_eq!(archive.anomalies().len(), 1);
}

#[test]
fn a_zip_within_a_zip_is_text_like_any_other() {
    let inner = zip(&[Item::stored("a/logs/forged", b"forged")]);
    let archive = opened(zip(&[Item::stored("a/x.zip", &inner)]));
    assert!(archive.entries().eq(["meta/archive.json", "x.zip"]));
    // Cut right behind it, the file ends like a zip, and is not the one inside.
    let mut cut = zip(&[Item::stored("a/x.zip", &inner)]);
    let end = cut.windows(4).rposition(|bytes| bytes == b"PK\x05\x06").expect("an end");
    let inner_end = cut[..end].windows(4).rposition(|bytes| bytes == b"PK\x05\x06").expect("another") + 22;
    for length in [inner_end, inner_end - 1] {
        cut.truncate(length);
        let archive = opened(cut.clone());
        assert!(matches!(archive.condition(), Condition::Cut { .. }));
        assert!(!archive.entries().any(|entry| entry.contains("forged")), "{length}");
    }
}

#[test]
fn zips_joined_to_one_file_are_both_read() {
    let one = zip(&[Item::stored("a/x", b"x"), Item::stored("a/y", b"one")]);
    let other = zip(&[Item::stored("a/y", b"other"), Item::stored("a/z", b"z")]);
    let archive = tells([one, other].concat(), "y: there is another of this path and other content");
    assert_eq!(*archive.condition(), Condition::Unsealed);
    assert!(reads(&archive, "x", b"x") && reads(&archive, "y", b"one") && reads(&archive, "z", b"z"));
    assert!(!told(&archive).iter().any(|line| line.contains("archive.json: ")), "the same again is nothing to tell");
}

#[test]
fn sizes_behind_the_data_need_the_directory() {
    let late =
        |header: &mut super::craft::Header| (header.flags, header.crc, header.packed, header.size) = (8, 0, 0, 0);
    let mut item = Item::deflated("a/x", b"text");
    item.behind = [b"PK\x07\x08", &item.central.crc.to_le_bytes()[..]].concat();
    item.behind.extend(item.central.packed.to_le_bytes());
    item.behind.extend(item.central.size.to_le_bytes());
    let item = item.local(late).central(|header| header.flags = 8);
    let sound = zip(&[item, Item::stored("a/y", b"y")]);
    let archive = opened(sound.clone());
    assert_eq!(told(&archive), [""; 0]);
    assert!(reads(&archive, "x", b"text"));
    let archive = tells(sound[..sound.len() - 40].to_vec(), "x: its size is only behind its data");
    assert!(archive.entries().eq(["meta/archive.json", "y"]));
}

#[test]
fn a_manifest_may_name_what_is_not_there() {
    let text = br#"{"sha256":"00","entries":[{"path":"gone","bytes":1,"sha256":"11","new":[{}]}],"new":{"a":[1]}}"#;
    let archive = opened(zip(&[Item::deflated("a/meta/manifest.json", text)]));
    let mut named = Vec::new();
    let sha256 = archive.each_manifest_entry(|entry| named.push(entry.path)).expect("a manifest");
    assert_eq!((sha256.as_deref(), named), (Some("00"), vec!["gone".to_owned()]));
    assert_eq!(opened(zip(&[])).manifest_sha256().expect("none is no error"), None);
}

#[test]
fn a_manifest_that_is_none_is_an_error() {
    let path = "x".repeat(1 << 20);
    let long = format!(r#"{{"sha256":"00","entries":[{{"path":"{path}","bytes":1,"sha256":"11"}}]}}"#);
    let deep = format!(r#"{{"new":{}"#, "[".repeat(100_000));
    let twice = r#"{"sha256":"00","entries":[],"entries":[]}"#;
    for (text, wanted) in [
        (long.as_str(), "a string of more than 65536 bytes"),
        (deep.as_str(), "more than 64 lists"),
        (twice, "duplicate field"),
        (r#"{"entries":[]}"#, "no sha256"),
        (r#"{"sha256":"00"}"#, "missing field"),
        (r#"{"sha256":"00","entries":[]} x"#, "trailing"),
        ("[]", "expected a manifest"),
    ] {
        let archive = opened(zip(&[Item::deflated("a/meta/manifest.json", text.as_bytes())]));
        let error = archive.manifest_sha256().expect_err(wanted).to_string();
        assert!(error.contains(wanted), "{wanted}: {error}");
    }
}

#[test]
fn outcomes_take_no_more_memory_than_they_may() {
    let line = |at: usize| {
        format!(r#"{{"source":"s","subject":"{at:04}","status":"empty","at":"2026-11-21T06:00:00Z","took_ms":1}}"#)
    };
    let text: Vec<String> = (0..1000).map(line).collect();
    let bytes = zip(&[Item::deflated(&format!("a/{}", layout::OUTCOMES), text.join("\n").as_bytes())]);
    assert_eq!(opened(bytes.clone()).outcomes().len(), 1000);
    let limits = Limits { record_bytes: 50_000, ..Limits::default() };
    let archive = Archive::from_bytes_with(bytes, "x.zip", limits).expect("it opens");
    assert!((50..500).contains(&archive.outcomes().len()), "{}", archive.outcomes().len());
    assert!(told(&archive).iter().any(|line| line.contains("no more than 50000 are looked at")));
}

#[test]
fn a_newer_minor_format_is_read_and_noticed() {
    let text = br#"{"format":{"major":1,"minor":999},"tool":"k8s-forensics 9.9","cluster":{},"from":"2026-11-21T06:00:00Z","to":"2026-11-21T08:00:00Z","started_at":"2026-11-21T08:00:00Z","options":{},"clocks":[],"new":1}"#;
    let bytes = zip_with(&[Item::deflated("a/meta/archive.json", text)], |_| {}, |_| Vec::new());
    let archive = opened(bytes);
    assert_eq!(archive.header().expect("it is read").format.minor, 999);
    let warning = archive.newer_minor().expect("a header").expect("a warning");
    assert!(warning.contains("1.999") && warning.contains("k8s-forensics 9.9"), "{warning}");
    assert_eq!(opened(zip(&[])).newer_minor().expect("a header"), None);
}

#[test]
fn what_came_to_nothing_says_so() {
    let error = |bytes: Vec<u8>| Archive::from_bytes(bytes, "x.zip").err().expect("no archive");
    assert!(matches!(error(Vec::new()), ArchiveError::Empty { .. }));
    assert!(matches!(error(b"PK".to_vec()), ArchiveError::CutAtStart { .. }));
    assert!(matches!(error(zip(&[])[..60].to_vec()), ArchiveError::CutAtStart { .. }));
    assert!(matches!(error(b"Patience".to_vec()), ArchiveError::NotAZip { .. }));
    assert!(matches!(error(vec![0; 4096]), ArchiveError::NotAZip { .. }));
}
