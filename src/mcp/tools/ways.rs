//! `why`, `after` and `path`: from one thing to what led to it, to what it led to, and to another.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, members, schema, taken};
use crate::report::ask::{self, Direction, Graph, Step, words};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub const WHY: Ask = Ask {
    name: "why",
    title: "What led to it",
    about: "What led to a signal or to the trouble of a subject, step by step back to where it began, each with its records and \
            with other explanations that are not claimed. For a node that was not ready also a checklist: what speaks for each \
            explanation, what against, and what is not recorded.",
    schema: schema::<About>,
    answer: why,
};

pub const AFTER: Ask = Ask {
    name: "after",
    title: "What it led to",
    about: "What a signal or the trouble of a subject led to, step by step, each with its records.",
    schema: schema::<About>,
    answer: after,
};

pub const PATH: Ask = Ask {
    name: "path",
    title: "How one led to the other",
    about: "The best chain of links from one signal or subject to another, or that there is none.",
    schema: schema::<Between>,
    answer: path,
};

#[derive(Deserialize, JsonSchema)]
struct About {
    /// A signal by its id, as `s12`; a subject, as `Node/node-1` or `Pod/shop/api-0`; or a subject with the name of a
    /// signal, as `Node/node-1 NodeNotReady`
    about: String,
    #[serde(flatten)]
    range: Range,
}

#[derive(Deserialize, JsonSchema)]
struct Between {
    /// The cause, as `about` of the tool `why`
    from: String,
    /// The effect
    to: String,
}

fn why(of: &Incident, arguments: Map<String, Value>) -> Answer {
    tell(of, arguments, Direction::Causes)
}

fn after(of: &Incident, arguments: Map<String, Value>) -> Answer {
    tell(of, arguments, Direction::Effects)
}

/// Steps that are walked at most.
const MOST_STEPS: usize = 500;
const RECORDS: usize = 2;

fn tell(of: &Incident, arguments: Map<String, Value>, direction: Direction) -> Answer {
    let about: About = taken(arguments)?;
    let graph = Graph::new(&of.kept);
    let whom = of.whom(&graph, &about.about)?;
    let answer = ask::ask(&graph, &whom, direction, MOST_STEPS);
    let step = |step: &Step<'_>| {
        let others: Vec<Value> = step
            .alternatives
            .iter()
            .map(|other| json!({"signal": of.signal(other.signal, 1), "link": other.edge}))
            .collect();
        json!({"depth": step.depth, "signal": of.signal(step.signal, RECORDS), "alike": step.alike.len(),
               "grade": step.edge.map(|edge| &edge.grade), "says": step.edge.map(|edge| &edge.why),
               "records": step.edge.map(|edge| of.records(&edge.evidence, RECORDS)), "against": step.against,
               "told_above": step.again, "is_end": step.is_end, "other_explanations": others})
    };
    let steps: Vec<Value> = answer.steps.iter().map(step).collect();
    let checklists: Vec<Value> = answer.checklists.iter().map(|one| json!(one)).collect();
    Ok(members(json!({
        "about": answer.about,
        "steps": list(steps.into_iter(), about.range),
        "not_walked": answer.more,
        "others_of_it": list(answer.others.iter().map(|one| of.signal(one, 1)), Range::first(10)),
        "checklist": list(checklists.into_iter(), Range::first(3)),
    })))
}

fn path(of: &Incident, arguments: Map<String, Value>) -> Answer {
    let between: Between = taken(arguments)?;
    let graph = Graph::new(&of.kept);
    let (from, to) = (of.whom(&graph, &between.from)?, of.whom(&graph, &between.to)?);
    let found = ask::path(&graph, &from, &to);
    let says = words::path(&found, &graph, WIDTH);
    Ok(members(json!({"path": found, "says": says.lines().collect::<Vec<_>>()})))
}

/// No line of the answer is broken.
const WIDTH: usize = 400;
