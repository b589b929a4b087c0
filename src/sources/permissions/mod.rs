//! What we are allowed, known before anything is asked: by SelfSubjectAccessReview, one permission after another.
//!
//! `collect` asks for nothing that a review denies: `wire::api` consults [`Permissions`] before each question.

mod attributes;
mod known;
mod review;

pub use attributes::{Attributes, OnResource};
pub use known::Permissions;
