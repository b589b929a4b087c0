//! Asks for the logs that are ordered, a few at a time, beside what is watched.

use super::order::{Fetched, Order, What};
use crate::sources::lone_log::{self, Most};
use crate::sources::wire::api::Api;
use futures_util::{StreamExt, stream};
use std::time::Instant;
use tokio::sync::mpsc::{Receiver, Sender};

/// Logs that are asked for at a time.
const AT_ONCE: usize = 4;
/// Of the log of a container, and of a journal.
const OF_CONTAINER: Most = Most { lines: 2_000, bytes: 256 * 1024 };
const OF_JOURNAL: Most = Most { lines: 2_000, bytes: 512 * 1024 };

/// Asks for what is ordered for as long as somebody orders and somebody takes it.
pub async fn fetch(api: Api, orders: Receiver<Order>, out: Sender<Fetched>) {
    let ordered =
        stream::unfold(orders, |mut orders| async { orders.recv().await.map(|order| (Box::new(order), orders)) });
    let asked = ordered.map(|order| ask(&api, *order)).buffer_unordered(AT_ONCE);
    asked
        .for_each(|fetched| async {
            // Nobody takes it any more once the recording has ended.
            drop(out.send(fetched).await);
        })
        .await;
}

async fn ask(api: &Api, order: Order) -> Fetched {
    let Order { what, signal, node, seam } = order;
    let asked = Instant::now();
    let log = match &what {
        What::Container(wanted) => lone_log::of_container(api, &wanted.log, OF_CONTAINER, seam).await,
        What::Journal { node, unit, since } => lone_log::of_unit(api, (node, unit), *since, OF_JOURNAL, seam).await,
    };
    let took_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
    Fetched { what, signal, node, log, took_ms }
}
