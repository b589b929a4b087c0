//! Work for several threads: whole entries, the largest first, and blocks of an entry for whoever has none left.
//!
//! One thread reads an entry from its beginning to its end. Only where another waits does it hand a block over; so
//! there is no traffic while all are busy, and the last large entry still keeps every thread at work.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A piece of an entry, and where its result belongs: index of the entry, number of the block.
type Key = (usize, u32);

/// What the threads share.
pub struct Pool<B, R> {
    state: Mutex<State<B, R>>,
    changed: Condvar,
}

struct State<B, R> {
    /// Indexes of entries that nobody has begun, the next one last.
    entries: Vec<usize>,
    blocks: VecDeque<(Key, B)>,
    results: BTreeMap<Key, R>,
    /// Threads that have nothing to do.
    waiting: usize,
    /// Threads that are reading an entry.
    reading: usize,
}

enum Task<B> {
    Entry(usize),
    Block(Key, B),
}

impl<B: Send, R: Send> Pool<B, R> {
    /// `entries` in the order in which they are to be begun.
    pub fn new(mut entries: Vec<usize>) -> Self {
        entries.reverse();
        let state = State { entries, blocks: VecDeque::new(), results: BTreeMap::new(), waiting: 0, reading: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Works until nothing is left, on `threads` threads. `entry` reads one, offering blocks; `block` does a block.
    /// The results come in order of entry and block.
    pub fn run(
        self,
        threads: usize,
        entry: impl Fn(&Self, usize) + Sync,
        block: impl Fn(Key, B) -> R + Sync,
    ) -> impl Iterator<Item = (Key, R)> {
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                scope.spawn(|| {
                    while let Some(task) = self.next() {
                        match task {
                            Task::Entry(index) => {
                                let _reading = Reading(&self);
                                entry(&self, index);
                            }
                            Task::Block(key, content) => {
                                let result = block(key, content);
                                self.put(key, result);
                            }
                        }
                    }
                });
            }
        });
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.results.into_iter()
    }

    /// Hands a block to a thread that waits for work; gives it back where none does.
    pub fn offer(&self, key: Key, content: B) -> Option<B> {
        let mut state = self.lock();
        if state.blocks.len() >= state.waiting {
            return Some(content);
        }
        state.blocks.push_back((key, content));
        drop(state);
        self.changed.notify_one();
        None
    }

    /// Keeps a result.
    pub fn put(&self, key: Key, result: R) {
        self.lock().results.insert(key, result);
    }

    fn next(&self) -> Option<Task<B>> {
        let mut state = self.lock();
        loop {
            if let Some((key, content)) = state.blocks.pop_front() {
                return Some(Task::Block(key, content));
            }
            if let Some(index) = state.entries.pop() {
                state.reading += 1;
                return Some(Task::Entry(index));
            }
            if state.reading == 0 {
                return None;
            }
            state.waiting += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
    }

    /// A thread that panicked ends the run once the others have nothing left; what it left behind is not looked at.
    fn lock(&self) -> MutexGuard<'_, State<B, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An entry that is being read. However that ends, others do not wait for its blocks any more.
struct Reading<'p, B: Send, R: Send>(&'p Pool<B, R>);

impl<B: Send, R: Send> Drop for Reading<'_, B, R> {
    fn drop(&mut self) {
        self.0.lock().reading -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_the_run_and_hangs_nobody() {
        let pool: Pool<u32, u32> = Pool::new(vec![0, 1, 2]);
        let read = |_: &Pool<u32, u32>, index: usize| assert!(index != 1, "an entry that cannot be read");
        let run = std::panic::AssertUnwindSafe(|| pool.run(3, read, |_, content| content).count());
        assert!(std::panic::catch_unwind(run).is_err());
    }

    #[test]
    fn every_block_comes_back_in_order_whatever_the_threads() {
        for threads in [1, 2, 7] {
            let pool: Pool<u32, u32> = Pool::new(vec![2, 0, 1]);
            let read = |pool: &Pool<u32, u32>, index: usize| {
                for number in 0..50 {
                    if let Some(own) = pool.offer((index, number), number) {
                        pool.put((index, number), own * 2);
                    }
                }
            };
            let results: Vec<(Key, u32)> = pool.run(threads, read, |_, content| content * 2).collect();
            let expected: Vec<(Key, u32)> =
                (0..3).flat_map(|index| (0..50).map(move |number| ((index, number), number * 2))).collect();
            assert_eq!(results, expected);
        }
    }
}
