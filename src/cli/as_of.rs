//! `--at`: objects as they were at a time, by the versions that a recorder wrote down.

use super::failure::Failure;
use super::terminal;
use chrono::{DateTime, Utc};
use k8s_forensics::inputs::Inputs;
use k8s_forensics::model::rfc3339;
use k8s_forensics::viewing;

#[derive(Clone, Debug, Default, clap::Args)]
pub struct AsOf {
    /// As it was then, by a recording: a time as 2026-11-21T16:01:26Z, as 16:01 (UTC), or as 10m before the recording ends
    #[arg(long, value_name = "TIME|LENGTH")]
    at: Option<String>,
}

impl AsOf {
    /// The inputs as they were at the time that is asked for.
    pub fn of(&self, inputs: Inputs, tried: &str) -> Result<Inputs, Failure> {
        let Some(text) = &self.at else { return Ok(inputs) };
        let at = time(&inputs, text, &format!("{tried} --at {text}"))?;
        Ok(inputs.as_of(at))
    }
}

/// A time of which a recording can tell.
pub fn time(inputs: &Inputs, text: &str, tried: &str) -> Result<DateTime<Utc>, Failure> {
    let window = inputs.window();
    let at = viewing::time(text, window).map_err(|why| Failure::usage(tried, why))?;
    if !inputs.have_versions() {
        let failed = Failure::environment(tried, "here is one version of each object, as it was fetched");
        return Err(failed.hint("`k8s-forensics record` writes down all versions"));
    }
    let from = inputs.recorded_from().unwrap_or(window.from);
    if at < from {
        let (at, from) = (rfc3339(at), rfc3339(from));
        return Err(Failure::environment(tried, format!("the recording begins at {from}, which is after {at}")));
    }
    Ok(at)
}

/// Says on stderr of what time the objects are that are shown, which were fetched or recorded at these times.
pub fn tell_times(times: impl Iterator<Item = DateTime<Utc>> + Clone, inputs: &Inputs) {
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else { return };
    let span = if first == last { rfc3339(first) } else { format!("{} to {}", rfc3339(first), rfc3339(last)) };
    let is_recorded = inputs.have_versions() && (inputs.asked_time().is_some() || !inputs.have_fetched());
    let how = if is_recorded { "recorded" } else { "fetched" };
    terminal::tell(&format!("note: as {how} at {span}; ages count to then"));
    if let Some(at) = inputs.asked_time().filter(|at| first < *at) {
        let (first, at) = (rfc3339(first), rfc3339(at));
        terminal::tell(&format!("note: from {first} to {at} nothing was seen of it; `show … coverage` says why"));
    }
}
