//! Who asks how the recorder is, by HTTP/1.1: Prometheus for `/metrics`, the kubelet for `/livez` and `/readyz`.
//!
//! Nothing of any object is told, and nothing can be changed. Heads, connections and the time for each are bounded.

use super::folder;
use super::vitals::{Kept, Seen};
use crate::archive::segments;
use crate::listen::{self, Bounds};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch::Receiver;
use tokio::task::spawn_blocking;

/// Connections at a time, and how long one may take for the head of a request.
const BOUNDS: Bounds = Bounds { connections: 16, head: Duration::from_secs(10) };
/// What Prometheus knows the form of metrics by (OpenMetrics 1.0).
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Where it is asked.
pub struct Door {
    listener: TcpListener,
}

impl Door {
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// The address it has.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers by what is `seen` of the recorder into `folder`, until it is dropped.
    pub async fn answer(self, folder: PathBuf, seen: Receiver<Seen>) -> io::Result<()> {
        listen::answer_all(self.listener, BOUNDS, move |request| answered(request, folder.clone(), seen.clone())).await
    }
}

async fn answered(
    request: Request<Incoming>,
    folder: PathBuf,
    seen: Receiver<Seen>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = said(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET\n".to_owned());
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(refused);
    }
    let (now, is) = (Instant::now(), seen.borrow().clone());
    Ok(match request.uri().path() {
        "/livez" => health(is.is_alive(now)),
        "/readyz" => health(is.is_ready(now)),
        "/metrics" => {
            let kept = spawn_blocking(move || kept(&folder)).await.unwrap_or_default();
            match is.metrics(kept) {
                Ok(text) => said(StatusCode::OK, METRICS, text),
                Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{error}\n")),
            }
        }
        _ => said(StatusCode::NOT_FOUND, TEXT, "there are /metrics, /livez and /readyz\n".to_owned()),
    })
}

fn health(is: Result<(), String>) -> Response<Full<Bytes>> {
    match is {
        Ok(()) => said(StatusCode::OK, TEXT, "ok\n".to_owned()),
        Err(why) => said(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("{why}\n")),
    }
}

/// What is in the folder now. What cannot be looked at counts for nothing.
fn kept(root: &Path) -> Kept {
    let all = segments(root).unwrap_or_default();
    Kept { segments: all.len() as u64, bytes: all.iter().map(|segment| folder::size(&segment.path)).sum() }
}

fn said(code: StatusCode, form: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(form));
    response
}
