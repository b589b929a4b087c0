//! Values that repeat, kept once and known by a number.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Numbers for values that are cheap to copy, in order of their first appearance.
#[derive(Debug)]
pub struct Interner<T> {
    ids: HashMap<T, u32>,
    values: Vec<T>,
}

/// Texts that repeat: names, reasons, units.
pub type Names = Interner<Arc<str>>;

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { ids: HashMap::new(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// The number of `value`, which is made into one of its own if it is new.
    pub fn intern<Q>(&mut self, value: &Q) -> u32
    where
        Q: ?Sized + Eq + Hash,
        T: Borrow<Q> + for<'a> From<&'a Q>,
    {
        if let Some(id) = self.ids.get(value) {
            return *id;
        }
        self.add(T::from(value))
    }

    /// The number of a value that is shared.
    pub fn intern_shared(&mut self, value: &T) -> u32 {
        match self.ids.get(value) {
            Some(id) => *id,
            None => self.add(value.clone()),
        }
    }

    /// The number of `value`, if it has one.
    pub fn number<Q>(&self, value: &Q) -> Option<u32>
    where
        Q: ?Sized + Eq + Hash,
        T: Borrow<Q>,
    {
        self.ids.get(value).copied()
    }

    fn add(&mut self, value: T) -> u32 {
        // Four thousand million different values do not fit into the memory of anything that runs this.
        let id = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.ids.insert(value, id);
        id
    }

    /// The value of a number that this interner gave.
    pub fn get(&self, id: u32) -> Option<&T> {
        self.values.get(id as usize)
    }

    /// All values, in order of their numbers.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_has_the_same_number() {
        let mut names = Names::default();
        let (one, two) = (names.intern("kubelet"), names.intern("kernel"));
        assert_eq!((one, two, names.intern("kubelet")), (0, 1, 0));
        assert_eq!((names.number("kernel"), names.number("etcd")), (Some(two), None));
        assert_eq!(names.get(two).map(AsRef::as_ref), Some("kernel"));
        let shared = Arc::from("kernel");
        assert_eq!(names.intern_shared(&shared), 1);
    }
}
