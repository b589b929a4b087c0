//! The lists of one kind that others wait for, until the last has come: one of each namespace that was asked for.

use super::list_request::Keep;
use crate::archive::Scratch;
use crate::archive::format::Status;
use crate::sources::run::Run;
use crate::sources::run::inventory::{Growing, Objects};
use crate::sources::run::item::Closing;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub struct PendingLists {
    keep: Keep,
    state: Mutex<State>,
}

struct State {
    missing: usize,
    came: bool,
    /// Taken when the last list has ended.
    objects: Option<Growing>,
    problem: Option<Closing>,
}

impl PendingLists {
    /// Waits for `lists` of them; what is too large for memory is in `scratch` meanwhile.
    pub fn new(keep: Keep, lists: usize, scratch: &Scratch) -> Self {
        let objects = Some(Growing::new(scratch));
        Self { keep, state: Mutex::new(State { missing: lists, came: false, objects, problem: None }) }
    }

    /// Takes an object of a list under way.
    pub fn push(&self, object: &str) {
        if let Some(objects) = &mut self.state().objects {
            objects.push(object);
        }
    }

    /// Notes that a list ended; the last one makes all known to those who wait.
    pub fn end(&self, run: &Run, list: Result<(), Closing>) {
        let mut state = self.state();
        match list {
            Ok(()) => state.came = true,
            Err(closing) => state.problem = Some(closing),
        }
        state.missing = state.missing.saturating_sub(1);
        if state.missing > 0 {
            return;
        }
        let Some(objects) = state.objects.take() else { return };
        let list = match state.problem.take() {
            Some(problem) if !state.came => Err(problem),
            _ => finished(objects),
        };
        drop(state);
        match self.keep {
            Keep::Events => run.inventory.events.publish(list),
            Keep::Leases => run.inventory.leases.publish(list),
            Keep::Nodes => run.inventory.nodes.publish(list),
            Keep::Pods => run.inventory.pods.publish(list),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn finished(objects: Growing) -> Result<Objects, Closing> {
    objects.finish().map_err(|error| {
        Closing::new(Status::Failed, format!("the list came, but its working copy could not be written: {error}"))
    })
}

#[cfg(test)]
impl PendingLists {
    /// What was put on it so far.
    pub fn into_objects(self) -> Objects {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.objects.and_then(|objects| objects.finish().ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_a_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut growing = Growing::new(&Scratch::new(&folder.path().join("not-there")));
        growing.push(&"x".repeat(2 << 20));
        let closing = finished(growing).expect_err("no such folder");
        assert!(closing.status == Status::Failed && closing.why.contains("could not be written"), "{closing:?}");
    }
}
