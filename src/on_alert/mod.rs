//! A Job for an alert: Alertmanager's webhook comes in, and a Job that collects goes to the cluster.
//!
//! A notification goes from `http`, which knows who may send one (`access`), to `webhook`, which reads it and tells by
//! `matcher` what of it is looked for. `starter` takes one after another, asks `pace` whether it is time for another
//! collection, and has `jobs` create what `template` makes of the alert. What runs in a pod is in the template alone, which
//! is given to this room; nothing is asked of a cluster but to list and to create Jobs in one namespace, and nothing is
//! ever changed or deleted there.

mod access;
mod http;
mod jobs;
mod matcher;
mod pace;
mod starter;
mod template;
mod webhook;

pub use access::Access;
pub use http::{Inbox, Server};
pub use jobs::Jobs;
pub use matcher::Matchers;
pub use pace::Pace;
pub use starter::Starter;
pub use template::Template;
