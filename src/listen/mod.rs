//! HTTP/1.1 on a port, within bounds, and whether a secret is the right one: what the rooms that listen share.

use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// What clients may take at most.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at a time; more wait.
    pub connections: usize,
    /// How long one may take to send the head of a request.
    pub head: Duration,
}

/// Answers until it is dropped.
///
/// # Errors
/// No more connections can be taken for a reason that is not a client's.
pub async fn answer_all<F, A, B>(listener: TcpListener, bounds: Bounds, answer: F) -> io::Result<()>
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let places = Arc::new(Semaphore::new(bounds.connections));
    loop {
        let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
        // One that fails is the client's; none left to have is waited for.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let answer = answer.clone();
        tokio::spawn(async move {
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(bounds.head);
            // What a client breaks off is its own.
            let _ = http.serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer)).await;
            drop(place);
        });
    }
}

/// Whether a secret is the one that is kept. How long that takes does not tell how much of it is right.
pub fn is_same(given: &str, kept: &str) -> bool {
    let differs = |(one, other): (u8, u8)| one ^ other;
    let pairs = given.bytes().zip(kept.bytes()).map(differs);
    given.len() == kept.len() && pairs.fold(0, |all, one| all | one) == 0
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn a_secret_is_the_same_as_a_whole_alone() {
        assert!(is_same("Bearer a", "Bearer a"));
        for other in ["Bearer b", "Bearer", "Bearer aa", ""] {
            assert!(!is_same(other, "Bearer a"), "{other}");
        }
    }
}
