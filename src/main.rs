//! The door: parse, dispatch, exit code.

#![warn(clippy::print_stderr, reason = "it ends the program where stderr is full; talk goes through cli/terminal.rs")]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(exit) => exit.into(),
        Err(failure) => cli::report(&failure),
    }
}
