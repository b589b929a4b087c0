//! A store that is reached: its client with the settings that were given, and one runtime for what waits for it.

use super::address::{Address, Scheme};
use super::fault::{Fault, Kind};
use super::wire::CreateOnly;
use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, Error, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;
use tokio::runtime::Runtime;

/// What is sent in one request at least, and kept in memory meanwhile.
const PART: u64 = 16 << 20;

/// With what a store is reached.
#[derive(Clone, Debug)]
pub struct Access {
    /// The environment, of which the variables of the clouds' own tools count.
    pub variables: Vec<(String, String)>,
    pub pace: Pace,
}

/// How long a store is waited for, and how much is sent at once.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Until a connection is there.
    pub connect: Duration,
    /// Without a byte of an answer.
    pub silence: Duration,
    /// For how long, and how often, what failed is tried again.
    pub patience: Duration,
    pub tries: usize,
    /// The longest pause between two tries.
    pub pause: Duration,
    /// Bytes of a part. What has no more goes in one request.
    pub part: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            patience: Duration::from_secs(90),
            tries: 8,
            pause: Duration::from_secs(15),
            part: PART,
        }
    }
}

/// A store and a folder in it.
#[derive(Clone)]
pub(super) struct Place {
    pub address: Address,
    pub store: Arc<dyn ObjectStore>,
    /// The same by its parts, where an upload can be gone on with.
    pub parts: Option<Arc<dyn MultipartStore>>,
    /// Whether it compares what it gets with a checksum that comes with it.
    pub verifies: bool,
    pub part: u64,
}

impl Place {
    pub fn open(address: &Address, access: &Access) -> Result<Self, Fault> {
        let part = access.pace.part.max(1);
        let open = |store, parts, verifies| Self { address: address.clone(), store, parts, verifies, part };
        let unusable = |error: Error| match &error {
            Error::Generic { .. } | Error::NotSupported { .. } => Fault::new(Kind::Settings, address, error),
            _ => Fault::of(&error, address, address),
        };
        Ok(match address.scheme {
            Scheme::S3 => {
                let store = Arc::new(s3(address, access).map_err(unusable)?);
                open(store.clone(), Some(store), true)
            }
            Scheme::Gs => {
                let store = Arc::new(gs(address, access).map_err(unusable)?);
                open(store.clone(), Some(store), false)
            }
            Scheme::Az => {
                let store = Arc::new(az(address, access).map_err(unusable)?);
                open(store.clone(), Some(store), false)
            }
            Scheme::File => {
                let folder = std::path::Path::new(&address.bucket);
                if !folder.is_dir() {
                    return Err(Fault::new(Kind::NoBucket, address, ""));
                }
                let store = LocalFileSystem::new_with_prefix(folder).map_err(unusable)?.with_fsync(true);
                open(Arc::new(store), None, false)
            }
        })
    }

    /// The path of a key.
    pub fn path(&self, key: &str) -> Result<Path, Fault> {
        Path::parse(key).map_err(|error| Fault::new(Kind::Settings, self.address.at(""), error))
    }

    /// What the crate tells of the object `name`.
    pub fn fault(&self, error: &Error, name: &str) -> Fault {
        Fault::of(error, &self.address, self.address.at(name))
    }

    /// What is known of an object, if there is one.
    pub async fn head(&self, path: &Path, name: &str) -> Result<Option<ObjectMeta>, Fault> {
        match self.store.head(path).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.fault(&error, name)),
        }
    }

    /// An object of at most `most` bytes, if there is one.
    pub async fn small(&self, path: &Path, name: &str, most: u64) -> Result<Option<Vec<u8>>, Fault> {
        let found = match self.store.get(path).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.fault(&error, name)),
        };
        if found.meta.size > most {
            return Err(Fault::new(Kind::Taken, self.address.at(name), "it is larger than any of ours"));
        }
        let bytes = found.into_stream().try_collect::<Vec<_>>().await.map_err(|error| self.fault(&error, name))?;
        Ok(Some(bytes.concat()))
    }
}

/// The settings that all stores share.
fn client(access: &Access) -> ClientOptions {
    // Of an answer that takes long as it is large only the silence within counts.
    ClientOptions::new()
        .with_user_agent(http::HeaderValue::from_static(concat!("k8s-forensics/", env!("CARGO_PKG_VERSION"))))
        .with_connect_timeout(access.pace.connect)
        .with_timeout_disabled()
        .with_read_timeout(access.pace.silence)
}

fn retry(pace: &Pace) -> RetryConfig {
    let backoff = BackoffConfig { max_backoff: pace.pause, ..BackoffConfig::default() };
    let init_backoff = backoff.init_backoff.min(pace.pause);
    let backoff = BackoffConfig { init_backoff, ..backoff };
    RetryConfig { backoff, max_retries: pace.tries, retry_timeout: pace.patience }
}

/// Variables that a cloud's tool would read, by the crate's names for them.
fn settings<'a, K: std::str::FromStr>(access: &'a Access, prefix: &str) -> Vec<(K, &'a str)> {
    let ours = access.variables.iter().filter(|(name, value)| name.starts_with(prefix) && !value.is_empty());
    ours.filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value.as_str()))).collect()
}

fn s3(address: &Address, access: &Access) -> object_store::Result<object_store::aws::AmazonS3> {
    let given = settings::<AmazonS3ConfigKey>(access, "AWS_");
    let is_plain = given.iter().any(|(key, value)| {
        matches!(key, AmazonS3ConfigKey::Endpoint | AmazonS3ConfigKey::S3Endpoint) && value.starts_with("http://")
    });
    let mut builder = AmazonS3Builder::new()
        .with_client_options(client(access).with_allow_http(is_plain))
        .with_checksum_algorithm(Checksum::SHA256)
        .with_disable_bulk_delete(true)
        .with_retry(retry(&access.pace))
        .with_http_connector(CreateOnly);
    for (key, value) in given {
        builder = builder.with_config(key, value);
    }
    tls();
    builder.with_bucket_name(&address.bucket).build()
}

fn gs(address: &Address, access: &Access) -> object_store::Result<object_store::gcp::GoogleCloudStorage> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_client_options(client(access))
        .with_retry(retry(&access.pace))
        .with_bucket_name(&address.bucket);
    for (key, value) in settings(access, "GOOGLE_") {
        builder = builder.with_config(key, value);
    }
    tls();
    builder.with_bucket_name(&address.bucket).build()
}

fn az(address: &Address, access: &Access) -> object_store::Result<object_store::azure::MicrosoftAzure> {
    let mut builder = MicrosoftAzureBuilder::new().with_client_options(client(access)).with_retry(retry(&access.pace));
    for (key, value) in settings(access, "AZURE_") {
        builder = builder.with_config(key, value);
    }
    tls();
    builder.with_container_name(&address.bucket).build()
}

/// The crate's client takes the TLS that the program has chosen. Another part may have chosen the same before.
fn tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Waits for what a store is asked, from any thread. It is no runtime's own, so that those that have one can wait too.
pub(super) fn wait<T: Send + 'static>(asked: impl Future<Output = T> + Send + 'static) -> Result<T, Fault> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let begun = RUNTIME.get_or_init(|| {
        let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        built.map_err(|error| error.to_string())
    });
    let runtime = begun.as_ref().map_err(|error| Fault::new(Kind::Here, "what waits for stores", error))?;
    let (done, result) = mpsc::sync_channel(1);
    runtime.spawn(async move {
        // Whoever asked waits.
        let _ = done.send(asked.await);
    });
    result.recv().map_err(|_| Fault::new(Kind::Other, "what waits for stores", "it ended"))
}
