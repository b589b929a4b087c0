//! The server: HTTP/1.1 for Alertmanager and for the kubelet's probes. It answers at once; what follows is done behind.
//!
//! There are two paths: `POST /alerts` and `GET /healthz`. Bodies, heads, connections and the time for each are bounded.

use super::access::Access;
use super::matcher::Matchers;
use super::webhook::{self, Firing};
use crate::listen::{self, Bounds};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The most that is read of a body, in bytes: a thousand alerts and more.
const MOST_BODY: usize = 1024 * 1024;
/// How long a client may take for the head of a request, and how long for its body.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections at a time.
const CONNECTIONS: usize = 64;
/// Groups of alerts that wait for the API server.
const WAITING: usize = 32;

/// Listens for Alertmanager.
pub struct Server {
    listener: TcpListener,
}

/// Who may send alerts, which are looked for, and where they go.
pub struct Inbox {
    access: Access,
    matchers: Matchers,
    alerts: mpsc::Sender<Firing>,
}

impl Inbox {
    /// What comes in can be taken from the other end.
    pub fn new(access: Access, matchers: Matchers) -> (Self, mpsc::Receiver<Firing>) {
        let (alerts, taken) = mpsc::channel(WAITING);
        (Self { access, matchers, alerts }, taken)
    }
}

impl Server {
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until it is dropped.
    pub async fn run(self, inbox: Inbox) -> io::Result<()> {
        let inbox = Arc::new(inbox);
        let bounds = Bounds { connections: CONNECTIONS, head: PATIENCE };
        listen::answer_all(self.listener, bounds, move |request| answer(inbox.clone(), request)).await
    }
}

async fn answer(inbox: Arc<Inbox>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (is_read, is_post) =
        (matches!(*request.method(), Method::GET | Method::HEAD), request.method() == Method::POST);
    Ok(match request.uri().path() {
        "/healthz" if is_read => said(StatusCode::OK, "ok", "it listens"),
        "/healthz" => with(refused(StatusCode::METHOD_NOT_ALLOWED, "only GET"), ALLOW, "GET, HEAD"),
        "/alerts" if is_post => taken(&inbox, request).await,
        "/alerts" => with(refused(StatusCode::METHOD_NOT_ALLOWED, "only POST"), ALLOW, "POST"),
        _ => refused(StatusCode::NOT_FOUND, "there are POST /alerts and GET /healthz"),
    })
}

async fn taken(inbox: &Inbox, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !inbox.access.admits(given) {
        let answer = refused(StatusCode::UNAUTHORIZED, "the credentials of http_config are missing or others");
        return with(answer, WWW_AUTHENTICATE, inbox.access.asks_for());
    }
    let body = Limited::new(request.into_body(), MOST_BODY).collect();
    let body = match tokio::time::timeout(PATIENCE, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return refused(StatusCode::PAYLOAD_TOO_LARGE, "more than 1 MiB; set max_alerts in the webhook_config");
        }
        Ok(Err(_)) => return refused(StatusCode::BAD_REQUEST, "the body broke off"),
        Err(_) => return refused(StatusCode::REQUEST_TIMEOUT, "the body did not come within 10 s"),
    };
    match webhook::read(&body, &inbox.matchers) {
        Err(why) => refused(StatusCode::BAD_REQUEST, &why),
        Ok(Err(why)) => said(StatusCode::OK, "ignored", &why),
        Ok(Ok(firing)) => match inbox.alerts.try_send(firing) {
            Ok(()) => said(StatusCode::ACCEPTED, "accepted", "the log says what becomes of it"),
            // Alertmanager sends it again after a 5xx.
            Err(_) => refused(StatusCode::SERVICE_UNAVAILABLE, "too many alerts wait for the API server"),
        },
    }
}

fn refused(code: StatusCode, why: &str) -> Response<Full<Bytes>> {
    said(code, "refused", why)
}

fn said(code: StatusCode, status: &str, why: &str) -> Response<Full<Bytes>> {
    let text = format!("{}\n", json!({"status": status, "why": why}));
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = code;
    with(response, CONTENT_TYPE, "application/json")
}

fn with(mut response: Response<Full<Bytes>>, name: HeaderName, value: &'static str) -> Response<Full<Bytes>> {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
