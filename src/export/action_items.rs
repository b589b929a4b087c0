//! Actions: the states that answer factors, each with an id that stays as long as factor and state do, so that what was
//! imported into a tracker is known again.

use super::read::{Exported, place};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// An action. Texts are as they came.
#[derive(Debug)]
pub struct ActionItem<'a> {
    /// `K8SF-1a2b3c4d`.
    pub id: String,
    /// What is true once it is done, of which object, and how that shows.
    pub state: &'a str,
    /// The class of the factor that it answers, as `latent`.
    pub class: &'a str,
    /// The factor, in a sentence.
    pub statement: &'a str,
    /// Where its records stand.
    pub records: Vec<String>,
}

/// What answers the factors of all cascades, in their order, each once.
pub fn action_items(of: &Exported) -> Vec<ActionItem<'_>> {
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    for factor in &of.factors {
        let Some(state) = factor.remedy.as_deref().filter(|state| !state.trim().is_empty()) else { continue };
        let id = id(&factor.id, state);
        if seen.insert(id.clone()) {
            let records = factor.evidence.iter().map(place).collect();
            items.push(ActionItem { id, state, class: &factor.class, statement: &factor.statement, records });
        }
    }
    items
}

/// Of the check and the state that it asks for, and of nothing that another run changes.
fn id(check: &str, state: &str) -> String {
    let hash = Sha256::digest(format!("{check}\n{state}").as_bytes());
    let digits: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("K8SF-{digits}")
}
