//! Who asked the API server: programs of Kubernetes by name, and of a person only that it is always the same one.
//!
//! Names that begin with `system:` are the API server's own (kubernetes.io/docs/reference/access-authn-authz/rbac, "the
//! prefix system: is reserved"), of which those of nodes, service accounts and the control plane stay. Every other name may
//! be a person's, and so may be what a certificate says in such a form: a name stays only if it is of the form that such
//! names have.

use crate::redact::Redactor;

/// What pseudonyms of persons are called: `REDACTED-person-3f9a1b2c4d5e`.
const PERSON: &str = "person";
/// The longest name that stays: a namespace and a name of 63 and 253 letters, and what stands before them.
const LONGEST: usize = 350;
/// The longest program that is told.
const LONGEST_PROGRAM: usize = 96;

/// A class of those who ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Node,
    ServiceAccount,
    ControlPlane,
    Anonymous,
    Person,
}

impl Class {
    pub fn of(username: &str) -> Self {
        let is_plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b))
        };
        let Some(name) = username.strip_prefix("system:").filter(|_| username.len() <= LONGEST) else {
            return Self::Person;
        };
        match name.split(':').collect::<Vec<_>>().as_slice() {
            ["node", node] if is_plain(node) => Self::Node,
            ["serviceaccount", namespace, name] if is_plain(namespace) && is_plain(name) => Self::ServiceAccount,
            ["apiserver" | "aggregator"] => Self::ControlPlane,
            [name] if name.starts_with("kube-") && is_plain(name) => Self::ControlPlane,
            ["anonymous"] => Self::Anonymous,
            _ => Self::Person,
        }
    }

    /// As counts name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::ServiceAccount => "serviceaccount",
            Self::ControlPlane => "control-plane",
            Self::Anonymous => "anonymous",
            Self::Person => PERSON,
        }
    }
}

/// The name that is kept of a user: its own, or a pseudonym.
pub fn kept(username: &str, redactor: &Redactor) -> String {
    match Class::of(username) {
        Class::Person if username.is_empty() => String::new(),
        Class::Person => redactor.pseudonym(PERSON, username),
        _ => username.to_owned(),
    }
}

/// The program of a user agent and its version, `kubectl/v1.34.4`; nothing of what has no such form, as whoever asks may
/// write anything there.
pub fn program(agent: &str) -> Option<String> {
    let first = agent.split_ascii_whitespace().next()?;
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._+-".contains(byte);
    let end = first.bytes().take_while(is_plain).count().min(LONGEST_PROGRAM);
    let plain = first.get(..end)?;
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// `text` without the names of these persons: wherever one stands in quotes, and where a sentence of the API server says
/// who was meant (k8s.io/apiserver, pkg/endpoints/handlers/responsewriters/errors.go: `User "anna" cannot get …`).
pub fn without_persons(text: &str, names: &[&str], redactor: &Redactor) -> String {
    let mut text = text.to_owned();
    for name in names.iter().filter(|name| is_telling(name)) {
        let kept = kept(name, redactor);
        for quote in ["\"", "\\\"", "'"] {
            text = text.replace(&format!("{quote}{name}{quote}"), &format!("{quote}{kept}{quote}"));
        }
    }
    for before in ["User \"", "users \"", "groups \"", "User \\\"", "users \\\"", "groups \\\""] {
        text = after(&text, before, redactor);
    }
    text
}

/// Whether a name is one of somebody: those that many programs and roles have are none, and would be found anywhere.
fn is_telling(name: &str) -> bool {
    const NOBODYS: [&str; 6] =
        ["admin", "cluster-admin", "kubernetes-admin", "kubernetes-super-admin", "root", "system:admin"];
    name.len() > 2 && Class::of(name) == Class::Person && !NOBODYS.contains(&name)
}

/// `text` with what stands in quotes after each `before` replaced, if it may be a person.
fn after(text: &str, before: &str, redactor: &Redactor) -> String {
    let Some(quote) = before.get(before.find(['"', '\\']).unwrap_or(before.len())..).filter(|quote| !quote.is_empty())
    else {
        return text.to_owned();
    };
    let mut parts = text.split(before);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(before);
        match part.find(quote).and_then(|end| part.split_at_checked(end)) {
            Some((name, rest)) if Class::of(name) == Class::Person && !name.starts_with("REDACTED-") => {
                out.push_str(&kept(name, redactor));
                out.push_str(rest);
            }
            _ => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{Key, Rules};
    use proptest::prelude::*;

    fn redactor() -> Redactor {
        Redactor::new(Rules::built_in().expect("rules"), Key::known([7; 32])).expect("a redactor")
    }

    #[test]
    fn classes_of_those_who_ask() {
        let cases = [
            ("system:node:ip-10-0-0-1.eu-west-1.compute.internal", Class::Node),
            ("system:serviceaccount:kube-system:deployment-controller", Class::ServiceAccount),
            ("system:kube-controller-manager", Class::ControlPlane),
            ("system:apiserver", Class::ControlPlane),
            ("system:anonymous", Class::Anonymous),
            ("anna@example.com", Class::Person),
            ("kubernetes-admin", Class::Person),
            ("system:node:Anna Example", Class::Person),
            ("system:bootstrap:abcdef", Class::Person),
            ("system:serviceaccount:a", Class::Person),
            ("", Class::Person),
        ];
        for (name, class) in cases {
            assert_eq!(Class::of(name), class, "{name}");
        }
    }

    #[test]
    fn a_person_is_always_the_same_one() {
        let redactor = redactor();
        let anna = kept("anna@example.com", &redactor);
        assert!(anna.starts_with("REDACTED-person-") && anna.len() == "REDACTED-person-".len() + 12, "{anna}");
        assert_eq!(kept("anna@example.com", &redactor), anna);
        assert_ne!(kept("bob@example.com", &redactor), anna);
        assert_eq!(kept("system:apiserver", &redactor), "system:apiserver");
    }

    #[test]
    fn programs_are_told_without_what_follows() {
        let program = |agent: &str| program(agent).unwrap_or_default();
        assert_eq!(program("kubectl/v1.34.4 (linux/amd64) kubernetes/$Format"), "kubectl/v1.34.4");
        assert_eq!(program("Mozilla/5.0 (X11; Linux x86_64)"), "Mozilla/5.0");
        assert_eq!(program("anna@laptop"), "anna");
        assert_eq!(program("\u{1b}[31m"), "");
        assert_eq!(program(""), "");
    }

    #[test]
    fn sentences_name_no_person() {
        let redactor = redactor();
        let denied = r#"configmaps is forbidden: User "jane.doe" cannot create resource "configmaps" in API group "" in the namespace "shop""#;
        let said = without_persons(denied, &["jane.doe"], &redactor);
        assert!(!said.contains("jane") && said.contains(r#"resource "configmaps""#), "{said}");
        let impersonated = r#"users "max.muster" is forbidden: User "jane.doe" cannot impersonate resource "users""#;
        let said = without_persons(impersonated, &[], &redactor);
        assert!(!said.contains("jane") && !said.contains("max"), "{said}");
        let own = r#"User "system:serviceaccount:shop:deployer" cannot list resource "pods""#;
        assert_eq!(without_persons(own, &["admin"], &redactor), own);
        assert_eq!(without_persons(&said, &[], &redactor), said);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(User \"|\"|[a-zA-Zé:]|\\\\)*", name in ".{0,6}") {
            let redactor = redactor();
            without_persons(&text, &[&name], &redactor);
            program(&text);
            let kept = kept(&text, &redactor);
            prop_assert!(kept == text || kept.starts_with("REDACTED-person-"));
        }
    }
}
