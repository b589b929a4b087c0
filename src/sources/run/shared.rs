//! What the collectors of one run leave for each other, by its type: the run knows nothing of it but when it ends.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One value of each type that a collector asks for, made when it is first asked for.
#[derive(Debug, Default)]
pub struct Shared(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Shared {
    /// The value of this type, the same for everyone in the run.
    pub fn of<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default())).clone();
        drop(values);
        value.downcast().unwrap_or_default()
    }

    /// Lets go of everything, so that items which nobody took have their outcome.
    pub fn clear(&self) {
        let values = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_of_each_type() {
        let shared = Shared::default();
        shared.of::<Mutex<u8>>().lock().expect("no panic under it").clone_from(&7);
        assert_eq!(*shared.of::<Mutex<u8>>().lock().expect("no panic under it"), 7);
        assert_eq!(*shared.of::<Mutex<u16>>().lock().expect("no panic under it"), 0);
        let left = Arc::downgrade(&shared.of::<Mutex<u8>>());
        shared.clear();
        assert!(left.upgrade().is_none());
    }
}
