//! What is in an archive, to be looked at without an analysis: objects in the columns of kubectl, events, lines of logs by
//! time, what a pattern finds, and series.
//!
//! Nothing is concluded here, and nothing is printed: whoever shows a line makes it harmless. What a person chooses is
//! [`Choice`]; ages count to when an object was fetched. Any amount of log lines is put in order of time in bounded memory.

mod choice;
mod columns;
mod events;
mod grep;
mod lines;
mod merged;
mod objects;
mod selector;
mod series;
mod span;
mod surrounding;
mod versions;
mod yaml;

pub use choice::{Asked, Choice};
pub use columns::{Columns, columns};
pub use events::{EventRow, events};
pub use grep::{Hit, grep};
pub use lines::{LogLine, chosen_logs, each_line};
pub use merged::Merged;
pub use objects::{Object, objects};
pub use selector::Selector;
pub use series::{Shown, ids, series, sparkline};
pub use span::{Span, around, length, time};
pub use surrounding::{NoRecord, surrounding};
pub use versions::{Became, ObjectVersion, Unseen, unseen, versions};
pub use yaml::yaml;
