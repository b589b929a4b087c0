//! Who may send notifications: whoever has the bearer token, or the name and password, that Alertmanager was given in its
//! `http_config`.

use crate::listen::is_same;
use ct_codecs::{Base64, Encoder};
use std::fmt;

/// What a request has to carry. It is compared and never shown.
pub struct Access(Kind);

enum Kind {
    Anyone,
    Bearer(String),
    /// The name and password, as the header has them (RFC 7617, 2).
    Basic(String),
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access")
    }
}

impl Access {
    /// Whoever reaches the port.
    pub fn anyone() -> Self {
        Self(Kind::Anyone)
    }

    /// Whoever has the token in `text`, the content of a file.
    ///
    /// # Errors
    /// It holds none, or more than that. The reason has nothing of it.
    pub fn bearer(text: &str) -> Result<Self, &'static str> {
        let token = text.trim();
        match token {
            "" => Err("it is empty"),
            _ if token.contains(|sign: char| sign.is_whitespace() || sign.is_control()) => {
                Err("it does not hold one bearer token and nothing else")
            }
            _ => Ok(Self(Kind::Bearer(token.to_owned()))),
        }
    }

    /// Whoever has the name and password in `text`, a file with a line `user:password`.
    ///
    /// # Errors
    /// It is no such line. The reason has nothing of it.
    pub fn basic(text: &str) -> Result<Self, &'static str> {
        let line = text.trim_end_matches(['\r', '\n']);
        let is_pair = line.split_once(':').is_some_and(|(user, password)| !user.is_empty() && !password.is_empty());
        if !is_pair || line.contains(char::is_control) {
            return Err("it does not hold USER:PASSWORD and nothing else");
        }
        let encoded = Base64::encode_to_string(line).map_err(|_| "it is too long")?;
        Ok(Self(Kind::Basic(encoded)))
    }

    /// Whether a request with this `Authorization` may come in.
    pub(super) fn admits(&self, authorization: &str) -> bool {
        let (scheme, given) = authorization.split_once(' ').unwrap_or_default();
        match &self.0 {
            Kind::Anyone => true,
            Kind::Bearer(token) => scheme.eq_ignore_ascii_case("Bearer") && is_same(given.trim(), token),
            Kind::Basic(pair) => scheme.eq_ignore_ascii_case("Basic") && is_same(given.trim(), pair),
        }
    }

    /// What `WWW-Authenticate` says to who may not.
    pub(super) fn asks_for(&self) -> &'static str {
        match self.0 {
            Kind::Basic(_) => "Basic realm=\"on-alert\"",
            Kind::Anyone | Kind::Bearer(_) => "Bearer realm=\"on-alert\"",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_the_secret_comes_in() {
        let bearer = Access::bearer("s3cret\n").expect("a token");
        assert!(bearer.admits("Bearer s3cret") && bearer.admits("bearer s3cret"));
        let refused = ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret"];
        assert!(refused.iter().all(|given| !bearer.admits(given)));
        let basic = Access::basic("alertmanager:open: sesame\n").expect("a pair");
        assert!(basic.admits("Basic YWxlcnRtYW5hZ2VyOm9wZW46IHNlc2FtZQ=="));
        assert!(!basic.admits("Basic YWxlcnRtYW5hZ2VyOm9wZW4=") && !basic.admits("Bearer open: sesame"));
        assert!(Access::anyone().admits(""));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        assert!(["", " \n", "two words", "two\nlines"].iter().all(|text| Access::bearer(text).is_err()));
        assert!(["", "name", ":password", "name:", "a:b\nc:d"].iter().all(|text| Access::basic(text).is_err()));
        assert_eq!(format!("{:?}", Access::bearer("s3cret")), "Ok(Access)");
    }
}
