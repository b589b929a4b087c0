//! The command line: one file per subcommand, each with its arguments and its `run`.
//!
//! stdout is data, stderr is talk. Only this room knows terminals, arguments, the environment and exit codes.

mod analyze;
mod as_of;
mod asked;
#[cfg(feature = "attach")]
mod attach;
mod blocks;
mod called;
#[cfg(feature = "live")]
mod cleanup;
#[cfg(feature = "live")]
mod cluster;
#[cfg(feature = "live")]
mod cluster_choice;
mod clusters;
#[cfg(feature = "live")]
mod collect;
#[cfg(feature = "live")]
mod collect_options;
mod coverage;
mod demo;
mod describe;
mod diff;
mod draft;
mod draft_hash;
mod encryption;
mod exit;
mod export;
mod failure;
#[cfg(feature = "live")]
mod first_look;
mod found_signals;
mod kept;
#[cfg(feature = "live")]
mod kept_checks;
mod kept_key;
mod lint;
#[cfg(feature = "live")]
mod login;
mod logs;
#[cfg(feature = "mcp")]
mod mcp;
#[cfg(feature = "live")]
mod node_access;
#[cfg(feature = "on-alert")]
mod on_alert;
mod open;
#[cfg(feature = "live")]
mod output;
mod partitions;
#[cfg(feature = "live")]
mod plan;
mod private;
#[cfg(feature = "live")]
mod progress;
mod queries;
#[cfg(feature = "live")]
mod record;
mod redact;
mod redaction;
mod remote;
mod repair;
mod report_files;
#[cfg(feature = "live")]
mod request_limits;
#[cfg(feature = "live")]
mod resume;
mod rewrite;
mod rules;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "live")]
mod server_url;
#[cfg(feature = "shells")]
mod shells;
mod show;
#[cfg(feature = "live")]
mod side_by_side;
mod signals;
mod signing;
mod split;
#[cfg(any(feature = "live", feature = "serve"))]
mod stopped;
mod terminal;
#[cfg(feature = "live")]
mod to;
#[cfg(feature = "stores")]
mod upload;
mod verify;
#[cfg(feature = "live")]
mod watch_run;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use exit::Exit;
use failure::Failure;
use std::num::NonZeroUsize;
use std::process::ExitCode;

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
    #[cfg(feature = "live")]
    Plan(Box<plan::Args>),
    #[cfg(feature = "live")]
    WatchRun(Box<watch_run::Args>),
    #[cfg(feature = "live")]
    Record(Box<record::Args>),
    #[cfg(feature = "on-alert")]
    OnAlert(Box<on_alert::Args>),
    Analyze(analyze::Args),
    Show(show::Args),
    #[cfg(feature = "serve")]
    Serve(serve::Args),
    #[cfg(feature = "mcp")]
    Mcp(mcp::Args),
    Why(queries::WhyArgs),
    After(queries::AfterArgs),
    Path(queries::PathArgs),
    Common(queries::CommonArgs),
    Diff(diff::Args),
    Export(export::Args),
    #[cfg(feature = "attach")]
    Attach(attach::Args),
    #[cfg(feature = "stores")]
    Upload(upload::Args),
    Lint(lint::Args),
    Verify(verify::Args),
    Repair(repair::Args),
    Split(split::Args),
    Redact(Box<redact::Args>),
    Demo(demo::Args),
    Rules(rules::Args),
    Signals(signals::Args),
    #[cfg(feature = "live")]
    Cleanup(cleanup::Args),
    #[cfg(feature = "shells")]
    Completions(shells::CompletionsArgs),
    #[cfg(feature = "shells")]
    #[command(hide = true)]
    Man(shells::ManArgs),
}

/// Parses the arguments and runs the one subcommand they name.
pub fn run() -> Result<Exit, Failure> {
    #[cfg(feature = "shells")]
    if shells::answered(command)? {
        return Ok(Exit::Whole);
    }
    match command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => dispatch(cli.command),
        Err(mistake) if mistake.use_stderr() => mistake.exit(),
        Err(help) => terminal::print_help(&help).map(|()| Exit::Whole),
    }
}

/// All commands, under the name by which the program was called.
fn command() -> clap::Command {
    Cli::command().bin_name(called::name())
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Analyze(args) => analyze::run(&args),
        Command::Show(args) => show::run(&args),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(&args),
        #[cfg(feature = "mcp")]
        Command::Mcp(args) => mcp::run(&args),
        Command::Why(args) => queries::why(&args),
        Command::After(args) => queries::after(&args),
        Command::Path(args) => queries::path(&args),
        Command::Common(args) => queries::common(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Export(args) => export::run(&args),
        #[cfg(feature = "attach")]
        Command::Attach(args) => attach::run(&args),
        #[cfg(feature = "stores")]
        Command::Upload(args) => upload::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Repair(args) => repair::run(&args),
        Command::Split(args) => split::run(&args),
        Command::Redact(args) => redact::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Signals(args) => signals::run(&args),
        #[cfg(feature = "live")]
        Command::Collect(args) => collect::run(*args),
        #[cfg(feature = "live")]
        Command::Plan(args) => plan::run(&args),
        #[cfg(feature = "live")]
        Command::WatchRun(args) => watch_run::run(&args),
        #[cfg(feature = "live")]
        Command::Record(args) => record::run(*args),
        #[cfg(feature = "on-alert")]
        Command::OnAlert(args) => on_alert::run(*args),
        #[cfg(feature = "live")]
        Command::Cleanup(args) => cleanup::run(args),
        #[cfg(feature = "shells")]
        Command::Completions(args) => shells::completions(&args),
        #[cfg(feature = "shells")]
        Command::Man(args) => shells::man(&args, Cli::command()),
    }
}

/// Says on stderr why the program failed, and gives its exit code.
pub fn report(failure: &Failure) -> ExitCode {
    terminal::tell(&failure.to_string());
    failure.exit_code()
}

/// As many threads as were asked for, or as there are processors.
fn threads(asked: Option<NonZeroUsize>) -> usize {
    asked.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
}
