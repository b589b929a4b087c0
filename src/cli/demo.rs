//! `demo`: the analysis of a real incident that travels inside the program.

use super::analyze::{self, Delivery};
use super::exit::Exit;
use super::failure::Failure;
use k8s_forensics::archive::Archive;
use std::path::PathBuf;

/// A recording of the memory cascade of `tests/lab/incidents`, as `collect` wrote it.
const EXAMPLE: &[u8] = include_bytes!("../../fixtures/demo/memory-cascade.zip");

/// Analyze an example archive: a real incident, recorded on a real cluster.
///
/// A changed configuration makes one pod grow; the kernel kills its neighbours, the node is drained, and the next node
/// goes the same way.
#[derive(clap::Args)]
pub struct Args {
    /// Where to write the report
    #[arg(short, long, value_name = "DIR", default_value = "memory-cascade-report")]
    output: PathBuf,
    #[command(flatten)]
    delivery: Delivery,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let archive = Archive::from_bytes(EXAMPLE, "memory-cascade.zip")
        .map_err(|error| Failure::environment("open the example archive", error))?;
    let analyzed = analyze::analyze_archive(&archive, None, None)?;
    analyze::deliver(&analyzed, &args.output, &args.delivery)
}
