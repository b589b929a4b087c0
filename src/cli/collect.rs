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
use super::side_by_side::{self, Cluster};
#[cfg(feature = "stores")]
use super::upload;
use super::{clusters, coverage, kept_checks, progress, signing, terminal};
use chrono::{DateTime, Utc};
use k8s_forensics::archive::format::Status;
use k8s_forensics::model::Window;
use k8s_forensics::redact::Redactor;
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
    /// Collect every cluster of the kubeconfig, side by side, into an archive each; of contexts that lead to the same API
    /// server one is asked. As several --context do; -o is a folder then
    #[arg(long, conflicts_with = "context")]
    all_contexts: bool,
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
    if args.all_contexts || args.options.cluster.contexts().len() > 1 {
        #[cfg(feature = "stores")]
        Upload::refuse_of_several(upload.as_ref())?;
        return run_side_by_side(args, now);
    }
    let resumed = args.resume.as_deref().map(|path| Resumed::open(path, &args.keys, &args.encrypt_to)).transpose()?;
    if let Some(resumed) = &resumed {
        args.options.go_on_with(resumed);
        let output = args.output.get_or_insert_with(|| resumed.output(args.encrypt_to.is_encrypting()));
        resumed.check(output, args.options.prometheus.as_ref())?;
    }
    args.check()?;
    let window = resumed.as_ref().map_or_else(|| args.options.window(now), |resumed| Ok(resumed.window))?;
    let ending = Ending {
        #[cfg(feature = "stores")]
        upload,
        ..args.ending()
    };
    let alone = Cluster { context: args.options.cluster.contexts().first().cloned(), ..Cluster::default() };
    let asked = Asked { redactor: args.redaction.redactor()?, args, window, now };
    let runtime = runtime()?;
    let collected = runtime.block_on(collect(Arc::new(asked), alone, resumed.map(|resumed| resumed.older)));
    // What still waits for an answer is not waited for.
    runtime.shutdown_background();
    let collected = collected?;
    let interrupted = was_interrupted(&collected.summary);
    conclude(collected, &ending).map(|exit| ending.exit(exit, interrupted))
}

/// Collects several clusters at once. What becomes of one holds up or fails no other; each is told of when all have ended.
fn run_side_by_side(args: Args, now: DateTime<Utc>) -> Result<Exit, Failure> {
    args.check()?;
    args.check_of_several()?;
    let window = args.options.window(now)?;
    let contexts = side_by_side::contexts(&args.options.cluster, args.all_contexts)?;
    let suffix = |name: PathBuf| encryption::named(name, args.encrypt_to.is_encrypting());
    let names = side_by_side::file_names(&contexts, now, args.redaction.is_strict()).into_iter().map(suffix);
    let folder = args.output.clone().unwrap_or_default();
    let clusters = side_by_side::clusters(contexts, names.map(|name| folder.join(name)).collect(), now);
    let ending = args.ending();
    let asked = Arc::new(Asked { redactor: args.redaction.redactor()?, args, window, now });
    let shown = progress::Shown::several(side_by_side::named(&clusters));
    let runtime = runtime()?;
    let ended: Vec<Result<Collected, Failure>> = runtime.block_on(async {
        let collect = |cluster: &Cluster| tokio::spawn(collect(Arc::clone(&asked), cluster.clone(), None));
        let runs: Vec<_> = clusters.iter().map(collect).collect();
        let mut ended = Vec::new();
        for run in runs {
            ended.push(run.await.unwrap_or_else(|stopped| Err(Failure::environment("collecting", stopped))));
        }
        ended
    });
    runtime.shutdown_background();
    shown.end();
    let interrupted = ended.iter().flatten().any(|collected| was_interrupted(&collected.summary));
    let mut told = Vec::new();
    for (cluster, ended) in clusters.iter().zip(ended) {
        terminal::tell(&format!("\n{}", cluster.name()));
        let clocks = ended.as_ref().map(|collected| collected.summary.clocks.clone()).unwrap_or_default();
        let exit = ended.and_then(|collected| conclude(collected, &ending));
        if let Err(failure) = &exit {
            terminal::tell(&failure.to_string());
        }
        told.push((cluster, exit, clocks));
    }
    terminal::tell(&side_by_side::table(&told, window));
    let worst = side_by_side::worst(told.into_iter().map(|(_, exit, _)| exit));
    Ok(ending.exit(worst, interrupted))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure::environment("starting", error))
}

/// What is done with an archive once it is whole.
struct Ending {
    /// Whether it is said what it seems to show.
    looks: bool,
    allow_missing: bool,
    #[cfg(feature = "stores")]
    upload: Option<Upload>,
}

impl Ending {
    /// What missing items count for, unless it was ended early.
    fn exit(&self, exit: Exit, interrupted: bool) -> Exit {
        if exit == Exit::SomeMissing && self.allow_missing && !interrupted { Exit::Whole } else { exit }
    }
}

/// Says how a run went, prints the archive's path, or the archive, and says what it seems to show.
fn conclude(collected: Collected, ending: &Ending) -> Result<Exit, Failure> {
    let Collected { summary, output } = collected;
    let exit = finish(&summary);
    let stays = output.stays().map(PathBuf::from);
    output.deliver()?;
    #[cfg(feature = "stores")]
    let uploaded = ending.upload.as_ref().zip(stays.as_deref()).map(|(upload, path)| upload.send(path));
    // Last, so that nothing waits for it but whoever does.
    let look = stays.filter(|_| ending.looks && exit != Exit::NothingCame);
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

    fn refuse_of_several(upload: Option<&Self>) -> Result<(), Failure> {
        let Some(Self { to, .. }) = upload else { return Ok(()) };
        let failed = Failure::usage("--to URL with several clusters", "the archive of one is uploaded, not of several");
        Err(failed
            .hint(format!("collect without it, then for each archive: {} upload ARCHIVE --to {to}", called::name())))
    }

    fn send(&self, path: &std::path::Path) -> Result<(), Failure> {
        upload::send(path, &self.to, self.keep).map(drop)
    }
}

/// What came of a run.
struct Collected {
    summary: RunSummary,
    output: Output,
}

/// What is asked of every cluster.
struct Asked {
    args: Args,
    redactor: Option<Redactor>,
    window: Window,
    now: DateTime<Utc>,
}

impl Args {
    fn check(&self) -> Result<(), Failure> {
        if self.redaction.is_strict() && self.encrypt_to.is_encrypting() {
            let failed =
                Failure::usage("--redact strict with --encrypt-to", "names are taken out of the whole archive");
            return Err(
                failed.hint("collect with --encrypt-to, then make a copy: redact --strict --identity KEY ARCHIVE")
            );
        }
        Ok(())
    }

    /// Refuses what can be of one cluster only.
    fn check_of_several(&self) -> Result<(), Failure> {
        let refused = |what, why| Err(Failure::usage(format!("{what} with several clusters"), why));
        let to_stdout = self.output.as_deref() == Some(std::path::Path::new("-"));
        match &self.output {
            _ if self.resume.is_some() => refused("--resume", "an archive is of one cluster"),
            _ if self.options.prometheus.is_some() => {
                refused("--prometheus", "its series would be in the archives of all")
                    .map_err(|failed| failed.hint("without it, each cluster's own Prometheus is found and asked"))
            }
            _ if to_stdout => refused("-o -", "there is an archive for each"),
            Some(folder) if !folder.is_dir() => {
                refused("-o", "it has to be a folder that is there, for an archive for each")
                    .map_err(|failed| failed.hint(format!("mkdir -p {}", folder.display())))
            }
            _ => Ok(()),
        }
    }

    /// What is done with each archive once it is whole.
    fn ending(&self) -> Ending {
        Ending {
            // What is encrypted can be read by those it is for alone.
            looks: !self.no_look && !self.encrypt_to.is_encrypting(),
            allow_missing: self.allow_missing,
            #[cfg(feature = "stores")]
            upload: None,
        }
    }
}

async fn collect(asked: Arc<Asked>, cluster: Cluster, resume: Option<BaseArchive>) -> Result<Collected, Failure> {
    let Asked { args, redactor, window, now } = asked.as_ref();
    let is_strict = args.redaction.is_strict();
    let key = args.sign.as_deref().map(signing::key).transpose()?.map(Arc::new);
    let sealing = Sealing {
        key: key.clone().filter(|_| !is_strict),
        recipients: args.encrypt_to.recipients_and_this_program()?,
        size: args.max_size.unwrap_or_else(|| args.options.profile().size()),
    };
    let options = Options { redactor: redactor.clone(), ..args.options.options(*window)? };
    let checks = kept_checks::read(&args.checks)?;
    let interrupted = interrupted().map_err(|error| Failure::environment("listening for signals", error))?;
    let connection = args.options.connect_to(cluster.context.clone()).await?;
    let context = connection.context.as_deref().unwrap_or("in-cluster");
    let time = now.format(side_by_side::TIME);
    let name = match is_strict {
        true => format!("forensics-{time}.zip"),
        false => format!("forensics-{}-{time}.zip", clusters::file_name(context)),
    };
    let name = encryption::named(name.into(), args.encrypt_to.is_encrypting());
    let output = Output::new(cluster.output.clone().or_else(|| args.output.clone()), name, args.force)?;
    let replace = args.force;
    let path = if is_strict { output.path.with_extension(WITH_NAMES) } else { output.path.clone() };
    let with_names = is_strict.then(|| path.clone());
    let options = Options { path, replace, given: given(args, &cluster), resume, checks, sealing, ..options };
    let progress = Arc::clone(&cluster.progress);
    let shown = cluster.together.is_none().then(|| progress::Shown::start(Arc::clone(&progress)));
    let summary = sources::collect(connection.api, connection.context, options, progress, Box::pin(interrupted)).await;
    if let Some(shown) = shown {
        shown.end();
    }
    let summary = summary.map_err(super::cluster::failure)?;
    if let Some(path) = with_names {
        tokio::task::block_in_place(|| redact::share(&path, &output.path, key.as_deref(), replace))?;
    }
    Ok(Collected { summary, output })
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
fn given(args: &Args, cluster: &Cluster) -> BTreeMap<String, String> {
    let size = args.max_size.map(|size| match size {
        Size::AtMost(bytes) => bytes.to_string(),
        Size::Aim | Size::Any => "none".to_owned(),
    });
    let mut given = args.options.given();
    given.extend(size.map(|size| ("max-size".to_owned(), size)));
    given.insert("redact".to_owned(), args.redaction.given().to_owned());
    given.extend(cluster.context.as_ref().map(|context| ("context".to_owned(), context.clone())));
    given.extend(cluster.together.as_ref().map(|run| ("side-by-side".to_owned(), run.clone())));
    given
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
