//! A volume may be attached to one node at a time, and the pod that holds it was not gone.
//!
//! ReadWriteOnce; the attach/detach controller waits until the old node has let go
//! (pkg/controller/volume/attachdetach/reconciler).

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "one-writer", class: FactorClass::Latent, roles: &[Role::AttachRefused], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let volume = signal.label("volume").map(|one| format!(" {one}")).unwrap_or_default();
        let holder = signal.label("holder")?;
        let pod = &signal.subject;
        let statement =
            format!("{pod} needs the volume{volume}, which one node at a time may have, and {holder} held it");
        let remedy = format!(
            "{} starts on another node within minutes of its node being lost, shown by a drill",
            case.workload(pod)
        );
        Some(Found::new(statement, vec![index]).mended(remedy))
    };
    case.each(&[Role::AttachRefused]).into_iter().filter_map(told).collect()
}
