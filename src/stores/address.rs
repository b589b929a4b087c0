//! Addresses of objects and of folders in stores, as `s3://BUCKET/PREFIX/`.

use std::fmt;
use std::path::{Path, PathBuf};

/// Which kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// S3, or a server that speaks like it.
    S3,
    /// Google Cloud Storage.
    Gs,
    /// Azure Blob Storage.
    Az,
    /// A folder of this machine.
    File,
}

impl Scheme {
    const ALL: [Self; 4] = [Self::S3, Self::Gs, Self::Az, Self::File];

    fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gs => "gs",
            Self::Az => "az",
            Self::File => "file",
        }
    }

    /// How its owner calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::Gs => "Google Cloud Storage",
            Self::Az => "Azure",
            Self::File => "the folder",
        }
    }
}

/// A place in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub scheme: Scheme,
    /// The bucket or container; of a folder, its path.
    pub bucket: String,
    /// What is behind it, without slashes at its ends; of a folder, nothing.
    pub key: String,
}

/// Why a text is no address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAddress {
    #[error("write it as s3://BUCKET/PREFIX/, gs://BUCKET/PREFIX/, az://CONTAINER/PREFIX/ or file:///FOLDER/")]
    Form,
    #[error("{0} has no bucket")]
    NoBucket(String),
    #[error("{0} has no path that begins with a slash: write file:///FOLDER/")]
    Relative(String),
    #[error("{0} has an empty part, a . or a .., a ? or a #, or a control character in it")]
    Part(String),
}

impl Address {
    /// Whether a text is meant as an address, good or not.
    pub fn is_meant(text: &str) -> bool {
        Scheme::ALL.iter().any(|scheme| rest(text, *scheme).is_some())
    }

    /// Reads one.
    pub fn read(text: &str) -> Result<Self, NotAnAddress> {
        let found = Scheme::ALL.into_iter().find_map(|scheme| Some((scheme, rest(text, scheme)?)));
        let (scheme, rest) = found.ok_or(NotAnAddress::Form)?;
        if scheme == Scheme::File {
            let path = rest.strip_prefix("localhost").unwrap_or(rest);
            if !path.starts_with('/') {
                return Err(NotAnAddress::Relative(text.to_owned()));
            }
            return Ok(Self { scheme, bucket: path.to_owned(), key: String::new() });
        }
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(NotAnAddress::NoBucket(text.to_owned()));
        }
        let key = key.strip_suffix('/').unwrap_or(key);
        let is_sound = |part: &str| {
            !matches!(part, "" | "." | "..") && !part.contains(|c: char| c.is_control() || matches!(c, '?' | '#'))
        };
        let are_parts_sound = key.is_empty() || key.split('/').all(is_sound);
        if !is_sound(bucket) || bucket.contains('@') || !are_parts_sound {
            return Err(NotAnAddress::Part(text.to_owned()));
        }
        Ok(Self { scheme, bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The key of what is called `name` in it.
    pub fn key_of(&self, name: &str) -> String {
        if self.key.is_empty() { name.to_owned() } else { format!("{}/{name}", self.key) }
    }

    /// The address of what is called `name` in it.
    pub fn at(&self, name: &str) -> String {
        match self.scheme {
            Scheme::File => format!("file://{}/{name}", self.bucket.trim_end_matches('/')),
            _ => format!("{}://{}/{}", self.scheme.name(), self.bucket, self.key_of(name)),
        }
    }

    /// The path of a file of this machine.
    pub fn local(&self) -> Option<PathBuf> {
        (self.scheme == Scheme::File).then(|| Path::new(&self.bucket).to_owned())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.scheme, self.key.is_empty()) {
            (Scheme::File, _) => write!(f, "file://{}", self.bucket),
            (scheme, true) => write!(f, "{}://{}", scheme.name(), self.bucket),
            (scheme, false) => write!(f, "{}://{}/{}", scheme.name(), self.bucket, self.key),
        }
    }
}

fn rest(text: &str, scheme: Scheme) -> Option<&str> {
    text.strip_prefix(scheme.name())?.strip_prefix("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_alike() {
        let read = |text| Address::read(text).unwrap();
        for text in ["s3://b", "s3://b/c/d", "gs://b/c", "az://c/d e", "file:///a/b"] {
            assert_eq!(read(text).to_string(), text);
        }
        assert_eq!(read("s3://b/c/").at("x.zip"), "s3://b/c/x.zip");
        assert_eq!(read("s3://b/").at("x.zip"), "s3://b/x.zip");
        assert_eq!(read("file:///a/").at("x.zip"), "file:///a/x.zip");
        assert_eq!(read("file:///a/x.zip").local(), Some(PathBuf::from("/a/x.zip")));
    }

    #[test]
    fn what_is_no_address_says_what_one_is() {
        assert!(!Address::is_meant("archive.zip") && !Address::is_meant("/s3://x") && Address::is_meant("s3://"));
        assert_eq!(Address::read("https://b/c"), Err(NotAnAddress::Form));
        assert_eq!(Address::read("s3:///c"), Err(NotAnAddress::NoBucket("s3:///c".to_owned())));
        assert_eq!(Address::read("file://a/b"), Err(NotAnAddress::Relative("file://a/b".to_owned())));
        for wrong in ["s3://b/../c", "s3://b//c", "s3://key:secret@b/c", "s3://b/c?x", "s3://b/c\n"] {
            assert_eq!(Address::read(wrong), Err(NotAnAddress::Part(wrong.to_owned())));
        }
    }
}
