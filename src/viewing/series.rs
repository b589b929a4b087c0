//! Series as they were collected, with what is told of each in a line.

use super::choice::Choice;
use crate::archive::ArchiveError;
use crate::evidence::series::{AnswerReader, SeriesStore};
use crate::inputs::{Entry, Inputs, Kind};
use crate::model::EntryId;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// A series, or as much of it as is of the chosen time.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub labels: BTreeMap<String, String>,
    /// The server that answered; empty for the only or first one.
    pub server: String,
    /// Path of the entry that it stands in.
    pub entry: String,
    /// From 1.
    pub line: u64,
    /// In order of time; at least one.
    pub samples: Vec<(DateTime<Utc>, f64)>,
}

/// Every query with an answer, and how many bytes of answers it has.
pub fn ids(inputs: &Inputs) -> BTreeMap<String, u64> {
    let mut ids = BTreeMap::new();
    for entry in entries(inputs) {
        if let Kind::Series { query, .. } = entry.kind {
            *ids.entry(query.clone()).or_default() += entry.bytes();
        }
    }
    ids
}

fn entries(inputs: &Inputs) -> impl Iterator<Item = Entry<'_>> {
    (0..inputs.len()).filter_map(|number| inputs.entry(EntryId(u32::try_from(number).ok()?)))
}

/// The series of a query that are meant, in order of server and labels.
pub fn series(inputs: &Inputs, id: &str, choice: &Choice) -> Result<Vec<Shown>, ArchiveError> {
    let mut answers = Vec::new();
    for entry in entries(inputs) {
        let Kind::Series { query, server } = entry.kind else { continue };
        if query != id {
            continue;
        }
        let mut reader = AnswerReader::new(entry.id, query, server);
        entry.lines(|number, line| {
            // What is no series is told where the archive is analysed.
            let _ = reader.line(number, line);
            true
        })?;
        answers.push(reader.finish());
    }
    let mut all: Vec<Shown> = Vec::new();
    for one in SeriesStore::new(answers).iter() {
        let labels: BTreeMap<String, String> =
            one.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let samples: Vec<(DateTime<Utc>, f64)> = one.samples().filter(|(at, _)| choice.span().has(*at)).collect();
        if samples.is_empty() || !choice.takes_series(&labels) {
            continue;
        }
        match all.last_mut().filter(|last| last.labels == labels && last.server == one.server()) {
            // An answer that came in several ranges has each as a series.
            Some(last) => last.samples.extend(samples),
            None => {
                let (server, entry) = (one.server().to_owned(), inputs.shown(one.entry()).to_owned());
                all.push(Shown { labels, server, entry, line: one.line(), samples });
            }
        }
    }
    Ok(all)
}

impl Shown {
    /// The smallest and the largest value; none where no value is a number.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let numbers = self.samples.iter().map(|(_, value)| *value).filter(|value| value.is_finite());
        numbers.fold(None, |bounds, value| match bounds {
            None => Some((value, value)),
            Some((least, most)) => Some((value.min(least), value.max(most))),
        })
    }
}

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A series in so many characters, from the first time to the last: of each part of the time the largest value, between the
/// smallest and the largest of the series; a blank where there is no sample.
pub fn sparkline(of: &Shown, (from, to): (DateTime<Utc>, DateTime<Utc>), width: usize) -> String {
    let Some((least, most)) = of.bounds().filter(|_| width > 0) else { return " ".repeat(width) };
    let span = (to - from).num_milliseconds().max(1);
    let mut parts: Vec<Option<f64>> = vec![None; width];
    for (at, value) in of.samples.iter().filter(|(_, value)| value.is_finite()) {
        let place = i128::from((*at - from).num_milliseconds()) * width as i128 / i128::from(span);
        let place = usize::try_from(place).unwrap_or_default().min(width - 1);
        if let Some(part) = parts.get_mut(place) {
            *part = Some(part.map_or(*value, |known| known.max(*value)));
        }
    }
    let bar = |value: f64| {
        let share = if most > least { (value - least) / (most - least) } else { 0.0 };
        let place = (share * (BARS.len() - 1) as f64).round() as usize;
        BARS.get(place).copied().unwrap_or('█')
    };
    parts.into_iter().map(|part| part.map_or(' ', bar)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_drawn_over_all_of_the_time() {
        let at = |second| DateTime::from_timestamp(second, 0).expect("a time");
        let shown = |values: &[(i64, f64)]| Shown {
            labels: BTreeMap::new(),
            server: String::new(),
            entry: String::new(),
            line: 1,
            samples: values.iter().map(|(second, value)| (at(*second), *value)).collect(),
        };
        let drawn = |values: &[(i64, f64)]| sparkline(&shown(values), (at(0), at(8)), 8);
        assert_eq!(drawn(&[(0, 0.0), (1, 7.0), (2, 3.0), (8, 7.0)]), "▁█▄    █");
        assert_eq!(drawn(&[(0, 5.0), (4, 5.0)]), "▁   ▁   ");
        assert_eq!(drawn(&[(0, f64::NAN)]), "        ");
        assert_eq!(drawn(&[(0, f64::MAX), (4, f64::MIN), (5, f64::INFINITY)]).chars().count(), 8);
        assert_eq!(sparkline(&shown(&[(3, 1.0)]), (at(3), at(3)), 0), "");
    }
}
