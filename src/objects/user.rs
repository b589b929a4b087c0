//! Who a user of the API is, by name alone.
//!
//! Names that begin with `system:` are the API server's own (kubernetes.io/docs/reference/access-authn-authz/rbac, "the
//! prefix system: is reserved"), of which those of nodes, service accounts and the control plane stay. Every other name may
//! be a person's, and so may be what a certificate says in such a form: a name stays only if it is of the form that such
//! names have.

/// The longest name that stays: a namespace and a name of 63 and 253 letters, and what stands before them.
const LONGEST: usize = 350;

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
            Self::Person => "person",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
