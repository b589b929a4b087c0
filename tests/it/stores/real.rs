//! The same of a real S3 server, which `tests/stores.sh` starts: `K8SF_S3` is its address, with a bucket `incidents`.

use super::reads::large;
use super::{address, made_other};
use k8s_forensics::archive::{Archive, Limits, verify};
use k8s_forensics::stores::{self, Access, Kind, Pace, Package, Reading};
use std::time::Duration;

/// The least that S3 takes as a part.
const PART: u64 = 5 << 20;

#[test]
fn a_real_server_keeps_verifies_refuses_and_answers_ranges() {
    let Ok(url) = std::env::var("K8SF_S3") else {
        eprintln!("K8SF_S3 is not set: tests/stores.sh starts a server");
        return;
    };
    let given = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t"), ("AWS_ENDPOINT_URL", &url)];
    let variables = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let access =
        Access { variables, pace: Pace { tries: 2, pause: Duration::from_millis(50), part: PART, ..Pace::default() } };
    let folder = tempfile::tempdir().unwrap();
    let archive = large(folder.path());
    let upload = |to: &str| stores::upload(Package::read(&archive).unwrap(), &address(to), &access);

    let all = archive.metadata().unwrap().len();
    assert!(all > 2 * PART);
    let done = upload("s3://incidents/shop/").unwrap();
    assert_eq!((done.new, done.sent), (1, all));
    assert_eq!(upload("s3://incidents/shop/").unwrap().new, 0);
    assert_eq!(upload("s3://nothing/shop/").unwrap_err().kind, Kind::NoBucket);

    let open = |url: &str| Reading::open(&address(url), &access, Box::new(|fault| panic!("{fault}")));
    let (reading, remote) = open(&done.url).unwrap();
    let (here, there) =
        (Archive::open(&archive).unwrap(), Archive::open_remote(&remote, Limits::default(), None).unwrap());
    let entry = crate::made::SMALL;
    assert_eq!(here.read(entry, u64::MAX).unwrap(), there.read(entry, u64::MAX).unwrap());
    let asked = reading.asked();
    assert!(asked.bytes < all / 5, "{asked:?}");
    eprintln!("one entry: {asked:?} of {all} bytes");
    assert_eq!(verify::verify(&here, None, 2).sha256, verify::verify(&there, None, 2).sha256);
    eprintln!("all of it: {:?} of {all} bytes", reading.asked());
    assert_eq!(open("s3://incidents/shop/nothing.zip").err().unwrap().kind, Kind::Missing);

    made_other(&archive);
    assert_eq!(upload("s3://incidents/shop/").unwrap_err().kind, Kind::Taken);
    upload("s3://incidents/other/").unwrap();
}
