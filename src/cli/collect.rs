//! `collect`: a live cluster to an archive.

use super::encryption::{self, EncryptTo, Keys};
use super::exit::Exit;
use super::failure::Failure;
use super::node_access::NodeAccess;
use super::output::Output;
use super::restraint::Restraint;
use super::resume::Resumed;
use super::server_url::ServerUrl;
use super::{cluster, coverage, login, progress, signing, terminal};
use bytesize::ByteSize;
use chrono::{DateTime, TimeDelta, Utc};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use k8s_forensics::archive::format::Status;
use k8s_forensics::model::{Window, rfc3339};
use k8s_forensics::sources::{self, Older, Options, Profile, Report, Sealing, Size, Source};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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
    /// How far back the incident reaches [default: 2h]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, conflicts_with = "from")]
    since: Option<Duration>,
    /// When the incident began, as 2026-11-21T07:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<DateTime<Utc>>,
    /// When it ended [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<DateTime<Utc>>,
    /// Only this namespace; may be repeated [default: all]
    #[arg(short, long = "namespace", value_name = "NAMESPACE")]
    namespaces: Vec<String>,
    /// The kubeconfig context to use
    #[arg(long)]
    context: Option<String>,
    /// How thorough: quick has what perishes first within 30s, deep more of what is large [default: standard]
    #[arg(long, value_name = "PROFILE", value_parser = profiles())]
    profile: Option<Profile>,
    /// Only these collectors, whatever the profile; pods, nodes, leases and events come in any case
    #[arg(long, value_delimiter = ',', value_name = "SOURCE", value_parser = source_ids())]
    only: Vec<String>,
    /// Not these collectors
    #[arg(long, value_delimiter = ',', value_name = "SOURCE", value_parser = source_ids())]
    skip: Vec<String>,
    /// A Prometheus that is reached from here, instead of those found in the cluster
    #[arg(long, value_name = "URL", value_parser = ServerUrl)]
    prometheus: Option<http::Uri>,
    /// A file with the bearer token for --prometheus
    #[arg(long, value_name = "FILE", requires = "prometheus", conflicts_with = "prometheus_basic_file")]
    prometheus_bearer_file: Option<PathBuf>,
    /// A file with USER:PASSWORD for --prometheus
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    prometheus_basic_file: Option<PathBuf>,
    /// The tenant to ask a Mimir or Cortex for, as its header X-Scope-OrgID has it
    #[arg(long, value_name = "TENANT")]
    prometheus_tenant: Option<http::HeaderValue>,
    /// When to end, whatever is missing then [default: 5m; quick: 30s, deep: 15m]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    deadline: Option<Duration>,
    #[command(flatten)]
    restraint: Restraint,
    #[command(flatten)]
    nodes: NodeAccess,
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
    /// Tell what is being asked, on stderr
    #[arg(short, long)]
    verbose: bool,
}

fn source_ids() -> PossibleValuesParser {
    PossibleValuesParser::new(sources::ALL.iter().map(|source| source.id))
}

fn profiles() -> impl TypedValueParser<Value = Profile> {
    PossibleValuesParser::new(Profile::ALL.map(Profile::name)).try_map(|name| name.parse::<Profile>())
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let time =
        DateTime::parse_from_rfc3339(text).map_err(|error| format!("{error}; write it as 2026-11-21T07:00:00Z"))?;
    Ok(time.to_utc())
}

fn size(text: &str) -> Result<Size, String> {
    match text {
        "none" => Ok(Size::Any),
        _ => text.parse::<ByteSize>().map(|size| Size::AtMost(size.as_u64())),
    }
}

/// Collects, says how it went, and prints the archive's path, or the archive.
pub fn run(mut args: Args) -> Result<Exit, Failure> {
    if args.verbose {
        trace();
    }
    let now = Utc::now();
    let resumed = args.resume.as_deref().map(|path| Resumed::open(path, &args.keys, &args.encrypt_to)).transpose()?;
    if let Some(resumed) = &resumed {
        (args.namespaces, args.only, args.skip) =
            (resumed.namespaces.clone(), resumed.only.clone(), resumed.skip.clone());
        args.profile = Some(resumed.profile);
        let output = args.output.get_or_insert_with(|| resumed.output(args.encrypt_to.is_encrypting()));
        resumed.check(output, args.prometheus.as_ref())?;
    }
    let window = resumed.as_ref().map_or_else(|| window(&args, now), |resumed| Ok(resumed.window))?;
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
        size: args.max_size.unwrap_or_else(|| args.profile().size()),
    };
    let login = login::of(args.prometheus_bearer_file.as_deref(), args.prometheus_basic_file.as_deref())?;
    let interrupted = interrupted().map_err(|error| Failure::environment("listening for signals", error))?;
    let connection =
        sources::connect(args.context.clone(), args.restraint.manners()).await.map_err(cluster::failure)?;
    let cluster = connection.context.as_deref().unwrap_or("in-cluster");
    let name = format!("forensics-{}-{}.zip", file_name(cluster), now.format("%Y%m%dT%H%M%SZ"));
    let name = encryption::named(name.into(), args.encrypt_to.is_encrypting());
    let output = Output::new(args.output.clone(), name, args.force)?;
    let options = Options {
        window,
        namespaces: unique(args.namespaces.clone()),
        sources: chosen(&args),
        profile: args.profile(),
        prometheus: args.prometheus.clone(),
        login,
        tenant: args.prometheus_tenant.clone(),
        deadline: args.deadline(),
        path: output.path.clone(),
        replace: args.force,
        given: given(&args),
        resume,
        sealing,
        access: args.nodes.access(),
    };
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

fn window(args: &Args, now: DateTime<Utc>) -> Result<Window, Failure> {
    let to = args.to.unwrap_or(now);
    let since = args.since.unwrap_or(Duration::from_secs(2 * 60 * 60));
    let since = TimeDelta::from_std(since).map_err(|error| Failure::usage("reading --since", error))?;
    let from = args.from.or_else(|| to.checked_sub_signed(since));
    let from = from.ok_or_else(|| Failure::usage("reading --since", "that is before the beginning of time"))?;
    if from >= to {
        let came_back = format!("the window begins at {} and ends at {}", rfc3339(from), rfc3339(to));
        return Err(
            Failure::usage("reading the window", came_back).hint("give --from a time before --to, or before now")
        );
    }
    if from > now {
        let came_back = format!("it begins at {}, and it is {} now", rfc3339(from), rfc3339(now));
        return Err(Failure::usage("reading the window", came_back).hint("give a time in the past"));
    }
    Ok(Window::new(from, to))
}

impl Args {
    fn profile(&self) -> Profile {
        self.profile.unwrap_or_default()
    }

    fn deadline(&self) -> Duration {
        self.deadline.unwrap_or_else(|| self.profile().deadline())
    }
}

fn chosen(args: &Args) -> Vec<&'static Source> {
    let is_wanted = |source: &Source| match args.only.is_empty() {
        true => args.profile().has(source),
        false => args.only.iter().any(|only| only == source.id),
    };
    let is_skipped = |source: &Source| args.skip.iter().any(|skip| skip == source.id);
    sources::ALL.iter().copied().filter(|source| is_wanted(source) && !is_skipped(source)).collect()
}

/// The options as given, for the archive's header; only what was given.
fn given(args: &Args) -> BTreeMap<String, String> {
    let mut given = BTreeMap::new();
    let mut note = |name: &str, value: Option<String>| {
        given.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value)));
    };
    note("since", args.since.map(|since| humantime::format_duration(since).to_string()));
    note("from", args.from.map(rfc3339));
    note("to", args.to.map(rfc3339));
    note("namespace", Some(args.namespaces.join(",")));
    note("context", args.context.clone());
    note("only", Some(args.only.join(",")));
    note("skip", Some(args.skip.join(",")));
    note("prometheus", args.prometheus.as_ref().and_then(|url| url.authority()).map(ToString::to_string));
    let tenant = args.prometheus_tenant.as_ref().and_then(|tenant| tenant.to_str().ok());
    note("prometheus-tenant", tenant.map(str::to_owned));
    note(
        "max-size",
        args.max_size.map(|size| match size {
            Size::AtMost(bytes) => bytes.to_string(),
            Size::Aim | Size::Any => "none".to_owned(),
        }),
    );
    note("profile", Some(args.profile().name().to_owned()));
    note("deadline", Some(humantime::format_duration(args.deadline()).to_string()));
    args.restraint.given().into_iter().for_each(|(name, value)| note(name, value));
    args.nodes.given().into_iter().for_each(|(name, value)| note(name, value));
    given
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
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

fn trace() {
    let filter = tracing_subscriber::EnvFilter::new("info,kube=debug");
    let writer = std::io::stderr;
    // A second subscriber is refused, which cannot happen here.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(terminal::stderr_is_watched())
        .try_init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &str) -> Args {
        Line::try_parse_from(std::iter::once("collect").chain(line.split_whitespace())).expect("arguments").args
    }

    fn ids(line: &str) -> Vec<&'static str> {
        chosen(&args(line)).iter().map(|source| source.id).collect()
    }

    #[test]
    fn profiles_choose_what_is_not_named() {
        assert_eq!(ids("").len(), sources::ALL.len());
        assert!(!ids("--profile quick").contains(&"prometheus"));
        assert_eq!(ids("--profile quick --only prometheus,objects --skip objects"), ["prometheus"]);
        let deadline = |line: &str| args(line).deadline().as_secs();
        assert_eq!(
            [deadline(""), deadline("--profile quick"), deadline("--profile quick --deadline 1m")],
            [300, 30, 60]
        );
    }

    #[test]
    fn the_header_says_how_it_was_asked() {
        let given = given(&args("--profile deep --qps 2.5 --timeout idle=20s --timeout item=90s"));
        let said = |name: &str| given.get(name).map(String::as_str);
        assert_eq!((said("profile"), said("deadline"), said("qps")), (Some("deep"), Some("15m"), Some("2.5")));
        assert_eq!(said("timeout"), Some("idle=20s,item=1m 30s"));
    }
}
