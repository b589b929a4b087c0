//! What `kubectl describe` prints: the objects of a text, one below the other, with their fields and their events.
//!
//! Source: kubectl, pkg/describe/describe.go. Fields begin a line, what belongs to them is indented by two blanks for
//! each level; what people wrote in commands and messages is indented too, so it is no field of the object.

use super::columns::Columns;

/// An object of a text.
#[derive(Debug)]
pub struct Object<'a> {
    /// The line that it begins on, from 1.
    pub line: usize,
    pub kind: &'static str,
    lines: Vec<&'a str>,
}

/// A line below a field of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inner<'a> {
    /// Its line in the text, from 1.
    pub line: usize,
    /// How many blanks it begins with.
    pub indent: usize,
    pub text: &'a str,
}

/// The fields by which kinds are known, each of one kind alone: the first that an object has.
const KINDS: &[(&str, &str)] = &[
    ("Non-terminated Pods", "Node"),
    ("System Info", "Node"),
    ("QoS Class", "Pod"),
    ("Update Strategy", "StatefulSet"),
    ("Desired Number of Nodes Scheduled", "DaemonSet"),
    ("StrategyType", "Deployment"),
    ("Parallelism", "Job"),
    ("Concurrency Policy", "CronJob"),
    ("Used By", "PersistentVolumeClaim"),
    ("Reclaim Policy", "PersistentVolume"),
    ("Session Affinity", "Service"),
    ("Allowed disruptions", "PodDisruptionBudget"),
    ("Deployment pods", "HorizontalPodAutoscaler"),
    ("StatefulSet pods", "HorizontalPodAutoscaler"),
    ("Pods Status", "ReplicaSet"),
];

/// The objects of a text whose kind shows; others are left out. A text without any is no description.
pub fn objects(text: &str) -> impl Iterator<Item = Object<'_>> {
    let mut lines = text.lines().enumerate().peekable();
    std::iter::from_fn(move || {
        loop {
            let (number, first) = lines.find(|(_, line)| is_name(line))?;
            let mut own = vec![first];
            while let Some((_, line)) = lines.next_if(|(_, line)| !is_name(line)) {
                own.push(line);
            }
            let object = Object { line: number + 1, kind: "", lines: own };
            let kind = KINDS.iter().find(|(field, _)| object.at(field).is_some());
            if let Some((_, kind)) = kind {
                return Some(Object { kind, ..object });
            }
        }
    })
}

fn is_name(line: &str) -> bool {
    line.strip_prefix("Name:").is_some_and(|rest| rest.starts_with("  ") || rest.starts_with('\t'))
}

impl<'a> Object<'a> {
    /// Where a field stands among its lines.
    fn at(&self, field: &str) -> Option<usize> {
        self.lines.iter().position(|line| value(line, field).is_some())
    }

    /// The value of a field; none where it lacks or nothing was set.
    pub fn field(&self, field: &str) -> Option<&'a str> {
        let value = value(self.lines.get(self.at(field)?)?, field)?.trim();
        Some(value).filter(|value| !matches!(*value, "" | "<none>" | "<unset>"))
    }

    /// The lines below a field, up to the next.
    pub fn below(&self, field: &str) -> impl Iterator<Item = Inner<'a>> + '_ {
        let from = self.at(field).map_or(self.lines.len(), |at| at + 1);
        let rest = self.lines.iter().enumerate().skip(from);
        let inner = rest.map(|(at, line)| {
            let text = line.trim_start_matches(' ');
            Inner { line: self.line + at, indent: line.len() - text.len(), text: text.trim_end() }
        });
        inner.take_while(|inner| inner.indent > 0 || inner.text.is_empty()).filter(|inner| !inner.text.is_empty())
    }

    /// What stands beside a field and continues below its value, as labels do.
    pub fn values(&self, field: &str) -> Vec<&'a str> {
        let below = self.below(field).map(|inner| inner.text);
        self.field(field).into_iter().chain(below).collect()
    }

    /// The rows of the table below a field with the columns that they are of: events, or the conditions of a node.
    pub fn table(&self, field: &str) -> Option<(Columns, Vec<(usize, &'a str)>)> {
        let mut lines = self.below(field);
        let names = lines.next().filter(|names| names.indent == 2)?;
        let columns = Columns::of(&format!("  {}", names.text))?;
        let is_ruled = |text: &str| text.starts_with("--");
        let from = |line: &Inner<'a>| self.lines.get(line.line - self.line).copied().unwrap_or_default();
        let rows = lines.filter(|line| !is_ruled(line.text)).map(|line| (line.line, from(&line)));
        Some((columns, rows.collect()))
    }
}

/// What stands behind `FIELD:` at the beginning of a line.
fn value<'a>(line: &'a str, field: &str) -> Option<&'a str> {
    line.strip_prefix(field)?.strip_prefix(':')
}

impl<'a> Inner<'a> {
    /// Its name and value, where it has them.
    pub fn field(&self) -> Option<(&'a str, &'a str)> {
        let (name, value) = self.text.split_once(':')?;
        Some((name, value.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "Name:             web-0\nNamespace:        shop\nLabels:           app=web\n                  tier=front\nAnnotations:      <none>\nContainers:\n  web:\n    Command:\n      echo\n      Name:   not a name\n    State:          Running\nQoS Class:        Burstable\nEvents:\n  Type     Reason   Age                From     Message\n  ----     ------   ----               ----     -------\n  Warning  BackOff  5m (x3 over 6m)    kubelet  Back-off restarting\n\n\nName:         web\nNamespace:    shop\nStrategyType:  RollingUpdate\nEvents:        <none>\n\n\nName:  thing\nSpec:\n";

    #[test]
    fn objects_stand_one_below_the_other() {
        let found: Vec<_> = objects(TEXT).collect();
        let told: Vec<_> = found.iter().map(|object| (object.line, object.kind, object.field("Name"))).collect();
        assert_eq!(told, [(1, "Pod", Some("web-0")), (19, "Deployment", Some("web"))]);
        let pod = found.first().expect("a pod");
        assert_eq!(pod.values("Labels"), ["app=web", "tier=front"]);
        assert_eq!((pod.field("Annotations"), pod.field("Phase")), (None, None));
        let (columns, rows) = pod.table("Events").expect("events");
        let [(line, row)] = rows[..] else { panic!("{rows:?}") };
        assert_eq!((line, columns.cells(row).and_then(|cells| cells.get(2).copied())), (16, Some("5m (x3 over 6m)")));
        assert!(found.get(1).expect("a deployment").table("Events").is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(Name:  a\nQoS Class: b\n)?[ A-Za-z:\n-]{0,200}") {
            for object in objects(&text) {
                object.field("Name");
                object.values("Labels");
                if let Some((columns, rows)) = object.table("Events") {
                    rows.iter().for_each(|row| drop(columns.cells(row.1)));
                }
            }
        }
    }
}
