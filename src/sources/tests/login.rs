//! A Prometheus given by its URL, with credentials and without.

use super::*;

const SECRET: &str = "marker-token-1";
const PASSWORD: &str = "marker:password";

/// A Prometheus that lets in whoever sends `wanted`, tells everybody else what they sent, and the URL to reach it.
async fn guarded(wanted: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                head.push(byte);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let sent = head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
            let (code, body) = match (sent == wanted, head.contains("/api/v1/rules")) {
                (false, _) => (401, format!("no entry with {sent}")),
                (true, true) => (500, format!(r#"{{"status":"error","error":"broken for {sent}"}}"#)),
                (true, false) => {
                    (200, r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}]}}"#.to_owned())
                }
            };
            let text =
                format!("HTTP/1.1 {code} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

async fn run_with_login(wanted: &'static str, login: Option<Login>) -> (Ran, String) {
    let prometheus = guarded(wanted).await;
    let folder = tempfile::tempdir().expect("a folder");
    let url: http::Uri = prometheus.parse().expect("a URL");
    let called = format!("Prometheus at {}", url.authority().expect("one"));
    let options = Options { prometheus: Some(url), login, sources: vec![&prometheus::SOURCE], ..options(&folder) };
    let ran = run_with(&serve(|_, path| healthy(path)).await, options, folder, std::future::pending()).await;
    for outcome in &ran.outcomes {
        assert!(!outcome.why.contains(SECRET) && !outcome.why.contains("marker"), "{outcome:?}");
    }
    for entry in ran.archive.entries() {
        assert!(!ran.text(entry).contains("marker"), "{entry}");
    }
    (ran, called)
}

#[tokio::test]
async fn credentials_are_sent_and_never_shown() {
    let bearer = Login::bearer(SECRET).expect("a token");
    let (ran, called) = run_with_login("Bearer marker-token-1", Some(bearer)).await;
    assert_eq!(ran.of("prometheus", &format!("{called}: up")).status, Status::Collected);
    assert_eq!(ran.of("prometheus", &format!("{called}: rules")).why, "broken for Bearer [secret]");
    let basic = Login::basic(&format!("anna:{PASSWORD}")).expect("a name and a password");
    let (ran, called) = run_with_login("Basic YW5uYTptYXJrZXI6cGFzc3dvcmQ=", Some(basic)).await;
    assert_eq!(ran.of("prometheus", &format!("{called}: up")).status, Status::Collected);
    assert_eq!(ran.of("prometheus", &format!("{called}: rules")).why, "broken for Basic [secret]");
}

#[tokio::test]
async fn credentials_that_are_refused_are_denied_and_never_shown() {
    let bearer = Login::bearer(SECRET).expect("a token");
    let (ran, called) = run_with_login("Bearer another", Some(bearer)).await;
    let up = ran.of("prometheus", &format!("{called}: up"));
    assert_eq!((up.status, up.http_code), (Status::Denied, Some(401)));
    assert!(up.why.contains("does not accept the credentials (401)"), "{up:?}");
    let (ran, called) = run_with_login("Bearer another", None).await;
    let up = ran.of("prometheus", &format!("{called}: up"));
    assert!(up.status == Status::Denied && up.why.contains("--prometheus-bearer-file"), "{up:?}");
}
