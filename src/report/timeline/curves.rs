//! The series that signals were read from, as curves on the same axis.

use super::clock::ms;
use super::sections::Layout;
use crate::evidence::series::Series;
use crate::model::{Citation, EntryId};
use crate::report::safe;
use crate::report::view::View;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize)]
pub struct Curve {
    title: String,
    /// Whom it is of.
    of: String,
    /// Whether a signal of the largest cascade was read from it.
    core: bool,
    /// The lane of that signal.
    lane: usize,
    record: String,
    /// The values from which on signals are seen in it.
    bounds: Vec<BoundRow>,
    /// Times and values, in order of time.
    points: Vec<(i64, f64)>,
}

/// A threshold of a rule.
#[derive(Serialize)]
struct BoundRow {
    value: f64,
    /// Whether it is seen at this or more, and not at this or less.
    above: bool,
    /// The signal.
    of: String,
}

const CURVES: usize = 24;
const POINTS: usize = 300;

/// The curves of the largest cascade first, then of the worst signals.
pub fn cited(view: &View, layout: &Layout) -> Vec<Curve> {
    let mut wanted: Vec<_> = view.rows.iter().zip(&layout.lane_of_row).collect();
    wanted
        .sort_by_key(|(row, _)| (row.cascade != Some(0), row.cascade.is_none(), Reverse(row.signal.severity), row.at));
    let cited: BTreeSet<(EntryId, u32)> =
        wanted.iter().flat_map(|(row, _)| &row.signal.signal.evidence).map(place).collect();
    let entries: BTreeSet<EntryId> = cited.iter().map(|(entry, _)| *entry).collect();
    let series = view.evidence().series.iter().filter(|one| entries.contains(&one.entry()));
    let series: BTreeMap<(EntryId, u32), Series<'_>> =
        series.map(|one| ((one.entry(), u32::try_from(one.line()).unwrap_or(u32::MAX)), one)).collect();
    let mut names: BTreeMap<(EntryId, u32), BTreeSet<&str>> = BTreeMap::new();
    for (row, _) in &wanted {
        for at in row.signal.signal.evidence.iter().map(place).filter(|at| series.contains_key(at)) {
            names.entry(at).or_default().insert(&row.signal.signal.name);
        }
    }
    let mut told = BTreeSet::new();
    let mut curves = Vec::new();
    for (row, lane) in wanted {
        let found = row.signal.signal.evidence.iter().map(place).find_map(|at| Some((at, series.get(&at)?)));
        let Some((at, one)) = found else { continue };
        let points = thinned(one.samples().map(|(at, value)| (ms(at), value)).collect());
        // What never changes shows nothing, as that an alert is there.
        let is_flat = points.iter().all(|(_, value)| points.first().is_some_and(|(_, first)| first == value));
        if is_flat || !told.insert(at) {
            continue;
        }
        curves.push(Curve {
            title: safe::clean(one.query(), 80),
            of: safe::clean(&row.signal.subject.to_string(), 80),
            core: row.cascade == Some(0),
            lane: *lane,
            record: safe::clean(&format!("{}:{}", view.evidence().path(at.0), at.1), 160),
            bounds: bounds(view, names.get(&at), one.query()),
            points,
        });
        if curves.len() == CURVES {
            break;
        }
    }
    curves
}

/// The thresholds of those signals that were read from a series.
fn bounds(view: &View, names: Option<&BTreeSet<&str>>, query: &str) -> Vec<BoundRow> {
    let mut found = Vec::new();
    for name in names.into_iter().flatten() {
        let all = view.of.meanings.signals.get(*name).map(|meaning| meaning.bounds.as_slice()).unwrap_or_default();
        for bound in all.iter().filter(|bound| bound.query == query) {
            let ends = [(bound.least, true), (bound.most, false)];
            found.extend(ends.into_iter().filter_map(|(value, above)| {
                let value = value.filter(|value| value.is_finite())?;
                Some(BoundRow { value, above, of: safe::clean(name, 60) })
            }));
        }
    }
    found.sort_by(|a, b| a.value.total_cmp(&b.value).then_with(|| a.of.cmp(&b.of)));
    found.dedup_by(|a, b| (a.value, a.above, &a.of) == (b.value, b.above, &b.of));
    found
}

fn place(citation: &Citation) -> (EntryId, u32) {
    (citation.entry, citation.line)
}

/// At most so many points: of each stretch the least and the most, so that no spike is lost.
fn thinned(mut points: Vec<(i64, f64)>) -> Vec<(i64, f64)> {
    points.retain(|(_, value)| value.is_finite());
    points.sort_by_key(|(at, _)| *at);
    if points.len() <= POINTS {
        return points;
    }
    let size = points.len().div_ceil(POINTS / 2);
    let mut kept = Vec::with_capacity(POINTS);
    for stretch in points.chunks(size) {
        let least = stretch.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        let most = stretch.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let mut ends: Vec<(i64, f64)> = least.into_iter().chain(most).copied().collect();
        ends.sort_by_key(|(at, _)| *at);
        ends.dedup();
        kept.extend(ends);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spike_is_lost_by_thinning() {
        let points: Vec<(i64, f64)> = (0..10_000).map(|at| (at, if at == 5_003 { 9.0 } else { 1.0 })).collect();
        let kept = thinned(points);
        assert!(kept.len() <= POINTS, "{}", kept.len());
        assert!(kept.contains(&(5_003, 9.0)));
        assert!(kept.is_sorted_by_key(|(at, _)| *at));
        assert_eq!(thinned(vec![(2, 1.0), (1, f64::NAN), (0, 3.0)]), [(0, 3.0), (2, 1.0)]);
    }
}
