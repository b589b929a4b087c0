//! The URL of a server, as an argument. One that is refused is not repeated: it may hold a credential.

use clap::Command;
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use std::ffi::OsStr;

/// Reads a URL of http or https without credentials.
#[derive(Clone)]
pub struct ServerUrl;

impl TypedValueParser for ServerUrl {
    type Value = http::Uri;

    fn parse_ref(&self, command: &Command, arg: Option<&clap::Arg>, value: &OsStr) -> Result<Self::Value, clap::Error> {
        let refused = |why: String| {
            let option = arg.map(|arg| format!(" for '{arg}'")).unwrap_or_default();
            command.clone().error(ErrorKind::ValueValidation, format!("invalid value{option}: {why}"))
        };
        url(&value.to_string_lossy()).map_err(refused)
    }
}

fn url(text: &str) -> Result<http::Uri, String> {
    let url: http::Uri = text.parse().map_err(|error| format!("{error}"))?;
    let authority = url.authority().map(|authority| authority.as_str()).unwrap_or_default();
    if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none_or(str::is_empty) {
        return Err("write it as http://HOST:PORT or https://HOST:PORT/PATH".to_owned());
    }
    if authority.contains('@') || url.query().is_some() {
        return Err("it must hold no credentials and no query; give credentials in a file".to_owned());
    }
    Ok(url)
}
