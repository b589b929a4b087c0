//! Custom kinds as the API server that serves them prints them: the columns of `kubectl get`, which a reader of the
//! archive cannot make where the definition of a kind may not be read, or where there is none, as of an API server that
//! was added to the cluster.
//!
//! Kinds of Kubernetes itself are left out: `serve` prints them, and tables of five thousand pods would cost the API
//! server its largest lists a second time. So are kinds of which only metadata is asked for, and those whose values are
//! taken out by where they stand, as a cell does not say where its content stood.

use super::list_request::{DEADLINES, Kind, Request};
use super::{discovered, listing, objects};
use crate::archive::format::Status;
use crate::archive::{Content, layout};
use crate::sources::run::item::{Closing, Item, ItemOutcome, or_end};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::run::{Options, Run};
use crate::sources::wire::api::Problem;
use crate::sources::wire::discovery::{self, Group, Serves};
use crate::sources::wire::list::{self, Identity};
use crate::sources::{On, Permission, Profile, Source};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "tables",
    title: "Tables of custom kinds",
    why: "the columns of kinds whose definition may not be read, or that an API server of their own prints",
    permissions: &[Permission::urls(&["/apis"])],
    paths: &["tables/PLURAL.jsonl"],
    profile: Profile::Standard,
    cap: 1024 * 1024,
    deadlines: DEADLINES,
    expect,
    run: |run, items| Box::pin(plan(run, items)),
};

/// Asks for tables alone: a server that has none says so, and is not believed to have sent one.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
/// Rows of one page, at most: each comes with the metadata of its object.
const PAGE: usize = 250;
/// Pages of one kind in one namespace, at most.
const PAGES: usize = 8;
/// A page larger than this is not read.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// Which kinds there are is asked for with the objects.
fn expect(options: &Options) -> Vec<String> {
    if options.wants(&objects::SOURCE) { options.expected(&SOURCE, "all custom kinds") } else { Vec::new() }
}

async fn plan(run: Arc<Run>, mut items: Vec<Item>) {
    let told = run.inventory.apis.wait().await;
    let told = told.and_then(|body| discovery::groups(&body).map_err(|why| Closing::new(Status::Failed, why)));
    let Some(groups) = or_end(told, &mut items) else { return };
    let mut jobs = Vec::new();
    let mut seen = BTreeSet::new();
    for kind in groups.into_iter().flat_map(custom).filter(|kind| seen.insert(kind.full_name())) {
        if is_taken_out_by_kind(&run, &kind.full_name()) {
            continue;
        }
        let entry = layout::table(&kind.full_name());
        let item = run.ledger.plan(ItemSpec::new(SOURCE.id, kind.full_name()).entry(&entry));
        let run = run.clone();
        jobs.push(Job::new(Rank::Lasting, item, move |item| async move { take(&run, kind, item).await }));
    }
    items.into_iter().for_each(Item::expand);
    run.pool.submit(jobs);
}

fn is_taken_out_by_kind(run: &Run, full: &str) -> bool {
    run.writer.target().redactor().is_some_and(|redactor| redactor.names_kind(full))
}

/// Whether a kind is taken as a table, as far as its name and group tell.
pub fn is_printed(kind: &Kind) -> bool {
    let is_own = |permission: &Permission| matches!(permission.on, On::Resources { group, .. } if group == kind.group);
    !kind.metadata_only && !objects::SOURCE.permissions.iter().any(is_own)
}

/// The kinds of a group that are taken, where it is told which it serves.
fn custom(group: Group) -> Vec<Kind> {
    let known = group.versions.into_iter().filter_map(|version| match version.serves {
        Serves::Kinds(resources) => Some((version.name, resources)),
        Serves::Stale(_) | Serves::NotTold => None,
    });
    discovered::wanted(&group.name, known.collect()).filter(is_printed).collect()
}

/// What has come of a table, as lines: its columns, then its rows.
#[derive(Default)]
struct Lines {
    text: String,
    rows: usize,
    /// Why there are no more.
    cut: Option<String>,
}

async fn take(run: &Arc<Run>, kind: Kind, item: Item) {
    let cap = usize::try_from(run.options.cap(&SOURCE)).unwrap_or(usize::MAX);
    let mut lines = Lines::default();
    for request in Request::all(kind, &run.options.namespaces) {
        match pages(run, &request, cap, &mut lines).await {
            Ok(()) => {}
            Err(problem) if lines.rows == 0 => return run.fail(item, problem),
            Err(problem) => lines.cut = Some(problem.why),
        }
    }
    if lines.rows == 0 {
        let why = lines.cut.unwrap_or_else(|| "there is none, or it has no columns of its own".to_owned());
        return item.finish(ItemOutcome::new(Status::Empty, why));
    }
    let Some(mut outcome) = run.store(&layout::table(item.subject()), Content::Json, lines.text.as_bytes()).await
    else {
        return;
    };
    if let (Status::Collected, Some(why)) = (outcome.status, lines.cut) {
        (outcome.status, outcome.why) = (Status::Truncated, format!("{} rows came, then: {why}", lines.rows));
    }
    item.finish(outcome);
}

async fn pages(run: &Run, request: &Request, cap: usize, lines: &mut Lines) -> Result<(), Problem> {
    let mut resume = String::new();
    for _ in 0..PAGES {
        let path = listing::path(request, PAGE, &resume);
        let body = run.api.bytes(&path, Some(TABLE), DEADLINES, PAGE_BYTES).await?;
        let table: Wire<'_> = serde_json::from_slice(&body)
            .ok()
            .filter(|table: &Wire<'_>| table.kind == "Table")
            .ok_or_else(|| Problem::new(Status::Absent, "the server prints no table of it"))?;
        if !table.has_own_columns() {
            return Ok(());
        }
        table.write(cap, lines);
        resume = table.metadata.resume;
        if resume.is_empty() || lines.cut.is_some() {
            return Ok(());
        }
    }
    lines.cut = Some(format!("no more than {} are taken", PAGE * PAGES));
    Ok(())
}

/// A page of a table.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: Meta,
    #[serde(borrow, default)]
    column_definitions: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    rows: Option<Vec<Row<'a>>>,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "continue", default)]
    resume: String,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    cells: &'a RawValue,
    #[serde(default)]
    object: Identity,
}

/// Names of the columns that everything has: those of a kind for which nothing was written down.
const PLAIN: [&str; 3] = ["Name", "Age", "Created At"];

impl Wire<'_> {
    fn has_own_columns(&self) -> bool {
        #[derive(Deserialize)]
        struct Column {
            name: String,
        }
        let name = |column: &&RawValue| serde_json::from_str::<Column>(column.get()).map(|one| one.name).ok();
        self.column_definitions.iter().filter_map(name).any(|name| !PLAIN.contains(&name.as_str()))
    }

    /// Adds what fits: the columns once, and a line for each row.
    fn write(&self, cap: usize, lines: &mut Lines) {
        if lines.text.is_empty() {
            let columns: Vec<_> = self.column_definitions.iter().map(|one| list::one_line(one.get())).collect();
            lines.text = format!("{{\"columnDefinitions\":[{}]}}\n", columns.join(","));
        }
        for row in self.rows.iter().flatten() {
            let (of, cells) = (&row.object.metadata, list::one_line(row.cells.get()));
            let (namespace, name) = (serde_json::json!(of.namespace), serde_json::json!(of.name));
            let line = format!("{{\"namespace\":{namespace},\"name\":{name},\"cells\":{cells}}}\n");
            if lines.text.len() + line.len() > cap {
                lines.cut = Some(format!("the table would be larger than {cap} bytes"));
                return;
            }
            lines.text.push_str(&line);
            lines.rows += 1;
        }
    }
}
