//! Credentials are sent to whom they are for, and show nowhere: not in arguments, on stdout or stderr with -v, or in the
//! archive, whatever a server does with them. The real program against servers that repeat what they are sent.

use assert_cmd::Command;
use k8s_forensics::archive::Archive;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

const TOKEN: &str = "marker-token-of-the-kubeconfig";
const BEARER: &str = "marker-bearer-of-prometheus";
const PASSWORD: &str = "marker-password";
/// How `anna:marker-password` is sent, and `anna:marker-bearer-of-prometheus` is not.
const BASIC: &str = "YW5uYTptYXJrZXItcGFzc3dvcmQ=";

/// What a server does with a question, whose head it is given.
pub type Answer = fn(head: &str, here: &str) -> String;

pub fn response(code: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {code}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn sent(head: &str) -> &str {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization: "));
    line.map_or("", |line| line.split_once(": ").map_or("", |(_, value)| value))
}

/// Refuses everybody, and repeats what they sent, as text or as a Kubernetes Status.
fn refuses(head: &str, _: &str) -> String {
    let body = format!(r#"{{"kind":"Status","message":"who is {}?","error":"who is {}?"}}"#, sent(head), sent(head));
    response("403 Forbidden", &format!("WWW-Authenticate: {}\r\n", sent(head)), &body)
}

fn knows_nobody(head: &str, _: &str) -> String {
    response("401 Unauthorized", "", &format!("no entry with {}", sent(head)))
}

fn breaks(head: &str, _: &str) -> String {
    response("500 Internal Server Error", "", &format!("panic: {head}"))
}

/// Sends everybody elsewhere, with their credentials in the URL.
fn redirects(head: &str, here: &str) -> String {
    let token = sent(head).rsplit(' ').next().unwrap_or_default();
    let elsewhere = format!("Location: http://anna:{token}@{here}/elsewhere?token={token}\r\n");
    response("302 Found", &elsewhere, &format!("go to /elsewhere?token={token}"))
}

/// Breaks the answer off, or answers with what is no HTTP.
fn breaks_off(head: &str, _: &str) -> String {
    match head.len() % 2 {
        0 => format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{{\"said\":\"{}\"", sent(head)),
        _ => format!("{head} is no answer"),
    }
}

/// A server on a port of its own that tells the head of every question.
pub fn serve(answer: Answer) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let here = listener.local_addr().expect("an address").to_string();
    let (tell, told) = channel();
    let name = here.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (tell, name) = (tell.clone(), name.clone());
            std::thread::spawn(move || {
                let head = head(&stream);
                let _ = (&stream).write_all(answer(&head, &name).as_bytes());
                let _ = tell.send(head);
            });
        }
    });
    (here, told)
}

fn head(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream.take(64 << 10));
    let mut head = String::new();
    // What is no text, as the beginning of TLS, ends it.
    while reader.read_line(&mut head).is_ok_and(|count| count > 0) && !head.ends_with("\r\n\r\n") {}
    head
}

pub fn kubeconfig(folder: &Path, server: &str, user: &str) {
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{{server}}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
    );
    fs::write(folder.join("kubeconfig"), text).expect("a file");
}

/// Runs the program with everything it says, and reads its arguments while it does.
fn run(folder: &Path, args: &[&str]) -> (Output, Vec<u8>) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.current_dir(folder).env("KUBECONFIG", folder.join("kubeconfig")).env("RUST_LOG", "trace");
    command.args(["collect", "-v", "--deadline", "6s", "--profile", "quick", "-o", "a.zip"]).args(args);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let arguments = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
    (child.wait_with_output().expect("it ends"), arguments)
}

/// Fails where any of the secrets is in what the program said, was called with, or wrote.
fn shows_nothing(case: &str, folder: &Path, (output, arguments): &(Output, Vec<u8>)) {
    let mut places = vec![
        ("arguments".to_owned(), arguments.clone()),
        ("stdout".to_owned(), output.stdout.clone()),
        ("stderr".to_owned(), output.stderr.clone()),
    ];
    for name in ["a.zip", "a.zip.partial"] {
        let Ok(archive) = Archive::open(&folder.join(name)) else { continue };
        let entries: Vec<String> = archive.entries().map(str::to_owned).collect();
        places.extend(
            entries.into_iter().map(|entry| (entry.clone(), archive.read(&entry, u64::MAX).unwrap_or_default())),
        );
    }
    for (place, bytes) in places {
        let text = String::from_utf8_lossy(&bytes);
        for secret in [TOKEN, BEARER, PASSWORD, BASIC] {
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{case}: {place} shows {secret}: {}", line.unwrap_or_default());
        }
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("bearer"), format!("{BEARER}\n")).expect("a file");
    fs::write(folder.path().join("basic"), format!("anna:{PASSWORD}\n")).expect("a file");
    folder
}

#[test]
fn whatever_servers_do_with_credentials_they_show_nowhere() {
    let cases: [(&str, Answer); 5] = [
        ("refuses", refuses),
        ("knows nobody", knows_nobody),
        ("breaks", breaks),
        ("redirects", redirects),
        ("breaks off", breaks_off),
    ];
    std::thread::scope(|scope| {
        for (case, answer) in cases {
            scope.spawn(move || {
                // An API server that breaks its answers off counts as down, and nobody else is asked then.
                show_nothing_where(case, (answer, answer), "bearer", false);
                show_nothing_where(case, (breaks, answer), "bearer", true);
                show_nothing_where(case, (breaks, answer), "basic", true);
            });
        }
    });
}

fn show_nothing_where(case: &str, (server, prometheus): (Answer, Answer), login: &str, is_asked: bool) {
    let folder = folder();
    let ((server, asked), (prometheus, asked_too)) = (serve(server), serve(prometheus));
    kubeconfig(folder.path(), &format!("server: \"http://{server}\""), &format!("token: {TOKEN}"));
    let (url, file) = (format!("http://{prometheus}"), format!("--prometheus-{login}-file"));
    let ran = run(folder.path(), &["--prometheus", &url, "--only", "prometheus,objects", &file, login]);
    shows_nothing(case, folder.path(), &ran);
    let (heads, others): (Vec<String>, Vec<String>) = (asked.try_iter().collect(), asked_too.try_iter().collect());
    assert!(heads.iter().any(|head| head.contains(TOKEN)), "{case}: the token was never sent: {heads:?}");
    assert!(heads.iter().chain(&others).all(|head| !head.contains("/elsewhere")), "{case}: followed a redirect");
    let said = String::from_utf8_lossy(&ran.0.stderr);
    assert!(said.contains("requesting"), "{case}: -v tells nothing: {said}");
    let wanted = if login == "basic" { BASIC } else { BEARER };
    let was_sent = others.iter().any(|head| head.contains(wanted));
    assert!(was_sent || !is_asked, "{case}: {login} was never sent: {others:?}");
    assert!(others.iter().all(|head| !head.contains(TOKEN)), "{case}: sent to the wrong server");
}

/// Credentials in places where some put them: the URL of the server, that of the proxy, a plugin that fails.
#[test]
fn credentials_in_odd_places_show_nowhere() {
    let (server, _asked) = serve(breaks);
    let plugin = |script: &str| {
        format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh, args: [-c, \"{script}\"]}}"
        )
    };
    let plain = format!("server: \"http://{server}\"");
    let cases = [
        ("the URL of the server", format!("server: \"http://anna:{PASSWORD}@{server}\""), format!("token: {TOKEN}")),
        ("the URL of a server that is none", format!("server: \"http://anna:{PASSWORD}@127.0.0.1:1\""), String::new()),
        ("TLS to a server without", format!("server: \"https://{server}\""), format!("token: {TOKEN}")),
        ("a URL that is none", format!("server: \"http://anna:{PASSWORD}@[\""), String::new()),
        ("the proxy", format!("{plain}, proxy-url: \"http://anna:{PASSWORD}@127.0.0.1:1\""), format!("token: {TOKEN}")),
        ("a proxy that is none", format!("{plain}, proxy-url: \"ftp://anna:{PASSWORD}@h\""), format!("token: {TOKEN}")),
        ("a plugin that fails", plain.clone(), plugin(&format!("echo {TOKEN}; echo {PASSWORD} >&2; exit 1"))),
        ("a plugin that prints no credential", plain.clone(), plugin(&format!("echo {TOKEN}"))),
        ("a token that no header takes", plain.clone(), format!("token: \"{TOKEN}\\u0001\"")),
        ("a password", plain.clone(), format!("username: anna, password: {PASSWORD}")),
        ("a kubeconfig that is none", plain, format!("token: {{{TOKEN}: [")),
    ];
    for (case, server, user) in cases {
        let folder = folder();
        kubeconfig(folder.path(), &server, &user);
        shows_nothing(case, folder.path(), &run(folder.path(), &["--only", "objects"]));
    }
}

#[test]
fn credentials_among_the_arguments_are_not_repeated() {
    let folder = folder();
    for url in [
        format!("http://anna:{PASSWORD}@host"),
        format!("http://host/?token={PASSWORD}"),
        format!("h ttp://{PASSWORD}"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
        let ran = command.current_dir(folder.path()).args(["collect", "--prometheus", &url]).assert().code(2);
        let said = String::from_utf8_lossy(&ran.get_output().stderr).into_owned();
        assert!(!said.contains(PASSWORD) && said.contains("--prometheus"), "{said}");
    }
}
