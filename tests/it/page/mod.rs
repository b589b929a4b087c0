//! `timeline.html` in a real browser: what each interaction draws, that it asks nothing of the network, and that those who
//! read with a screen reader, in the dark or on a telephone can.

mod addresses;
mod browser;
mod drawing;
mod interactions;
mod measured;
mod panel;
mod reading;

use crate::fixture;
use browser::Browser;
use ct_codecs::{Base64, Decoder};
use flate2::read::ZlibDecoder;
use k8s_forensics::analysis::{self, Analyzed};
use k8s_forensics::archive::Archive;
use k8s_forensics::report::ALL;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn archive_of(fixture: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture).join("archive")
}

fn analyzed(fixture: &str) -> Analyzed {
    analyzed_archive(&archive_of(fixture))
}

fn analyzed_archive(folder: &Path) -> Analyzed {
    let archive = Archive::open(folder).expect("a readable archive");
    analysis::analyze(&archive, fixture::knowledge(), 2).expect("an analysis")
}

fn written(of: &Analyzed) -> Vec<u8> {
    let page = ALL.iter().find(|one| one.file == "timeline.html").expect("the page");
    let mut bytes = Vec::new();
    (page.write)(of, &mut bytes).expect("memory to write to");
    bytes
}

/// A page with what is packed in it.
pub fn with_data(page: &str) -> String {
    let mut all = page.to_owned();
    for packed in page.split("<script type=\"application/octet-stream\"").skip(1) {
        let packed = packed.split('>').nth(1).and_then(|rest| rest.split('<').next()).expect("data");
        let bytes = Base64::decode_to_vec(packed, None).expect("base64");
        ZlibDecoder::new(bytes.as_slice()).read_to_string(&mut all).expect("JSON");
    }
    all
}

/// The page of a recorded incident, made once.
fn page() -> PathBuf {
    static PAGE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PAGE.get_or_init(|| saved(&analyzed("memory-cascade")));
    path.clone()
}

fn saved(of: &Analyzed) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("timeline.html");
    std::fs::write(&path, written(of)).expect("a page");
    (folder, path)
}

/// The page of a recorded incident in a window as that of a laptop.
fn opened() -> Option<Browser> {
    let mut browser = Browser::open(1440, 900)?;
    browser.go(&page(), "");
    Some(browser)
}

/// What is shown, as the page tells it.
fn view(browser: &mut Browser) -> Value {
    browser.ask("timeline.view()")
}

fn span(browser: &mut Browser) -> (f64, f64) {
    let view = view(browser);
    (view["from"].as_f64().expect("a time"), view["to"].as_f64().expect("a time"))
}

/// The middle of an element on the screen.
fn middle(browser: &mut Browser, selector: &str) -> (f64, f64) {
    let found = browser.ask(&format!(
        "(() => {{ const box = document.querySelector({selector:?}).getBoundingClientRect();
           return [box.left + box.width / 2, box.top + box.height / 2]; }})()"
    ));
    (found[0].as_f64().expect("a place"), found[1].as_f64().expect("a place"))
}

/// Where a mark that was drawn stands on the screen: the first of which `holds`, an expression over `one`, is true.
fn mark(browser: &mut Browser, holds: &str) -> ((f64, f64), String) {
    let found = browser.ask(&format!(
        "(() => {{ const box = document.getElementById('plane').getBoundingClientRect();
           const one = timeline.drawn().find((one) => one.x > 20 && one.y > 30 && {holds});
           return [box.left + one.x, box.top + one.y, one.ids[0]]; }})()"
    ));
    let place = (found[0].as_f64().expect("a place"), found[1].as_f64().expect("a place"));
    (place, found[2].as_str().expect("an id").to_owned())
}
