//! The options that `collect` and `plan` share, so that one plans what the other does: what to ask a cluster for.

use super::cluster_choice::ClusterChoice;
use super::failure::Failure;
use super::node_access::NodeAccess;
use super::request_limits::RequestLimits;
use super::resume::Resumed;
use super::server_url::ServerUrl;
use super::to::{self, To};
use super::{login, terminal};
use chrono::{DateTime, TimeDelta, Utc};
use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use k8s_forensics::model::{Window, rfc3339};
use k8s_forensics::sources::{self, Connection, Options, Profile, Query, Sealing, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

#[derive(clap::Args)]
pub struct CollectOptions {
    /// How far back the incident reaches [default: 2h]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, conflicts_with = "from")]
    since: Option<Duration>,
    /// When the incident began, as 2026-11-21T07:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<DateTime<Utc>>,
    /// When it ended [default: now]; and for collect, with the feature stores, where the archive is uploaded: s3://BUCKET/PREFIX/,
    /// gs://…, az://… or file:///FOLDER/. Once each
    #[arg(long, value_name = "TIME|URL", value_parser = to)]
    to: Vec<To>,
    /// Only this namespace; may be repeated [default: all]
    #[arg(short, long = "namespace", value_name = "NAMESPACE")]
    namespaces: Vec<String>,
    #[command(flatten)]
    pub cluster: ClusterChoice,
    /// How thorough: quick has what perishes first within 30s, deep more of what is large [default: standard]
    #[arg(long, value_name = "PROFILE", value_parser = profiles())]
    profile: Option<Profile>,
    /// Only these collectors, whatever the profile; pods, nodes, leases and events come in any case
    #[arg(long, value_delimiter = ',', value_name = "SOURCE", value_parser = source_ids())]
    only: Vec<String>,
    /// Not these collectors
    #[arg(long, value_delimiter = ',', value_name = "SOURCE", value_parser = source_ids())]
    skip: Vec<String>,
    /// Take the audit logs of API servers too: who changed what and when, without names of persons, and without values of
    /// Secrets, ConfigMaps and the like
    #[arg(long)]
    audit: bool,
    /// The folder of a recorder of this cluster (record DIR): what it wrote down since the window began is taken into the
    /// archive, deleted pods and expired events among it
    #[arg(long, value_name = "DIR", env = "K8S_FORENSICS_RECORDING", hide_env_values = true, value_parser = folder())]
    recording: Option<PathBuf>,
    /// A Prometheus that is reached from here, instead of those found in the cluster
    #[arg(long, value_name = "URL", value_parser = ServerUrl)]
    pub prometheus: Option<http::Uri>,
    /// A file with the bearer token for --prometheus
    #[arg(long, value_name = "FILE", requires = "prometheus", conflicts_with = "prometheus_basic_file")]
    prometheus_bearer_file: Option<PathBuf>,
    /// A file with USER:PASSWORD for --prometheus
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    prometheus_basic_file: Option<PathBuf>,
    /// The tenant to ask a Mimir or Cortex for, as its header X-Scope-OrgID has it
    #[arg(long, value_name = "TENANT")]
    prometheus_tenant: Option<http::HeaderValue>,
    /// A range query to ask every Prometheus besides; its answer is metrics/NAME.json; may be repeated
    #[arg(long = "query", value_name = "NAME=PROMQL", value_parser = sources::own_query)]
    queries: Vec<Query>,
    /// When to end, whatever is missing then [default: 5m; quick: 30s, deep: 15m]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    deadline: Option<Duration>,
    #[command(flatten)]
    limits: RequestLimits,
    #[command(flatten)]
    nodes: NodeAccess,
    /// Tell what is being asked, on stderr
    #[arg(short, long)]
    verbose: bool,
}

fn source_ids() -> PossibleValuesParser {
    PossibleValuesParser::new(sources::ALL.iter().map(|source| source.id))
}

/// A folder, or the empty text for none: a variable that is set to nothing is not set.
fn folder() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

fn profiles() -> impl TypedValueParser<Value = Profile> {
    PossibleValuesParser::new(Profile::ALL.map(Profile::name)).try_map(|name| name.parse::<Profile>())
}

fn to(text: &str) -> Result<To, String> {
    To::read(text, time)
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let time =
        DateTime::parse_from_rfc3339(text).map_err(|error| format!("{error}; write it as 2026-11-21T07:00:00Z"))?;
    Ok(time.to_utc())
}

impl CollectOptions {
    /// Where the archive is to be uploaded, which is asked once.
    #[cfg(feature = "stores")]
    pub fn take_store(&mut self) -> Result<Option<k8s_forensics::stores::Address>, Failure> {
        let store = to::store(&self.to)?;
        self.to.retain(|to| to.time().is_some());
        Ok(store)
    }

    /// Whether the end of the window was asked for.
    pub fn has_end(&self) -> bool {
        self.to.iter().any(|to| to.time().is_some())
    }

    pub fn profile(&self) -> Profile {
        self.profile.unwrap_or_default()
    }

    fn deadline(&self) -> Duration {
        self.deadline.unwrap_or_else(|| self.profile().deadline())
    }

    /// Asks as an older run did.
    pub fn go_on_with(&mut self, resumed: &Resumed) {
        (self.namespaces, self.only, self.skip) =
            (resumed.namespaces.clone(), resumed.only.clone(), resumed.skip.clone());
        self.audit |= resumed.audit;
        self.profile = Some(resumed.profile);
        let is_given = |query: &Query| self.queries.iter().any(|given| given.id == query.id);
        let older: Vec<Query> = resumed.queries.iter().filter(|query| !is_given(query)).cloned().collect();
        self.queries.extend(older);
    }

    /// The window that was asked for at `now`.
    pub fn window(&self, now: DateTime<Utc>) -> Result<Window, Failure> {
        let to = to::time(&self.to)?.unwrap_or(now);
        let since = self.since.unwrap_or(Duration::from_secs(2 * 60 * 60));
        let since = TimeDelta::from_std(since).map_err(|error| Failure::usage("reading --since", error))?;
        let from = self.from.or_else(|| to.checked_sub_signed(since));
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

    /// A way to the one cluster that is meant; nothing has been asked yet.
    pub async fn connect(&self) -> Result<Connection, Failure> {
        self.cluster.connect(self.limits.limiter(self.cluster.request_timeout())).await
    }

    /// A way to the cluster of a context, with limits of its own.
    pub async fn connect_to(&self, context: Option<String>) -> Result<Connection, Failure> {
        self.cluster.connect_to(context, self.limits.limiter(self.cluster.request_timeout())).await
    }

    /// What is to be asked for within `window`; what is about an archive is for whoever writes one to fill in.
    pub fn options(&self, window: Window) -> Result<Options, Failure> {
        #[cfg(feature = "stores")]
        if to::store(&self.to)?.is_some() {
            return Err(Failure::usage("reading --to", "only collect uploads, and upload"));
        }
        let login = login::of(self.prometheus_bearer_file.as_deref(), self.prometheus_basic_file.as_deref())?;
        Ok(Options {
            window,
            namespaces: unique(self.namespaces.clone()),
            sources: self.chosen(),
            profile: self.profile(),
            prometheus: self.prometheus.clone(),
            login,
            tenant: self.prometheus_tenant.clone(),
            queries: self.queries()?,
            deadline: self.deadline(),
            path: PathBuf::new(),
            replace: false,
            given: BTreeMap::new(),
            resume: None,
            recording: self.recording.clone().filter(|folder| !folder.as_os_str().is_empty()),
            checks: Vec::new(),
            sealing: Sealing::default(),
            redactor: None,
            access: self.nodes.access(),
        })
    }

    /// The queries that were given, each under a name of its own.
    fn queries(&self) -> Result<Vec<Query>, Failure> {
        let mut names = BTreeSet::new();
        match self.queries.iter().find(|query| !names.insert(&query.id)) {
            None => Ok(self.queries.clone()),
            Some(twice) => {
                let failed = Failure::usage("reading --query", format!("{} is given twice", twice.id));
                Err(failed.hint("give each a name of its own"))
            }
        }
    }

    fn chosen(&self) -> Vec<&'static Source> {
        let is_wanted = |source: &Source| match self.only.is_empty() {
            _ if source.is_on_request() && self.audit => true,
            true => self.profile().has(source) && !source.is_on_request(),
            false => self.only.iter().any(|only| only == source.id),
        };
        let is_skipped = |source: &Source| self.skip.iter().any(|skip| skip == source.id);
        sources::ALL.iter().copied().filter(|source| is_wanted(source) && !is_skipped(source)).collect()
    }

    /// The options as given, for the archive's header; only what was given.
    pub fn given(&self) -> BTreeMap<String, String> {
        let mut given = BTreeMap::new();
        let mut note = |name: &str, value: Option<String>| {
            given.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value)));
        };
        note("since", self.since.map(|since| humantime::format_duration(since).to_string()));
        note("from", self.from.map(rfc3339));
        note("to", to::time(&self.to).ok().flatten().map(rfc3339));
        note("namespace", Some(self.namespaces.join(",")));
        self.cluster.given().into_iter().for_each(|(name, value)| note(name, value));
        note("only", Some(self.only.join(",")));
        note("skip", Some(self.skip.join(",")));
        note("audit", self.audit.then(|| "true".to_owned()));
        // Where it is on this machine is nobody's business.
        let recording = self.recording.as_ref().filter(|folder| !folder.as_os_str().is_empty());
        note("recording", recording.map(|_| "given".to_owned()));
        note("prometheus", self.prometheus.as_ref().and_then(|url| url.authority()).map(ToString::to_string));
        let tenant = self.prometheus_tenant.as_ref().and_then(|tenant| tenant.to_str().ok());
        note("prometheus-tenant", tenant.map(str::to_owned));
        let queries: Vec<String> = self.queries.iter().map(|query| format!("{}={}", query.id, query.promql)).collect();
        note("query", Some(queries.join("\n")));
        note("profile", Some(self.profile().name().to_owned()));
        note("deadline", Some(humantime::format_duration(self.deadline()).to_string()));
        self.limits.given(self.cluster.request_timeout()).into_iter().for_each(|(name, value)| note(name, value));
        self.nodes.given().into_iter().for_each(|(name, value)| note(name, value));
        given
    }

    /// Tells what is being asked, if that was wanted.
    pub fn trace_if_verbose(&self) {
        if !self.verbose {
            return;
        }
        let filter = tracing_subscriber::EnvFilter::new("info,kube=debug");
        let writer = std::io::stderr;
        // A second subscriber is refused, which cannot happen here.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(writer)
            .with_ansi(terminal::stderr_is_watched())
            .try_init();
    }
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: CollectOptions,
    }

    fn options(line: &str) -> CollectOptions {
        Line::try_parse_from(std::iter::once("collect").chain(line.split_whitespace())).expect("arguments").options
    }

    fn ids(line: &str) -> Vec<&'static str> {
        options(line).chosen().iter().map(|source| source.id).collect()
    }

    #[test]
    fn profiles_choose_what_is_not_named() {
        assert_eq!(ids("").len() + 1, sources::ALL.len());
        assert!(!ids("--profile deep").contains(&"audit") && ids("--profile quick --audit").contains(&"audit"));
        assert_eq!([ids("--only audit"), ids("--only kernel --audit").split_off(1)], [["audit"], ["kernel"]]);
        assert!(!ids("--profile quick").contains(&"prometheus"));
        assert_eq!(ids("--profile quick --only prometheus,objects --skip objects"), ["prometheus"]);
        let deadline = |line: &str| options(line).deadline().as_secs();
        assert_eq!(
            [deadline(""), deadline("--profile quick"), deadline("--profile quick --deadline 1m")],
            [300, 30, 60]
        );
    }

    #[test]
    fn queries_have_names_of_their_own() {
        let said = options("--query a=up --query b-1=down").given();
        assert_eq!(said.get("query").map(String::as_str), Some("a=up\nb-1=down"));
        let window = Window::new(DateTime::UNIX_EPOCH, Utc::now());
        let names = |line: &str| options(line).options(window).map(|asked| asked.queries.len()).ok();
        assert_eq!((names("--query a=up --query b=up"), names("--query a=up --query a=down")), (Some(2), None));
        assert!(Line::try_parse_from(["collect", "--query", "rules=up"]).is_err());
    }

    #[test]
    fn the_header_says_how_it_was_asked() {
        let given = options("--profile deep --qps 2.5 --timeout idle=20s --timeout item=90s").given();
        let said = |name: &str| given.get(name).map(String::as_str);
        assert_eq!((said("profile"), said("deadline"), said("qps")), (Some("deep"), Some("15m"), Some("2.5")));
        assert_eq!(said("timeout"), Some("idle=20s,item=1m 30s"));
    }
}
