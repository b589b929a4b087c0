//! Who asks a Prometheus that was given by its URL. It is sent and never shown: not in logs, reasons or the archive.

use ct_codecs::{Base64, Encoder};
use std::fmt;

/// What a server is told to let us in.
#[derive(Clone)]
pub struct Login(Kind);

#[derive(Clone)]
enum Kind {
    Bearer(String),
    Basic { user: String, password: String },
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

impl Login {
    /// A bearer token from the text of a file; the error says what is wrong with it, without any of it.
    pub fn bearer(text: &str) -> Result<Self, &'static str> {
        let token = text.trim();
        // The characters of a b64token (RFC 6750, 2.1). Anything else may not even be a header.
        let is_token = |sign: char| sign.is_ascii_alphanumeric() || "-._~+/=".contains(sign);
        match token {
            "" => Err("it is empty"),
            _ if !token.chars().all(is_token) => Err("it does not hold one bearer token and nothing else"),
            _ => Ok(Self(Kind::Bearer(token.to_owned()))),
        }
    }

    /// A name and password from a line `user:password` (RFC 7617, 2); the error says what is wrong with it, without
    /// any of it.
    pub fn basic(text: &str) -> Result<Self, &'static str> {
        let line = text.trim_end_matches(['\r', '\n']);
        match line.split_once(':') {
            _ if line.is_empty() => Err("it is empty"),
            _ if line.contains(char::is_control) => Err("it holds more than one line"),
            Some((user, password)) if !user.is_empty() => {
                Ok(Self(Kind::Basic { user: user.to_owned(), password: password.to_owned() }))
            }
            _ => Err("it does not hold USER:PASSWORD"),
        }
    }

    /// Has every request of `config` carry it.
    pub(super) fn sign(&self, config: &mut kube::Config) {
        match &self.0 {
            Kind::Bearer(token) => config.auth_info.token = Some(token.clone().into()),
            Kind::Basic { user, password } => {
                config.auth_info.username = Some(user.clone());
                config.auth_info.password = Some(password.clone().into());
            }
        }
    }

    /// `text` without the secret, which a server may repeat in its errors.
    pub fn hidden(&self, text: &str) -> String {
        let secrets = match &self.0 {
            Kind::Bearer(token) => vec![token.clone()],
            Kind::Basic { user, password } => {
                let sent = Base64::encode_to_string(format!("{user}:{password}")).unwrap_or_default();
                vec![sent, password.clone()]
            }
        };
        let secrets = secrets.iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[secret]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_hold_one_login_and_nothing_else() {
        assert_eq!(Login::bearer("abc.DEF-1\n").expect("a token").hidden("got abc.DEF-1"), "got [secret]");
        assert_eq!(Login::bearer(" \n").expect_err("none"), "it is empty");
        assert!(Login::bearer("Bearer abc").is_err() && Login::bearer("a\nb").is_err());
        let basic = Login::basic("anna:a:b\r\n").expect("a name and a password");
        assert_eq!(basic.hidden("a:b, YW5uYTphOmI="), "[secret], [secret]");
        assert!(Login::basic("anna").is_err() && Login::basic(":x").is_err() && Login::basic("a:b\nc:d").is_err());
        assert_eq!(format!("{basic:?}"), "Login");
    }
}
