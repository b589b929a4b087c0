//! `plan`: what `collect` would ask for, whether it may, and the role it needs.

use super::collect_options::CollectOptions;
use super::exit::Exit;
use super::failure::Failure;
use super::{cluster, terminal};
use chrono::Utc;
use comfy_table::Table;
use indicatif::HumanBytes;
use k8s_forensics::sources::{self, Attributes, Checked, Estimate, Extent, Grant, Plan, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

/// More names than this are told by their number.
const NAMED: usize = 8;

/// Tell what collect would ask for with the same options, whether it may, and how much it would be.
///
/// Each permission is checked one by one, as kubectl auth can-i does it. Nothing is written, here or in the cluster.
#[derive(clap::Args)]
pub struct Args {
    /// Print the roles that grant all of it, for kubectl apply -f -
    #[arg(long, conflicts_with = "json")]
    rbac: bool,
    /// Print all of it as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    options: CollectOptions,
}

/// Plans, and prints the plan.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    args.options.trace_if_verbose();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment("starting", error))?;
    let options = args.options.options(args.options.window(Utc::now())?)?;
    let extent = if args.rbac { Extent::Permissions } else { Extent::Estimate };
    let plan = runtime.block_on(async {
        let connection = args.options.connect().await?;
        sources::plan(connection.api, connection.context, &options, extent).await.map_err(cluster::failure)
    });
    // What still waits for an answer is not waited for.
    runtime.shutdown_background();
    let plan = plan?;
    match (args.rbac, args.json) {
        (true, _) => terminal::print_data(&plan.roles)?,
        (_, true) => terminal::print_json(&plan)?,
        _ => terminal::print_text(&text(&plan))?,
    }
    Ok(if plan.is_allowed() { Exit::Whole } else { Exit::SomeMissing })
}

/// For people.
fn text(plan: &Plan) -> String {
    let mut text = format!("{}\n", table(plan));
    for not_known in &plan.not_known {
        let _ = writeln!(text, "\nnot known, so collect finds out: {}: {}", not_known.kinds, not_known.why);
    }
    text.push_str(&missing(&plan.permissions));
    if plan.permissions.iter().any(is_denied_for_all) {
        let _ = writeln!(
            text,
            "\ndenied is what would cover all nodes, pods and Services; where single ones are allowed, collect asks them"
        );
    }
    for warning in &plan.warnings {
        let _ = writeln!(text, "\nwarning: {warning}");
    }
    match &plan.audit {
        Some(places) => places.iter().for_each(|place| text.push_str(&format!("\naudit log: {place}\n"))),
        None => text.push_str("\naudit logs of API servers are left out; collect --audit takes them\n"),
    }
    if plan.recording {
        text.push_str("\nwhat the recorder has of the window is taken from its folder; nobody is asked for it\n");
    }
    if let Some(estimate) = &plan.estimate {
        let _ = writeln!(text, "\n{}", told(estimate));
    }
    let allowed = plan.permissions.iter().filter(|checked| checked.verdict == Verdict::Allowed).count();
    let _ = writeln!(
        text,
        "{allowed} of {} permissions are allowed; plan --rbac prints roles for all of them",
        plan.permissions.len()
    );
    text
}

/// Of which verb, in which namespace, and how that stands.
type Matter<'a> = (&'a str, &'a str, &'a Verdict);

/// A row for what the same collectors need.
fn table(plan: &Plan) -> Table {
    let mut of_source: BTreeMap<(usize, &str, Matter<'_>), BTreeSet<String>> = BTreeMap::new();
    // What every run needs comes first, and what is done to pods last.
    let place = |source: &str| match sources::ALL.iter().position(|one| one.id == source) {
        Some(place) => place + 1,
        None if source.starts_with("every") => 0,
        None => usize::MAX,
    };
    for Checked { attributes, verdict, sources } in &plan.permissions {
        let (verb, namespace, name) = match attributes {
            Attributes::Resource(on) => (on.verb.as_str(), on.namespace.as_str(), on.called()),
            Attributes::Url { path } => ("get", "", path.clone()),
        };
        for source in sources {
            of_source.entry((place(source), source, (verb, namespace, verdict))).or_default().insert(name.clone());
        }
    }
    let mut rows: Vec<(Vec<&str>, Matter<'_>, BTreeSet<String>)> = Vec::new();
    for ((_, source, matter), names) in of_source {
        match rows.iter_mut().find(|(_, other, others)| *other == matter && *others == names) {
            Some((sources, ..)) => sources.push(source),
            None => rows.push((vec![source], matter, names)),
        }
    }
    let mut table = terminal::table();
    table.set_header(["permission", "verdict", "needed by"]);
    for (sources, (verb, namespace, verdict), names) in rows {
        let place = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
        table.add_row([format!("{verb} {}{place}", named(&names, verdict)), told_of(verdict), sources.join(", ")]);
    }
    table
}

/// The names, or how many they are: of the rest, what is denied is named below the table.
fn named(names: &BTreeSet<String>, verdict: &Verdict) -> String {
    if names.len() <= NAMED || matches!(verdict, Verdict::Unknown(_)) {
        return names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    }
    let are_paths = names.iter().all(|name| name.starts_with('/'));
    format!("{} {}", names.len(), if are_paths { "paths" } else { "kinds" })
}

fn told_of(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allowed => "allowed".to_owned(),
        Verdict::Denied(why) if why.is_empty() => "denied".to_owned(),
        Verdict::Denied(why) => format!("denied: {why}"),
        Verdict::Unknown(why) => format!("unknown: {why}"),
    }
}

/// What is not allowed, as rules to add to a role.
fn missing(permissions: &[Checked]) -> String {
    let mut by_place: BTreeMap<&str, Vec<(String, &Checked)>> = BTreeMap::new();
    for checked in permissions.iter().filter(|checked| matches!(checked.verdict, Verdict::Denied(_))) {
        let (namespace, name) = match &checked.attributes {
            Attributes::Resource(on) => (on.namespace.as_str(), on.of_rule()),
            Attributes::Url { path } => ("", path.clone()),
        };
        by_place.entry(namespace).or_default().push((name, checked));
    }
    let mut text = String::new();
    for (namespace, missing) in &by_place {
        let grants = missing.iter().flat_map(|(name, checked)| {
            let (group, verb) = match &checked.attributes {
                Attributes::Resource(on) => (Some(on.group.as_str()), on.verb.as_str()),
                Attributes::Url { .. } => (None, "get"),
            };
            checked.sources.iter().map(move |user| Grant { group, name, verb, user })
        });
        let of = if namespace.is_empty() { "a ClusterRole".to_owned() } else { format!("a Role in {namespace}") };
        let _ = write!(text, "\nmissing, as rules of {of}:\n{}", sources::rules(grants));
    }
    text
}

/// Whether it is of something that is asked for by name, which may be allowed for some names or namespaces.
fn is_denied_for_all(checked: &Checked) -> bool {
    let is_by_name = matches!(&checked.attributes, Attributes::Resource(on) if !on.subresource.is_empty());
    is_by_name && matches!(checked.verdict, Verdict::Denied(_))
}

fn told(estimate: &Estimate) -> String {
    let Estimate { nodes, pods, containers, objects, requests, bytes, took_ms } = *estimate;
    let seconds = Duration::from_millis(took_ms).as_secs().max(1);
    format!(
        "estimate: {requests} requests, {} before they are packed, {}; for {nodes} nodes, {pods} pods with {containers} \
         container logs, {objects} objects. Logs may be many times what is usual.",
        HumanBytes(bytes),
        humantime::format_duration(Duration::from_secs(seconds)),
    )
}
