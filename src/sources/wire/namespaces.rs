//! The names of namespaces, for a shell that completes one: asked for in one question, and given up on soon.

use super::connect::Connection;
use super::timeouts::Deadlines;
use serde::Deserialize;
use std::time::Duration;

/// Nobody waits longer for a key to be answered.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of the answer: 10,000 namespaces of metadata alone are half of it.
const MOST: usize = 16 << 20;
const METADATA: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

/// The namespaces of a cluster by name; none where it does not tell at once.
pub async fn namespaces(connection: &Connection) -> Vec<String> {
    let asked = async {
        let deadlines = Deadlines { idle: PATIENCE, whole: PATIENCE };
        let answer = connection.api.get("/api/v1/namespaces", Some(METADATA), deadlines).await.ok()?;
        let body = answer.is_good().then_some(answer)?.bytes(MOST).await.ok()?;
        serde_json::from_slice::<List>(&body).ok()
    };
    let list = tokio::time::timeout(PATIENCE, asked).await.ok().flatten();
    list.map(|list| list.items.into_iter().map(|item| item.metadata.name).collect()).unwrap_or_default()
}
