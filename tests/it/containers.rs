//! Inputs as others pack them: a tar, packed or not, a zip of any program, files that are packed by themselves. Each
//! gives the entries that a folder of the same files gives.

use k8s_forensics::archive::{Archive, ArchiveError, Condition, Limits};
use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = xz2::write::XzEncoder::new(Vec::new(), 6);
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

fn header(bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o644);
    header.set_mtime(1_795_244_313);
    header
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        builder.append_data(&mut header(bytes.len() as u64), path, *bytes).expect("memory");
    }
    builder.into_inner().expect("memory")
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("a zip").into_inner()
}

fn opened(bytes: Vec<u8>, name: &str) -> Archive {
    let written = UNIX_EPOCH + Duration::from_secs(1_795_300_000);
    Archive::any_from_bytes(bytes, name, written, Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All entries with their content, as far as it can be read.
fn contents(archive: &Archive) -> BTreeMap<String, String> {
    let read = |entry: &str| {
        let mut text = Vec::new();
        let result = archive.lines(entry, |_, line| {
            text.extend_from_slice(line);
            text.push(b'\n');
            true
        });
        let end = if result.is_ok() { "" } else { "!" };
        (entry.to_owned(), String::from_utf8_lossy(&text).into_owned() + end)
    };
    archive.entries().map(read).collect()
}

fn told(archive: &Archive) -> Vec<String> {
    let tell = |anomaly: &k8s_forensics::archive::Anomaly| {
        format!("{}: {}", anomaly.entry.as_deref().unwrap_or_default(), anomaly.what)
    };
    archive.anomalies().iter().map(tell).collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

const LONG: &str = "bundle/cluster-resources/a-folder-of-a-name-that-is-long/and-another-one-in-it-which-is-longer/and-so-on-for-a-hundred-bytes-and-more/x.json";

#[test]
fn a_tar_gives_the_same_however_it_is_packed() {
    let files: &[(&str, &[u8])] = &[("bundle/a.log", b"one\ntwo\n"), ("bundle/b:c.json", b"{}\n"), (LONG, b"long\n")];
    let expected = map(&[("bundle/a.log", "one\ntwo\n"), ("bundle/b:c.json", "{}\n"), (LONG, "long\n")]);
    let plain = tar_of(files);
    let packed = [
        ("x.tar", plain.clone()),
        ("x.tar.gz", gzip(&plain)),
        ("x.tgz", gzip(&plain)),
        ("x.tar.xz", xz(&plain)),
        ("no-name-for-it", gzip(&plain)),
        ("x.zip", zip_of(files)),
    ];
    for (name, bytes) in packed {
        let archive = opened(bytes, name);
        assert_eq!(contents(&archive), expected, "{name}");
        assert_eq!((told(&archive), archive.condition()), (vec![], &Condition::Unsealed), "{name}");
        assert!(!archive.is_plain());
    }
    let written = opened(plain, "x.tar").modified("bundle/a.log");
    assert_eq!(written, Some(UNIX_EPOCH + Duration::from_secs(1_795_244_313)));
}

#[test]
fn a_pax_header_names_what_is_too_long_for_ustar() {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", LONG.as_bytes()), ("mtime", b"1795244400.5")]).expect("memory");
    let mut header = tar::Header::new_ustar();
    header.set_size(5);
    builder.append_data(&mut header, "cut/short", &b"long\n"[..]).expect("memory");
    let archive = opened(builder.into_inner().expect("memory"), "x.tar");
    assert_eq!(contents(&archive), map(&[(LONG, "long\n")]));
    assert_eq!(archive.modified(LONG), Some(UNIX_EPOCH + Duration::from_secs(1_795_244_400)));
}

#[test]
fn a_packed_file_is_an_entry_without_its_ending() {
    let two = [gzip(b"one\n"), gzip(b"two\n")].concat();
    for (name, bytes, entry) in [("audit.log.gz", two, "audit.log"), ("syslog.xz", xz(b"one\ntwo\n"), "syslog")] {
        let archive = opened(bytes, name);
        assert!(archive.is_plain());
        assert_eq!(contents(&archive), map(&[(entry, "one\ntwo\n")]));
        assert_eq!(archive.bytes_of(entry), Some(8));
    }
}

#[test]
fn entries_that_are_packed_are_read_unpacked() {
    let (gz, xz) = (gzip(b"one\ntwo\n"), xz(b"three\n"));
    let cut = gz.get(..gz.len() - 6).expect("a part");
    let files: &[(&str, &[u8])] = &[
        ("n/messages-20261120.gz", &gz),
        ("n/a.log.xz", &xz),
        ("n/cut.gz", cut),
        ("n/empty.gz", b""),
        ("n/x", b"x\n"),
    ];
    let expected = map(&[
        ("n/messages-20261120.gz", "one\ntwo\n"),
        ("n/a.log.xz", "three\n"),
        ("n/cut.gz", "one\ntwo\n!"),
        ("n/empty.gz", ""),
        ("n/x", "x\n"),
    ]);
    let folder = tempfile::tempdir().expect("a folder");
    for (path, bytes) in files {
        std::fs::create_dir_all(folder.path().join("n")).expect("a folder");
        std::fs::write(folder.path().join(path), bytes).expect("a file");
    }
    let in_folder = Archive::open_any(folder.path(), Limits::default(), None).expect("a folder");
    for archive in [opened(tar_of(files), "x.tar"), opened(zip_of(files), "x.zip"), in_folder] {
        assert_eq!(contents(&archive), expected);
        assert_eq!(archive.bytes_of("n/messages-20261120.gz"), Some(8));
        let told = told(&archive);
        assert!(told.len() == 1 && told[0].starts_with("n/cut.gz: its gzip is cut or damaged behind 8"), "{told:?}");
    }
}

#[test]
fn containers_within_are_opened_one_level_deep() {
    let (log, inner) = (gzip(b"packed\n"), tar_of(&[("deep", b"x\n")]));
    let node: &[(&str, &[u8])] = &[("logs/kubelet.log", b"kubelet\n"), ("logs/old.gz", &log), ("more.tar", &inner)];
    let (zip, tar) = (zip_of(node), gzip(&tar_of(node)));
    let ours = zip_of(&[("top/meta/archive.json", b"{}")]);
    let files: &[(&str, &[u8])] =
        &[("nodes/a.zip", &zip), ("nodes/b.tar.gz", &tar), ("ours.zip", &ours), ("x", b"x\n")];
    let expected = map(&[
        ("nodes/a.zip/logs/kubelet.log", "kubelet\n"),
        ("nodes/a.zip/logs/old.gz", "packed\n"),
        ("nodes/b.tar.gz/logs/kubelet.log", "kubelet\n"),
        ("nodes/b.tar.gz/logs/old.gz", "packed\n"),
        ("x", "x\n"),
    ]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("nodes")).expect("a folder");
    files.iter().for_each(|(path, bytes)| std::fs::write(folder.path().join(path), bytes).expect("a file"));
    let in_folder = Archive::open_any(folder.path(), Limits::default(), None).expect("a folder");
    for archive in [opened(gzip(&tar_of(files)), "x.tgz"), opened(zip_of(files), "x.zip"), in_folder] {
        let mut found = contents(&archive);
        assert!(found.remove("nodes/a.zip/more.tar").is_some() && found.remove("nodes/b.tar.gz/more.tar").is_some());
        assert!(found.remove("ours.zip").is_some());
        assert_eq!(found, expected);
        let told = told(&archive);
        assert!(told.len() == 1 && told[0].starts_with("ours.zip: it is an archive of k8s-forensics"), "{told:?}");
    }
}

#[test]
fn links_are_passed_over_and_of_two_the_last_is_read() {
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |path: &str, bytes: &[u8]| {
        builder.append_data(&mut header(bytes.len() as u64), path, bytes).expect("memory");
    };
    add("a/x", b"old\n");
    add("a/x", b"new\n");
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "a/link", "/etc/passwd").expect("memory");
    link.set_entry_type(tar::EntryType::Link);
    builder.append_link(&mut link, "a/hard", "a/x").expect("memory");
    let archive = opened(builder.into_inner().expect("memory"), "x.tar");
    assert_eq!(contents(&archive), map(&[("a/x", "new\n")]));
    let told = told(&archive);
    assert_eq!(told.len(), 3, "{told:?}");
    for what in ["symbolic link", "hard link", "another of this path"] {
        assert!(told.iter().any(|told| told.contains(what)), "{what}: {told:?}");
    }
}

#[test]
fn a_cut_tar_gives_what_is_whole() {
    let whole = tar_of(&[("a/x", b"one\n"), ("a/y", &[b'y'; 3000])]);
    let cut = whole.get(..3000).expect("a part").to_vec();
    let packed = gzip(&whole);
    for archive in [opened(cut.clone(), "x.tar"), opened(gzip(&cut), "x.tar.gz")] {
        assert_eq!(contents(&archive), map(&[("a/x", "one\n")]));
        let Condition::Cut { entry, finished, .. } = archive.condition() else { panic!("{:?}", archive.condition()) };
        assert_eq!((entry.as_deref(), *finished), (Some("a/y"), 1));
    }
    let archive = opened(packed.get(..packed.len() - 4).expect("a part").to_vec(), "x.tar.gz");
    assert_eq!(contents(&archive).len(), 2, "all of it came before the cut");
    assert!(told(&archive).iter().any(|told| told.contains("its gzip is cut or damaged")), "{:?}", told(&archive));
}

#[test]
fn an_archive_of_ours_is_opened_as_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo/memory-cascade.zip");
    let bytes = std::fs::read(path).expect("the example archive");
    for bytes in [bytes.clone(), gzip(&bytes)] {
        let archive = opened(bytes, "memory-cascade.zip");
        assert_eq!((archive.condition(), archive.header().is_ok()), (&Condition::Sealed, true));
    }
    let hostile = zip_of(&[("a/meta/archive.json", b"{}"), ("b/x", b"x")]);
    let opened = Archive::any_from_bytes(hostile, "x.zip", SystemTime::UNIX_EPOCH, Limits::default());
    assert!(matches!(opened, Err(ArchiveError::Hostile { .. })));
}

/// As a tar of them is read: what could only harm where it is unpacked costs itself.
#[test]
fn one_odd_name_in_a_folder_does_not_cost_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["good.txt", "two\nlines.txt"] {
        std::fs::write(folder.path().join(name), "text\n").expect("a file");
    }
    let files = Archive::open_any(folder.path(), Limits::default(), None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(files.entries().collect::<Vec<_>>(), ["good.txt"]);
    assert!(files.anomalies().iter().any(|one| one.what.contains("passed over")), "{:?}", files.anomalies().len());
}
