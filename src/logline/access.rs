//! Lines that tell of one request each, as servers and proxies write them: how it ended says how bad the line is.
//!
//! ```text
//! 10.0.0.9 - - [21/Nov/2026:03:15:00 +0000] "GET /pay HTTP/1.1" 503 190 "-" "curl/8"   nginx, Apache: "combined"
//! [2026-11-21T03:15:00.123Z] "GET /pay HTTP/1.1" 503 UF,URX 0 91 24 - "10.0.0.9" …     Envoy's default
//! 10.0.0.9:5312 [21/Nov/2026:03:15:00.655] web shop/<NOSRV> 0/-1/-1/-1/0 503 212 - - SC-- 1/1/0/0/0 0/0 "GET …"
//! 10.0.0.9:5312 [21/Nov/2026:03:15:00.655] db pg/pg-1 1/-1/3001 0 SC 1/1/1/1/3 0/0     HAProxy: HTTP and TCP
//! [INFO] 10.1.1.1:40 - 5 "A IN db. udp 41 false 4096" SERVFAIL qr,rd 41 2.0s           CoreDNS, plugin log
//! ```
//!
//! Sources: nginx, module `ngx_http_log_module`; Envoy 1.31, Access logging, default format string; HAProxy 2.8,
//! configuration manual, 8.2 (log formats) and 8.5 (session state at disconnection); CoreDNS 1.11, plugin/log. Lines of
//! ingress-nginx, gunicorn, uvicorn and Python's http.server have the request and the status in the same place.

use memchr::memmem;

/// Words, one of which stands in every line of a request that failed.
pub const MARKERS: [&str; 9] =
    ["\" 5", " 500 ", " 501 ", " 502 ", " 503 ", " 504 ", "\" servfail", "\" refused", " sc "];

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending<'a> {
    /// The server failed, or the server behind it: a status of 500 and more, an answer that CoreDNS counts as an error,
    /// a connection to a server that could not be made. A client's own fault or leaving (4xx, 499) is no failure.
    pub failed: bool,
    /// What stands before the request, as the level that a program puts there.
    pub before: &'a str,
}

/// How the request of a line ended; none of a line that tells of no request.
pub fn ending(line: &str) -> Option<Ending<'_>> {
    http(line).or_else(|| dns(line)).or_else(|| haproxy(line))
}

/// The most places of a line that are looked at: addresses and agents are the client's to write.
const MOST_PLACES: usize = 4;

/// `"GET /pay HTTP/1.1" 503 `
fn http(line: &str) -> Option<Ending<'_>> {
    memmem::find_iter(line.as_bytes(), b" HTTP/").take(MOST_PLACES).find_map(|at| {
        let version = line.get(at + b" HTTP/".len()..)?;
        let behind = version.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').strip_prefix("\" ")?;
        let failed = status(behind.split(' ').next()?)? >= 500;
        let before = line.get(..line.get(..at)?.rfind('"')?)?;
        Some(Ending { failed, before })
    })
}

/// `"A IN db. udp 41 false 4096" SERVFAIL `
fn dns(line: &str) -> Option<Ending<'_>> {
    let (before, rest) = line.split_once(" \"")?;
    let (question, answer) = rest.split_once("\" ")?;
    let code = answer.split(' ').next()?;
    let is_code = !code.is_empty() && code.bytes().all(|c| c.is_ascii_uppercase());
    let is_question = question.split(' ').nth(3).is_some_and(|protocol| matches!(protocol, "udp" | "tcp"));
    (is_code && is_question).then_some(Ending { failed: matches!(code, "SERVFAIL" | "REFUSED"), before })
}

/// `[21/Nov/2026:03:15:00.655] FRONTEND BACKEND/SERVER TIMERS …`
fn haproxy(line: &str) -> Option<Ending<'_>> {
    let (before, rest) = line.split_once(" [")?;
    let (time, rest) = rest.split_once("] ")?;
    let mut words = rest.split(' ');
    let (_, server, timers) = (words.next()?, words.next()?, words.next()?);
    let is_time = time.len() == 24 && time.as_bytes().get(2) == Some(&b'/') && time.as_bytes().get(20) == Some(&b'.');
    let is_number = |text: &str| text.trim_start_matches(['-', '+']).bytes().all(|c| c.is_ascii_digit());
    if !is_time || !server.contains('/') || !timers.split('/').all(is_number) {
        return None;
    }
    let failed = match timers.split('/').count() {
        // A status of -1 is that of a request which was never answered: the client went away.
        5 => status(words.next()?).is_some_and(|status| status >= 500),
        // S: the server refused or aborted, s: its time ran out; C: while connecting to it.
        3 => words.nth(1)?.eq_ignore_ascii_case("sc"),
        _ => return None,
    };
    Some(Ending { failed, before })
}

/// Three digits and nothing else.
fn status(text: &str) -> Option<u16> {
    let is_status = text.len() == 3 && text.bytes().all(|c| c.is_ascii_digit());
    text.parse().ok().filter(|status| is_status && *status >= 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(line: &str, failed: Option<bool>) {
        assert_eq!(ending(line).map(|ending| ending.failed), failed, "{line}");
        let marked = MARKERS.iter().any(|word| line.to_ascii_lowercase().contains(word));
        assert!(failed != Some(true) || marked, "{line}");
    }

    #[test]
    fn the_status_of_a_request() {
        // nginx 1.27 (combined), ingress-nginx 1.11, Python 3.12 (http.server), uvicorn 0.30.
        check(r#"10.0.0.9 - - [21/Nov/2026:03:15:00 +0000] "GET /pay HTTP/1.1" 503 190 "-" "curl/8.5.0""#, Some(true));
        check(r#"10.0.0.9 - - [21/Nov/2026:03:15:00 +0000] "GET /pay HTTP/1.1" 499 0 "-" "curl/8.5.0""#, Some(false));
        check(r#"10.0.0.9 - - [21/Nov/2026:03:15:00 +0000] "GET /?q=ERROR HTTP/2.0" 200 12 "-" "x""#, Some(false));
        check(
            r#"10.0.0.9 - - [21/Nov/2026:03:15:00 +0000] "GET /a HTTP/1.1" 504 160 "-" "k6/0.53" 99 60.001 [shop-api-80] [] 10.1.0.7:80 0 60.001 504 ab"#,
            Some(true),
        );
        check(r#"10.0.0.9 - - [21/Nov/2026 03:15:00] "GET / HTTP/1.1" 404 -"#, Some(false));
        check(r#"INFO:     10.0.0.9:5312 - "GET / HTTP/1.1" 500 Internal Server Error"#, Some(true));
        // Envoy 1.31; Istio 1.23.
        check(
            r#"[2026-11-21T03:15:00.123Z] "GET / HTTP/1.1" 503 UF,URX 0 91 24 - "10.0.0.9" "curl" "a" "b" "10.1.0.7:80""#,
            Some(true),
        );
        check(r#"[2026-11-21T03:15:00.123Z] "GET / HTTP/2" 0 DC downstream_remote_disconnect - "-" 0 0 9 - "-""#, None);
        check(r#"[2026-11-21T03:15:00.123Z] "POST /a HTTP/1.1" 200 - via_upstream - "-" 4 5 2 1 "-" "x""#, Some(false));
    }

    #[test]
    fn answers_of_coredns() {
        check(r#"[INFO] 10.1.1.1:40 - 5 "A IN db. udp 41 false 4096" SERVFAIL qr,rd 41 2.001s"#, Some(true));
        check(r#"[INFO] 10.1.1.1:40 - 5 "A IN db. udp 41 false 4096" NXDOMAIN qr,rd,ra 41 0.001s"#, Some(false));
        check(
            r#"2019-03-08T10:15:02.123Z [INFO] 10.1.1.1:40 - 5 "AAAA IN db. udp 41 false 512" NOERROR qr 41 0.1s"#,
            Some(false),
        );
    }

    #[test]
    fn sessions_of_haproxy() {
        let line = |rest: &str| format!("10.0.1.2:33317 [06/Feb/2026:12:14:14.655] web shop/{rest}");
        check(
            &line(r#"api-1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET / HTTP/1.1""#),
            Some(false),
        );
        check(&line(r#"<NOSRV> 0/-1/-1/-1/0 503 212 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#), Some(true));
        check(&line(r#"api-1 5/-1/-1/-1/5 -1 0 - - CR-- 1/1/0/0/0 0/0 "<BADREQ>""#), Some(false));
        check(&line("pg-1 0/0/5007 212 -- 0/0/0/0/3 0/0"), Some(false));
        check(&line("pg-1 1/-1/3001 0 sC 1/1/1/1/3 0/0"), Some(true));
    }

    #[test]
    fn what_is_no_request() {
        for line in [
            r#"2026/11/21 03:15:00 [error] 12#12: *3 connect() failed, request: "GET / HTTP/1.1", upstream: "x""#,
            r#"said "NOT IN here" TODAY"#,
            "10.0.1.2:1 [06/Feb/2026:12:14:14.655] web: SSL handshake failure",
            "[ERROR] plugin/errors: 2 db. A: read udp 10.1.1.1:5->10.0.0.2:53: i/o timeout",
            "",
        ] {
            check(line, None);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(line in "([a-z0-9:]{0,3} \\[[0-9/:.]{0,24}\\] )?[\"A-Z/ 0-9.\\PC]{0,40}( HTTP/1.1\" [0-9]{0,4})?") {
            if let Some(ending) = ending(&line) {
                prop_assert!(line.starts_with(ending.before));
            }
        }
    }
}
