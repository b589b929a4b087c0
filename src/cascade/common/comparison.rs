//! Two groups, and what each of their members has: which attributes tell them apart, and how many could have.
//!
//! Every attribute of every member is looked at once, so the cost grows with what there is to read and no faster.

use super::exact_test::{Factorials, fisher};
use std::collections::{BTreeMap, BTreeSet};

/// Those that have an attribute, by their places in order: of the failing, and of the healthy.
pub type Holders = (Vec<u32>, Vec<u32>);

/// Who has what, by the numbers of attributes.
#[derive(Debug)]
pub struct Comparison {
    /// How many failed, and how many did not.
    pub counts: (usize, usize),
    holders: BTreeMap<u32, Holders>,
    /// How many attributes of members were looked at.
    pub looked_at: usize,
}

impl Comparison {
    /// Of the attributes that each member has.
    pub fn new<'a>(
        failing: impl Iterator<Item = &'a BTreeSet<u32>>,
        healthy: impl Iterator<Item = &'a BTreeSet<u32>>,
    ) -> Self {
        let mut comparison = Self { counts: (0, 0), holders: BTreeMap::new(), looked_at: 0 };
        for (place, has) in (0..).zip(failing) {
            comparison.counts.0 += 1;
            comparison.looked_at += has.len();
            has.iter().for_each(|one| comparison.holders.entry(*one).or_default().0.push(place));
        }
        for (place, has) in (0..).zip(healthy) {
            comparison.counts.1 += 1;
            comparison.looked_at += has.len();
            has.iter().for_each(|one| comparison.holders.entry(*one).or_default().1.push(place));
        }
        comparison
    }

    /// Looks no more at those that are not wanted.
    pub fn retain(&mut self, is_wanted: impl Fn(u32) -> bool) {
        self.holders.retain(|one, _| is_wanted(*one));
    }

    /// How many tests this is: the groupings that could have told them apart, by how many there are of each, whoever
    /// they are. What could not, whatever had happened, needs no allowance (R. E. Tarone, A modified Bonferroni method
    /// for discrete data, 1990); and attributes of the very same members are one test.
    pub fn tests(&self) -> usize {
        let (failing, healthy) = self.counts;
        if failing == 0 || healthy == 0 {
            return 0;
        }
        let could = |(some, others): &&Holders| {
            let all = some.len() + others.len();
            all * 10 >= failing * 9 && all <= failing + healthy / 10
        };
        self.holders.values().filter(could).collect::<BTreeSet<_>>().len()
    }

    /// What nearly all of the failing have and nearly none of the healthy: of ten that failed nine must have it, and of
    /// ten that did not one may.
    pub fn apart(&self) -> impl Iterator<Item = (u32, &Holders)> + Clone {
        let (failing, healthy) = self.counts;
        let is_apart = move |(_, held): &(&u32, &Holders)| {
            failing > 0 && healthy > 0 && held.0.len() * 10 >= failing * 9 && held.1.len() * 10 <= healthy
        };
        self.holders.iter().filter(is_apart).map(|(one, held)| (*one, held))
    }

    /// The probability of each of them by chance alone, by Fisher's exact test.
    pub fn chances(&self) -> impl Fn(&Holders) -> f64 {
        let counts = self.counts;
        let factorials = Factorials::new(counts.0 + counts.1);
        move |held| fisher((held.0.len(), held.1.len()), counts, &factorials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many that failed, so many that did not, and what each has besides what all have.
    fn compare(failing: &[&[u32]], healthy: &[&[u32]]) -> Comparison {
        let sets =
            |all: &[&[u32]]| -> Vec<BTreeSet<u32>> { all.iter().map(|one| one.iter().copied().collect()).collect() };
        let (failing, healthy) = (sets(failing), sets(healthy));
        Comparison::new(failing.iter(), healthy.iter())
    }

    #[test]
    fn only_what_could_have_told_them_apart_is_a_test_and_the_same_members_are_one() {
        // 0 is of all; 1 and 2 are of the failing; 3 is of one healthy one; 4 of as many healthy ones as failed.
        let found = compare(&[&[0, 1, 2], &[0, 1, 2]], &[&[0, 3], &[0, 4], &[0, 4]]);
        assert_eq!(found.tests(), 2, "1 and 2 are one, and 4 might have been the failing's");
        assert_eq!(found.apart().map(|(one, _)| one).collect::<Vec<_>>(), [1, 2]);
        assert!((found.chances()(&(vec![0, 1], vec![])) - 0.1).abs() < 1e-9, "one of ten ways to choose two of five");
        assert_eq!(compare(&[&[1]], &[]).tests(), 0, "nobody to compare with");
        assert_eq!(compare(&[&[1]], &[]).apart().count(), 0);
    }

    #[test]
    fn each_attribute_of_each_member_is_looked_at_once() {
        let cost = |members: u32, attributes: u32| {
            let sets: Vec<BTreeSet<u32>> = (0..members).map(|_| (0..attributes).collect()).collect();
            let (failing, healthy) = sets.split_at(sets.len() / 2);
            Comparison::new(failing.iter(), healthy.iter()).looked_at
        };
        assert_eq!(cost(5_000, 50), 250_000);
        assert_eq!(cost(10_000, 50), 2 * cost(5_000, 50));
    }
}
