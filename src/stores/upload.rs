//! A package to a store: its hashes first, under a name that only one can take, then its files.

use super::address::Address;
use super::fault::{Fault, Kind};
use super::object::{self, Came};
use super::package::Package;
use super::place::{Access, Place, wait};
use super::sums;
use object_store::path::Path;
use object_store::{Error, PutMode, PutOptions, PutPayload};

/// What came of an upload.
#[derive(Debug)]
pub struct Uploaded {
    /// Where the archive is, or the files of the report.
    pub url: String,
    /// Where its hashes are.
    pub sums: String,
    /// Of the archive, or of the file of hashes of a report.
    pub sha256: Option<String>,
    /// How many files were not there before; none where all of them were.
    pub new: usize,
    /// How much was sent: less than all where an earlier run had sent some.
    pub sent: u64,
}

/// Makes objects of the files of `package` below `to`, and verifies each.
///
/// # Errors
/// Where anything of that name is there with other content, and of that nothing is changed; where the store fails. What
/// has arrived then is used when the same package is uploaded to the same place again.
pub fn upload(package: Package, to: &Address, access: &Access) -> Result<Uploaded, Fault> {
    let place = Place::open(to, access)?;
    wait(async move { uploaded(&place, &package).await })?
}

async fn uploaded(place: &Place, package: &Package) -> Result<Uploaded, Fault> {
    let name = format!("{}{}", package.name, sums::ENDING);
    let path = place.path(&place.address.key_of(&name))?;
    let is_listed = match place.small(&path, &name, sums::MOST).await? {
        Some(found) => {
            listed(place, package, &found)?;
            true
        }
        None => claim(place, package, (&path, &name)).await?,
    };
    let (mut new, mut sent) = (0, 0);
    for item in &package.items {
        if let Came::Sent(bytes) = object::put(place, item, is_listed).await? {
            (new, sent) = (new + 1, sent + bytes);
        }
    }
    let only = match package.items.as_slice() {
        [one] if one.sum.name == package.name => Some(one.sum.sha256.clone()),
        _ => None,
    };
    let (url, sums) = (place.address.at(&package.name), place.address.at(&name));
    Ok(Uploaded { url, sums, sha256: only, new, sent })
}

/// Writes the hashes, unless there is something else already. Gives whether they were written by another meanwhile.
async fn claim(place: &Place, package: &Package, (path, name): (&Path, &str)) -> Result<bool, Fault> {
    for item in &package.items {
        object::compare(place, item).await?;
    }
    let text = sums::written(&package.sums());
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match place.store.put_opts(path, PutPayload::from(text.into_bytes()), options).await {
        Ok(_) => Ok(false),
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
            let found = place.small(path, name, sums::MOST).await?.unwrap_or_default();
            listed(place, package, &found).map(|()| true)
        }
        Err(error) => Err(place.fault(&error, name)),
    }
}

/// Fails where the hashes that are there are others.
fn listed(place: &Place, package: &Package, found: &[u8]) -> Result<(), Fault> {
    let ours = sums::read(&String::from_utf8_lossy(found), &package.name);
    let name = format!("{}{}", package.name, sums::ENDING);
    match ours {
        Some(sums) if sums == package.sums() => Ok(()),
        Some(_) => Err(Fault::new(Kind::Taken, place.address.at(&package.name), format!("by the hashes in {name}"))),
        None => Err(Fault::new(Kind::Taken, place.address.at(&name), "it is not of this program")),
    }
}
