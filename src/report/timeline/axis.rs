//! The time axis: which stretch of time is drawn, and where its ticks stand.

use crate::report::view::{Row, View};
use chrono::{DateTime, TimeDelta, Utc};

/// A stretch of time across the width of the chart.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

pub struct Tick {
    /// In per cent of the width.
    pub x: String,
    pub label: String,
    /// `major`, `major alternate` (dropped where there is little room) or `fine` (shown when zoomed in).
    pub class: &'static str,
}

/// Seconds between ticks.
const STEPS: [i64; 18] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800];
const MAJOR_TICKS: i64 = 8;
const FINE_TICKS: i64 = 40;

impl Axis {
    /// The onsets of the largest cascade with some room around, or of all rows where there is none.
    ///
    /// Onsets, not ends: a condition that clears an hour later would press all that matters into a corner.
    pub fn new(view: &View) -> Option<Self> {
        let any = view.largest().is_none();
        Self::around(view.rows.iter().filter(|row| any || row.cascade == Some(0)))
    }

    /// The onsets of `rows` with some room around.
    pub fn around<'v, 'a: 'v>(rows: impl Iterator<Item = &'v Row<'a>>) -> Option<Self> {
        let onsets: Vec<DateTime<Utc>> = rows.map(|row| row.at).collect();
        let (first, last) = (onsets.iter().min().copied()?, onsets.iter().max().copied()?);
        let span = (last - first).max(TimeDelta::seconds(10));
        Some(Self { from: first - span / 12, to: last + span / 7 })
    }

    pub fn holds(&self, time: DateTime<Utc>) -> bool {
        self.from <= time && time <= self.to
    }

    /// Where `time` stands, in per cent of the width, cut at the edges.
    pub fn place(&self, time: DateTime<Utc>) -> f64 {
        let length = (self.to - self.from).num_milliseconds().max(1);
        let offset = (time - self.from).num_milliseconds().clamp(0, length);
        offset as f64 * 100.0 / length as f64
    }

    pub fn ends_before(&self, time: DateTime<Utc>) -> bool {
        self.to < time
    }

    pub fn ticks(&self) -> Vec<Tick> {
        let seconds = (self.to - self.from).num_seconds().max(1);
        let major = step(seconds / MAJOR_TICKS);
        let fine = step(seconds / FINE_TICKS);
        let form = if fine < 60 { "%H:%M:%S" } else { "%H:%M" };
        let form = if seconds > 86_400 { "%m-%d %H:%M" } else { form };
        let mut ticks = Vec::new();
        let mut at = (self.from.timestamp().div_euclid(fine) + 1) * fine;
        while at <= self.to.timestamp() && ticks.len() < 200 {
            let time = DateTime::from_timestamp(at, 0).unwrap_or(self.from);
            let x = self.place(time);
            let edge = !(9.0..=91.0).contains(&x);
            let class = match (at % major == 0, edge || at / major % 2 != 0) {
                (true, false) => "major",
                (true, true) => "major alternate",
                (false, _) => "fine",
            };
            if (3.0..=97.0).contains(&x) {
                ticks.push(Tick { x: format!("{x:.3}%"), label: time.format(form).to_string(), class });
            }
            at += fine;
        }
        ticks
    }
}

fn step(least: i64) -> i64 {
    STEPS.into_iter().find(|step| *step >= least).unwrap_or(604_800)
}
