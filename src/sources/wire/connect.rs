//! From a kubeconfig, or from within a pod, to a client with our limits.

use super::api::{Api, Problem};
use super::request_limiter::RequestLimiter;
use super::secrets::hidden;
use super::target::Target;
use crate::archive::format::Status;
use crate::sources::{Login, SourcesError};
use futures_util::future::BoxFuture;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use std::sync::Arc;
use std::time::Duration;

/// A way to the API server; nothing has been asked yet.
pub struct Connection {
    pub api: Api,
    /// The kubeconfig context in use; none within a pod.
    pub context: Option<String>,
}

/// Reads the kubeconfig (the one that is named, else `KUBECONFIG`, else the one at home), or the pod's service account where
/// there is none. Whatever is asked keeps to `limiter`.
pub fn connect(target: Target, limiter: RequestLimiter) -> BoxFuture<'static, Result<Connection, SourcesError>> {
    Box::pin(connected(target, limiter))
}

/// The contexts of the kubeconfig that [`connect`] would read, by name; none where it cannot be read.
pub fn contexts(target: &Target) -> Vec<String> {
    let contexts = read(target).map(|kubeconfig| kubeconfig.contexts).unwrap_or_default();
    contexts.into_iter().map(|context| context.name).collect()
}

/// A context of a kubeconfig, and the API server that it leads to, if it names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContext {
    pub name: String,
    pub server: Option<String>,
}

/// The contexts of the kubeconfig that [`connect`] would read, the current one first.
pub fn known_contexts(target: &Target) -> Result<Vec<KnownContext>, SourcesError> {
    let kubeconfig = read(target).map_err(|error| SourcesError::Config(told(&error)))?;
    let server = |cluster: &str| {
        let named = kubeconfig.clusters.iter().find(|known| known.name == cluster)?;
        named.cluster.as_ref()?.server.clone()
    };
    let contexts = kubeconfig.contexts.iter().map(|named| KnownContext {
        name: named.name.clone(),
        server: named.context.as_ref().and_then(|context| server(&context.cluster)),
    });
    let (current, others): (Vec<_>, Vec<_>) =
        contexts.partition(|context| Some(&context.name) == kubeconfig.current_context.as_ref());
    Ok(current.into_iter().chain(others).collect())
}

async fn connected(target: Target, limiter: RequestLimiter) -> Result<Connection, SourcesError> {
    let is_named = target.context.is_some() || target.kubeconfig.is_some() || std::env::var_os("KUBECONFIG").is_some();
    let (mut config, context) = match read(&target) {
        Ok(kubeconfig) => from_kubeconfig(kubeconfig, target.context).await?,
        Err(error) if !is_named && is_absent(&error) => {
            let config = Config::incluster().map_err(|_| {
                SourcesError::Config(format!("no kubeconfig, and not running in a pod: {}", told(&error)))
            })?;
            (config, None)
        }
        Err(error) => return Err(SourcesError::Config(told(&error))),
    };
    target.acting_as.sign(&mut config);
    let client = client(config.clone(), limiter.timeouts().connect())?;
    Ok(Connection { api: Api::new(client, Arc::new(limiter)).made_by(Arc::new(config)), context })
}

/// As kubectl reads it: of several files in `KUBECONFIG`, those that do not exist are passed over.
fn read(target: &Target) -> Result<Kubeconfig, KubeconfigError> {
    if let Some(path) = &target.kubeconfig {
        return Kubeconfig::read_from(path);
    }
    let paths = std::env::var_os("KUBECONFIG").unwrap_or_default();
    let there: Vec<_> = std::env::split_paths(&paths).filter(|path| path.is_file()).collect();
    if there.is_empty() {
        return Kubeconfig::read();
    }
    let files = there.into_iter().map(Kubeconfig::read_from);
    files.reduce(|merged, next| merged?.merge(next?)).unwrap_or_else(Kubeconfig::read)
}

async fn from_kubeconfig(
    kubeconfig: Kubeconfig,
    context: Option<String>,
) -> Result<(Config, Option<String>), SourcesError> {
    let known: Vec<String> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    if let Some(context) = context.as_ref().filter(|context| !known.contains(context)) {
        return Err(SourcesError::Context { context: context.clone(), known });
    }
    let used = context.clone().or_else(|| kubeconfig.current_context.clone()).filter(|name| !name.is_empty());
    let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| SourcesError::Config(told(&error)))?;
    Ok((config, used))
}

fn client(mut config: Config, connect: Duration) -> Result<Client, SourcesError> {
    config.connect_timeout = Some(connect);
    config.read_timeout = None;
    config.cluster_url = without_user(config.cluster_url);
    // A retry belongs to whoever knows the limits of the item.
    config.default_retry = false;
    Client::try_from(config)
        .map_err(|error| SourcesError::Credentials(crate::sources::wire::status::of_transport(&error, connect).why))
}

/// `url` without a name and a password, which the library does not send, and shows in every trace.
fn without_user(url: http::Uri) -> http::Uri {
    let Some((_, host)) = url.authority().and_then(|authority| authority.as_str().rsplit_once('@')) else {
        return url;
    };
    let host = http::uri::Authority::try_from(host).ok();
    let mut parts = url.clone().into_parts();
    parts.authority = host.or(parts.authority);
    http::Uri::from_parts(parts).unwrap_or(url)
}

/// The host and port that `api` is asked at, as `10.0.0.1:6443`.
pub fn address_of(api: &Api) -> Option<String> {
    let url = &api.config()?.cluster_url;
    let host = url.authority().map(http::uri::Authority::host)?;
    let usual = if url.scheme_str() == Some("http") { 80 } else { 443 };
    Some(format!("{host}:{}", url.port_u16().unwrap_or(usual)))
}

/// A name that the certificates of API servers have whose cluster was set up by kubeadm or alike, since pods know them by
/// it (k8s.io/kubernetes v1.34.4, cmd/kubeadm/app/util/pkiutil/pki_helpers.go, `GetAPIServerAltNames`).
const NAME_IN_PODS: &str = "kubernetes.default.svc";

/// By which names the certificate of an API server may be known that is asked at an address of its own: that at which
/// `api` is asked, and that for pods.
pub fn names_of_members(api: &Api) -> Vec<String> {
    let Some(config) = api.config() else { return Vec::new() };
    let own = config.tls_server_name.clone();
    let own = own.or_else(|| config.cluster_url.host().map(|host| host.trim_matches(['[', ']']).to_owned()));
    own.into_iter().chain(std::iter::once(NAME_IN_PODS.to_owned())).collect()
}

/// One of the API servers behind `api`, asked at `address`, with the same credentials. Its certificate must be one for
/// `name`, by the same authority: credentials never leave for an address alone.
///
/// # Errors
/// Nothing would be verified, or there is no client.
pub fn member(api: &Api, address: &str, name: &str) -> Result<Api, Problem> {
    let refused = |why: &str| Problem::new(Status::Absent, why);
    let config = api.config().ok_or_else(|| refused("how the API server is reached is not known"))?;
    if config.accept_invalid_certs {
        return Err(refused("certificates are not verified, so its credentials are not sent to another address"));
    }
    let mut config = kube::Config::clone(config);
    let scheme = config.cluster_url.scheme_str().unwrap_or("https");
    let url = format!("{scheme}://{address}").parse();
    config.cluster_url = url.map_err(|_| refused("its address is none"))?;
    config.tls_server_name = Some(name.to_owned());
    let client = client(config, api.limiter().timeouts().connect());
    Ok(api.member(client.map_err(|error| Problem::new(Status::Failed, error.to_string()))?))
}

/// A client for another HTTP server, as a Prometheus that is reached from here. Certificates are checked against the
/// roots of this system. What it is asked counts with all else that `limiter` are kept for.
pub fn plain(url: http::Uri, login: Option<&Login>, limiter: &Arc<RequestLimiter>) -> Result<Api, SourcesError> {
    let mut config = Config::new(url);
    if let Some(login) = login {
        login.sign(&mut config);
    }
    let client = client(config, limiter.timeouts().connect())?;
    Ok(Api::other(client, limiter.clone()))
}

fn is_absent(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::ReadConfig(source, _) => source.kind() == std::io::ErrorKind::NotFound,
        KubeconfigError::FindPath => true,
        _ => false,
    }
}

/// What was wrong, without any line of the file, which may hold credentials.
fn told(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(source, path) => format!("cannot read {}: {source}", path.display()),
        KubeconfigError::Parse(_) => "the kubeconfig is not valid YAML".to_owned(),
        KubeconfigError::CurrentContextNotSet => "the kubeconfig names no current context".to_owned(),
        other => hidden(&other.to_string()),
    }
}
