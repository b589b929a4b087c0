//! What can go wrong with a store, in one sentence each, and what to do then.

use super::address::{Address, Scheme};
use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};
use std::fmt;
use std::io::ErrorKind;

/// What of a server's own words is repeated, in characters.
const MOST_SAID: usize = 200;

/// A store did not do what it was asked.
#[derive(Clone, Debug)]
pub struct Fault {
    pub kind: Kind,
    /// Where, as an address.
    pub place: String,
    /// What the store says of it, or the system; may be nothing.
    pub said: String,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What it is told to use makes no sense, or there are no credentials.
    Settings,
    NoBucket,
    /// There is no such object.
    Missing,
    /// Credentials were good once.
    Expired,
    /// Credentials are not known.
    Unknown,
    NotAllowed,
    /// The clock of this machine is off, so that no signature is good.
    Clock,
    Full,
    /// There is something else already.
    Taken,
    /// It is not what was sent, or was changed while it was read.
    Altered,
    /// The bucket is in another region.
    Elsewhere,
    /// It answers that it cannot now.
    Failing,
    Unreachable,
    /// The connection ended, or no answer came.
    BrokeOff,
    /// What it cannot do.
    Unable,
    /// A file of this machine.
    Here,
    Other,
}

impl Fault {
    pub fn new(kind: Kind, place: impl fmt::Display, said: impl fmt::Display) -> Self {
        Self { kind, place: place.to_string(), said: one_line(&said.to_string()) }
    }

    /// What the crate tells of the object or prefix `place`.
    pub(super) fn of(error: &Error, address: &Address, place: impl fmt::Display) -> Self {
        let text = error.to_string();
        let (status, code) = (status(&text), between(&text, "<Code>", "</Code>").unwrap_or_default());
        let kind = by_code(code).or_else(|| by_status(status)).or_else(|| by_io(error)).or_else(|| by_kind(error));
        let kind = kind.unwrap_or(Kind::Other);
        // A store that is none has no bucket.
        let is_folder = address.scheme == Scheme::File;
        let said = match (status, code) {
            (None, "") => innermost(error),
            (status, code) => {
                let status = status.map(|status| status.to_string());
                let words = between(&text, "<Message>", "</Message>").map(str::to_owned);
                let known = [status, Some(code.to_owned()), words];
                known.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
            }
        };
        match kind {
            Kind::NoBucket if !is_folder => Self::new(kind, &address.bucket, said),
            Kind::Unreachable | Kind::BrokeOff => Self::new(kind, address, said),
            _ => Self::new(kind, place, said),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self.kind {
            Kind::Settings => {
                "credentials and endpoints come from the environment, as AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL, or from \
                 the role of the machine; docs/object-stores.md has all of them"
            }
            Kind::NoBucket => "create it, or correct its name in the address; the endpoint may be another one too",
            Kind::Missing => "look at what is there by the store's own tool, as aws s3 ls",
            Kind::Expired => {
                "get new credentials, as aws sso login and aws configure export-credentials --format env do"
            }
            Kind::Unknown => "set the credentials of this store; docs/object-stores.md has the variables",
            Kind::NotAllowed => "docs/object-stores.md has the least that has to be allowed",
            Kind::Clock => "set the clock of this machine: stores refuse what was signed minutes ago or ahead",
            Kind::Full => "make room there, or give another place",
            Kind::Taken => "nothing is written over: give it another name, or upload it below another prefix",
            Kind::Altered => "try again; if it comes again, something on the way changes what is sent",
            Kind::Elsewhere => "set AWS_REGION to the region of the bucket",
            Kind::Failing => "try again later",
            Kind::Unreachable => "check the network, proxies (HTTPS_PROXY) and the endpoint (AWS_ENDPOINT_URL)",
            Kind::BrokeOff => "try again when the network is back: parts that arrived are not sent again",
            Kind::Unable => "docs/object-stores.md says what a store has to be able to do",
            Kind::Here | Kind::Other => "docs/object-stores.md says what a store is asked for",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.place;
        match self.kind {
            Kind::Settings => write!(f, "the settings for {place} cannot be used")?,
            Kind::NoBucket => write!(f, "there is no bucket or folder {place}")?,
            Kind::Missing => write!(f, "there is no {place}")?,
            Kind::Expired => write!(f, "the credentials for {place} have expired")?,
            Kind::Unknown => write!(f, "the credentials for {place} are not accepted")?,
            Kind::NotAllowed => write!(f, "the credentials do not allow it for {place}")?,
            Kind::Clock => write!(f, "the clock of this machine is not that of the store of {place}")?,
            Kind::Full => write!(f, "there is no room for {place}")?,
            Kind::Taken => write!(f, "{place} is there already, with other content")?,
            Kind::Altered => write!(f, "{place} is not what it has to be")?,
            Kind::Elsewhere => write!(f, "the bucket of {place} is in another region")?,
            Kind::Failing => write!(f, "the store fails for {place}")?,
            Kind::Unreachable => write!(f, "the store of {place} does not answer")?,
            Kind::BrokeOff => write!(f, "the connection to the store of {place} broke off")?,
            Kind::Unable => write!(f, "the store of {place} cannot do what is needed")?,
            Kind::Here => write!(f, "{place} cannot be read here")?,
            Kind::Other => write!(f, "the store refuses {place}")?,
        }
        if self.said.is_empty() { Ok(()) } else { write!(f, " ({})", self.said) }
    }
}

impl std::error::Error for Fault {}

/// By the codes of S3 (docs.aws.amazon.com, Error responses), which Google's XML has too, and of Azure
/// (learn.microsoft.com, Blob service error codes).
fn by_code(code: &str) -> Option<Kind> {
    Some(match code {
        "NoSuchBucket" | "ContainerNotFound" => Kind::NoBucket,
        "NoSuchKey" | "BlobNotFound" => Kind::Missing,
        "ExpiredToken" | "TokenRefreshRequired" | "RequestExpired" => Kind::Expired,
        "InvalidAccessKeyId"
        | "InvalidToken"
        | "SignatureDoesNotMatch"
        | "AuthenticationFailed"
        | "InvalidSecurity"
        | "NoAuthenticationInformation" => Kind::Unknown,
        "AccessDenied" | "AllAccessDisabled" | "AuthorizationFailure" | "AuthorizationPermissionMismatch" => {
            Kind::NotAllowed
        }
        "RequestTimeTooSkewed" => Kind::Clock,
        "QuotaExceeded" | "XMinioStorageFull" | "InsufficientStorage" | "AccountQuotaExceeded" => Kind::Full,
        "BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "XAmzContentChecksumMismatch" | "Md5Mismatch" => {
            Kind::Altered
        }
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => Kind::Elsewhere,
        "NotImplemented" => Kind::Unable,
        "SlowDown" | "ServiceUnavailable" | "InternalError" | "ServerBusy" => Kind::Failing,
        _ => return None,
    })
}

fn by_status(status: Option<u16>) -> Option<Kind> {
    Some(match status? {
        301 | 307 | 308 => Kind::Elsewhere,
        401 => Kind::Unknown,
        403 => Kind::NotAllowed,
        404 => Kind::Missing,
        501 => Kind::Unable,
        507 => Kind::Full,
        429 | 500.. => Kind::Failing,
        _ => return None,
    })
}

/// By what the network or this system says.
fn by_io(error: &Error) -> Option<Kind> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut found = None;
    while let Some(cause) = next {
        if let Some(http) = cause.downcast_ref::<HttpError>() {
            found = Some(match http.kind() {
                HttpErrorKind::Connect => Kind::Unreachable,
                _ => Kind::BrokeOff,
            });
        }
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        match io {
            Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => return Some(Kind::Full),
            Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => return Some(Kind::NotAllowed),
            _ => {}
        }
        next = cause.source();
    }
    found
}

fn by_kind(error: &Error) -> Option<Kind> {
    Some(match error {
        Error::NotFound { .. } => Kind::Missing,
        Error::AlreadyExists { .. } => Kind::Taken,
        Error::Precondition { .. } => Kind::Altered,
        Error::PermissionDenied { .. } => Kind::NotAllowed,
        Error::Unauthenticated { .. } => Kind::Unknown,
        Error::NotSupported { .. } | Error::NotImplemented { .. } => Kind::Unable,
        Error::InvalidPath { .. } | Error::UnknownConfigurationKey { .. } => Kind::Settings,
        _ if error.to_string().contains("without LOCATION") => Kind::Elsewhere,
        _ => return None,
    })
}

fn status(text: &str) -> Option<u16> {
    let behind = text.split_once("status code: ")?.1;
    behind.get(..3)?.parse().ok()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    Some(text.split_once(from)?.1.split_once(to)?.0)
}

/// What the last cause says: those before it repeat it, with addresses that are in the sentence already.
fn innermost(error: &Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(MOST_SAID).collect()
}
