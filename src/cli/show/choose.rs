//! The options of every view: what is meant, of which time, and in which form it is printed.

use super::super::failure::Failure;
use chrono::TimeDelta;
use k8s_forensics::inputs::Inputs;
use k8s_forensics::viewing::{self, Asked, Choice, Selector, Span};

/// Whom a view is of.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Scope {
    /// Only this namespace [default: all]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Only pods with these labels, as app=api,tier!=web
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub selector: Option<Selector>,
    /// Only this node and what is on it
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// Only this pod, by its name or the beginning of it
    #[arg(long, value_name = "POD")]
    pub pod: Option<String>,
}

/// Of which time a view is.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct When {
    /// From this time on, as 2026-11-21T16:01:26Z, as 16:01 (UTC), or as 10m before the records end
    #[arg(long, value_name = "TIME|LENGTH", conflicts_with = "around")]
    since: Option<String>,
    /// Around this time
    #[arg(long, value_name = "TIME")]
    around: Option<String>,
    /// How long before and after it
    #[arg(long, value_name = "LENGTH", default_value = "2m", value_parser = viewing::length, requires = "around")]
    within: TimeDelta,
}

/// In which form a view is printed.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Output {
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: Form,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// As kubectl prints it
    #[default]
    Table,
    /// The same with more columns
    Wide,
    Json,
    Yaml,
    /// One JSON object a line
    Jsonl,
}

impl Scope {
    /// What is meant of these inputs.
    pub fn choice(&self, when: &When, inputs: &Inputs, tried: &str) -> Result<Choice, Failure> {
        let asked = Asked {
            namespace: self.namespace.clone(),
            selector: self.selector.clone(),
            node: self.node.clone(),
            pod: self.pod.clone(),
            span: when.span(inputs, tried)?,
        };
        Choice::of(asked, inputs).map_err(|error| Failure::environment(tried, error))
    }
}

impl When {
    pub fn is_asked(&self) -> bool {
        self.since.is_some() || self.around.is_some()
    }

    fn span(&self, inputs: &Inputs, tried: &str) -> Result<Span, Failure> {
        let time = |text: &str| {
            viewing::time(text, inputs.window()).map_err(|why| Failure::usage(format!("{tried} at {text}"), why))
        };
        match (&self.since, &self.around) {
            (Some(since), _) => Ok(Span { from: Some(time(since)?), to: None }),
            (None, Some(around)) => Ok(viewing::around(time(around)?, self.within)),
            (None, None) => Ok(Span::default()),
        }
    }
}
