//! Which logs were asked for, and where what came of them ends: so that none is taken twice.

use super::order::Order;
use crate::sources::lone_log::Seam;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, VecDeque};

/// So many are known; of more the oldest are forgotten.
const MOST: usize = 4_096;

/// A log that was asked for.
#[derive(Debug)]
pub struct Taken {
    /// When it was last.
    pub at: DateTime<Utc>,
    pub state: State,
    /// Where what was taken ends.
    pub seam: Seam,
    /// Its instance ended while it was asked for as one that ran: it is asked for once more.
    pub then: Option<Box<Later>>,
}

/// How a log stands that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    UnderWay,
    /// More may be added to it.
    Open,
    /// It did not come.
    Failed,
    /// Nothing can be added to it.
    Whole,
}

/// An order that has to wait for another.
#[derive(Debug)]
pub struct Later {
    pub order: Order,
    /// What it counts to.
    pub whose: String,
}

impl Taken {
    /// Whether it may be asked for, as it was not for so long.
    pub fn is_due(&self, again: TimeDelta, now: DateTime<Utc>) -> bool {
        // A clock that was set back keeps nothing from being asked for.
        matches!(self.state, State::Open | State::Failed) && (now - self.at >= again || now < self.at)
    }
}

/// All of them, by what tells them from others.
#[derive(Debug, Default)]
pub struct AllTaken {
    all: BTreeMap<String, Taken>,
    /// The same, the oldest first.
    order: VecDeque<String>,
}

impl AllTaken {
    pub fn get(&self, key: &str) -> Option<&Taken> {
        self.all.get(key)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Taken> {
        self.all.get_mut(key)
    }

    pub fn keep(&mut self, key: String, taken: Taken) {
        if self.all.insert(key.clone(), taken).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > MOST {
            self.order.pop_front().into_iter().for_each(|oldest| _ = self.all.remove(&oldest));
        }
    }

    pub fn forget(&mut self, key: &str) -> Option<Taken> {
        let taken = self.all.remove(key)?;
        self.order.retain(|known| known != key);
        Some(taken)
    }
}
