//! `watch-run`: a command, once or again and again, whose failures are noted and collected before anything is cleaned up.
//!
//! It must not make things worse: what the command prints goes on unchanged, its exit status is the one that is given on,
//! a collection that fails is said and changes nothing, and how often there is one has bounds.
//!
//! `run` is one run of a command, `last_output` what is kept of what it printed, `runs_file` where runs are noted,
//! `on_failure` what is done when one failed, `turns` the order of all that.

mod ended;
mod last_output;
mod on_failure;
mod run;
mod runs_file;
mod signals;
mod turns;

use super::collect_options::CollectOptions;
use super::exit::Exit;
use super::failure::Failure;
use super::redaction::UserRules;
use super::{analyze, private, terminal};
use clap::Parser;
use k8s_forensics::report::hosts::Host;
use on_failure::{Bounds, OnFailure};
use run::Runner;
use runs_file::{Named, RunsFile};
use signals::Signals;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;
use turns::Turns;

/// Run a command, once or again and again; when it fails, collect and analyze before anything is cleaned up.
///
/// Its output goes on unchanged and its exit status is given on. Each run is noted in a file that analyze reads as --checks.
///
///     k8s-forensics watch-run -- helm test shop
///     k8s-forensics watch-run --every 1m --cleanup 'helm uninstall shop' -- ./smoke.sh
///
/// Exit status: that of the command; of several runs, that of the last that failed, or 0.
///
///     124       the run took longer than --timeout
///     125       watch-run itself failed
///     126, 127  the command cannot be run, or is not there
///     128 + N   signal N ended it
///     2         the options make no sense, and nothing was run
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Run it again: begin a run this long after the one before began, or when that has ended
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    every: Option<Duration>,
    /// Run it so many times [default: once; with --every or --until-failure, until interrupted]
    #[arg(long, value_name = "N")]
    times: Option<NonZeroU32>,
    /// End with the first run that fails
    #[arg(long)]
    until_failure: bool,
    /// End a run that takes longer, with all that it started, by SIGTERM; it failed then
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
    /// How long after SIGTERM what is still there gets SIGKILL
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = humantime::parse_duration)]
    kill_after: Duration,
    /// Let the command have this program's stdout and stderr themselves, a terminal among them; then nothing of what it
    /// prints is noted
    #[arg(long)]
    no_capture: bool,
    /// A shell command to run after each run, and after the collection where that failed; its exit status changes nothing
    #[arg(long, value_name = "COMMAND")]
    cleanup: Option<String>,
    /// What runs are called where they are noted [default: the command]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The namespace that the runs work in: pods that come to it meanwhile are theirs [default: the -n of the command, if
    /// it has one]
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Where archives, reports and the runs go
    #[arg(short, long, value_name = "DIR", default_value = "watch-run")]
    output: PathBuf,
    /// The file in which runs are noted, a line each; lines are only ever added [default: runs.csv in DIR]
    #[arg(long, value_name = "FILE")]
    checks: Option<PathBuf>,
    /// The kubeconfig context to collect from
    #[arg(long)]
    context: Option<String>,
    /// Options of collect, parted by spaces, as "--profile standard -n ci" [default: --profile quick]
    #[arg(long, value_name = "OPTIONS", value_parser = collect_options, allow_hyphen_values = true)]
    collect: Option<CollectWords>,
    /// Collect at most so many times
    #[arg(long, value_name = "N", default_value_t = 3)]
    max_collections: u32,
    /// Do not collect again within this time; from the newest archive in DIR, whoever made it
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = humantime::parse_duration)]
    cooldown: Duration,
    /// Keep only so many of the archives in DIR, the newest, and their reports [default: all]
    #[arg(long, value_name = "N")]
    keep: Option<NonZeroU32>,
    #[command(flatten)]
    redaction: UserRules,
    /// Write the draft for a ticket or message too, as analyze --for. May be given again
    #[arg(long = "for", value_name = "HOST", value_delimiter = ',', value_parser = analyze::host_parser())]
    hosts: Vec<&'static Host>,
    /// The command, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Options of `collect` that were read before anything runs, and that are read again for each collection.
#[derive(Clone, Debug)]
struct CollectWords(Vec<String>);

#[derive(Parser)]
#[command(name = "collect", no_binary_name = true)]
struct CollectLine {
    #[command(flatten)]
    options: CollectOptions,
}

fn collect_options(text: &str) -> Result<CollectWords, String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    CollectLine::try_parse_from(&words).map_err(|mistake| mistake.to_string())?;
    Ok(CollectWords(words))
}

impl Args {
    /// The options to collect with: a quick look, unless another was asked for.
    fn collecting(&self) -> Result<CollectOptions, Failure> {
        let mut words = self.collect.clone().map(|words| words.0).unwrap_or_default();
        let gives = |words: &[String], option: &str| {
            words.iter().any(|word| word == option || word.starts_with(&format!("{option}=")))
        };
        if !gives(&words, "--profile") {
            words.push("--profile=quick".to_owned());
        }
        if let Some(context) = self.context.as_ref().filter(|_| !gives(&words, "--context")) {
            words.push(format!("--context={context}"));
        }
        let line = CollectLine::try_parse_from(words).map_err(|mistake| Failure::usage("read --collect", mistake))?;
        Ok(line.options)
    }

    /// How many runs there are; none where they go on until somebody ends them.
    fn turns(&self) -> Option<u32> {
        let is_endless = self.every.is_some() || self.until_failure;
        self.times.map(NonZeroU32::get).or((!is_endless).then_some(1))
    }

    fn named(&self) -> Named {
        let command = self.command.join(" ");
        let namespace = self.namespace.clone().or_else(|| namespace_of(&self.command));
        Named { what: self.name.clone().unwrap_or(command), namespace }
    }
}

/// The namespace in the words of kubectl and helm.
fn namespace_of(command: &[String]) -> Option<String> {
    let next = |pair: &[String]| match pair {
        [option, value] if option == "-n" || option == "--namespace" => Some(value.clone()),
        _ => None,
    };
    let own = command.iter().find_map(|word| word.strip_prefix("--namespace=").map(str::to_owned));
    own.or_else(|| command.windows(2).find_map(next)).filter(|name| !name.is_empty() && !name.starts_with('$'))
}

/// Runs it all, and gives the exit status of the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let collecting = args.collecting()?;
    match watch(args, collecting) {
        Ok(status) => Ok(Exit::Of(status)),
        Err(failure) => {
            terminal::tell(&failure.to_string());
            Ok(Exit::Of(ended::OWN_FAILURE))
        }
    }
}

fn watch(args: &Args, collecting: CollectOptions) -> Result<u8, Failure> {
    private::create_folder(&args.output).map_err(|error| {
        Failure::environment(format!("create {}", args.output.display()), error).hint("choose another folder with -o")
    })?;
    let path = args.checks.clone().unwrap_or_else(|| args.output.join("runs.csv"));
    // A key of its own would give one credential another name in each process that adds to the file.
    let runs = RunsFile::open(&path, args.named(), args.redaction.redactor_without_key()?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::environment("starting", error))?;
    let status = runtime.block_on(async {
        let signals = Signals::listen().map_err(|error| Failure::environment("listening for signals", error))?;
        let runner = Runner { timeout: args.timeout, kill_after: args.kill_after, captures: !args.no_capture };
        let bounds = Bounds { most: args.max_collections, cooldown: args.cooldown, keep: args.keep };
        let on_failure = OnFailure::new(&args.output, collecting, args.redaction.clone(), bounds);
        let on_failure = on_failure.for_hosts(args.hosts.clone());
        let turns = Turns { every: args.every, most: args.turns(), until_failure: args.until_failure };
        let cleanup = args.cleanup.clone();
        Box::pin(turns.run(&args.command, cleanup, turns::With { runner, runs, on_failure, signals })).await
    });
    // What a run left in the background may hold its output open; nobody waits for that.
    runtime.shutdown_background();
    status
}

/// Says something on stderr, where the command speaks too.
fn say(what: &str) {
    terminal::tell(&format!("watch-run: {what}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &str) -> Args {
        Line::try_parse_from(std::iter::once("watch-run").chain(line.split('|'))).expect("arguments").args
    }

    #[test]
    fn how_often_it_runs() {
        assert_eq!(args("--|true").turns(), Some(1));
        assert_eq!(args("--every|1m|--|true").turns(), None);
        assert_eq!(args("--until-failure|--|true").turns(), None);
        assert_eq!(args("--every|1m|--times|3|--until-failure|--|true").turns(), Some(3));
    }

    #[test]
    fn the_namespace_is_that_of_the_command() {
        let of = |line: &str| args(line).named().namespace;
        assert_eq!(of("--|helm|test|shop|-n|ci").as_deref(), Some("ci"));
        assert_eq!(of("--|kubectl|--namespace=ci|get|pods").as_deref(), Some("ci"));
        assert_eq!(of("-n|other|--|helm|-n|ci").as_deref(), Some("other"));
        assert_eq!((of("--|./smoke.sh"), of("--|echo|-n")), (None, None));
        assert_eq!(args("--|helm|test|shop").named().what, "helm test shop");
    }

    #[test]
    fn options_of_collect_are_read_before_anything_runs() {
        let profile = |line: &str| args(line).collecting().expect("options").profile().name();
        assert_eq!(profile("--|true"), "quick");
        assert_eq!(profile("--collect|--profile standard -n ci|--|true"), "standard");
        assert!(Line::try_parse_from(["watch-run", "--collect", "--profile none", "--", "true"]).is_err());
        assert!(Line::try_parse_from(["watch-run"]).is_err(), "a command is needed");
    }
}
