//! What leaves nobody's hands: credentials, and the names of a cluster.

pub mod names;
