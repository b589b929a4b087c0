//! The tests that need no cluster, one binary for all.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod accuracy;
#[cfg(feature = "mcp")]
mod assistant;
#[cfg(feature = "attach")]
mod attach;
mod audit;
mod bundles;
mod chaos;
mod chart;
mod checks;
#[cfg(all(feature = "live", unix))]
mod ci;
mod circles;
mod clusters;
#[cfg(feature = "live")]
mod collected;
mod commands;
mod commits;
mod containers;
mod corpus;
#[cfg(all(feature = "live", target_os = "linux"))]
mod credentials;
mod drafts;
mod durable;
#[cfg(feature = "encrypt")]
mod encryption;
mod export;
mod fixture;
mod flips;
mod frozen;
mod hostile;
mod hosts;
mod inputs;
mod journals;
mod lint;
mod log_summary;
mod loose;
mod made;
mod notes;
#[cfg(all(feature = "on-alert", unix))]
mod on_alert;
mod onsets;
mod others;
mod outages;
mod page;
mod pages;
mod phrases;
mod printed;
mod queries;
#[cfg(all(feature = "live", unix))]
mod recorder;
mod redaction;
mod redaction_corpus;
mod redaction_kinds;
mod redaction_surroundings;
#[cfg(any(feature = "attach", feature = "live", feature = "stores"))]
mod request;
mod rules;
mod scenarios;
mod schemas;
mod security;
mod series;
#[cfg(feature = "serve")]
mod serve;
mod sharing;
#[cfg(feature = "shells")]
mod shells;
#[cfg(feature = "live")]
mod side_by_side;
#[cfg(feature = "stores")]
mod stores;
mod story;
mod tidy;
mod times;
mod traces;
mod traps;
mod views;
#[cfg(all(feature = "live", unix))]
mod watch_run;
#[cfg(target_os = "linux")]
mod writes;
