//! A second attachment was refused, so no two pods wrote to one volume.
//!
//! The attach/detach controller refuses ReadWriteOnce volumes that another node has
//! (pkg/controller/volume/attachdetach/reconciler).

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "attach-refused", class: FactorClass::Luck, roles: &[Role::AttachRefused], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let holder = signal.label("holder")?;
        let pod = &signal.subject;
        let statement = format!(
            "{pod} was not given the volume while {holder} might still write to it, so no two wrote to it at once"
        );
        Some(Found::new(statement, vec![index]))
    };
    case.each(&[Role::AttachRefused]).into_iter().filter_map(told).collect()
}
