//! The made-up API server: reads a request, lets the test decide, and answers or misbehaves.

use super::{Handle, Reply, discovery, error, metrics};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub async fn serve(handle: impl Handle) -> String {
    serve_listening(handle, Arc::default()).await
}

/// Serves, and notes every path that was asked for in `asked`. It knows no reviews of permissions.
pub async fn serve_listening(handle: impl Handle, asked: Arc<Mutex<Vec<String>>>) -> String {
    serve_judging(handle, |_| error(404, "the server could not find the requested resource"), asked).await
}

/// As [`serve_listening`], where `judge` answers reviews by what they ask for, as JSON. They have no number.
pub async fn serve_judging(
    handle: impl Handle,
    judge: impl Fn(&str) -> Reply + Send + Sync + 'static,
    asked: Arc<Mutex<Vec<String>>>,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let number = AtomicUsize::new(0);
    let handle: Arc<dyn Handle> =
        Arc::new(move |_: usize, path: &str| handle(number.fetch_add(1, Ordering::Relaxed) + 1, path));
    let judge: Judge = Arc::new(judge);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, (handle.clone(), judge.clone()), asked.clone()));
        }
    });
    format!("http://{address}")
}

type Judge = Arc<dyn Fn(&str) -> Reply + Send + Sync>;

/// Answers one request; the connection is closed after it, so that they can be counted.
async fn answer(mut stream: TcpStream, (handle, judge): (Arc<dyn Handle>, Judge), asked: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let review = head.starts_with("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews HTTP/1.1\r\n");
    assert!(head.starts_with("GET ") || review, "only GET and reviews may leave: {head}");
    let path = head.split(' ').nth(1).unwrap_or_default();
    if discovery::MADE_FOR_CREDENTIALS.iter().any(|plural| path.contains(plural)) {
        assert!(head.contains("as=PartialObjectMetadataList"), "values were asked for: {head}");
    }
    let mut reply = match (review, metrics::lacks_its_tenant(&head, path)) {
        (true, _) => judge(&body(&head, &mut stream).await),
        (_, true) => Reply::Answer(401, "", "no org id".to_owned()),
        _ => handle(0, path),
    };
    if !review {
        asked.lock().expect("no panic under it").push(path.to_owned());
    }
    while let Reply::Late(wait, later) = reply {
        tokio::time::sleep(wait).await;
        reply = *later;
    }
    let (head, body) = match &reply {
        Reply::Answer(code, headers, body) => {
            (format!("{code} X\r\nConnection: close\r\n{headers}"), body.clone().into_bytes())
        }
        Reply::File(body) => ("200 OK\r\nConnection: close\r\n".to_owned(), body.clone()),
        Reply::Cut(body) | Reply::Stall(body) => ("200 OK\r\n".to_owned(), body.clone().into_bytes()),
        Reply::Drip => ("200 OK\r\n".to_owned(), Vec::new()),
        Reply::Hang | Reply::Late(..) => return std::future::pending().await,
    };
    let length = if head == "200 OK\r\n" { 100_000 } else { body.len() };
    // The client may have gone away.
    let _ = stream.write_all(format!("HTTP/1.1 {head}Content-Length: {length}\r\n\r\n").as_bytes()).await;
    let _ = stream.write_all(&body).await;
    match reply {
        Reply::Stall(_) => std::future::pending().await,
        Reply::Drip => {
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        _ => {}
    }
    let _ = stream.shutdown().await;
}

/// What follows a head.
async fn body(head: &str, stream: &mut TcpStream) -> String {
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.expect("a POST has a length")];
    stream.read_exact(&mut body).await.expect("as much as was announced");
    String::from_utf8(body).expect("JSON")
}
