//! Collectors that ask the API server: objects, what is made of them, and what the control plane tells of itself.

pub mod clocks;
pub mod components;
pub mod control_plane;
pub mod describes;
pub mod discovered;
pub mod health;
pub mod inherited;
pub mod kinds;
pub mod known;
pub mod list_request;
pub mod listing;
pub mod members;
pub mod members_answer;
pub mod objects;
pub mod pending_lists;
pub mod suspects;
pub mod tables;
