//! Slices of a subject on as few tracks as they need: Perfetto ends the slice of a track that began last, so on one track
//! none may begin before the one before it ended.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Where a row lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    pub row: usize,
    /// In nanoseconds since 1970.
    pub from: u64,
    /// None while it goes on.
    pub to: Option<u64>,
}

/// Slices, which are in order of time, by the track they are on.
pub fn lanes(slices: &[Slice]) -> Vec<Vec<Slice>> {
    let mut lanes: Vec<Vec<Slice>> = Vec::new();
    // When each track is free again, the earliest first.
    let mut free: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    for slice in slices {
        let first = free.peek().filter(|Reverse((at, _))| *at <= slice.from).map(|Reverse((_, lane))| *lane);
        let lane = first.unwrap_or(lanes.len());
        match first {
            Some(_) => drop(free.pop()),
            None => lanes.push(Vec::new()),
        }
        lanes.get_mut(lane).into_iter().for_each(|lane| lane.push(*slice));
        free.push(Reverse((slice.to.unwrap_or(u64::MAX), lane)));
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_on_a_track_last_at_once() {
        let slice = |row, from, to| Slice { row, from, to };
        let slices = [slice(0, 1, Some(5)), slice(1, 2, None), slice(2, 5, Some(5)), slice(3, 5, Some(9))];
        let rows: Vec<Vec<usize>> =
            lanes(&slices).iter().map(|lane| lane.iter().map(|slice| slice.row).collect()).collect();
        assert_eq!(rows, [vec![0, 2, 3], vec![1]]);
    }
}
