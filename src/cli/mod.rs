//! The command line: one file per subcommand, each with its arguments and its `run`.
//!
//! stdout is data, stderr is talk. Only this room knows terminals, arguments, the environment and exit codes.

mod analyze;
#[cfg(feature = "live")]
mod collect;
#[cfg(feature = "live")]
mod coverage;
mod demo;
mod exit;
mod failure;
#[cfg(feature = "live")]
mod progress;
mod terminal;

use clap::{Parser, Subcommand};
use exit::Exit;
use failure::Failure;

/// Incident forensics for Kubernetes: collect the evidence before it expires, read the cascade of failures later.
#[derive(Parser)]
#[command(version, about, propagate_version = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[cfg(feature = "live")]
    Collect(Box<collect::Args>),
    Analyze(analyze::Args),
    Demo(demo::Args),
}

/// Parses the arguments and runs the one subcommand they name.
pub fn run() -> Result<Exit, Failure> {
    match Cli::parse().command {
        Command::Analyze(args) => analyze::run(&args),
        Command::Demo(args) => demo::run(&args),
        #[cfg(feature = "live")]
        Command::Collect(args) => collect::run(*args),
    }
}
