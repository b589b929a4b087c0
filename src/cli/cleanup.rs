//! `cleanup`: removes what a killed `collect --allow-pods` has left.

use super::cluster_choice::ClusterChoice;
use super::exit::Exit;
use super::failure::Failure;
use super::terminal;
use k8s_forensics::sources::{self, Left, RequestLimiter, Timeouts};

/// Remove what a killed `collect --allow-pods` has left: Jobs with the label app.kubernetes.io/managed-by=k8s-forensics,
/// and their pods.
///
/// They go by themselves within five minutes; this does it at once. Those of a collect that is under way go too.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    cluster: ClusterChoice,
    /// Only in this namespace, as --pods-namespace had it [default: all]
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
}

/// Removes them, and prints a line for each; what stays is told in any case.
pub fn run(args: Args) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment("starting", error))?;
    let Args { cluster, namespace } = args;
    let mut timeouts = Timeouts::default();
    cluster.request_timeout().into_iter().for_each(|limit| {
        timeouts.set("item", limit);
    });
    let left = runtime.block_on(async {
        let connection = cluster.connect(RequestLimiter::new(timeouts, None)).await?;
        sources::remove_node_pods(&connection.api, namespace.as_deref()).await.map_err(|problem| {
            Failure::environment("listing Jobs", problem.why)
                .hint("who may work in one namespace only has to name it with -n")
        })
    })?;
    let mut removed = String::new();
    for Left { job, node, why } in &left {
        match why {
            None => removed.push_str(&format!("removed {job} of node {node}\n")),
            Some(why) => terminal::tell(&format!("could not remove {job} of node {node}: {why}")),
        }
    }
    if left.is_empty() {
        terminal::tell("nothing is left");
    }
    terminal::print_text(&removed)?;
    Ok(if left.iter().any(|left| left.why.is_some()) { Exit::SomeMissing } else { Exit::Whole })
}
