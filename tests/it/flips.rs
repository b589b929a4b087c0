//! Every byte of an archive, changed: `verify` names the change, or it provably changes nothing that anybody reads.

use crate::made;
use k8s_forensics::archive::verify::verify;
use k8s_forensics::archive::{Archive, ArchiveWriter, Content, EntryBuilder, Target};
use std::collections::BTreeMap;
use std::fs;

/// A sealed archive of a few kilobytes.
fn small() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let target = Target::new("small", made::at(), folder.path());
    let mut writer = ArchiveWriter::create(&folder.path().join("small.zip"), target, false).expect("a new file");
    writer.header(&made::header()).expect("a header");
    for (entry, lines) in [(made::SMALL, 3), (made::PREVIOUS, 1)] {
        let entry = EntryBuilder::whole(writer.target(), entry, Content::Log, &made::noise(lines)).expect("an entry");
        writer.append(entry).expect("room for it");
    }
    fs::read(writer.seal(None).expect("a sealed archive").path).expect("an archive")
}

/// Names and contents of all entries.
fn everything(archive: &Archive) -> BTreeMap<String, Vec<u8>> {
    archive.entries().filter_map(|entry| Some((entry.to_owned(), archive.read(entry, u64::MAX).ok()?))).collect()
}

#[test]
fn every_flipped_byte_is_named_or_harmless() {
    let sound = small();
    let open = |bytes: Vec<u8>| Archive::from_bytes(bytes, "small.zip");
    let original = everything(&open(sound.clone()).expect("a sound archive"));
    let mut harmless = 0;
    for at in 0..sound.len() {
        for flip in [0xff, 1 << (at % 8)] {
            let mut bytes = sound.clone();
            bytes[at] ^= flip;
            let Ok(archive) = open(bytes) else { continue };
            if verify(&archive, None, 1).is_sound() {
                assert_eq!(everything(&archive), original, "byte {at} of {}, flipped by {flip:#x}", sound.len());
                harmless += 1;
            }
        }
    }
    // The few bits behind the end of a deflate stream, and the version of the writer in an end record.
    assert!(harmless < 10, "{harmless} flips were not named");
}
