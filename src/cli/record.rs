//! `record`: what becomes of the objects of a cluster, before anybody asks for it.

use super::cluster_choice::ClusterChoice;
use super::exit::Exit;
use super::failure::Failure;
use super::redaction::UserRules;
use super::{cluster, open, stopped, terminal};
use bytesize::ByteSize;
use chrono::TimeDelta;
use k8s_forensics::recorder::{self, Options, RecordError};
use k8s_forensics::sources::{RequestLimiter, Timeouts};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Record what becomes of a cluster's objects, before somebody needs to know: events that expire, pods that are deleted, and
/// every version of nodes, workloads, Services and their endpoints, volumes, quotas and webhooks, and of ConfigMaps and Secrets
/// without their values. Where one tells of trouble, it takes the logs that are about to be gone.
///
/// Reads only, by watches, until it is ended by Ctrl-C or SIGTERM. Writes archives of a few minutes each into a folder, and
/// removes the oldest; `analyze DIR` reads all of them. A kill costs two seconds at most, and whatever was not seen is named as
/// a gap. Started again it goes on in the same folder. docs/record.md.
#[derive(clap::Args)]
pub struct Args {
    /// Where to
    #[arg(value_name = "DIR", default_value = "recording")]
    folder: PathBuf,
    /// For how long it is kept
    #[arg(long, value_name = "DURATION", value_parser = length, default_value = "24h")]
    keep: TimeDelta,
    /// The most bytes that are kept: the oldest go first
    #[arg(long, value_name = "BYTES", value_parser = open::size, default_value = "512MB")]
    max_size: ByteSize,
    /// How long each archive is; longer where all objects together are too many to be in each
    #[arg(long, value_name = "DURATION", value_parser = length, default_value = "5m")]
    segment: TimeDelta,
    /// Only this namespace, and what is in none, as nodes; may be repeated [default: all]
    #[arg(short, long = "namespace", value_name = "NAMESPACE")]
    namespaces: Vec<String>,
    /// Answer for metrics (in the form of Prometheus) and health there, to whoever reaches it, as 127.0.0.1:9464 [default:
    /// nowhere]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    rules: UserRules,
    #[command(flatten)]
    cluster: ClusterChoice,
}

/// Less is no length for what is counted in seconds.
const LEAST: Duration = Duration::from_secs(10);
/// More is no time that a calendar knows.
const MOST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

fn length(text: &str) -> Result<TimeDelta, String> {
    let length = humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 5m or 24h"))?;
    if !(LEAST..=MOST).contains(&length) {
        return Err("between 10s and a year".to_owned());
    }
    TimeDelta::from_std(length).map_err(|error| error.to_string())
}

/// Records until it is told to end.
pub fn run(args: Args) -> Result<Exit, Failure> {
    if args.keep < args.segment {
        return Err(Failure::usage("--keep", "that is less than the length of one archive")
            .hint("give a longer time, or a shorter --segment"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::environment("starting", error))?;
    let recorded = runtime.block_on(record(args));
    // What still waits for an answer is not waited for.
    runtime.shutdown_background();
    recorded
}

async fn record(args: Args) -> Result<Exit, Failure> {
    let Args { folder, keep, max_size, segment, namespaces, listen, rules, cluster } = args;
    let given = [
        ("namespaces", (!namespaces.is_empty()).then(|| namespaces.join(","))),
        ("keep", Some(keep.to_std().map(humantime::format_duration).map(|keep| keep.to_string()).unwrap_or_default())),
        ("max-size", Some(max_size.to_string())),
    ];
    let given = given.into_iter().chain(cluster.given());
    let given: BTreeMap<String, String> = given.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let mut timeouts = Timeouts::default();
    cluster.request_timeout().into_iter().for_each(|limit| {
        timeouts.set("connect", limit);
    });
    let connection = cluster.connect(RequestLimiter::new(timeouts, None)).await?;
    // The same value has the same word in its place in every segment, whichever run wrote it.
    let redactor = rules.redactor_without_key()?;
    let stopping = stopped::stopped();
    let stop = async {
        // Where signals cannot be listened for, they end the program at once, and what was heard is in the folder.
        if stopping.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let max_size = max_size.as_u64();
    let options = Options { folder: folder.clone(), namespaces, keep, max_size, segment, redactor, listen, given };
    let recorded = recorder::record(connection, options, stop, terminal::tell).await;
    recorded.map_err(failure)?;
    terminal::print_path(&folder)?;
    Ok(Exit::Whole)
}

fn failure(error: RecordError) -> Failure {
    match error {
        RecordError::Sources(error) => cluster::failure(error),
        RecordError::InUse { .. } => {
            Failure::environment("recording", error).hint("give another folder, or end the other recorder first")
        }
        RecordError::OtherCluster { .. } => Failure::environment("going on with the recording", error)
            .hint("choose its cluster with --context, or record this one into a folder of its own"),
        RecordError::Listen { .. } => {
            Failure::environment("recording", error).hint("choose another address with --listen")
        }
        error => Failure::environment("recording", error),
    }
}
