//! Object stores without one: a stand-in for S3 that fails on command, and folders through the same code. tests/stores.sh has
//! a real server.

mod command;
mod reads;
mod real;
mod server;
mod uploads;

use k8s_forensics::stores::{self, Access, Address, Fault, Pace, Package, Uploaded};
use server::Server;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// What goes in one request here.
const PART: u64 = 64 << 10;

/// Variables that a tool of the cloud would have.
fn variables(server: &Server) -> Vec<(String, String)> {
    let given = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t"), ("AWS_ENDPOINT_URL", &server.url)];
    given.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// A store that is waited for as little as a test can.
fn access(server: &Server) -> Access {
    let pause = Duration::from_millis(5);
    Access { variables: variables(server), pace: Pace { tries: 2, pause, part: PART, ..Pace::default() } }
}

fn address(text: &str) -> Address {
    Address::read(text).expect("an address")
}

fn upload(path: &Path, to: &str, server: &Server) -> Result<Uploaded, Fault> {
    stores::upload(Package::read(path).expect("a package"), &address(to), &access(server))
}

/// Makes other content of an archive.
fn made_other(path: &Path) {
    let mut file = std::fs::OpenOptions::new().append(true).open(path).expect("the archive");
    file.write_all(b"more").expect("room for it");
}
