//! Questions to the API server: GET only, with limits on every wait, bodies as they come. The one POST is
//! [`Api::review`], which stores nothing.
//!
//! Whatever goes wrong comes back as a [`Problem`], which already is the outcome of the item that asked.

use super::clock::Clock;
use super::headers::{length, rest, time};
use super::limits::Limits;
pub use super::problem::{Broken, Problem};
use super::request_limiter::{Permit, RequestLimiter, Whose};
use super::status;
pub use super::timeouts::Deadlines;
use crate::archive::format::Status;
use crate::sources::permissions::{Attributes, Permissions};
use chrono::{DateTime, Utc};
use http::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderName, HeaderValue, LAST_MODIFIED};
use http::{Request, Response};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tokio_util::bytes::Bytes;

/// The least to wait before a question that was refused is asked again; doubled with every time, up to the other.
const AGAIN: Duration = Duration::from_millis(50);
const AGAIN_MOST: Duration = Duration::from_secs(5);
/// A connection that fails within this is tried once more; one that fails slowly would again.
const AT_ONCE: Duration = Duration::from_secs(1);
/// What is read of an answer that is an error.
pub const ERROR_BYTES: usize = 64 * 1024;

/// A server that is asked with GET: the API server, or a Prometheus given by its URL.
#[derive(Clone)]
pub struct Api {
    client: Client,
    /// By which the client was made, where others like it may be: see `connect::member`.
    config: Option<Arc<kube::Config>>,
    limiter: Arc<RequestLimiter>,
    /// Whether it is the API server.
    is_server: bool,
    /// Whose data is asked for, where one server has those of several.
    tenant: Option<HeaderValue>,
    /// What is known of our permissions, where it is to be known before anything is asked.
    permissions: Option<Arc<Permissions>>,
}

/// What is sent to a server.
struct Outgoing<'a> {
    path: &'a str,
    accept: Option<&'static str>,
    /// With a body it is a POST.
    body: Option<&'a [u8]>,
}

/// Where a SelfSubjectAccessReview is asked for.
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
/// How long one may take: it is answered from the API server's memory, and nothing is lost without it.
const REVIEW: Deadlines = Deadlines::brief(Duration::from_secs(3));

/// Asked whatever is permitted: it tells whether the server is there at all, and everybody may see it
/// (`system:public-info-viewer`, kubernetes.io/docs/reference/access-authn-authz/rbac, "API discovery roles").
const ALIVE: &str = "/version";

/// By which Cortex and Mimir know the tenant (Grafana Mimir, "Authentication and authorization").
const TENANT: HeaderName = HeaderName::from_static("x-scope-orgid");

impl Api {
    pub fn new(client: Client, limiter: Arc<RequestLimiter>) -> Self {
        Self { client, config: None, limiter, is_server: true, tenant: None, permissions: None }
    }

    /// Another server, which is asked within the same limits, though it says nothing of how the API server is.
    pub fn other(client: Client, limiter: Arc<RequestLimiter>) -> Self {
        Self { client, config: None, limiter, is_server: false, tenant: None, permissions: None }
    }

    /// The same server, asked for the data of `tenant`.
    pub fn of_tenant(self, tenant: Option<HeaderValue>) -> Self {
        Self { tenant, ..self }
    }

    /// The same server, asked for nothing that a review denies: such a question ends as `Denied` and never leaves.
    pub fn guarded(self, permissions: Arc<Permissions>) -> Self {
        Self { permissions: Some(permissions), ..self }
    }

    /// The same server, whose client was made by `config`.
    pub fn made_by(self, config: Arc<kube::Config>) -> Self {
        Self { config: Some(config), ..self }
    }

    /// What the client was made by; nothing of another server.
    pub fn config(&self) -> Option<&Arc<kube::Config>> {
        self.config.as_ref()
    }

    /// One of several servers behind the same name, asked within the same limits and permissions. That it does not
    /// answer says nothing of the others.
    pub fn member(&self, client: Client) -> Self {
        Self { client, is_server: false, tenant: None, ..self.clone() }
    }

    pub fn limiter(&self) -> &Arc<RequestLimiter> {
        &self.limiter
    }

    /// The client, for the one room that may do more than ask: see `node_pods`.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Asks for `path` and waits for the head of a good answer (2xx).
    pub async fn get(&self, path: &str, accept: Option<&'static str>, deadlines: Deadlines) -> Result<Answer, Problem> {
        self.answer(path, accept, deadlines).await?.good().await
    }

    /// Asks for `path` and waits for the head of an answer, whatever its code.
    ///
    /// The limits run from the moment the question may leave. A server that is too busy is asked again when it says
    /// so, as long as that is within them.
    pub async fn answer(
        &self,
        path: &str,
        accept: Option<&'static str>,
        deadlines: Deadlines,
    ) -> Result<Answer, Problem> {
        if let Some(permissions) = self.permissions.as_ref().filter(|_| path != ALIVE) {
            permissions.require(self, &Attributes::of_get(path)).await?;
        }
        self.exchange(&Outgoing { path, accept, body: None }, deadlines).await
    }

    /// Fails if a review denies what `attributes` say. Without a guard everything is let through.
    pub async fn require(&self, attributes: &Attributes) -> Result<(), Problem> {
        match &self.permissions {
            Some(permissions) => permissions.require(self, attributes).await,
            None => Ok(()),
        }
    }

    /// Asks for a SelfSubjectAccessReview, given as JSON: the answer as JSON. That is a POST and stores nothing: it
    /// only is evaluated (k8s.io/kubernetes v1.34.4, pkg/registry/authorization/selfsubjectaccessreview/rest.go).
    pub async fn review(&self, review: &[u8]) -> Result<Vec<u8>, Problem> {
        let outgoing = Outgoing { path: REVIEWS, accept: None, body: Some(review) };
        self.exchange(&outgoing, REVIEW).await?.good().await?.bytes(ERROR_BYTES).await
    }

    async fn exchange(&self, outgoing: &Outgoing<'_>, deadlines: Deadlines) -> Result<Answer, Problem> {
        let deadlines = self.limiter.timeouts().bound(deadlines);
        let whose = if self.is_server { whose(outgoing.path) } else { Whose::Other };
        let mut deadline = None;
        let mut tries = 0;
        let mut refused = false;
        loop {
            let permit = self.limiter.enter().await;
            let asked = Instant::now();
            let local_before = Utc::now();
            let deadline = *deadline.get_or_insert(asked + deadlines.whole);
            let limits = Limits { deadlines, deadline };
            let response = match timeout_at(limits.silent_until(), self.send(outgoing)).await {
                Err(_) => {
                    self.limiter.heard(whose, asked, None);
                    return Err(limits.no_answer());
                }
                // A connection that was kept open may have been closed by the other side: once more.
                Ok(Err(problem)) if problem.status == Status::Unreachable && !refused && asked.elapsed() < AT_ONCE => {
                    refused = true;
                    continue;
                }
                Ok(answer) => answer?,
            };
            let code = response.status().as_u16();
            self.limiter.heard(whose, asked, Some(code));
            if let Some(rest) = rest(&response) {
                if whose == Whose::Server || (whose == Whose::Behind && code == 429) {
                    self.limiter.rest(rest);
                }
                let wait = rest.max(AGAIN.saturating_mul(1 << tries.min(8)).min(AGAIN_MOST));
                tries += 1;
                if Instant::now() + wait < deadline {
                    drop((response, permit));
                    self.limiter.sleep(wait).await;
                    continue;
                }
            }
            let clock = Clock { date: time(&response, DATE), local_before, local_after: Utc::now() };
            let modified = time(&response, LAST_MODIFIED);
            let length = length(&response);
            let (body, permit) = (response.into_body(), Some(permit));
            return Ok(Answer { code, clock, modified, length, held: None, body, limits, permit });
        }
    }

    /// The whole body of `path`, at most `limit` bytes.
    pub async fn bytes(
        &self,
        path: &str,
        accept: Option<&'static str>,
        deadlines: Deadlines,
        limit: usize,
    ) -> Result<Vec<u8>, Problem> {
        self.get(path, accept, deadlines).await?.bytes(limit).await
    }

    async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Response<Body>, Problem> {
        let Outgoing { path, accept, body } = *outgoing;
        let mut request = match body {
            None => Request::get(path),
            Some(_) => Request::post(path).header(CONTENT_TYPE, "application/json"),
        };
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some(tenant) = &self.tenant {
            request = request.header(TENANT, tenant);
        }
        let request = request
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_vec())))
            .map_err(|error| Problem::new(Status::Failed, format!("cannot ask for {path}: {error}")))?;
        self.client.send(request).await.map_err(|error| status::of_transport(&error, self.limiter.timeouts().connect()))
    }
}

/// Who answers when the API server is asked for `path`: for the subresources `proxy` and `log`, somebody behind it.
fn whose(path: &str) -> Whose {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["", "api", "v1", "nodes", _, "proxy", ..] | ["", "api", "v1", "namespaces", _, _, _, "proxy" | "log", ..] => {
            Whose::Behind
        }
        _ => Whose::Server,
    }
}

/// An answer, whose body is still to come.
pub struct Answer {
    pub code: u16,
    pub clock: Clock,
    /// The `Last-Modified` header.
    pub modified: Option<DateTime<Utc>>,
    /// Bytes of the body, where it was said.
    pub length: Option<u64>,
    /// Of the body, what was looked at and not handed over yet.
    held: Option<Bytes>,
    body: Body,
    limits: Limits,
    /// Given back as soon as all has come.
    permit: Option<Permit>,
}

impl Answer {
    /// Whether its code says that it is what was asked for (2xx).
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The answer if it is a good one, or what its error says.
    async fn good(self) -> Result<Self, Problem> {
        if self.is_good() {
            return Ok(self);
        }
        let code = self.code;
        let body = self.cut_bytes(ERROR_BYTES).await.unwrap_or_default();
        Err(status::of_error(code, &body))
    }

    /// The beginning of the body, as much as came first; it is handed over again by what reads the body. Empty where
    /// nothing came: whoever reads on learns why.
    pub async fn opening(&mut self) -> &[u8] {
        if self.held.is_none()
            && let Ok(Some(Ok(frame))) = timeout_at(self.limits.silent_until(), self.body.frame()).await
        {
            self.held = frame.into_data().ok();
        }
        self.held.as_deref().unwrap_or_default()
    }

    /// Hands over the body piece by piece until it ends or `each` breaks.
    pub async fn each<E>(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), Broken<E>> {
        while let Some(piece) = self.piece().await.map_err(Broken::Off)? {
            if each(&piece).map_err(Broken::Taker)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The next piece of the body; none at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Problem> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        loop {
            let frame = match timeout_at(self.limits.silent_until(), self.body.frame()).await {
                Err(_) => return Err(self.limits.stopped()),
                Ok(None) => {
                    self.permit = None;
                    return Ok(None);
                }
                Ok(Some(Err(error))) => return Err(status::of_broken_body(&error)),
                Ok(Some(Ok(frame))) => frame,
            };
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }

    /// The same answer, which goes on for long: it does not count among the requests under way any more.
    pub fn lasting(self) -> Self {
        Self { permit: None, ..self }
    }

    /// The whole body; more than `limit` bytes are a failure.
    pub async fn bytes(self, limit: usize) -> Result<Vec<u8>, Problem> {
        let code = self.code;
        let bytes = self.up_to(limit).await?;
        if bytes.len() > limit {
            let why = format!("the answer is larger than {limit} bytes");
            return Err(Problem { code: Some(code), ..Problem::new(Status::Failed, why) });
        }
        Ok(bytes)
    }

    /// The body, or its beginning: where it is larger than `limit` bytes, somewhat more than `limit` of it.
    pub async fn up_to(mut self, limit: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let taken = self
            .each(|data| -> Result<_, Problem> {
                bytes.extend_from_slice(data);
                Ok(if bytes.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })
            .await;
        match taken {
            Ok(()) => Ok(bytes),
            Err(Broken::Off(problem) | Broken::Taker(problem)) => Err(problem),
        }
    }

    async fn cut_bytes(mut self, limit: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let taken = self
            .each(|data| -> Result<_, ()> {
                let room = limit.saturating_sub(bytes.len());
                bytes.extend_from_slice(data.get(..room).unwrap_or(data));
                Ok(if bytes.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })
            .await;
        match taken {
            Err(Broken::Off(problem)) if bytes.is_empty() => Err(problem),
            _ => Ok(bytes),
        }
    }
}

/// All but the unreserved characters of RFC 3986, 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path component or query value, percent-encoded.
pub fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubelets_and_pods_answer_is_known_by_its_path() {
        let behind = [
            "/api/v1/nodes/node-1/proxy/healthz",
            "/api/v1/namespaces/shop/pods/api-0/log?container=app",
            "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/rules",
            "/api/v1/namespaces/kube-system/pods/https:kube-scheduler-a:10259/proxy/metrics",
        ];
        assert_eq!(behind.map(whose), [Whose::Behind; 4]);
        let own =
            ["/version", "/api/v1/pods?limit=500", "/api/v1/namespaces/proxy/pods", "/api/v1/namespaces/log/events"];
        assert_eq!(own.map(whose), [Whose::Server; 4]);
    }

    #[test]
    fn query_values_are_escaped() {
        assert_eq!(escaped("a{b=\"c d\"}"), "a%7Bb%3D%22c%20d%22%7D");
    }
}
