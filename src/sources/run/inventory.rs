//! What the first lists told, handed from the collector of objects to those who need it to know what to ask for.
//!
//! Objects stay text here: whoever needs a field reads it item by item, so one bad object costs only itself.

use super::item::Closing;
use std::sync::Arc;
use tokio::sync::watch;

/// Objects of one kind as JSON, `managedFields` left out.
pub type Objects = Arc<Vec<Box<str>>>;

/// A list that will come, or will not.
#[derive(Debug)]
pub struct Awaited<T>(watch::Sender<Option<Result<T, Closing>>>);

impl<T> Default for Awaited<T> {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl<T: Clone> Awaited<T> {
    pub fn publish(&self, list: Result<T, Closing>) {
        self.0.send_replace(Some(list));
    }

    /// Waits for the list. Whoever is to publish it may be stopped: so may whoever waits.
    pub async fn wait(&self) -> Result<T, Closing> {
        let mut receiver = self.0.subscribe();
        let told = receiver.wait_for(Option::is_some).await.ok().and_then(|list| list.clone());
        told.unwrap_or_else(|| Err(Closing::new(crate::archive::format::Status::Skipped, "the run ended before")))
    }
}

/// The lists that others wait for.
#[derive(Debug, Default)]
pub struct Inventory {
    pub pods: Awaited<Objects>,
    pub nodes: Awaited<Objects>,
    pub leases: Awaited<Objects>,
    pub events: Awaited<Objects>,
    /// Every node by name, told when its gate has been made.
    pub node_names: Awaited<Arc<Vec<String>>>,
}
