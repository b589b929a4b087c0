//! Plans the list of every kind that the API server says it has, but for the few that are asked for before it has said.
//!
//! Each group stands for itself: whoever serves one and is dead costs its own kinds, and an item is named after it. A
//! kind is listed once, in the version its group prefers, or in the first that has it.

use super::kinds::{Treatment, treatment};
use super::list_request::{DEADLINES, Kind, Request, SOURCE_ID, kept_names};
use super::listing;
use crate::archive::format::Status;
use crate::sources::run::Run;
use crate::sources::run::item::{Closing, Item, ItemOutcome};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::wire::api::{Api, Problem};
use crate::sources::wire::discovery::{self, Group, Resource, Serves};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What stands for all that `/api` and `/apis` will name, in this order.
pub const SUBJECTS: [&str; 2] = ["kinds of the core group", "kinds of all other groups"];

/// The most that is read of the kinds of one version, in bytes.
const DOCUMENT: usize = 8 * 1024 * 1024;
/// The group of what nodes and pods use now, which is gone a minute later.
const USAGE: &str = "metrics.k8s.io";

/// The full names of the kinds that are planned, so that none is twice, whatever a server says.
type Seen = Arc<Mutex<BTreeSet<String>>>;

/// Replaces `items`, those of [`SUBJECTS`], by one for every list, or ends them with why nothing is known.
pub async fn plan(run: &Arc<Run>, items: Vec<Item>) {
    let has_all = run.options.resume.as_ref().is_some_and(|base| base.has_all_of(SOURCE_ID));
    if has_all {
        return items.into_iter().for_each(Item::expand);
    }
    let seen: Seen = Arc::new(Mutex::new(kept_names().collect()));
    let documents = [&run.inventory.core_api, &run.inventory.apis];
    let planned = items.into_iter().zip(documents).map(|(item, document)| {
        let seen = seen.clone();
        async move {
            let told = document
                .wait()
                .await
                .and_then(|body| discovery::groups(&body).map_err(|why| Closing::new(Status::Failed, why)));
            match told {
                Err(Closing { status, why }) => item.finish(ItemOutcome::new(status, format!("not known: {why}"))),
                Ok(groups) => {
                    groups.into_iter().for_each(|group| plan_group(run, &seen, group));
                    item.expand();
                }
            }
        }
    });
    futures_util::future::join_all(planned).await;
}

/// Plans what is told of a group, and asks for what is not.
fn plan_group(run: &Arc<Run>, seen: &Seen, group: Group) {
    let is_told = |serves: &Serves| matches!(serves, Serves::Kinds(_));
    if group.versions.iter().all(|version| is_told(&version.serves)) {
        let known = group.versions.into_iter().filter_map(|version| match version.serves {
            Serves::Kinds(resources) => Some((version.name, resources)),
            Serves::Stale(_) | Serves::NotTold => None,
        });
        return plan_kinds(run, seen, &group.name, known.collect());
    }
    let subject = subject_of(&group.name);
    if !is_first(seen, &subject) {
        return;
    }
    let item = run.ledger.plan(ItemSpec::new(SOURCE_ID, subject));
    let (own, seen) = (run.clone(), seen.clone());
    run.pool.submit([Job::new(
        Rank::First,
        item,
        move |item| async move { ask_group(&own, &seen, group, item).await },
    )]);
}

/// Asks for the kinds of every version of a group that are not told, and plans all that is known then.
async fn ask_group(run: &Arc<Run>, seen: &Seen, group: Group, item: Item) {
    let name = group.name.clone();
    let (known, problem) = known(&run.api, group).await;
    plan_kinds(run, seen, &name, known);
    match problem {
        Some(problem) => run.fail(item, problem),
        None => item.expand(),
    }
}

/// What each version of a group serves.
pub(super) type Known = Vec<(String, Vec<Resource>)>;

/// What the versions of `group` serve, asked for where it is not told, and the first problem with that.
async fn known(api: &Api, group: Group) -> (Known, Option<Problem>) {
    let mut known = Vec::new();
    let mut problem: Option<Problem> = None;
    for version in group.versions {
        let root = listing::root(&group.name, &version.name);
        let (resources, missing) = match version.serves {
            Serves::Kinds(resources) => (resources, None),
            // What whoever serves them says himself is newer, if he is there again.
            Serves::Stale(before) => match resources(api, &root).await {
                Ok(resources) => (resources, None),
                Err(problem) => (before, Some(problem)),
            },
            Serves::NotTold => match resources(api, &root).await {
                Ok(resources) => (resources, None),
                Err(problem) => (Vec::new(), Some(problem)),
            },
        };
        known.push((version.name, resources));
        problem = problem.or(missing.map(|problem| Problem { why: format!("{root}: {}", problem.why), ..problem }));
    }
    (known, problem)
}

/// The kinds that the API server says it has, but for those that need no discovery, as a run would list them; and of
/// which group they are not known, and why.
pub async fn kinds(api: &Api) -> (Vec<Kind>, Vec<(String, Problem)>) {
    let (mut all, mut missing, mut seen) = (Vec::new(), Vec::new(), kept_names().collect::<BTreeSet<_>>());
    for (path, subject) in ["/api", "/apis"].into_iter().zip(SUBJECTS) {
        let body = api.bytes(path, Some(discovery::ACCEPT), DEADLINES, DOCUMENT).await;
        let groups = body.and_then(|body| discovery::groups(&body).map_err(|why| Problem::new(Status::Failed, why)));
        match groups {
            Err(problem) => missing.push((subject.to_owned(), problem)),
            Ok(groups) => {
                for group in groups {
                    let name = group.name.clone();
                    let (known, problem) = known(api, group).await;
                    missing.extend(problem.map(|problem| (subject_of(&name), problem)));
                    all.extend(wanted(&name, known).filter(|kind| seen.insert(kind.full_name())));
                }
            }
        }
    }
    (all, missing)
}

async fn resources(api: &Api, path: &str) -> Result<Vec<Resource>, Problem> {
    let body = api.bytes(path, None, DEADLINES, DOCUMENT).await?;
    discovery::resources(&body).map_err(|why| Problem::new(Status::Failed, why))
}

/// As outcomes name what stands for the kinds of a group.
fn subject_of(group: &str) -> String {
    format!("kinds of group {}", if group.is_empty() { "core" } else { group })
}

/// The kinds of a group that are listed, each once.
pub(super) fn wanted(group: &str, known: Known) -> impl Iterator<Item = Kind> {
    discovery::preferred(known).into_iter().filter_map(move |(version, Resource { plural, namespaced })| {
        let metadata_only = match treatment(group, &plural) {
            Treatment::Whole => false,
            Treatment::MetadataOnly => true,
            Treatment::LeftOut => return None,
        };
        Some(Kind { group: group.to_owned(), version, plural, namespaced, metadata_only, keep: None })
    })
}

fn plan_kinds(run: &Arc<Run>, seen: &Seen, group: &str, known: Known) {
    let mut jobs = Vec::new();
    let rank = if group == USAGE { Rank::Rotating } else { Rank::Lasting };
    for kind in wanted(group, known).filter(|kind| is_first(seen, &kind.full_name())) {
        for request in Request::all(kind, &run.options.namespaces) {
            let item = run.ledger.plan(ItemSpec::new(SOURCE_ID, request.subject()));
            let run = run.clone();
            jobs.push(Job::new(rank, item, move |item| async move {
                // Nobody else waits for the list, and its outcome is recorded.
                let _ = listing::list(&run, &request, item, None).await;
            }));
        }
    }
    run.pool.submit(jobs);
}

fn is_first(seen: &Seen, name: &str) -> bool {
    seen.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned())
}
