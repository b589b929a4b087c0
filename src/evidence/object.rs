//! Objects of Kubernetes, by the old name of their room.

pub use crate::objects::*;
