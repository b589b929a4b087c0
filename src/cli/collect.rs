//! `collect`: a live cluster to an archive.

use super::called;
use super::collect_options::CollectOptions;
use super::encryption::{self, EncryptTo, Keys};
use super::exit::Exit;
use super::failure::Failure;
use super::first_look::{self, first_look};
use super::open;
use super::output::Output;
use super::redact;
use super::redaction::Redaction;
use super::resume::Resumed;
#[cfg(feature = "stores")]
use super::upload;
use super::{cluster, coverage, kept_checks, progress, signing, terminal};
use chrono::{DateTime, Utc};
use k8s_forensics::archive::SigningKey;
use k8s_forensics::archive::format::Status;
use k8s_forensics::model::Window;
use k8s_forensics::sources::{self, BaseArchive, Options, RunSummary, Sealing, Size};
#[cfg(feature = "stores")]
use k8s_forensics::stores::Address;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Collect the evidence of an incident into one archive, before it expires.
///
/// Reads only. Whatever does not come is named in the archive with the reason. Ctrl-C ends it early and keeps what
/// came.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// Where the archive goes, - for stdout [default: forensics-CONTEXT-TIME.zip in this folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Go on with this archive: ask for what it lacks, with its window and options, and write both into a new one
    /// [default for -o: its name + "-resumed.zip", beside it]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "from", "namespaces", "only", "skip", "audit", "profile", "checks"])]
    resume: Option<PathBuf>,
    #[command(flatten)]
    options: CollectOptions,
    /// The most bytes the archive may have, as 50MB, or none: what is worth least is left out, and said to be
    /// [default: 1MB a node, at least 100MB; deep: none]
    #[arg(long, value_name = "BYTES", value_parser = size)]
    max_size: Option<Size>,
    /// Keep the runs of an outside check in the archive, so that whoever analyses it has them: a file as for --checks of
    /// analyze. May be given again
    #[arg(long, value_name = "FILE")]
    checks: Vec<PathBuf>,
    #[command(flatten)]
    redaction: Redaction,
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
    /// Exit 0 although some of what was planned is missing: for a Job, which goes on after a success alone
    #[arg(long)]
    allow_missing: bool,
    /// Do not say at the end what the archive seems to show
    #[arg(long)]
    no_look: bool,
    /// Remove what this program uploaded right below the address of --to longer ago than this, as 30d
    #[cfg(feature = "stores")]
    #[arg(long, value_name = "DURATION", value_parser = upload::age, requires = "to")]
    keep: Option<std::time::Duration>,
}

fn size(text: &str) -> Result<Size, String> {
    match text {
        "none" => Ok(Size::Any),
        _ => open::size(text).map(|size| Size::AtMost(size.as_u64())),
    }
}

/// The ending of an archive whose names are still to be taken out: whoever finds it after a kill knows.
const WITH_NAMES: &str = "with-names.zip";

/// Collects, says how it went, and prints the archive's path, or the archive.
pub fn run(mut args: Args) -> Result<Exit, Failure> {
    args.options.trace_if_verbose();
    if args.resume.is_some() && args.options.has_end() {
        return Err(Failure::usage("--resume with --to TIME", "an archive is gone on with in its own window"));
    }
    #[cfg(feature = "stores")]
    let upload = Upload::asked(&mut args)?;
    let now = Utc::now();
    let resumed = args.resume.as_deref().map(|path| Resumed::open(path, &args.keys, &args.encrypt_to)).transpose()?;
    if let Some(resumed) = &resumed {
        args.options.go_on_with(resumed);
        let output = args.output.get_or_insert_with(|| resumed.output(args.encrypt_to.is_encrypting()));
        resumed.check(output, args.options.prometheus.as_ref())?;
    }
    if args.redaction.is_strict() && args.encrypt_to.is_encrypting() {
        let failed = Failure::usage("--redact strict with --encrypt-to", "names are taken out of the whole archive");
        return Err(failed.hint("collect with --encrypt-to, then make a copy: redact --strict --identity KEY ARCHIVE"));
    }
    let window = resumed.as_ref().map_or_else(|| args.options.window(now), |resumed| Ok(resumed.window))?;
    // What is encrypted can be read by those it is for alone.
    let allow_missing = args.allow_missing;
    let looks = !args.no_look && !args.encrypt_to.is_encrypting();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment("starting", error))?;
    let collected = runtime.block_on(collect(args, resumed.map(|resumed| resumed.older), window, now));
    // What still waits for an answer is not waited for.
    runtime.shutdown_background();
    let Collected { summary, output, with_names } = collected?;
    let exit = match finish(&summary) {
        Exit::SomeMissing if allow_missing && !was_interrupted(&summary) => Exit::Whole,
        exit => exit,
    };
    if let Some(WithNames { path, key, replace }) = with_names {
        redact::share(&path, &output.path, key.as_deref(), replace)?;
    }
    let stays = output.stays().map(PathBuf::from);
    output.deliver()?;
    #[cfg(feature = "stores")]
    let uploaded = upload.zip(stays.as_deref()).map(|(upload, path)| upload.send(path));
    // Last, so that nothing waits for it but whoever does.
    let look = stays.filter(|_| looks && exit != Exit::NothingCame);
    if let Some(said) = look.and_then(|path| first_look(&path, terminal::width(), first_look::LIMIT)) {
        terminal::tell(&format!("\n{}", said.trim_end()));
    }
    #[cfg(feature = "stores")]
    uploaded.transpose()?;
    Ok(exit)
}

/// Where the archive goes once it is whole on this machine.
#[cfg(feature = "stores")]
struct Upload {
    to: Address,
    keep: Option<std::time::Duration>,
}

#[cfg(feature = "stores")]
impl Upload {
    fn asked(args: &mut Args) -> Result<Option<Self>, Failure> {
        let to = args.options.take_store()?;
        let to_stdout = args.output.as_deref() == Some(std::path::Path::new("-"));
        match to {
            Some(_) if to_stdout => Err(Failure::usage("-o - with --to URL", "the archive would stay nowhere")
                .hint("give -o FILE: what is uploaded stays on this machine too")),
            None if args.keep.is_some() => {
                Err(Failure::usage("--keep", "there is no --to URL whose older archives it is about"))
            }
            to => Ok(to.map(|to| Self { to, keep: args.keep })),
        }
    }

    fn send(&self, path: &std::path::Path) -> Result<(), Failure> {
        upload::send(path, &self.to, self.keep).map(drop)
    }
}

/// What came of a run.
struct Collected {
    summary: RunSummary,
    output: Output,
    /// The archive that was written, where the one that was asked for is still to be made from it.
    with_names: Option<WithNames>,
}

/// An archive whose names are still to be taken out, and how that is written.
struct WithNames {
    path: PathBuf,
    key: Option<Arc<SigningKey>>,
    replace: bool,
}

async fn collect(
    args: Args,
    resume: Option<BaseArchive>,
    window: Window,
    now: DateTime<Utc>,
) -> Result<Collected, Failure> {
    let is_strict = args.redaction.is_strict();
    let key = args.sign.as_deref().map(signing::key).transpose()?.map(Arc::new);
    let sealing = Sealing {
        key: key.clone().filter(|_| !is_strict),
        recipients: args.encrypt_to.recipients_and_this_program()?,
        size: args.max_size.unwrap_or_else(|| args.options.profile().size()),
    };
    let asked = Options { redactor: args.redaction.redactor()?, ..args.options.options(window)? };
    let checks = kept_checks::read(&args.checks)?;
    let interrupted = interrupted().map_err(|error| Failure::environment("listening for signals", error))?;
    let connection = args.options.connect().await?;
    let cluster = connection.context.as_deref().unwrap_or("in-cluster");
    let time = now.format("%Y%m%dT%H%M%SZ");
    let name = match is_strict {
        true => format!("forensics-{time}.zip"),
        false => format!("forensics-{}-{time}.zip", file_name(cluster)),
    };
    let name = encryption::named(name.into(), args.encrypt_to.is_encrypting());
    let output = Output::new(args.output.clone(), name, args.force)?;
    let replace = args.force;
    let with_names = is_strict.then(|| WithNames { path: output.path.with_extension(WITH_NAMES), key, replace });
    let path = with_names.as_ref().map_or_else(|| output.path.clone(), |with_names| with_names.path.clone());
    let options = Options { path, replace, given: given(&args), resume, checks, sealing, ..asked };
    let progress = Arc::default();
    let shown = progress::Shown::start(Arc::clone(&progress));
    let summary = sources::collect(connection.api, connection.context, options, progress, Box::pin(interrupted)).await;
    shown.end();
    let summary = summary.map_err(cluster::failure)?;
    Ok(Collected { summary, output, with_names })
}

/// Says how it went.
fn finish(summary: &RunSummary) -> Exit {
    terminal::tell(coverage::table(&summary.sealed.coverage).trim_end());
    if !summary.left.is_empty() {
        terminal::tell(&format!("could not remove {}: it goes by itself within minutes", summary.left.join(", ")));
        terminal::tell(&format!("hint: {} cleanup removes what is left", called::name()));
    }
    if let Some(closing) = &summary.closing {
        terminal::tell(&format!("ended early: {}", closing.why));
    }
    let came = |status| matches!(status, Status::Collected | Status::Truncated | Status::Empty);
    let interrupted = was_interrupted(summary);
    if !interrupted && !summary.sealed.coverage.any(came) {
        Exit::NothingCame
    } else if interrupted || summary.sealed.coverage.any(Status::is_missing) {
        Exit::SomeMissing
    } else {
        Exit::Whole
    }
}

/// Whether somebody ended it.
fn was_interrupted(summary: &RunSummary) -> bool {
    summary.closing.as_ref().is_some_and(|closing| closing.status == Status::Skipped)
}

/// The options as given, for the archive's header; only what was given.
fn given(args: &Args) -> BTreeMap<String, String> {
    let size = args.max_size.map(|size| match size {
        Size::AtMost(bytes) => bytes.to_string(),
        Size::Aim | Size::Any => "none".to_owned(),
    });
    let mut given = args.options.given();
    given.extend(size.map(|size| ("max-size".to_owned(), size)));
    given.insert("redact".to_owned(), args.redaction.given().to_owned());
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
