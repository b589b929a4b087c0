//! Takes out of what a server said whatever looks like a credential: some repeat in their errors what they were sent,
//! and what they say goes into outcomes, onto the terminal and into the archive.

use ct_codecs::{Base64, Decoder};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// What stands for a credential.
const GONE: &str = "[secret]";

/// What is said of an `Authorization` header (RFC 9110, 11.6.2), of a JSON Web Token (RFC 7519), of a parameter that
/// carries a credential, or of the user information of a URL (RFC 3986, 3.2.1).
static CREDENTIAL: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?ix)
        \b(?<scheme>bearer|basic)(?<space>[\s:"']+)(?<sent>[a-z0-9._~+/=-]+)
        | \b(?<jwt>eyj[a-z0-9_-]{8,}\.[a-z0-9_-]+\.[a-z0-9_-]*)
        | \b(?<name>[a-z_-]*(?:token|passw(?:or)?d|secret|api[_-]?key))=(?<value>[^&\s"'<>\#;,]+)
        | ://(?<user>[^/\s@"'?\#]+)@"#;
    Regex::new(pattern).expect("a fixed pattern")
});

/// `text` without them.
pub fn hidden(text: &str) -> String {
    let replaced = CREDENTIAL.replace_all(text, |found: &Captures<'_>| {
        let part = |name: &str| found.name(name).map(|part| part.as_str());
        match (part("scheme"), part("name"), part("user")) {
            (Some(scheme), ..) if is_credential(scheme, part("sent").unwrap_or_default()) => {
                format!("{scheme}{}{GONE}", part("space").unwrap_or(" "))
            }
            // Words about a scheme, as in `Basic authentication`.
            (Some(_), ..) => part_of(found),
            (_, Some(name), _) => format!("{name}={GONE}"),
            (.., Some(_)) => format!("://{GONE}@"),
            _ => GONE.to_owned(),
        }
    });
    replaced.into_owned()
}

fn part_of(found: &Captures<'_>) -> String {
    found.get(0).map(|whole| whole.as_str().to_owned()).unwrap_or_default()
}

/// Whether that is what the scheme sends: of `Basic` a name and a password in base64, of `Bearer` what is too long or
/// too odd for a word.
fn is_credential(scheme: &str, sent: &str) -> bool {
    if scheme.eq_ignore_ascii_case("basic") {
        let padded = Base64::decode_to_vec(sent, None);
        return padded.is_ok_and(|bytes| bytes.contains(&b':'));
    }
    sent.len() > 15 || sent.chars().any(|c| !c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_credential_goes() {
        let gone = [
            "no entry with Bearer abc.DEF-123, sorry",
            "Authorization: Bearer marker-token-of-somebody",
            "authorization: Basic YW5uYTptYXJrZXI=",
            r#"{"authorization":"bearer":"marker-0123"}"#,
            "see https://anna:marker@host/path",
            "go to /login?access_token=marker&x=1",
            "password=marker; id_token=marker",
            "got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtYXJrZXIifQ.c2lnbmF0dXJl here",
        ];
        for text in gone {
            let hidden = hidden(text);
            assert!(hidden.contains(GONE), "{hidden}");
            for secret in ["marker", "abc.DEF", "YW5u", "eyJ"] {
                assert!(!hidden.contains(secret), "{hidden}");
            }
        }
        assert_eq!(hidden("https://a:b@h/x?token=1&y=2"), "https://[secret]@h/x?token=[secret]&y=2");
    }

    #[test]
    fn words_stay() {
        let stays = [
            "Basic authentication is required",
            "bearer token expired",
            "pods is forbidden: User \"system:serviceaccount:a:b\" cannot list resource \"secrets\"",
            "Get \"https://10.0.0.1:10250/containerLogs/a/b/c?timestamps=true\": dial tcp 10.0.0.1:10250: i/o timeout",
            "the token is not valid; the Secret shop/api-token was not found",
        ];
        for text in stays {
            assert_eq!(hidden(text), text);
        }
    }
}
