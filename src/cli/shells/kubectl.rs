//! The question as kubectl asks it for a plugin: the words typed so far as arguments, the last of them being typed.
//!
//! The answer is that of Cobra, by which kubectl is made: a line for each candidate, with a tab and what it means behind
//! it, then a colon and a number of flags (github.com/spf13/cobra v1.10.1, completions.go, `ShellCompDirective`).

use super::super::failure::Failure;
use super::super::{called, terminal};
use clap::Command;
use std::ffi::OsString;
use std::path::Path;

/// No space behind it: more is to be typed.
const NO_SPACE: u8 = 2;
/// The shell does not offer its own files besides.
const NO_FILES: u8 = 4;

pub fn answer(mut command: Command, here: Option<&Path>) -> Result<(), Failure> {
    let typed = std::env::args_os().skip(1);
    let words: Vec<OsString> = std::iter::once(called::name().into()).chain(typed).collect();
    let last = words.len() - 1;
    let found = clap_complete::engine::complete(&mut command, words, last, here)
        .map_err(|error| Failure::environment("complete", error))?;
    let mut text = String::new();
    let mut flags = NO_FILES;
    for one in found {
        let value = one.get_value().to_string_lossy().into_owned();
        if value.ends_with(['/', '=', ':']) {
            flags |= NO_SPACE;
        }
        let help = one.get_help().map(ToString::to_string).unwrap_or_default();
        let help = help.lines().next().map(|line| format!("\t{line}")).filter(|line| line.len() > 1);
        text.push_str(&format!("{value}{}\n", help.unwrap_or_default()));
    }
    terminal::print_data(&format!("{text}:{flags}\n"))
}
