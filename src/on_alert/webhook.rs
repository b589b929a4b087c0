//! What Alertmanager sends to a webhook, version 4 of its form
//! (prometheus.io/docs/alerting/latest/configuration, `webhook_config`). Only what is needed is read of it.

use super::matcher::Matchers;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The only form there is; 4 since Alertmanager 0.10.
const VERSION: &str = "4";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    version: String,
    group_key: String,
    #[serde(default)]
    truncated_alerts: u64,
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: String,
    labels: BTreeMap<String, String>,
    starts_at: DateTime<Utc>,
}

/// Alerts of one group that fire and are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// What Alertmanager calls the group by.
    pub group: String,
    /// When the first of them began, by the clock of who told Alertmanager.
    pub since: DateTime<Utc>,
    /// Their names.
    pub alerts: BTreeSet<String>,
}

/// What of a notification is looked for and fires; the other side says why there is none.
///
/// # Errors
/// It is no notification of this version.
pub fn read(body: &[u8], matchers: &Matchers) -> Result<Result<Firing, String>, String> {
    let Notification { version, group_key, truncated_alerts, alerts } =
        serde_json::from_slice(body).map_err(|error| format!("no notification of Alertmanager: {error}"))?;
    if version != VERSION {
        return Err(format!("version {version} of the webhook's form, and only {VERSION} is known"));
    }
    let chosen: Vec<&Alert> = alerts.iter().filter(|alert| matchers.match_all(&alert.labels)).collect();
    let firing = || chosen.iter().filter(|alert| alert.status == "firing");
    let names = firing().map(|alert| alert.labels.get("alertname").cloned().unwrap_or_default());
    Ok(match firing().map(|alert| alert.starts_at).min() {
        Some(since) => Ok(Firing { group: group_key, since, alerts: names.collect() }),
        None if !chosen.is_empty() => Err("what matches is resolved".to_owned()),
        None if truncated_alerts > 0 => {
            Err(format!("no alert matches, and Alertmanager left {truncated_alerts} out (max_alerts)"))
        }
        None => Err("no alert matches".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(alerts: &[(&str, &str, &str)]) -> serde_json::Value {
        let alerts: Vec<_> = alerts
            .iter()
            .map(|(name, status, since)| {
                json!({
                    "status": status, "labels": {"alertname": name, "severity": "page"}, "annotations": {},
                    "startsAt": since, "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "1a30ba71cca2921f",
                })
            })
            .collect();
        json!({
            "version": "4", "groupKey": "{}:{alertname=\"A\"}", "truncatedAlerts": 0, "status": "firing", "receiver": "k8sf",
            "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "alerts": alerts,
        })
    }

    fn read_json(body: &serde_json::Value, matchers: &str) -> Result<Result<Firing, String>, String> {
        read(body.to_string().as_bytes(), &matchers.parse().expect("matchers"))
    }

    #[test]
    fn the_first_of_those_that_fire_and_match_counts() {
        let alerts = [
            ("B", "firing", "2026-11-28T17:00:00.123456789+01:00"),
            ("A", "firing", "2026-11-28T15:30:00Z"),
            ("A", "resolved", "2026-11-28T14:00:00Z"),
            ("Watchdog", "firing", "2026-11-01T00:00:00Z"),
        ];
        let firing = read_json(&body(&alerts), "alertname!=\"Watchdog\"").expect("a notification").expect("alerts");
        assert_eq!(firing.since.to_rfc3339(), "2026-11-28T15:30:00+00:00");
        assert_eq!(firing.alerts.into_iter().collect::<Vec<_>>(), ["A", "B"]);
        let none = |matchers| read_json(&body(&alerts[2..]), matchers).expect("a notification").expect_err("none");
        assert_eq!(none("alertname=A"), "what matches is resolved");
        assert_eq!(none("severity=info"), "no alert matches");
        let mut cut = body(&alerts);
        cut["truncatedAlerts"] = json!(7);
        assert!(read_json(&cut, "severity=info").expect("a notification").expect_err("none").contains("left 7 out"));
    }

    #[test]
    fn what_is_no_notification_is_refused() {
        let mut newer = body(&[]);
        newer["version"] = json!("5");
        assert!(read_json(&newer, "a=b").expect_err("another form").contains("version 5"));
        assert!(read_json(&json!({"alerts": []}), "a=b").is_err());
        assert!(read(b"\xff{", &"a=b".parse().expect("matchers")).is_err());
    }
}
