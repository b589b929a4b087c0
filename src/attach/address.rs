//! Where a host answers.

use std::fmt;
use std::net::IpAddr;
use thiserror::Error;
use ureq::http::Uri;

/// The URL that a host's interface stands under, without a slash at its end. By https, or on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    url: String,
    /// The name of the machine, without a port.
    machine: String,
    is_this_machine: bool,
}

/// Why a text is no address. It does not repeat it: it may hold a credential.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NotAnAddress {
    #[error("write it as https://HOST, with a path if the host has one")]
    Form,
    #[error("it must be https: a token would travel in the open; http is taken for this machine only")]
    InTheOpen,
    #[error("it must hold no user, password or query: credentials come from the environment")]
    WithCredentials,
}

impl Address {
    /// Reads a URL.
    pub fn read(text: &str) -> Result<Self, NotAnAddress> {
        let uri: Uri = text.trim().trim_end_matches('/').parse().map_err(|_| NotAnAddress::Form)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(NotAnAddress::Form);
        };
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(NotAnAddress::WithCredentials);
        }
        let machine = authority.host().trim_matches(['[', ']']).to_owned();
        let is_this_machine =
            machine == "localhost" || machine.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match scheme {
            _ if machine.is_empty() => return Err(NotAnAddress::Form),
            "https" => {}
            "http" if is_this_machine => {}
            "http" => return Err(NotAnAddress::InTheOpen),
            _ => return Err(NotAnAddress::Form),
        }
        let url = format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/'));
        Ok(Self { url, machine, is_this_machine })
    }

    /// The name of the machine, without a port.
    pub fn machine(&self) -> &str {
        &self.machine
    }

    /// Whether what is sent there never leaves this machine, so that no proxy may be asked for it.
    pub(super) fn is_this_machine(&self) -> bool {
        self.is_this_machine
    }

    /// The URL of a path below it.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_by_https_or_not_at_all() {
        let read = |text: &str| Address::read(text).map(|address| address.to_string());
        assert_eq!(read("https://git.example.com/").as_deref(), Ok("https://git.example.com"));
        assert_eq!(read("https://example.com:8443/jira/").as_deref(), Ok("https://example.com:8443/jira"));
        for here in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
            assert_eq!(read(here).as_deref(), Ok(here));
        }
        for open in ["http://git.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com"] {
            assert_eq!(read(open), Err(NotAnAddress::InTheOpen), "{open}");
        }
        for full in ["https://a:b@example.com", "https://b@example.com", "https://example.com/?token=1"] {
            assert_eq!(read(full), Err(NotAnAddress::WithCredentials), "{full}");
        }
        for no in ["", "example.com", "ftp://example.com", "file:///etc", "https://"] {
            assert_eq!(read(no), Err(NotAnAddress::Form), "{no}");
        }
    }
}
