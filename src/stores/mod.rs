//! Archives and reports in object stores: S3 and what speaks like it, Google Cloud Storage, Azure, or a folder.
//!
//! The only room that knows the crate object_store. It writes what it is given and never over anything: what is there
//! with the same bytes is left and said to be there, what is there with others is an error. It removes only what it wrote
//! itself, and only when it is asked to. It reads by ranges, through [`crate::archive::Ranged`].
//!
//! It reads no environment and prints nothing: the settings of the clouds' own tools are given to it.

mod address;
mod cache;
mod fault;
mod keep;
mod object;
mod package;
mod place;
mod reading;
mod sums;
mod unfinished;
mod upload;
mod wire;

pub use address::{Address, NotAnAddress, Scheme};
pub use fault::{Fault, Kind};
pub use keep::remove_older;
pub use package::{NotAPackage, Package};
pub use place::{Access, Pace};
pub use reading::{Asked, OnFault, Reading};
pub use upload::{Uploaded, upload};
