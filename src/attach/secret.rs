//! Tokens, which are sent and never shown.

use std::fmt;

/// A token or a password. It has no form that can be printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Reads one as it stands in a variable or is printed by a program: without the space around it. Nothing, or what
    /// cannot stand in a header, is none.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_sound = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        is_sound.then(|| Self(text.to_owned()))
    }

    /// `text` without this secret, should a server repeat it.
    pub(super) fn taken_out_of(&self, text: &str) -> String {
        text.replace(&self.0, "[token]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// How a host is told who asks.
#[derive(Clone, Debug)]
pub enum Credential {
    /// `Authorization: Bearer TOKEN`: GitHub, and Jira Data Center's personal access tokens.
    Bearer(Secret),
    /// `Authorization: token TOKEN`: Gitea.
    Token(Secret),
    /// `PRIVATE-TOKEN: TOKEN`: GitLab.
    Private(Secret),
    /// A user and a password or an API token: Jira Cloud.
    Basic { user: String, password: Secret },
}

impl Credential {
    /// The header that tells it.
    pub(super) fn header(&self) -> (&'static str, String) {
        match self {
            Self::Bearer(secret) => ("Authorization", format!("Bearer {}", secret.0)),
            Self::Token(secret) => ("Authorization", format!("token {}", secret.0)),
            Self::Private(secret) => ("PRIVATE-TOKEN", secret.0.clone()),
            Self::Basic { user, password } => {
                let both = format!("{user}:{}", password.0);
                let coded = ct_codecs::Base64::encode_to_string(both.as_bytes()).unwrap_or_default();
                ("Authorization", format!("Basic {coded}"))
            }
        }
    }

    /// The secret in it.
    pub(super) fn secret(&self) -> &Secret {
        match self {
            Self::Bearer(secret) | Self::Token(secret) | Self::Private(secret) => secret,
            Self::Basic { password, .. } => password,
        }
    }
}

use ct_codecs::Encoder;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_sent_and_never_shown() {
        let secret = || Secret::read(" s3cr3t\n").unwrap();
        let basic = Credential::Basic { user: "a@example.com".to_owned(), password: secret() };
        // printf 'a@example.com:s3cr3t' | base64
        assert_eq!(basic.header(), ("Authorization", "Basic YUBleGFtcGxlLmNvbTpzM2NyM3Q=".to_owned()));
        assert_eq!(Credential::Bearer(secret()).header().1, "Bearer s3cr3t");
        for shown in [format!("{basic:?}"), format!("{:?}", Credential::Private(secret()))] {
            assert!(!shown.contains("s3cr3t"), "{shown}");
        }
        assert_eq!(secret().taken_out_of("no s3cr3t here"), "no [token] here");
        assert!(Secret::read(" \n").is_none() && Secret::read("a\nb").is_none() && Secret::read("ä").is_none());
    }
}
