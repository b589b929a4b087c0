//! `collect`: a live cluster to an archive.

use super::asked::Asked;
use super::encryption::{self, EncryptTo, Keys};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::resume::Resumed;
use super::{cluster, coverage, progress, signing, terminal};
use bytesize::ByteSize;
use chrono::{DateTime, Utc};
use k8s_forensics::archive::format::Status;
use k8s_forensics::model::Window;
use k8s_forensics::sources::{self, Older, Options, Report, Sealing, Size};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Collect the evidence of an incident into one archive, before it expires.
///
/// Reads only. Whatever does not come is named in the archive with the reason. Ctrl-C ends it early and keeps what
/// came.
#[derive(clap::Args)]
pub struct Args {
    /// Where the archive goes, - for stdout [default: forensics-CONTEXT-TIME.zip in this folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Go on with this archive: ask for what it lacks, with its window and options, and write both into a new one
    /// [default for -o: its name + "-resumed.zip", beside it]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "from", "to", "namespaces", "only", "skip", "profile"])]
    resume: Option<PathBuf>,
    #[command(flatten)]
    asked: Asked,
    /// The most bytes the archive may have, as 50MB, or none: what is worth least is left out, and said to be
    /// [default: 1MB a node, at least 100MB; deep: none]
    #[arg(long, value_name = "BYTES", value_parser = size)]
    max_size: Option<Size>,
    #[command(flatten)]
    encrypt_to: EncryptTo,
    #[command(flatten)]
    keys: Keys,
    /// A minisign secret key to sign the archive with
    #[arg(long, value_name = "FILE")]
    sign: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

fn size(text: &str) -> Result<Size, String> {
    match text {
        "none" => Ok(Size::Any),
        _ => text.parse::<ByteSize>().map(|size| Size::AtMost(size.as_u64())),
    }
}

/// Collects, says how it went, and prints the archive's path, or the archive.
pub fn run(mut args: Args) -> Result<Exit, Failure> {
    args.asked.trace_if_verbose();
    let now = Utc::now();
    let resumed = args.resume.as_deref().map(|path| Resumed::open(path, &args.keys, &args.encrypt_to)).transpose()?;
    if let Some(resumed) = &resumed {
        args.asked.go_on_with(resumed);
        let output = args.output.get_or_insert_with(|| resumed.output(args.encrypt_to.is_encrypting()));
        resumed.check(output, args.asked.prometheus.as_ref())?;
    }
    let window = resumed.as_ref().map_or_else(|| args.asked.window(now), |resumed| Ok(resumed.window))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment("starting", error))?;
    let collected = runtime.block_on(collect(args, resumed.map(|resumed| resumed.older), window, now));
    // What still waits for an answer is not waited for.
    runtime.shutdown_background();
    let (report, output) = collected?;
    let exit = finish(&report);
    output.deliver().map(|()| exit)
}

async fn collect(
    args: Args,
    resume: Option<Older>,
    window: Window,
    now: DateTime<Utc>,
) -> Result<(Report, Output), Failure> {
    let sealing = Sealing {
        key: args.sign.as_deref().map(signing::key).transpose()?.map(Arc::new),
        recipients: args.encrypt_to.recipients_and_this_program()?,
        size: args.max_size.unwrap_or_else(|| args.asked.profile().size()),
    };
    let asked = args.asked.options(window)?;
    let interrupted = interrupted().map_err(|error| Failure::environment("listening for signals", error))?;
    let connection = args.asked.connect().await?;
    let cluster = connection.context.as_deref().unwrap_or("in-cluster");
    let name = format!("forensics-{}-{}.zip", file_name(cluster), now.format("%Y%m%dT%H%M%SZ"));
    let name = encryption::named(name.into(), args.encrypt_to.is_encrypting());
    let output = Output::new(args.output.clone(), name, args.force)?;
    let options =
        Options { path: output.path.clone(), replace: args.force, given: given(&args), resume, sealing, ..asked };
    let progress = Arc::default();
    let shown = progress::Shown::start(Arc::clone(&progress));
    let report = sources::collect(connection.api, connection.context, options, progress, interrupted).await;
    shown.end();
    report.map(|report| (report, output)).map_err(cluster::failure)
}

/// Says how it went.
fn finish(report: &Report) -> Exit {
    terminal::tell(coverage::table(&report.sealed.coverage).trim_end());
    if !report.left.is_empty() {
        terminal::tell(&format!("could not remove {}: it goes by itself within minutes", report.left.join(", ")));
        eprintln!("hint: k8s-forensics cleanup removes what is left");
    }
    if let Some(closing) = &report.closing {
        eprintln!("ended early: {}", closing.why);
    }
    let came = |status| matches!(status, Status::Collected | Status::Truncated | Status::Empty);
    let interrupted = report.closing.as_ref().is_some_and(|closing| closing.status == Status::Skipped);
    if !interrupted && !report.sealed.coverage.any(came) {
        Exit::NothingCame
    } else if interrupted || report.sealed.coverage.any(Status::is_missing) {
        Exit::SomeMissing
    } else {
        Exit::Whole
    }
}

/// The options as given, for the archive's header; only what was given.
fn given(args: &Args) -> BTreeMap<String, String> {
    let size = args.max_size.map(|size| match size {
        Size::AtMost(bytes) => bytes.to_string(),
        Size::Aim | Size::Any => "none".to_owned(),
    });
    let mut given = args.asked.given();
    given.extend(size.map(|size| ("max-size".to_owned(), size)));
    given
}

/// A context's name as part of a file's name: those of cloud providers hold slashes and colons.
fn file_name(context: &str) -> String {
    context.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect()
}

/// Waits for the wish to end early. Listens from the call on, not from the first wait.
#[cfg(unix)]
fn interrupted() -> std::io::Result<impl Future<Output = String> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => "interrupted by Ctrl-C".to_owned(),
            _ = terminate.recv() => "ended by SIGTERM".to_owned(),
        }
    })
}

#[cfg(not(unix))]
fn interrupted() -> std::io::Result<impl Future<Output = String> + Send + 'static> {
    Ok(async {
        // Where there is no way to listen, Ctrl-C ends the program at once, and the partial file stays.
        match tokio::signal::ctrl_c().await {
            Ok(()) => "interrupted by Ctrl-C".to_owned(),
            Err(_) => std::future::pending().await,
        }
    })
}
