//! Whole reports through every exporter: two real incidents, an empty one, a hostile one and a huge one.

pub mod builders;
mod checklists;
mod drafts;
pub mod hostile;
mod incident;
pub mod page;
mod roles;
mod schemas;
mod terminal;
mod trees;
