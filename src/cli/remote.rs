//! Inputs that are named by an address: those of an object store are read there, those of a folder as any file.

use super::failure::Failure;
use k8s_forensics::archive::Remote;
use std::path::{Path, PathBuf};

/// How addresses of object stores begin.
const STORES: [&str; 3] = ["s3://", "gs://", "az://"];
/// How those of files do.
const FILE: &str = "file://";

/// Where an input is.
pub enum Lies {
    Here(PathBuf),
    Elsewhere(Remote),
}

/// Whether a path is an address in an object store.
pub fn is_elsewhere(path: &Path) -> bool {
    path.to_str().is_some_and(|text| STORES.iter().any(|store| text.starts_with(store)))
}

/// Where an input is that is given by its path or address.
pub fn find(path: &Path) -> Result<Lies, Failure> {
    if is_elsewhere(path) {
        return open(path).map(Lies::Elsewhere);
    }
    let file = path.to_str().and_then(|text| text.strip_prefix(FILE)).filter(|file| file.starts_with('/'));
    Ok(Lies::Here(file.map_or_else(|| path.to_owned(), PathBuf::from)))
}

/// Fails where something would be written beside an input that is in a store.
pub fn refuse_beside(path: &Path, tried: &str) -> Result<(), Failure> {
    if !is_elsewhere(path) {
        return Ok(());
    }
    Err(Failure::usage(tried, "it would be written beside the archive, which is in an object store")
        .hint("say where to with -o; upload puts it into the store"))
}

#[cfg(not(feature = "stores"))]
fn open(path: &Path) -> Result<Remote, Failure> {
    let tried = format!("open {}", path.display());
    Err(Failure::usage(tried, "this program was built without object stores")
        .hint("build it with --features stores, or copy the object here first"))
}

#[cfg(feature = "stores")]
pub use stores::access;
#[cfg(feature = "stores")]
use stores::open;

#[cfg(feature = "stores")]
mod stores {
    use super::Failure;
    use k8s_forensics::archive::Remote;
    use k8s_forensics::stores::{Access, Address, Fault, Pace, Reading};
    use std::path::Path;

    pub fn open(path: &Path) -> Result<Remote, Failure> {
        let text = path.to_string_lossy().into_owned();
        let tried = format!("open {text}");
        let address = Address::read(&text).map_err(|why| Failure::usage(&tried, why))?;
        let said = tried.clone();
        let opened = Reading::open(&address, &access(), Box::new(move |fault| give_up(&said, fault)));
        opened.map(|(_, remote)| remote).map_err(|fault| failed(&tried, &fault))
    }

    /// With what stores are reached: what the environment says.
    pub fn access() -> Access {
        let variables = std::env::vars_os();
        let variables =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Access { variables: variables.collect(), pace: Pace::default() }
    }

    /// Ends the program: an archive of which a part could not be had would be taken for a damaged one, and the report that
    /// is made of it for all there is.
    fn give_up(tried: &str, fault: &Fault) {
        super::super::report(&failed(tried, fault));
        std::process::exit(1);
    }

    fn failed(tried: &str, fault: &Fault) -> Failure {
        Failure::environment(tried, fault).hint(fault.hint())
    }
}
