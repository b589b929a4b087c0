//! One small archive, cut at every byte, and with every byte altered.

use k8s_forensics::archive::{Archive, Condition};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};

type Contents = BTreeMap<String, Vec<u8>>;

/// A sealed archive of ten entries as `collect` writes it.
fn sealed() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().large_file(true).unix_permissions(0o600);
    let mut entries = vec![("meta/archive.json".to_owned(), r#"{"format":{"major":1,"minor":0}}"#.to_owned())];
    entries.extend((0..7).map(|at| (format!("logs/a/p{at}/c/current.log"), format!("line {at}\n").repeat(at))));
    entries.push(("meta/redactions.json".to_owned(), r#"{"redactions":[]}"#.to_owned()));
    entries.push(("meta/manifest.json".to_owned(), r#"{"sha256":"","entries":[]}"#.to_owned()));
    for (name, content) in entries {
        zip.start_file(format!("top/{name}"), options).expect("an entry");
        zip.write_all(content.as_bytes()).expect("its bytes");
    }
    zip.finish().expect("a zip").into_inner()
}

fn contents(archive: &Archive) -> Option<Contents> {
    archive.entries().map(|entry| Some((entry.to_owned(), archive.read(entry, u64::MAX).ok()?))).collect()
}

/// Where each entry ends, by another reader.
fn ends(bytes: &[u8]) -> BTreeMap<String, usize> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    let end = |at| {
        let file = zip.by_index(at).expect("an entry");
        let name = file.name().expect("a name").trim_start_matches("top/").to_owned();
        (name, (file.data_start().expect("data") + file.compressed_size()) as usize)
    };
    (0..10).map(end).collect()
}

#[test]
fn every_prefix_has_what_was_finished_before_the_cut() {
    let bytes = sealed();
    let whole = contents(&Archive::from_bytes(bytes.clone(), "x").expect("an archive")).expect("all of it");
    let ends = ends(&bytes);
    assert_eq!(whole.len(), 10);
    let last = ends.values().max().expect("an entry");
    for cut in 0..bytes.len() {
        let finished: Vec<&String> = ends.iter().filter(|(_, end)| **end <= cut).map(|(name, _)| name).collect();
        match Archive::from_bytes(bytes[..cut].to_vec(), "x") {
            Err(error) => assert!(finished.is_empty(), "cut at {cut}: {error}"),
            Ok(archive) => {
                let found = contents(&archive).unwrap_or_else(|| panic!("cut at {cut}: an entry is broken"));
                assert!(found.keys().eq(finished.iter().copied()), "cut at {cut}: {:?}", found.keys());
                assert!(found.iter().all(|(name, content)| whole[name] == *content), "cut at {cut}");
                let Condition::Cut { at, entry, finished: count, .. } = archive.condition() else {
                    panic!("cut at {cut}: {:?}", archive.condition());
                };
                assert_eq!(*at, *ends.values().filter(|end| **end <= cut).max().expect("one") as u64, "cut at {cut}");
                assert_eq!(*count, finished.len());
                // Behind its first 30 bytes comes an entry's name.
                let is_named = cut < *last && cut as u64 > at + 30 + 40;
                assert!(!is_named || entry.as_ref().is_some_and(|entry| whole.contains_key(entry)), "cut at {cut}");
            }
        }
    }
}

/// A writer that is killed leaves sizes that are still zero, a machine that loses its power data that are.
#[test]
fn an_entry_that_was_half_written_is_not_there() {
    let mut bytes = sealed();
    let mut by_end: Vec<(usize, String)> = ends(&bytes).into_iter().map(|(name, end)| (end, name)).collect();
    by_end.sort();
    let [.., (start, _), (end, name), _] = by_end.as_slice() else { panic!("ten entries") };
    bytes.truncate(*end);
    // Behind the fixed part, the name with its top folder, and the head of the zip64 block.
    let sizes = start + 30 + "top/".len() + name.len() + 4;
    let data = sizes + 16;
    for zeros in [sizes..data, data..*end, data + 3..*end] {
        let mut half = bytes.clone();
        half[zeros].fill(0);
        let archive = Archive::from_bytes(half, "x").expect("the others");
        let Condition::Cut { at, entry, finished: 8, .. } = archive.condition() else {
            panic!("{:?}", archive.condition());
        };
        assert_eq!((*at, entry.as_ref()), (*start as u64, Some(name)));
        assert!(contents(&archive).is_some_and(|found| !found.contains_key(name)));
    }
}

#[test]
fn every_altered_byte_shows_or_alters_nothing() {
    let bytes = sealed();
    let whole = contents(&Archive::from_bytes(bytes.clone(), "x").expect("an archive")).expect("all of it");
    let mut harmless = Vec::new();
    for at in 0..bytes.len() {
        for mask in [0xff, 1 << (at % 8)] {
            let mut altered = bytes.clone();
            altered[at] ^= mask;
            let Ok(archive) = Archive::from_bytes(altered, "x") else { continue };
            let found = contents(&archive);
            if archive.anomalies().is_empty() && found.is_some() {
                assert_eq!(found.as_ref(), Some(&whole), "byte {at} ^ {mask:#x}");
                harmless.push(at);
            }
        }
    }
    // What is left: bits of packed data that no unpacker reads, and fields of no meaning.
    assert!(harmless.len() < 20, "{} bytes may be altered unseen: {harmless:?}", harmless.len());
}

#[test]
fn every_altered_byte_of_a_cut_archive_is_survived() {
    let mut bytes = sealed();
    bytes.truncate(bytes.len() / 2);
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 0xff;
        if let Ok(archive) = Archive::from_bytes(altered, "x") {
            let _ = contents(&archive);
        }
    }
}
