//! What is known of our permissions in one run: each is reviewed once, when it is first needed, and never again.
//!
//! A review can only spare a question. Where none can be had, everything is asked for as if there were none.

use super::review::{self, Verdict};
use super::{Attributes, Needs};
use crate::archive::format::Status;
use crate::sources::wire::api::{Api, Problem};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::OnceCell;

/// The most verdicts that are remembered. Where more are needed, as of the logs of as many pods that are denied one by
/// one, each costs a review again.
const MOST: usize = 20_000;

/// The verdicts so far.
#[derive(Debug, Default)]
pub struct Permissions {
    verdicts: Mutex<HashMap<Attributes, Arc<OnceCell<Verdict>>>>,
    /// Why no more reviews are asked for, once that is so.
    off: OnceLock<String>,
}

impl Permissions {
    /// Fails with the reason if a review says that `asked` is not allowed.
    pub async fn require(&self, api: &Api, asked: &Attributes) -> Result<(), Problem> {
        match self.verdict(api, asked).await {
            Verdict::Allowed | Verdict::Unknown(_) => Ok(()),
            Verdict::Denied(reason) => Err(Problem::new(Status::Denied, why(asked, &reason))),
        }
    }

    /// Whether `asked` is allowed: as a part of something wider, or by itself.
    ///
    /// The wider is reviewed first, as its verdict mostly serves for all that follows: in a cluster of a thousand pods
    /// whose logs may be read, that is one review.
    pub async fn verdict(&self, api: &Api, asked: &Attributes) -> Verdict {
        let mut last = Verdict::Unknown(String::new());
        for attributes in asked.widest_first() {
            last = self.reviewed(api, attributes).await;
            if !matches!(last, Verdict::Denied(_)) {
                break;
            }
        }
        last
    }

    /// How many were reviewed so far.
    pub fn reviews(&self) -> usize {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    async fn reviewed(&self, api: &Api, attributes: Attributes) -> Verdict {
        let cell = self.cell(&attributes);
        cell.get_or_init(|| self.review(api, &attributes)).await.clone()
    }

    /// Where the verdict on `attributes` is, or will be: whoever comes second waits for it.
    fn cell(&self, attributes: &Attributes) -> Arc<OnceCell<Verdict>> {
        // No code that can panic runs under this lock.
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        match verdicts.get(attributes) {
            Some(cell) => cell.clone(),
            None if verdicts.len() >= MOST => Arc::default(),
            None => verdicts.entry(attributes.clone()).or_default().clone(),
        }
    }

    async fn review(&self, api: &Api, attributes: &Attributes) -> Verdict {
        if let Some(why) = self.off.get() {
            return Verdict::Unknown(why.clone());
        }
        match review::ask(api, attributes).await {
            Ok(verdict) => verdict,
            Err(problem) => {
                // Neither will the next one be answered.
                if problem.is_silence() || matches!(problem.code, Some(401 | 403..=405)) {
                    let _ = self.off.set(problem.why.clone());
                }
                Verdict::Unknown(problem.why)
            }
        }
    }
}

/// Has `needs` reviewed, before anybody waits for it.
pub async fn review_all(api: &Api, needs: Needs) {
    let reviews = needs.0.keys().map(|attributes| api.require(attributes));
    let _ = futures_util::future::join_all(reviews).await;
}

/// Why `asked` is not asked for. Says nothing of names, so that what is denied alike is told once.
fn why(asked: &Attributes, reason: &str) -> String {
    let asked = match asked {
        Attributes::Resource(on) => {
            Attributes::Resource(super::OnResource { name: String::new(), ..on.clone() }).to_string()
        }
        Attributes::Url { .. } => asked.to_string(),
    };
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("not allowed to {asked}, says a SelfSubjectAccessReview{reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_the_permission() {
        let why = |path, reason| why(&Attributes::of_get(path), reason);
        assert_eq!(
            why("/api/v1/nodes/node-1/proxy/healthz", ""),
            "not allowed to get nodes/proxy, says a SelfSubjectAccessReview"
        );
        assert_eq!(
            why("/api/v1/namespaces/shop/pods/api-0/log", "no"),
            "not allowed to get pods/log in namespace shop, says a SelfSubjectAccessReview: no"
        );
    }
}
