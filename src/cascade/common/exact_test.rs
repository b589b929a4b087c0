//! Fisher's exact test, one-sided, and the exact test of Wald and Wolfowitz for streaks. Sums of logarithms, so that no
//! count is too large.

/// Logarithms of factorials, up to a count.
pub struct Factorials(Vec<f64>);

impl Factorials {
    /// Of all counts up to `most`.
    pub fn new(most: usize) -> Self {
        let mut logs = Vec::with_capacity(most + 1);
        let mut log = 0.0;
        logs.push(log);
        for count in 1..=most {
            log += (count as f64).ln();
            logs.push(log);
        }
        Self(logs)
    }

    fn log(&self, count: usize) -> f64 {
        self.0.get(count).copied().unwrap_or(f64::INFINITY)
    }

    /// The logarithm of how many ways there are to choose `some` of `all`; that of none where there are fewer.
    fn choose(&self, all: usize, some: usize) -> f64 {
        if some > all { f64::NEG_INFINITY } else { self.log(all) - self.log(some) - self.log(all - some) }
    }
}

/// The probability that at least `with.0` of `failing` have what `with.0 + with.1` of all have, if it were dealt out by
/// chance: `with` is how many failing and how many healthy ones have it (R. A. Fisher, 1922).
pub fn fisher(with: (usize, usize), (failing, healthy): (usize, usize), of: &Factorials) -> f64 {
    let holders = with.0 + with.1;
    let all = of.choose(failing + healthy, holders);
    let most = holders.min(failing);
    let logs = (with.0..=most).map(|count| of.choose(failing, count) + of.choose(healthy, holders - count) - all);
    logs.map(f64::exp).sum::<f64>().clamp(0.0, 1.0)
}

/// The probability of at most so many streaks in a row of `counts.0` of one kind and `counts.1` of the other, if their
/// order were chance (A. Wald and J. Wolfowitz, 1940).
pub fn streaks(at_most: usize, counts: (usize, usize), of: &Factorials) -> f64 {
    let (one, other) = counts;
    if one == 0 || other == 0 {
        return 1.0;
    }
    let all = of.choose(one + other, one);
    // `parts` streaks of a kind: the places where its row is cut.
    let cut = |count: usize, parts: usize| {
        if parts == 0 { f64::NEG_INFINITY } else { of.choose(count - 1, parts - 1) }
    };
    let probability = |streaks: usize| {
        let half = streaks / 2;
        if streaks.is_multiple_of(2) {
            2.0 * (cut(one, half) + cut(other, half) - all).exp()
        } else {
            (cut(one, half + 1) + cut(other, half) - all).exp() + (cut(one, half) + cut(other, half + 1) - all).exp()
        }
    };
    (2..=at_most).map(probability).sum::<f64>().clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Exact, in whole numbers.
    fn choose(all: u128, some: u128) -> u128 {
        if some > all { 0 } else { (0..some).fold(1, |product, at| product * (all - at) / (at + 1)) }
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1e-300)
    }

    /// Every order of a row, counted.
    fn counted(at_most: usize, (one, other): (usize, usize)) -> f64 {
        let all = one + other;
        let rows = (0_u32..1 << all).filter(|row| row.count_ones() as usize == one);
        let streaks = |row: u32| 1 + (1..all).filter(|at| (row >> at) & 1 != (row >> (at - 1)) & 1).count();
        let (few, any) = rows.fold((0, 0), |(few, any), row| (few + usize::from(streaks(row) <= at_most), any + 1));
        few as f64 / any as f64
    }

    proptest! {
        #[test]
        fn fisher_is_what_whole_numbers_give(failing in 0_usize..40, healthy in 0_usize..40, a in 0_usize..40, b in 0_usize..40) {
            let with = (a.min(failing), b.min(healthy));
            let holders = with.0 + with.1;
            let ways = |count: usize| choose(failing as u128, count as u128) * choose(healthy as u128, (holders - count) as u128);
            let few: u128 = (with.0..=holders.min(failing)).map(ways).sum();
            let naive = few as f64 / choose((failing + healthy) as u128, holders as u128) as f64;
            let found = fisher(with, (failing, healthy), &Factorials::new(failing + healthy));
            prop_assert!(near(found, naive), "{found} {naive}");
        }

        #[test]
        fn streaks_are_what_counting_gives(one in 1_usize..8, other in 1_usize..8, at_most in 1_usize..16) {
            let found = streaks(at_most, (one, other), &Factorials::new(one + other));
            prop_assert!(near(found + 1.0, counted(at_most, (one, other)) + 1.0), "{found}");
        }
    }

    #[test]
    fn large_counts_stay_numbers() {
        let of = Factorials::new(100_000);
        let chance = fisher((50_000, 0), (50_000, 50_000), &of);
        assert!((0.0..1e-300).contains(&chance));
        assert!(near(fisher((0, 50_000), (50_000, 50_000), &of).round(), 1.0));
        assert!(near(fisher((8, 0), (8, 8), &Factorials::new(16)), 1.0 / 12_870.0));
    }
}
