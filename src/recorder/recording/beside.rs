//! What is written down beside the versions of objects: logs that were about to be gone, and what the API server said of itself.

use super::Recording;
use crate::archive::layout;
use crate::recorder::perishing::Fetched;
use crate::recorder::vitals::Vitals;
use crate::sources::members_answer::Answer;
use chrono::{DateTime, Utc};

impl Recording {
    /// Writes down a log that was asked for.
    pub fn log(&mut self, fetched: Fetched, now: DateTime<Utc>) {
        let kept = self.perishing.came(fetched, &self.frame.redactor, self.segment.is_some(), now);
        let (Some(kept), Some(segment)) = (kept, &mut self.segment) else { return };
        segment.redacted(&kept.entry, &kept.redacted);
        let added = segment.add(&kept.entry, &kept.text);
        self.perishing.wrote(&kept, added.is_ok());
        if let Err(error) = added {
            self.cannot_write(now, &error);
        }
    }

    /// How many logs are being asked for.
    pub fn logs_under_way(&self) -> usize {
        self.perishing.under_way()
    }

    /// Writes down what the API server says of its readiness.
    pub fn ready(&mut self, answer: &Answer, now: DateTime<Utc>) {
        let (Some(segment), Ok(mut line)) = (&mut self.segment, serde_json::to_vec(answer)) else { return };
        line.push(b'\n');
        match segment.line(layout::MEMBERS, &line) {
            Ok(()) => self.readiness.came(answer, line.len()),
            Err(error) => self.cannot_write(now, &error),
        }
    }

    /// How it is now, for whoever asks the recorder.
    pub fn vitals(&self) -> Vitals {
        Vitals {
            scopes: self
                .all
                .iter()
                .filter(|watched| !watched.is_not_served())
                .map(|watched| watched.vitals())
                .collect(),
            written_at: self.written_at,
            why_unwritten: self.why_unwritten().map(str::to_owned),
            logs: self.perishing.vitals().clone(),
        }
    }
}
