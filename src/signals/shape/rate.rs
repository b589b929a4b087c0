//! Rates of counters.

/// How fast a counter rose up to each sample but the first, per second. After a fall it counts from nothing again
/// (Prometheus documentation, Query functions, rate).
pub fn rates(times: &[i64], values: &[f64]) -> (Vec<i64>, Vec<f64>) {
    let samples = times.iter().zip(values);
    let pairs = samples.clone().zip(samples.skip(1));
    let rate = |((before, old), (at, new)): ((&i64, &f64), (&i64, &f64))| {
        let more = if new < old { *new } else { new - old };
        (at > before).then(|| (*at, more * 1000.0 / (at - before) as f64))
    };
    pairs.filter_map(rate).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_is_no_fall() {
        let found = rates(&[0, 15_000, 30_000, 45_000], &[10.0, 40.0, 15.0, 15.0]);
        assert_eq!(found, (vec![15_000, 30_000, 45_000], vec![2.0, 1.0, 0.0]));
    }
}
