//! One file to one object that is new: in one request, in parts that can be gone on with, or by a link in a folder.

use super::fault::{Fault, Kind};
use super::package::Item;
use super::place::Place;
use super::sums;
use super::unfinished::Unfinished;
use futures_util::StreamExt;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// S3 takes no more parts (docs.aws.amazon.com, Amazon S3 multipart upload limits).
const MOST_PARTS: u64 = 10_000;

/// What came of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It is there now, and so many bytes of it were sent.
    Sent(u64),
    /// It was there.
    WasThere,
}

/// Makes an object of a file, where there is none. `is_listed` says that its hash is known to be that of what is there.
pub async fn put(place: &Place, item: &Item, is_listed: bool) -> Result<Came, Fault> {
    let one = One { place, item, is_listed, path: place.path(&place.address.key_of(&item.sum.name))? };
    if let Some(found) = place.head(&one.path, &item.sum.name).await? {
        return one.compared(&found).await;
    }
    let came = match &place.parts {
        _ if item.bytes <= place.part => one.whole().await?,
        Some(parts) => one.in_parts(&**parts).await?,
        None => one.linked().await?,
    };
    if !place.verifies && came != Came::WasThere {
        one.read_back().await?;
    }
    Ok(came)
}

/// Fails where there is an object already whose bytes are not those of the file.
pub async fn compare(place: &Place, item: &Item) -> Result<(), Fault> {
    let one = One { place, item, is_listed: false, path: place.path(&place.address.key_of(&item.sum.name))? };
    match place.head(&one.path, &item.sum.name).await? {
        Some(found) => one.compared(&found).await.map(drop),
        None => Ok(()),
    }
}

struct One<'a> {
    place: &'a Place,
    item: &'a Item,
    is_listed: bool,
    path: Path,
}

impl One<'_> {
    fn fault(&self, error: &Error) -> Fault {
        self.place.fault(error, &self.item.sum.name)
    }

    fn faulty(&self, kind: Kind, said: &str) -> Fault {
        Fault::new(kind, self.place.address.at(&self.item.sum.name), said)
    }

    fn here(&self, error: &io::Error) -> Fault {
        Fault::new(Kind::Here, self.item.path.display(), error)
    }

    /// What is there already, if it is the same.
    async fn compared(&self, found: &ObjectMeta) -> Result<Came, Fault> {
        if found.size != self.item.bytes {
            let said = format!("{} bytes, not {}", found.size, self.item.bytes);
            return Err(self.faulty(Kind::Taken, &said));
        }
        if !self.is_listed && self.hash().await? != self.item.sum.sha256 {
            return Err(self.faulty(Kind::Taken, "of the same size"));
        }
        Ok(Came::WasThere)
    }

    async fn compared_again(&self) -> Result<Came, Fault> {
        match self.place.head(&self.path, &self.item.sum.name).await? {
            Some(found) => self.compared(&found).await,
            None => Err(self.faulty(Kind::Failing, "it says that the object is there, and that it is not")),
        }
    }

    async fn whole(&self) -> Result<Came, Fault> {
        let mut file = File::open(&self.item.path).map_err(|error| self.here(&error))?;
        let bytes = part(&mut file, 0, self.item.bytes).map_err(|error| self.here(&error))?;
        if sums::hexadecimal(&Sha256::digest(&bytes)) != self.item.sum.sha256 {
            return Err(Fault::new(Kind::Here, self.item.path.display(), "it was changed meanwhile"));
        }
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.place.store.put_opts(&self.path, PutPayload::from(bytes), options).await {
            Ok(_) => Ok(Came::Sent(self.item.bytes)),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => self.compared_again().await,
            Err(error) => Err(self.fault(&error)),
        }
    }

    async fn in_parts(&self, parts: &dyn MultipartStore) -> Result<Came, Fault> {
        let to = self.place.address.at(&self.item.sum.name);
        if let Some(begun) = Unfinished::find(self.item, &to) {
            match self.rest(parts, begun).await {
                // The store has let go of it, or made the object and could not say so.
                Err(fault) if fault.kind == Kind::Missing => Unfinished::forget(&self.item.path),
                done => return done,
            }
            if let Some(found) = self.place.head(&self.path, &self.item.sum.name).await? {
                return self.compared(&found).await;
            }
        }
        let part = self.place.part.max(self.item.bytes.div_ceil(MOST_PARTS));
        let id = parts.create_multipart(&self.path).await.map_err(|error| self.fault(&error))?;
        match self.rest(parts, Unfinished::new(self.item, &to, part, id)).await {
            // An answer got lost, and by the second question the parts were an object.
            Err(fault) if fault.kind == Kind::Missing => {
                match self.place.head(&self.path, &self.item.sum.name).await? {
                    Some(found) => self.compared(&found).await,
                    None => Err(fault),
                }
            }
            done => done,
        }
    }

    /// Sends the parts that have not arrived, and makes the object of all.
    async fn rest(&self, store: &dyn MultipartStore, mut begun: Unfinished) -> Result<Came, Fault> {
        let mut file = File::open(&self.item.path).map_err(|error| self.here(&error))?;
        // Without a place to keep it, an upload that breaks off begins anew.
        let _ = begun.keep(&self.item.path);
        let mut sent = 0;
        loop {
            let at = begun.part.saturating_mul(begun.parts.len() as u64);
            let length = begun.bytes.saturating_sub(at).min(begun.part);
            if length == 0 {
                break;
            }
            let bytes = part(&mut file, at, length).map_err(|error| self.here(&error))?;
            let payload = PutPayload::from(bytes);
            let arrived = store.put_part(&self.path, &begun.id, begun.parts.len(), payload).await;
            begun.parts.push(arrived.map_err(|error| self.fault(&error))?.content_id);
            let _ = begun.keep(&self.item.path);
            sent += length;
        }
        // S3 fails where there is an object by now; the others are asked.
        if self.place.head(&self.path, &self.item.sum.name).await?.is_some() {
            return self.given_up(store, &begun).await;
        }
        let parts = begun.parts.iter().map(|id| PartId { content_id: id.clone() }).collect();
        match store.complete_multipart(&self.path, &begun.id, parts).await {
            Ok(_) => {
                Unfinished::forget(&self.item.path);
                Ok(Came::Sent(sent))
            }
            Err(error) => match self.fault(&error) {
                _ if is_taken(&error) => self.given_up(store, &begun).await,
                fault if may_pass(fault.kind) => Err(fault),
                fault => {
                    Unfinished::forget(&self.item.path);
                    Err(fault)
                }
            },
        }
    }

    /// What is there instead of what was being sent, if it is the same.
    async fn given_up(&self, store: &dyn MultipartStore, begun: &Unfinished) -> Result<Came, Fault> {
        // What it keeps of parts costs money only.
        let _ = store.abort_multipart(&self.path, &begun.id).await;
        Unfinished::forget(&self.item.path);
        self.compared_again().await
    }

    /// A folder has no parts: the file is written under another name, and gets its own where nothing has it.
    async fn linked(&self) -> Result<Came, Fault> {
        let name = format!(".{}.{}.uploading", self.item.sum.name.replace('/', "-"), self.item.sum.sha256);
        let staged = self.place.path(&self.place.address.key_of(&name))?;
        let mut file = File::open(&self.item.path).map_err(|error| self.here(&error))?;
        let mut upload = self.place.store.put_multipart(&staged).await.map_err(|error| self.fault(&error))?;
        let mut at = 0;
        while at < self.item.bytes {
            let length = (self.item.bytes - at).min(self.place.part);
            let bytes = part(&mut file, at, length).map_err(|error| self.here(&error))?;
            if let Err(error) = upload.put_part(PutPayload::from(bytes)).await {
                let _ = upload.abort().await;
                return Err(self.fault(&error));
            }
            at += length;
        }
        upload.complete().await.map_err(|error| self.fault(&error))?;
        match self.place.store.rename_if_not_exists(&staged, &self.path).await {
            Ok(()) => Ok(Came::Sent(self.item.bytes)),
            Err(error) => {
                let _ = self.place.store.delete(&staged).await;
                if matches!(error, Error::AlreadyExists { .. }) {
                    self.compared_again().await
                } else {
                    Err(self.fault(&error))
                }
            }
        }
    }

    /// What the store did not verify is read again. What differs was written a moment ago by us, and is removed.
    async fn read_back(&self) -> Result<(), Fault> {
        if self.hash().await? == self.item.sum.sha256 {
            return Ok(());
        }
        let _ = self.place.store.delete(&self.path).await;
        Err(self.faulty(Kind::Altered, "read again, it has another hash"))
    }

    /// The hash of what is there.
    async fn hash(&self) -> Result<String, Fault> {
        let found = self.place.store.get(&self.path).await.map_err(|error| self.fault(&error))?;
        let (mut hash, mut stream) = (Sha256::new(), found.into_stream());
        while let Some(bytes) = stream.next().await {
            hash.update(bytes.map_err(|error| self.fault(&error))?);
        }
        Ok(sums::hexadecimal(&hash.finalize()))
    }
}

fn is_taken(error: &Error) -> bool {
    matches!(error, Error::AlreadyExists { .. } | Error::Precondition { .. })
        || error.to_string().contains("status code: 412")
}

/// Whether parts are worth keeping: the same may go well later.
fn may_pass(kind: Kind) -> bool {
    !matches!(kind, Kind::Other | Kind::Altered | Kind::Unable)
}

/// `length` bytes of a file from `at` on.
fn part(file: &mut File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
