//! Incident forensics for Kubernetes.
//!
//! Data flows one way: `sources` (a live cluster) → `archive` → `inputs` → `evidence` → `signals` → `cascade` → `report`.
//! `export` gives a report to other tools, `attach` posts one, `serve` answers kubectl from an archive, `mcp` an assistant,
//! `stores` keeps archives in buckets, `on_alert` starts a Job for an alert, `recorder` keeps the versions of objects before
//! they are asked for. `model` is the vocabulary all of them share, `logline` knows lines of logs as text, `objects` the
//! objects of Kubernetes; `describe` renders them as `kubectl describe` would; `clusters` finds what several analyses have to
//! do with each other;
//! `log_templates` sums up any amount of log lines, and `viewing` is for who looks at records without an analysis.
//!
//! The library prints nothing and reads neither arguments nor environment; the binary does. It makes no promise of
//! a stable API yet.

pub mod analysis;
pub mod archive;
#[cfg(feature = "attach")]
pub mod attach;
pub mod cascade;
pub mod clusters;
pub mod describe;
pub mod evidence;
pub mod export;
pub mod inputs;
#[cfg(any(feature = "live", feature = "serve"))]
pub mod listen;
pub mod log_templates;
pub mod logline;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod model;
pub mod objects;
#[cfg(feature = "on-alert")]
pub mod on_alert;
#[cfg(feature = "live")]
pub mod recorder;
pub mod redact;
pub mod report;
pub mod repository;
#[cfg(feature = "serve")]
pub mod serve;
pub mod signals;
#[cfg(feature = "live")]
pub mod sources;
#[cfg(feature = "stores")]
pub mod stores;
pub mod viewing;
