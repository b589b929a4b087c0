//! The limits on requests: how much `collect` may ask of a cluster at a time, and how long it waits for an answer.

use k8s_forensics::sources::{Rate, RequestLimiter, Timeouts};
use std::time::Duration;

#[derive(clap::Args)]
pub struct RequestLimits {
    /// At most so many requests a second, as 20 or 0.5 [default: as many as the API server bears, 32 at a time]
    #[arg(long, value_name = "N")]
    qps: Option<Rate>,
    /// A limit on waiting, as idle=20s; may be repeated: connect, idle (silence), item (an answer), node (all of one)
    /// [default: connect=5s, idle=15s, item=30s, node=1m]
    #[arg(long = "timeout", value_name = "NAME=DURATION", value_parser = timeout)]
    timeouts: Vec<(String, Duration)>,
}

/// The limit on an answer.
const ITEM: &str = "item";

fn timeout(text: &str) -> Result<(String, Duration), String> {
    let known = || format!("write it as NAME=DURATION; names are {}", Timeouts::NAMES.join(", "));
    let (name, value) = text.split_once('=').ok_or_else(known)?;
    let value = humantime::parse_duration(value).map_err(|error| error.to_string())?;
    if !Timeouts::default().set(name, value) {
        return Err(known());
    }
    if value.is_zero() {
        return Err("nothing comes in no time".to_owned());
    }
    Ok((name.to_owned(), value))
}

impl RequestLimits {
    /// `request` is how long one may take, by kubectl's name for it; what --timeout says of it goes before.
    pub fn limiter(&self, request: Option<Duration>) -> RequestLimiter {
        let mut timeouts = Timeouts::default();
        for (name, value) in self.all(request) {
            // The names were checked when the arguments were read.
            timeouts.set(name, value);
        }
        RequestLimiter::new(timeouts, self.qps)
    }

    fn all(&self, request: Option<Duration>) -> impl Iterator<Item = (&str, Duration)> {
        let is_said = self.timeouts.iter().any(|(name, _)| name == ITEM);
        let request = request.filter(|_| !is_said).map(|value| (ITEM, value));
        request.into_iter().chain(self.timeouts.iter().map(|(name, value)| (name.as_str(), *value)))
    }

    /// As given, for the archive's header.
    pub fn given(&self, request: Option<Duration>) -> [(&'static str, Option<String>); 2] {
        let timeouts = self.all(request).map(|(name, value)| format!("{name}={}", humantime::format_duration(value)));
        let timeouts: Vec<String> = timeouts.collect();
        [("qps", self.qps.map(|qps| qps.to_string())), ("timeout", Some(timeouts.join(",")))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_answer_goes_before_what_kubectl_calls_it() {
        let second = Duration::from_secs(1);
        let said = |timeouts: &[&str]| {
            let timeouts = timeouts.iter().map(|text| timeout(text).expect("a limit")).collect();
            let [_, (_, given)] = RequestLimits { qps: None, timeouts }.given(Some(second));
            given.unwrap_or_default()
        };
        assert_eq!(said(&["idle=2s"]), "item=1s,idle=2s");
        assert_eq!(said(&["item=3s"]), "item=3s");
    }

    #[test]
    fn timeouts_are_read_by_name() {
        assert_eq!(timeout("idle=1m 30s"), Ok(("idle".to_owned(), Duration::from_secs(90))));
        for bad in ["idle", "idle=", "idle=0s", "idle=-1s", "deadline=1s", "=1s"] {
            assert!(timeout(bad).is_err(), "{bad}");
        }
    }
}
