//! What arrives, what is refused, and what is left when a store fails.

use super::server::{Asked, Failing, Server};
use super::{PART, access, address, upload};
use crate::made;
use k8s_forensics::stores::{self, Access, Kind, Pace, Package};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const TO: &str = "s3://incidents/shop/";
const DAY: i64 = 24 * 60 * 60;

/// What this program keeps of an upload that is not finished.
fn kept(folder: &Path) -> PathBuf {
    folder.join(".incident.zip.k8s-forensics-upload")
}

fn parts(server: &Server) -> usize {
    server.with(|store| store.count(Asked::is_part))
}

#[test]
fn an_archive_arrives_in_parts_and_the_same_again_is_there_already() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let archive = made::sealed(folder.path(), None);
    let bytes = fs::read(&archive).unwrap();
    let done = upload(&archive, TO, &server).unwrap();
    assert_eq!((done.url.as_str(), done.new), ("s3://incidents/shop/incident.zip", 1));
    assert_eq!(server.object("shop/incident.zip").unwrap(), bytes);
    assert_eq!(parts(&server) as u64, (bytes.len() as u64).div_ceil(PART));
    assert!(!kept(folder.path()).exists());
    let sums = server.object("shop/incident.zip.sha256").unwrap();
    fs::write(folder.path().join("sums"), sums).unwrap();
    let check = Command::new("sha256sum").args(["-c", "sums"]).current_dir(folder.path()).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let again = upload(&archive, TO, &server).unwrap();
    assert_eq!((again.new, again.sent), (0, 0));
}

#[test]
fn other_content_of_the_same_name_is_refused_and_stays() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let archive = folder.path().join("incident.zip");
    fs::write(&archive, b"PK\x03\x04 one").unwrap();
    upload(&archive, TO, &server).unwrap();
    fs::write(&archive, b"PK\x03\x04 two").unwrap();
    assert_eq!(upload(&archive, TO, &server).unwrap_err().kind, Kind::Taken);
    assert_eq!(server.object("shop/incident.zip").unwrap(), b"PK\x03\x04 one");
    // Of somebody else, without hashes: the same size and other bytes, and the same bytes.
    server.with(|store| store.objects.remove("shop/incident.zip.sha256"));
    assert_eq!(upload(&archive, TO, &server).unwrap_err().kind, Kind::Taken);
    assert!(server.object("shop/incident.zip.sha256").is_none());
    fs::write(&archive, b"PK\x03\x04 one").unwrap();
    assert_eq!(upload(&archive, TO, &server).unwrap().new, 0);
    // A file of hashes that somebody else wrote.
    server.with(|store| store.put("other/incident.zip.sha256", b"abc"));
    assert_eq!(upload(&archive, "s3://incidents/other", &server).unwrap_err().kind, Kind::Taken);
    assert!(server.object("other/incident.zip").is_none());
}

#[test]
fn an_upload_that_broke_off_goes_on_with_the_part_it_broke_off_at() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let archive = made::sealed(folder.path(), None);
    let all = fs::metadata(&archive).unwrap().len().div_ceil(PART);
    let mut seen = 0;
    server.fails(move |asked| {
        seen += u64::from(asked.is_part());
        (seen > 5).then_some(Failing::BreaksOff)
    });
    let fault = upload(&archive, TO, &server).unwrap_err();
    assert!(matches!(fault.kind, Kind::BrokeOff | Kind::Unreachable), "{fault}");
    assert!(server.object("shop/incident.zip").is_none() && archive.exists() && kept(folder.path()).exists());
    server.is_well();
    server.with(|store| store.asked.clear());
    let done = upload(&archive, TO, &server).unwrap();
    assert_eq!(parts(&server) as u64, all - 5);
    assert!(done.sent < fs::metadata(&archive).unwrap().len() && done.new == 1);
    assert_eq!(server.object("shop/incident.zip").unwrap(), fs::read(&archive).unwrap());
    assert!(!kept(folder.path()).exists());
}

#[test]
fn an_answer_that_got_lost_is_no_second_object_and_no_failure() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let archive = made::sealed(folder.path(), None);
    let mut is_first = true;
    server.fails(move |asked| {
        let completes = asked.method == "POST" && asked.target.contains("uploadId=");
        (completes && std::mem::take(&mut is_first)).then_some(Failing::BreaksOffAfter)
    });
    upload(&archive, TO, &server).unwrap();
    assert_eq!(server.object("shop/incident.zip").unwrap(), fs::read(&archive).unwrap());
}

#[test]
fn what_somebody_else_writes_meanwhile_is_not_written_over() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let archive = made::sealed(folder.path(), None);
    // Between the last question whether it is there and the end.
    server.fails(|asked| {
        let completes = asked.method == "POST" && asked.target.contains("uploadId=");
        completes.then_some(Failing::Overtaken(b"theirs"))
    });
    assert_eq!(upload(&archive, TO, &server).unwrap_err().kind, Kind::Taken);
    assert_eq!(server.object("shop/incident.zip").unwrap(), b"theirs");
    // And where it goes in one request.
    let small = folder.path().join("small.zip");
    fs::write(&small, b"PK\x03\x04 small").unwrap();
    server.fails(|asked| {
        (asked.method == "PUT" && asked.target.ends_with("small.zip")).then_some(Failing::Overtaken(b"theirs"))
    });
    assert_eq!(upload(&small, TO, &server).unwrap_err().kind, Kind::Taken);
    assert_eq!(server.object("shop/small.zip").unwrap(), b"theirs");
}

#[test]
fn each_fault_is_one_sentence_and_leaves_the_archive_and_no_object() {
    let faults = [
        (Failing::Answers(403, "AccessDenied"), Kind::NotAllowed),
        (Failing::Answers(400, "ExpiredToken"), Kind::Expired),
        (Failing::Answers(403, "InvalidAccessKeyId"), Kind::Unknown),
        (Failing::Answers(403, "SignatureDoesNotMatch"), Kind::Unknown),
        (Failing::Answers(403, "RequestTimeTooSkewed"), Kind::Clock),
        (Failing::Answers(507, "XMinioStorageFull"), Kind::Full),
        (Failing::Answers(507, ""), Kind::Full),
        (Failing::Answers(400, "BadDigest"), Kind::Altered),
        (Failing::Answers(301, "PermanentRedirect"), Kind::Elsewhere),
        (Failing::Answers(501, "NotImplemented"), Kind::Unable),
        (Failing::Answers(503, "SlowDown"), Kind::Failing),
        (Failing::BreaksOff, Kind::BrokeOff),
    ];
    let folder = tempfile::tempdir().unwrap();
    let archive = made::sealed(folder.path(), None);
    let before = fs::read(&archive).unwrap();
    for (failing, kind) in faults {
        // At the first question, and once parts are on their way.
        for from in [0, 2] {
            let server = Server::start();
            let mut seen = 0;
            server.fails(move |asked| {
                seen += usize::from(asked.is_part());
                (asked.method != "HEAD" && seen >= from).then_some(failing)
            });
            let fault = upload(&archive, TO, &server).unwrap_err();
            let (said, hint) = (fault.to_string(), fault.hint());
            assert!(fault.kind == kind || matches!(failing, Failing::BreaksOff), "{failing:?}: {said}");
            assert!(!said.contains('\n') && !said.contains("s3cr3t") && said.len() < 400 && !hint.is_empty(), "{said}");
            assert!(server.object("shop/incident.zip").is_none());
            assert_eq!(fs::read(&archive).unwrap(), before);
        }
    }
    let nowhere = upload(&archive, "s3://nothing/shop/", &Server::start()).unwrap_err();
    assert_eq!((nowhere.kind, nowhere.place.as_str()), (Kind::NoBucket, "nothing"));
    assert_eq!(upload(&archive, TO, &Server::silent()).unwrap_err().kind, Kind::Unreachable);
}

#[test]
fn older_uploads_of_ours_go_and_nothing_else() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let file = |name: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("PK\x03\x04 {name}")).unwrap();
        path
    };
    upload(&file("old.zip"), TO, &server).unwrap();
    upload(&file("replaced.zip"), TO, &server).unwrap();
    upload(&file("deeper.zip"), "s3://incidents/shop/deeper/", &server).unwrap();
    server.with(|store| {
        store.put("shop/theirs.zip", b"x");
        store.put("shop/theirs.zip.sha256", b"00  theirs.zip\n");
        store.now += 20 * DAY;
        store.put("shop/replaced.zip", b"by somebody");
    });
    upload(&file("younger.zip"), TO, &server).unwrap();
    server.with(|store| store.now += 20 * DAY);
    upload(&file("new.zip"), TO, &server).unwrap();
    let age = Duration::from_secs(30 * 24 * 60 * 60);
    let gone = stores::remove_older(&address(TO), "new.zip", age, &access(&server)).unwrap();
    assert_eq!(gone, ["s3://incidents/shop/old.zip", "s3://incidents/shop/old.zip.sha256"]);
    let left =
        server.with(|store| store.objects.keys().filter(|key| key.ends_with(".zip")).cloned().collect::<Vec<_>>());
    let expected = ["deeper/deeper", "new", "replaced", "theirs", "younger"].map(|name| format!("shop/{name}.zip"));
    assert_eq!(left, expected);
}

#[test]
fn a_report_arrives_file_by_file_under_one_list_of_hashes() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let report = folder.path().join("report");
    fs::create_dir(&report).unwrap();
    for (name, text) in [("report.json", "{}"), ("postmortem.md", "# x"), (".hidden", "no")] {
        fs::write(report.join(name), text).unwrap();
    }
    let done = upload(&report, TO, &server).unwrap();
    assert_eq!((done.new, done.url.as_str()), (2, "s3://incidents/shop/report"));
    assert_eq!(server.object("shop/report/postmortem.md").unwrap(), b"# x");
    assert!(server.object("shop/report/.hidden").is_none());
    assert_eq!(upload(&report, TO, &server).unwrap().new, 0);
    fs::write(report.join("postmortem.md"), "# y").unwrap();
    assert_eq!(upload(&report, TO, &server).unwrap_err().kind, Kind::Taken);
    assert_eq!(server.object("shop/report/postmortem.md").unwrap(), b"# x");
    fs::write(folder.path().join("passwords.txt"), "x").unwrap();
    assert!(Package::read(&folder.path().join("passwords.txt")).is_err());
    assert!(Package::read(folder.path()).is_err());
}

#[test]
fn a_folder_is_a_store_too() {
    let (folder, share) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let archive = made::sealed(folder.path(), None);
    let access = Access { variables: Vec::new(), pace: Pace { part: PART, ..Pace::default() } };
    let to = address(&format!("file://{}", share.path().display()));
    let upload = || stores::upload(Package::read(&archive).unwrap(), &to, &access);
    assert_eq!(upload().unwrap().new, 1);
    assert_eq!(fs::read(share.path().join("incident.zip")).unwrap(), fs::read(&archive).unwrap());
    assert_eq!(upload().unwrap().new, 0);
    let names = fs::read_dir(share.path()).unwrap().map(|found| found.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(names, ["incident.zip", "incident.zip.sha256"]);
    fs::write(share.path().join("incident.zip.sha256"), "other").unwrap();
    assert_eq!(upload().unwrap_err().kind, Kind::Taken);
    let nowhere = address(&format!("file://{}/nowhere/", share.path().display()));
    let fault = stores::upload(Package::read(&archive).unwrap(), &nowhere, &access).unwrap_err();
    assert_eq!(fault.kind, Kind::NoBucket);
}
