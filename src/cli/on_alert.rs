//! `on-alert`: a Job that collects, when Alertmanager says that an alert fires.

use super::cluster_choice::ClusterChoice;
use super::exit::Exit;
use super::failure::Failure;
use super::{stopped, terminal};
use chrono::TimeDelta;
use k8s_forensics::on_alert::{Access, Inbox, Jobs, Matchers, Pace, Server, Starter, Template};
use k8s_forensics::sources::{RequestLimiter, Timeouts};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Start a Job that collects when an alert fires: a receiver for Alertmanager's webhook, to run in the cluster.
///
/// Listens for POST /alerts, and answers GET /healthz. Of the cluster it asks nothing but to list and to create Jobs in one
/// namespace, from the template of --job: its ServiceAccount needs no more, and is not the one that collects. The Helm chart
/// and the manifests in deploy/ set all of it up; docs/in-cluster.md.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("access").required(true)))]
pub struct Args {
    /// The Job to start, in YAML. $(K8SF_ALERT_FROM) in the arguments of its containers is where the window begins
    #[arg(long, value_name = "FILE")]
    job: PathBuf,
    /// Which alerts, as Alertmanager writes it: 'severity="page"', 'alertname=~"Kube.*",team!="db"'. If repeated, all must
    /// match
    #[arg(long = "match", value_name = "MATCHERS", required = true)]
    matchers: Vec<Matchers>,
    /// At least so long from one collection to the next
    #[arg(long, value_name = "DURATION", value_parser = length, default_value = "30m")]
    cooldown: TimeDelta,
    /// How long before its alert began the window begins
    #[arg(long, value_name = "DURATION", value_parser = length, default_value = "30m")]
    before: TimeDelta,
    /// The longest window, for alerts that have fired for long
    #[arg(long, value_name = "DURATION", value_parser = length, default_value = "6h")]
    longest: TimeDelta,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    listen: SocketAddr,
    /// A file with the bearer token that Alertmanager sends (http_config: authorization)
    #[arg(long, value_name = "FILE", group = "access")]
    bearer_file: Option<PathBuf>,
    /// A file with the USER:PASSWORD that Alertmanager sends (http_config: basic_auth)
    #[arg(long, value_name = "FILE", group = "access")]
    basic_file: Option<PathBuf>,
    /// Take alerts from whoever reaches the port
    #[arg(long, group = "access")]
    anyone: bool,
    /// Where Jobs are started [default: the pod's own namespace, or the context's]
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: ClusterChoice,
}

fn length(text: &str) -> Result<TimeDelta, String> {
    let length = humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 30m or 2h"))?;
    // More would be no time that a calendar knows.
    let most = Duration::from_secs(366 * 24 * 60 * 60);
    TimeDelta::from_std(length.min(most)).map_err(|error| error.to_string())
}

/// Listens until it is told to end.
pub fn run(args: Args) -> Result<Exit, Failure> {
    let template = read(&args.job)?;
    let template = Template::parse(&template).map_err(|why| {
        Failure::usage(format!("reading {}", args.job.display()), why).hint("it has to be a Job: docs/in-cluster.md")
    })?;
    let access = args.access()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment("starting", error))?;
    runtime.block_on(listen(args, template, access))
}

async fn listen(args: Args, template: Template, access: Access) -> Result<Exit, Failure> {
    let Args { matchers, cooldown, before, longest, listen, namespace, cluster, .. } = args;
    let mut matchers = matchers.into_iter();
    let first = matchers.next().ok_or_else(|| Failure::usage("reading --match", "there is none"))?;
    let matchers = matchers.fold(first, Matchers::and);
    let mut timeouts = Timeouts::default();
    cluster.request_timeout().into_iter().for_each(|limit| {
        timeouts.set("item", limit);
    });
    let connection = cluster.connect(RequestLimiter::new(timeouts, None)).await?;
    let own = connection.api.config().map(|config| config.default_namespace.clone());
    let namespace = namespace.or(own).unwrap_or_else(|| "default".to_owned());
    let jobs = Jobs::new(connection.api.client(), &namespace);
    let starter = Starter::new(jobs, template, Pace { cooldown, before, longest }, terminal::tell);
    let stopping = stopped::stopped();
    starter.try_out().await.map_err(|why| {
        let failed = Failure::environment(format!("trying out a Job in {namespace}"), why);
        failed.hint("its ServiceAccount needs a Role with the verbs create and list on jobs of batch, and no more")
    })?;
    let server =
        Server::bind(listen).await.map_err(|error| Failure::environment(format!("listen on {listen}"), error))?;
    let address = server.address().map_err(|error| Failure::environment("listen", error))?;
    let (inbox, alerts) = Inbox::new(access, matchers);
    terminal::tell(&format!("listening on {address} for alerts; Jobs are started in {namespace}"));
    tokio::select! {
        ended = server.run(inbox) => ended.map_err(|error| Failure::environment("listening", error))?,
        () = starter.run(alerts) => {}
        ended = stopping => ended.map_err(|error| Failure::environment("listening for signals", error))?,
    }
    Ok(Exit::Whole)
}

impl Args {
    fn access(&self) -> Result<Access, Failure> {
        let refused = |path: &Path, why: &str| Failure::usage(format!("reading {}", path.display()), why);
        match (&self.bearer_file, &self.basic_file) {
            (Some(path), _) => Access::bearer(&read(path)?).map_err(|why| refused(path, why)),
            (_, Some(path)) => Access::basic(&read(path)?).map_err(|why| refused(path, why)),
            (None, None) => Ok(Access::anyone()),
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::environment(format!("reading {}", path.display()), error))
}
