//! For whom an archive is encrypted: public keys of age, and those of ssh that age takes.

use super::identities::Identities;
use super::scratch_key::ScratchKey;
use super::writer::EncryptedFile;
use crate::archive::error::ArchiveError;
use age::x25519;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// The most bytes that a file of recipients may have.
const FILE_BYTES: u64 = 1 << 20;
/// What age puts into a header at random, so that no reader relies on its size, is shorter than this, in bytes.
const RANDOM_BYTES: u64 = 1024;
/// What a piece of an age file has of content, and what it has besides.
const PIECE: u64 = 64 << 10;
const TAG: u64 = 16;

/// Public keys. Whoever has the secret key of one of them can read what is encrypted.
pub struct Recipients {
    keys: Vec<Box<dyn age::Recipient + Send + Sync>>,
    scratch: Arc<ScratchKey>,
    reader: Option<Arc<Identities>>,
}

impl Recipients {
    /// Reads recipients, each `age1…`, `ssh-ed25519 …`, `ssh-rsa …`, or `@FILE` with one a line, as the option `-R` of
    /// age takes it.
    ///
    /// # Errors
    /// For what is no such key, or a file that cannot be read.
    pub fn parse(texts: &[String]) -> Result<Self, ArchiveError> {
        let mut keys = Vec::new();
        for text in texts {
            match text.strip_prefix('@') {
                Some(file) => add_file(Path::new(file), &mut keys)?,
                None => keys.push(key(text).map_err(|why| ArchiveError::Recipient { what: shown(text), why })?),
            }
        }
        if keys.is_empty() {
            let why = "no recipient is named".to_owned();
            return Err(ArchiveError::Recipient { what: "nobody".to_owned(), why });
        }
        let scratch = ScratchKey::random().map_err(|error| ArchiveError::Recipient {
            what: "what waits on the disk".to_owned(),
            why: error.to_string(),
        })?;
        let recipients = Self { keys, scratch: Arc::new(scratch), reader: None };
        match recipients.header_bytes() {
            Ok(bytes) if bytes < super::HEADER_BYTES as u64 => Ok(recipients),
            Ok(_) => Err(wrong_of_all(recipients.keys.len(), "they are more than the header of an archive takes")),
            Err(error) => Err(wrong_of_all(recipients.keys.len(), &error.to_string())),
        }
    }

    /// Lets this program itself read again what it has written: with one more key that is made here, is in memory only
    /// and goes with it. The program has the content in memory anyway, so this gives nothing away.
    pub fn readable_here(mut self) -> Self {
        let own = x25519::Identity::generate();
        self.keys.push(Box::new(own.to_public()));
        self.reader = Some(Arc::new(Identities::own(own)));
        self
    }

    /// Who can read what was encrypted to these while this program runs.
    #[cfg(feature = "live")]
    pub(crate) fn reader(&self) -> Option<Arc<Identities>> {
        self.reader.clone()
    }

    /// The key of what waits on the disk.
    pub(in crate::archive) fn scratch_key(&self) -> Arc<ScratchKey> {
        self.scratch.clone()
    }

    /// Begins an encrypted file in an empty one.
    pub(in crate::archive) fn begin(&self, file: File) -> io::Result<EncryptedFile> {
        EncryptedFile::begin(file, self.encryptor()?)
    }

    /// `content` as an age file.
    pub fn encrypt(&self, content: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = self.encryptor()?.wrap_output(Vec::new())?;
        stream.write_all(content)?;
        stream.finish()
    }

    /// How many bytes of content fit an encrypted file of `limit` bytes.
    pub(in crate::archive) fn room_within(&self, limit: u64) -> io::Result<u64> {
        let room = limit.saturating_sub(self.header_bytes()?);
        Ok(room.saturating_sub((room / (PIECE + TAG) + 1) * TAG))
    }

    /// The most bytes that the header has, with the end of the file.
    fn header_bytes(&self) -> io::Result<u64> {
        let empty = self.encryptor()?.wrap_output(Vec::new())?.finish()?;
        Ok(empty.len() as u64 + RANDOM_BYTES)
    }

    fn encryptor(&self) -> io::Result<age::Encryptor> {
        let keys = self.keys.iter().map(|key| key.as_ref() as &dyn age::Recipient);
        age::Encryptor::with_recipients(keys).map_err(io::Error::other)
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipients").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

fn wrong_of_all(count: usize, why: &str) -> ArchiveError {
    ArchiveError::Recipient { what: format!("each of {count}"), why: why.to_owned() }
}

fn add_file(path: &Path, keys: &mut Vec<Box<dyn age::Recipient + Send + Sync>>) -> Result<(), ArchiveError> {
    let io = |source| ArchiveError::Io { action: "read recipients from", path: path.to_owned(), source };
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_string(&mut text)).map_err(io)?;
    let before = keys.len();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let what = || format!("line {} of {}", number + 1, path.display());
        keys.push(key(line).map_err(|why| ArchiveError::Recipient { what: what(), why })?);
    }
    match keys.len() > before {
        true => Ok(()),
        false => Err(ArchiveError::Recipient { what: path.display().to_string(), why: "it names nobody".to_owned() }),
    }
}

fn key(text: &str) -> Result<Box<dyn age::Recipient + Send + Sync>, String> {
    let known = "write age1…, ssh-ed25519 …, ssh-rsa …, or @FILE with one a line";
    if text.starts_with("AGE-SECRET-KEY-") {
        return Err("that is a secret key, which nobody should see: give the public key that belongs to it".to_owned());
    }
    if text.starts_with("age1") {
        let parsed = text.parse::<x25519::Recipient>();
        let wrong = |why| format!("{why}; keys of plugins are not supported here");
        return parsed.map(|key| Box::new(key) as _).map_err(wrong);
    }
    if !text.starts_with("ssh-") {
        return Err(known.to_owned());
    }
    text.parse::<age::ssh::Recipient>().map(|key| Box::new(key) as _).map_err(|error| ssh_error(&error))
}

fn ssh_error(error: &age::ssh::ParseRecipientKeyError) -> String {
    use age::ssh::ParseRecipientKeyError as Wrong;
    match error {
        Wrong::Invalid(why) => (*why).to_owned(),
        Wrong::RsaModulusTooLarge => "its RSA modulus has more than 4096 bits".to_owned(),
        Wrong::RsaModulusTooSmall => "its RSA modulus has fewer than 2048 bits".to_owned(),
        Wrong::Unsupported(kind) => format!("age takes no ssh keys of the kind {kind}"),
        _ => "age takes no ssh keys of its kind".to_owned(),
    }
}

/// The beginning of a key, enough to find it by. Of a secret key, nothing.
fn shown(text: &str) -> String {
    match text.starts_with("AGE-SECRET-KEY-") {
        true => "AGE-SECRET-KEY-…".to_owned(),
        false => crate::archive::error::quoted(text.as_bytes()),
    }
}
