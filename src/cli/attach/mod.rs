//! `attach`: a report to the issue where its incident is discussed, or into a folder.
//!
//! Without `--yes` nothing is sent: a person at a terminal is shown what would be, and a script is refused, since one that
//! forgot the word would otherwise take what was never posted for posted.

mod access;
mod package;

use super::exit::Exit;
use super::failure::Failure;
use super::terminal;
use bytesize::ByteSize;
use k8s_forensics::attach::{self, Body, Fault, Files, If, Issue, Name, Target, Upload};
use package::Package;
use std::path::{Path, PathBuf};

/// Post a report to the issue where its incident is discussed: one comment with the draft, and files where the host takes
/// them.
///
/// Posts the draft in the form that `analyze --for HOST` wrote, and uploads postmortem.md, timeline.html and report.json. A
/// second run changes its own comment and replaces its own files. The token comes from the environment or from the host's
/// own command-line tool; docs/attach.md says which, and what it has to be allowed. Exits 0 when all of it is there.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// The folder that analyze wrote
    #[arg(value_name = "DIR")]
    report: PathBuf,
    /// Where to: github:OWNER/REPO#N, gitlab:GROUP/PROJECT#N, gitea:OWNER/REPO#N, jira:KEY or file:DIR
    #[arg(long, value_name = "TARGET")]
    to: Target,
    /// Where the host answers, if you run it yourself [default: from the environment, or the public one]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The text to post instead of the form that analyze wrote for this host
    #[arg(long, value_name = "FILE")]
    draft: Option<PathBuf>,
    /// Which of several comments of yours on one issue this is
    #[arg(long, value_name = "NAME", default_value = "report")]
    name: Name,
    /// Post the comment alone
    #[arg(long)]
    no_files: bool,
    /// Send it
    #[arg(long)]
    yes: bool,
    /// Show what would be sent, and send nothing: what happens at a terminal without --yes
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Replace what people have edited of the comment, or changed in the folder, since the last run
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.to {
        Target::Folder(folder) => to_folder(args, folder),
        Target::Issue(issue) => to_issue(args, issue),
    }
}

/// Whether to send it, once it was shown what that would be.
fn is_asked_for(args: &Args) -> Result<bool, Failure> {
    if !args.yes && !args.dry_run && !terminal::stdout_is_watched() {
        return Err(Failure::usage("attach", "nothing was sent, as nobody is at a terminal to see what would be")
            .hint("add --yes to send it, or --dry-run to see it"));
    }
    Ok(args.yes)
}

fn to_folder(args: &Args, folder: &Path) -> Result<Exit, Failure> {
    let is_asked_for = is_asked_for(args)?;
    let files = package::files(&args.report)?;
    package::warn(&args.report)?;
    if !is_asked_for {
        let lines: Vec<String> = files.iter().map(|file| format!("  {}", sized(file))).collect();
        terminal::print_text(&format!("would copy into {}:\n{}\n", folder.display(), lines.join("\n")))?;
        return nothing_was_sent();
    }
    let copied = attach::copy(&files, folder, edited(args)).map_err(|fault| failed("copy the report", &fault))?;
    let verb = if copied.is_update { "replaced" } else { "copied" };
    let names: Vec<String> = copied.files.iter().map(|path| path.display().to_string()).collect();
    terminal::print_text(&format!("{verb} {}\n", names.join(", ")))?;
    Ok(Exit::Whole)
}

fn to_issue(args: &Args, issue: &Issue) -> Result<Exit, Failure> {
    let is_asked_for = is_asked_for(args)?;
    let address = access::address(issue.host, args.url.as_deref())?;
    let package = Package::read(&args.report, issue.host, args.draft.as_deref(), args.no_files)?;
    package.warn(&args.report)?;
    if !is_asked_for {
        terminal::print_text(&plan(args, issue, &address.to_string(), &package))?;
        return nothing_was_sent();
    }
    let access = access::of(issue.host, address)?;
    let body = Body { name: args.name.clone(), text: package.text, limit: package.limit, files: package.files };
    let tried = format!("post the report to {issue}");
    let done = attach::post(issue, &access, &body, edited(args)).map_err(|fault| failed(&tried, &fault))?;
    for note in &done.notes {
        terminal::tell(&format!("note: {note}"));
    }
    let files = if done.files.is_empty() { String::new() } else { format!(" with {}", done.files.join(", ")) };
    let verb = if done.is_update { "changed the comment of an earlier run" } else { "posted a comment" };
    terminal::tell(&format!("{verb}{files}"));
    terminal::print_text(&format!("{}\n", done.place))?;
    Ok(Exit::Whole)
}

/// What would be sent, and where.
fn plan(args: &Args, issue: &Issue, address: &str, package: &Package) -> String {
    let mut lines = vec![format!("would post to {issue}, by {address}:")];
    let (has, takes) = (package.text.len(), package.limit);
    lines.push(format!(
        "  the comment {:?}, from {}: {has} of at most {takes} bytes",
        args.name.to_string(),
        package.from.display()
    ));
    let files = package.files.iter().map(sized);
    match issue.host.files {
        _ if package.files.is_empty() => lines.push("  no files".to_owned()),
        Files::Taken => lines.extend(files.map(|file| format!("  the file {file}"))),
        Files::Refused => {
            let names: Vec<String> = files.collect();
            lines.push(format!("  no files, as {} has no interface for them: {}", issue.host.title, names.join(", ")));
        }
    }
    lines.push(format!("  {}", access::told(issue.host)));
    lines.push(format!(
        "A comment {:?} that this account posted before would be changed, not doubled.\n",
        args.name.to_string()
    ));
    lines.join("\n")
}

fn nothing_was_sent() -> Result<Exit, Failure> {
    terminal::tell("nothing was sent: --yes sends it");
    Ok(Exit::Whole)
}

fn sized(file: &Upload) -> String {
    format!("{} ({})", file.name, ByteSize(file.bytes.len() as u64))
}

fn edited(args: &Args) -> If {
    if args.force { If::EditedReplace } else { If::EditedKeep }
}

fn failed(tried: &str, fault: &Fault) -> Failure {
    Failure::environment(tried, fault).hint(fault.hint())
}
