//! The names of one cluster, and what stands for them in an archive that strangers may read.
//!
//! Names of namespaces, nodes, workloads and containers, hosts, addresses, images and people become pseudonyms: the
//! same one for the same name wherever it stands, so that what belonged together still does. What Kubernetes itself
//! is made of keeps its name, as do names that are words of its messages: these tell nothing of whose cluster it is.
//!
//! ```text
//! web                     name-3f9a1c2b77             the Deployment
//! web-5d8c7b9f4d-x7k2p    name-3f9a1c2b77-5d8c7b9f4d-x7k2p    its pod: what was generated tells nothing
//! 10.88.0.11              245.17.203.9                in 240.0.0.0/4, which nobody has (RFC 1112, section 4)
//! ```
//!
//! [`Gathered`] reads what has names, [`Replacer`] replaces them.

mod gather;
mod generated;
mod public;
mod replace;

pub use gather::Gathered;
pub use replace::Replacer;

/// What a name is of. Of several, the first is what its pseudonym says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Namespace,
    Node,
    Image,
    Host,
    Name,
}

impl Class {
    /// What a pseudonym begins with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Node => "node",
            Self::Image => "image",
            Self::Host => "host",
            Self::Name => "name",
        }
    }
}
