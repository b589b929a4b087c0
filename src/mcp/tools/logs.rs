//! `logs`: any amount of log lines as a few kinds of messages, those that are new after the onset first.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, members, schema, taken};
use crate::log_templates::{self, Log, Logs, Ranked, State, Summary};
use crate::logline::severity::LineSeverity;
use crate::model::rfc3339;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub const ASK: Ask = Ask {
    name: "logs",
    title: "Kinds of log messages",
    about: "The lines of logs and journals as kinds of messages with their counts: those that are new after the onset of the \
            largest cascade, or have vanished, come first. `lines` opens the place of each.",
    schema: schema::<Wanted>,
    answer,
};

#[derive(Deserialize, JsonSchema)]
struct Wanted {
    /// A unit (containerd), node, pod or container; NAMESPACE/POD and NODE/UNIT say which of several. All logs where
    /// nothing is said
    of: Option<String>,
    #[serde(flatten)]
    range: Range,
}

fn answer(of: &Incident, arguments: Map<String, Value>) -> Answer {
    let wanted: Wanted = taken(arguments)?;
    let Some(inputs) = &of.inputs else {
        return Err("only a report is here, which keeps no logs; ask about the archive".to_owned());
    };
    let logs = Logs::of(inputs);
    let is_meant = |log: &&Log| wanted.of.as_deref().is_none_or(|name| log.source.is_called(name));
    let chosen: Vec<&Log> = logs.all.iter().filter(is_meant).collect();
    if chosen.is_empty() {
        let some: Vec<&str> = logs.all.iter().map(|log| log.path.as_str()).take(30).collect();
        return Err(format!("no log is so called; there are {}", some.join(", ")));
    }
    let onset = of.kept.cascades.first().and_then(|cascade| cascade.from.parse::<DateTime<Utc>>().ok());
    let mut mined = log_templates::mine(&logs, &chosen, onset);
    let summary = Summary::new(&mut mined, onset);
    let row = |one: &Ranked| {
        let path =
            chosen.iter().find(|log| log.entry == one.template.example.entry).map_or("", |log| log.path.as_str());
        json!({"program": one.template.program, "quoted": one.template.text, "count": one.template.count,
               "state": state(one.state), "severity": one.template.severity.map(severity),
               "before_a_minute": one.rates.before, "after_a_minute": one.rates.after,
               "first": one.template.first.map(rfc3339), "last": one.template.last.map(rfc3339),
               "at": format!("{path}:{}", one.template.example.line)})
    };
    let unreadable: Vec<String> = mined.unreadable.iter().map(|(path, why)| format!("{path}: {why}")).collect();
    Ok(members(json!({
        "onset": onset.map(rfc3339), "logs": chosen.len(), "lines": mined.lines(),
        "kinds": list(summary.ranked.iter().map(row), wanted.range),
        "unreadable": list(unreadable.into_iter().map(Value::from), Range::default()),
    })))
}

fn state(of: State) -> &'static str {
    match of {
        State::New => "new",
        State::Vanished => "vanished",
        State::More => "more",
        State::Less => "less",
        State::Same => "same",
    }
}

fn severity(of: LineSeverity) -> &'static str {
    match of {
        LineSeverity::Fatal => "fatal",
        LineSeverity::Error => "error",
        LineSeverity::Warning => "warning",
    }
}
