//! What is kept for so long: removes older uploads of our own, and nothing else.
//!
//! Ours is what a file of hashes lists that this program wrote, and that is as old as it. Ages are by the store's clock:
//! between when it got the oldest and when it got the newest of what it lists.

use super::address::Address;
use super::fault::Fault;
use super::place::{Access, Place, wait};
use super::sums;
use chrono::{DateTime, TimeDelta, Utc};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStoreExt};
use std::time::Duration;

/// Removes what was uploaded below `to` more than `age` before the newest that is there, but for `latest`, which was just
/// uploaded. Gives the addresses of what it removed.
///
/// # Errors
/// Where the store fails. What was removed by then is gone, and the rest goes another time.
pub fn remove_older(to: &Address, latest: &str, age: Duration, access: &Access) -> Result<Vec<String>, Fault> {
    let place = Place::open(to, access)?;
    let latest = format!("{latest}{}", sums::ENDING);
    wait(async move { removed(&place, &latest, age).await })?
}

async fn removed(place: &Place, latest: &str, age: Duration) -> Result<Vec<String>, Fault> {
    let prefix = Path::parse(&place.address.key).ok().filter(|_| !place.address.key.is_empty());
    let listed = place.store.list_with_delimiter(prefix.as_ref()).await;
    let listed = listed.map_err(|error| Fault::of(&error, &place.address, &place.address))?.objects;
    let newest = listed.iter().map(|object| object.last_modified).max();
    let age = TimeDelta::from_std(age).unwrap_or(TimeDelta::MAX);
    let Some(before) = newest.and_then(|newest| newest.checked_sub_signed(age)) else { return Ok(Vec::new()) };
    let mut gone = Vec::new();
    for object in listed.iter().filter(|object| object.last_modified < before) {
        let Some(name) = object.location.filename().filter(|name| *name != latest) else { continue };
        if let Some(of) = name.strip_suffix(sums::ENDING).filter(|_| object.size <= sums::MOST) {
            gone.extend(removed_one(place, object, (name, of), before).await?);
        }
    }
    Ok(gone)
}

/// Removes what one file of hashes lists, and at last that, so that what breaks off is gone on with.
async fn removed_one(
    place: &Place,
    sums_file: &ObjectMeta,
    (name, of): (&str, &str),
    before: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let Some(text) = place.small(&sums_file.location, name, sums::MOST).await? else { return Ok(Vec::new()) };
    let Some(sums) = sums::read(&String::from_utf8_lossy(&text), of) else { return Ok(Vec::new()) };
    let mut gone = Vec::new();
    let mut is_any_left = false;
    for sum in &sums {
        let path = place.path(&place.address.key_of(&sum.name))?;
        match place.head(&path, &sum.name).await? {
            // Somebody else wrote it since.
            Some(found) if found.last_modified >= before => is_any_left = true,
            Some(_) => {
                remove(place, &path, &sum.name).await?;
                gone.push(place.address.at(&sum.name));
            }
            None => {}
        }
    }
    if !is_any_left {
        remove(place, &sums_file.location, name).await?;
        gone.push(place.address.at(name));
    }
    Ok(gone)
}

async fn remove(place: &Place, path: &Path, name: &str) -> Result<(), Fault> {
    match place.store.delete(path).await {
        Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(place.fault(&error, name)),
    }
}
