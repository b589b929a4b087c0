//! What time servers said it was while they were asked, kept until the end of the run.

use super::Run;
use super::base_archive::BaseArchive;
use crate::archive::format::ClockReading;
use crate::archive::{Content, layout};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The latest reading of each clock.
#[derive(Debug, Default)]
pub struct Readings(Mutex<BTreeMap<String, ClockReading>>);

impl Readings {
    /// Notes what an answer told of a clock, if it told anything.
    pub fn note(&self, reading: impl IntoIterator<Item = ClockReading>) {
        self.all().extend(reading.into_iter().map(|reading| (reading.endpoint.clone(), reading)));
    }

    pub fn has(&self, endpoint: &str) -> bool {
        self.all().contains_key(endpoint)
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, ClockReading>> {
        // No code that can panic runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the readings, once no more can come, and those of an older archive that nothing newer is known of.
pub async fn write(run: &Run) {
    let base = run.options.resume.as_ref().map(BaseArchive::clocks).unwrap_or_default();
    let mut readings: BTreeMap<String, ClockReading> =
        base.into_iter().map(|reading| (reading.endpoint.clone(), reading)).collect();
    readings.extend(run.clocks.all().clone());
    let mut text = Vec::new();
    for reading in readings.values() {
        if serde_json::to_writer(&mut text, reading).is_ok() {
            text.push(b'\n');
        }
    }
    if !readings.is_empty() {
        // If the writer is gone, its error is what the run ends with.
        let _ = run.store(layout::CLOCKS, Content::Json, &text).await;
    }
}
