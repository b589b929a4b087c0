//! `mcp`: an analysis for an assistant.

use super::asked::{Source, With};
use super::exit::Exit;
use super::failure::Failure;
use super::{kept, open};
use k8s_forensics::mcp::{self, Incident};
use std::path::PathBuf;

/// Answer an assistant about an incident, over standard input and output (Model Context Protocol).
///
/// INPUT is an archive or another input, which is analyzed first, or the folder of a report. Nothing can be changed and
/// nothing else is read; answers are bounded, cite their records, and are as redacted as what they are made of.
///
///     claude mcp add incident -- k8s-forensics mcp incident.zip
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    of: Source,
    /// The archive, or another input, of when all was well, for the tool diff
    #[arg(long, value_name = "INPUT")]
    baseline: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let of = &args.of;
    let json = kept::report(of)?;
    let inputs = kept::inputs(of)?;
    let baseline = args.baseline.as_ref().map(|path| {
        let with = With { checks: Vec::new(), notes: Vec::new(), rules: of.rules.clone(), fresh: of.fresh };
        kept::analysis(&Source { asked: open::Asked { path: path.clone(), means: of.asked.means.clone() }, with })
    });
    let incident = Incident::new(&json, inputs, baseline.transpose()?)
        .map_err(|error| Failure::environment(format!("read the analysis of {}", of.asked.path.display()), error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment("answer an assistant", error))?;
    let ended = runtime.block_on(mcp::serve(incident));
    // A read of standard input that blocks is not waited for.
    runtime.shutdown_background();
    ended.map(|()| Exit::Whole).map_err(|error| {
        Failure::environment("answer an assistant", error)
            .hint("a client of the Model Context Protocol starts this; it is not typed into")
    })
}
