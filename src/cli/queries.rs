//! `why`, `after`, `path` and `common`: questions to an analysis, answered with the records.

use super::asked::{Source, whom};
use super::exit::Exit;
use super::failure::Failure;
use super::{kept, open, terminal};
use k8s_forensics::report::ask::{self, Direction, Graph, words};

/// Steps of an answer unless all are wanted: about a screen.
const MOST_STEPS: usize = 12;

/// Say what led to something: its causes back to where the cascade began, each with its record.
///
/// For a node that was not ready, also what was looked at, row by row: what speaks for it, what against, and what is not
/// recorded. Explanations that are not claimed are told as well, with the record that would decide. The analysis of an
/// INPUT is kept beside it, so that the next question is answered at once.
#[derive(clap::Args)]
pub struct WhyArgs {
    #[command(flatten)]
    of: Source,
    #[command(flatten)]
    about: About,
}

/// Say what something led to: its effects to the end of the cascade, each with its record.
#[derive(clap::Args)]
pub struct AfterArgs {
    #[command(flatten)]
    of: Source,
    #[command(flatten)]
    about: About,
}

/// Whom a question is about, and how it is answered.
#[derive(clap::Args)]
struct About {
    /// A signal by its id, as s12; a subject, as Node/node-1, Pod/shop/api-0, pod/api-0 or api-0; or a subject with the
    /// name of a signal, as "Node/node-1 NodeNotReady"
    #[arg(value_name = "SIGNAL-ID|SUBJECT")]
    whom: String,
    /// The namespace of the subject
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Show every step, not only a screen of them
    #[arg(long)]
    all: bool,
    /// Print as JSON, with all steps; signals and edges have the form of report.json
    #[arg(long)]
    json: bool,
}

/// Say how one thing led to another: the best chain of records between them, or that there is none.
///
/// Where there is none, says of which cascade each is, and what both come from.
#[derive(clap::Args)]
pub struct PathArgs {
    #[command(flatten)]
    of: Source,
    /// A signal or a subject, as for why
    #[arg(value_name = "FROM")]
    from: String,
    /// A signal or a subject, as for why
    #[arg(value_name = "TO")]
    to: String,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Say what those that failed have in common, and those that did not lack.
#[derive(clap::Args)]
pub struct CommonArgs {
    #[command(flatten)]
    of: Source,
    /// Print as JSON, in the form of report.json
    #[arg(long)]
    json: bool,
}

pub fn why(args: &WhyArgs) -> Result<Exit, Failure> {
    tell(&args.of, &args.about, Direction::Causes)
}

pub fn after(args: &AfterArgs) -> Result<Exit, Failure> {
    tell(&args.of, &args.about, Direction::Effects)
}

fn tell(of: &Source, about: &About, direction: Direction) -> Result<Exit, Failure> {
    let verb = if direction == Direction::Causes { "why" } else { "after" };
    open::swapped(&of.asked.path, std::slice::from_ref(&about.whom), verb)?;
    let kept = kept::analysis(of)?;
    let graph = Graph::new(&kept);
    let tried = format!("look for {}", about.whom);
    let whom = whom(&graph, &tried, &about.whom, about.namespace.as_deref())?;
    let most = if about.all || about.json { usize::MAX } else { MOST_STEPS };
    let answer = ask::ask(&graph, &whom, direction, most);
    match about.json {
        true => terminal::print_json(&answer)?,
        false => terminal::print_data(&words::answer(&answer, &graph, terminal::width()))?,
    }
    Ok(Exit::Whole)
}

pub fn path(args: &PathArgs) -> Result<Exit, Failure> {
    let kept = kept::analysis(&args.of)?;
    let graph = Graph::new(&kept);
    let tried = format!("look for a path from {} to {}", args.from, args.to);
    let (from, to) = (whom(&graph, &tried, &args.from, None)?, whom(&graph, &tried, &args.to, None)?);
    let found = ask::path(&graph, &from, &to);
    match args.json {
        true => terminal::print_json(&found)?,
        false => terminal::print_data(&words::path(&found, &graph, terminal::width()))?,
    }
    Ok(Exit::Whole)
}

pub fn common(args: &CommonArgs) -> Result<Exit, Failure> {
    let kept = kept::analysis(&args.of)?;
    match args.json {
        true => terminal::print_json(&kept.common)?,
        false => terminal::print_data(&words::common(&Graph::new(&kept), terminal::width()))?,
    }
    Ok(Exit::Whole)
}
