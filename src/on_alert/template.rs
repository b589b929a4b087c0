//! The Job that is started: a template that was given, with a name, labels and the beginning of the window put in.
//!
//! The window goes into the environment of each container, where `$(K8SF_ALERT_FROM)` in its arguments finds it
//! (kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables). No text of an alert
//! becomes part of what runs: its group and names are annotations.

use super::pace::{Started, group_id, short_hash};
use super::webhook::Firing;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

/// The label by which Jobs of a template are found again; its value is the template's name.
pub const STARTED_BY: &str = "k8s-forensics.io/on-alert";
/// The label with the id of the group.
pub const GROUP_ID: &str = "k8s-forensics.io/alert-group-id";
/// Annotations for people.
const GROUP: &str = "k8s-forensics.io/alert-group";
const ALERTS: &str = "k8s-forensics.io/alerts";
/// When the window begins, in RFC 3339.
const FROM: &str = "K8SF_ALERT_FROM";

/// The longest name: what is put behind it is a dash and twenty characters, and a Job's name is a label of its pods, which
/// have at most 63.
const LONGEST_NAME: usize = 42;
/// Bytes of an annotation: enough for people.
const LONGEST_NOTE: usize = 1024;

/// A Job to start.
#[derive(Clone, Debug)]
pub struct Template {
    job: Value,
    name: String,
}

impl Template {
    /// Reads a Job in YAML or JSON.
    ///
    /// # Errors
    /// It is no Job with a name and containers.
    pub fn parse(text: &str) -> Result<Self, String> {
        let job: Value = serde_saphyr::from_str(text).map_err(|error| format!("it is not YAML: {error}"))?;
        let field = |path: &str| job.pointer(path).and_then(Value::as_str);
        if field("/apiVersion") != Some("batch/v1") || field("/kind") != Some("Job") {
            return Err("it is no Job of batch/v1".to_owned());
        }
        let name = field("/metadata/name").unwrap_or_default().to_owned();
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Err(format!("it has no metadata.name of at most {LONGEST_NAME} characters"));
        }
        let containers = job.pointer("/spec/template/spec/containers").and_then(Value::as_array);
        if containers.is_none_or(Vec::is_empty) {
            return Err("it has no spec.template.spec.containers".to_owned());
        }
        Ok(Self { job, name })
    }

    /// Its name, with which the names of its Jobs begin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Job for `firing`, beside those that were started `before`. Who starts it twice for the same gets the same name,
    /// which an API server takes once.
    pub fn job(&self, firing: &Firing, from: DateTime<Utc>, before: &[Started]) -> Value {
        let group = group_id(&firing.group);
        let times = before.iter().filter(|job| job.group == group).count().to_string();
        let id = short_hash(&[&firing.group, &firing.since.to_rfc3339(), &times]);
        let mut job = self.job.clone();
        let metadata = child(&mut job, "metadata");
        metadata["name"] = json!(format!("{}-{id}", self.name));
        let labels = child(metadata, "labels");
        labels[STARTED_BY] = json!(self.name);
        labels[GROUP_ID] = json!(group);
        let notes = child(metadata, "annotations");
        notes[GROUP] = json!(shortened(&firing.group));
        notes[ALERTS] = json!(shortened(&firing.alerts.iter().map(String::as_str).collect::<Vec<_>>().join(", ")));
        let variable = json!({"name": FROM, "value": from.to_rfc3339_opts(SecondsFormat::Secs, true)});
        for kind in ["initContainers", "containers"] {
            let all = job.pointer_mut(&format!("/spec/template/spec/{kind}")).and_then(Value::as_array_mut);
            for container in all.into_iter().flatten() {
                match container.get_mut("env").and_then(Value::as_array_mut) {
                    // First, so that the template's own variables may be made of it.
                    Some(env) => env.insert(0, variable.clone()),
                    None => container["env"] = json!([variable]),
                }
            }
        }
        job
    }
}

/// The object below `key`, which is made one where it is none.
fn child<'a>(of: &'a mut Value, key: &str) -> &'a mut Value {
    if !of[key].is_object() {
        of[key] = Value::Object(Map::new());
    }
    &mut of[key]
}

fn shortened(text: &str) -> String {
    let mut end = text.len().min(LONGEST_NOTE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::pace::State;
    use super::*;

    const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: k8sf\n  labels: {a: b}\nspec:\n  template:\n    \
        spec:\n      initContainers:\n        - {name: collect, args: [\"--from=$(K8SF_ALERT_FROM)\"], env: [{name: A, value: b}]}\n      \
        containers:\n        - {name: analyze}\n";

    fn firing() -> Firing {
        let since = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
        Firing { group: "{}:{a=\"ü$(HOME)\"}".repeat(99), since, alerts: ["A".to_owned(), "B".to_owned()].into() }
    }

    #[test]
    fn it_is_the_template_with_what_the_alert_says_beside_it() {
        let template = Template::parse(JOB).expect("a template");
        let (firing, from) = (firing(), firing().since - chrono::TimeDelta::minutes(5));
        let job = template.job(&firing, from, &[]);
        let name = job["metadata"]["name"].as_str().expect("a name");
        assert!(name.starts_with("k8sf-") && name.len() == 25, "{name}");
        assert_eq!(job["metadata"]["labels"]["a"], "b");
        assert_eq!(job["metadata"]["labels"][STARTED_BY], "k8sf");
        assert_eq!(job["metadata"]["annotations"][ALERTS], "A, B");
        assert!(job["metadata"]["annotations"][GROUP].as_str().is_some_and(|group| group.len() <= LONGEST_NOTE));
        let spec = &job["spec"]["template"]["spec"];
        assert_eq!(spec["initContainers"][0]["env"][0], json!({"name": FROM, "value": "2024-10-03T23:55:00Z"}));
        assert_eq!(spec["initContainers"][0]["env"][1]["name"], "A");
        assert_eq!(spec["containers"][0]["env"][0]["name"], FROM);
        assert!(!spec.to_string().contains("HOME"), "no text of an alert is part of what runs");
    }

    #[test]
    fn the_same_alert_has_the_same_name_and_another_try_another() {
        let template = Template::parse(JOB).expect("a template");
        let (firing, from) = (firing(), firing().since);
        let name = |firing: &Firing, before: &[Started]| template.job(firing, from, before)["metadata"]["name"].clone();
        let first = name(&firing, &[]);
        assert_eq!(first, name(&firing, &[]));
        let later = Firing { since: firing.since + chrono::TimeDelta::seconds(1), ..firing.clone() };
        assert_ne!(first, name(&later, &[]));
        let group = group_id(&firing.group);
        let failed = Started { name: String::new(), created: from, group, state: State::Failed };
        assert_ne!(first, name(&firing, &[failed]));
    }

    #[test]
    fn what_is_no_job_is_refused() {
        let wrong = [
            "",
            "{",
            "kind: Job",
            "apiVersion: v1\nkind: Pod",
            &JOB.replace("name: k8sf", "generateName: k8sf"),
            &JOB.replace("k8sf", &"a".repeat(43)),
            &JOB.replace("containers:", "none:"),
        ];
        for text in wrong {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
