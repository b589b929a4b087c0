//! Follows the objects of one kind: lists them, watches what becomes of them, and begins again where that breaks. It says
//! when nothing is heard, and when it is heard again. What cannot be watched is listed each minute.

use super::kinds::Kind;
use crate::archive::format::Status;
use crate::archive::layout;
use crate::sources::wire::api::{Api, Problem};
use crate::sources::wire::watch::{self, How, Objects, Told};
use serde_json::value::RawValue;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep};

/// The least to wait before it is tried again; doubled each time, up to the other.
const AGAIN: Duration = Duration::from_millis(500);
const AGAIN_MOST: Duration = Duration::from_secs(30);
/// What is not allowed or not there is tried again after this: somebody may mend it.
const REFUSED: Duration = Duration::from_secs(60);
/// A kind that the cluster does not serve may come later; that is looked for after this.
const NOT_SERVED: Duration = Duration::from_secs(600);
/// How often that is listed which cannot be watched.
const SAMPLED: Duration = Duration::from_secs(60);
/// A watch that ends sooner than this without a word is not begun anew at once.
const BRIEF: Duration = Duration::from_secs(1);

/// What is heard of the objects of a scope.
#[derive(Debug)]
pub enum News {
    /// A list of all that is there begins.
    ListBegins,
    Listed(Box<RawValue>),
    /// What was not in the list is gone.
    ListEnds,
    Changed(How, Box<RawValue>),
    /// From here on nothing is heard.
    Lost(Problem),
    /// A watch goes on where the last one was.
    Heard,
}

/// News of one scope.
#[derive(Debug)]
pub struct Message {
    pub scope: usize,
    pub news: News,
}

/// Why following stopped for the moment.
enum Stop {
    /// Nobody listens any more.
    Over,
    Problem(Problem),
}

/// Objects of one kind, of one namespace or of all.
#[derive(Debug)]
pub struct Scope {
    pub kind: &'static Kind,
    pub namespace: Option<String>,
}

impl Scope {
    /// As outcomes name it.
    pub fn subject(&self) -> String {
        let name = self.kind.full_name();
        match &self.namespace {
            Some(namespace) => format!("{name} of namespace {namespace}"),
            None => name,
        }
    }

    /// Whether an entry has versions of its objects.
    pub fn holds(&self, entry: &str) -> bool {
        let Some((namespace, plural)) = layout::parse_history(entry) else { return false };
        plural == self.kind.full_name() && (self.namespace.is_none() || self.namespace == namespace)
    }

    /// Who follows it, and says so by its number.
    pub fn follower(&self, api: Api, scope: usize, out: Sender<Message>) -> Follower {
        let (kind, namespace) = (self.kind, self.namespace.clone());
        let objects = kind.objects(kind.version, namespace.as_deref());
        Follower { api, kind, namespace, objects, is_found: false, scope, out, wait: AGAIN }
    }
}

/// Follows one scope.
pub struct Follower {
    api: Api,
    kind: &'static Kind,
    namespace: Option<String>,
    /// In the version that is served.
    objects: Objects,
    /// Whether that is known of a kind that is listed each minute: it is not asked for each time.
    is_found: bool,
    scope: usize,
    out: Sender<Message>,
    wait: Duration,
}

impl Follower {
    /// Follows for as long as somebody listens.
    pub async fn follow(mut self) {
        loop {
            let followed = match self.list().await {
                Ok(revision) if self.kind.is_watched() => self.watch(revision).await,
                Ok(_) => {
                    self.wait = AGAIN;
                    sleep(SAMPLED).await;
                    continue;
                }
                Err(stop) => stop,
            };
            match followed {
                Stop::Over => return,
                Stop::Problem(problem) => {
                    if self.rest(problem).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    async fn say(&self, news: News) -> Result<(), Stop> {
        self.out.send(Message { scope: self.scope, news }).await.map_err(|_| Stop::Over)
    }

    /// Says that nothing is heard, and waits before it is tried again.
    async fn rest(&mut self, problem: Problem) -> Result<(), Stop> {
        let wait = match problem.status {
            Status::Absent if self.kind.is_custom() => NOT_SERVED,
            Status::Absent | Status::Denied => REFUSED,
            _ => self.wait,
        };
        self.wait = self.wait.saturating_mul(2).min(AGAIN_MOST);
        self.is_found &= problem.status != Status::Absent;
        self.say(News::Lost(problem)).await?;
        sleep(wait).await;
        Ok(())
    }

    /// Lists all that is there. Gives the revision from which a watch goes on.
    async fn list(&mut self) -> Result<String, Stop> {
        if self.kind.is_custom() && !self.is_found {
            let version = watch::version_of(&self.api, self.kind.group).await.map_err(Stop::Problem)?;
            self.objects = self.kind.objects(&version, self.namespace.as_deref());
            self.is_found = !self.kind.is_watched();
        }
        let mut resume = String::new();
        let mut has_begun = false;
        loop {
            let page = self.objects.page(&self.api, &resume).await.map_err(Stop::Problem)?;
            if !has_begun {
                self.say(News::ListBegins).await?;
                has_begun = true;
            }
            for item in page.items {
                self.say(News::Listed(item)).await?;
            }
            if page.resume.is_empty() {
                self.say(News::ListEnds).await?;
                return Ok(page.revision);
            }
            resume = page.resume;
        }
    }

    /// Watches from `revision` on, one watch after the other, until a list is needed again.
    async fn watch(&mut self, mut revision: String) -> Stop {
        loop {
            let begun = Instant::now();
            let broken = match self.watch_once(&mut revision).await {
                Ok(()) => {
                    if begun.elapsed() < BRIEF {
                        sleep(BRIEF).await;
                    }
                    continue;
                }
                Err(Stop::Over) => return Stop::Over,
                Err(Stop::Problem(problem)) => problem,
            };
            // The server does not know the revision any more: only a list tells what there is.
            if broken.code == Some(410) || revision.is_empty() {
                return Stop::Problem(broken);
            }
            if let Err(stop) = self.rest(broken).await {
                return stop;
            }
        }
    }

    /// One watch to its end, which is no news.
    async fn watch_once(&mut self, revision: &mut String) -> Result<(), Stop> {
        let mut watch = self.objects.watch(&self.api, revision).await.map_err(Stop::Problem)?;
        self.wait = AGAIN;
        self.say(News::Heard).await?;
        loop {
            let told = watch.next().await;
            if !watch.revision().is_empty() {
                watch.revision().clone_into(revision);
            }
            match told.map_err(Stop::Problem)? {
                Some(Told::Object(how, object)) => self.say(News::Changed(how, object)).await?,
                Some(Told::Bookmark) => {}
                None => return Ok(()),
            }
        }
    }
}
