//! What shells ask: how a command goes on that is being typed, and the manual pages.
//!
//! The program answers for itself, as only it knows what an archive holds. A question costs no more than opening the
//! archive, or one request to the cluster with two seconds of patience; where either fails, nothing is offered.

mod archive;
mod cluster;
mod kubectl;
mod words;

use super::exit::Exit;
use super::failure::Failure;
use super::{analyze, called, terminal};
use clap::{Arg, Command};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use std::path::PathBuf;

/// The variable by which the script of a shell says that it asks. clap's default is COMPLETE, which may mean anything.
const ASKED: &str = "K8S_FORENSICS_COMPLETE";
const NAME: &str = "k8s-forensics";

/// Print what makes a shell complete the commands, options, contexts, namespaces and what an archive holds
///
///     source <(k8s-forensics completions bash)                 in ~/.bashrc, and with zsh in ~/.zshrc
///     k8s-forensics completions fish | source                  in ~/.config/fish/config.fish
///     k8s-forensics completions powershell | Out-String | Invoke-Expression        in $PROFILE
///
/// Behind `kubectl forensics` kubectl completes, where this program is also on the PATH as kubectl_complete-forensics.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct CompletionsArgs {
    #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
    shell: String,
}

/// Write the manual pages
#[derive(clap::Args)]
pub struct ManArgs {
    /// A folder that is there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::environment("completions", error);
    let shell = Shells::builtins();
    let shell = shell.completer(&args.shell).ok_or_else(|| failed(&"there is no such shell"))?;
    let mut script = Vec::new();
    shell.write_registration(ASKED, NAME, NAME, NAME, &mut script).map_err(|error| failed(&error))?;
    terminal::print_data(&String::from_utf8_lossy(&script)).map(|()| Exit::Whole)
}

pub fn man(args: &ManArgs, command: Command) -> Result<Exit, Failure> {
    let written = clap_mangen::generate_to(command, &args.folder);
    written.map(|()| Exit::Whole).map_err(|error| {
        Failure::environment(format!("write manual pages into {}", args.folder.display()), error)
            .hint("give a folder that is there")
    })
}

/// Answers if it is a shell that asks, and gives whether it was one.
pub fn answered(command: impl Fn() -> Command) -> Result<bool, Failure> {
    let completed = || with_candidates(command());
    let here = std::env::current_dir().ok();
    if called::is_kubectls_completer() {
        return kubectl::answer(completed(), here.as_deref()).map(|()| true);
    }
    let asked = CompleteEnv::with_factory(completed).var(ASKED);
    asked.try_complete(std::env::args_os(), here.as_deref()).map_err(|error| Failure::usage("complete", error))
}

/// Whose names are meant by an option that more than one command has.
#[derive(Clone, Copy)]
enum Of {
    Archive,
    Cluster,
}

fn with_candidates(command: Command) -> Command {
    command.mut_subcommands(|sub| match sub.get_name() {
        "show" => in_command(sub, Of::Archive),
        _ => in_command(sub, Of::Cluster),
    })
}

fn in_command(command: Command, of: Of) -> Command {
    let name = command.get_name().to_owned();
    command.mut_args(|arg| in_argument(arg, &name, of)).mut_subcommands(|sub| in_command(sub, of))
}

/// An argument with what may stand there, by its name and its command's.
fn in_argument(arg: Arg, command: &str, of: Of) -> Arg {
    let candidates: fn() -> Vec<String> = match (of, command, arg.get_id().as_str()) {
        (Of::Archive, "get" | "describe", "object") => return arg.add(ArgValueCompleter::new(archive::object)),
        (Of::Archive, _, "namespace") => archive::namespaces,
        (Of::Archive, _, "node") | (Of::Archive, "nodes", "name") => archive::nodes,
        (Of::Archive, _, "pod") | (Of::Archive, "pods", "name") => archive::pods,
        (Of::Archive, "logs", "of") => archive::logs,
        (Of::Archive, "metrics", "id") => archive::queries,
        (Of::Archive, "entry", "path") => archive::entries,
        (Of::Cluster, "signals", "name") => signals,
        (Of::Cluster, _, "context") => cluster::contexts,
        (Of::Cluster, "collect" | "plan" | "cleanup", "namespace" | "namespaces") => cluster::namespaces,
        _ => return arg,
    };
    arg.add(ArgValueCandidates::new(move || candidates().into_iter().map(CompletionCandidate::new).collect()))
}

/// The names of the catalogue.
fn signals() -> Vec<String> {
    let knowledge = analyze::knowledge(None);
    let all = knowledge.map(|known| k8s_forensics::report::explained::signals(&known.catalogue, &known.links));
    all.map(|all| all.into_iter().map(|one| one.name).collect()).unwrap_or_default()
}
