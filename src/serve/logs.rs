//! Logs of containers, as `kubectl logs` asks for them. Times count from when the log was fetched.

use super::answer::{Answer, Refusal, Writing};
use super::ask::Ask;
use super::store::Store;
use crate::archive::layout::{self, Instance};
use crate::inputs::{Entry, Kind, LogForm};
use crate::model::EntryId;
use crate::objects::parse_time;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

/// What of a log is wanted.
struct Part {
    since: Option<DateTime<Utc>>,
    tail: Option<usize>,
    limit: Option<usize>,
    with_times: bool,
}

/// The log of a container of a pod.
pub fn get(store: &Arc<Store>, ask: &Ask, namespace: &str, pod: &str) -> Result<Answer, Refusal> {
    let [own, others] = containers(store, namespace, pod)?;
    let container = match (ask.query("container"), own.as_slice()) {
        (Some(name), _) => name.to_owned(),
        (None, [only]) => only.clone(),
        (None, several) => {
            let message =
                format!("a container name must be specified for pod {pod}, choose one of: [{}]", several.join(" "));
            return Err(Refusal::bad(message));
        }
    };
    if !own.contains(&container) && !others.contains(&container) {
        return Err(Refusal::bad(format!("container {container} is not valid for pod {pod}")));
    }
    let (of, is_previous) = ((namespace, pod, container.as_str()), ask.is("previous"));
    let id = find(store, of, is_previous).ok_or_else(|| lacking(store, of, is_previous))?;
    let entry = store.inputs().entry(id).ok_or_else(Refusal::no_path)?;
    let seconds = ask.number("sinceSeconds").and_then(|seconds| TimeDelta::try_seconds(i64::try_from(seconds).ok()?));
    let count = |name: &str| ask.number(name).and_then(|number| usize::try_from(number).ok());
    let part = Part {
        since: ask.query("sinceTime").and_then(parse_time).or_else(|| entry.fetched.checked_sub_signed(seconds?)),
        tail: count("tailLines"),
        limit: count("limitBytes"),
        with_times: ask.is("timestamps"),
    };
    let store = store.clone();
    let body: Writing = Box::new(move |out| match store.inputs().entry(id) {
        Some(entry) => write(&entry, &part, out),
        None => Ok(()),
    });
    Ok(Answer::written("text/plain", body))
}

/// The names of a pod's containers, and of those that it is begun or looked at with.
fn containers(store: &Store, namespace: &str, pod: &str) -> Result<[Vec<String>; 2], Refusal> {
    let pods = store.of_full("pods").ok_or_else(Refusal::no_path)?;
    let shelf = store.shelf(pods)?;
    let place = shelf.find(namespace, pod).ok_or_else(|| Refusal::no_object("pods", pod, ""))?;
    let json: Value = shelf.reader().json(place).and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_default();
    let names = |list: &str| -> Vec<String> {
        let all = json.pointer(list).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|one| Some(one.get("name")?.as_str()?.to_owned())).collect()
    };
    Ok([names("/spec/containers"), [names("/spec/initContainers"), names("/spec/ephemeralContainers")].concat()])
}

/// The entry of a log.
fn find(store: &Store, of: (&str, &str, &str), is_previous: bool) -> Option<EntryId> {
    let (namespace, pod, container) = of;
    let instance = if is_previous { Instance::Previous } else { Instance::Current };
    let inputs = store.inputs();
    if let Some(entry) = inputs.find(&layout::pod_log(namespace, pod, container, instance)) {
        return Some(entry.id);
    }
    let mut all = (0..inputs.len()).filter_map(|number| inputs.entry(EntryId(u32::try_from(number).ok()?)));
    let is_it = |entry: &Entry<'_>| match entry.kind {
        Kind::Log { of, .. } => {
            let path = inputs.shown(entry.id);
            // Ours were looked for; what is beside them is of instances before, or of other pods.
            (of.namespace == namespace && of.pod == pod && of.container == container && of.uid.is_none())
                && layout::parse_log_file(path).is_none()
                && path.contains("previous") == is_previous
        }
        _ => false,
    };
    // Of several segments of a recorder the last one that has any tells of the last instance.
    all.rfind(is_it).map(|entry| entry.id)
}

/// Why there is none.
fn lacking(store: &Store, of: (&str, &str, &str), is_previous: bool) -> Refusal {
    let (namespace, pod, container) = of;
    let which = if is_previous { "the previous log" } else { "the log" };
    let why = store.outcome_of_log(namespace, pod, container, is_previous).map_or_else(
        || "it was not collected".to_owned(),
        |outcome| match outcome.why.as_str() {
            "" => outcome.status.name().to_owned(),
            why => format!("{} ({why})", outcome.status.name()),
        },
    );
    let message = format!("{which} of container {container} in pod {pod} is not in this archive: {why}");
    Refusal::new(404, "NotFound", message)
}

fn write(entry: &Entry<'_>, part: &Part, out: &mut dyn Write) -> io::Result<()> {
    let is_stamped = matches!(entry.kind, Kind::Log { form: LogForm::Stamped, .. });
    let mut room = part.limit.unwrap_or(usize::MAX);
    let mut last: VecDeque<Vec<u8>> = VecDeque::new();
    let mut failed = Ok(());
    let mut begun = part.since.is_none();
    let read = entry.lines(|_, line| {
        let (time, text) = if is_stamped { stamped(line) } else { (None, line) };
        // A line without a time is part of what stands before it.
        begun = begun || time.zip(part.since).is_some_and(|(time, since)| time >= since);
        if !begun {
            return true;
        }
        let shown = if part.with_times { with_nine_digits(line, time) } else { Cow::Borrowed(text) };
        match part.tail {
            Some(tail) => {
                last.push_back(shown.into_owned());
                if last.len() > tail {
                    last.pop_front();
                }
                true
            }
            None => {
                failed = put(out, &shown, &mut room);
                failed.is_ok() && room > 0
            }
        }
    });
    failed?;
    for line in last {
        put(out, &line, &mut room)?;
    }
    // What could be read was given; a log that is broken within ends there.
    read.map_err(|error| io::Error::other(error.to_string()))
}

fn put(out: &mut dyn Write, line: &[u8], room: &mut usize) -> io::Result<()> {
    let length = line.len().min(*room);
    out.write_all(line.get(..length).unwrap_or_default())?;
    *room -= length;
    if *room > 0 {
        out.write_all(b"\n")?;
        *room -= 1;
    }
    Ok(())
}

/// A line with its time in UTC as a kubelet prints it: with nine digits of a second, where runtimes write no zeros at
/// their end (pkg/kubelet/types/constants.go and pkg/kubelet/kuberuntime/logs/logs.go, v1.34, `RFC3339NanoFixed`).
fn with_nine_digits(line: &[u8], time: Option<DateTime<Utc>>) -> Cow<'_, [u8]> {
    let end = memchr::memchr(b' ', line).unwrap_or(line.len());
    let (stamp, rest) = line.split_at(end);
    match time.filter(|_| stamp.ends_with(b"Z")) {
        Some(time) => [time.format("%Y-%m-%dT%H:%M:%S%.9fZ").to_string().as_bytes(), rest].concat().into(),
        None => line.into(),
    }
}

/// The time before a line, and what the program wrote.
fn stamped(line: &[u8]) -> (Option<DateTime<Utc>>, &[u8]) {
    let end = memchr::memchr(b' ', line).unwrap_or(line.len());
    let time = line.get(..end).and_then(|time| std::str::from_utf8(time).ok()).and_then(parse_time);
    match time {
        Some(_) => (time, line.get(end + 1..).unwrap_or_default()),
        None => (None, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_nine_digits_as_a_kubelet_prints_them() {
        for (line, shown) in [
            ("2026-11-28T15:33:22.98579665Z line 5", "2026-11-28T15:33:22.985796650Z line 5"),
            ("2026-11-28T15:33:22Z a  b", "2026-11-28T15:33:22.000000000Z a  b"),
            ("2026-11-28T16:33:22.5+01:00 line", "2026-11-28T16:33:22.5+01:00 line"),
            ("no time", "no time"),
        ] {
            let (time, _) = stamped(line.as_bytes());
            assert_eq!(String::from_utf8_lossy(&with_nine_digits(line.as_bytes(), time)), shown);
        }
    }
}
