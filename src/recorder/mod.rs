//! The flight recorder: what becomes of the objects of a cluster, written down as it happens, before anybody asks for it.
//!
//! Only asks: lists, watches and reads logs, by the questions of `sources`. Values of Secrets and ConfigMaps are never asked for,
//! and credentials are taken out before anything is written.
//!
//! ```text
//! kinds      what is recorded                          follow     one kind: lists, watches, begins again
//! recording  the one place that knows the state        watched    what is known of one kind, and its gaps
//! objects    the last version of each, packed          clean      an object as it may be written down
//! perishing  logs that are about to be gone            readiness  what the API server says of itself
//! segment    an archive while it grows                 folder     what is kept of them
//! vitals     how the recorder is                       answers    who asks for that, by HTTP
//! ```

mod answers;
mod clean;
mod clock;
mod error;
mod folder;
mod follow;
mod kinds;
mod objects;
mod perishing;
mod readiness;
mod recording;
mod segment;
mod vitals;
mod watched;

pub use error::RecordError;

use crate::archive::format::ClusterId;
use crate::redact::Redactor;
use crate::sources::members_answer::Answer;
use crate::sources::wire::api::Api;
use crate::sources::{self, Connection, Found};
use answers::Door;
use chrono::{DateTime, TimeDelta, Utc};
use folder::{Bounds, Folder, SealedLeft};
use follow::{Message, Scope};
use perishing::{Fetched, Judge, Perishing};
use recording::{Frame, Recording};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet, block_in_place};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use vitals::Seen;
use watched::Watched;

/// What is heard reaches the file within this time.
const TICK: Duration = Duration::from_secs(1);
/// News that may wait to be written down.
const WAITING: usize = 256;
/// Logs that came and may wait to be written down.
const LOGS_WAITING: usize = 8;
/// For how long those are waited for that are on their way when it ends.
const LAST_LOGS: Duration = Duration::from_secs(3);
/// A cluster that does not answer is asked again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How much smaller a segment becomes when it is packed, until that is known.
const PACKED_TO: u64 = 8;

/// What is to be recorded, and where to.
pub struct Options {
    pub folder: PathBuf,
    /// All if empty.
    pub namespaces: Vec<String>,
    /// For how long it is kept.
    pub keep: TimeDelta,
    /// At most so many bytes are kept.
    pub max_size: u64,
    /// How long a segment is.
    pub segment: TimeDelta,
    pub redactor: Redactor,
    /// Where to answer for metrics and health, if anywhere.
    pub listen: Option<SocketAddr>,
    /// The options as given, for headers.
    pub given: BTreeMap<String, String>,
}

/// Records until `stop` is done. `tell` is given what people should know meanwhile.
pub async fn record(
    connection: Connection,
    options: Options,
    stop: impl Future<Output = ()>,
    tell: impl Fn(&str),
) -> Result<(), RecordError> {
    let mut stop = pin!(stop);
    let folder = Folder::claim(&options.folder)?;
    // Before the clock is looked at, as it takes a while.
    let judge = Judge::new()?;
    let (seen, shown) = watch::channel(Seen::NotBegun);
    // It answers until it is dropped.
    let _answering = answers(options.listen, &options.folder, shown, &tell).await?;
    let found = tokio::select! {
        () = &mut stop => return Ok(()),
        found = look(&connection, &tell) => found?,
    };
    let last = block_in_place(|| folder.last());
    let of = last.as_ref().map(|(_, header)| header.cluster.clone()).unwrap_or_default();
    same_cluster(of, &found.cluster)?;
    let now = Utc::now();
    let (from, why) = match &last {
        Some((_, header)) => (header.to.min(now), "the recorder did not run"),
        None => (now, "the recording begins here"),
    };
    let (mut followers, heard, perishing, scopes) = follow(&connection.api, &options.namespaces, judge);
    let all = scopes.into_iter().map(|scope| Watched::new(scope, from, why)).collect();
    let bounds = Bounds { keep: options.keep, max_size: options.max_size };
    let frame = Frame {
        root: options.folder.clone(),
        cluster: found.cluster,
        clocks: found.clocks,
        options: options.given,
        bounds,
        redactor: options.redactor,
    };
    let mut recording = Recording::new(frame, (all, perishing), now, Instant::now());
    block_in_place(|| {
        last.iter().for_each(|(earlier, header)| recording.go_on(earlier, header));
        recording.rotate(now)
    })?;
    let sealer = Sealer { root: options.folder.clone(), bounds, running: None, packed: 1, unpacked: PACKED_TO };
    let mut run = Run { recording, sealer, segment: options.segment, bounds, was_unwritten: false, seen };
    tell(&format!("recording into {}", options.folder.display()));
    run.until(stop, heard, &tell).await;
    followers.abort_all();
    run.end(&tell).await;
    drop(folder);
    Ok(())
}

/// What is heard: of the objects, of the logs that were asked for, and of the API server itself.
struct Heard {
    news: Receiver<Message>,
    logs: Receiver<Fetched>,
    readiness: Receiver<Answer>,
}

/// Begins to follow every kind, and to ask for what perishes.
fn follow(api: &Api, namespaces: &[String], judge: Judge) -> (JoinSet<()>, Heard, Perishing, Vec<Scope>) {
    let scopes = scopes(namespaces);
    let (out, news) = mpsc::channel(WAITING);
    let mut followers = JoinSet::new();
    for (number, scope) in scopes.iter().enumerate() {
        followers.spawn(scope.follower(api.clone(), number, out.clone()).follow());
    }
    let (orders, ordered) = mpsc::channel(perishing::WAITING);
    let (out, logs) = mpsc::channel(LOGS_WAITING);
    followers.spawn(perishing::fetch(api.clone(), ordered, out));
    let (out, readiness) = mpsc::channel(1);
    followers.spawn(readiness::ask(api.clone(), out));
    (followers, Heard { news, logs, readiness }, Perishing::new(judge, orders), scopes)
}

/// Answers for metrics and health, where that is wanted.
async fn answers(
    address: Option<SocketAddr>,
    folder: &Path,
    shown: watch::Receiver<Seen>,
    tell: &impl Fn(&str),
) -> Result<JoinSet<io::Result<()>>, RecordError> {
    let mut answering = JoinSet::new();
    if let Some(address) = address {
        let failed = |source| RecordError::Listen { address, source };
        let door = Door::bind(address).await.map_err(failed)?;
        tell(&format!("metrics and health: http://{}/metrics, /livez, /readyz", door.address().map_err(failed)?));
        answering.spawn(door.answer(folder.to_owned(), shown));
    }
    Ok(answering)
}

/// Looks at the API server until it says which cluster it is.
async fn look(connection: &Connection, tell: &impl Fn(&str)) -> Result<Found, RecordError> {
    let mut has_told = false;
    loop {
        let found = sources::look(&connection.api, connection.context.clone()).await?;
        if found.cluster.version.is_some() {
            return Ok(found);
        }
        if !has_told {
            tell("the API server does not answer yet; it is asked again until it does");
            has_told = true;
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// Refuses to go on with the recording of another cluster. One that is not known may be the same.
fn same_cluster(older: ClusterId, found: &ClusterId) -> Result<(), RecordError> {
    match (older.uid, &found.uid) {
        (Some(older), Some(here)) if older != *here => Err(RecordError::OtherCluster { older, here: here.clone() }),
        _ => Ok(()),
    }
}

fn scopes(namespaces: &[String]) -> Vec<Scope> {
    let of = |kind: &'static kinds::Kind| -> Vec<Scope> {
        if !kind.is_namespaced || namespaces.is_empty() {
            return vec![Scope { kind, namespace: None }];
        }
        namespaces.iter().map(|name| Scope { kind, namespace: Some(name.clone()) }).collect()
    };
    kinds::ALL.iter().flat_map(of).collect()
}

/// A recording under way.
struct Run {
    recording: Recording,
    sealer: Sealer,
    segment: TimeDelta,
    bounds: Bounds,
    was_unwritten: bool,
    seen: watch::Sender<Seen>,
}

impl Run {
    /// Writes down what is heard until `stop` is done.
    async fn until(&mut self, mut stop: impl Future<Output = ()> + Unpin, mut heard: Heard, tell: &impl Fn(&str)) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return self.until_told(heard).await,
                _ = ticks.tick() => block_in_place(|| self.tick(tell)),
                Some(answer) = heard.readiness.recv() => self.recording.ready(&answer, Utc::now()),
                Some(fetched) = heard.logs.recv() => block_in_place(|| self.recording.log(fetched, Utc::now())),
                message = heard.news.recv() => match message {
                    Some(message) => {
                        let said = self.recording.take(message, Utc::now());
                        said.into_iter().for_each(|said| tell(&said));
                    }
                    None => return,
                },
            }
        }
    }

    /// Takes what was heard already, and waits a little for logs that are on their way.
    async fn until_told(&mut self, mut heard: Heard) {
        while let Ok(message) = heard.news.try_recv() {
            self.recording.take(message, Utc::now());
        }
        let logs = async {
            while self.recording.logs_under_way() > 0 {
                let Some(fetched) = heard.logs.recv().await else { return };
                block_in_place(|| self.recording.log(fetched, Utc::now()));
            }
        };
        // What has not come by then is told of.
        drop(timeout(LAST_LOGS, logs).await);
    }

    fn tick(&mut self, tell: &impl Fn(&str)) {
        let now = Utc::now();
        let is_due = self.recording.tick(now, Instant::now()) || self.is_over(now) || self.recording.is_large();
        if is_due {
            // What keeps it from being written is told once, and tried again with each tick.
            drop(self.recording.rotate(now));
            self.sealer.seal(self.recording.current(), tell);
        }
        match (self.was_unwritten, self.recording.why_unwritten()) {
            (false, Some(why)) => tell(&format!("nothing can be written: {why}; it is tried again every second")),
            (true, None) => tell("it can be written again"),
            _ => {}
        }
        self.was_unwritten = self.recording.why_unwritten().is_some();
        if !self.seen.is_closed() {
            self.seen.send_replace(Seen::At(Instant::now(), self.recording.vitals()));
        }
    }

    /// Whether the segment is as long as it should be.
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        let (state, _) = self.recording.bytes();
        let packed = state * self.sealer.packed / self.sealer.unpacked.max(1);
        let length = self.bounds.length(self.segment, packed);
        self.recording.begun_at().is_some_and(|begun| now - begun >= length)
    }

    /// Seals what there is.
    async fn end(mut self, tell: &impl Fn(&str)) {
        block_in_place(|| self.recording.end(Utc::now()));
        if let Some(running) = self.sealer.running.take() {
            self.sealer.done(running.await.unwrap_or_default(), tell);
        }
        let left = block_in_place(|| folder::seal_left(&self.sealer.root, ""));
        self.sealer.done(left, tell);
    }
}

/// Seals segments beside the recording, one time after the other.
struct Sealer {
    root: PathBuf,
    bounds: Bounds,
    running: Option<JoinHandle<SealedLeft>>,
    /// How many bytes became how many, the last time.
    packed: u64,
    unpacked: u64,
}

impl Sealer {
    /// Begins to seal everything but `current`, unless that is under way: then the next time does it too.
    fn seal(&mut self, current: &str, tell: &impl Fn(&str)) {
        if let Some(running) = self.running.take() {
            if !running.is_finished() {
                self.running = Some(running);
                return;
            }
            let ended = futures_util::FutureExt::now_or_never(running);
            self.done(ended.and_then(Result::ok).unwrap_or_default(), tell);
        }
        let (root, bounds, current) = (self.root.clone(), self.bounds, current.to_owned());
        self.running = Some(tokio::task::spawn_blocking(move || seal_and_drop(&root, bounds, &current)));
    }

    fn done(&mut self, left: SealedLeft, tell: &impl Fn(&str)) {
        left.problems.iter().for_each(|problem| tell(problem));
        if left.packed > 0 {
            (self.packed, self.unpacked) = (left.packed, left.unpacked);
        }
    }
}

fn seal_and_drop(root: &Path, bounds: Bounds, current: &str) -> SealedLeft {
    let mut left = folder::seal_left(root, current);
    let dropped = folder::drop_old(root, bounds, Utc::now(), current);
    left.problems.extend(dropped.err().map(|error| error.to_string()));
    left
}
