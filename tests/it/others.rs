//! What others say of our archives: unzip, 7z, Python, sha256sum and minisign read them without us.
//!
//! A program that is not installed is passed over with a note on stderr; where `CI` is `true` it must be there.

use crate::made::sealed;
use k8s_forensics::archive::SigningKey;
use std::path::Path;
use std::process::Command;

/// Runs `program` in `folder`, or says that it is not there.
pub fn told(folder: &Path, program: &str, args: &[&str]) -> Option<String> {
    let run = Command::new(program).args(args).current_dir(folder).output();
    let Ok(run) = run else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{program} is not installed");
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{program} {args:?}: {said}");
    Some(said)
}

#[test]
fn unzip_7z_and_python_accept_them() {
    let folder = tempfile::tempdir().expect("a folder");
    sealed(folder.path(), None);
    told(folder.path(), "unzip", &["-tq", "incident.zip"]);
    told(folder.path(), "7zz", &["t", "incident.zip"]);
    told(folder.path(), "python3", &["-c", "import zipfile; assert zipfile.ZipFile('incident.zip').testzip() is None"]);
}

#[test]
fn sha256sum_agrees_on_the_unpacked_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    sealed(folder.path(), None);
    if told(folder.path(), "unzip", &["-q", "incident.zip"]).is_some() {
        let said = told(&folder.path().join("incident"), "sha256sum", &["-c", "meta/SHA256SUMS"]);
        assert!(said.is_none_or(|said| said.contains("nodes/node-1/journal/kubelet.log: OK")));
    }
}

#[test]
fn minisign_checks_the_signature() {
    let folder = tempfile::tempdir().expect("a folder");
    if told(folder.path(), "minisign", &["-GW", "-p", "key.pub", "-s", "key"]).is_none() {
        return;
    }
    let no_password = || -> std::io::Result<String> { panic!("the key has no password") };
    let key = SigningKey::read(&folder.path().join("key"), no_password).expect("a key");
    sealed(folder.path(), Some(&key));
    if told(folder.path(), "unzip", &["-q", "incident.zip"]).is_some() {
        told(folder.path(), "minisign", &["-V", "-p", "key.pub", "-m", "incident/meta/SHA256SUMS"]);
    }
}

#[test]
fn a_key_with_a_password_asks_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let pair = minisign::KeyPair::generate_encrypted_keypair(Some("swordfish".into())).expect("a pair of keys");
    let path = folder.path().join("key");
    std::fs::write(&path, pair.sk.to_box(None).expect("a box").to_string()).expect("a file");
    assert!(SigningKey::read(&path, || Ok("mackerel".into())).is_err());
    SigningKey::read(&path, || Ok("swordfish".into())).expect("the right password");
}
