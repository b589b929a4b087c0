//! The server: HTTP/1.1 on the loopback address, for whoever has the token.

use super::answer::{Answer, Held, Refusal, Writing};
use super::api;
use super::ask::Ask;
use super::store::Store;
use crate::listen::{self, Bounds};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, WARNING};
use hyper::{Request, Response};
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// How often a watch sends a bookmark.
const BOOKMARKS: Duration = Duration::from_secs(30);
/// The most that is read of a request's body, in bytes.
const MOST_BODY: usize = 64 * 1024;
/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(30);
/// Connections at a time.
const CONNECTIONS: usize = 256;
/// Bytes that are handed over at once.
const PIECE: usize = 64 * 1024;
/// Pieces that wait for a client that reads slowly.
const WAITING: usize = 4;

/// Listens on this machine alone.
pub struct Server {
    listener: TcpListener,
    port: u16,
}

/// What every request is answered with.
struct Desk {
    store: Arc<Store>,
    token: String,
    port: u16,
}

impl Server {
    /// Takes a port of the loopback address; any that is free where it is 0.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The port it has.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers until it is dropped.
    pub async fn run(self, store: Arc<Store>, token: String) -> io::Result<()> {
        let desk = Arc::new(Desk { store, token, port: self.port });
        let bounds = Bounds { connections: CONNECTIONS, head: HEAD };
        listen::answer_all(self.listener, bounds, move |request| answer(desk.clone(), request)).await
    }
}

async fn answer(desk: Arc<Desk>, request: Request<Incoming>) -> Result<Response<Pieces>, Infallible> {
    let refused = |refusal| Ok(respond(Answer::from(refusal)));
    if !is_local(&request, desk.port) {
        return refused(Refusal::new(403, "Forbidden", "only requests to 127.0.0.1 or localhost are answered"));
    }
    let text =
        |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let (first, rest) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
    let by_header =
        || text(AUTHORIZATION).strip_prefix("Bearer ").is_some_and(|given| listen::is_same(given, &desk.token));
    let asked = match listen::is_same(first, &desk.token) {
        true => format!("/{rest}"),
        false if by_header() => path.to_owned(),
        false => return refused(Refusal::new(401, "Unauthorized", "the token of the kubeconfig is needed")),
    };
    let mut ask = Ask::new(request.method().as_str(), &asked, text(ACCEPT));
    let Some(body) = whole(request.into_body()).await else {
        return refused(Refusal::new(413, "RequestEntityTooLarge", "nothing as large as this is read"));
    };
    ask.body = body;
    let store = desk.store.clone();
    let answered = tokio::task::spawn_blocking(move || api::answer(&store, &ask)).await;
    let failed = || Answer::from(Refusal::new(500, "InternalError", "the answer could not be made"));
    Ok(respond(answered.unwrap_or_else(|_| failed())))
}

/// A name that leads here from elsewhere, as of a page that a browser shows, is not ours (DNS rebinding).
fn is_local(request: &Request<Incoming>, port: u16) -> bool {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    ["127.0.0.1", "localhost"].iter().any(|name| host == format!("{name}:{port}"))
}

/// A body, unless it is larger than any that is read.
async fn whole(body: Incoming) -> Option<Vec<u8>> {
    let (mut body, mut all) = (pin!(body), Vec::new());
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        if let Ok(data) = frame.ok()?.into_data() {
            all.extend_from_slice(&data);
        }
        if all.len() > MOST_BODY {
            return None;
        }
    }
    Some(all)
}

fn respond(answer: Answer) -> Response<Pieces> {
    let Answer { code, content_type, warnings, body, held } = answer;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(write(body, held, sender));
    let mut response = Response::new(Pieces(receiver));
    if let Ok(code) = hyper::StatusCode::from_u16(code) {
        *response.status_mut() = code;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if code == 405 {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    for warning in warnings {
        let plain: String = warning.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).collect();
        let quoted = plain.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            headers.append(WARNING, value);
        }
    }
    response
}

/// Writes a body, and holds it open for as long as it is wanted.
async fn write(body: Writing, held: Option<Held>, sender: mpsc::Sender<io::Result<Bytes>>) {
    let to = sender.clone();
    let written = tokio::task::spawn_blocking(move || {
        let mut out = Out { to, piece: Vec::new() };
        body(&mut out).and_then(|()| out.flush())
    });
    // Half an answer is not called whole: the connection breaks off.
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return drop(sender.send(Err(error)).await),
        Err(_) => return drop(sender.send(Err(io::Error::other("the answer could not be made"))).await),
    }
    let Some(Held { bookmark, lasts }) = held else { return };
    let mut end = pin!(tokio::time::sleep(lasts));
    loop {
        tokio::select! {
            () = &mut end => return,
            () = sender.closed() => return,
            () = tokio::time::sleep(BOOKMARKS), if !bookmark.is_empty() => {
                if sender.send(Ok(Bytes::from(bookmark.clone()))).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A body as it is written.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// Hands over what is written, in pieces, and waits where the client does.
struct Out {
    to: mpsc::Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        self.to.blocking_send(Ok(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}
