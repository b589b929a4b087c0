//! An archive that is read in a store: the same as here, by far fewer bytes, and never a mixture.

use super::server::{Failing, Server};
use super::{access, address};
use crate::made;
use k8s_forensics::archive::{Archive, ArchiveError, Content, EntryBuilder, Limits, Remote, verify};
use k8s_forensics::stores::{Fault, Kind, Reading};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const URL: &str = "s3://incidents/incident.zip";

/// An archive of some 16 MB, most of it logs that few ask for.
pub fn large(folder: &Path) -> PathBuf {
    let mut writer = made::begun(&folder.join("incident.zip"));
    for number in 0..8 {
        let bytes = made::noise(100_001 + number);
        let entry = format!("logs/shop/api-{number}/app/other.log");
        let prepared = EntryBuilder::whole(writer.target(), &entry, Content::Log, &bytes).expect("an entry");
        writer.append(prepared).expect("room for it");
    }
    writer.seal(None).expect("a sealed archive").path
}

type Faults = Arc<Mutex<Vec<Fault>>>;

fn opened(server: &Server) -> (Arc<Reading>, Remote, Faults) {
    let faults = Faults::default();
    let seen = Arc::clone(&faults);
    let on_fault = Box::new(move |fault: &Fault| seen.lock().expect("no thread panicked").push(fault.clone()));
    let (reading, remote) =
        Reading::open(&address(URL), &access(server), on_fault).expect("an archive that is read from afar");
    (reading, remote, faults)
}

fn archive(remote: &Remote) -> Result<Archive, ArchiveError> {
    Archive::open_remote(remote, Limits::default(), None)
}

#[test]
fn one_entry_costs_a_fraction_of_the_archive_and_all_of_it_is_read_once() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let here = large(folder.path());
    let bytes = fs::read(&here).unwrap();
    server.with(|store| store.put("incident.zip", &bytes));
    let (reading, remote, faults) = opened(&server);
    let elsewhere = archive(&remote).unwrap();
    let here = Archive::open(&here).unwrap();
    assert_eq!(elsewhere.read(made::SMALL, u64::MAX).unwrap(), here.read(made::SMALL, u64::MAX).unwrap());
    let (asked, all) = (reading.asked(), bytes.len() as u64);
    let (answered, requests) = server.with(|store| (store.answered, store.asked.len() as u64));
    assert!(all > 12_000_000, "{all}");
    assert!(asked.bytes < all / 5 && asked.requests < 20, "{asked:?} of {all}");
    assert!(answered < all / 5 && requests <= asked.requests + 1, "{answered} bytes, {requests} requests");

    assert!(here.entries().eq(elsewhere.entries()));
    let (one, other) = (verify::verify(&here, None, 2), verify::verify(&elsewhere, None, 2));
    assert!(other.is_sound() && one.sha256 == other.sha256 && one.bytes == other.bytes);
    let asked = reading.asked();
    assert!(asked.bytes < all + all / 4 && asked.requests < 60, "{asked:?} of {all}");
    assert!(faults.lock().unwrap().is_empty());
}

#[test]
fn what_is_another_object_by_now_is_a_fault_and_no_content() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let bytes = fs::read(large(folder.path())).unwrap();
    server.with(|store| store.put("incident.zip", &bytes));
    let (_, remote, faults) = opened(&server);
    let elsewhere = archive(&remote).unwrap();
    server.with(|store| {
        store.now += 1;
        store.put("incident.zip", &bytes);
    });
    assert!(elsewhere.read(made::LARGE, u64::MAX).is_err());
    assert_eq!(faults.lock().unwrap()[0].kind, Kind::Altered);
}

#[test]
fn a_store_that_goes_away_is_told_of_once_asked() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let bytes = fs::read(large(folder.path())).unwrap();
    server.with(|store| store.put("incident.zip", &bytes));
    let (_, remote, faults) = opened(&server);
    let elsewhere = archive(&remote).unwrap();
    server.fails(|_| Some(Failing::BreaksOff));
    assert!(elsewhere.read(made::LARGE, u64::MAX).is_err());
    assert!(matches!(faults.lock().unwrap()[0].kind, Kind::BrokeOff | Kind::Unreachable));
    server.is_well();
    // It hiccups: an answer that did not come is asked for again.
    let mut is_first = true;
    server.fails(move |_| std::mem::take(&mut is_first).then_some(Failing::BreaksOff));
    assert!(elsewhere.read(made::LARGE, u64::MAX).is_ok());
}

#[test]
fn what_is_not_there_says_what_is_missing() {
    let server = Server::start();
    let open = |url: &str| Reading::open(&address(url), &access(&server), Box::new(|_| ())).err().unwrap();
    assert_eq!(open(URL).kind, Kind::Missing);
    assert_eq!(open("s3://nothing/incident.zip").kind, Kind::NoBucket);
    assert_eq!(open("s3://incidents").kind, Kind::Settings);
}
