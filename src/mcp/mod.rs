//! An analysis for assistants: the Model Context Protocol over standard input and output, by its own SDK
//! (modelcontextprotocol.io, versions up to 2026-07-28).
//!
//! All of it only reads. Every answer is bounded, names the records it rests on, and gives what the cluster wrote as
//! quotations; what was redacted when the archive was made stays so. A new tool is a file in `tools/` and one line in
//! [`tools::ALL`].

mod answer;
mod incident;
mod server;
mod tools;

pub use incident::Incident;
pub use server::serve;
