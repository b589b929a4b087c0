//! A Prometheus or an Alertmanager that is asked, and the way to it.

use super::monitoring::Tool;
use super::names::Names;
use crate::archive::format::Status;
use crate::model::Window;
use crate::sources::Login;
use crate::sources::run::Run;
use crate::sources::wire::api::{Answer, Api, Deadlines, Problem};
use crate::sources::wire::status::NO_TENANT;
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};

/// The id of the collector, in outcomes.
pub const SOURCE_ID: &str = "prometheus";
/// A range query may take Prometheus a while; its own limit is two minutes.
pub const DEADLINES: Deadlines = Deadlines::of(25, 50);
/// Requests at once to one server: it is a victim of many incidents itself.
const AT_ONCE: usize = 4;
/// How long a server may take to say that it is there.
const PROBE: Deadlines = Deadlines::brief(Duration::from_secs(10));
/// The most that is read of a list of metrics, in bytes; a metric is some 40.
const NAMES: usize = 16 * 1024 * 1024;

/// A server to be asked.
pub struct Server {
    pub api: Api,
    pub way: Way,
    pub tool: Tool,
    /// What its paths begin with.
    pub root: String,
    /// As outcomes name it.
    pub called: String,
    /// Goes behind the id of an entry, for all but the first server of its kind.
    pub suffix: String,
    /// The most bytes of an entry.
    pub cap: u64,
    pub permits: Semaphore,
    names: OnceCell<Option<Names>>,
}

/// How a server is reached.
pub enum Way {
    /// Through the API server, which keeps our credentials for itself (`WithAuthentication` of k8s.io/apiserver takes
    /// the header out).
    Proxy,
    Direct(Option<Login>),
}

impl Server {
    /// The first server of its kind, behind the API server's proxy.
    pub fn new(api: Api, tool: Tool, root: String, called: String, cap: u64) -> Self {
        let (suffix, permits, names) = (String::new(), Semaphore::new(AT_ONCE), OnceCell::new());
        Self { api, way: Way::Proxy, tool, root, called, suffix, cap, permits, names }
    }

    /// Why it is not worth asking, if it is not.
    pub async fn is_silent(&self, run: &Run) -> Option<Problem> {
        let path = match self.tool {
            Tool::Prometheus => "/-/ready",
            Tool::Alertmanager => "/-/healthy",
        };
        let answer = self.get(path, PROBE).await;
        run.clocks.note(answer.iter().filter_map(|answer| answer.clock.reading(&self.called)));
        // A server that does not know the question is there.
        answer.err().filter(|problem| matches!(problem.status, Status::Unreachable | Status::Timeout | Status::Denied))
    }

    /// The metrics it has within `window`, asked for once; `None` if it does not tell.
    pub async fn names(&self, window: Window) -> Option<&Names> {
        let (from, to) = (window.from.timestamp(), window.to.timestamp());
        let path = format!("/api/v1/label/__name__/values?start={from}&end={to}");
        let ask = || async {
            let answer = self.get(&path, Deadlines::default()).await.ok()?;
            Names::read(&answer.bytes(NAMES).await.ok()?)
        };
        self.names.get_or_init(ask).await.as_ref()
    }

    /// Asks for `path` below the root. A reason never holds the credentials.
    pub async fn get(&self, path: &str, deadlines: Deadlines) -> Result<Answer, Problem> {
        let answer = self.api.get(&format!("{}{path}", self.root), None, deadlines).await;
        answer.map_err(|problem| Problem { why: self.way.why(&problem), ..problem })
    }
}

impl Way {
    /// Why a question was not answered, with what to do where credentials are to blame.
    fn why(&self, problem: &Problem) -> String {
        let why = match (self, problem.code) {
            (_, Some(401)) if problem.why.contains(NO_TENANT) => {
                "it has the data of several tenants (401: no org id): name the one with --prometheus-tenant"
            }
            (Self::Proxy, Some(401)) => {
                "it wants credentials (401), which the proxy of the API server does not pass on: give its URL with \
                 --prometheus and a token with --prometheus-bearer-file"
            }
            (Self::Direct(None), Some(401)) => {
                "it wants credentials (401): give them with --prometheus-bearer-file or --prometheus-basic-file"
            }
            (Self::Direct(Some(_)), Some(401)) => {
                "it does not accept the credentials (401): they may be another server's, or have expired"
            }
            (Self::Direct(Some(login)), _) => return login.hidden(&problem.why),
            _ => &problem.why,
        };
        why.to_owned()
    }
}
