//! What `kubectl describe` would have printed.
use super::Source;
use super::item::Item;
use super::run::Run;
use std::sync::Arc;
pub static SOURCE: Source = Source {
    id: "describes",
    title: "Describes",
    why: "x",
    permissions: &[],
    paths: &["describe/nodes/NODE.txt"],
    cap: 0,
    expect: |_| Vec::new(),
    run: |run, items| Box::pin(collect(run, items)),
};
async fn collect(_: Arc<Run>, _: Vec<Item>) {}
