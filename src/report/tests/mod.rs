//! Whole reports through every exporter: two real incidents, an empty one, a hostile one and a huge one.

mod builders;
mod drafts;
mod page;
mod terminal;
mod trees;
