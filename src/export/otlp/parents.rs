//! Which cause a signal stands below, without ever going round in a circle: anybody may have written the report.

/// Trees that grow together, as sets that are joined (Tarjan 1975).
pub struct Trees {
    above: Vec<usize>,
}

impl Trees {
    /// So many signals, each alone.
    pub fn new(count: usize) -> Self {
        Self { above: (0..count).collect() }
    }

    /// Puts a signal that stands below none yet below another, unless that one stands below it.
    pub fn put(&mut self, below: usize, above: usize) -> bool {
        let (below, above) = (self.top(below), self.top(above));
        if below == above {
            return false;
        }
        if let Some(place) = self.above.get_mut(below) {
            *place = above;
        }
        true
    }

    fn top(&mut self, mut one: usize) -> usize {
        while let Some(next) = self.above.get(one).copied().filter(|next| *next != one) {
            let further = self.above.get(next).copied().unwrap_or(next);
            if let Some(place) = self.above.get_mut(one) {
                *place = further;
            }
            one = further;
        }
        one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_below_itself() {
        let mut trees = Trees::new(3);
        assert!(!trees.put(0, 0));
        assert!(trees.put(1, 0) && trees.put(2, 1));
        assert!(!trees.put(0, 2));
    }
}
