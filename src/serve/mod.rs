//! An archive as a Kubernetes API that can be read: what kubectl and its like ask, answered from the input as it lies.
//!
//! A request goes from `http` to `api`, which finds by its path who answers. `store` knows the kinds and reads the
//! objects of one when it is first asked for, onto a `shelf`, packed; `list` gets, lists and watches, in the form that
//! `shown` writes; `table` has the columns of `kubectl get`. Nothing is unpacked to a disk, nothing can be changed, and
//! nobody but this machine is answered, nobody without the token.

mod answer;
mod api;
mod ask;
mod coverage;
mod discovery;
mod fields;
mod http;
mod kubeconfig;
mod list;
mod logs;
mod newer_events;
mod openapi;
mod parts;
mod protobuf;
mod resource;
mod reviews;
mod shelf;
mod shown;
mod store;
mod table;
mod usage;

pub use http::Server;
pub use kubeconfig::kubeconfig;
pub use store::Store;
