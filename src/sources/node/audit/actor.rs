//! Who asked the API server: programs of Kubernetes by name, and of a person only that it is always the same one.
//! `REDACTED-person-3f9a1b2c4d5e` stands for one.

use crate::objects::user::Class;
use crate::redact::Redactor;

/// The name that is kept of a user: its own, or a pseudonym.
pub fn kept(username: &str, redactor: &Redactor) -> String {
    match Class::of(username) {
        Class::Person if username.is_empty() => String::new(),
        Class::Person => redactor.pseudonym(Class::Person.name(), username),
        _ => username.to_owned(),
    }
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
    fn a_person_is_always_the_same_one() {
        let redactor = redactor();
        let anna = kept("anna@example.com", &redactor);
        assert!(anna.starts_with("REDACTED-person-") && anna.len() == "REDACTED-person-".len() + 12, "{anna}");
        assert_eq!(kept("anna@example.com", &redactor), anna);
        assert_ne!(kept("bob@example.com", &redactor), anna);
        assert_eq!(kept("system:apiserver", &redactor), "system:apiserver");
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
            let kept = kept(&text, &redactor);
            prop_assert!(kept == text || kept.starts_with("REDACTED-person-"));
        }
    }
}
