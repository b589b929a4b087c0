//! What we are allowed, known before anything is asked: by SelfSubjectAccessReview, one permission after another.
//!
//! `collect` asks for nothing that a review denies: `wire::api` consults [`Permissions`] before each question.
//! [`plan`](plan()) tells beforehand what that will be: it has the same reviewed, as [`Needs`] that come from the table of
//! collectors and the cluster's kinds.

mod attributes;
mod estimate;
mod known;
mod needs;
mod plan;
mod review;
mod role;
mod warning;

pub use attributes::{Attributes, OnResource};
pub use estimate::Estimate;
pub use known::{Permissions, review_all};
pub use needs::{NODE_PODS, Needs, of_pods};
pub use plan::{Checked, Extent, Plan, plan};
pub use review::Verdict;
pub use role::{Grant, rules};
pub use warning::warnings;
